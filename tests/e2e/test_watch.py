"""What a client sees of a real job, whatever happens to the daemon."""

import asyncio
from contextlib import aclosing
from functools import partial

import pytest
from msgspec import structs

from e2e.asking import noise, slow
from harness import Home, ended, running, until
from steno.client import Client, JobState, Tcp
from steno.errors import StenoError
from steno.wire import Cue, Job


async def test_one_sequence_of_states_over_kills_edits_and_doors(home: Home) -> None:
    """Two clients, one at each door, see a job to its end while the daemon is killed twice."""
    home.configure("[tcp]\nenabled = true\nport = 0\n")
    states: dict[str, list[JobState]] = {"unix": [], "tcp": []}
    async with running(home) as (daemon, client):
        job = await client.add_job(noise(home.media / "a.wav", 24.0), slow(0.1), start=False)
        address = await door(home, client)
        # The other door would open at another port after a kill.
        home.configure(f"[tcp]\nenabled = true\nport = {address.url.rpartition(':')[2]}\n")

        async def follow(name: str, watcher: Client) -> None:
            async with watcher, aclosing(watcher.watch(job.id[:6])) as found:
                async for state in found:
                    states[name].append(state)

        watching = [
            asyncio.create_task(follow("unix", Client(home.paths.socket))),
            asyncio.create_task(follow("tcp", Client(address))),
        ]
        await until(lambda: all(states.values()), what="both see it")
        await client.start(job.id)
        for least in (4, 10):
            await until(partial(all_see, states, least), what=f"both see {least} cues")
            daemon.kill()
            await daemon.start()
            cue = states["unix"][-1].cues[least - 3]
            await edit(client, job, cue.id, f"edited {least}")
        done = await ended(client, job.id)
        assert done.state == "completed"
        whole = (await client.transcript(job.id, limit=1000)).cues
        assert sum(cue.text.startswith("edited") for cue in whole) == 2
        for seen in states.values():
            await until(partial(shows, seen, done, whole), what="all of it is seen")
        await client.remove(job.id)
        async with asyncio.timeout(20):
            await asyncio.gather(*watching)
    for seen in states.values():
        assert seen[-1].removed
        assert [state.removed for state in seen].count(True) == 1
        counts = [len(state.cues) for state in seen]
        assert counts == sorted(counts), "no text that was seen is unseen"
        revisions = [state.job.revision for state in seen]
        assert revisions == sorted(revisions)
        assert not any(state.stale for state in seen)


def all_see(states: dict[str, list[JobState]], count: int) -> bool:
    return all(len(seen[-1].cues) >= count for seen in states.values())


def shows(states: list[JobState], job: Job, cues: list[Cue]) -> bool:
    """Whether the last state is this one; its last progress was told while it still ran."""
    shown = structs.replace(states[-1].job, progress=job.progress)
    return shown == job and list(states[-1].cues) == cues


async def edit(client: Client, job: Job, cue: str, words: str) -> None:
    found = await client.cue(job.id, cue)
    await client.change_cue(job.id, cue, found.revision, text=words)


async def door(home: Home, client: Client) -> Tcp:
    url = (await client.status()).tcp
    assert url is not None
    return Tcp(url, home.paths.token.read_text())


async def test_the_other_door(home: Home) -> None:
    home.configure("[tcp]\nenabled = true\nport = 0\n")
    async with running(home) as (daemon, client):
        address = await door(home, client)
        async with Client(address) as other:
            assert (await other.health()).pid == daemon.process.pid if daemon.process else 0
        async with Client(Tcp(address.url, "wrong")) as stranger:
            with pytest.raises(StenoError) as caught:
                await stranger.health()
            assert caught.value.problem.status == 401
        daemon.terminate()
        async with Client(address) as other:
            with pytest.raises(StenoError) as caught:
                await other.health()
        assert caught.value.code == "daemon_absent"
        assert address.url in caught.value.problem.detail
    with pytest.raises(StenoError):
        await Client(Tcp("https://127.0.0.1:1", "x")).__aenter__()
