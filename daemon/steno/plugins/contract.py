"""What a backend says of itself, and what its running objects do.

Descriptions are frozen values returned by hooks (see `steno.plugins.hookspecs`); running objects
are built in a worker process from a description's `factory`. Times are seconds from the start of
the media, `float`; samples are 16 kHz mono, signed 16 bit, native byte order.

Since 0.1. `API_VERSION` rises when something here changes incompatibly.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

API_VERSION = 1
NO_KINDS = ("events", "progress", "preload", "cache", "import")
"""Words that follow `/api/models/` and so cannot be kinds of models."""
SAMPLE_RATE = 16_000
"""Samples a second of everything a backend hears."""
MAX_SEGMENT = 30.0
"""Longest segment, seconds."""
MAX_TEXT = 9_999
"""Characters of a fragment, which bound the number of its cues."""


# What a plugin describes ---------------------------------------------------------------------


class ModelFile(Struct, frozen=True, kw_only=True):
    """One file of a model, as its repository names it."""

    path: str
    size: int | None = None
    """Bytes."""
    sha256: str | None = None


class Model(Struct, frozen=True, kw_only=True):
    """Files a backend needs, known as `kind/id`."""

    kind: str
    """Slug: `whisper`, `align`, `pocketsphinx`."""
    id: str
    """Slug: `small`, `de`, `en-us`."""
    title: str
    languages: tuple[str, ...] = ()
    """ISO 639 codes; empty: any language."""
    repository: str | None = None
    """Where a downloader finds it; None: it comes with the plugin."""
    revision: str | None = None
    """The one that is fetched; None: the newest, which is noted when it is fetched."""
    downloader: str = "huggingface"
    """Name of the downloader that knows `repository`."""
    select: tuple[str, ...] = ()
    """Which of the repository's files are wanted: names or globs; of alternatives separated by `|`
    the first there is. What has no glob among its alternatives must be there. Empty: all."""
    files: tuple[ModelFile, ...] = ()
    """What is known beforehand of its files. Sizes and sums given here are those that count,
    whatever a repository says."""
    size: int | None = None
    """Bytes in all, about."""
    translates: bool = True
    """Whether it was taught to translate, where its backend can."""

    @property
    def name(self) -> str:
        return f"{self.kind}/{self.id}"


class Description(Struct, frozen=True, kw_only=True):
    """What every kind of backend says of itself."""

    name: str
    """Slug, unique in its kind; jobs and configuration use it."""
    title: str
    """For people."""
    factory: str
    """`package.module:Class`, imported only in a worker. Called as `Class(settings, context)`."""
    requires: tuple[str, ...] = ()
    """Top-level modules that must be installed, looked up without importing them."""
    package: str = ""
    """What pip installs to have them, such as `steno[whisper]`; empty: the modules by name."""
    settings: type[Struct] | None = None
    """Type of the backend's own settings. Unknown fields are refused."""
    api: int = API_VERSION
    rank: int = 0
    """Where the configuration names none, the usable backend of highest rank is taken. The one
    that comes with Steno has 10, so that a plugin is a default only if it means to be."""


class AsrBackend(Description, frozen=True, kw_only=True):
    """A recogniser. Its factory builds a `Recognizer`."""

    models: tuple[Model, ...] = ()
    """The first is the default."""
    devices: tuple[str, ...] = ("cpu",)
    word_times: bool = False
    drafts: bool = False
    detects_language: bool = False
    translates: bool = False
    batch: int = 1
    """Most segments it can use at once."""
    processes: int = 1
    """How many worker processes help on one machine; 0: one for each core."""
    splitting: dict[str, float] = {}
    """How speech should be cut for it: settings of the splitter, where that knows them and nobody
    sets them. See `steno.plugins.cutting.CutSettings`."""


class Aligner(Description, frozen=True, kw_only=True):
    """Finds the time of each word. Its factory builds a `WordAligner`."""

    models: tuple[Model, ...] = ()
    languages: tuple[str, ...] = ()
    """Languages it can align; empty: those of its models."""
    batch: int = 1


class Splitter(Description, frozen=True, kw_only=True):
    """Finds where people speak. Its factory builds a `SpeechSplitter`."""


class Downloader(Description, frozen=True, kw_only=True):
    """Knows where the files of models are. Its factory builds a `Resolver`."""


# What crosses between Steno and a running backend ----------------------------------------------


class Segment(Struct, frozen=True):
    """A stretch of speech of at most `MAX_SEGMENT` seconds."""

    index: int
    start: float
    """Seconds from the start of the media."""
    samples: memoryview
    """Format `h`: signed 16 bit samples, mono, 16 kHz."""

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE

    @property
    def end(self) -> float:
        return self.start + self.duration


class Word(Struct, frozen=True, omit_defaults=True):
    """One written word, punctuation included, with its global times in seconds."""

    text: str
    start: float
    end: float
    score: float | None = None
    """Confidence, 0 to 1."""
    interpolated: bool = False
    """The times were guessed from the neighbours."""


class Draft(Struct, frozen=True):
    """Provisional text of a segment; a later draft or the fragment replaces it."""

    index: int
    text: str
    start: float
    end: float
    confidence: float | None = None


class Span(Struct, frozen=True):
    """A run of text with global times, from a backend that knows no word times."""

    text: str
    start: float
    end: float


class Fragment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The text of one segment, of at most `MAX_TEXT` characters; empty `text` says that nothing was
    understood.

    Its times come from `words`, else from `spans`, else from the segment's own edges.
    """

    index: int
    text: str
    language: str | None = None
    words: tuple[Word, ...] = ()
    """In order, within the segment; `" ".join` (or `""` in languages without spaces) is `text`.

    Where the two differ in case, spaces and punctuation only, words are spelled as in `text`, with
    the punctuation around them; where they differ in more, words win.
    """
    spans: tuple[Span, ...] = ()
    avg_logprob: float | None = None
    no_speech: float | None = None
    """Probability that nobody speaks, 0 to 1."""

    @property
    def size(self) -> int:
        """Characters: of the text, the words or the spans, where there are the most."""
        parts = (sum(len(part.text) for part in parts) for parts in (self.words, self.spans))
        return max(len(self.text), *parts)


class Alignment(Struct, frozen=True):
    """Word times of one fragment: its words in its order, each with a time."""

    index: int
    words: tuple[Word, ...]


class Heard(Struct, frozen=True):
    """Which language a segment sounds like."""

    index: int
    language: str
    """ISO 639 code."""
    probability: float
    """0 to 1."""


class Notice(Struct, frozen=True, kw_only=True):
    """Something a person should know that did not stop the job."""

    code: str
    """Slug with `_`, stable. A later notice of the same code takes its place."""
    message: str


class Piece(Struct, frozen=True):
    """A segment to be, in samples from the start of the media; `end` is exclusive."""

    start: int
    end: int
    forced: bool = False
    """Cut where speech or music did not pause."""


class AsrOptions(Struct, frozen=True, kw_only=True):
    """What a job asks of a recogniser, beyond the backend's own settings."""

    language: str | None = None
    """ISO 639 code; None: detect it, or the model's only one."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """`translate`: into English."""
    prompt: str = ""
    """Text in whose manner it should write."""
    hotwords: str = ""
    """Words that are likely to be said."""


class RemoteFile(Struct, frozen=True, kw_only=True):
    """One file of a repository, and how to get it."""

    path: str
    """Relative to the model's folder, parts separated by `/`."""
    url: str | None = None
    """http or https; None: it can be had from `local` only."""
    headers: dict[str, str] = {}
    """Sent to the host of `url` and to no other, so that they may hold a token."""
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    """Hex; None: the repository states none."""
    git_sha1: str | None = None
    """Hex; what git names the file by (`git hash-object`), the SHA-1 of `blob SIZE` with `size` in
    decimal digits, a NUL and the content. Compared where neither the catalogue nor the repository
    states a SHA-256, and `size` is known."""
    local: Path | None = None
    """A copy on this machine, which is checked and then linked instead of fetched."""


class Resolved(Struct, frozen=True, kw_only=True):
    """A repository at one revision."""

    revision: str
    """Exact: the same for ever, such as a commit."""
    files: tuple[RemoteFile, ...]


class CannotResolve(Exception):
    """Why a `Resolver` cannot say where files are.

    `retry_after`: seconds that the server asks for. `here`: what is on this machine of the
    repository, which may lack files; it is taken where that is surely all that is wanted.
    """

    def __init__(
        self,
        reason: Literal["network", "offline", "proxy", "server", "gated", "not_found", "invalid"],
        message: str,
        *,
        retry_after: float | None = None,
        here: Resolved | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        """`network` and `server` may pass by themselves; `offline`: a person forbade the network;
        `gated` needs a token, or one with more rights; `invalid`: what was asked for makes no sense
        to it."""
        self.retry_after = retry_after
        self.here = here


class Unusable(Exception):
    """Why a backend cannot be built as it is asked for, in a sentence for people that says what to
    do. Its factory raises it where not the files of its model are at fault."""


class Context(Struct, frozen=True, kw_only=True):
    """What a running backend may know of where it runs."""

    model: str | None = None
    """Name of the model, `kind/id`."""
    model_path: Path | None = None
    """Folder with the model's files; None where it comes with the plugin."""
    device: str = "auto"
    threads: int = 1
    """Threads this process may use without crowding the others."""
    alone: bool = True
    """Nothing else is loaded here. Otherwise, where memory does not suffice to load it, it raises
    what says so, and is built once more when others have made room."""
    cancelled: Callable[[], bool] = lambda: False
    """True once the work in hand is no longer wanted; Steno also stops between items."""


# Running objects ---------------------------------------------------------------------------------


class Recognizer(Protocol):
    """Turns segments into text.

    A segment's result depends only on its samples and the settings: nothing is carried from one
    to the next. Exceptions count against the segments in hand.
    """

    def transcribe(
        self, segments: Sequence[Segment], options: AsrOptions
    ) -> Iterator[Draft | Fragment | Heard | Notice]:
        """Yields any number of drafts and then exactly one fragment for each segment, lazily; at
        any time what the job's owner should know, such as that memory did not suffice, and what a
        segment sounds like where it was heard on the way."""
        ...

    def close(self) -> None:
        """Frees what was loaded. Nothing is called afterwards."""
        ...


class LanguageDetector(Protocol):
    """What a recogniser may do beside, if it `detects_language`."""

    def detect(self, segments: Sequence[Segment]) -> Iterator[Heard | Notice]:
        """Says of each segment what it sounds like. The language of a job is that which most of its
        first segments sound like; it is then in `AsrOptions.language` of all. A recogniser
        without this method gets no language and detects that of each segment for itself."""
        ...


class WordAligner(Protocol):
    """Times the words of fragments."""

    def align(self, items: Sequence[tuple[Segment, Fragment]]) -> Iterator[Alignment | Notice]:
        """Yields one alignment for each item, with the fragment's words (or, where it has none,
        its text's words) unchanged and in order, each with a time inside the segment."""
        ...

    def close(self) -> None: ...


class SpeechSplitter(Protocol):
    """Cuts a stream of audio where nobody speaks."""

    def split(self, blocks: Iterable[memoryview]) -> Iterator[Piece]:
        """Yields pieces of speech in order, lazily, each at most `MAX_SEGMENT` seconds.

        Blocks are consecutive, of any length, format `h`. Pieces never overlap and leave out
        silence only. The same samples give the same pieces, whatever the sizes of the blocks.
        """
        ...

    def close(self) -> None: ...


class Resolver(Protocol):
    """Says where the files of a repository are; it fetches none. Runs in a worker that may use the
    network and has the environment's token."""

    def resolve(self, repository: str, revision: str | None) -> Resolved:
        """All files of `repository` at `revision`; None: the newest. Raises `CannotResolve`."""
        ...

    def newest(self, repository: str) -> str:
        """The exact newest revision. Raises `CannotResolve`."""
        ...

    def close(self) -> None: ...
