"""A plugin for tests: quick, exact, and as wicked as a test asks it to be."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from steno.plugins import Aligner, AsrBackend, Model, Splitter, hookimpl


class AsrSettings(Struct, forbid_unknown_fields=True):
    """Segments are named by index; what is to happen to them happens each time they come."""

    delay: Annotated[float, Meta(ge=0)] = 0.0
    """Seconds a segment takes."""
    log: str = ""
    """File that gets a line for each segment begun."""
    segfault: list[int] = []
    hang: list[int] = []
    """Holds the interpreter for ever."""
    stop: list[int] = []
    """Stops its own process, as SIGSTOP does."""
    exhaust: list[int] = []
    """Is killed as the kernel kills for lack of memory."""
    fail: list[int] = []
    """Raises."""
    nonsense: list[int] = []
    """Gives a word a time that is no number."""
    leak: int = 0
    """Bytes kept a segment."""
    once: bool = False
    """Wicked on the first attempt only, which `log` remembers."""
    fail_load: bool = False


class SplitterSettings(Struct, forbid_unknown_fields=True):
    every: Annotated[float, Meta(gt=0, le=30)] = 3.0
    """Seconds a piece."""


class AlignerSettings(Struct, forbid_unknown_fields=True):
    fail: bool = False
    segfault: list[int] = []


MODEL = Model(kind="fake", id="one", title="Fake", languages=("en", "de"))


@hookimpl
def steno_asr_backends() -> list[AsrBackend]:
    common: dict[str, Any] = {
        "requires": (),
        "settings": AsrSettings,
        "models": (MODEL,),
        "word_times": True,
        "drafts": True,
        "detects_language": True,
        "processes": 0,
        "rank": -100,
    }
    return [
        AsrBackend(
            name="fake", title="Fake", factory="steno_fake.recognizer:FakeRecognizer", **common
        ),
        AsrBackend(
            name="fake-batch",
            title="Fake, in batches",
            factory="steno_fake.recognizer:FakeRecognizer",
            batch=4,
            **common,
        ),
        AsrBackend(
            name="fake-translate",
            title="Fake that translates",
            factory="steno_fake.recognizer:FakeRecognizer",
            translates=True,
            **common,
        ),
        AsrBackend(
            name="fake-absent",
            title="Fake that lacks a package",
            factory="steno_fake.recognizer:FakeRecognizer",
            **{**common, "requires": ("surely_not_installed",)},
        ),
    ]


@hookimpl
def steno_splitters() -> list[Splitter]:
    return [
        Splitter(
            name="fake",
            title="Pieces of equal length",
            factory="steno_fake.splitter:FakeSplitter",
            settings=SplitterSettings,
            rank=-100,
        )
    ]


@hookimpl
def steno_aligners() -> list[Aligner]:
    return [
        Aligner(
            name="fake",
            title="Moves words by 10 ms",
            factory="steno_fake.aligner:FakeAligner",
            settings=AlignerSettings,
            languages=("en",),
            rank=-100,
        )
    ]
