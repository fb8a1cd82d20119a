"""How much memory is in use, from what kernels of several kinds tell."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from steno.plugins.exhaustion import is_exhausted
from steno.worker import memory

MEMINFO = """MemTotal:       8000000 kB
MemFree:          100000 kB
MemAvailable:    2000000 kB
Buffers:               0 kB
"""


def group(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")
    return folder


def test_what_the_machine_could_give_counts_as_free() -> None:
    assert memory.share_of_machine(MEMINFO) == 0.75


@pytest.mark.parametrize("text", ["", "MemTotal: 5 kB\n", "MemTotal:\nMemAvailable:\n"])
def test_a_machine_that_does_not_tell_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        memory.share_of_machine(text)


def test_a_group_of_version_2(tmp_path: Path) -> None:
    files = {"memory__current": "900", "memory__stat": "anon 400\ninactive_file 100"}
    assert memory.share_of_group(group(tmp_path, memory__max="1000", **files)) == 0.8
    assert memory.share_of_group(group(tmp_path, memory__max="max", **files)) == 0.0


def test_a_group_of_version_1(tmp_path: Path) -> None:
    files = {
        "memory__usage_in_bytes": "900",
        "memory__stat": "inactive_file 1\ntotal_inactive_file 100",
    }
    folder = group(tmp_path, memory__limit_in_bytes="1000", **files)
    assert memory.share_of_group(folder) == 0.8
    folder = group(tmp_path, memory__limit_in_bytes="9223372036854771712", **files)
    assert memory.share_of_group(folder) == pytest.approx(0.0, abs=1e-9)


def test_limits_of_groups_above_hold_too(tmp_path: Path) -> None:
    own = group(tmp_path / "a" / "b")
    found = list(memory.groups("0::/a/b\n", tmp_path))
    assert found == [own, own.parent, tmp_path]


def test_only_the_controller_of_memory_counts(tmp_path: Path) -> None:
    group(tmp_path / "memory" / "docker")
    text = "5:cpu,cpuacct:/docker\n4:memory:/docker\n1:name=systemd:/docker\n"
    assert list(memory.groups(text, tmp_path)) == [
        tmp_path / "memory" / "docker",
        tmp_path / "memory",
    ]


def test_in_a_container_the_root_is_its_own_group(tmp_path: Path) -> None:
    assert list(memory.groups("0::/../../elsewhere/unseen\n", tmp_path)) == [tmp_path]
    group(tmp_path / "memory")
    found = list(memory.groups("4:memory:/docker/0f3c\n", tmp_path))
    assert found == [tmp_path / "memory"]


def test_the_nearest_end_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    group(proc, meminfo=MEMINFO)
    group(proc / "self", cgroup="0::/a/b")
    stat = "inactive_file 0"
    group(root / "a", memory__max="100", memory__current="90", memory__stat=stat)
    group(root / "a" / "b", memory__max="1000", memory__current="90", memory__stat=stat)
    monkeypatch.setattr(memory, "PROC", proc)
    monkeypatch.setattr(memory, "GROUPS", root)
    assert memory.share() == 0.9
    group(root / "a", memory__max="max")
    assert memory.share() == 0.75


def test_a_system_that_tells_nothing_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "PROC", tmp_path)
    monkeypatch.setattr(memory, "GROUPS", tmp_path)
    assert memory.share() == 0.0


def test_this_machine_tells() -> None:
    assert 0.0 < memory.share() <= 1.0
    assert memory.resident() > 2**20


class Cuda:
    """What torch tells of its GPUs."""

    def __init__(self) -> None:
        self.there = True
        self.emptied = 0

    def is_available(self) -> bool:
        return self.there

    def empty_cache(self) -> None:
        self.emptied += 1


def test_what_torch_keeps_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    memory.release()
    assert "torch" not in sys.modules
    cuda = Cuda()
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    memory.release()
    cuda.there = False
    memory.release()
    assert cuda.emptied == 1


class OutOfMemoryError(Exception):
    """As torch's is called."""


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (MemoryError(), True),
        (OutOfMemoryError("CUDA"), True),
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("std::bad_alloc"), True),
        (RuntimeError("could not create a memory object"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("mkl_malloc: failed to allocate memory"), True),
        (RuntimeError("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("no such file"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_says_that_memory_ran_out(error: Exception, exhausted: bool) -> None:
    assert is_exhausted(error) is exhausted
    wrapped = KeyError()
    wrapped.__cause__ = error
    assert is_exhausted(wrapped) is exhausted
