"""Keys, declared with the name by which a person gives them others in `tui.toml`."""

from textual.binding import Binding


def key(name: str, keys: str, action: str, label: str, about: str = "", sign: str = "") -> Binding:
    """A key that the bottom of the screen shows. `sign`: how it is written there."""
    return Binding(keys, action, label, tooltip=about, id=name, key_display=sign or None)


def quiet(
    name: str, keys: str, action: str, label: str, about: str = "", sign: str = ""
) -> Binding:
    """A key that only the help and the palette show."""
    return Binding(
        keys, action, label, tooltip=about, id=name, key_display=sign or None, show=False
    )
