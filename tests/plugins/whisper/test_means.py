"""Where a model computes, and what comes next where memory does not suffice."""

import pytest

from steno.plugins import Unusable
from steno_whisper.recognizing.means import Means, chosen, less

CPU = {"int8", "int8_float32", "float32"}
GPU = {"float16", "int8_float16", "float32", "int8", "int8_float32", "bfloat16"}


def choose(wanted: str = "auto", precision: str = "auto", batch: int = 0, gpus: int = 0) -> Means:
    return chosen(wanted, precision, batch, gpus=gpus, cpu=CPU, gpu=GPU if gpus else ())


def test_what_suits_the_machine() -> None:
    assert choose() == Means("cpu", 0, "int8", 8)
    assert choose(gpus=2) == Means("cuda", 0, "float16", 16)
    assert choose("cuda:1", gpus=2) == Means("cuda", 1, "float16", 16)
    assert choose("cpu", gpus=2) == Means("cpu", 0, "int8", 8)
    old = chosen("auto", "auto", 0, gpus=1, cpu=CPU, gpu={"float32", "int8_float32"})
    assert old.precision == "int8_float32"
    assert chosen("cpu", "auto", 0, gpus=0, cpu={"float32"}, gpu=()).precision == "float32"


def test_nobody_waits_minutes_for_a_large_model() -> None:
    large = chosen("auto", "auto", 0, gpus=0, cpu=CPU, gpu=(), large=True)
    assert large == Means("cpu", 0, "int8", 2)
    assert chosen("auto", "auto", 0, gpus=1, cpu=CPU, gpu=GPU, large=True).batch == 16


def test_wishes_count() -> None:
    assert choose("cpu", "float32", 1) == Means("cpu", 0, "float32", 1)
    assert choose("cuda", "int8", 32, gpus=1) == Means("cuda", 0, "int8", 32)


@pytest.mark.parametrize(
    ("wanted", "precision", "gpus", "why"),
    [
        ("cuda", "auto", 0, "the device cuda is not there, as CTranslate2 finds none"),
        ("cuda:2", "auto", 2, "the device cuda:2 is not there, as CTranslate2 finds 2 of them"),
        (
            "cpu",
            "float16",
            0,
            "cpu cannot compute in float16: set asr.precision to auto, or to one of float32, ",
        ),
    ],
)
def test_what_cannot_be_is_said(wanted: str, precision: str, gpus: int, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        choose(wanted, precision, gpus=gpus)


def test_less_and_less() -> None:
    """Half of the batch, then lower precision, then the CPU, then nothing is left."""
    means, seen = choose(batch=4, gpus=1), []
    while (next_ := less(means, cpu=CPU, gpu=GPU)) is not None:
        seen.append(next_)
        means = next_
    assert [tuple(one) for one in seen] == [
        ("cuda", 0, "float16", 2),
        ("cuda", 0, "float16", 1),
        ("cuda", 0, "int8_float16", 1),
        ("cpu", 0, "int8", 1),
    ]


def test_a_cpu_has_less_too() -> None:
    assert less(choose("cpu", "float32", 1), cpu=CPU, gpu=()) == Means("cpu", 0, "int8_float32", 1)
    assert less(choose("cpu", "int8", 1), cpu=CPU, gpu=()) is None
