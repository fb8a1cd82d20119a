"""Edits over the socket: guarded, told, never lost, never in the machine's way."""

import asyncio
import signal
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest

from e2e.asking import Answer, ask, noise, refused
from e2e.kills import database
from harness import Home, Stenod, ended, fake, running, until
from steno.client import Client
from steno.errors import StenoError
from steno.failpoints import EDITS
from steno.wire import Cue, Edited, Event, Job


def slow(delay: float) -> dict[str, Any]:
    return fake({"delay": delay}, options={"splitter": {"every": 1.0}}, workers=1)


async def transcribed(client: Client, folder: Path, seconds: float = 4.0) -> Job:
    media = noise(folder / "a.wav", seconds)
    job = await client.add_job(media, fake(options={"splitter": {"every": 1.0}}))
    job = await ended(client, job.id)
    assert job.state == "completed"
    return job


async def texts(client: Client, job: str) -> list[tuple[str, str]]:
    return [(cue.id, cue.text) for cue in (await client.transcript(job)).cues]


def etag(answer: Answer) -> str:
    return {name.lower(): value for name, value in answer.headers.items()}["etag"]


# The routes -------------------------------------------------------------------------------------


async def test_an_edit_needs_the_revision_that_was_seen(
    folder: Path, client: Client, shared: Home
) -> None:
    job = await transcribed(client, folder)
    route = f"/api/jobs/{job.id}/cues/0.0"
    seen = await ask(shared, "GET", route)
    assert (seen.status, etag(seen)) == (200, '"0"')
    assert seen.json["words"]
    body = {"text": "Said otherwise"}
    missing = await ask(shared, "PATCH", route, body)
    assert (missing.status, missing.problem.code) == (428, "match_required")
    done = await ask(shared, "PATCH", route, body, **{"If-Match": etag(seen)})
    assert (done.status, etag(done)) == (200, '"1"')
    assert done.json["cues"][0]["modified"] == ["text"]
    stale = await ask(shared, "PATCH", route, {"text": "x"}, **{"If-Match": '"0"'})
    assert (stale.status, stale.problem.code, stale.problem.revision) == (412, "cue_changed", 1)
    again = await ask(shared, "PATCH", route, {"text": "Whatever"}, **{"If-Match": "*"})
    assert (again.status, etag(again)) == (200, '"2"')
    gone = await ask(shared, "DELETE", route, **{"If-Match": '"2"'})
    assert (gone.status, gone.json["removed"]) == (200, ["0.0"])
    assert (await ask(shared, "GET", route)).problem.code == "cue_not_found"
    made = await ask(
        shared, "POST", f"/api/jobs/{job.id}/cues", {"start": 0, "end": 0.5, "text": "Mine"}
    )
    assert (made.status, etag(made)) == (201, '"1"')
    found = await ask(shared, "GET", made.headers["Location"])
    assert found.json == made.json["cues"][0]


async def test_every_edit_is_seen_in_transcript_outputs_and_events(
    folder: Path, client: Client
) -> None:
    job = await transcribed(client, folder)
    before = await client.transcript(job.id, words=True)
    first, second = before.cues[:2]
    async with aclosing(client.events([f"job:{job.id}"], reconnect=False)) as stream:
        assert (await anext(stream)).type == "initial_state"
        made = [
            await client.change_cue(job.id, first.id, 0, text="Said otherwise, at length"),
            await client.split_cue(job.id, first.id, 1, 15),
            await client.merge_cues(job.id, first.id, 2, "0.10000", other_revision=1),
            await client.delete_cue(job.id, second.id, 0),
            await client.insert_cue(job.id, 1.25, 1.75, "Mine"),
            await client.undo(job.id),
            await client.undo(job.id),
            await client.redo(job.id),
        ]
        told = await heard(stream, "edit", len(made))
    assert [e.action for e in made] == (
        ["change", "split", "merge", "delete", "insert", "undo", "undo", "redo"]
    )
    for edit, event in zip(made, told, strict=True):
        assert (event.data["edit"], event.data["action"]) == (edit.edit, edit.action)
        assert (event.data["revision"], event.data["removed"]) == (edit.revision, edit.removed)
        assert [c["text"] for c in event.data["cues"]] == [c.text for c in edit.cues]
    after = await client.transcript(job.id, words=True)
    assert (after.revision, after.undo, after.redo) == (
        made[-1].revision, made[3].edit, made[4].edit,
    )  # fmt: skip
    assert [cue.id for cue in after.cues] == [c.id for c in before.cues if c.id != second.id]
    assert after.cues[0].text == "Said otherwise, at length"
    srt = (await client.output(job.id, "srt")).decode()
    assert "Said otherwise, at length" in srt
    assert second.text not in srt
    problem = await refused(client.redo(job.id, made[3].edit))
    assert problem.code == "nothing_to_undo"
    assert str(made[4].edit) in problem.detail


async def heard(stream: Any, kind: str, count: int) -> list[Event]:
    """The next `count` events of a kind."""
    found: list[Event] = []
    async with asyncio.timeout(20):
        async for event in stream:
            found += [event] if event.type == kind else []
            if len(found) == count:
                break
    return found


async def test_of_two_clients_the_one_who_saw_less_is_refused(
    folder: Path, client: Client, shared: Home
) -> None:
    job = await transcribed(client, folder)
    async with Client(shared.paths.socket) as other:
        mine, theirs = await asyncio.gather(
            client.change_cue(job.id, "1.0", 0, text="by one"),
            other.change_cue(job.id, "1.0", 0, text="by the other"),
            return_exceptions=True,
        )
    kept, lost = (mine, theirs) if isinstance(mine, Edited) else (theirs, mine)
    assert isinstance(lost, StenoError)
    assert (lost.code, lost.problem.revision) == ("cue_changed", 1)
    assert isinstance(kept, Edited)
    assert await client.cue(job.id, "1.0") == kept.cues[0]


async def test_pages_are_in_order_of_start_and_strange_cursors_refused(
    folder: Path, client: Client
) -> None:
    job = await transcribed(client, folder)
    await client.change_cue(job.id, "0.0", 0, start=3.5, end=3.75)
    await client.insert_cue(job.id, 0.0, 0.1, "first")
    whole = (await client.transcript(job.id)).cues
    assert [cue.start for cue in whole] == sorted(cue.start for cue in whole)
    paged: list[Cue] = []
    cursor = None
    while True:
        page = await client.transcript(job.id, limit=2, cursor=cursor)
        paged += page.cues
        cursor = page.next
        if cursor is None:
            break
    assert paged == whole
    for strange in ("x", "0.0", "nan:0.0", "1:" + "9" * 40 + ".0"):
        assert (await refused(client.transcript(job.id, cursor=strange))).code == "bad_request"


async def test_times_are_told_in_whole_milliseconds(
    folder: Path, client: Client, shared: Home
) -> None:
    media = noise(folder / "a.wav", 4.0)
    job = await client.add_job(media, fake(options={"splitter": {"every": 0.7777}}))
    job = await ended(client, job.id)
    await client.change_cue(job.id, "0.0", 0, text="all of it is said in other words than before")
    cues = (await client.transcript(job.id, words=True)).cues
    held = [word for cue in cues for word in cue.words]
    times = [time for cue in cues for time in (cue.start, cue.end)]
    times += [time for word in held for time in (word.start, word.end)]
    events = await ask(
        shared, "GET", f"/api/jobs/{job.id}/events/history?types=fragment,aligned,edit"
    )
    times += [
        part[edge]
        for event in events.json["events"]
        for named in ("segments", "cues", "words")
        for part in event["data"].get(named, [])
        for edge in ("start", "end")
    ]
    assert len(times) > 50
    assert [time for time in times if time != round(time, 3)] == []
    assert [w.score for w in held if w.score is not None and w.score != round(w.score, 4)] == []


# Beside the machine -----------------------------------------------------------------------------


async def test_edits_stay_while_later_segments_and_alignment_arrive(
    folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 8.0)
    job = await client.add_job(media, slow(0.15))

    async def some() -> list[Cue]:
        return (await client.transcript(job.id, words=True)).cues[:1]

    (first,) = await until(some, what="the first cue")
    text = first.text + " edited"
    await client.change_cue(job.id, first.id, None, text=text)
    own = (await client.insert_cue(job.id, 7.25, 7.5, "ahead of the machine")).cues[0]
    assert (await client.job(job.id)).state == "running"
    done = await ended(client, job.id)
    assert (done.state, done.segments.failed, done.segments.aligned) == ("completed", 0, 8)
    found = await client.transcript(job.id, words=True)
    cue = found.cues[0]
    assert (cue.text, cue.modified, cue.revision) == (text, ["text"], 1)
    assert cue.start == 0.01, "the aligner moves what nobody set"
    assert [w.start for w in cue.words[:2]] == [0.01, 0.51]
    assert own in found.cues
    written = (folder / "a.srt").read_text()
    assert "edited" in written
    assert "ahead of the machine" in written


# Kills ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EDITS)
async def test_an_edit_is_there_after_a_kill_wholly_or_not_at_all(home: Home, name: str) -> None:
    daemon = Stenod(home)
    await daemon.start(STENO_FAILPOINT=f"{name}:3")
    async with Client(home.paths.socket) as client:
        job = await transcribed(client, home.media)
        await client.split_cue(job.id, "0.0", 0, 5)
        before = await client.transcript(job.id)
        done = await client.change_cue(job.id, "1.0", 0, text="acknowledged")
        with suppress(StenoError):
            await client.merge_cues(job.id, "0.0", None, "0.10000")
            pytest.fail("the daemon lives")
        process = daemon.process
        assert process is not None
        await until(lambda: process.poll() is not None, what="the daemon dies")
        assert process.returncode == -signal.SIGKILL
    daemon.stop()
    made = name == "edit.after_commit"
    async with running(home) as (_, client):
        found = await client.transcript(job.id)
        assert (await client.cue(job.id, "1.0")).text == "acknowledged"
        assert found.revision == done.revision + made
        assert len(found.cues) == len(before.cues) - made
        with database(home) as db:
            told = db.execute(
                "SELECT json_extract(data, '$.revision') FROM events WHERE type = 'edit'"
            ).fetchall()
            signals = db.execute(
                "SELECT count(*) FROM events WHERE type = 'signal'"
                " AND json_extract(data, '$.code') = 'transcript_changed'"
            ).fetchone()
        assert [revision for (revision,) in told][-1] == found.revision == found.undo
        assert signals == (len(told),) == (2 + made,)
        for _ in told:
            await client.undo(job.id)
        assert all(not cue.modified for cue in (await client.transcript(job.id)).cues)
