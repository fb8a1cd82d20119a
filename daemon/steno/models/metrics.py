"""What was counted of each model since the daemon started."""

from msgspec.structs import replace

from steno.wire.models import ModelMetrics
from steno.worker.protocol import BackendRef, Usage


class Metrics:
    """By name. A backend without a model is counted as `kind/name`: `aligner/fake`.

    Work that a worker took to its grave, or that was abandoned, is not told and not counted.
    Loading ahead counts as a load, and neither as hit nor as miss: these tell how often work had
    to wait until its model was loaded.
    """

    def __init__(self) -> None:
        self._counted: dict[str, ModelMetrics] = {}

    def count(self, backend: BackendRef, usage: Usage) -> None:
        """Adds what a request took."""
        name = backend.called
        before = self._counted.get(name) or ModelMetrics(model=name)
        worked, loaded = usage.work_seconds is not None, usage.load_seconds is not None
        self._counted[name] = replace(
            before,
            loads=before.loads + loaded,
            load_seconds=before.load_seconds + (usage.load_seconds or 0.0),
            inferences=before.inferences + worked,
            inference_seconds=before.inference_seconds + (usage.work_seconds or 0.0),
            audio_seconds=before.audio_seconds + usage.audio_seconds,
            hits=before.hits + (usage.hit is True),
            misses=before.misses + (usage.hit is False),
        )

    def told(self) -> list[ModelMetrics]:
        """All that was counted, by name."""
        return [with_ratios(one) for _, one in sorted(self._counted.items())]


def with_ratios(counted: ModelMetrics) -> ModelMetrics:
    """For people: with what follows from the counts, and milliseconds."""
    audio, asked = counted.audio_seconds, counted.hits + counted.misses
    return replace(
        counted,
        load_seconds=round(counted.load_seconds, 3),
        inference_seconds=round(counted.inference_seconds, 3),
        audio_seconds=round(audio, 3),
        real_time_factor=round(counted.inference_seconds / audio, 4) if audio else None,
        hit_rate=round(counted.hits / asked, 4) if asked else None,
    )
