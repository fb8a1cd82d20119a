"""The routes of jobs and their events, as any client sees them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import pytest
from aiohttp.test_utils import TestClient, TestServer
from pytest_aiohttp import AiohttpClient

from e2e.asking import ask, noise, refused, slow, with_text
from harness import Home, ended, fake
from steno.api.transcripts import attachment
from steno.app import application, assemble
from steno.client import Client
from steno.config import Config, Tcp
from steno.errors import StenoError
from steno.tcp import open_door

ENVIRONMENT = {"STENO_EVENTS_HEARTBEAT": "0.3", "STENO_EVENTS_QUEUE": "64"}


# Life -------------------------------------------------------------------------------


async def test_a_job_is_only_added_when_asked_so(folder: Path, shared: Home) -> None:
    media = noise(folder / "a.wav", 1.0)
    body = {"path": media, "settings": fake(), "start": False}
    answer = await ask(shared, "POST", "/api/jobs", body)
    assert answer.status == 201
    job = answer.json
    assert (job["state"], job["started_at"]) == ("created", None)
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    found = await ask(shared, "GET", answer.headers["Location"])
    assert found.json == job
    assert job["settings"]["backend"] == "fake"
    assert job["settings"]["model"] == "fake/one"


async def test_actions_can_be_repeated_and_refusals_name_the_state(
    folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 6.0)
    job = await client.add_job(media, slow(), start=False)
    for action in (client.pause, client.resume, client.retry):
        problem = await refused(action(job.id))
        assert (problem.code, problem.status, problem.state) == (
            "transition_refused", 409, "created",
        )  # fmt: skip
        assert "start" in problem.hint
    await client.start(job.id)
    assert (await client.start(job.id)).state in ("queued", "running")
    await with_text(client, job.id)
    paused = await client.pause(job.id)
    assert (paused.state, paused.reason) == ("paused", "user")
    assert (await client.pause(job.id)).revision == paused.revision
    done = paused.segments.done
    assert 1 <= done < 6
    assert (await client.resume(job.id)).state in ("queued", "running")
    assert (await client.resume(job.id)).state in ("queued", "running")
    cancelled = await client.cancel(job.id)
    assert cancelled.state == "cancelled"
    assert (await client.cancel(job.id)).revision == cancelled.revision
    assert (await refused(client.start(job.id))).state == "cancelled"
    assert (await refused(client.pause(job.id))).state == "cancelled"
    await client.resume(job.id)
    completed = await ended(client, job.id)
    assert (completed.state, completed.segments.done) == ("completed", 6)
    for action in (client.start, client.pause, client.resume, client.cancel, client.retry):
        assert (await refused(action(job.id))).state == "completed"


async def test_settings_lock_once_something_is_transcribed(folder: Path, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 6.0), slow(), start=False)
    wish = {"splitter": "pocketsphinx", "language": "de", "workers": 1, "prompt": "Ahab"}
    assert (await client.validate(job.id, wish)).allowed
    await client.start(job.id)
    await with_text(client, job.id)
    await client.pause(job.id)
    validation = await client.validate(job.id, wish)
    rulings = {v.setting: (v.ruling, v.allowed) for v in validation.verdicts}
    assert rulings == {
        "splitter": ("locked", False), "language": ("locked", False), "workers": ("free", True),
        "prompt": ("warn", True),
    }  # fmt: skip
    assert not validation.allowed
    told = await client.validate(job.id, {})
    assert told.allowed
    assert {v.setting for v in told.verdicts} == {*msgspec.structs.asdict(job.settings)}
    assert {v.allowed for v in told.verdicts if v.ruling == "locked"} == {False}
    with pytest.raises(StenoError) as caught:
        await client.resume(job.id, wish)
    problem = caught.value.problem
    assert (problem.code, problem.status) == ("setting_locked", 409)
    for verdict in validation.verdicts:
        assert verdict.allowed or verdict.reason in problem.detail
    assert (await client.job(job.id)).state == "paused"
    assert (await refused(client.validate(job.id, {"colour": "red"}))).code == "setting_invalid"
    assert (await refused(client.resume(job.id, {"workers": 0}))).code == "setting_invalid"
    resumed = await client.resume(job.id, {"formats": ["srt", "vtt"], "workers": 1})
    assert resumed.settings.formats == ("srt", "vtt")
    completed = await ended(client, job.id)
    assert {o.format for o in completed.outputs if o.written} == {"srt", "vtt"}
    assert (folder / "a.vtt").read_text().startswith("WEBVTT")


async def test_settings_changed_before_anything_is_done_are_checked_as_for_a_new_job(
    folder: Path, client: Client
) -> None:
    job = await client.add_job(noise(folder / "a.wav", 2.0), slow(language="en"), start=False)
    await client.cancel(job.id)
    problem = await refused(client.resume(job.id, {"options": {"asr": {"unheard": 1}}}))
    assert problem.code == "setting_invalid"
    assert (await client.job(job.id)).state == "cancelled"
    changes = {"language": "de", "backend": "fake-batch", "options": {"splitter": {"every": 2.0}}}
    resumed = await client.resume(job.id, changes)
    assert resumed.language == "de"
    completed = await ended(client, job.id)
    assert (completed.state, completed.language) == ("completed", "de")
    assert completed.segments.done == 1
    assert set((await client.checkpoint(job.id)).versions) == {
        "asr/fake-batch", "splitter/fake", "aligner/fake",
    }  # fmt: skip


async def test_settings_change_with_resume_only(folder: Path, shared: Home, client: Client) -> None:
    job = await client.add_job(noise(folder / "a.wav", 1.0), fake(), start=False)
    answer = await ask(shared, "POST", f"/api/jobs/{job.id}/start", {"settings": {"workers": 1}})
    assert (answer.status, answer.problem.code) == (400, "bad_request")


async def test_removing_a_job_leaves_its_source_and_its_subtitles(
    folder: Path, shared: Home, client: Client
) -> None:
    done = await client.add_job(noise(folder / "done.wav", 1.0), fake())
    await ended(client, done.id)
    at_work = await client.add_job(noise(folder / "at-work.wav", 9.0), slow())
    await with_text(client, at_work.id)
    kept = {p: p.read_bytes() for p in folder.iterdir()}
    for job in (done, at_work):
        await client.remove(job.id)
        assert (await refused(client.job(job.id))).code == "job_not_found"
        assert (await refused(client.remove(job.id))).status == 404
        assert not (shared.paths.jobs / job.id).exists()
    assert {p: p.read_bytes() for p in folder.iterdir()} == kept
    assert len(kept) == 3


# Lists -------------------------------------------------------------------------------


async def test_lists_are_paged_filtered_and_searched(
    folder: Path, shared: Home, client: Client
) -> None:
    made = []
    for n in range(18):
        media = noise(folder / f"page{'%' if n % 2 else '_'}{n}.wav", 0.5)
        made.append((await client.add_job(media, fake(), start=False)).id)
    seen, cursor, pages = list[str](), None, 0
    while pages == 0 or cursor:
        page = await client.jobs(["created"], text="page", limit=5, cursor=cursor)
        assert page.total == 18
        assert len(page.jobs) <= 5
        seen += [job.id for job in page.jobs]
        cursor, pages = page.next, pages + 1
    assert seen == made[::-1]
    assert pages == 4
    for offset in (0, 7, 17, 18, 999):
        ranged = await client.jobs(["created"], text="page", limit=5, offset=offset)
        assert [job.id for job in ranged.jobs] == seen[offset : offset + 5]
        assert ranged.total == 18
    for query in ("offset=1&cursor=9", "offset=-1", "offset=x", "offset=99999999999999999999"):
        answer = await ask(shared, "GET", f"/api/jobs?{query}")
        assert (answer.status, answer.problem.code) == (400, "bad_request"), query
    assert (await client.jobs(text="page%")).total == 9
    assert (await client.jobs(text="PAGE_1")).total == 4
    assert (await client.jobs(["failed"], text="page")).total == 0

    shortest = next(n for n in range(1, 9) if unique(made[0][:n], made))
    assert (await client.job(made[0])).id == made[0]
    others = {job.id for job in (await client.jobs(limit=500)).jobs}
    prefix = next(p for n in range(shortest, 9) if unique(p := made[0][:n], others))
    assert (await client.job(prefix)).id == made[0]
    common = next(c for c in "0123456789abcdef" if sum(i.startswith(c) for i in made) > 1)
    problem = await refused(client.job(common))
    assert (problem.code, problem.status) == ("job_ambiguous", 409)
    for query in ("state=dead", "limit=0", "limit=501", "limit=x", "cursor=x", "cursor=-1"):
        answer = await ask(shared, "GET", f"/api/jobs?{query}")
        assert (answer.status, answer.problem.code) == (400, "bad_request"), query


def unique(prefix: str, ids: "set[str] | list[str]") -> bool:
    return sum(one.startswith(prefix) for one in ids) == 1


@pytest.mark.parametrize(
    "path",
    ["/api/jobs/zzz", "/api/jobs/%00", "/api/jobs/%FF", "/api/jobs/%F0%9F%92%A9", "/api/jobs/",
     "/api/jobs/%7F", "/api/jobs/" + "a" * 3000, "/api/jobs/zzz/transcript", "/api/jobs/'--",
     "/api/jobs/zzz/checkpoint", "/api/jobs/zzz/events", "/api/jobs/zzz/events/history",
     "/api/jobs/zzz/output.srt", "/api/nothing", "/", "/api/events?channel=job:zzz"],
)  # fmt: skip
async def test_what_does_not_exist_is_not_found(path: str, shared: Home) -> None:
    answer = await ask(shared, "GET", path)
    assert answer.status == 404, answer.body
    assert answer.problem.code in ("not_found", "job_not_found")


@pytest.mark.parametrize(
    "path",
    ["/api/events?channel=weather", "/api/events?channel=job:", "/api/jobs?state=%FF",
     "/api/events?" + "&".join(f"channel=job:{n}" for n in range(200)),
     "/api/plugins?refresh=perhaps"],
)  # fmt: skip
async def test_a_query_that_makes_no_sense_is_told_so(path: str, shared: Home) -> None:
    answer = await ask(shared, "GET", path)
    assert answer.status in (400, 404), answer.body
    assert answer.problem


@pytest.mark.parametrize("query", ["q=%FF", "q=%00", "q=%25%5C_", "cursor=999999999999999999"])
async def test_a_search_for_anything_is_answered(query: str, shared: Home) -> None:
    answer = await ask(shared, "GET", f"/api/jobs?{query}")
    assert answer.status == 200, answer.body


# Transcripts -------------------------------------------------------------------------------


async def test_a_transcript_comes_by_range_and_by_page(
    folder: Path, shared: Home, client: Client
) -> None:
    job = await client.add_job(noise(folder / "a.wav", 12.0), slow(0.0))
    empty = await client.transcript(job.id)
    assert empty.source in ("none", "checkpoint", "aligned")
    await ended(client, job.id)
    whole = await client.transcript(job.id, words=True)
    assert (whole.source, len(whole.cues), whole.next) == ("aligned", 12, None)
    assert all(cue.words for cue in whole.cues)
    assert [cue.id for cue in whole.cues] == [f"{n}.0" for n in range(12)]
    middle = await client.transcript(job.id, start=3.5, end=6.5)
    assert [cue.id for cue in middle.cues] == ["3.0", "4.0", "5.0", "6.0"]
    assert not any(cue.words for cue in middle.cues)
    found, cursor = list[str](), None
    while len(found) < 12:
        page = await client.transcript(job.id, limit=5, cursor=cursor)
        found += [cue.id for cue in page.cues]
        cursor = page.next
    assert found == [cue.id for cue in whole.cues]
    for query in ("from=x", "to=nan", "cursor=7", "cursor=-1.0", "limit=0", "words=maybe"):
        answer = await ask(shared, "GET", f"/api/jobs/{job.id}/transcript?{query}")
        assert (answer.status, answer.problem.code) == (400, "bad_request"), query


async def test_subtitles_can_be_had_while_the_job_runs(
    folder: Path, shared: Home, client: Client
) -> None:
    job = await client.add_job(noise(folder / "a.wav", 10.0), slow())
    await with_text(client, job.id, 2)
    types = {"srt": "application/x-subrip", "vtt": "text/vtt", "txt": "text/plain"}
    for form, kind in types.items():
        answer = await ask(shared, "GET", f"/api/jobs/{job.id}/output.{form}")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert len(answer.body) > 10
    early = (await client.output(job.id, "srt")).decode()
    assert (await client.job(job.id)).state == "running"
    assert not (folder / "a.srt").exists()
    answer = await ask(shared, "GET", f"/api/jobs/{job.id}/output.docx")
    assert (answer.status, answer.problem.code) == (422, "format_unknown")
    await ended(client, job.id)
    late = (await client.output(job.id, "srt")).decode()
    assert late == (folder / "a.srt").read_text()
    assert late.count("-->") == 10 > early.count("-->") >= 1


# Handlers alone -------------------------------------------------------------------------------


@pytest.fixture
async def handlers(
    home: Home, aiohttp_client: AiohttpClient
) -> AsyncIterator[TestClient[Any, Any]]:
    """The interface over a daemon that does no work."""
    for folder in home.paths:
        folder.mkdir(parents=True, exist_ok=True)
    door = open_door(Tcp(enabled=True, port=0), home.paths)
    assert door is not None
    daemon = assemble(Config(), home.paths, door)
    await daemon.db.open()
    server = TestServer(application(daemon), socket_factory=lambda *_: door.socket)
    token = {"Authorization": f"Bearer {door.token.decode()}"}
    yield await aiohttp_client(server, headers=token)
    await daemon.db.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/api", 404, "not_found"),
        ("POST", "/api/jobs/x/explode", 404, "not_found"),
        ("GET", "/api/jobs/a/b/c", 404, "not_found"),
        ("PUT", "/api/jobs", 405, "method_not_allowed"),
        ("POST", "/api/health", 405, "method_not_allowed"),
        ("DELETE", "/api/status", 405, "method_not_allowed"),
        ("GET", "/api/jobs/x/pause", 405, "method_not_allowed"),
    ],
)
async def test_what_is_no_route_is_a_problem(
    method: str, path: str, status: int, code: str, handlers: TestClient[Any, Any]
) -> None:
    response = await handlers.request(method, path)
    assert (response.status, response.content_type) == (status, "application/problem+json")
    problem = await response.json(content_type=None)
    assert problem["code"] == code
    if status == 405:
        assert response.headers["Allow"]


async def test_the_head_of_an_answer_can_be_asked_for(
    folder: Path, client: Client, shared: Home
) -> None:
    job = await ended(client, (await client.add_job(noise(folder / 'a"é.b.wav', 1.0), fake())).id)
    route = f"/api/jobs/{job.id}/output.srt"
    for path in ("/api/health", "/api/jobs", f"/api/jobs/{job.id}/transcript", route):
        head, whole = await ask(shared, "HEAD", path), await ask(shared, "GET", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Type"] == whole.headers["Content-Type"]
        assert head.headers.get("Content-Disposition") == whole.headers.get("Content-Disposition")
    named = (await ask(shared, "HEAD", route)).headers["Content-Disposition"]
    assert named == ("attachment; filename=\"a__.b.srt\"; filename*=UTF-8''a%22%C3%A9.b.srt")
    missing = await ask(shared, "HEAD", "/api/jobs/zzz")
    assert (missing.status, missing.body) == (404, b"")
    assert (await ask(shared, "HEAD", "/api/events")).status == 405


@pytest.mark.parametrize(
    ("name", "ascii_only", "stem"),
    [
        ("talk.wav", "talk", "talk"),
        ("../../x\r\nSet-Cookie: a\\b.wav", "_.._x__Set-Cookie_ a_b", "_.._x__Set-Cookie: a_b"),
        ("...", "subtitles", "subtitles"),
        ("\udcff\u202e.mkv", "__", "__"),
        ("漢字", "__", "漢字"),
    ],
)
def test_a_download_has_a_harmless_name(name: str, ascii_only: str, stem: str) -> None:
    plain, _, star = attachment(name, "vtt").partition("; filename*=UTF-8''")
    assert plain == f'attachment; filename="{ascii_only}.vtt"'
    assert unquote(star) == f"{stem}.vtt"
    assert star.isascii()


async def test_a_body_that_is_too_large_is_cut_off(handlers: TestClient[Any, Any]) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 2**20

    response = await handlers.post("/api/jobs", data=endless())
    assert response.status == 413
    assert (await response.json(content_type=None))["code"] == "too_large"


async def test_health_and_status_are_answered_without_any_worker(
    handlers: TestClient[Any, Any],
) -> None:
    health = await (await handlers.get("/api/health")).json()
    assert (health["status"], health["pid"]) == ("ok", os.getpid())
    status = await (await handlers.get("/api/status")).json()
    assert (status["jobs"], status["workers"]) == ({}, [])
