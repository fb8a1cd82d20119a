"""What is made of the answers of NVIDIA's management library, as C gives them."""

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from steno.worker import gpu

SOURCE = """
#include <string.h>
static int open = 0;
static int full[] = {10, 75, 40};
int nvmlInit_v2(void) { open++; return 0; }
int nvmlShutdown(void) { open--; return 0; }
int opened(void) { return open; }
int nvmlDeviceGetCount_v2(unsigned *n) { *n = 3; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void **h) {
  if (i > 2) return 2;
  *h = &full[i];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char *u, void **h) {
  if (strcmp(u, "GPU-c")) return 6;
  *h = &full[2];
  return 0;
}
int nvmlDeviceGetName(int *h, char *name, unsigned length) {
  if (*h == 40) return 999;
  strncpy(name, "A GPU of 75", length);
  return 0;
}
int nvmlDeviceGetMemoryInfo(int *h, unsigned long long *m) {
  if (*h == 10) return 999;
  m[0] = 1000; m[2] = *h * 10; m[1] = 1000 - m[2];
  return 0;
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with three GPUs, of which the first does not answer."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("nvml")
    (folder / "nvml.c").write_text(SOURCE)
    built = folder / gpu.LIBRARY
    command = [compiler, "-shared", "-fPIC", "-o", str(built), str(folder / "nvml.c")]
    subprocess.run(command, check=True)
    return built


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (None, [0.75, 0.4]),
        ("1", [0.75]),
        ("2, 1", [0.4, 0.75]),
        ("GPU-c", [0.4]),
        ("1,7,2", [0.75]),
        ("", []),
        ("-1", []),
    ],
)
def test_gpus_that_this_process_may_use(
    library: Path, chosen: str | None, expected: list[float]
) -> None:
    nvml = ctypes.CDLL(str(library))
    environment = {} if chosen is None else {gpu.CHOICE: chosen}
    assert list(gpu.shares(nvml, environment)) == expected
    assert nvml.opened() == 0


def test_the_fullest_counts(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "LIBRARY", str(library))
    monkeypatch.delenv(gpu.CHOICE, raising=False)
    assert gpu.share() == 0.75


def test_without_a_driver_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "LIBRARY", str(tmp_path / "none.so"))
    assert gpu.share() == 0.0


def test_names(library: Path) -> None:
    found = list(gpu.gpus(ctypes.CDLL(str(library)), {}))
    assert found == [("A GPU of 75", 1000, 750), ("GPU", 1000, 400)]
