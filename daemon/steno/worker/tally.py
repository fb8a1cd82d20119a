"""What one request takes of a running backend."""

import time

from steno.worker.protocol import Usage


class Tally:
    """`hit`: whether work found it loaded; None where only loading is asked for."""

    def __init__(self, *, hit: bool | None) -> None:
        self.load_seconds: float | None = None
        self.audio_seconds = 0.0
        """Of segments whose results were given."""
        self._hit = hit
        self._began: float | None = None

    def begin(self) -> None:
        """Work begins: it is loaded."""
        self._began = time.monotonic()

    def usage(self) -> Usage:
        """At its end."""
        return Usage(
            hit=self._hit,
            load_seconds=self.load_seconds,
            work_seconds=None if self._began is None else time.monotonic() - self._began,
            audio_seconds=self.audio_seconds,
        )
