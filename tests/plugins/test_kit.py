"""The kit for authors says what is wrong, and passes what is right."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest
from msgspec.structs import replace

from steno.plugins import (
    Aligner,
    Alignment,
    AsrBackend,
    AsrOptions,
    Context,
    Description,
    Downloader,
    Draft,
    Fragment,
    Model,
    ModelFile,
    Piece,
    Resolved,
    Segment,
    Splitter,
    Word,
    hookimpl,
    testing,
)
from steno.plugins.testing import check_plugin, checks

KINDS = {
    AsrBackend: "steno_asr_backends",
    Aligner: "steno_aligners",
    Splitter: "steno_splitters",
    Downloader: "steno_downloaders",
}
LIMIT = 160_000


class Closed:
    def __init__(self, _settings: None, context: Context) -> None:
        self.context = context
        self.heard = 0

    def close(self) -> None:
        pass


class Good(Closed):
    """Says one word for each segment that is loud at all."""

    def transcribe(
        self, segments: Sequence[Segment], options: AsrOptions
    ) -> Iterator[Draft | Fragment]:
        for segment in segments:
            self.heard += 1
            yield self.one(segment)

    def one(self, segment: Segment) -> Fragment:
        if not any(segment.samples):
            return Fragment(index=segment.index, text="")
        word = Word(self.word(), segment.start, segment.end, 0.5)
        return Fragment(index=segment.index, text=word.text, words=(word,))

    def word(self) -> str:
        return "word"


class Remembers(Good):
    def word(self) -> str:
        return f"word{self.heard}"


class LocalTimes(Good):
    def one(self, segment: Segment) -> Fragment:
        return Fragment(index=segment.index, text="word", words=(Word("word", 0.0, 0.1),))


class OtherIndex(Good):
    def one(self, segment: Segment) -> Fragment:
        return Fragment(index=segment.index + 1, text="word")


class Fragile(Good):
    def one(self, segment: Segment) -> Fragment:
        if not len(segment.samples):
            raise ValueError("no samples")
        return super().one(segment)


class Mute(Good):
    def one(self, segment: Segment) -> Fragment:
        return Fragment(index=segment.index, text="")


class Other(Good):
    def one(self, segment: Segment) -> Fragment:
        return Fragment(index=segment.index, text="other text", words=super().one(segment).words)


class GoodSplitter(Closed):
    """Cuts every ten seconds and drops what is silent."""

    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        done, data = 0, b""
        for block in blocks:
            data += block.tobytes()
            while len(data) >= 2 * LIMIT:
                yield from self.piece(done, data[: 2 * LIMIT])
                done, data = done + LIMIT, data[2 * LIMIT :]
        yield from self.piece(done, data)

    def piece(self, start: int, data: bytes) -> Iterator[Piece]:
        if any(data):
            yield Piece(start, start + len(data) // 2)


class Overlapping(GoodSplitter):
    def piece(self, start: int, data: bytes) -> Iterator[Piece]:
        yield from (Piece(max(0, p.start - 100), p.end) for p in super().piece(start, data))


class Forgetful(GoodSplitter):
    def piece(self, start: int, data: bytes) -> Iterator[Piece]:
        yield from (
            Piece(p.start, p.end - 20_000) for p in super().piece(start, data) if p.end > 40_000
        )


class Blockwise(GoodSplitter):
    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        at = 0
        for block in blocks:
            for begin in range(at, at + len(block), 400_000):
                yield Piece(begin, min(begin + 400_000, at + len(block)))
            at += len(block)


class Late(GoodSplitter):
    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        yield from list(super().split(blocks))


class GoodAligner(Closed):
    def align(self, items: Sequence[tuple[Segment, Fragment]]) -> Iterator[Alignment]:
        for segment, fragment in items:
            yield Alignment(fragment.index, tuple(self.words(segment, fragment.text.split())))

    def words(self, segment: Segment, texts: list[str]) -> Iterator[Word]:
        for n, text in enumerate(texts):
            step = segment.duration / len(texts)
            yield Word(text, segment.start + n * step, segment.start + (n + 1) * step)


class Changing(GoodAligner):
    def words(self, segment: Segment, texts: list[str]) -> Iterator[Word]:
        return super().words(segment, [text.lower() for text in texts])


class Outside(GoodAligner):
    def words(self, segment: Segment, texts: list[str]) -> Iterator[Word]:
        for word in super().words(segment, texts):
            yield Word(word.text, word.start + 1, word.end + 1)


class GoodDownloader(Closed):
    def resolve(self, repository: str, revision: str | None) -> Resolved:
        raise AssertionError("checks need no network")

    def newest(self, repository: str) -> str:
        raise AssertionError("checks need no network")


class HalfDownloader(Closed):
    def resolve(self, repository: str, revision: str | None) -> Resolved:
        raise AssertionError("checks need no network")


def described(factory: type, kind: type[Description] = AsrBackend) -> Description:
    toy = kind(name="toy", title="Toy", factory=f"steno_toy_for_the_kit:{factory.__name__}")
    return replace(toy, word_times=True) if isinstance(toy, AsrBackend) else toy


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[Description], None]:
    def put(description: Description) -> None:
        module = ModuleType("steno_toy_for_the_kit")
        vars(module).update({k: v for k, v in globals().items() if isinstance(v, type)})
        setattr(module, KINDS[type(description)], hookimpl(lambda: [description]))
        getattr(module, KINDS[type(description)]).__name__ = KINDS[type(description)]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        point = EntryPoint("toy", module.__name__, "steno.plugins")
        monkeypatch.setattr(testing, "find", lambda name: point)

    return put


@pytest.mark.parametrize(
    ("factory", "kind", "count"),
    [
        (Good, AsrBackend, 7),
        (GoodSplitter, Splitter, 6),
        (GoodAligner, Aligner, 5),
        (GoodDownloader, Downloader, 3),
    ],
)
def test_good_backend_passes(
    install: Callable[[Description], None], factory: type, kind: type[Description], count: int
) -> None:
    install(described(factory, kind))
    assert len(check_plugin("toy")) == count


@pytest.mark.parametrize(
    ("factory", "kind", "sentence"),
    [
        (Remembers, AsrBackend, "another result after another segment"),
        (LocalTimes, AsrBackend, "not in order, or leave the segment"),
        (OtherIndex, AsrBackend, "which it was not given"),
        (Fragile, AsrBackend, "It raises ValueError('no samples')"),
        (Mute, AsrBackend, "text of the sample is empty"),
        (Other, AsrBackend, "do not make up its text"),
        (Overlapping, Splitter, "overlap"),
        (Forgetful, Splitter, "leave out speech"),
        (Blockwise, Splitter, "give other pieces than one block"),
        (Blockwise, Splitter, "finds speech in silence"),
        (Late, Splitter, "reads to the end before"),
        (Changing, Aligner, "not the fragment's words"),
        (Outside, Aligner, "not in order, or leave the segment"),
        (HalfDownloader, Downloader, "has no method newest"),
    ],
)
def test_broken_promise_is_named(
    install: Callable[[Description], None],
    factory: type,
    kind: type[Description],
    sentence: str,
) -> None:
    install(described(factory, kind))
    with pytest.raises(AssertionError) as caught:
        check_plugin("toy")
    assert sentence in str(caught.value)


def test_promised_drafts_must_come(install: Callable[[Description], None]) -> None:
    where = "steno_toy_for_the_kit:Good"
    install(AsrBackend(name="toy", title="Toy", factory=where, word_times=True, drafts=True))
    with pytest.raises(AssertionError, match="promises drafts, but gave none"):
        check_plugin("toy")


def test_factory_that_is_not_there_is_named(install: Callable[[Description], None]) -> None:
    install(AsrBackend(name="toy", title="Toy", factory="steno_toy_for_the_kit:Nobody"))
    with pytest.raises(AssertionError, match=r"asr:toy:factory: .*Nobody cannot be imported"):
        check_plugin("toy")


def test_backend_whose_model_is_absent_is_only_described(
    install: Callable[[Description], None],
) -> None:
    model = Model(kind="toy", id="large", title="Large", repository="somebody/large")
    where = "steno_toy_for_the_kit:Good"
    install(AsrBackend(name="toy", title="Toy", factory=where, models=(model,)))
    assert check_plugin("toy") == ["asr:toy:factory", "asr:toy:settings", "model:toy/large"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "title is empty"),
        ({"languages": ("english",)}, "no ISO 639 code"),
        ({"size": 0}, "not positive"),
        ({"repository": None, "revision": "main"}, "no repository that has them"),
        ({"files": (ModelFile(path="/etc/passwd"),)}, "not relative"),
        ({"files": (ModelFile(path="../x"),)}, "not relative"),
        ({"files": (ModelFile(path="a\\b"),)}, "not relative"),
        ({"files": (ModelFile(path="a"), ModelFile(path="A"))}, "names a file twice"),
        ({"files": (ModelFile(path="a", sha256="AB" * 32),)}, "64 lower case"),
        ({"files": (ModelFile(path="a", size=-1),)}, "negative"),
        ({"select": ("a|",)}, "one is empty"),
        ({"select": ("*.bin",), "files": (ModelFile(path="a.json"),)}, "does not want"),
    ],
)
def test_what_cannot_be_true_of_a_model_is_named(
    install: Callable[[Description], None], fields: dict[str, Any], sentence: str
) -> None:
    good = Model(kind="toy", id="large", title="Large", repository="somebody/large", size=3)
    where = "steno_toy_for_the_kit:Good"
    toy = AsrBackend(name="toy", title="Toy", factory=where, models=(replace(good, **fields),))
    install(replace(toy, word_times=True))
    with pytest.raises(AssertionError, match=f"model:toy/large: .*{sentence}"):
        check_plugin("toy")


@pytest.mark.parametrize(
    ("plugin", "downloader", "models"),
    [("huggingface", "huggingface", 0), ("whisper", "torchaudio", 56)],
)
def test_what_this_repository_brings_conforms(plugin: str, downloader: str, models: int) -> None:
    """What can be tried without torch: recognisers and the like have tests of their own."""
    done = []
    for check in checks(plugin):
        if check.name.startswith(("downloader:", "model:")):
            check()
            done.append(check.name)
    for promise in ("factory", "settings", "resolves"):
        assert f"downloader:{downloader}:{promise}" in done
    assert len({check for check in done if check.startswith("model:")}) == models


def test_plugin_that_is_not_installed() -> None:
    with pytest.raises(AssertionError, match="No entry point 'nobody'"):
        check_plugin("nobody")
