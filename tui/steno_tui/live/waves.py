"""Waveforms of one job that the daemon told of lately."""

from steno import wire
from steno_tui.live.stretch import Stretch

KEPT = 12

Key = tuple[float, float, int]


def key(stretch: Stretch, columns: int) -> Key:
    """What makes two questions the same: peaks are of 10 ms."""
    return round(stretch.start, 2), round(stretch.end, 2), columns


class Waves:
    """The last answers, by what they are of."""

    def __init__(self) -> None:
        self.last: wire.Waveform | None = None
        self._kept: dict[Key, wire.Waveform] = {}

    def put(self, wave: wire.Waveform) -> None:
        self.last = wave
        if not wave.columns:
            return
        name = key(Stretch(wave.start, wave.end), len(wave.columns))
        self._kept.pop(name, None)
        self._kept[name] = wave
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]

    def get(self, stretch: Stretch, columns: int) -> wire.Waveform | None:
        """Exactly that."""
        return self._kept.get(key(stretch, columns))

    def near(self, stretch: Stretch, columns: int) -> wire.Waveform | None:
        """What shows most of it, the finest of these; to be drawn until the exact one is there."""
        if (exact := self.get(stretch, columns)) is not None:
            return exact

        def merit(wave: wire.Waveform) -> tuple[float, float]:
            known = min(wave.end, wave.available, stretch.end) - max(wave.start, stretch.start)
            return round(known, 2), len(wave.columns) / (wave.end - wave.start)

        best = max(self._kept.values(), key=merit, default=None)
        return best if best is not None and merit(best)[0] > 0 else None
