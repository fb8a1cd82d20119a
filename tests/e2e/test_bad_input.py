"""Whatever a person may hand to Steno: one clear sentence, a stable code, nobody else harmed."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from corpus import (
    NOT_UTF8,
    PLAYLISTS,
    audio,
    bomb,
    film,
    silence,
    speech_of_parts,
    tone,
    truncated,
)
from e2e.asking import ask, harm, noise, refused, steno, well_told
from harness import Home, ended, fake, until
from steno.client import Client
from steno.errors import Exit
from steno.paths import to_reference

ENVIRONMENT = {"STENO_MEDIA_MAX_DURATION": "25"}
SLOW = fake({"delay": 0.3}, options={"splitter": {"every": 1.0}})


# Files -------------------------------------------------------------------------------------------


def junk(folder: Path) -> Path:
    path = folder / "junk.mp4"
    path.write_bytes(bytes((n * 97) % 253 for n in range(50_000)))
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.wav"
    path.touch()
    return path


def pipe(folder: Path) -> Path:
    path = folder / "pipe.wav"
    os.mkfifo(path)
    return path


def listening(folder: Path) -> Path:
    path = folder / "s.wav"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return path


def dangling(folder: Path) -> Path:
    path = folder / "link.wav"
    path.symlink_to(folder / "nothing.wav")
    return path


def chopped_film(folder: Path) -> Path:
    """MP4 keeps its index at the end."""
    whole = film(folder / "whole.mp4", tone(2.0))
    return truncated(folder / "chopped.mp4", whole)


BAD_FILES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "missing": ("file_not_found", lambda folder: folder / "missing.wav"),
    "below a file": ("file_not_found", lambda folder: empty(folder) / "a.wav"),
    "folder": ("file_is_folder", lambda folder: folder),
    "no audio": ("media_no_audio", lambda folder: film(folder / "mute.mp4", None)),
    "0 bytes": ("media_empty", empty),
    "junk": ("media_unknown", junk),
    "film without its index": ("media_failed", chopped_film),
    "too long": ("media_too_long", lambda folder: Path(bomb(folder / "long.flac", 30.0))),
    "device": ("file_not_regular", lambda folder: Path("/dev/zero")),
    "named pipe": ("file_not_regular", pipe),
    "socket": ("file_not_regular", listening),
    "dangling link": ("file_not_found", dangling),
}


@pytest.mark.parametrize("bad", BAD_FILES)
async def test_a_bad_file_is_refused_in_one_sentence(
    bad: str, folder: Path, client: Client
) -> None:
    code, make = BAD_FILES[bad]
    path = make(folder)
    problem = await refused(client.add_job(str(path), fake()))
    assert (problem.code, problem.status) == (code, 422)
    assert str(path) in problem.detail
    assert (await client.jobs(text=path.name)).total == 0


@pytest.mark.parametrize("name", PLAYLISTS)
async def test_a_playlist_is_not_followed(name: str, folder: Path, client: Client) -> None:
    noise(folder / "other.wav", 1.0)
    before = os.stat(folder / "other.wav").st_atime_ns
    (folder / name).write_text(PLAYLISTS[name])
    problem = await refused(client.add_job(str(folder / name), fake()))
    assert (problem.code, problem.status) == ("media_playlist", 422)
    assert name in problem.detail
    assert os.stat(folder / "other.wav").st_atime_ns == before


@pytest.mark.parametrize(
    "reference",
    ["a.wav", "../a.wav", "/tmp/a\0.wav", "file:///tmp/%00.wav", "file:a", "http://x/a.wav",
     "file://elsewhere/a.wav"],
)  # fmt: skip
async def test_a_reference_that_is_no_absolute_path_is_refused(
    reference: str, shared: Home
) -> None:
    answer = await ask(shared, "POST", "/api/jobs", {"path": reference, "settings": fake()})
    assert answer.status == 422
    assert answer.problem.code == "setting_invalid"


async def test_a_truncated_file_is_transcribed_and_told_of(folder: Path, client: Client) -> None:
    whole = speech_of_parts(folder / "whole.flac", [tone(5.0), silence(5.0), tone(10.0)])
    cut = truncated(folder / "cut.flac", whole, 0.5)
    job = await ended(client, (await client.add_job(str(cut), fake())).id)
    assert job.state == "completed"
    (warning,) = [w for w in job.warnings if w.code == "media_truncated"]
    assert job.duration is not None
    missing = 20.0 - job.duration
    assert 3 < missing < 17
    assert f"{missing:.0f} s" in warning.message
    assert cut.with_suffix(".srt").read_text().startswith("1\n")


async def test_audio_longer_than_announced_ends_at_the_limit(folder: Path, client: Client) -> None:
    path = unannounced(bomb(folder / "endless.flac", 40.0))
    job = await ended(client, (await client.add_job(str(path), fake())).id)
    assert job.state == "failed"
    assert job.error is not None
    assert well_told(job.error).code == "media_too_long"
    assert not path.with_suffix(".srt").exists()


def unannounced(flac: Path) -> Path:
    """The FLAC file with the count of samples in its header set to unknown."""
    data = bytearray(flac.read_bytes())
    assert data[:4] == b"fLaC"
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    flac.write_bytes(data)
    return flac


async def test_a_name_that_is_not_utf8_works_end_to_end(
    folder: Path, client: Client, shared: Home
) -> None:
    path = os.path.join(os.fsencode(folder), NOT_UTF8)
    media = noise(path, 2.0)
    job = await ended(client, (await client.add_job(media, fake())).id)
    assert job.state == "completed"
    assert job.uri.endswith("bad%FF.wav")
    assert sorted(os.listdir(os.fsencode(folder))) == [b"bad\xff.srt", b"bad\xff.wav"]
    os.unlink(path[:-3] + b"srt")
    command = await steno(shared, "transcribe", "--backend", "fake", path)
    assert (command.code, command.raw) == (Exit.OK, path[:-3] + b"srt\n")
    assert sorted(os.listdir(os.fsencode(folder))) == [b"bad\xff.srt", b"bad\xff.wav"]


async def test_an_output_folder_that_is_not_utf8_works(folder: Path, client: Client) -> None:
    target = os.path.join(os.fsencode(folder), b"out\xff")
    os.mkdir(target)
    where = to_reference(os.fsdecode(target))
    media = noise(folder / "a.wav", 1.0)
    job = await ended(client, (await client.add_job(media, fake(output_dir=where))).id)
    assert job.state == "completed"
    assert os.listdir(target) == [b"a.srt"]


async def test_a_link_to_a_media_file_is_fine(folder: Path, client: Client) -> None:
    noise(folder / "real.wav", 1.0)
    (folder / "link.wav").symlink_to(folder / "real.wav")
    job = await ended(client, (await client.add_job(str(folder / "link.wav"), fake())).id)
    assert job.state == "completed"
    assert (folder / "link.srt").exists()
    assert not (folder / "real.srt").exists()


async def test_bad_input_harms_no_job_that_runs(folder: Path, client: Client) -> None:
    one, two = noise(folder / "one.wav", 4.0, 7), noise(folder / "two.wav", 4.0, 7)
    await ended(client, (await client.add_job(one, fake())).id)
    running = await client.add_job(two, SLOW)

    async def begun() -> bool:
        return (await client.job(running.id)).segments.done > 0

    await until(begun, what="the good job's first text")
    for number, (code, make) in enumerate(BAD_FILES.values()):
        place = folder / str(number)
        place.mkdir()
        assert (await refused(client.add_job(str(make(place)), fake()))).code == code
    job = await ended(client, running.id)
    assert (job.state, harm(job), job.segments.failed) == ("completed", [], 0)
    words = [p.read_text().split() for p in (folder / "one.srt", folder / "two.srt")]
    assert [w for w in words[0] if w.isalpha()] == [w for w in words[1] if w.isalpha()]


# Settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"language": "klingon"}, "language_unknown"),
        ({"language": "ja"}, "language_unsupported"),
        ({"backend": "nobody"}, "backend_unknown"),
        ({"splitter": "nobody"}, "backend_unknown"),
        ({"aligner": "nobody"}, "backend_unknown"),
        ({"backend": "fake-absent"}, "backend_missing"),
        ({"model": "fake/two"}, "model_unknown"),
        ({"formats": ["srt", "docx"]}, "setting_invalid"),
        ({"speling": 1}, "setting_invalid"),
        ({"task": "translate"}, "setting_invalid"),
        ({"device": "rm -rf /"}, "setting_invalid"),
        ({"batch_size": 10**30}, "setting_invalid"),
        ({"workers": "two"}, "setting_invalid"),
        ({"style": {"max_lines": 0}}, "setting_invalid"),
        ({"output_dir": "relative"}, "setting_invalid"),
        ({"output_dir": "/tmp/\0"}, "setting_invalid"),
        ({"options": {"asr": {"unheard": 1}}}, "setting_invalid"),
        ({"options": {"asr": {"delay": "long"}}}, "setting_invalid"),
        ({"options": {"asr": {"delay": -1}}}, "setting_invalid"),
        ({"options": {"asr": {"delay": 10**400}}}, "setting_invalid"),
        ({"options": {"splitter": {"every": 31}}}, "setting_invalid"),
        ({"options": {"fake": {"delay": 1}}}, "setting_invalid"),
        ({"options": {"asr": [1]}}, "setting_invalid"),
        ({"prompt": "x" * 5000}, "setting_invalid"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_setting_that_makes_no_sense_is_refused(
    settings: dict[str, Any], code: str, folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 1.0)
    problem = await refused(client.add_job(media, {**fake(), **settings}))
    assert (problem.code, problem.status) == (code, 422)
    assert sorted(os.listdir(folder)) == ["a.wav"]


HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"path": "\xff"}',
    "half a pair": rb'{"path": "/\ud800.wav"}',
    "a list": b"[]",
    "null": b"null",
    "a number": b"1e999",
    "settings: null": b'{"path": "/a.wav", "settings": null}',
    "settings: list": b'{"path": "/a.wav", "settings": []}',
    "path: number": b'{"path": 7}',
    "path: endless": b'{"path": "/' + b"a" * 20_000 + b'"}',
    "path: name too long": b'{"path": "/' + b"a" * 5_000 + b'"}',
    "unknown field": b'{"path": "/a.wav", "pth": 1}',
    "nested": b'{"path": "/a.wav", "settings": {"options": {"asr": {"x": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}}}}",
    "nested objects": b'{"path":' * 100_000 + b"1" + b"}" * 100_000,
    "1 MB of settings": b'{"path": "/a.wav", "settings": {"options": {"asr": {"x": "'
    + b"y" * 1_000_000
    + b'"}}}}',
    "2 MB": b'{"path": "/' + b"a" * 2_000_000 + b'"}',
    "digits": b'{"path": "/a.wav", "settings": {"workers": ' + b"9" * 100_000 + b"}}",
}


@pytest.mark.parametrize("body", HOSTILE)
async def test_a_hostile_body_is_a_problem_of_the_client(body: str, shared: Home) -> None:
    answer = await ask(shared, "POST", "/api/jobs", HOSTILE[body])
    assert 400 <= answer.status < 500, answer.body[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.body) < 30_000
    codes = ("bad_request", "setting_invalid", "too_large", "file_unreadable", "file_not_found")
    assert answer.json["code"] in codes


async def test_what_is_wrong_with_a_body_is_named(shared: Home) -> None:
    for body, said in {
        HOSTILE["not UTF-8"]: "UTF-8",
        HOSTILE["half a pair"]: "surrogate",
        rb'{"path": "/\udc00.wav"}': "surrogate",
        b'{"path": "/': "truncated",
        rb'{"path": "\ud83d\ude00': "truncated",
    }.items():
        answer = await ask(shared, "POST", "/api/jobs", body)
        assert (answer.problem.code, said in answer.problem.detail) == ("bad_request", True), body
    problem = (await ask(shared, "GET", "/api/events?channel=")).problem
    assert "“”" in problem.detail


@pytest.mark.parametrize("name", ["deep", "wide", "large numbers"])
async def test_hostile_settings_of_a_backend_are_refused(
    name: str, folder: Path, shared: Home
) -> None:
    """They come through the daemon to the worker, where they are checked."""
    value: Any = {
        "deep": b"[" * 300 + b"]" * 300,
        "wide": b"[" + b"0," * 100_000 + b"0]",
        "large numbers": b"[1" + b"0" * 300 + b", 1e308, -0.0, 18446744073709551616]",
    }[name]
    media = noise(folder / "a.wav", 1.0)
    body = b'{"path": %s, "settings": %s}' % (
        msgspec.json.encode(media),
        msgspec.json.encode(fake()).replace(b'"asr":{}', b'"asr":{"segfault": [%s]}' % value),
    )
    answer = await ask(shared, "POST", "/api/jobs", body)
    assert answer.status == 422, answer.body[:500]
    assert answer.problem.code == "setting_invalid"


# Outputs -----------------------------------------------------------------------------------------


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nothing can be made in `folder`. Skips where that cannot be had."""
    if os.getuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("root may write everywhere, and a read-only mount is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_an_output_folder_that_cannot_be_written_is_refused(
    folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 1.0)
    locked = folder / "locked"
    locked.mkdir()
    with read_only(locked):
        for where in (locked, Path(media), Path(media) / "below", folder / "a" / "b"):
            problem = await refused(client.add_job(media, fake(output_dir=str(where))))
            assert (problem.code, problem.status) == ("output_folder", 422)
            assert str(where) in problem.detail
    assert sorted(os.listdir(folder)) == ["a.wav", "locked"]


async def test_an_output_folder_that_is_missing_is_made(folder: Path, client: Client) -> None:
    media = noise(folder / "a.wav", 1.0)
    job = await client.add_job(media, fake(output_dir=str(folder / "subs")))
    assert (await ended(client, job.id)).state == "completed"
    assert os.listdir(folder / "subs") == ["a.srt"]


def stranger(place: Path) -> None:
    place.write_text("my own work of many evenings\n")


def changed(place: Path) -> None:
    with place.open("a") as file:
        file.write("a remark\n")


def made_folder(place: Path) -> None:
    place.mkdir()


def linked(place: Path) -> None:
    (place.parent / "precious.txt").write_text("precious")
    place.symlink_to(place.parent / "precious.txt")


def linked_nowhere(place: Path) -> None:
    place.symlink_to(place.parent / "precious.txt")


def piped(place: Path) -> None:
    os.mkfifo(place)


@pytest.mark.parametrize("put", [stranger, made_folder, linked, linked_nowhere, piped])
async def test_a_file_in_the_way_is_refused_and_left_alone(
    put: Callable[[Path], None], folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 1.0)
    put(folder / "a.srt")
    before = seen(folder)
    problem = await refused(client.add_job(media, fake()))
    assert (problem.code, problem.status) == ("output_exists", 409)
    assert str(folder / "a.srt") in problem.detail
    assert seen(folder) == before


@pytest.mark.parametrize("put", [stranger, linked])
async def test_a_file_in_the_way_is_replaced_when_told_to(
    put: Callable[[Path], None], folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 1.0)
    put(folder / "a.srt")
    job = await ended(client, (await client.add_job(media, fake(overwrite=True))).id)
    assert job.state == "completed"
    assert not (folder / "a.srt").is_symlink()
    assert "-->" in (folder / "a.srt").read_text()
    if put is linked:
        assert (folder / "precious.txt").read_text() == "precious"


def seen(folder: Path) -> list[tuple[str, int, bytes | None]]:
    """All that can be seen of the files in `folder` without changing them."""
    return sorted(
        (p.name, p.lstat().st_mode, p.read_bytes() if p.is_file() else None)
        for p in folder.iterdir()
    )


async def test_a_file_that_appears_while_the_job_runs_is_left_alone(
    folder: Path, client: Client
) -> None:
    media = noise(folder / "a.wav", 3.0)
    job = await client.add_job(media, SLOW)
    stranger(folder / "a.srt")
    failed = await ended(client, job.id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert well_told(failed.error).code == "output_exists"
    assert (folder / "a.srt").read_text() == "my own work of many evenings\n"
    (folder / "a.srt").unlink()
    await client.resume(job.id)
    assert (await ended(client, job.id)).state == "completed"
    assert "-->" in (folder / "a.srt").read_text()


async def test_what_steno_wrote_is_replaced_until_somebody_changes_it(
    folder: Path, client: Client
) -> None:
    media, place = noise(folder / "a.wav", 2.0), folder / "a.srt"
    await ended(client, (await client.add_job(media, fake())).id)
    first = place.read_text()
    noise(folder / "a.wav", 2.0, seed=2)
    again = await client.add_job(media, fake())
    assert (await ended(client, again.id)).state == "completed"
    assert place.read_text() != first
    await client.remove(again.id)
    assert (await ended(client, (await client.add_job(media, fake())).id)).state == "completed"
    changed(place)
    kept = place.read_text()
    assert (await refused(client.add_job(media, fake()))).code == "output_exists"
    assert place.read_text() == kept


async def test_two_sources_never_share_a_subtitle_file(folder: Path, client: Client) -> None:
    film(folder / "a.mp4", tone(2.0))
    other = audio(folder / "a.wav", tone(2.0))
    first = await client.add_job(str(folder / "a.mp4"), SLOW)
    assert (await refused(client.add_job(str(other), fake()))).code == "output_exists"
    await ended(client, first.id)
    written = (folder / "a.srt").read_bytes()
    assert (await refused(client.add_job(str(other), fake()))).code == "output_exists"
    await client.remove(first.id)
    assert (await refused(client.add_job(str(other), fake()))).code == "output_exists"
    assert (folder / "a.srt").read_bytes() == written
    apart = folder / "apart"
    apart.mkdir()
    job = await client.add_job(str(other), fake(output_dir=str(apart)))
    assert (await ended(client, job.id)).state == "completed"


# A source that changes ---------------------------------------------------------------------------


async def test_a_source_that_changed_before_it_was_heard_is_refused(
    folder: Path, client: Client
) -> None:
    """Two others are at work, so that the third waits, is paused, and finds another file."""
    others = [(await client.add_job(noise(folder / f"{n}.wav", 20.0), SLOW)).id for n in ("b", "c")]
    media = noise(folder / "a.wav", 2.0)
    original, times = (folder / "a.wav").read_bytes(), os.stat(media)
    job = await client.add_job(media, fake())
    assert (await client.pause(job.id)).state == "paused"
    noise(folder / "a.wav", 2.0, seed=5)
    await client.resume(job.id)
    for other in others:
        await client.cancel(other)
    failed = await ended(client, job.id)
    assert failed.error is not None
    assert (failed.state, well_told(failed.error).code) == ("failed", "source_changed")
    (folder / "a.wav").write_bytes(original)
    os.utime(media, ns=(times.st_atime_ns, times.st_mtime_ns))
    await client.resume(job.id)
    assert (await ended(client, job.id)).state == "completed"


# The command -------------------------------------------------------------------------------------


async def test_the_command_tells_of_each_bad_file_and_does_the_good_one(
    folder: Path, shared: Home
) -> None:
    good = noise(folder / "good.wav", 1.0)
    (folder / "list.m3u8").write_text(PLAYLISTS["list.m3u8"])
    bad = [folder / "missing.wav", folder, junk(folder), empty(folder), folder / "list.m3u8"]
    command = await steno(
        shared, "transcribe", "--backend", "fake", *(str(path) for path in bad), good
    )
    assert command.code == Exit.BAD_INPUT
    assert command.out == f"{folder}/good.srt\n"
    lines = command.err.splitlines()
    for path in bad:
        (at,) = [
            n
            for n, line in enumerate(lines)
            if line.startswith(f"steno: {path} ") or (line == f"steno: There is no file {path}.")
        ]
        assert lines[at].endswith(".")
        assert lines[at + 1].startswith("       ")
        assert lines[at + 1].strip().endswith(".")


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--language", "klingon"], Exit.BAD_INPUT, "klingon"),
        (["--backend", "nobody"], Exit.BAD_INPUT, "nobody"),
        (["--model", "huge"], Exit.BAD_INPUT, "huge"),
        (["-f", "docx"], Exit.BAD_INPUT, "docx"),
        (["-o", "missing/folder"], Exit.BAD_INPUT, "missing/folder"),
        (["--speling", "1"], Exit.USAGE, "--speling"),
        (["--set", "asr.unheard=1"], Exit.BAD_INPUT, "unheard"),
    ],
    ids=str,
)
async def test_the_command_refuses_a_bad_setting(
    options: list[str], code: Exit, words: str, folder: Path, shared: Home
) -> None:
    good = noise(folder / "good.wav", 1.0)
    command = await steno(shared, "transcribe", "--backend", "fake", *options, good)
    assert command.code == code
    assert command.out == ""
    said, hint = command.err.splitlines()
    assert words in said
    assert said.startswith("steno: ")
    assert hint.startswith("       ")
    assert os.listdir(folder) == ["good.wav"]


async def test_refusals_leave_no_file_open(folder: Path, shared: Home, client: Client) -> None:
    media = noise(folder / "a.wav", 1.0)
    made_folder(folder / "a.srt")
    files = Path(f"/proc/{(await client.health()).pid}/fd")
    if not files.exists():
        pytest.skip("this system does not tell of a process's open files")
    before = len(os.listdir(files))
    for _ in range(50):
        await refused(client.add_job(media, fake()))
    await until(lambda: len(os.listdir(files)) < before + 20, what="files are closed", timeout=5)


async def test_the_daemon_lived_through_all_of_it(shared: Home, client: Client) -> None:
    """The last test of this module on purpose."""
    assert (await client.health()).status == "ok"
    assert "Traceback" not in shared.log
