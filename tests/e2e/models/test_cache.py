"""Models in memory, over HTTP."""

from pathlib import Path
from typing import Any

import pytest

from harness import DATA, Home, ended, fake, running, until
from steno.client import Client
from steno.errors import StenoError
from steno.wire.models import CacheLimits, CacheState, Preloads, Unloaded

CONFIGURATION = """
[transcription]
backend = "fake"
splitter = "fake"
aligner = "fake"
[models]
preload = ["fake/one"]
[workers]
idle_timeout = 2
[backends.asr.fake]
loads = "{loads}"
fail_while = "{trouble}"
load_delay = {delay}
"""


def configure(home: Home, delay: float = 0.0) -> Path:
    """Returns the file that is there while loading fails."""
    trouble = home.root / "trouble"
    loads = home.root / "loads"
    home.configure(CONFIGURATION.format(loads=loads, trouble=trouble, delay=delay))
    return trouble


def loads(home: Home) -> list[str]:
    file = home.root / "loads"
    return [line.split()[0] for line in file.read_text().splitlines()] if file.exists() else []


async def preloads(client: Client) -> Preloads:
    return await client.get("/api/models/preload", Preloads)


async def status(client: Client) -> list[str]:
    return [one.status for one in (await preloads(client)).models]


async def until_status(client: Client, wanted: str) -> None:
    async def there() -> bool:
        return await status(client) == [wanted]

    await until(there, what=f"the model is {wanted}")


async def cache(client: Client) -> CacheState:
    return await client.get("/api/models/cache", CacheState)


async def test_a_daemon_answers_while_it_preloads(home: Home) -> None:
    configure(home, delay=60.0)
    async with running(home) as (_, client):
        await until(lambda: loads(home) == ["load"], what="it is being loaded")
        assert (await client.health()).status == "ok"
        assert await status(client) == ["loading"]
        assert (await cache(client)).workers == []


async def test_a_daemon_lives_whose_preload_fails(home: Home) -> None:
    configure(home).write_text("raise")
    async with running(home) as (_, client):
        await until_status(client, "failed")
        (one,) = (await preloads(client)).models
        assert one.error is not None
        assert one.error.code == "backend_load_failed"
        (home.root / "trouble").unlink()
        answer = await client.send("POST", "/api/models/preload/reset", Preloads, {})
        assert [(one.status, one.failures) for one in answer.models] == [("waiting", 0)]
        await until_status(client, "loaded")


async def test_the_whole_life_of_a_model_in_memory(home: Home) -> None:
    configure(home)
    async with running(home) as (_, client):
        await until_status(client, "loaded")
        job = await client.add_job(str(DATA / "sample.flac"), fake(workers=1, formats=[]))
        assert (await ended(client, job.id)).state == "completed"
        found = await cache(client)
        assert found.limits == CacheLimits(size=3, memory_threshold=0.8, idle_timeout=600.0)
        by_name = {one.model: one for one in found.metrics}
        assert by_name["fake/one"].loads == 1
        assert by_name["fake/one"].misses == 0
        assert by_name["fake/one"].hit_rate == 1.0
        assert by_name["aligner/fake"].misses == 1
        held = {(m.backend, m.kind): m for worker in found.workers for m in worker.models}
        assert held["fake", "asr"].kept
        assert held["fake", "asr"].uses == by_name["fake/one"].inferences > 0
        assert not held["fake", "aligner"].kept

        path = "/api/models/cache"
        answer = await client.send("DELETE", f"{path}?model=fake/one", Unloaded, None)
        assert answer.later == []
        kinds = {model.kind for worker in answer.workers for model in worker.models}
        assert kinds == {"aligner"}
        assert await status(client) == ["waiting"]
        answer = await client.send("DELETE", path, Unloaded, None)
        assert answer == Unloaded(later=[], workers=[])
        assert loads(home) == ["load", "close"]

        changed = await client.send("PATCH", path, CacheState, {"size": 1, "idle_timeout": 1.5})
        assert changed.limits == CacheLimits(size=1, memory_threshold=0.8, idle_timeout=1.5)
        await refuse_nonsense(client)
        assert (await cache(client)).limits == changed.limits


NONSENSE: list[tuple[str, str, Any, str]] = [
    ("POST", "/api/models/preload", {"models": ["fake/none"]}, "model_not_found"),
    ("POST", "/api/models/preload", {"models": "fake/one"}, "bad_request"),
    ("PATCH", "/api/models/cache", {"size": 0}, "bad_request"),
    ("PATCH", "/api/models/cache", {"memory_threshold": 1.5}, "bad_request"),
    ("PATCH", "/api/models/cache", {"sizes": 1}, "bad_request"),
    ("DELETE", "/api/models/cache?models=fake/one", None, "bad_request"),
]


async def refuse_nonsense(client: Client) -> None:
    for method, path, body, code in NONSENSE:
        with pytest.raises(StenoError) as caught:
            await client.send(method, path, CacheState, body)
        assert caught.value.code == code, (method, path, body)
