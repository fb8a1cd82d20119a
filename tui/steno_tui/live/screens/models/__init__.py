"""Models."""

from steno_tui.live.screens.models.screen import ModelsScreen

__all__ = ["ModelsScreen"]
