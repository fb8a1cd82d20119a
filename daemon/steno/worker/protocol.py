"""What the daemon and a worker say to each other: length-prefixed msgpack frames on a socketpair.

A frame is four bytes, big endian, of length and that many bytes of one request or answer. Work is
done one request at a time; `Cancel` and `Ping` are heard meanwhile.
"""

import struct
from typing import Any, Literal

import msgspec
from msgspec import Struct

from steno.errors import Problem
from steno.plugins.contract import AsrOptions, Heard, Model, ModelFile, Notice
from steno.plugins.described import Kind

HEADER = struct.Struct(">I")
LIMIT = 64 * 2**20
"""Bytes a frame may have."""
SAMPLES_A_PEAK = 160
"""Samples of working audio, 10 ms, of which a file of peaks has one byte: how loud they get, 0 to
255."""


class BackendRef(Struct, frozen=True, kw_only=True):
    """A backend to build, and how. Equal references share one running object in a worker."""

    kind: Kind
    entry_point: str
    module: str
    """Value of the entry point."""
    name: str
    settings: bytes = b"{}"
    """JSON object."""
    model: str | None = None
    model_path: str | None = None
    device: str = "auto"
    threads: int = 1
    """Threads it may use."""
    most: int = 0
    """Workers of one machine that may run it at once; 0: no limit."""

    @property
    def called(self) -> str:
        """What it is counted and unloaded as: its model, or where it has none `kind/name`."""
        return self.model or f"{self.kind}/{self.name}"

    @property
    def is_model(self) -> bool:
        """Whether its running object is a model in memory; splitters and downloaders are not."""
        return self.kind in ("asr", "aligner")


class Manifest(Struct, frozen=True, kw_only=True):
    """What a model's folder holds: written into it as `MANIFEST` once everything is verified."""

    name: str
    """`kind/id`."""
    repository: str | None
    revision: str | None
    files: list[ModelFile]
    """With sizes and sums as found. The manifest itself is not among them."""
    verified: Literal["catalogue", "repository", "unverified"]
    """`catalogue`: its sums cover all files, which were compared with them; `repository`: every
    file was compared with a stated sum, SHA-256 or git's; `unverified`: nobody states sums of all
    files."""

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size or 0 for file in self.files)


MANIFEST = "steno-model.json"

# Requests ----------------------------------------------------------------------------------------


class Request(Struct, frozen=True, kw_only=True, tag=True):
    id: int


class Probe(Request, frozen=True, kw_only=True, tag=True):
    """Is this a media file, and are these backends' settings valid? Ends with `Probed`."""

    path: bytes
    max_duration: float
    backends: list[BackendRef] = []


class Extract(Request, frozen=True, kw_only=True, tag=True):
    """Decode and cut. Answers `Extracting` and `Found`, ends with `Extracted`."""

    source: bytes
    name: str
    audio: bytes
    """Working file to write, or to read where `samples` says that it is complete."""
    samples: int | None
    peaks: bytes | None = None
    """File of peaks to write; None: it is there already."""
    max_duration: float
    splitter: BackendRef


class Fold(Request, frozen=True, kw_only=True, tag=True):
    """Make the peaks of a media file, or of working audio. Answers `Extracting`, ends with
    `Done`."""

    source: bytes
    name: str
    audio: bytes
    """Working file to read where `samples` says that it is complete."""
    samples: int | None
    peaks: bytes
    """File to write."""
    max_duration: float


class SegmentRef(Struct, frozen=True):
    """Where a segment lies in the working audio. Edges in samples, `end` exclusive."""

    index: int
    start: int
    end: int


class Detect(Request, frozen=True, kw_only=True, tag=True):
    """Answers `Sounding` for each segment, if the backend can tell, and ends with `Done`."""

    backend: BackendRef
    audio: bytes
    segments: list[SegmentRef]


class Transcribe(Request, frozen=True, kw_only=True, tag=True):
    """Answers `Drafted`, `Sounding`, `Noticed` and one `Produced` a segment, ends with `Done`."""

    backend: BackendRef
    audio: bytes
    segments: list[SegmentRef]
    options: AsrOptions


class Align(Request, frozen=True, kw_only=True, tag=True):
    """Answers `Noticed` and one `Produced` a segment, ends with `Done`."""

    backend: BackendRef
    audio: bytes
    segments: list[SegmentRef]
    fragments: list[bytes]
    """JSON, one for each segment."""


class Load(Request, frozen=True, kw_only=True, tag=True):
    """Build this backend's running object, if it is not there; ends with `Done`."""

    backend: BackendRef
    keep: bool = False
    """Do not unload it for being idle."""


class Unload(Request, frozen=True, kw_only=True, tag=True):
    """Close the running objects of these models; ends with `Done`."""

    models: list[str] | None = None
    """As they are `called`; None: of all."""


class Settle(Request, frozen=True, kw_only=True, tag=True):
    """From now on keep in memory what these limits allow. Heeded between two requests and not
    answered, except by `Cached` where that changes."""

    size: int = 3
    """Models that are kept; of splitters and downloaders, which are small, as many again."""
    memory_threshold: float = 0.8
    """Share of memory in use, 0 to 1, from which on others are closed before a model is loaded."""
    idle_timeout: float = 600.0
    """Seconds after which an unused one is closed."""


class Fetch(Request, frozen=True, kw_only=True, tag=True):
    """Find and fetch the files of a model. Answers `Planned` once, `Fetching` at least once a
    second, ends with `Fetched`.

    What an earlier request left in `folder` is gone on with. Nothing is written outside.
    """

    downloader: BackendRef
    model: Model
    revision: str | None
    """None: the newest."""
    folder: bytes
    """Exists, and is this request's alone."""
    rate: int
    """Most bytes a second; 0: any number."""
    timeout: float
    """Seconds without a new byte, over all attempts, after which it fails."""
    min_free: int
    """Bytes of the disk to leave."""


class Newest(Request, frozen=True, kw_only=True, tag=True):
    """Which revision of the model's repository is the newest? Ends with `Newer`."""

    downloader: BackendRef
    model: Model


class Verify(Request, frozen=True, kw_only=True, tag=True):
    """Compare the files in `folder` with the manifest there. Answers `Fetching` (bytes looked at),
    ends with `Verified`."""

    folder: bytes


class Import(Request, frozen=True, kw_only=True, tag=True):
    """Take a model from a folder or an archive. Answers `Fetching` (bytes copied), ends with
    `Fetched`."""

    source: bytes
    model: Model
    folder: bytes
    """Empty, and this request's alone."""
    min_free: int


class Cancel(Request, frozen=True, kw_only=True, tag=True):
    """Stop the request `id` between two items; it then ends with `Cancelled`."""


class Ping(Request, frozen=True, kw_only=True, tag=True):
    """Answered by `Pong` at once, also while work is in hand, unless that holds the interpreter."""


# Answers -----------------------------------------------------------------------------------------


class Answer(Struct, frozen=True, kw_only=True, tag=True):
    id: int


class Hello(Answer, frozen=True, kw_only=True, tag=True):
    """First of all, once the worker listens; `id` is its pid."""


class Pong(Answer, frozen=True, kw_only=True, tag=True):
    pass


class Extracting(Answer, frozen=True, kw_only=True, tag=True):
    samples: int
    """Decoded and written so far."""


class Found(Answer, frozen=True, kw_only=True, tag=True):
    """The next segment of the plan."""

    start: int
    end: int
    forced: bool


class Drafted(Answer, frozen=True, kw_only=True, tag=True):
    index: int
    text: str
    start: float
    end: float
    confidence: float | None


class Sounding(Answer, frozen=True, kw_only=True, tag=True):
    """Which language a segment sounds like."""

    heard: Heard


class Noticed(Answer, frozen=True, kw_only=True, tag=True):
    """Something the job's owner should know."""

    notice: Notice


class Produced(Answer, frozen=True, kw_only=True, tag=True):
    """The result of one segment: JSON of a Fragment or an Alignment, and its CRC-32."""

    index: int
    payload: bytes
    crc: int


class Planned(Answer, frozen=True, kw_only=True, tag=True):
    """What is to be fetched is known."""

    revision: str
    files: list[ModelFile]
    total: int | None
    """Bytes; None where the repository does not state all sizes."""


class Fetching(Answer, frozen=True, kw_only=True, tag=True):
    """How far work on a model's files is."""

    done: int
    """Bytes, those of earlier requests included."""
    total: int | None
    note: str = ""
    """What keeps it waiting, for people; empty while bytes come."""


class Held(Struct, frozen=True, kw_only=True):
    """A running object in a worker's memory."""

    backend: BackendRef
    memory: int
    """Bytes by which the worker grew when it was built, about."""
    load_seconds: float
    uses: int
    used_at: float
    """When it was last used, on the machine's monotonic clock, seconds."""
    keep: bool


class Cached(Answer, frozen=True, kw_only=True, tag=True):
    """What the worker holds, the least recently used first. Comes with `id` 0 whenever that
    changes, before the end of the request that changed it."""

    entries: list[Held]
    memory: int
    """The worker's resident size, bytes."""


class Usage(Struct, frozen=True, kw_only=True):
    """What a request took of its backend. Seconds."""

    hit: bool | None = None
    """Whether work found it loaded; None: nothing but loading was asked for."""
    load_seconds: float | None = None
    """None: it was not loaded, as it was there or as that failed."""
    work_seconds: float | None = None
    """None: no work was begun."""
    audio_seconds: float = 0.0
    """Of segments whose results were given."""


class End(Answer, frozen=True, kw_only=True, tag=True):
    """Last answer to a request. `memory` is the worker's resident size, bytes."""

    memory: int = 0
    usage: Usage | None = None
    """None: no backend was asked for."""
    spent: bool = False
    """Something goes on in the worker that nothing but its end will end."""


class Done(End, frozen=True, kw_only=True, tag=True):
    pass


class Probed(End, frozen=True, kw_only=True, tag=True):
    duration: float | None
    """Announced, seconds."""
    container: str
    codec: str


class Extracted(End, frozen=True, kw_only=True, tag=True):
    samples: int
    missing: float
    """Seconds that were announced and could not be decoded."""
    damaged: int
    """Packets that could not be decoded."""


class Fetched(End, frozen=True, kw_only=True, tag=True):
    """All files are in the folder, verified and on the disk, with a manifest."""

    manifest: Manifest


class Newer(End, frozen=True, kw_only=True, tag=True):
    revision: str


class Verified(End, frozen=True, kw_only=True, tag=True):
    wrong: list[str]
    """Paths of files that are missing or not as they were; empty: all is well."""


class Cancelled(End, frozen=True, kw_only=True, tag=True):
    pass


class Failed(End, frozen=True, kw_only=True, tag=True):
    """The request failed; the worker lives."""

    problem: Problem
    trace: str = ""
    loading: bool = False
    """The backend could not even be built."""
    disk_full: bool = False


class Logged(Answer, frozen=True, kw_only=True, tag=True):
    """A log record on its way to the daemon's log; `id` of the request in hand, else 0."""

    level: int
    logger: str
    message: str


Requests = (
    Probe | Extract | Fold | Detect | Transcribe | Align | Load | Unload | Fetch | Newest | Verify
    | Import | Settle | Cancel | Ping
)  # fmt: skip
Answers = (
    Hello | Pong | Extracting | Found | Drafted | Sounding | Noticed | Produced | Planned | Fetching
    | Done | Probed | Extracted | Fetched | Newer | Verified | Cancelled | Cached | Failed | Logged
)  # fmt: skip

_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Requests] = msgspec.msgpack.Decoder(Requests)
_answers: msgspec.msgpack.Decoder[Answers] = msgspec.msgpack.Decoder(Answers)


def frame(message: Any) -> bytes:
    """`message` as it travels."""
    body = _encoder.encode(message)
    if len(body) > LIMIT:
        raise ValueError(f"a message of {len(body)} bytes is larger than {LIMIT}")
    return HEADER.pack(len(body)) + body


def body_length(header: bytes) -> int:
    """Length of the body that follows `header`. Raises ValueError if it is beyond the limit."""
    (length,) = HEADER.unpack(header)
    if length > LIMIT:
        raise ValueError(f"a message of {length} bytes is larger than {LIMIT}")
    return int(length)


def read_request(body: bytes) -> Requests:
    return _requests.decode(body)


def read_answer(body: bytes) -> Answers:
    return _answers.decode(body)
