"""Edits of a transcript, as the daemon is asked for them."""

from steno import wire
from steno.client import Client
from steno.errors import StenoError
from steno_tui.live.screens.transcript.editor import Entry


class Edits:
    """The edits of one job. Every method raises what the daemon says; `cue_changed` and
    `cue_not_found` where another client was faster."""

    def __init__(self, client: Client, job: str) -> None:
        self._client = client
        self._job = job

    async def save(self, cue: wire.Cue | None, entry: Entry) -> wire.Edited | None:
        """Makes `cue` say `entry`, or inserts it; None where nothing is another."""
        if cue is None:
            return await self._client.insert_cue(self._job, entry.start, entry.end, entry.text)
        text = entry.text if entry.text != cue.text else None
        start = entry.start if moved(entry.start, cue.start) else None
        end = entry.end if moved(entry.end, cue.end) else None
        if text is None and start is None and end is None:
            return None
        return await self._client.change_cue(
            self._job, cue.id, cue.revision, text=text, start=start, end=end
        )

    async def split(self, cue: wire.Cue, at: int) -> wire.Edited:
        """Cuts the cue before character `at` of its text."""
        return await self._client.split_cue(self._job, cue.id, cue.revision, at)

    async def merge(self, cue: wire.Cue, other: wire.Cue) -> wire.Edited:
        """Takes `other`, which follows, into `cue`."""
        return await self._client.merge_cues(
            self._job, cue.id, cue.revision, other.id, other_revision=other.revision
        )

    async def delete(self, cue: wire.Cue) -> wire.Edited:
        return await self._client.delete_cue(self._job, cue.id, cue.revision)

    async def nudge(self, cue: wire.Cue, start: float, end: float) -> wire.Edited:
        """Moves its start and its end by so many seconds."""
        return await self._client.change_cue(
            self._job,
            cue.id,
            cue.revision,
            start=round(max(0.0, cue.start + start), 3) if start else None,
            end=round(max(0.0, cue.end + end), 3) if end else None,
        )

    async def undo(self) -> wire.Edited:
        return await self._client.undo(self._job)

    async def redo(self) -> wire.Edited:
        return await self._client.redo(self._job)

    async def now(self, cue: wire.Cue) -> wire.Cue | None:
        """The cue as it is by now; None where it is gone."""
        try:
            return await self._client.cue(self._job, cue.id)
        except StenoError as error:
            if error.code != "cue_not_found":
                raise
            return None


def moved(wanted: float, before: float) -> bool:
    """Whether a time is another: they are edited to the thousandth of a second."""
    return abs(wanted - before) >= 0.0005
