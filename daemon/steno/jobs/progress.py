"""How far a job is, from seconds of audio. Pure."""

from steno.plugins.contract import SAMPLE_RATE
from steno.wire import Phase, Progress

WEIGHTS: dict[Phase, float] = {
    "fetch": 0,
    "extract": 5,
    "split": 5,
    "transcribe": 70,
    "align": 10,
    "write": 10,
}

TELLING = 3.0
"""Seconds of media from which on the speed means something."""

MESSAGES: dict[Phase, str] = {
    "fetch": "fetching a model",
    "extract": "reading the audio",
    "split": "looking for speech",
    "transcribe": "recognising speech",
    "align": "timing words",
    "write": "writing subtitles",
}


class Meter:
    """Counts what is done. Lengths in samples, moments in seconds of a monotonic clock."""

    def __init__(
        self, job: str, *, announced: float | None, percent: float, align: bool, now: float
    ) -> None:
        self._job = job
        self._announced = None if announced is None else int(announced * SAMPLE_RATE)
        self._align = align
        self._started = now
        self._first: int | None = None
        self.percent = percent
        self.decoded = 0
        self.audio: int | None = None
        """Length of the whole audio, once known."""
        self.found = 0
        """Up to where the plan reaches."""
        self.planned = 0
        self.plan_complete = False
        self.finished = 0
        """Speech transcribed or given up."""
        self.aligned = 0
        """Speech aligned, given up, or not to be aligned."""
        self.written = False
        self.begun = False
        """Whether its models are there, so that work on the media could begin."""
        self.fetching = ""
        """What is known of a model on its way."""

    @property
    def total(self) -> int | None:
        if self.audio is not None:
            return self.audio
        return None if self._announced is None else max(self._announced, self.decoded)

    @property
    def heard(self) -> int:
        """How much of the media is transcribed or known to be silent."""
        reach = self.audio if self.plan_complete and self.audio is not None else self.found
        return max(0, reach - (self.planned - self.finished))

    @property
    def phase(self) -> Phase | None:
        if self.fetching and not self.begun:
            return "fetch"
        if self.audio is None:
            return "extract"
        if not self.plan_complete:
            return "split"
        if self.finished < self.planned:
            return "transcribe"
        if self._align and self.aligned < self.planned:
            return "align"
        return None if self.written else "write"

    def look(self, now: float) -> Progress:
        """The progress at the moment `now`. Its percent never falls."""
        phase, heard, total = self.phase, self.heard, self.total
        if self._first is None:
            self._first = heard
            self._started = now
        self.percent = max(self.percent, self._computed(phase, heard, total))
        elapsed = now - self._started
        gained = (heard - self._first) / SAMPLE_RATE
        speed = gained / elapsed if elapsed > 0.2 and gained >= TELLING else None
        left = (total - heard) / SAMPLE_RATE if total is not None else None
        return Progress(
            job_id=self._job,
            phase=phase,
            percent=round(self.percent, 2),
            message=self.fetching or (MESSAGES[phase] if phase else "done"),
            processed=heard / SAMPLE_RATE,
            total=total / SAMPLE_RATE if total is not None else None,
            speed=round(speed, 3) if speed else None,
            eta_s=round(left / speed, 1) if speed and left is not None else None,
        )

    def _computed(self, phase: Phase | None, heard: int, total: int | None) -> float:
        if phase is None:
            return 100.0
        if not total:
            return 0.0 if self.audio is None else 100.0 - WEIGHTS["write"]
        done = heard / total
        parts: dict[Phase, float] = {
            "extract": 1.0 if self.audio is not None else self.decoded / total,
            "split": 1.0 if self.plan_complete else self.found / total,
            "transcribe": done,
            "write": 0.0,
        }
        if self._align:
            parts["align"] = done * (self.aligned / self.finished if self.finished else 0.0)
            if self.plan_complete and not self.planned:
                parts["align"] = 1.0
        weights = sum(WEIGHTS[p] for p in parts)
        return 100 * sum(WEIGHTS[p] * min(1.0, part) for p, part in parts.items()) / weights
