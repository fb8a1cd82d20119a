"""What was said of a job, by range and by page, encoded as it is read."""

import hashlib
import re
from typing import NamedTuple, cast

import msgspec
from msgspec import Raw

from steno.errors import StenoError
from steno.jobs import view
from steno.store import cues, edits, segments
from steno.store.cues import Place
from steno.store.database import Reader
from steno.store.jobs import JobRecord
from steno.wire import Cue, Progress, Transcript

PLACE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,20})?(?:e-[0-9]{1,3})?):([0-9]{1,9})\.([0-9]{1,9})")
"""A cursor of a transcript: start, segment and number of the last cue of a page."""


class Wanted(NamedTuple):
    """Cues that touch `start` to `end` seconds, at most `limit` after the cursor `after`."""

    start: float | None = None
    end: float | None = None
    words: bool = True
    after: Place | None = None
    limit: int = 500


class Encoded(NamedTuple):
    body: bytes
    """An answer as JSON."""
    tag: str
    """Of its content: the same for the same, but for `as_of`."""


def read(db: Reader, job: JobRecord, wanted: Wanted, live: Progress | None, as_of: str) -> Encoded:
    """`live`: the progress of a job that runs.

    Each cue is encoded by itself, as otherwise thousands of them would keep the interpreter, and
    with it the loop, to themselves.
    """
    last: Cue | None = None
    encoded: list[Raw] = []
    for cue in cues.scan(db, job.seq, **wanted._asdict()):
        encoded.append(Raw(msgspec.json.encode(cue)))
        last = cue
    found = Transcript(
        job_id=job.id,
        state=job.state,
        as_of="",
        gaps=segments.gaps(db, job.seq, job.id) if job.failed else [],
        undo=edits.undoable(db, job.seq),
        redo=edits.redoable(db, job.seq),
        source="aligned" if job.aligned_at else "checkpoint" if job.done else "none",
        aligned_at=job.aligned_at,
        revision=job.text_revision,
        language=job.language,
        progress=live or view.stored_progress(job),
        cues=[],
        next=write_place(last) if last and len(encoded) == wanted.limit else None,
    )
    digest = hashlib.blake2b(msgspec.json.encode(found), digest_size=12)
    for one in encoded:
        digest.update(one)
    told = msgspec.structs.replace(found, as_of=as_of, cues=cast("list[Cue]", encoded))
    return Encoded(msgspec.json.encode(told), digest.hexdigest())


def write_place(cue: Cue) -> str:
    """The cursor of the page after `cue`."""
    return f"{cue.start!r}:{cue.id}"


def read_place(cursor: str | None) -> Place | None:
    """Raises `bad_request`."""
    if cursor is None:
        return None
    found = PLACE.fullmatch(cursor)
    if found is None:
        raise StenoError("bad_request", why=f"{cursor!r} is not a cursor of this transcript.")
    return Place(float(found[1]), int(found[2]), int(found[3]))
