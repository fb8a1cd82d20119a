"""The list of all jobs, and what can be done with one."""

from steno_tui.live.screens.jobs.screen import JobsScreen

__all__ = ["JobsScreen"]
