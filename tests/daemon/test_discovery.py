"""Finding plugins again that a busy machine made too slow."""

import asyncio
from pathlib import Path

import pytest

from harness import until
from steno import discovery
from steno.discovery import Entry, Installed, Registry

SLOW_ONCE = """
import pathlib, time
from steno.plugins import AsrBackend, hookimpl

asked = pathlib.Path({asked!r})
if not asked.exists():
    asked.write_text("")
    time.sleep(3600)

@hookimpl
def steno_asr_backends():
    return [AsrBackend(name="slow", title="Slow", factory="slow_once:Slow")]
"""


async def test_a_plugin_that_was_too_slow_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, cache = tmp_path / "asked", tmp_path / "cache"
    (tmp_path / "slow_once.py").write_text(SLOW_ONCE.format(asked=str(asked)))
    entry = Entry("slow", "slow_once", "slow-once", "1.0", "key")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(discovery, "scan", lambda: [entry])
    monkeypatch.setattr(discovery, "AGAIN", (0.01, 0.02))

    assert (await Installed(cache, 3.0).discover()).slow
    asked.unlink()
    assert (await Installed(cache, 3.0).discover()).slow
    assert not asked.exists(), "the next start waits for it again"

    asked.write_text("")
    installed = Installed(cache, 60.0)
    await installed.discover()
    tending = asyncio.create_task(installed.tend())
    await until(lambda: not installed.registry.slow, what="it describes itself")
    tending.cancel()
    assert [one.name for one in installed.registry.of_kind("asr")] == ["slow"]
    assert not (await Installed(cache, 60.0).discover()).slow


async def test_the_newest_look_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow look that began earlier does not take back what a person asked for meanwhile."""
    looks: list[asyncio.Future[Registry]] = []

    async def look(*_: object) -> Registry:
        looks.append(asyncio.get_running_loop().create_future())
        return await looks[-1]

    monkeypatch.setattr(discovery, "discover", look)
    installed = Installed(tmp_path / "cache", 1.0)
    older, newer = (asyncio.create_task(installed.discover()) for _ in range(2))
    await until(lambda: looks, what="somebody looks")
    looks[0].set_result(Registry(slow=True))
    await until(lambda: len(looks) == 2, what="the next one looks")
    looks[1].set_result(Registry())
    await asyncio.gather(older, newer)
    assert not installed.registry.slow
