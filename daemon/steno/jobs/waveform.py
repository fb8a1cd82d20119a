"""What a job sounds like, by range, for drawing."""

import hashlib
from collections.abc import Awaitable, Callable

import msgspec

from steno.errors import StenoError
from steno.jobs.peaks import Peaks, fold, spans
from steno.jobs.queries import stored
from steno.jobs.transcript import Encoded
from steno.jobs.work import Tools
from steno.plugins.contract import SAMPLE_RATE
from steno.store import segments
from steno.store.database import Reader
from steno.store.jobs import JobRecord
from steno.wire import Waveform
from steno.worker.protocol import SAMPLES_A_PEAK


class Waveforms:
    """Of all jobs; `find` gives the id that a reference to one stands for."""

    def __init__(self, tools: Tools, find: Callable[[str], Awaitable[str]]) -> None:
        self._db = tools.db
        self._folding = tools.folding
        self._find = find

    async def read(
        self, reference: str, *, start: float | None, end: float | None, columns: int
    ) -> Encoded:
        """From `start` to `end`, seconds, as a `Waveform`. Raises `range_invalid`, `job_not_found`
        or `job_ambiguous`, and what `Folding.ensure` does."""
        if end is not None and end <= (start or 0.0):
            why = f"from, {start or 0.0:g}, must be less than to, {end:g}."
            raise StenoError("range_invalid", why=why)
        job_id = await self._find(reference)
        await self._folding.ensure(await self._db.read(lambda db: stored(db, job_id)))

        def query(db: Reader) -> Encoded:
            job = stored(db, job_id)
            with self._folding.file(job).opened() as peaks:
                body = msgspec.json.encode(drawn(db, job, peaks, start, end, columns))
            return Encoded(body, hashlib.blake2b(body, digest_size=12).hexdigest())

        return await self._db.read(query)


def drawn(
    db: Reader,
    job: JobRecord,
    peaks: Peaks | None,
    start: float | None,
    end: float | None,
    columns: int,
) -> Waveform:
    """`start` to `end` of the job, seconds, in `columns`. Reads no more than that."""
    complete = peaks is not None and peaks.complete
    known = peaks.known * SAMPLES_A_PEAK if peaks is not None else 0
    total = job.audio_samples
    if total is None and complete:
        total = known
    if total is not None:
        known = min(known, total)
    first, last = clipped(start, end, total, announced=job.announced, known=known)
    parts = spans(first, last, columns) if first < last else []
    read = peaks.read(parts[0][0], parts[-1][1]) if peaks is not None and parts else b""
    return Waveform(
        job_id=job.id,
        start=first / SAMPLE_RATE,
        end=last / SAMPLE_RATE,
        columns=fold(read, parts[0][0], parts) if parts else [],
        available=known / SAMPLE_RATE,
        complete=complete,
        duration=None if total is None else total / SAMPLE_RATE,
        speech=[
            [begin / SAMPLE_RATE, end / SAMPLE_RATE]
            for begin, end in segments.between(db, job.seq, first, last)
        ],
    )


def clipped(
    start: float | None,
    end: float | None,
    total: int | None,
    *,
    announced: float | None,
    known: int,
) -> tuple[int, int]:
    """The samples from `start` to `end`, seconds, of `total`. Where no end is asked for it is that
    of the audio: until it is known as `announced`, seconds, or else where what is `known` ends."""
    if end is not None:
        last = round(end * SAMPLE_RATE)
        last = last if total is None else min(last, total)
    elif total is not None:
        last = total
    else:
        last = known if announced is None else max(known, round(announced * SAMPLE_RATE))
    return min(round((start or 0.0) * SAMPLE_RATE), last), last
