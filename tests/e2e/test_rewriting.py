"""Edits reach the subtitle files, whoever is killed meanwhile, and never a person's own."""

import signal
from pathlib import Path

from e2e.asking import noise
from e2e.kills import database
from harness import Home, Stenod, ended, fake, running, until
from steno.client import Client
from steno.wire import Job


async def transcribed(client: Client, folder: Path, *formats: str) -> Job:
    wanted = fake(options={"splitter": {"every": 1.0}}, formats=formats)
    job = await client.add_job(noise(folder / "a.wav", 3.0), wanted)
    job = await ended(client, job.id)
    assert job.state == "completed"
    return job


def holds(file: Path, text: str) -> bool:
    return text in file.read_text()


async def test_a_row_of_edits_is_written_a_few_times_and_undone_to_the_last_byte(
    folder: Path, client: Client, shared: Home
) -> None:
    job = await transcribed(client, folder, "srt", "json")
    files = [folder / "a.srt", folder / "a.json"]
    before = [file.read_bytes() for file in files]
    for n in range(100):
        await client.change_cue(job.id, "0.0", None, text=f"edit number {n}.")
    assert all(output.stale for output in (await client.job(job.id)).outputs)
    await until(
        lambda: all(holds(file, "number 99.") for file in files), what="the last edit is there"
    )
    for _ in range(100):
        await client.undo(job.id)
    await until(lambda: [f.read_bytes() for f in files] == before, what="the old files are back")

    async def settled() -> bool:
        return not any(output.stale for output in (await client.job(job.id)).outputs)

    await until(settled, what="that is known")
    assert shared.log.count(f"job {job.id}: 2 files hold its edits") in range(2, 6)
    assert sorted(file.name for file in folder.iterdir()) == ["a.json", "a.srt", "a.wav"]


async def test_what_a_person_changed_or_removed_stays_and_the_job_says_so(
    folder: Path, client: Client
) -> None:
    job = await transcribed(client, folder, "srt", "vtt", "txt")
    changed, removed, ours = (folder / f"a.{ending}" for ending in ("srt", "vtt", "txt"))
    before = changed.read_bytes(), removed.read_bytes()
    changed.write_text("mine")
    removed.unlink()
    await client.change_cue(job.id, "0.0", None, text="said otherwise")
    await until(lambda: holds(ours, "said otherwise"), what="its own file has the edit")

    async def warned() -> Job | None:
        found = await client.job(job.id)
        return found if any(w.code == "files_behind" for w in found.warnings) else None

    found = await until(warned, what="the warning")
    assert found is not None
    (message,) = (w.message for w in found.warnings if w.code == "files_behind")
    assert f"{changed} was changed by" in message
    assert f"{removed} was removed by" in message
    assert f"steno export {job.id}" in message
    assert {o.format: o.stale for o in found.outputs} == {"srt": True, "txt": False, "vtt": True}
    assert (changed.read_text(), removed.exists()) == ("mine", False)

    changed.write_bytes(before[0])
    removed.write_bytes(before[1])
    await client.undo(job.id)

    async def right() -> bool:
        return await warned() is None

    await until(right, what="the warning is taken back")
    assert not any(output.stale for output in (await client.job(job.id)).outputs)


async def test_a_killed_daemon_writes_at_its_next_start(home: Home) -> None:
    """At each start it is killed at a later place on the way of one edit."""
    daemon, written = Stenod(home), home.media / "a.srt"
    try:
        await daemon.start(STENO_FAILPOINT="renewal.before_record")
        async with Client(home.paths.socket) as client:
            job = await transcribed(client, home.media, "srt")
            before = written.read_text()
            await client.change_cue(job.id, "0.0", None, text="said otherwise")
            await killed(daemon)
        assert written.read_text() == before
        daemon.spawn(STENO_FAILPOINT="output.before_rename")
        await killed(daemon)
        assert written.read_text() == before
        for point in ("output.after_rename", "renewal.before_settle"):
            daemon.spawn(STENO_FAILPOINT=point)
            await killed(daemon)
            assert holds(written, "said otherwise")
            inode = written.stat().st_ino
            with database(home) as db:
                assert db.execute("SELECT count(*), sum(behind) FROM outputs").fetchone() == (1, 1)
            if point == "output.after_rename":
                renamed = inode
        assert inode == renamed, "what is right already is not written again"
    finally:
        daemon.stop()
    async with running(home) as (last, client):

        async def right() -> bool:
            return not (await client.job(job.id)).outputs[0].stale

        await until(right, what="the file is known to be right")
        assert (await client.job(job.id)).warnings == job.warnings
        await client.insert_cue(job.id, 2.5, 2.75, "the last word")
        assert last.terminate() == 0
        assert holds(written, "the last word"), "what is due is written before the end"
    assert sorted(file.name for file in home.media.iterdir()) == ["a.srt", "a.wav"]


async def killed(daemon: Stenod) -> None:
    process = daemon.process
    assert process is not None
    await until(lambda: process.poll() is not None, what="the daemon dies")
    assert process.returncode == -signal.SIGKILL
    if process.stdout is not None:
        process.stdout.close()
