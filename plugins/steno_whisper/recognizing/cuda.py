"""Whether CTranslate2 can compute on this machine's GPUs."""

import ctypes
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import ctranslate2

PIP = "nvidia-cublas-cu12"
"""What pip brings the libraries with, as torch does."""
LIBRARIES = ("libcublasLt.so.12", "libcublas.so.12")
"""Found by name once they are loaded, wherever they lie; the second needs the first."""


def gpus() -> tuple[int, str]:
    """How many can be used; 0 and a reason where there are some and none can."""
    count: int = ctranslate2.get_cuda_device_count()
    if not count:
        return 0, ""
    try:
        load()
    except OSError:
        why = f"there is a GPU, but {LIBRARIES[-1]} is not: `pip install {PIP}` brings it"
        return 0, why
    return count, ""


def load() -> None:
    """Loads the libraries: the system's, else those of pip. Raises OSError."""
    for name in LIBRARIES:
        places = [name, *map(os.fspath, of_pip(name))]
        for place in places:
            try:
                ctypes.CDLL(place, mode=ctypes.RTLD_GLOBAL)
            except OSError:
                if place == places[-1]:
                    raise
            else:
                break


def of_pip(name: str) -> Iterator[Path]:
    """Where packages of NVIDIA put a library."""
    spec = importlib.util.find_spec("nvidia")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from sorted(Path(folder).glob(f"*/lib/{name}"))
