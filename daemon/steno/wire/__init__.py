"""What crosses the socket between the daemon and its clients.

Every type is a msgspec struct: it validates requests, encodes answers and describes itself.
Times of the media are seconds; moments are seconds since the epoch, UTC.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from steno.errors import Problem
from steno.plugins.contract import Notice as Notice
from steno.plugins.contract import Word
from steno.plugins.described import Kind
from steno.wire.models import ModelInfo
from steno.wire.system import ConfigChanges as ConfigChanges
from steno.wire.system import ConfigState as ConfigState
from steno.wire.system import GpuInfo
from steno.wire.system import LogPage as LogPage
from steno.wire.system import LogRecord as LogRecord
from steno.wire.system import Setting as Setting

State = Literal["created", "queued", "running", "completed", "failed", "paused", "cancelled"]
Phase = Literal["fetch", "extract", "split", "transcribe", "align", "write"]
"""`fetch`: a model that the job needs is on its way."""
Format = Literal["srt", "vtt", "txt", "json", "tsv", "lrc", "ass"]
Task = Literal["transcribe", "translate"]
FORMATS: tuple[Format, ...] = ("srt", "vtt", "txt", "json", "tsv", "lrc", "ass")
FINAL: frozenset[State] = frozenset({"completed", "failed", "cancelled"})
"""States in which a job does nothing and waits for nobody."""


# Settings of a job -------------------------------------------------------------------------------


class SubtitleStyle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How cues are made readable. Lengths in characters, durations in seconds.

    Reading speeds are by default those of Netflix's Timed Text Style Guides for English (adult
    programmes) and for Simplified Chinese; spaces and punctuation count.
    """

    max_line_chars: Annotated[int, Meta(ge=10, le=200, description="characters a line")] = 42
    max_line_chars_wide: Annotated[
        int, Meta(ge=5, le=100, description="characters a line in full-width scripts")
    ] = 16
    max_lines: Annotated[int, Meta(ge=1, le=4, description="lines a cue")] = 2
    min_duration: Annotated[
        float, Meta(ge=0, le=10, description="shortest cue, where the speech allows")
    ] = 1.0
    max_duration: Annotated[float, Meta(ge=1, le=30, description="longest cue")] = 7.0
    min_gap: Annotated[float, Meta(ge=0, le=1, description="pause between cues")] = 0.0
    max_cps: Annotated[
        float, Meta(ge=0, le=100, description="characters a second one can read; 0: any number")
    ] = 20.0
    max_cps_wide: Annotated[
        float, Meta(ge=0, le=100, description="the same, in full-width scripts")
    ] = 9.0


class JobSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a job does. None means: what fits best."""

    backend: str | None = None
    model: str | None = None
    """`kind/id` or `id`."""
    language: str | None = None
    """ISO 639 code; None: detect, or the model's only one."""
    task: Task = "transcribe"
    prompt: Annotated[str, Meta(max_length=4000)] = ""
    """Text in whose manner the recogniser should write."""
    hotwords: Annotated[str, Meta(max_length=4000)] = ""
    """Words that are likely to be said."""
    splitter: str | None = None
    align: bool = True
    aligner: str | None = None
    device: Annotated[
        str, Meta(pattern=r"^[a-z]+(:[0-9]+)?$", description="a device, such as cpu or cuda:1")
    ] = "auto"
    batch_size: Annotated[int, Meta(ge=1, le=256)] | None = None
    """Segments handed to the backend at once; None: what it can use."""
    workers: Annotated[int, Meta(ge=1, le=64)] | None = None
    """Processes at once; None: as many as the backend and the machine can use."""
    formats: tuple[Format, ...] = ("srt",)
    output_dir: str | None = None
    """Absolute folder, or its percent-encoded `file:` URI; None: beside the media file."""
    overwrite: bool = False
    """Replace files Steno did not write, or that were changed since."""
    style: SubtitleStyle = SubtitleStyle()
    options: dict[Literal["asr", "splitter", "aligner"], dict[str, Any]] = {}
    """Settings of the job's backends themselves, by kind."""


SettingsGiven = Annotated[
    dict[str, Any],
    Meta(extra_json_schema={"allOf": [{"$ref": "#/components/schemas/JobSettings"}]}),
]
"""Some members of `JobSettings`."""


class NewJob(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST /api/jobs`."""

    path: Annotated[str, Meta(min_length=1, max_length=16_384)] | None = None
    """Absolute path, or a percent-encoded `file:` URI for names that are not UTF-8. Over the Unix
    socket only."""
    upload: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """Id of an upload, in place of `path`."""
    settings: SettingsGiven = {}
    """Those left out are as configured."""
    start: bool = True
    """Whether it is queued at once."""


class Upload(Struct, frozen=True, kw_only=True):
    """A file that was sent, or is still being sent. Sizes in bytes."""

    id: str | None
    """Names it in `POST /api/jobs`; None until it is complete."""
    name: str
    received: int
    size: int | None
    """None while it is not known."""
    complete: bool
    sha256: str | None = None
    """Hex, once it is complete."""


class Uploads(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/uploads`."""

    uploads: list[Upload]
    """Those still being sent, then the others, newest first."""


class Changes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/resume` and `…/resume/validate`: settings to change, by name."""

    settings: SettingsGiven = {}


class Verdict(Struct, frozen=True, kw_only=True):
    """What a resume says of a change of one setting."""

    setting: str
    ruling: Literal["free", "warn", "locked"]
    """What the setting is, also while nothing is transcribed yet."""
    allowed: bool
    """Whether it can change now."""
    reason: str


class Validation(Struct, frozen=True, kw_only=True):
    """Answer of `…/resume/validate`."""

    allowed: bool
    verdicts: list[Verdict]


# A job -------------------------------------------------------------------------------------------


class Progress(Struct, frozen=True, kw_only=True):
    """How far a job is; also the data of the event `progress`."""

    job_id: str
    phase: Phase | None
    """The earliest unfinished phase; None once all are done."""
    percent: float
    """0 to 100, never runs backwards."""
    message: str = ""
    processed: float = 0.0
    """Seconds of media transcribed or known to be silent."""
    total: float | None = None
    """Seconds of media; None until known."""
    speed: float | None = None
    """Media seconds per second of wall time; None while it cannot be told."""
    eta_s: float | None = None


class SegmentCounts(Struct, frozen=True, kw_only=True):
    planned: int = 0
    done: int = 0
    aligned: int = 0
    failed: int = 0


class Output(Struct, frozen=True, kw_only=True):
    """A subtitle file of a job."""

    format: Format
    path: str
    """For display."""
    uri: str
    written: bool = False
    stale: bool = False
    """Whether the text was edited since it was written. It is written anew within seconds of the
    last edit; the warning `files_behind` tells where it is not."""


class Job(Struct, frozen=True, kw_only=True):
    """One media file on its way to subtitles."""

    id: str
    name: str
    """File name, for display."""
    path: str
    """For display; `uri` is exact."""
    uri: str
    upload: str | None = None
    """Id of the upload it was made from."""
    state: State
    reason: str | None = None
    """Why it is in this state, for example `user`, `disk_full`, or an error's code."""
    error: Problem | None = None
    revision: int
    """Rises with every change of state."""
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    duration: float | None = None
    """Seconds of audio: decoded, or until then announced by the container."""
    language: str | None = None
    settings: JobSettings
    """With every choice made."""
    progress: Progress
    segments: SegmentCounts = SegmentCounts()
    warnings: list[Notice] = []
    """What is not as it should be. Those on subtitles (`cues_…`, `lines_…`) tell of the moment the
    job was last completed: edits after that do not change them."""
    outputs: list[Output] = []


class JobPage(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/jobs`, newest first."""

    jobs: list[Job]
    total: int
    """Jobs that fit the filter, in all."""
    next: str | None = None
    """Cursor of the next page."""


class Gap(Struct, frozen=True, kw_only=True):
    """A segment that was given up; also the data of the event `gap`."""

    job_id: str
    segment_index: int
    start: float
    end: float
    reason: str


class Checkpoint(Struct, frozen=True, kw_only=True):
    """Answer of `GET …/checkpoint`: what is done and what a resume would do."""

    job_id: str
    settings: JobSettings
    versions: dict[str, str]
    """What the plan was made with: backend, distribution and version."""
    segments: SegmentCounts
    plan_complete: bool
    remaining: int
    gaps: list[Gap]


# Transcript --------------------------------------------------------------------------------------


class Cue(Struct, frozen=True, kw_only=True):
    """One subtitle as a person reads it."""

    id: str
    """`{segment_index}.{n}`, never changes. Those a person made count from 10000."""
    start: float
    end: float
    text: str
    """Lines are separated by a newline."""
    words: list[Word] = []
    modified: list[Literal["text", "start", "end"]] = []
    """Fields a person set; nothing the machine does later changes them."""
    revision: int = 0
    """Rises with every edit of this cue; its ETag."""


class Transcript(Struct, frozen=True, kw_only=True):
    """Answer of `GET …/transcript`: all that a client needs to know anew after a reconnection."""

    job_id: str
    state: State
    source: Literal["aligned", "checkpoint", "none"]
    aligned_at: float | None
    revision: int
    """Rises with every change of the text or its times."""
    as_of: str
    """Id of the newest durable event that this answer contains."""
    language: str | None
    progress: Progress
    gaps: list[Gap]
    undo: int | None
    """Number of the edit that `undo` would take back."""
    redo: int | None
    cues: list[Cue]
    """In the order of `start`."""
    next: str | None = None
    """Cursor of the next page."""


MOST_COLUMNS = 4000
"""Columns of a waveform that may be asked for at once."""


class Waveform(Struct, frozen=True, kw_only=True):
    """Answer of `GET …/waveform`: how loud the audio is, for drawing."""

    job_id: str
    start: float
    """Seconds: what was asked for, as far as there is audio."""
    end: float
    columns: list[int | None]
    """The range in equal parts, as many as were asked for: the loudest sample of each, 0 to 255;
    null where that is not known yet. Empty if no audio is in the range."""
    available: float
    """Seconds from the beginning that are known by now."""
    complete: bool
    """Whether all is known; until then ask again."""
    duration: float | None
    """Seconds of audio; null until that is known."""
    speech: list[list[float]]
    """`[start, end]` of each segment of the job that touches the range, in order, as far as they
    are known: somebody speaks there."""


# Edits -------------------------------------------------------------------------------------------

CUE_ID = r"[0-9]{1,9}\.[0-9]{1,9}"
"""Pattern of the id of a cue: its segment and its number there."""
SHORTEST_CUE = 0.01
"""Seconds a cue of a person's must last: no format shows less."""
LONGEST_CUE = 600.0
"""Seconds a cue may last."""
LONGEST_TEXT = 10_000
"""Characters a cue may have."""
FIRST_OWN = 10_000
"""The first `n` of cues a person made; those of a fragment are fewer."""

LATEST = 359_940
"""Seconds, 99 h 59 min: hours have two digits in some formats."""

Moment = Annotated[float, Meta(ge=0, le=LATEST, description="seconds")]
CueLines = Annotated[str, Meta(max_length=LONGEST_TEXT)]
EditAction = Literal["change", "split", "merge", "delete", "insert"]


class CueChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `PATCH …/cues/{cue}`: what is left out stays."""

    text: CueLines | None = None
    start: Moment | None = None
    end: Moment | None = None


class CueSplit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/cues/{cue}/split`."""

    at: Annotated[int, Meta(ge=1, le=LONGEST_TEXT)]
    """Characters of the text that stay; the rest is the new cue's."""
    time: Moment | None = None
    """When the new cue begins; None: with its first word."""


class CueMerge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/cues/{cue}/merge`: the cue that follows and goes."""

    cue: Annotated[str, Meta(pattern=f"^{CUE_ID}$", description="the id of a cue")]
    revision: int | None = None
    """That cue's revision; None: whatever it is."""


class NewCue(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/cues`."""

    start: Moment
    end: Moment
    text: CueLines


class EditStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of `POST …/undo` and `…/redo`."""

    edit: int | None = None
    """Number of the edit that is meant; None: whichever is next."""


class Edited(Struct, frozen=True, kw_only=True):
    """Answer of every edit."""

    job_id: str
    edit: int
    """Number of the edit that was made, taken back or made again; 0: nothing was to be changed."""
    action: EditAction | Literal["undo", "redo"]
    revision: int
    """The transcript's."""
    cues: list[Cue]
    """Cues as they are now, with words."""
    removed: list[str]
    """Ids of cues that are gone."""
    undo: int | None
    redo: int | None


# Events ------------------------------------------------------------------------------------------

JOBS_CHANNEL = "jobs"
"""All jobs, without their text."""
TRANSCRIPTS_CHANNEL = "transcripts"
"""The text of all jobs: what `jobs` leaves out."""


def job_channel(job: str) -> str:
    """The channel of one job."""
    return f"job:{job}"


class JobEvent(Struct, frozen=True, kw_only=True):
    """Data of `job`."""

    job_id: str
    state: State | Literal["removed"]
    reason: str | None
    revision: int


class CueText(Struct, frozen=True, kw_only=True):
    id: str
    start: float
    end: float
    text: str


class FragmentEvent(Struct, frozen=True, kw_only=True):
    """Data of `fragment`."""

    job_id: str
    segment_index: int
    language: str | None
    segments: list[CueText]
    words: list[Word] = []


class AlignedEvent(Struct, frozen=True, kw_only=True):
    """Data of `aligned`: cues of a segment with the times of their words, without these."""

    job_id: str
    segment_index: int
    revision: int
    """The transcript's."""
    cues: list[Cue]


class EditEvent(Struct, frozen=True, kw_only=True):
    """Data of `edit`: cues as a person left them, without words."""

    job_id: str
    edit: int
    action: EditAction | Literal["undo", "redo"]
    revision: int
    """The transcript's."""
    cues: list[Cue]
    removed: list[str]


class DraftEvent(Struct, frozen=True, kw_only=True):
    """Data of `draft`."""

    job_id: str
    segment_index: int
    text: str
    start: float
    end: float
    confidence: float | None = None


class SignalEvent(Struct, frozen=True, kw_only=True):
    """Data of `signal`."""

    code: Literal["alignment_ready", "job_complete", "transcript_changed", "resync"]
    message: str
    job_id: str | None = None


class ErrorEvent(Struct, frozen=True, kw_only=True):
    """Data of `error`."""

    code: str
    message: str
    hint: str
    retryable: bool
    job_id: str | None = None


class InitialState(Struct, frozen=True, kw_only=True):
    """Data of `initial_state`, one for each channel, first on every connection."""

    channel: str
    as_of: str
    """Id of the newest durable event this state contains."""
    job: Job | None = None
    jobs: list[Job] | None = None
    """Active jobs, at most 100."""
    counts: dict[str, int] | None = None
    """Jobs by state."""
    models: list[ModelInfo] | None = None
    """The catalogue, or the one model of the channel."""


class Event(Struct, frozen=True, kw_only=True):
    """An event as a client sees it."""

    type: str
    data: dict[str, Any]
    id: str | None = None
    """Durable events only."""


class History(Struct, frozen=True, kw_only=True):
    """Answer of `…/events/history`."""

    job_id: str
    events: list[Event]
    count: int


# The daemon --------------------------------------------------------------------------------------


class Health(Struct, frozen=True, kw_only=True):
    status: Literal["ok", "stopping"]
    version: str
    pid: int


class WorkerInfo(Struct, frozen=True, kw_only=True):
    name: str
    pid: int | None
    state: Literal["starting", "idle", "busy", "waiting"]
    """`waiting`: for its next start after it died."""
    work: str = ""
    restarts: int = 0
    memory: int | None = None
    """Bytes it has in memory; None where the system does not tell."""


class Status(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/status`."""

    version: str
    pid: int
    python: str
    started_at: float
    socket: str
    tcp: str | None = None
    """Address of the TCP door; None: it is closed."""
    data_dir: str
    log: str
    jobs: dict[str, int]
    """All of them, by state."""
    as_of: str
    """Id of the newest durable event that `jobs` contains."""
    workers: list[WorkerInfo]
    subscribers: int
    held: str | None = None
    """Why no job runs, for example a full disk."""
    memory: int | None = None
    """Bytes the daemon has in memory; None where the system does not tell, as with all sizes."""
    cpu_s: float = 0.0
    """Seconds of processors that the daemon used, without its workers."""
    memory_total: int | None = None
    """Bytes of the machine."""
    memory_available: int | None = None
    """Bytes of the machine that programs could still have."""
    disk_free: int | None = None
    """Bytes free on the disk of `data_dir`."""
    gpus: list[GpuInfo] = []
    """NVIDIA's, as the driver told some seconds ago; those that workers may use."""


class BackendInfo(Struct, frozen=True, kw_only=True):
    """A backend as clients see it."""

    kind: Kind
    name: str
    title: str
    usable: bool
    missing: list[str] = []
    """Python packages that it lacks."""
    remedy: str = ""
    """The command that installs them; empty if there are none."""
    models: list[str] = []
    languages: list[str] = []
    devices: list[str] = []
    settings_schema: dict[str, Any] | None = None
    """JSON Schema of the backend's own settings."""


class PluginInfo(Struct, frozen=True, kw_only=True):
    """A plugin, or why it cannot be used."""

    name: str
    """Of its entry point."""
    distribution: str
    version: str
    backends: list[BackendInfo] = []
    error: str | None = None


class Plugins(Struct, frozen=True, kw_only=True):
    """Answer of `GET /api/plugins`."""

    plugins: list[PluginInfo]


encode = msgspec.json.Encoder().encode
