"""Cues one by one: look, change, split, merge, delete, insert, take back."""

from aiohttp import web

from steno.api.codec import answer
from steno.api.jobs import NAMED
from steno.api.keys import Daemon
from steno.api.route import Routes
from steno.wire import Cue, CueChange, CueMerge, CueSplit, Edited, EditStep, NewCue

routes = Routes(
    "Edits",
    """A job's text can be edited in every state, also while it runs. What a person set
(`modified`) stays, whatever is recognised, aligned or done again later; other fields follow the
machine. Each edit is an event `edit` on the job's channel.

An edit of a cue needs `If-Match` with the cue's `revision`, which only edits raise, or `*` for any.
If another edit came first the answer is 412 `cue_changed` with the present `revision`. Cues that a
person made count from 10000. Texts lose control characters and what stands around their lines.
Times are whole milliseconds; a cue lasts 0.01 s at least and does not go on beyond the audio, once
it is known where that ends.
Subtitle files of a completed job are written anew within seconds of its last edit, unless somebody
changed or removed them (`stale` of a job's `outputs`); `output.srt` and the like are made anew each
time.""",
)

FOUND = (*NAMED, "cue_not_found")
GUARDED = (*FOUND, "match_required", "cue_changed", "disk_full")
ETAG = {"ETag": "the cue's revision"}
NEXT = EditStep()


@routes.get("/api/jobs/{job}/cues/{cue}", gives=Cue, headers=ETAG, refuses=FOUND)
async def get(daemon: Daemon, job: str, cue: str) -> web.Response:
    """One cue, with its words."""
    found = await daemon.edits.cue(job, cue)
    return tagged(answer(found), found)


@routes.patch(
    "/api/jobs/{job}/cues/{cue}",
    gives=Edited,
    headers=ETAG,
    refuses=(*GUARDED, "edit_invalid"),
    example={"text": "What was really said"},
)
async def change(
    daemon: Daemon, job: str, cue: str, if_match: int | None, body: CueChange
) -> web.Response:
    """Sets text, start or end of a cue.

    A field that is what it was already (times: to half a millisecond) is not set and goes on to
    follow the machine. If that is all nothing is stored, and `edit` is 0.
    """
    return edited(await daemon.edits.change(job, cue, if_match, body), cue)


@routes.delete("/api/jobs/{job}/cues/{cue}", refuses=GUARDED)
async def delete(daemon: Daemon, job: str, cue: str, if_match: int | None) -> Edited:
    """Takes a cue out of the text."""
    return await daemon.edits.delete(job, cue, if_match)


@routes.post(
    "/api/jobs/{job}/cues/{cue}/split",
    gives=Edited,
    headers=ETAG,
    refuses=(*GUARDED, "edit_invalid"),
    example={"at": 12},
)
async def split(
    daemon: Daemon, job: str, cue: str, if_match: int | None, body: CueSplit
) -> web.Response:
    """Makes two cues of one, before the character `at` of its text (Unicode code points)."""
    return edited(await daemon.edits.split(job, cue, if_match, body), cue)


@routes.post(
    "/api/jobs/{job}/cues/{cue}/merge",
    gives=Edited,
    headers=ETAG,
    refuses=(*GUARDED, "edit_invalid"),
    example={"cue": "0.1"},
)
async def merge(
    daemon: Daemon, job: str, cue: str, if_match: int | None, body: CueMerge
) -> web.Response:
    """Takes the cue that follows into this one, on one line if that is short enough."""
    return edited(await daemon.edits.merge(job, cue, if_match, body), cue)


@routes.post(
    "/api/jobs/{job}/cues",
    gives=Edited,
    status=201,
    headers=ETAG | {"Location": "the new cue"},
    refuses=(*NAMED, "edit_invalid", "disk_full"),
    example={"start": 1.0, "end": 2.5, "text": "[music]"},
)
async def insert(daemon: Daemon, job: str, body: NewCue) -> web.Response:
    """Adds a cue. It may overlap others, also in subtitle files."""
    made = await daemon.edits.insert(job, body)
    (cue,) = made.cues
    response = tagged(answer(made, status=201), cue)
    response.headers["Location"] = f"/api/jobs/{made.job_id}/cues/{cue.id}"
    return response


@routes.post("/api/jobs/{job}/undo", refuses=(*NAMED, "nothing_to_undo", "disk_full"))
async def undo(daemon: Daemon, job: str, body: EditStep = NEXT) -> Edited:
    """Takes back the last edit, whoever made it.

    There is one row of edits a job; its transcript tells the numbers of the next to `undo` and to
    `redo`. Where `edit` names another the answer is 409 `nothing_to_undo`. A new edit ends what
    could be made again.
    """
    return await daemon.edits.undo(job, body.edit)


@routes.post("/api/jobs/{job}/redo", refuses=(*NAMED, "nothing_to_undo", "disk_full"))
async def redo(daemon: Daemon, job: str, body: EditStep = NEXT) -> Edited:
    """Makes again the edit that was taken back last."""
    return await daemon.edits.redo(job, body.edit)


def edited(made: Edited, cue: str) -> web.Response:
    return tagged(answer(made), next(one for one in made.cues if one.id == cue))


def tagged(response: web.Response, cue: Cue) -> web.Response:
    response.headers["ETag"] = f'"{cue.revision}"'
    return response
