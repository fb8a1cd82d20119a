"""A model brought in a folder: taken whole and right, or not at all."""

import errno
import os
import socket
from pathlib import Path

import msgspec
import pytest

from brought import FILES, PACKERS, Told, bring, held, lay, model
from steno import disk
from steno.errors import StenoError
from steno.plugins.contract import Model
from steno.transfer import manifest
from steno.transfer.folder import Folder
from steno.worker.channel import Interrupted
from steno.worker.protocol import MANIFEST


def refused(source: Path, folder: Path, wanted: Model | None = None) -> StenoError:
    """The error of an import, after which nothing is left."""
    with pytest.raises(StenoError) as caught:
        bring(source, folder, wanted)
    assert list(folder.iterdir()) == []
    return caught.value


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return lay(tmp_path / "given", FILES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "incoming"


def test_a_folder_becomes_a_model(given: Path, folder: Path) -> None:
    channel = Told()
    found = bring(given, folder, channel=channel)
    assert held(folder) == FILES == held(given)
    assert manifest.read(os.fsencode(folder)) == found
    assert (found.name, found.repository, found.revision) == ("whisper/small", "org/small", None)
    assert found.verified == "unverified"
    assert found.size == sum(map(len, FILES.values())) == channel.progress[-1]
    assert {file.path for file in found.files} == set(FILES)


def test_sums_of_the_catalogue_are_compared(given: Path, folder: Path) -> None:
    assert bring(given, folder, model(sums=FILES)).verified == "catalogue"


def test_a_file_without_a_sum_makes_it_unverified(given: Path, folder: Path) -> None:
    some = {"model.bin": FILES["model.bin"]}
    assert bring(given, folder, model(sums=some)).verified == "unverified"


@pytest.mark.parametrize("change", [b"x", b"", FILES["model.bin"][:-1] + b"x"])
def test_wrong_bytes_are_refused(given: Path, folder: Path, change: bytes) -> None:
    (given / "model.bin").write_bytes(change)
    error = refused(given, folder, model(sums=FILES))
    assert error.code == "import_damaged"
    assert "model.bin" in str(error)
    assert "config.json" not in str(error)


def test_a_wrong_size_is_refused(given: Path, folder: Path) -> None:
    assert refused(given, folder, model(sizes={"model.bin": 1})).code == "import_damaged"


def test_a_file_that_the_catalogue_lists_must_be_there(given: Path, folder: Path) -> None:
    (given / "config.json").unlink()
    error = refused(given, folder, model(sums=FILES))
    assert error.code == "import_incomplete"
    assert "config.json" in str(error)


def test_a_file_that_is_selected_by_name_must_be_there(given: Path, folder: Path) -> None:
    error = refused(given, folder, model("model.bin", "tokenizer.json|tokenizer.txt", "*.md"))
    assert error.code == "import_incomplete"
    assert "tokenizer.json|tokenizer.txt" in str(error)
    assert "md" not in str(error)


def test_only_what_is_selected_is_taken(given: Path, folder: Path) -> None:
    lay(given, {"vocabulary.json": b"[]", "README.md": b"no", "a.part": b"", ".git/x": b"no"})
    bring(given, folder, model("model.bin", "vocabulary.json|vocabulary.txt", "preprocessor*"))
    assert held(folder) == {"model.bin": FILES["model.bin"], "vocabulary.json": b"[]"}


def test_what_tools_leave_is_not_taken(given: Path, folder: Path) -> None:
    lay(given, {".git/x": b"", ".cache/y": b"", "._model.bin": b"", "deep/.DS_Store": b""})
    bring(given, folder)
    assert held(folder) == FILES


@pytest.mark.parametrize("above", ["whisper-small", "a/b"])
def test_a_single_subfolder_is_looked_into(tmp_path: Path, folder: Path, above: str) -> None:
    lay(tmp_path / "given" / above, FILES)
    bring(tmp_path / "given", folder, model("model.bin", "config.json"))
    assert set(held(folder)) == {"model.bin", "config.json"}


def test_a_model_that_is_a_subfolder_stays_one(tmp_path: Path, folder: Path) -> None:
    lay(tmp_path / "given", {"onnx/model.onnx": b"1"})
    bring(tmp_path / "given", folder, model("onnx/*.onnx"))
    assert held(folder) == {"onnx/model.onnx": b"1"}


def test_a_hugging_face_snapshot_of_links(tmp_path: Path, folder: Path) -> None:
    snapshot = tmp_path / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    lay(tmp_path / "blobs", {f"{n}": data for n, data in enumerate(FILES.values())})
    for n, name in enumerate(FILES):
        (snapshot / name).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / name).symlink_to(tmp_path / "blobs" / str(n))
    bring(snapshot, folder)
    assert held(folder) == FILES
    assert not any(path.is_symlink() for path in folder.rglob("*"))


def test_a_link_to_a_file_that_is_gone(given: Path, folder: Path) -> None:
    (given / "more.bin").symlink_to("nowhere")
    error = refused(given, folder)
    assert error.code == "import_incomplete"
    assert "more.bin" in str(error)


def test_links_in_a_circle_end(given: Path, folder: Path) -> None:
    for n in range(3):
        (given / f"again{n}").symlink_to(".")
    error = refused(given, folder, model("model.bin"))
    assert error.code == "import_unreadable"


def test_pipes_and_sockets_are_not_opened(given: Path, folder: Path) -> None:
    os.mkfifo(given / "pipe")
    (given / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as ear:
        ear.bind(os.fsencode(given / "socket"))
        bring(given, folder)
    assert held(folder) == FILES


@pytest.mark.parametrize("name", [b"bad\xff", b"line\nbreak", b"back\\slash", b"x.part"])
def test_names_that_may_not_be_written(given: Path, folder: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(given) + b"/" + name)).write_bytes(b"x")
    assert refused(given, folder).code == "download_unsafe"


def test_a_folder_whose_name_is_not_utf8(given: Path, folder: Path) -> None:
    odd = os.fsencode(given) + b"\xff"
    os.rename(given, odd)
    bring(odd, folder)
    assert held(folder) == FILES


@pytest.mark.parametrize("kind", ["gone", "empty", "text", "pipe", "nothing", "many"])
def test_what_is_no_model_is_said(tmp_path: Path, folder: Path, kind: str) -> None:
    path = tmp_path / "given"
    expected = "given"
    match kind:
        case "gone":
            expected = "no such file"
        case "empty":
            path.mkdir()
            expected = "empty"
        case "text":
            path.write_text("hello" * 1000)
            expected = "neither tar nor zip"
        case "pipe":
            os.mkfifo(path)
            expected = "not a regular file"
        case "nothing":
            lay(path, {"b.txt": b""})
            expected = "no file of the model"
        case "many":
            lay(path, {f"{n}": b"" for n in range(2001)})
            expected = "more than 2000 files"
    error = refused(path, folder, model("*.bin"))
    assert error.code == "import_unreadable"
    assert expected in str(error)


# A copy of one of Steno's own folders -------------------------------------------------------------


@pytest.fixture
def own(given: Path, tmp_path: Path) -> Path:
    """A version folder of another Steno, verified there."""
    folder = tmp_path / "own"
    found = bring(given, folder, model(sums=FILES))
    with Folder(os.fsencode(folder)) as opened:
        manifest.write(
            opened, msgspec.structs.replace(found, verified="repository", revision="abc")
        )
    return folder


def test_the_sums_of_its_manifest_count(own: Path, folder: Path) -> None:
    found = bring(own, folder)
    assert held(folder) == FILES
    assert (found.verified, found.revision) == ("repository", "abc")


@pytest.mark.parametrize("packer", PACKERS)
def test_it_is_also_known_in_an_archive(
    own: Path, tmp_path: Path, folder: Path, packer: str
) -> None:
    files = {f"a/small/{n}": d for n, d in held(own).items()}
    files[f"a/small/{MANIFEST}"] = (own / MANIFEST).read_bytes()
    archive = tmp_path / "archive"
    archive.write_bytes(PACKERS[packer](files))
    found = bring(archive, folder)
    assert held(folder) == FILES
    assert (found.verified, found.revision) == ("repository", "abc")


def test_what_another_did_not_verify_is_unverified(given: Path, tmp_path: Path) -> None:
    bring(given, tmp_path / "other")
    assert bring(tmp_path / "other", tmp_path / "own").verified == "unverified"


def test_what_its_manifest_lists_must_be_right(own: Path, folder: Path) -> None:
    (own / "vocabulary.txt").write_bytes(FILES["vocabulary.txt"].upper())
    assert refused(own, folder).code == "import_damaged"
    (own / "vocabulary.txt").unlink()
    assert refused(own, folder).code == "import_incomplete"


def test_the_catalogue_counts_more_than_its_manifest(own: Path, folder: Path) -> None:
    other = model(sums={"config.json": b'{"layers": 5}\n'})
    assert refused(own, folder, other).code == "import_damaged"


def test_the_catalogue_knows_nothing_of_another_revision(own: Path, folder: Path) -> None:
    """As that of a model which was updated on the other machine."""
    other = msgspec.structs.replace(
        model(sums={"config.json": b'{"layers": 5}\n'}), revision="catalogue's"
    )
    found = bring(own, folder, other)
    assert (found.verified, found.revision) == ("repository", "abc")
    other = msgspec.structs.replace(other, revision="abc")
    assert refused(own, folder, other).code == "import_damaged"


def test_a_copy_of_a_mirror_is_of_the_repository_that_it_has_here(own: Path, folder: Path) -> None:
    """Else it would pass for another model at the next start."""
    here = msgspec.structs.replace(model(), repository="mirror/small")
    assert bring(own, folder, here).repository == "mirror/small"


def test_another_model_is_refused_by_its_name(own: Path, folder: Path) -> None:
    text = (own / MANIFEST).read_text().replace("whisper/small", "whisper/large")
    (own / MANIFEST).write_text(text)
    error = refused(own, folder)
    assert error.code == "import_unreadable"
    assert "whisper/large" in str(error)


@pytest.mark.parametrize("text", ["", "{}", "[" * 100_000, '{"name": 1}', "\x00"])
def test_a_manifest_that_is_none(own: Path, folder: Path, text: str) -> None:
    (own / MANIFEST).write_text(text)
    error = refused(own, folder)
    assert error.code == "import_unreadable"
    assert MANIFEST in str(error)


def test_a_manifest_with_names_that_lead_elsewhere(own: Path, folder: Path) -> None:
    text = (own / MANIFEST).read_text().replace("config.json", "../config.json")
    (own / MANIFEST).write_text(text)
    assert refused(own, folder).code == "download_unsafe"


def test_two_models_at_once_are_refused(own: Path, tmp_path: Path, folder: Path) -> None:
    os.renames(own, tmp_path / "two" / "a")
    lay(tmp_path / "two" / "b", {MANIFEST: b"{}"})
    assert "more than one model" in str(refused(tmp_path / "two", folder))


# Trouble on the way -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["folder", *PACKERS])
def test_a_cancel_is_heeded_everywhere(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whichever look it comes, and there is one for every block, nothing is left."""
    monkeypatch.setattr("steno.transfer.progress.OFTEN", 0.0)  # as many looks every time
    files = {**FILES, "large.bin": os.urandom(manifest.BLOCK) + bytes(manifest.BLOCK * 2)}
    source = tmp_path / "source"
    if kind == "folder":
        lay(source, files)
    else:
        source.write_bytes(PACKERS[kind](files))
    channel = Told()
    bring(source, tmp_path / "whole", channel=channel)
    assert channel.looks > 10
    folder = tmp_path / "incoming"
    for cancel in sorted({*range(1, 40), *range(1, channel.looks + 1, 17), channel.looks}):
        if cancel <= channel.looks:
            with pytest.raises(Interrupted):
                bring(source, folder, channel=Told(cancel))
            assert list(folder.iterdir()) == []


def test_no_room_is_said_before_anything_is_written(given: Path, folder: Path) -> None:
    channel = Told()
    with pytest.raises(StenoError) as caught:
        bring(given, folder, channel=channel, min_free=2**60)
    assert caught.value.code == "download_no_room"
    assert channel.answers == []
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("call", ["write", "fsync", "fdatasync"])
@pytest.mark.parametrize(("number", "code"), [
    (errno.ENOSPC, "download_no_room"), (errno.EDQUOT, "download_no_room"),
    (errno.EROFS, "folder_unusable"),
])  # fmt: skip
def test_a_disk_that_fails_while_it_is_written(
    tmp_path: Path, folder: Path, call: str, number: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = lay(tmp_path / "given", {**FILES, "large.bin": bytes(17 * 2**20)})

    def fail(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(os, call, fail)
        error = refused(given, folder)
    assert error.code == code


def test_a_disk_that_fills_up_meanwhile(
    given: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others write to it too."""
    monkeypatch.setattr(disk, "free", lambda _: 0)
    with pytest.raises(StenoError) as caught:
        bring(given, folder, min_free=1)
    assert caught.value.code == "download_no_room"
    assert list(folder.iterdir()) == []


def test_all_lasts_before_the_manifest_says_so(
    given: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    rename = os.rename
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append(os.readlink(f"/proc/self/fd/{fd}")))

    def noted(old: str, new: str, **where: int) -> None:
        calls.append("rename")
        rename(old, new, **where)

    monkeypatch.setattr(os, "rename", noted)
    bring(given, folder)
    before = set(calls[: calls.index("rename")])
    folders = [folder, folder / "deep", folder / "deep" / "er"]
    assert before >= {str(path) for path in [*folders, *(folder / name for name in FILES)]}
    assert str(folder) in calls[calls.index("rename") :]


def test_a_folder_that_is_moved_away_keeps_its_manifest(given: Path, folder: Path) -> None:
    moved = folder.with_name("moved")

    class Moving(Told):
        def send(self, answer: object) -> None:
            if not moved.exists():
                folder.rename(moved)
                folder.mkdir()

    bring(given, folder, channel=Moving(), min_free=1)
    assert list(folder.iterdir()) == []
    assert (moved / MANIFEST).exists()
    assert held(moved) == FILES


def test_a_file_that_grows_meanwhile(given: Path, folder: Path) -> None:
    class Growing(Told):
        def send(self, answer: object) -> None:
            with open(given / "model.bin", "ab") as file:
                file.write(b"more")

    with pytest.raises(StenoError, match="changed while it was read"):
        bring(given, folder, channel=Growing())
    assert list(folder.iterdir()) == []
