"""How far a download is, and how fast. Pure: moments are seconds of a monotonic clock."""

from collections import deque

from steno.wire.models import Download

WINDOW = 5.0
"""Seconds over which the speed is taken."""
SHORTEST = 0.5
"""Seconds from which on a speed means something."""


class Gauge:
    """Counts the bytes of one download, of which `done` are there already."""

    def __init__(
        self, *, revision: str | None = None, done: int = 0, total: int | None = None
    ) -> None:
        self.started_at: float | None = None
        """Seconds since the epoch."""
        self.revision = revision
        self.done = done
        self.total = total
        self.note = ""
        self._seen: deque[tuple[float, int]] = deque()

    def hear(self, now: float, done: int, total: int | None, note: str) -> None:
        """Takes what the worker says."""
        if done < self.done or not self._seen:
            self._seen.clear()  # something was begun anew
        self.done, self.note = done, note
        self.total = self.total if total is None else total
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW and len(self._seen) > 2:
            self._seen.popleft()

    @property
    def percent(self) -> float | None:
        """0 to 100; None while the total is not known."""
        if self.total is None:
            return None
        return round(min(100.0, 100 * self.done / self.total), 2) if self.total else 100.0

    def speed(self, now: float) -> float | None:
        """Bytes a second; None while it cannot be told."""
        if not self._seen or now - self._seen[0][0] < SHORTEST:
            return None
        since, before = self._seen[0]
        return (self.done - before) / (now - since)

    def look(self, now: float) -> Download:
        """As clients see a download that runs."""
        speed = self.speed(now)
        left = None if self.total is None else max(0, self.total - self.done)
        return Download(
            status="downloading",
            revision=self.revision,
            downloaded_bytes=self.done,
            total_bytes=self.total,
            progress=self.percent,
            speed_mbps=None if speed is None else round(speed * 8 / 1e6, 2),
            eta_s=round(left / speed, 1) if speed and left is not None else None,
            message=self.note,
            started_at=self.started_at,
        )
