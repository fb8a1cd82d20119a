"""GPUs are asked for by a process that may break or hang, and not for every client anew."""

import asyncio
import sys
import time
from pathlib import Path

import pytest

from steno import gpus
from steno.gpus import ASK, Gpus
from steno.wire.system import GpuInfo

SAYS = """
import pathlib, sys
with open({count!r}, "a") as file:
    file.write("x")
{then}
print('[{{"name": "A GPU", "memory_total": 10, "memory_used": 3}}]')
"""


def asker(tmp_path: Path, then: str = "") -> tuple[Gpus, Path]:
    count = tmp_path / "count"
    count.touch()
    program = SAYS.format(count=str(count), then=then)
    return Gpus((sys.executable, "-S", "-c", program), [str(tmp_path)]), count


async def test_they_are_asked_once_for_many(tmp_path: Path) -> None:
    found, count = asker(tmp_path)
    assert found.there
    assert await found.look() == [GpuInfo(name="A GPU", memory_total=10, memory_used=3)]
    assert [await found.look() for _ in range(3)][-1]
    assert count.read_text() == "x"


@pytest.mark.parametrize("then", ["import os; os.abort()", "sys.exit()", "print('no JSON')"])
async def test_a_driver_that_breaks_is_no_gpu(tmp_path: Path, then: str) -> None:
    found, count = asker(tmp_path, then)
    assert await found.look() == []
    assert await found.look() == []
    assert count.read_text() == "x"


async def test_a_driver_that_hangs_is_waited_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gpus, "PATIENCE", 0.05)
    monkeypatch.setattr(gpus, "TIMEOUT", 0.2)
    found, _ = asker(tmp_path, "import time; time.sleep(60)")
    began = time.monotonic()
    assert await found.look() == []
    task = found._asking
    assert task is not None
    await asyncio.wait((task,))
    assert time.monotonic() - began < 10
    assert found._known == []


async def test_without_a_driver_nobody_is_asked(tmp_path: Path) -> None:
    assert not Gpus(devices=[str(tmp_path / "none")]).there
    assert isinstance(await gpus.asked(ASK), list)
