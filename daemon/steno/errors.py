"""Every message Steno shows a person when something went wrong, and every exit code.

An error is a stable `code` plus facts. The catalogue below turns it into what happened, why and
what to do next (RFC 9457 problem details over HTTP, two lines on a terminal).

    StenoError                a problem with a code, safe to show
    ├── WorkFailed            plugin code reported a failure (the worker lives)
    ├── WorkerDied            the worker process ended with work in hand
    └── WorkerUnavailable     no worker process could be started
"""

import re
from enum import IntEnum
from string import Formatter
from typing import Any, NamedTuple, Self

import msgspec
from msgspec import inspect


class Exit(IntEnum):
    """Exit codes of `steno` and `stenod`."""

    OK = 0
    FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    NO_DAEMON = 4
    CONFLICT = 5
    GAPS = 6
    ALREADY_RUNNING = 7
    STORAGE = 8
    INTERRUPTED = 130


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client is told of an error: the body of `application/problem+json`."""

    code: str
    """Stable, snake case, listed in docs/errors.md."""
    title: str
    """What went wrong, the same for every occurrence of the code."""
    status: int
    """HTTP status."""
    detail: str
    """What happened here, one sentence."""
    hint: str = ""
    """What to do next."""
    retryable: bool = False
    """Whether the same request may succeed later without a change."""
    state: str | None = None
    """The job's state, where a transition was refused."""
    revision: int | None = None
    """The cue's revision, where an edit was refused."""
    facts: dict[str, str] = {}
    """What fills the sentences that docs/errors.md has for the code, for who says them in another
    language."""


class Entry(NamedTuple):
    status: int
    exit: Exit
    title: str
    detail: str
    hint: str
    retryable: bool = False


CATALOG: dict[str, Entry] = {
    # Requests
    "bad_request": Entry(
        400, Exit.USAGE, "The request cannot be understood", "{why}",
        "Compare the request with docs/http.md.",
    ),
    "not_found": Entry(
        404, Exit.BAD_INPUT, "No such resource", "There is nothing at {what}.",
        "See docs/http.md for the routes.",
    ),
    "method_not_allowed": Entry(
        405, Exit.USAGE, "Method not allowed", "{method} is not possible at {what}.",
        "Allowed: {allowed}.",
    ),
    "too_large": Entry(
        413, Exit.BAD_INPUT, "The request is too large",
        "{what} is larger than {limit} bytes.", "Send less.",
    ),
    "too_many_streams": Entry(
        429, Exit.CONFLICT, "Too many event streams", "{count} event streams are open already.",
        "Close one, or raise the limit in [events] of the configuration.", True,
    ),
    "forbidden_peer": Entry(
        403, Exit.CONFLICT, "Another user's daemon",
        "This daemon serves user {owner} only; you are user {peer}.", "Start your own daemon.",
    ),
    "local_only": Entry(
        403, Exit.USAGE, "Not over the network", "{what} can be named over the Unix socket only.",
        "Upload the file with PUT /api/uploads/NAME, and fetch subtitles from output.srt.",
    ),
    "unauthorized": Entry(
        401, Exit.USAGE, "A token is needed", "The request has no valid token.",
        "Send `Authorization: Bearer TOKEN`; the token is in the file `token` in Steno's state"
        " folder.",
    ),
    "forbidden_host": Entry(
        403, Exit.USAGE, "Another host's name", "This daemon is not at {host}.",
        "Use the very address that `steno status` shows, or list yours in [tcp] hosts.",
    ),
    "forbidden_origin": Entry(
        403, Exit.USAGE, "A web page may not do this", "Requests from {origin} are refused.",
        "List the origin in [tcp] origins if you trust it.",
    ),
    "encoding_unsupported": Entry(
        415, Exit.USAGE, "The body is encoded", "A body in the encoding {name} is not taken.",
        "Send it as it is, without Content-Encoding.",
    ),
    "media_type_unsupported": Entry(
        415, Exit.USAGE, "The body is of another kind", "{name} is not possible here.",
        "Send {wanted}.",
    ),
    "head_too_large": Entry(
        431, Exit.USAGE, "The request's head is too large",
        "The request's address or its header fields are too long or too many.",
        "Send less in the head; a body may be larger.",
    ),
    "too_slow": Entry(
        408, Exit.FAILED, "The request took too long", "The body did not arrive within {limit} s.",
        "Send it again; files go to PUT /api/uploads/NAME.", True,
    ),
    "match_required": Entry(
        428, Exit.USAGE, "The revision is missing",
        "An edit must say which revision of the cue it changes.",
        'Send `If-Match: "REVISION"` with the cue\'s revision, or `If-Match: *` for any.',
    ),
    "setting_invalid": Entry(
        422, Exit.BAD_INPUT, "A setting is not valid", "{why}",
        "`steno transcribe --help` and config.example.toml list what is possible.",
    ),
    "setting_fixed": Entry(
        409, Exit.CONFLICT, "The environment sets this",
        "{setting} is set by the variable {variable} in the daemon's environment.",
        "Start the daemon without that variable, then change the setting.",
    ),
    "job_not_found": Entry(
        404, Exit.BAD_INPUT, "No such job", "There is no job {job}.",
        "`steno jobs` lists all jobs.",
    ),
    "job_ambiguous": Entry(
        409, Exit.BAD_INPUT, "More than one job fits", "{job} is the beginning of several jobs.",
        "Give more characters of the job's id.",
    ),
    "transition_refused": Entry(
        409, Exit.CONFLICT, "The job's state does not allow this",
        "The job is {at}; {action} is not possible.", "Possible now: {possible}.",
    ),
    "job_stopped": Entry(
        409, Exit.CONFLICT, "The job was stopped", "Job {job} is {at}; it has no result.",
        "`steno resume` goes on with it; or send the file again.",
    ),
    "setting_locked": Entry(
        409, Exit.CONFLICT, "A setting can no longer be changed", "{why}",
        "Resume without the change, or add the file again as a new job.",
    ),
    # Edits
    "cue_not_found": Entry(
        404, Exit.BAD_INPUT, "No such cue", "There is no cue {cue} in job {job}.",
        "Fetch the transcript anew.",
    ),
    "cue_changed": Entry(
        412, Exit.CONFLICT, "The cue was changed meanwhile",
        "Cue {cue} has revision {found}, not {wanted}.",
        "Fetch the cue anew, then decide whether your edit still fits.",
    ),
    "edit_invalid": Entry(
        422, Exit.BAD_INPUT, "The edit is not possible", "{why}", "Nothing was changed.",
    ),
    "nothing_to_undo": Entry(
        409, Exit.CONFLICT, "Nothing to take back or make again", "{why}", "Nothing was changed.",
    ),
    # Waveforms
    "range_invalid": Entry(
        422, Exit.USAGE, "The range makes no sense", "{why}",
        "Give `from` and `to` in seconds, `from` being the earlier one.",
    ),
    "waveform_gone": Entry(
        409, Exit.CONFLICT, "The waveform can no longer be made",
        "The waveform of job {job} is not stored, and its file does not give it any more: {why}",
        "Put the original file back where it was and ask again; the text and all else stays as it"
        " is.",
    ),
    # Uploads
    "upload_not_found": Entry(
        404, Exit.BAD_INPUT, "No such upload", "There is no upload {upload}.",
        "Send the file with PUT /api/uploads/NAME; the answer has its id.",
    ),
    "upload_busy": Entry(
        409, Exit.CONFLICT, "The upload is under way", "{name} is being sent by another request.",
        "Wait for it to end, or send under another name.", True,
    ),
    "upload_range": Entry(
        416, Exit.USAGE, "The range does not fit", "{why}",
        "Ask with GET /api/uploads/NAME how many bytes were received, and send from there.",
    ),
    "upload_incomplete": Entry(
        400, Exit.FAILED, "The upload broke off", "{received} of {size} bytes of {name} came.",
        "Send the rest with Content-Range; what came is kept.", True,
    ),
    "upload_too_large": Entry(
        413, Exit.BAD_INPUT, "The upload is too large", "An upload may have {limit} bytes.",
        "Raise [uploads] max_mib in the configuration, or send the audio only.",
    ),
    "uploads_full": Entry(
        507, Exit.STORAGE, "There is no room for more uploads",
        "{count} uploads with {size} MiB are kept.",
        "Remove some with DELETE /api/uploads/ID, or raise [uploads] max_total_mib.", True,
    ),
    "upload_damaged": Entry(
        400, Exit.FAILED, "The upload arrived damaged",
        "The SHA-256 of {name} is {found}, not {wanted}.", "Send the whole file again.", True,
    ),
    "upload_gone": Entry(
        409, Exit.CONFLICT, "The upload is no longer there",
        "The file of job {job} was removed when nobody waited for the job any more.",
        "Send the file again and add a new job; what is transcribed can still be read.",
    ),
    "upload_in_use": Entry(
        409, Exit.CONFLICT, "The upload is in use", "Job {job} needs the upload {upload}.",
        "Remove the job first.",
    ),
    # Events
    "events_gone": Entry(
        410, Exit.CONFLICT, "The past is gone", "What came after event {since} is not stored.",
        "Fetch the state anew, and go on from its `as_of`.",
    ),
    # Media
    "file_not_found": Entry(
        422, Exit.BAD_INPUT, "The file does not exist", "There is no file {name}.",
        "Check the name and the folder.",
    ),
    "file_unreadable": Entry(
        422, Exit.BAD_INPUT, "The file cannot be read", "{name} cannot be read: {why}.",
        "Check the file's permissions.",
    ),
    "file_is_folder": Entry(
        422, Exit.BAD_INPUT, "A folder is not a media file", "{name} is a folder.",
        "Name the files in it, for example {name}/*.mp4.",
    ),
    "file_not_regular": Entry(
        422, Exit.BAD_INPUT, "Not a regular file", "{name} is a device, a pipe or a socket.",
        "Give an ordinary media file.",
    ),
    "media_empty": Entry(
        422, Exit.BAD_INPUT, "The file is empty", "{name} holds no bytes.",
        "Copy or download the file again.",
    ),
    "media_unknown": Entry(
        422, Exit.BAD_INPUT, "Not a media file Steno can read",
        "{name} is not audio or video in a format Steno knows.",
        "Convert it first, for example with `ffmpeg -i FILE -vn out.flac`.",
    ),
    "media_playlist": Entry(
        422, Exit.BAD_INPUT, "A playlist is not a media file",
        "{name} is a playlist that leads to other files; Steno does not follow it.",
        "Give the media files themselves.",
    ),
    "media_no_audio": Entry(
        422, Exit.BAD_INPUT, "The file has no audio", "{name} has no audio track.",
        "Check that it is the right file.",
    ),
    "media_no_samples": Entry(
        422, Exit.BAD_INPUT, "No audio can be decoded",
        "The audio track of {name} holds nothing that can be decoded.",
        "The file is damaged; copy or download it again.",
    ),
    "media_too_long": Entry(
        422, Exit.BAD_INPUT, "The audio is too long",
        "{name} is longer than the {limit} s that are allowed.",
        "Raise [media] max_duration in the configuration, or cut the file.",
    ),
    "media_failed": Entry(
        422, Exit.BAD_INPUT, "The file cannot be decoded", "{name} cannot be decoded: {why}.",
        "Copy or download it again, or convert it with ffmpeg.",
    ),
    "source_changed": Entry(
        409, Exit.CONFLICT, "The file changed since the job began",
        "{name} is not the file it was when the job was added.",
        "Put the original back and resume, or add the file as a new job.",
    ),
    "plan_changed": Entry(
        409, Exit.CONFLICT, "The file no longer cuts as it did",
        "{name} decodes differently than when its first segments were transcribed (segment "
        "{index}).",
        "What is transcribed is safe: `steno export`. To go on, add the file as a new job.",
    ),
    # Backends
    "backend_unknown": Entry(
        422, Exit.BAD_INPUT, "No such backend", "There is no {kind} backend {name}.",
        "Known: {known}. `steno plugins` shows more.",
    ),
    "backend_none": Entry(
        422, Exit.BAD_INPUT, "No backend can be used", "No {kind} backend is installed and ready.",
        "`steno plugins` says what each one lacks.",
    ),
    "backend_missing": Entry(
        422, Exit.BAD_INPUT, "A backend lacks a package",
        "The backend {name} needs Python packages that are not installed: {missing}.",
        "Install it in Steno's environment: `{how}`.",
    ),
    "aligner_none": Entry(
        422, Exit.BAD_INPUT, "No aligner for the language",
        "No aligner for {language} is installed{how}.",
        "The subtitles have the recogniser's times; `steno plugins` shows the aligners.",
    ),
    "aligner_late": Entry(
        504, Exit.FAILED, "The aligner's model did not come in time",
        "The aligner could not be used: {why}.",
        "The subtitles have the recogniser's times; `steno models pull` fetches it.", True,
    ),
    "model_unknown": Entry(
        422, Exit.BAD_INPUT, "No such model", "The backend {backend} has no model {name}.",
        "Known: {known}.",
    ),
    "model_not_found": Entry(
        404, Exit.BAD_INPUT, "No such model", "There is no model {name}.", "Known: {known}.",
    ),
    "model_ambiguous": Entry(
        409, Exit.BAD_INPUT, "More than one model fits", "{name} may be {models}.",
        "Name its kind, too: `{first}`.",
    ),
    "device_unsupported": Entry(
        422, Exit.BAD_INPUT, "The backend cannot use this device",
        "{backend} cannot use the device {name}.", "It can use: {known}.",
    ),
    "language_unknown": Entry(
        422, Exit.BAD_INPUT, "No such language", "{name} is not a language code Steno knows.",
        "Use a code of ISO 639, for example en, de or ja.",
    ),
    "language_unsupported": Entry(
        422, Exit.BAD_INPUT, "The model does not know this language",
        "The model {model} of {backend} does not know the language {name}.",
        "It knows: {known}.",
    ),
    "backend_load_failed": Entry(
        500, Exit.FAILED, "A backend could not be started", "{backend} could not be started: {why}",
        "`steno daemon logs` has the details; resume the job when it is mended.",
    ),
    "backend_failed": Entry(
        500, Exit.FAILED, "A backend failed", "{backend} failed: {why}",
        "`steno daemon logs` has the details; `steno retry` tries again.", True,
    ),
    "downloader_failed": Entry(
        500, Exit.FAILED, "A downloader failed", "{downloader} failed: {why}",
        "`steno daemon logs` has the details; `steno models pull` tries again.", True,
    ),
    "backend_broken": Entry(
        500, Exit.FAILED, "A backend breaks its contract", "{backend} broke its contract: {why}",
        "Tell the backend's author; `steno daemon logs` has the details.",
    ),
    "nothing_transcribed": Entry(
        500, Exit.FAILED, "Nothing could be transcribed",
        "None of the first {count} segments could be transcribed. {why}",
        "`steno daemon logs` has the details; `steno retry` tries again.", True,
    ),
    "worker_died": Entry(
        500, Exit.FAILED, "A worker process ended", "The worker process {how}.",
        "`steno daemon logs` has the details; try again.", True,
    ),
    "worker_unavailable": Entry(
        503, Exit.FAILED, "No worker process can be started",
        "No worker process can be started: it {how}.",
        "`steno daemon logs` has the details; if Steno was just upgraded, restart it with "
        "`steno daemon stop` and `steno daemon start`.", True,
    ),
    "worker_stuck": Entry(
        500, Exit.FAILED, "A worker made no progress",
        "The worker process made no progress for {seconds} s and was stopped.",
        "`steno daemon logs` has the details; [workers] progress_timeout is the limit.", True,
    ),
    "no_progress": Entry(
        500, Exit.FAILED, "The job does not get on",
        "The daemon ended {count} times in a row while this job ran without finishing a segment.",
        "`steno daemon logs` may say why; `steno resume` tries again.", True,
    ),
    # Models
    "model_missing": Entry(
        409, Exit.BAD_INPUT, "The model is not there",
        "The model {name} is not downloaded, and [models] fetch is off.",
        "`steno models pull {name}` fetches it.",
    ),
    "model_in_use": Entry(
        409, Exit.CONFLICT, "The model is in use", "The model {name} is in use: {why}.",
        "Wait until that ends, or pause or cancel it.", True,
    ),
    "model_fixed": Entry(
        409, Exit.CONFLICT, "The model is not Steno's to change",
        "The model {name} {why}.",
        "Only models that Steno fetched or imported can be checked, changed or removed.",
    ),
    "model_idle": Entry(
        409, Exit.CONFLICT, "Nothing to do", "The model {name} {why}.",
        "`steno models list` shows what there is.",
    ),
    "model_damaged": Entry(
        500, Exit.STORAGE, "A model's files are damaged",
        "Files of the model {name} are missing or not as they were: {files}.",
        "`steno models pull {name}` mends it; what is sound is not fetched again.", True,
    ),
    "downloader_missing": Entry(
        422, Exit.BAD_INPUT, "No way to fetch the model",
        "The model {name} needs the downloader {downloader}, which {why}.",
        "Install what it lacks, or bring the files: `steno models import {name} PATH`.",
    ),
    "download_network": Entry(
        503, Exit.FAILED, "The network cannot be reached",
        "{host} cannot be reached: {why}.",
        "Check the connection and try again; what is there already is kept. Behind a proxy set"
        " HTTPS_PROXY, for a mirror set HF_ENDPOINT, where the daemon is started.", True,
    ),
    "download_offline": Entry(
        503, Exit.FAILED, "The network is switched off",
        "{repository} is not fetched, as the network is not to be used: {why}.",
        "Unset that where the daemon is started and start it anew, or bring the model with"
        " `steno models import`.",
    ),
    "download_proxy": Entry(
        503, Exit.FAILED, "The proxy refuses", "The proxy {host} does not let it through: {why}.",
        "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY where the daemon is started, then try again.",
        True,
    ),
    "download_refused": Entry(
        502, Exit.FAILED, "The server refuses", "{host} answered {status}: {why}.",
        "Try again later, or use another mirror (HF_ENDPOINT).", True,
    ),
    "download_gated": Entry(
        403, Exit.FAILED, "The model needs a permission",
        "{repository} is given only to those who accepted its terms: {why}.",
        "Accept the terms on the repository's page, make a token there, and start the daemon with"
        " HF_TOKEN set to it (or run `hf auth login`).",
    ),
    "download_not_found": Entry(
        404, Exit.FAILED, "The repository has no such files", "{what} cannot be found: {why}.",
        "Check the name and the revision, or whether the mirror has the repository.",
    ),
    "download_damaged": Entry(
        502, Exit.FAILED, "Wrong bytes came",
        "{file} came twice with another checksum than it should have.",
        "Nothing was installed. Try another mirror or network; what comes in between changes the"
        " bytes, or the repository was changed.", True,
    ),
    "download_stalled": Entry(
        504, Exit.FAILED, "The download stands still",
        "{host} sent nothing new for {seconds} s.",
        "What came is kept: try again, and it goes on from there.", True,
    ),
    "download_no_room": Entry(
        507, Exit.STORAGE, "No room for the model",
        "{need} are needed in {folder}, where {free} are free beside the {kept} that are left alone"
        " (min_free_mib).",
        "Free some room, `steno models rm` removes models; then try again. What a download brought"
        " is kept.",
        True,
    ),
    "download_unsafe": Entry(
        422, Exit.FAILED, "The file list is not safe", "{what}: {why}.",
        "Nothing was written. Do not use this source.",
    ),
    "download_cancelled": Entry(
        409, Exit.CONFLICT, "The download was cancelled",
        "The download of {name} was cancelled.", "`steno models pull {name}` goes on with it.",
        True,
    ),
    "import_unreadable": Entry(
        422, Exit.BAD_INPUT, "Not a model that can be imported", "{path} cannot be used: {why}.",
        "Give a folder with the model's files, or a tar or zip archive of it.",
    ),
    "import_incomplete": Entry(
        422, Exit.BAD_INPUT, "Files of the model are missing",
        "{path} lacks {files}, which {name} needs.", "Copy the whole folder of the model.",
    ),
    "import_damaged": Entry(
        422, Exit.BAD_INPUT, "Files of the model are damaged",
        "Not as it should be in {path}: {files}.",
        "Copy them again; nothing was installed.",
    ),
    "preload_given_up": Entry(
        409, Exit.CONFLICT, "Loading failed too often",
        "The model {name} could not be loaded {count} times in a row: {why}",
        "Mend the cause, then `steno models preload --reset {name}`.",
    ),
    # Output
    "output_folder": Entry(
        422, Exit.BAD_INPUT, "The output folder cannot be written",
        "Subtitles cannot be written to {folder}: {why}.",
        "Choose another folder with -o.",
    ),
    "output_exists": Entry(
        409, Exit.CONFLICT, "A file is in the way",
        "{path} exists and was not written by Steno for this file, or was changed since.",
        "Choose another folder with -o, move the file away, or allow it with --overwrite.",
    ),
    "file_exists": Entry(
        409, Exit.CONFLICT, "The file exists", "{path} exists.",
        "Choose another name with -o, or replace it with --overwrite.",
    ),
    "output_full": Entry(
        507, Exit.STORAGE, "The disk of the output folder is full",
        "There is no room left for {path}.",
        "Free some room; the job goes on by itself.", True,
    ),
    "output_failed": Entry(
        500, Exit.FAILED, "A subtitle file cannot be written", "{path} cannot be written: {why}.",
        "The text is safe: mend the cause and `steno resume`, or `steno export`.", True,
    ),
    "stdout_failed": Entry(
        500, Exit.STORAGE, "The output cannot be written", "Standard output failed: {why}.",
        "Free some room, or send the output elsewhere.", True,
    ),
    "format_unknown": Entry(
        422, Exit.BAD_INPUT, "No such subtitle format", "There is no subtitle format {name}.",
        "Known: {known}.",
    ),
    # Storage
    "disk_full": Entry(
        507, Exit.STORAGE, "The disk is full", "There is no room left on the disk of {folder}.",
        "Free some room; jobs go on by themselves, for all else ask again.", True,
    ),
    "data_damaged": Entry(
        500, Exit.STORAGE, "Stored work is damaged",
        "What is stored of this job contradicts itself: {why}.",
        "Nothing was deleted. `steno export` saves what is readable; add the file again for a "
        "full run.",
    ),
    "database_damaged": Entry(
        500, Exit.STORAGE, "The database cannot be used", "{path} cannot be used: {why}.",
        "Nothing was changed. Move the file away to begin anew, or put a backup in its place.",
    ),
    "database_newer": Entry(
        500, Exit.STORAGE, "The database is from a newer Steno",
        "{path} was written by a newer Steno (schema {found}; this one knows {known}).",
        "Install the newer Steno again.",
    ),
    "storage_failed": Entry(
        500, Exit.STORAGE, "Storage failed", "The database could not be written: {why}.",
        "The daemon stops so that nothing is lost; check the disk and start it again.", True,
    ),
    # Daemon
    "already_running": Entry(
        409, Exit.ALREADY_RUNNING, "Steno is already running",
        "stenod is already running, pid {pid}.",
        "`steno daemon status` shows it.",
    ),
    "daemon_absent": Entry(
        503, Exit.NO_DAEMON, "No daemon answers", "No stenod answers at {socket}.",
        "`steno daemon start` starts one.", True,
    ),
    "daemon_start_failed": Entry(
        503, Exit.NO_DAEMON, "The daemon did not start", "stenod did not start: {why}",
        "`steno daemon logs` has the details; `stenod` runs it in this terminal.",
    ),
    "daemon_lost": Entry(
        503, Exit.NO_DAEMON, "The daemon went away", "The connection to stenod was lost: {why}.",
        "Jobs are safe and go on with the next `steno` command.", True,
    ),
    "stopping": Entry(
        503, Exit.NO_DAEMON, "The daemon is stopping", "stenod is shutting down.",
        "Try again in a moment.", True,
    ),
    "config_invalid": Entry(
        500, Exit.USAGE, "The configuration is not valid", "{path}: {why}",
        "config.example.toml explains every setting.",
    ),
    "config_broken": Entry(
        409, Exit.USAGE, "The configuration cannot be read by now", "{what}",
        "Repair the file, then change the setting; until then the daemon uses what it read before.",
    ),
    "socket_path": Entry(
        500, Exit.USAGE, "The socket's path cannot be used", "{path}: {why}.",
        "Choose another with STENO_RUNTIME_DIR.",
    ),
    "port_unusable": Entry(
        500, Exit.USAGE, "The TCP door cannot be opened", "{address} cannot be listened at: {why}.",
        "Choose another with [tcp] port, or end what uses it.",
    ),
    "token_unusable": Entry(
        500, Exit.USAGE, "The token cannot be used", "{path} cannot be used: {why}.",
        "Delete it; the next start makes a new one, which clients must be told.",
    ),
    "folder_unusable": Entry(
        500, Exit.STORAGE, "A folder cannot be used", "{folder} cannot be used: {why}.",
        "Check its permissions.",
    ),
    "interrupted": Entry(
        499, Exit.INTERRUPTED, "Interrupted", "Interrupted.", "`steno resume` goes on.",
    ),
    "usage": Entry(
        400, Exit.USAGE, "The command is not complete", "{why}", "`steno --help` shows how.",
    ),
    "internal": Entry(
        500, Exit.FAILED, "Something in Steno broke", "An unexpected error: {why}",
        "`steno daemon logs` has the details; please report it.",
    ),
}  # fmt: skip


class StenoError(Exception):
    """A problem with a code of the catalogue; `facts` fill its sentence.

    `hint` replaces the catalogue's next step where a better one is known.
    """

    def __init__(
        self,
        code: str,
        /,
        *,
        hint: str | None = None,
        state: str | None = None,
        revision: int | None = None,
        **facts: Any,
    ) -> None:
        entry = CATALOG[code]
        self.problem = Problem(
            code=code,
            title=entry.title,
            status=entry.status,
            detail=fill(entry.detail, facts),
            hint=fill(entry.hint, facts) if hint is None else hint,
            retryable=entry.retryable,
            state=state,
            revision=revision,
            facts=used(entry.detail if hint is not None else entry.detail + entry.hint, facts),
        )
        super().__init__(self.problem.detail)

    @property
    def code(self) -> str:
        return self.problem.code

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The error again, from what crossed a socket or a pipe."""
        error = cls.__new__(cls)
        Exception.__init__(error, problem.detail)
        error.problem = problem
        return error


class WorkFailed(StenoError):
    """Plugin code reported a failure; the worker lives on."""

    loading: bool = False
    """The backend could not even be built."""
    disk_full: bool = False


class WorkerUnavailable(StenoError):
    """No worker process could be started; what was asked of it was not begun."""


class WorkerDied(StenoError):
    """The worker process ended, or had to be ended, with work in hand."""

    out_of_memory: bool = False
    """Killed by a SIGKILL that was not ours."""


def fill(template: str, facts: dict[str, Any]) -> str:
    """`template` with `facts` put in; a fact that is missing is a programming error."""
    return Formatter().vformat(template, (), {k: printable(v) for k, v in facts.items()})


def used(template: str, facts: dict[str, Any]) -> dict[str, str]:
    """Those of `facts` that `template` names, as it shows them."""
    names = {name for _, name, _, _ in Formatter().parse(template) if name}
    return {name: printable(value) for name, value in facts.items() if name in names}


LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Surrogates that stand for no byte of a name."""


def printable(value: Any) -> str:
    """`value` as text that can be printed and encoded: surrogates and controls are replaced."""
    text = LONE.sub("\N{REPLACEMENT CHARACTER}", value if isinstance(value, str) else str(value))
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


KINDS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false",
    "array": "a list", "object": "an object", "null": "null",
}  # fmt: skip
"""What msgspec's names of types are for people."""
KIND = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
LENGTH = re.compile(r"(?<=`str` of )length <= (\d+)")
PATTERN = re.compile(r"Expected `.*` matching regex .*", re.DOTALL)


def sentence(error: Exception, asked: Any = None) -> str:
    """What a validation error of msgspec says, as `setting: what is wrong.`

    `asked`: the type that was asked for, which tells more.
    """
    what, _, where = str(error).rpartition(" - at ")
    what, where = (what, where) if what else (where, "")
    setting = where.strip("`").replace("key` in `", "").removeprefix("$").removeprefix(".")
    if what.startswith("Invalid enum value"):
        known = [repr(value) for value in choices(asked, setting)]
        what += f"; use {' or '.join(known)}" if known else ""
    elif PATTERN.fullmatch(what):
        about = description(asked, setting)
        what = f"expected {about}" if about else "this is not how such a value is written"
    elif what.startswith("Expected"):
        what = LENGTH.sub(r"at most \1 characters", what)
        what = KIND.sub(lambda found: spoken(found[1]), what)
    what = what.replace("`", "").rstrip(".")
    return f"{setting}: {what[:1].lower()}{what[1:]}." if setting else f"{what}."


def spoken(kinds: str) -> str:
    """Names of types, `float | null`, for people."""
    return " or ".join(KINDS.get(kind, kind) for kind in kinds.split(" | "))


def choices(asked: Any, setting: str) -> list[Any]:
    """The values that a field may have, where these are few."""
    kind = field(asked, setting)
    if isinstance(kind, inspect.DictType):
        kind = kind.key_type
    return sorted(kind.values) if isinstance(kind, inspect.LiteralType) else []


def description(asked: Any, setting: str) -> str:
    """What is said of a field."""
    kind = field(asked, setting, plain=False)
    more = kind.extra_json_schema if isinstance(kind, inspect.Metadata) else None
    return str((more or {}).get("description", ""))


def field(asked: Any, setting: str, *, plain: bool = True) -> inspect.Type | None:
    """The type of the field `setting` (`style.max_lines`, `formats[0]`) in the type `asked`; None
    where it cannot be told. `plain`: without what is said of it."""
    kind: inspect.Type | None = None if asked is None else unwrapped(inspect.type_info(asked))
    for name in re.sub(r"\[(?:\d+|\.\.\.)\](?=\.|$)", ".[]", setting).split("."):
        if name == "[]" and isinstance(kind, inspect.CollectionType | inspect.VarTupleType):
            found: inspect.Type | None = kind.item_type
        elif isinstance(kind, inspect.StructType):
            found = next((f.type for f in kind.fields if f.encode_name == name), None)
        else:
            return None
        kind, last = unwrapped(found), unwrapped(found, keep=True)
    return kind if plain else last


def unwrapped(kind: inspect.Type | None, *, keep: bool = False) -> inspect.Type | None:
    """`kind` without null and, unless these are to be kept, without remarks."""
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if not isinstance(one, inspect.NoneType)), None)
    if isinstance(kind, inspect.Metadata) and not keep:
        return unwrapped(kind.type)
    return kind


def exit_code(problem: Problem) -> Exit:
    """The exit code that stands for `problem`."""
    entry = CATALOG.get(problem.code)
    return entry.exit if entry else Exit.FAILED
