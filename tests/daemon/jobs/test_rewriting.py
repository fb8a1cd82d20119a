"""Edits on their way to the files: when, by what rules, and what is in the way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.assembled import assembled, at_rest, new
from e2e.kills import noise
from e2e.test_disk_full import fill, small_disk
from harness import Home, fake, until
from steno.api.keys import Daemon
from steno.jobs import rewriting, subtitle_file
from steno.jobs.renewal import CODE, Left, decide, renew, told
from steno.jobs.rewriting import MOST, QUIET, RETRY, RETRY_MAX, Due, again, edited
from steno.wire import CueChange, Job, NewCue

# When --------------------------------------------------------------------------------------------


def test_files_are_due_soon_after_the_last_edit_and_not_too_long_after_the_first() -> None:
    due = edited(None, 100.0)
    assert due.at == 100.0 + QUIET
    moments, now = [], 100.0
    for _ in range(1000):  # one every 50 ms
        if due.at <= now:
            moments.append(now)
            due = edited(None, now)
        now += 0.05
        due = edited(due, now)
    assert moments == pytest.approx([110.0, 120.0, 130.0, 140.0], abs=0.2)


def test_tries_in_vain_become_rare_and_an_edit_makes_them_soon() -> None:
    due, waits = Due(0.0), []
    for _ in range(40):
        due = again(due, 0.0)
        waits.append(due.at)
    assert waits[:3] == [RETRY, 2 * RETRY, 4 * RETRY]
    assert waits[-1] == RETRY_MAX
    assert edited(due, 50.0) == Due(50.0 + QUIET, 50.0 + MOST)


# By what rules -----------------------------------------------------------------------------------


def test_only_what_steno_wrote_is_written_anew() -> None:
    assert decide("ours", "old", "new") == "write"
    assert decide("ours", "same", "same") == "right"
    assert decide("foreign", "theirs", "new") == "changed"
    assert decide("foreign", None, "new") == "changed"
    assert decide("foreign", "same", "same") == "right", "what was exported there"
    assert decide("free", None, "new") == "removed"


def test_the_warning_says_what_happened_and_what_to_do() -> None:
    assert told("j1", []) is None
    left = [
        Left(b"/m/a.srt", "changed"),
        Left(b"/m/a.vtt", "failed", "There is no room left for /m/a.vtt."),
    ]
    notice = told("j1", left)
    assert notice is not None
    assert notice.code == CODE
    assert notice.message == (
        "Not all edits are in the subtitle files. /m/a.srt was changed by somebody, so Steno leaves"
        " it alone. `steno export j1 -o FILE --overwrite` writes it as it should be. There is no"
        " room left for /m/a.vtt. Steno tries again by itself."
    )


# In the way --------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def at_work(daemon: Daemon) -> AsyncIterator[None]:
    task = asyncio.create_task(daemon.rewriting.run())
    try:
        yield
    finally:
        await daemon.rewriting.stop()
        await task


async def completed(daemon: Daemon, home: Home, **more: Any) -> Job:
    media = noise(home.media / "a.wav", 2)
    job = await daemon.jobs.add(new(media, fake(options={"splitter": {"every": 1.0}}, **more)))
    found = await at_rest(daemon, job.id)
    assert found.state == "completed"
    return found


@contextlib.contextmanager
def gone(folder: Path) -> Iterator[Callable[[], None]]:
    """A folder that goes away, and comes back when that is asked for."""
    folder.mkdir()
    aside = folder.with_name("aside")

    def back() -> None:
        aside.rename(folder)

    yield back


@contextlib.contextmanager
def full(folder: Path) -> Iterator[Callable[[], None]]:
    """A folder that is on a full disk, until there is to be room."""
    with small_disk(folder, 1):
        yield (folder / "ballast").unlink


@pytest.mark.parametrize("place", [gone, full])
async def test_a_folder_that_cannot_be_written_costs_a_warning_until_it_can(
    monkeypatch: pytest.MonkeyPatch, place: Any
) -> None:
    monkeypatch.setattr(rewriting, "QUIET", 0.05)
    monkeypatch.setattr(rewriting, "RETRY", 0.05)
    async with assembled(monkeypatch) as (daemon, home):
        out = home.root / "out"
        with place(out) as mend:
            job = await completed(daemon, home, output_dir=str(out))
            if place is gone:
                out.rename(out.with_name("aside"))
            else:
                fill(out / "ballast")
            async with at_work(daemon):
                await daemon.edits.change(job.id, "0.0", None, CueChange(text="said otherwise"))

                async def warned() -> Job | None:
                    found = await daemon.jobs.get(job.id)
                    return found if any(w.code == CODE for w in found.warnings) else None

                found = await until(warned, what="the warning")
                assert found is not None
                assert (found.state, found.outputs[0].stale) == ("completed", True)
                assert "tries again by itself" in found.warnings[-1].message
                mend()
                written = out / "a.srt"
                await until(lambda: "otherwise" in written.read_text(), what="it is written")
                await until(lambda: not_(warned), what="the warning is taken back")
                assert not (await daemon.jobs.get(job.id)).outputs[0].stale
                assert [file.name for file in out.iterdir()] == ["a.srt"]


async def not_(condition: Callable[[], Any]) -> bool:
    return not await condition()


def meanwhile(
    monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    """Has `act` done once, by another, at the next call of `subtitle_file.{name}` on a thread."""
    loop, called, acts = asyncio.get_running_loop(), getattr(subtitle_file, name), [act]

    def call(*args: Any) -> Any:
        if acts:
            asyncio.run_coroutine_threadsafe(acts.pop()(), loop).result(10)
        return called(*args)

    monkeypatch.setattr(subtitle_file, name, call)


async def test_an_edit_while_the_files_are_written_is_in_them_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):

        async def edit() -> None:
            (job,) = await daemon.db.read(lambda db: db.execute("SELECT id FROM jobs").fetchone())
            await daemon.edits.insert(job, NewCue(start=1.5, end=1.75, text="just in time"))

        meanwhile(monkeypatch, "passing", edit)  # about to rename
        async with at_work(daemon):
            job = await completed(daemon, home)
            written = home.media / "a.srt"
            await until(lambda: "just in time" in written.read_text(), what="the edit is there")
        assert not (await daemon.jobs.get(job.id)).outputs[0].stale


async def test_what_a_person_saves_at_the_last_moment_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with assembled(monkeypatch) as (daemon, home):
        job = await completed(daemon, home)
        await daemon.edits.change(job.id, "0.0", None, CueChange(text="said otherwise"))
        written = home.media / "a.srt"

        async def save() -> None:
            await asyncio.to_thread(written.write_text, "mine")

        meanwhile(monkeypatch, "passing", save)
        for _ in range(2):
            assert not await renew(daemon.db, job.id)
            assert written.read_text() == "mine"
        warning = (await daemon.jobs.get(job.id)).warnings[-1]
        assert (warning.code, "was changed by somebody" in warning.message) == (CODE, True)
        assert sorted(file.name for file in home.media.iterdir()) == ["a.srt", "a.wav"]


@pytest.mark.parametrize("late", [False, True])
async def test_what_is_removed_or_done_again_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """`late`: once its file was looked at."""
    async with assembled(monkeypatch) as (daemon, home):
        job = await completed(daemon, home)
        before = (home.media / "a.srt").read_text()
        await daemon.edits.change(job.id, "0.0", None, CueChange(text="said otherwise"))

        async def put(state: str) -> None:
            await daemon.db.write(
                lambda tx: tx.execute("UPDATE jobs SET state = ?", (state,)).rowcount
            )

        async def in_vain(act: Callable[[], Coroutine[Any, Any, object]]) -> None:
            if late:
                meanwhile(monkeypatch, "look", act)
            else:
                await act()
            assert await renew(daemon.db, job.id)
            assert (home.media / "a.srt").read_text() == before
            assert sorted(file.name for file in home.media.iterdir()) == ["a.srt", "a.wav"]

        await in_vain(lambda: put("queued"))
        await put("completed")
        await in_vain(lambda: daemon.jobs.remove(job.id))
