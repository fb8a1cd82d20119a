"""A job as clients see it, from its row, its outputs and its live progress. Pure."""

import os
from collections.abc import Sequence

from steno.paths import display, to_uri
from steno.plugins.contract import SAMPLE_RATE
from steno.store.jobs import JobRecord
from steno.store.outputs import OutputRecord
from steno.wire import Job, Output, Phase, Progress, SegmentCounts


def job(
    record: JobRecord,
    outputs: Sequence[OutputRecord],
    live: Progress | None,
    held: str | None = None,
) -> Job:
    """`live`: the progress of one that runs; `held`: why no job is started."""
    return Job(
        id=record.id,
        name=record.name,
        path=display(record.path),
        uri=to_uri(record.path),
        upload=record.upload,
        state=record.state,
        reason=held or record.reason,
        error=record.problem,
        revision=record.revision,
        created_at=record.created_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        duration=duration(record),
        language=record.language,
        settings=record.settings,
        progress=live or stored_progress(record),
        segments=counts(record),
        warnings=record.warnings,
        outputs=[output(one, completed=record.state == "completed") for one in outputs],
    )


def output(record: OutputRecord, *, completed: bool) -> Output:
    written = completed and record.sha256 is not None
    return Output(
        format=record.format,
        path=display(record.path),
        uri=to_uri(record.path),
        written=written,
        stale=written and record.behind,
    )


def duration(record: JobRecord) -> float | None:
    """Seconds of audio: decoded, or until then announced."""
    if record.audio_samples is not None:
        return record.audio_samples / SAMPLE_RATE
    return record.announced


def counts(record: JobRecord) -> SegmentCounts:
    return SegmentCounts(
        planned=record.planned, done=record.done, aligned=record.aligned, failed=record.failed
    )


def stored_progress(record: JobRecord) -> Progress:
    """The progress of a job that does not run."""
    finished = record.state == "completed"
    total = duration(record)
    return Progress(
        job_id=record.id,
        phase=None if finished else phase(record),
        percent=100.0 if finished else round(record.percent, 2),
        message=record.state,
        processed=total if finished and total else record.done_samples / SAMPLE_RATE,
        total=total,
    )


def phase(record: JobRecord) -> Phase:
    if record.audio_samples is None:
        return "extract"
    if not record.plan_complete:
        return "split"
    if record.done + record.failed < record.planned:
        return "transcribe"
    if record.settings.align and record.aligned + record.unaligned < record.done:
        return "align"
    return "write"


def short_name(path: bytes) -> str:
    """File name for display."""
    return display(os.path.basename(path))
