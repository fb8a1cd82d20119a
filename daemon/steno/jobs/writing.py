"""The last phase: subtitle files from what is committed."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

from steno.disk import FULL
from steno.errors import StenoError
from steno.failpoints import passing
from steno.jobs import admission, commit, subtitle_file
from steno.jobs.origin import Origin
from steno.jobs.view import duration
from steno.jobs.work import Work
from steno.paths import display
from steno.store import cues, jobs, outputs, segments
from steno.store.database import Database, Reader, Transaction
from steno.store.jobs import JobRecord
from steno.subtitles.formats import WITH_WORDS, render
from steno.subtitles.header import Header
from steno.subtitles.report import MESSAGES, Shortfalls
from steno.subtitles.timing import finish
from steno.wire import Cue, Format, Notice


async def write(work: Work) -> None:
    """Writes all files of the job and completes it.

    Raises output_exists, output_failed, output_full, nothing_transcribed or LostLease.
    """
    db = work.tools.db
    job = await db.read(lambda reader: jobs.get(reader, work.job.id))
    if job is None:
        raise commit.LostLease(work.job.id)
    if job.failed and not job.done:
        gaps = await db.read(lambda reader: segments.gaps(reader, job.seq, job.id))
        raise StenoError("nothing_transcribed", count=job.failed, why=gaps[-1].reason)
    notices = [] if job.planned else [Notice(code="no_speech", message="Nobody speaks in it.")]
    written = {
        path: await write_one(work, job, form, path)
        for form, path in admission.places(Origin.of(job), job.settings).items()
    }
    notices += await db.read(partial(shortfalls, job=job))

    def change(tx: Transaction) -> None:
        jobs.unwarn(tx, job.seq, MESSAGES)  # of an earlier end
        for notice in notices:
            jobs.warn(tx, job.seq, notice)
        for path, revision in written.items():
            outputs.settle(tx, path, job.id, revision)
        commit.complete(tx, job, work.lease)

    await db.write(change)
    passing("complete.after_commit")


async def write_one(work: Work, job: JobRecord, form: Format, path: bytes) -> int:
    """As `put`."""
    db = work.tools.db
    known = await db.read(partial(outputs.at, path=path))
    ruling, standing = await asyncio.to_thread(subtitle_file.look, path, known, job.path)
    if ruling == "foreign" and not job.settings.overwrite:
        raise StenoError("output_exists", path=display(path))

    def record(tx: Transaction, sha256: str) -> None:
        commit.check_lease(tx, job, work.lease)
        outputs.reserve(tx, path, job.id, job.path, form)
        outputs.wrote(tx, path, sha256, standing)

    overwrite = job.settings.overwrite
    writer = subtitle_file.Writer(path, job.id, standing, overwrite=overwrite)
    return await put(db, job, form, writer, record)


async def put(
    db: Database,
    job: JobRecord,
    form: Format,
    writer: subtitle_file.Writer,
    record: Callable[[Transaction, str], None],
) -> int:
    """Writes a file and puts it into its place. Returns the revision of the text that it holds.

    `record` notes its SHA-256 before it stands there; if that raises nothing is put there. Raises
    output_exists, output_failed, output_full or LostLease.
    """
    try:
        async with db.snapshot() as reader:
            revision = await asyncio.to_thread(draft, reader, job, form, writer)
        await db.write(lambda tx: record(tx, writer.sha256))
        await asyncio.to_thread(writer.publish)
    except OSError as error:
        if error.errno in FULL:
            raise StenoError("output_full", path=display(writer.path)) from error
        why = (error.strerror or str(error)).lower()
        raise StenoError("output_failed", path=display(writer.path), why=why) from error
    finally:
        await asyncio.to_thread(writer.discard)
    return revision


def draft(reader: Reader, job: JobRecord, form: Format, writer: subtitle_file.Writer) -> int:
    """Writes a file beside its place. Returns the revision of its text. Raises OSError or
    LostLease."""
    now = present(reader, job)
    writer.write(rendered(reader, now, form))
    return now.text_revision


def digest(reader: Reader, job: JobRecord, form: Format) -> tuple[str, int]:
    """SHA-256 of the file as it would be written now, and the revision of its text. Raises
    LostLease."""
    now = present(reader, job)
    return subtitle_file.digest(rendered(reader, now, form)), now.text_revision


def present(reader: Reader, job: JobRecord) -> JobRecord:
    """The job as it is now. Raises LostLease."""
    now = jobs.get(reader, job.id)
    if now is None:
        raise commit.LostLease(job.id)
    return now


def rendered(reader: Reader, job: JobRecord, form: Format) -> Iterator[str]:
    """The subtitles as a stream, from what is committed."""
    header = Header(
        name=job.name,
        language=job.language,
        duration=duration(job),
        backend=job.settings.backend,
        model=job.settings.model,
    )
    return render(form, shown(reader, job, words=form in WITH_WORDS), header=header)


def shortfalls(reader: Reader, job: JobRecord) -> list[Notice]:
    """What of the job's style its subtitles do not keep, as they are now."""
    found = Shortfalls(job.settings.style)
    for cue in shown(reader, job, words=False):
        found.add(cue)
    return found.notices()


def shown(reader: Reader, job: JobRecord, *, words: bool) -> Iterator[Cue]:
    """Cues as subtitles have them."""
    return finish(
        cues.scan(reader, job.seq, words=words),
        job.settings.style,
        until=None if job.audio_samples is None else duration(job),
    )
