"""Going on with a job, with other settings where that is possible."""

from steno_tui.live.screens.resuming.screen import Resuming

__all__ = ["Resuming"]
