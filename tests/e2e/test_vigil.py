"""What is taken from under a running daemon: its socket, its database, its plugins, its sources."""

import os
import shutil
from pathlib import Path

from e2e.asking import noise, refused, steno
from harness import FAKES, Home, Stenod, ended, fake, running, until
from steno.client import Client
from steno.errors import Exit, StenoError
from steno.wire import Health


async def test_a_socket_that_is_gone_is_made_anew(home: Home) -> None:
    async with running(home) as (_, client):
        pid = (await client.health()).pid
        home.paths.socket.unlink()

        async def answers() -> Health | None:
            try:
                async with Client(home.paths.socket) as again:
                    return await again.health()
            except StenoError:
                return None

        found = await until(answers, what="the daemon is reached again")
        assert found is not None
        assert found.pid == pid
        assert home.paths.socket.stat().st_mode & 0o777 == 0o600


async def test_without_its_database_the_daemon_ends(home: Home) -> None:
    daemon = await Stenod(home).start()
    try:
        async with Client(home.paths.socket) as client:
            await client.plugins()
            await client.jobs()
        home.paths.database.unlink()
        process = daemon.process
        assert process is not None
        await until(lambda: process.poll() is not None, what="the daemon ends")
        assert process.returncode == Exit.STORAGE
        assert "was removed or replaced" in home.log
    finally:
        daemon.stop()


async def test_a_command_whose_environment_names_another_place_finds_the_daemon(
    home: Home, tmp_path: Path
) -> None:
    async with running(home) as (_, client):
        pid = (await client.health()).pid
        home.extra = {"STENO_RUNTIME_DIR": str(home.root / "elsewhere")}
        found = await steno(home, "status")
        assert found.code == Exit.OK
        assert str(pid) in found.out
        home.extra = {}


async def test_a_source_replaced_while_it_is_read_is_noticed(home: Home) -> None:
    """The film is so long that its end is still being read when other bytes take its place."""
    media = home.media / "film.wav"
    noise(media, 1200.0)
    async with running(home) as (_, client):
        job = await client.add_job(str(media), fake())

        async def begun() -> bool:
            return (await client.job(job.id)).segments.planned > 0

        await until(begun, what="it is being read")
        os.utime(media, ns=(1, 1))
        found = await ended(client, job.id)
        assert (found.state, found.reason) == ("failed", "source_changed")


async def test_a_plugin_installed_a_moment_ago_is_found(home: Home) -> None:
    site = home.root / "site"
    site.mkdir()
    home.extra = {"PYTHONPATH": str(site)}
    media = noise(home.media / "a.wav", 2.0)
    async with running(home) as (_, client):
        problem = await refused(client.add_job(media, fake()))
        assert problem.code == "backend_unknown"
        for folder in FAKES.iterdir():
            shutil.copytree(folder, site / folder.name)
        job = await client.add_job(media, fake())
        assert (await ended(client, job.id)).state == "completed"
