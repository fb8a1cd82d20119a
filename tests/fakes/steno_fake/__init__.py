"""A plugin for tests: quick, exact, and as wicked as a test asks it to be."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from steno.plugins import Aligner, AsrBackend, Model, ModelFile, Splitter, hookimpl


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
    loads: str = ""
    """File that gets a line each time it is loaded, and each time it is closed."""
    load_delay: Annotated[float, Meta(ge=0)] = 0.0
    """Seconds loading takes."""
    fail_while: str = ""
    """While this file exists loading kills the process if it says `die`, and else fails."""
    weight: int = 0
    """Bytes it holds from being loaded until it is closed."""
    alone: bool = False
    """Memory does not suffice for it beside another."""
    fail_close: bool = False
    sounds: dict[str, tuple[str, float]] = {}
    """What segments sound like, by index: language and probability."""
    deaf: int = 0
    """Times that it is killed while it detects, which `loads` remembers."""
    notice: str = ""
    """What it has to say each time."""


class SplitterSettings(Struct, forbid_unknown_fields=True):
    every: Annotated[float, Meta(gt=0, le=30)] = 3.0
    """Seconds a piece."""


class AlignerSettings(Struct, forbid_unknown_fields=True):
    delay: float = 0.0
    """Seconds that each fragment takes."""
    fail: bool = False
    segfault: list[int] = []


MODEL = Model(kind="fake", id="one", title="Fake", languages=("en", "de"))
TOYS = (
    Model(kind="toy", id="small", title="Toy", repository="toys/small", size=45_975),
    Model(kind="toy", id="large", title="Large toy", repository="toys/large", size=4_571_689),
    Model(kind="toy", id="gated", title="Toy with terms", repository="toys/gated", size=45_975),
    Model(
        kind="toy",
        id="known",
        title="Toy whose files are known",
        repository="toys/known",
        revision="e802dba8e09377d5589b30195abab63af594aca8",
        files=(
            ModelFile(
                path="weights.bin",
                size=40_000,
                sha256="c9edf14f622207475bb0b5b845bbf6fe07f4b48534a69d80a668b517422521d5",
            ),
            ModelFile(
                path="more/words.bin",
                size=5_715,
                sha256="161a4efe6460bbe7fce2348e68cf9a7e8e83c0a9cbf9016c2bf2ed5664ea046a",
            ),
            ModelFile(
                path="flag.bin",
                size=1,
                sha256="bceef655b5a034911f1c3718ce056531b45ef03b4c7b1f15629e867294011a7d",
            ),
            ModelFile(
                path="config.json",
                size=259,
                sha256="036ca8f88df5aef80d0f23b660fbd4f357f00131a34689b778ff112501ced394",
            ),
        ),
        size=45_975,
    ),
)
"""Models of repositories that tests/hub.py serves."""
WELSH = Model(
    kind="align",
    id="cy",
    title="Toy aligner, Welsh",
    languages=("cy",),
    repository="toys/align",
    size=23_118,
)


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
        AsrBackend(
            name="fake-model",
            title="Fake that needs a model",
            factory="steno_fake.model:ModelRecognizer",
            **{**common, "models": TOYS},
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
        ),
        Aligner(
            name="fake-model-aligner",
            title="Moves words by 10 ms, with a model",
            factory="steno_fake.model:ModelAligner",
            settings=AlignerSettings,
            models=(WELSH,),
            rank=-100,
        ),
    ]
