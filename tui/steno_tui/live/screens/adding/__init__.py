"""Adding files: which ones, and with which settings."""

from steno_tui.live.screens.adding.screen import Adding

__all__ = ["Adding"]
