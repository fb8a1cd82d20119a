"""What the contract promises, as checks on running backends.

Each function takes a running object and raises `AssertionError` with one sentence. Nothing here
judges quality, only whether Steno can build on what a backend does.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase

from steno.plugins.contract import (
    MAX_SEGMENT,
    SAMPLE_RATE,
    AsrBackend,
    AsrOptions,
    Draft,
    Fragment,
    Heard,
    Model,
    Notice,
    Piece,
    Recognizer,
    Resolver,
    Segment,
    Span,
    SpeechSplitter,
    Word,
    WordAligner,
)
from steno.plugins.sound import TEXT, joined, loud, sample, silence

NEAR = 0.011
"""Seconds by which a time may be off: backends count in frames of 10 ms."""
COVERED = 0.97
"""Part of the loud frames that must lie within pieces."""
SHORT = SAMPLE_RATE // 100
"""Samples of 10 ms."""
SHA256 = re.compile("[0-9a-f]{64}")
LANGUAGE = re.compile("[a-z]{2,3}")
ODD = "— Xqzrt 日本 12,500% “don’t” co-op … A."


def require(fact: bool, sentence: str) -> None:
    if not fact:
        raise AssertionError(sentence)


def segment(samples: memoryview, index: int = 0, start: float = 0.0) -> Segment:
    return Segment(index, start, samples)


# Recognisers ---------------------------------------------------------------------------------


def fragments(backend: Recognizer, segments: Sequence[Segment]) -> list[Fragment]:
    """Transcribes `segments` and holds what is yielded against the contract."""
    return [item for item in _heard(backend, segments) if isinstance(item, Fragment)]


def transcribes(backend: Recognizer, description: AsrBackend) -> None:
    """It transcribes the sample and does what its description promises."""
    items = _heard(backend, [segment(sample())])
    fragment = items[-1]
    require(bool(fragment.text.strip()), "Its text of the sample is empty.")
    if description.word_times:
        words = isinstance(fragment, Fragment) and fragment.words
        require(bool(words), "It promises word times, but its fragment of the sample has no words.")
    drafts = len(items) > 1
    require(
        drafts == description.drafts,
        f"It promises {'' if description.drafts else 'no '}drafts, but gave "
        f"{'some' if drafts else 'none'} for the sample.",
    )


def forgets(backend: Recognizer) -> None:
    """A segment's result does not depend on what came before, or on its neighbours."""
    alone = fragments(backend, [segment(sample())])[0]
    quiet = joined(silence(0.5), sample()[::2], silence(0.5))
    fragments(backend, [segment(quiet)])
    after = fragments(backend, [segment(sample())])[0]
    require(after == alone, "The same segment gives another result after another segment.")
    among = fragments(backend, [segment(quiet, 0), segment(sample(), 1)])[1]
    same = (among.text, among.words) == (alone.text, alone.words)
    require(same, "The same segment gives another result among others.")


def global_times(backend: Recognizer) -> None:
    """Times count from the start of the media, not of the segment."""
    first = fragments(backend, [segment(sample())])[0]
    later = fragments(backend, [segment(sample(), 7, 1000.0)])[0]
    require(first.text == later.text, "Its text depends on where in the media a segment lies.")
    pairs = zip(_times(first), _times(later), strict=True)
    moved = all(abs(here + 1000 - there) < NEAR for here, there in pairs)
    require(moved, "Its times do not move with the segment.")


def survives(backend: Recognizer) -> None:
    """Silence, 10 ms of sound and no samples at all give a fragment each."""
    sounds = (silence(2.0), sample()[8000 : 8000 + SHORT], sample()[:0])
    for sound in sounds:
        fragments(backend, [segment(sound)])
    fragments(backend, [segment(sound, n) for n, sound in enumerate(sounds)])


def stops(backend: Recognizer, cancel: Callable[[bool], None]) -> None:
    """It can be stopped after any item and when the context says so, and works afterwards."""
    before = fragments(backend, [segment(sample())])
    stream = backend.transcribe([segment(sample(), n) for n in range(3)], AsrOptions())
    next(stream)
    _close(stream)
    require(
        fragments(backend, [segment(sample())]) == before,
        "It gives another result after a stream was closed half-way.",
    )
    cancel(True)
    try:
        for _ in backend.transcribe([segment(sample(), n) for n in range(3)], AsrOptions()):
            pass
    finally:
        cancel(False)
    require(
        fragments(backend, [segment(sample())]) == before,
        "It gives another result after it was cancelled.",
    )


def _heard(backend: Recognizer, segments: Sequence[Segment]) -> list[Draft | Fragment]:
    wanted = {part.index: part for part in segments}
    items: list[Draft | Fragment] = []
    for item in backend.transcribe(segments, AsrOptions()):
        if isinstance(item, Heard | Notice):
            continue
        require(isinstance(item, Draft | Fragment), f"It yields a {type(item).__name__}.")
        require(
            item.index in wanted,
            f"It yields a {type(item).__name__.lower()} of segment {item.index}, which it was not "
            "given or has finished.",
        )
        part = wanted[item.index]
        if isinstance(item, Fragment):
            del wanted[item.index]
            _check_fragment(item, part)
        else:
            _in_order([item], part, "A draft's times")
        items.append(item)
    require(not wanted, f"It yields no fragment of segment {min(wanted, default=0)}.")
    return items


def _check_fragment(fragment: Fragment, part: Segment) -> None:
    if fragment.words:
        texts = [word.text for word in fragment.words]
        require(
            fragment.text in (" ".join(texts), "".join(texts)),
            "A fragment's words do not make up its text.",
        )
        for word in fragment.words:
            require(word.score is None or 0 <= word.score <= 1, "A word's score is not 0 to 1.")
    _in_order(fragment.words, part, "The words' times")
    _in_order(fragment.spans, part, "The spans' times")


def _times(fragment: Fragment) -> list[float]:
    of_words = [time for word in fragment.words for time in (word.start, word.end)]
    return of_words + [time for span in fragment.spans for time in (span.start, span.end)]


def _in_order(timed: Sequence[Word | Span | Draft], part: Segment, what: str) -> None:
    at = part.start
    for item in timed:
        require(
            at - NEAR <= item.start <= item.end <= part.end + NEAR,
            f"{what} are not in order, or leave the segment.",
        )
        at = item.start


def _close(stream: Iterator[object]) -> None:
    close = getattr(stream, "close", None)
    require(close is not None, "What it returns is not a generator, so it cannot be stopped.")
    if close:
        close()


# Aligners ------------------------------------------------------------------------------------


def aligns(backend: WordAligner) -> None:
    """Every word of the text gets a time inside the segment, in order; nothing is changed."""
    _aligned(backend, TEXT)


def aligns_anything(backend: WordAligner) -> None:
    """Odd words, no words, and words that are not said do not stop it."""
    for text in (ODD, "", "…", "nothing of this is said here " * 5):
        _aligned(backend, text)


def aligner_forgets(backend: WordAligner) -> None:
    """An alignment does not depend on what came before."""
    before = _aligned(backend, TEXT)
    aligns_anything(backend)
    require(_aligned(backend, TEXT) == before, "The same item gives other times after others.")


def _aligned(backend: WordAligner, text: str) -> list[tuple[Word, ...]]:
    untimed = Fragment(index=3, text=text, language="en")
    found = []
    for sound in (sample(), silence(1.0), sample()[:SHORT], sample()[:0]):
        part = segment(sound, 3, 100.0)
        said = backend.align([(part, untimed)])
        answers = [answer for answer in said if not isinstance(answer, Notice)]
        require(
            len(answers) == 1 and answers[0].index == 3,
            "It does not yield exactly one alignment with the fragment's index.",
        )
        words = answers[0].words
        require(
            [word.text for word in words] == text.split(),
            "Its words are not the fragment's words in their order.",
        )
        _in_order(words, part, "The words' times")
        found.append(words)
    return found


# Splitters -----------------------------------------------------------------------------------


def splits(backend: SpeechSplitter) -> None:
    """Pieces are in order, apart, short enough, and cover the speech."""
    stream = joined(silence(1.0), *[sample()] * 12, silence(4.0), sample(), silence(1.0))
    pieces = list(backend.split([stream]))
    require(bool(pieces), "It finds no speech in the sample.")
    at = 0
    for piece in pieces:
        require(isinstance(piece, Piece), f"It yields a {type(piece).__name__}.")
        require(at <= piece.start < piece.end, "Its pieces overlap, are empty or not in order.")
        length = (piece.end - piece.start) / SAMPLE_RATE
        require(length <= MAX_SEGMENT, f"A piece is {length:.2f} s long.")
        at = piece.end
    require(at <= len(stream), "A piece reaches beyond the end of the media.")
    sure = loud(stream)
    inside = sum(any(p.start <= start < p.end for p in pieces) for start in sure)
    require(inside >= COVERED * len(sure), "Its pieces leave out speech.")


def splits_alike(backend: SpeechSplitter) -> None:
    """The sizes of the blocks make no difference."""
    stream = joined(silence(0.7), *[sample()] * 5, silence(2.0))
    whole = list(backend.split([stream]))
    for size in (97, 480, 8000, 50_001):
        blocks = (stream[begin : begin + size] for begin in range(0, len(stream), size))
        same = list(backend.split(blocks)) == whole
        require(same, f"Blocks of {size} samples give other pieces than one block.")


def splits_early(backend: SpeechSplitter) -> None:
    """A piece is yielded as soon as it is decided, and it stops when closed."""
    taken = 0
    parts = 30

    def blocks() -> Iterator[memoryview]:
        nonlocal taken
        for _ in range(parts):
            taken += 1
            yield joined(sample(), silence(1.0))

    stream = backend.split(blocks())
    next(stream)
    require(taken <= parts // 2, "It reads to the end before it yields its first piece.")
    _close(stream)


def splits_nothing(backend: SpeechSplitter) -> None:
    """Silence and no samples give no pieces; 10 ms of sound does not stop it."""
    require(not list(backend.split([silence(5.0)])), "It finds speech in silence.")
    require(not list(backend.split([])), "It finds speech where there are no samples.")
    for piece in backend.split([sample()[8000 : 8000 + SHORT]]):
        require(piece.end <= SHORT, "A piece reaches beyond the end of the media.")


# Downloaders and models ----------------------------------------------------------------------


def can_resolve(backend: Resolver) -> None:
    """It has the methods of a resolver. Only `close` is called: what the others answer
    depends on the network."""
    for name in ("resolve", "newest", "close"):
        require(callable(getattr(backend, name, None)), f"It has no method {name}.")
    backend.close()


def describes(model: Model) -> None:
    """What is said of a model can be true."""
    require(bool(model.title.strip()), "Its title is empty.")
    for language in model.languages:
        require(bool(LANGUAGE.fullmatch(language)), f"{language!r} is no ISO 639 code.")
    require(model.size is None or model.size > 0, "Its size is not positive.")
    if model.repository is None:
        remote = model.files or model.select or model.revision
        require(not remote, "It names files or a revision, but no repository that has them.")
        return
    require(bool(model.repository.strip()), "Its repository is empty.")
    require(model.revision is None or bool(model.revision.strip()), "Its revision is empty.")
    for file in model.files:
        _check_file(file.path, file.size, file.sha256)
    paths = [file.path for file in model.files]
    require(len({path.casefold() for path in paths}) == len(paths), "It names a file twice.")
    for entry in model.select:
        require(all(entry.split("|")), f"Of the alternatives {entry!r} one is empty.")
    if paths and model.select:
        for path in paths:
            wanted = any(_matches(path, entry) for entry in model.select)
            require(wanted, f"It knows {path}, which its select does not want.")


def _check_file(path: str, size: int | None, sha256: str | None) -> None:
    parts = path.split("/")
    inside = all(part not in ("", ".", "..") for part in parts) and "\\" not in path
    require(inside, f"{path!r} is not relative to the model's folder, with parts between slashes.")
    require(size is None or size >= 0, f"The size of {path} is negative.")
    require(
        sha256 is None or bool(SHA256.fullmatch(sha256)),
        f"The SHA-256 of {path} is not 64 lower case hexadecimal digits.",
    )


def _matches(path: str, entry: str) -> bool:
    return any(path == one or fnmatchcase(path, one) for one in entry.split("|"))
