"""Where and how precisely a model computes, and what to fall back on where memory does not suffice.
Pure."""

from collections.abc import Collection
from typing import NamedTuple

from steno.plugins import Unusable

PRECISIONS = {
    "cuda": ("float16", "bfloat16", "int8_float16", "int8_bfloat16", "int8_float32", "float32"),
    "cpu": ("int8", "int8_float32", "float32"),
}
"""The first that the machine can do is taken."""
LIGHTER = ("int8_float16", "int8_bfloat16", "int8_float32", "int8")
"""Those that take about half of the memory of others, the best first."""
BATCHES = {"cuda": 16, "cpu": 8}
"""Segments decoded at once. A CPU gains little from more, and its results come later."""
PATIENT = 2
"""The same on a CPU with a model that takes long for each: nobody should wait minutes."""


class Means(NamedTuple):
    """What a model computes with."""

    device: str
    """`cpu` or `cuda`."""
    number: int
    """Number of the device."""
    precision: str
    """Type in the words of CTranslate2."""
    batch: int
    """Segments at once."""

    def __str__(self) -> str:
        device = "the CPU" if self.device == "cpu" else f"GPU {self.number}"
        return f"{device} in {self.precision}, {self.batch} at a time"


def chosen(
    wanted: str,
    precision: str,
    batch: int,
    *,
    gpus: int,
    cpu: Collection[str],
    gpu: Collection[str],
    large: bool = False,
) -> Means:
    """`wanted`: `auto`, `cpu`, `cuda` or `cuda:1`; `precision`: `auto` or a type; `batch`: 0 for
    what suits. `gpus`: how many there are; `cpu`, `gpu`: types that they can do. `large`: the model
    is.

    Raises Unusable.
    """
    device, _, ordinal = wanted.partition(":")
    if device == "auto":
        device = "cuda" if gpus else "cpu"
    number = int(ordinal or 0)
    if device == "cuda" and number >= gpus:
        there = f"{gpus} of them" if gpus else "none"
        raise Unusable(
            f"the device {wanted} is not there, as CTranslate2 finds {there}: name another one,"
            " or none."
        )
    able = gpu if device == "cuda" else cpu
    if precision == "auto":
        precision = next((one for one in PRECISIONS[device] if one in able), "default")
    elif precision not in able:
        known = ", ".join(sorted(able))
        raise Unusable(
            f"{device} cannot compute in {precision}: set asr.precision to auto, or to one of"
            f" {known}."
        )
    suits = PATIENT if large and device == "cpu" else BATCHES[device]
    return Means(device, number, precision, batch or suits)


def less(means: Means, *, cpu: Collection[str], gpu: Collection[str]) -> Means | None:
    """What takes less memory: half of the segments at once, then lower precision, then the CPU.
    None: there is nothing less."""
    if means.batch > 1:
        return means._replace(batch=means.batch // 2)
    able = gpu if means.device == "cuda" else cpu
    if means.precision not in LIGHTER:
        for lighter in LIGHTER:
            if lighter in able:
                return means._replace(precision=lighter)
    if means.device == "cuda":
        return chosen("cpu", "auto", 1, gpus=0, cpu=cpu, gpu=gpu)
    return None
