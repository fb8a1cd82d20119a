"""System."""

from steno_tui.live.screens.system.screen import SystemScreen

__all__ = ["SystemScreen"]
