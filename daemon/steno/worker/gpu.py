"""How much memory of NVIDIA's GPUs is in use, asked of their management library (NVML).
`python -m steno.worker.gpu` prints it as JSON.

It comes with the driver, knows what every process uses, and needs neither torch nor memory of the
GPU, unlike CUDA's own functions.
"""

import contextlib
import ctypes
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

LIBRARY = "libnvidia-ml.so.1"
CHOICE = "CUDA_VISIBLE_DEVICES"
LONGEST_NAME = 96
"""`NVML_DEVICE_NAME_V2_BUFFER_SIZE`, bytes."""


class Memory(ctypes.Structure):
    """`nvmlMemory_t`, bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


class Gpu(NamedTuple):
    """Bytes of its memory, those in use by whichever program."""

    name: str
    memory_total: int
    memory_used: int


def share() -> float:
    """Share of the memory in use, 0 to 1, of the fullest GPU that this process may use; 0 where
    there is none."""
    with contextlib.suppress(OSError):
        return max(shares(ctypes.CDLL(LIBRARY), os.environ), default=0.0)
    return 0.0


def shares(nvml: Any, environment: Mapping[str, str]) -> Iterator[float]:
    """Of each GPU."""
    return (one.memory_used / one.memory_total for one in gpus(nvml, environment))


def gpus(nvml: Any, environment: Mapping[str, str]) -> Iterator[Gpu]:
    """Each GPU that a process with this environment may use. One that does not answer is left
    out."""
    if nvml.nvmlInit_v2() != 0:
        return
    try:
        for handle in handles(nvml, environment):
            memory, name = Memory(), ctypes.create_string_buffer(LONGEST_NAME)
            asked = nvml.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
            if asked == 0 and memory.total:
                known = nvml.nvmlDeviceGetName(handle, name, LONGEST_NAME) == 0
                said = name.value.decode(errors="replace") if known else "GPU"
                yield Gpu(said, memory.total, memory.used)
    finally:
        nvml.nvmlShutdown()


def handles(nvml: Any, environment: Mapping[str, str]) -> Iterator[ctypes.c_void_p]:
    """Those of all GPUs, or of the chosen ones, which are named by number or by a part of their
    UUID; as with CUDA those after the first that makes no sense do not count."""
    chosen = environment.get(CHOICE)
    if chosen is None:
        count = ctypes.c_uint()
        nvml.nvmlDeviceGetCount_v2(ctypes.byref(count))
        names = [str(number) for number in range(count.value)]
    else:
        names = [name.strip() for name in chosen.split(",")]
    for name in names:
        handle = ctypes.c_void_p()
        if name.isdecimal():
            found = nvml.nvmlDeviceGetHandleByIndex_v2(int(name), ctypes.byref(handle))
        else:
            found = nvml.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(handle))
        if found != 0:
            return
        yield handle


if __name__ == "__main__":
    found: list[Gpu] = []
    with contextlib.suppress(OSError):
        found = list(gpus(ctypes.CDLL(LIBRARY), os.environ))
    sys.stdout.write(json.dumps([one._asdict() for one in found]))
