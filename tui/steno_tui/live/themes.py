"""The application's own themes: dark, light, and one of high contrast."""

from textual.theme import Theme

DARK, LIGHT, CONTRAST = "steno-dark", "steno-light", "steno-contrast"

THEMES = (
    Theme(
        name=DARK,
        primary="#5fb3ff",
        secondary="#8aa4c8",
        accent="#e8b45a",
        warning="#f0b429",
        error="#ff6b6b",
        success="#6fcf97",
        foreground="#e2e6ee",
        background="#12151b",
        surface="#171b23",
        panel="#202632",
        dark=True,
        variables={"block-cursor-blurred-background": "#263145", "dim": "#8b94a5"},
    ),
    Theme(
        name=LIGHT,
        primary="#0b62b8",
        secondary="#4a6484",
        accent="#8f5300",
        warning="#8a5a00",
        error="#b3261e",
        success="#1b7340",
        foreground="#1a1d23",
        background="#f4f5f7",
        surface="#ffffff",
        panel="#e4e8ee",
        dark=False,
        variables={"block-cursor-blurred-background": "#d3deed", "dim": "#5d6470"},
    ),
    Theme(
        name=CONTRAST,
        primary="#7fd4ff",
        secondary="#ffffff",
        accent="#ffe14d",
        warning="#ffd000",
        error="#ff8080",
        success="#5dff8f",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        boost="#000000",
        dark=True,
        text_alpha=1.0,
        variables={
            "block-cursor-background": "#ffff00",
            "block-cursor-foreground": "#000000",
            "block-cursor-blurred-background": "#333300",
            "border": "#ffffff",
            "border-blurred": "#ffffff",
            "text-muted": "#e0e0e0",
            "dim": "#d0d0d0",
            "footer-key-foreground": "#ffff00",
        },
    ),
)
