"""What is said in one job: shown as it comes, and edited."""

from steno_tui.live.screens.transcript.screen import TranscriptScreen

__all__ = ["TranscriptScreen"]
