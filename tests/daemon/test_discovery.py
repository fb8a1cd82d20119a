"""Finding plugins again that a busy machine made too slow."""

import asyncio
from pathlib import Path

import pytest

from harness import until
from steno import discovery
from steno.discovery import Entry, Installed

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
