"""The files of a completed job, written anew from its text as it is now."""

import asyncio
import logging
import os
from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

from steno.errors import StenoError
from steno.failpoints import passing
from steno.jobs import subtitle_file, writing
from steno.jobs.commit import LostLease
from steno.jobs.subtitle_file import Ruling
from steno.paths import display
from steno.store import jobs, outputs
from steno.store.database import Database, Reader, Transaction
from steno.store.jobs import JobRecord
from steno.store.outputs import OutputRecord
from steno.wire import Notice

log = logging.getLogger(__name__)

CODE = "files_behind"
"""Of the warning that edits are missing in files."""
OWNER = "renewal"

What = Literal["write", "right", "changed", "removed"]


class Left(NamedTuple):
    """A file that lacks edits."""

    path: bytes
    what: Literal["changed", "removed", "failed"]
    why: str = ""
    """It failed, a sentence."""


def decide(ruling: Ruling, standing: str | None, wanted: str) -> What:
    """What to do of a file that was written once. `standing` and `wanted`: SHA-256 of what is
    there, if that can be told, and of what should be."""
    if standing == wanted:
        return "right"
    if ruling == "foreign":
        return "changed"
    return "write" if ruling == "ours" else "removed"


async def renew(db: Database, job_id: str) -> bool:
    """Writes those files of the job anew that lack edits, and warns of those that cannot be or
    must not. Returns whether none lacks any.

    A job that is not complete has nothing to be done. Raises StenoError where the store fails.
    """
    job, files = await db.read(partial(look, job_id=job_id))
    if job is None:
        return True
    held: list[tuple[OutputRecord, int]] = []
    left: list[Left] = []
    try:
        for file in files:
            found = await renew_one(db, job, file)
            if isinstance(found, Left):
                left.append(found)
            else:
                held.append((file, found))
    except LostLease:
        return True  # it is removed, or done again, which writes its files
    notice = told(job_id, left)
    if held or notice not in (None, *job.warnings) or (not left and warned(job)):
        passing("renewal.before_settle")
        await db.write(lambda tx: settle(tx, job, held, notice))
        log.info("job %s: %d files hold its edits, %d do not", job_id, len(held), len(left))
    return not left


def look(db: Reader, job_id: str) -> tuple[JobRecord | None, list[OutputRecord]]:
    """The job, if it is complete, and its files that lack edits."""
    job = jobs.get(db, job_id)
    if job is None or job.state != "completed":
        return None, []
    return job, [file for file in outputs.of_job(db, job_id) if file.behind and file.sha256]


async def renew_one(db: Database, job: JobRecord, file: OutputRecord) -> int | Left:
    """The revision of the text that the file now holds, or why it lacks edits. Raises LostLease,
    or StenoError where the store fails."""
    path = file.path
    ruling, standing = await asyncio.to_thread(subtitle_file.look, path, file, job.path)
    async with db.snapshot() as reader:
        wanted, revision = await asyncio.to_thread(writing.digest, reader, job, file.format)

    def record(tx: Transaction, sha256: str) -> None:
        passing("renewal.before_record")
        check(tx, job, file)
        outputs.wrote(tx, path, sha256, standing)

    match decide(ruling, standing, wanted):
        case "right":
            if wanted != file.sha256:
                await db.write(lambda tx: record(tx, wanted))
            return revision
        case "changed":
            return Left(path, "changed")
        case "removed":
            there = await asyncio.to_thread(os.path.isdir, os.path.dirname(path))
            why = f"{display(path)} cannot be written: its folder is not there."
            return Left(path, "removed") if there else Left(path, "failed", why)
        case "write":
            writer = subtitle_file.Writer(path, f"{job.id}-{OWNER}", standing)
            try:
                return await writing.put(db, job, file.format, writer, record)
            except StenoError as error:
                if error.code == "output_exists":
                    return Left(path, "changed")
                if error.code not in ("output_full", "output_failed"):
                    raise
                return Left(path, "failed", error.problem.detail)


def check(tx: Transaction, job: JobRecord, file: OutputRecord) -> None:
    """Raises LostLease if the job no longer rests, or the file is no longer its own."""
    now, known = jobs.get(tx.connection, job.id), outputs.at(tx.connection, file.path)
    if now is None or now.state != "completed" or known is None:
        raise LostLease(job.id)
    if (known.job, known.sha256) != (job.id, file.sha256):
        raise LostLease(job.id)


def settle(
    tx: Transaction,
    job: JobRecord,
    held: Sequence[tuple[OutputRecord, int]],
    notice: Notice | None,
) -> None:
    """Notes which revision files hold now, and warns of others or takes the warning back."""
    if jobs.get(tx.connection, job.id) is None:
        return
    for file, revision in held:
        outputs.settle(tx, file.path, job.id, revision)
    if notice is None:
        jobs.unwarn(tx, job.seq, (CODE,))
    else:
        jobs.warn(tx, job.seq, notice)


def warned(job: JobRecord) -> bool:
    return any(notice.code == CODE for notice in job.warnings)


def told(job_id: str, left: Sequence[Left]) -> Notice | None:
    """The warning of the files `left`: what happened, why, and what to do."""
    if not left:
        return None
    parts = ["Not all edits are in the subtitle files."]
    parts += [
        f"{display(one.path)} was {one.what} by somebody, so Steno leaves it alone."
        for one in left
        if one.what != "failed"
    ]
    if len(parts) > 1:
        parts.append(f"`steno export {job_id} -o FILE --overwrite` writes it as it should be.")
    failed = [one.why for one in left if one.what == "failed"]
    if failed:
        parts += [*failed, "Steno tries again by itself."]
    return Notice(code=CODE, message=" ".join(parts))
