"""What a person changes in a transcript: in any state of its job, one transaction an edit."""

import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import msgspec

from steno.errors import StenoError
from steno.failpoints import passing
from steno.jobs.queries import stored
from steno.plugins.contract import SAMPLE_RATE
from steno.store import cues, edits, outputs
from steno.store.cues import CueKey, Place
from steno.store.database import Database, Reader, Transaction
from steno.store.edits import Edit, Touched
from steno.store.jobs import JobRecord
from steno.subtitles import layers
from steno.subtitles.layers import Layer, Standing
from steno.wire import (
    CUE_ID,
    Cue,
    CueChange,
    CueMerge,
    CueSplit,
    EditAction,
    Edited,
    EditEvent,
    NewCue,
    SignalEvent,
    job_channel,
)

Plan = Callable[[Transaction, JobRecord], Sequence[Touched]]
"""What an edit makes of the cues it touches; nothing if there is nothing to do."""


class Editing:
    """Every method raises StenoError: `job_not_found` and `cue_not_found` among them, `cue_changed`
    where the cue has not the revision `wanted` (None: any will do), `edit_invalid`."""

    def __init__(self, db: Database, find: Callable[[str], Awaitable[str]]) -> None:
        """`find`: the job's id from a reference to it."""
        self._db = db
        self._find = find

    async def cue(self, reference: str, cue: str) -> Cue:
        """The cue as it is shown."""
        job_id = await self._find(reference)

        def query(db: Reader) -> Cue:
            job, key = stored(db, job_id), read_id(job_id, cue)
            found = edits.cue(db, job.seq, key)
            if found is None:
                raise missing(job_id, cue)
            return found

        return await self._db.read(query)

    async def change(self, job: str, cue: str, wanted: int | None, new: CueChange) -> Edited:
        """Sets text or times. Where nothing differs nothing is stored, and the edit's number
        is 0."""

        def plan(tx: Transaction, job: JobRecord) -> Sequence[Touched]:
            standing = guarded(tx.connection, job, cue, wanted)
            layer = layers.change(standing, new, heard_until(job))
            return [] if layer == standing.layer else [touched(standing, layer)]

        return await self._edit(job, "change", plan, cue)

    async def split(self, job: str, cue: str, wanted: int | None, where: CueSplit) -> Edited:
        """Makes two cues of one."""

        def plan(tx: Transaction, job: JobRecord) -> Sequence[Touched]:
            standing = guarded(tx.connection, job, cue, wanted)
            heard = cues.hearing(tx.connection, job.seq)
            left, right = layers.split(standing, where, heard)
            key = edits.make(tx, job.seq, key_of(standing).segment)
            return [touched(standing, left), Touched(*key, right)]

        return await self._edit(job, "split", plan)

    async def merge(self, job: str, cue: str, wanted: int | None, other: CueMerge) -> Edited:
        """Makes one cue of two that follow each other."""

        def plan(tx: Transaction, job: JobRecord) -> Sequence[Touched]:
            first = guarded(tx.connection, job, cue, wanted)
            second = guarded(tx.connection, job, other.cue, other.revision)
            following = edits.following(tx.connection, job.seq, first.cue)
            if following != key_of(second):
                why = f"Cue {following} follows" if following else "No cue follows"
                raise StenoError("edit_invalid", why=f"{why} cue {cue}.")
            merged = layers.merge(first, second, job.settings.style)
            gone = msgspec.structs.replace(second.layer, hidden=True)
            return [touched(first, merged), touched(second, gone)]

        return await self._edit(job, "merge", plan)

    async def delete(self, job: str, cue: str, wanted: int | None) -> Edited:
        """Hides a cue."""

        def plan(tx: Transaction, job: JobRecord) -> Sequence[Touched]:
            standing = guarded(tx.connection, job, cue, wanted)
            return [touched(standing, msgspec.structs.replace(standing.layer, hidden=True))]

        return await self._edit(job, "delete", plan)

    async def insert(self, job: str, new: NewCue) -> Edited:
        """Adds a cue, which may overlap others."""

        def plan(tx: Transaction, job: JobRecord) -> Sequence[Touched]:
            layer = layers.insert(new, heard_until(job))
            segment = edits.segment_at(tx.connection, job.seq, new.start)
            return [Touched(*edits.make(tx, job.seq, segment), layer)]

        return await self._edit(job, "insert", plan)

    async def undo(self, job: str, number: int | None) -> Edited:
        """Takes back the last edit, which must be `number` where that is given. Raises
        `nothing_to_undo`."""
        return await self._turn(job, number, undone=True)

    async def redo(self, job: str, number: int | None) -> Edited:
        """Makes the edit again that was taken back last."""
        return await self._turn(job, number, undone=False)

    async def _edit(
        self, reference: str, action: EditAction, plan: Plan, same: str | None = None
    ) -> Edited:
        """`same`: the cue to be told of where nothing was to be done."""
        job_id = await self._find(reference)

        def change(tx: Transaction) -> Edited:
            job = stored(tx.connection, job_id)
            after = list(plan(tx, job))
            if not after and same is not None:
                return unchanged(tx.connection, job, action, read_id(job_id, same))
            before = [Touched(*t.key, edits.layer(tx.connection, job.seq, t.key)) for t in after]
            number = edits.count(tx, job.seq)
            edits.push(tx, job.seq, number, Edit(action, before, after))
            return put(tx, job, number, action, number, after)

        return await self._commit(change)

    async def _turn(self, reference: str, number: int | None, *, undone: bool) -> Edited:
        job_id = await self._find(reference)

        def change(tx: Transaction) -> Edited:
            job = stored(tx.connection, job_id)
            following = (edits.undoable if undone else edits.redoable)(tx.connection, job.seq)
            if following is None or number not in (None, following):
                raise refusal(following, undone=undone)
            edit = edits.turn(tx, job.seq, following, undone=undone)
            revision = edits.count(tx, job.seq)
            result = edit.before if undone else edit.after
            return put(tx, job, following, "undo" if undone else "redo", revision, result)

        return await self._commit(change)

    async def _commit(self, change: Callable[[Transaction], Edited]) -> Edited:
        edited = await self._db.write(change)
        passing("edit.after_commit")
        return edited


def put(
    tx: Transaction,
    job: JobRecord,
    number: int,
    action: EditAction | Literal["undo", "redo"],
    revision: int,
    result: Sequence[Touched],
) -> Edited:
    """Gives cues their new layers and tells of it. `revision`: the transcript's."""
    for one in result:
        edits.put(tx, job.seq, one)
    outputs.fall_behind(tx, job.id)
    db, channel = tx.connection, job_channel(job.id)
    found = [edits.cue(db, job.seq, one.key) for one in result if not one.layer.hidden]
    edited = Edited(
        job_id=job.id,
        edit=number,
        action=action,
        revision=revision,
        cues=sorted((cue for cue in found if cue), key=Place.of),
        removed=[str(one.key) for one in result if one.layer.hidden],
        undo=edits.undoable(db, job.seq),
        redo=edits.redoable(db, job.seq),
    )
    event = EditEvent(
        job_id=job.id,
        edit=number,
        action=action,
        revision=revision,
        cues=[msgspec.structs.replace(cue, words=[]) for cue in edited.cues],
        removed=edited.removed,
    )
    tx.tell("edit", event, channel)
    text = "A person changed the text or its times."
    tx.tell("signal", SignalEvent(code="transcript_changed", message=text, job_id=job.id), channel)
    passing("edit.before_commit")
    return edited


def unchanged(db: Reader, job: JobRecord, action: EditAction, key: CueKey) -> Edited:
    """The answer where nothing was to be done."""
    cue = edits.cue(db, job.seq, key)
    return Edited(
        job_id=job.id,
        edit=0,
        action=action,
        revision=job.text_revision,
        cues=[cue] if cue else [],
        removed=[],
        undo=edits.undoable(db, job.seq),
        redo=edits.redoable(db, job.seq),
    )


def guarded(db: Reader, job: JobRecord, cue: str, wanted: int | None) -> Standing:
    """The cue to be edited, whose revision is the `wanted` one."""
    standing = edits.standing(db, job.seq, read_id(job.id, cue))
    if standing is None:
        raise missing(job.id, cue)
    found = standing.cue.revision
    if wanted not in (None, found):
        raise StenoError("cue_changed", cue=cue, found=found, wanted=wanted, revision=found)
    return standing


def heard_until(job: JobRecord) -> float | None:
    """Where its audio ends, in seconds; None until all of it is decoded, as containers err."""
    return None if job.audio_samples is None else job.audio_samples / SAMPLE_RATE


def touched(standing: Standing, layer: Layer) -> Touched:
    return Touched(*key_of(standing), layer)


def key_of(standing: Standing) -> CueKey:
    return Place.of(standing.cue).key


def read_id(job: str, cue: str) -> CueKey:
    """Raises `cue_not_found` for what cannot be the id of one."""
    if not re.fullmatch(CUE_ID, cue):
        raise missing(job, cue)
    return CueKey(*map(int, cue.split(".")))


def missing(job: str, cue: str) -> StenoError:
    return StenoError("cue_not_found", cue=cue, job=job)


def refusal(following: int | None, *, undone: bool) -> StenoError:
    what = "taken back" if undone else "made again"
    why = f"Edit {following} is {what} next." if following else f"No edit can be {what}."
    return StenoError("nothing_to_undo", why=why)
