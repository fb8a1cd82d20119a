"""The end of the log, and following it over a rotation."""

import asyncio
from pathlib import Path

import pytest

from steno_tui import logs, output


@pytest.mark.parametrize("lines", [1, 3, 1000, 5000])
def test_the_last_lines_are_found_from_the_end(tmp_path: Path, lines: int) -> None:
    log = tmp_path / "log"
    written = [f"line {n} {'x' * (n % 300)}\n" for n in range(2000)]
    log.write_text("".join(written))
    with open(log, "rb") as file:
        assert logs.last(file, lines).decode() == "".join(written[-lines:])
        assert file.read() == b""


def test_a_last_line_without_end_counts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("a\nb\nc")
    with open(log, "rb") as file:
        assert logs.last(file, 2) == b"b\nc"


def append(path: Path, data: bytes) -> None:
    with open(path, "ab") as file:
        file.write(data)


async def test_following_goes_on_in_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = bytearray()
    monkeypatch.setattr(output, "raw", printed.extend)
    monkeypatch.setattr(logs, "LOOK", 0.001)
    log = tmp_path / "log"

    async def until(text: bytes) -> None:
        for _ in range(20_000):
            if text in printed:
                return
            await asyncio.sleep(0.001)
        raise AssertionError(printed)

    task = asyncio.create_task(logs.show(log, 5, follow=True))
    log.write_bytes(b"one\n")
    await until(b"one\n")
    append(log, b"two\n")
    await until(b"two\n")
    log.rename(tmp_path / "log.1")
    log.write_bytes(b"three\n")
    await until(b"three\n")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert printed == b"one\ntwo\nthree\n"
