"""Requests to the daemon, one method for each route; `models` has those about models,
`system` those about settings and the log."""

import asyncio
import base64
import hashlib
import os
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, BinaryIO
from urllib.parse import quote

import aiohttp
from yarl import URL

from steno import wire
from steno.client import watch
from steno.client.catalogue import ModelsState
from steno.client.connection import decoded
from steno.client.listing import JobsState
from steno.client.models import Models
from steno.client.state import JobState
from steno.client.stream import Lost, follow
from steno.client.system import System
from steno.errors import StenoError, printable
from steno.paths import to_reference

Chunks = AbstractAsyncContextManager[AsyncIterator[bytes]]
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Client(Models, System):
    """The daemon, as a connection with a method for each thing it does.

    A job is named by its id or an unambiguous beginning of it.
    """

    # The daemon

    async def health(self) -> wire.Health:
        return await self.get("/api/health", wire.Health)

    async def status(self) -> wire.Status:
        return await self.get("/api/status", wire.Status)

    async def plugins(self, *, refresh: bool = False) -> wire.Plugins:
        """What is installed; `refresh` asks every plugin again."""
        query = [("refresh", "true")] if refresh else []
        return await self.get("/api/plugins", wire.Plugins, query)

    # Jobs

    async def add_job(
        self, path: str, settings: Mapping[str, Any] | None = None, *, start: bool = True
    ) -> wire.Job:
        """Adds the local file `path`, whose name need not be UTF-8 (`surrogateescape`).

        `settings` holds those of `wire.JobSettings` that were chosen; the daemon knows the rest.
        """
        body = {"path": to_reference(path), "settings": settings or {}, "start": start}
        return await self.send("POST", "/api/jobs", wire.Job, body)

    async def add_upload(
        self, upload: str, settings: Mapping[str, Any] | None = None, *, start: bool = True
    ) -> wire.Job:
        """Adds a job for the upload with this id."""
        body = {"upload": upload, "settings": settings or {}, "start": start}
        return await self.send("POST", "/api/jobs", wire.Job, body)

    async def jobs(
        self,
        states: Iterable[str] = (),
        *,
        text: str = "",
        limit: int = 50,
        cursor: str | None = None,
        offset: int | None = None,
    ) -> wire.JobPage:
        """A page of jobs, newest first; those in `states` and with `text` in their name. It begins
        after the page whose `next` is `cursor`, or at the position `offset`."""
        query = [("limit", str(limit))]
        if wanted := ",".join(states):
            query.append(("state", wanted))
        if text:
            query.append(("q", printable(text)))
        if cursor:
            query.append(("cursor", cursor))
        if offset is not None:
            query.append(("offset", str(offset)))
        return await self.get("/api/jobs", wire.JobPage, query)

    async def job(self, job: str) -> wire.Job:
        return await self.get(route(job), wire.Job)

    async def remove(self, job: str) -> None:
        """Forgets the job; its media file and subtitles stay."""
        await self.request("DELETE", route(job))

    async def start(self, job: str) -> wire.Job:
        return await self.send("POST", route(job, "/start"), wire.Job)

    async def pause(self, job: str) -> wire.Job:
        return await self.send("POST", route(job, "/pause"), wire.Job)

    async def resume(self, job: str, changes: Mapping[str, Any] | None = None) -> wire.Job:
        """Goes on, with the settings in `changes` changed; raises `setting_locked`."""
        body = {"settings": changes or {}}
        return await self.send("POST", route(job, "/resume"), wire.Job, body)

    async def validate(self, job: str, changes: Mapping[str, Any]) -> wire.Validation:
        """What a resume would say of `changes`."""
        body = {"settings": changes}
        return await self.send("POST", route(job, "/resume/validate"), wire.Validation, body)

    async def cancel(self, job: str) -> wire.Job:
        return await self.send("POST", route(job, "/cancel"), wire.Job)

    async def retry(self, job: str) -> wire.Job:
        return await self.send("POST", route(job, "/retry"), wire.Job)

    async def checkpoint(self, job: str) -> wire.Checkpoint:
        return await self.get(route(job, "/checkpoint"), wire.Checkpoint)

    async def transcript(
        self,
        job: str,
        *,
        start: float | None = None,
        end: float | None = None,
        words: bool = False,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> wire.Transcript:
        """A page of cues between `start` and `end`, seconds."""
        wanted = {"from": start, "to": end, "limit": limit, "cursor": cursor}
        query = [(name, str(value)) for name, value in wanted.items() if value is not None]
        query.append(("words", "true" if words else "false"))
        return await self.get(route(job, "/transcript"), wire.Transcript, query)

    async def output(self, job: str, form: wire.Format) -> bytes:
        """The subtitles as they stand now, UTF-8."""
        return await self.request("GET", route(job, f"/output.{form}"))

    async def waveform(
        self,
        job: str,
        start: float | None = None,
        end: float | None = None,
        columns: int | None = None,
    ) -> wire.Waveform:
        """How loud the audio is from `start` to `end`, seconds, in `columns` equal parts. May take
        some seconds; unless it is `complete` then, ask again. Raises `waveform_gone`."""
        wanted = {"from": start, "to": end, "columns": columns}
        query = [(name, str(value)) for name, value in wanted.items() if value is not None]
        return await self.get(route(job, "/waveform"), wire.Waveform, query)

    # Edits. `revision` is that of the cue as it was seen; None: whatever it is by now.

    async def cue(self, job: str, cue: str) -> wire.Cue:
        return await self.get(cue_route(job, cue), wire.Cue)

    async def change_cue(
        self,
        job: str,
        cue: str,
        revision: int | None,
        *,
        text: str | None = None,
        start: float | None = None,
        end: float | None = None,
    ) -> wire.Edited:
        """Sets what is given; times in seconds. Raises `cue_changed` where another edit came
        first, as all edits of a cue do."""
        body = wire.CueChange(text=text, start=start, end=end)
        return await self._edit("PATCH", cue_route(job, cue), revision, body)

    async def split_cue(
        self, job: str, cue: str, revision: int | None, at: int, *, time: float | None = None
    ) -> wire.Edited:
        """Makes two cues of one, before character `at` of its text."""
        body = wire.CueSplit(at=at, time=time)
        return await self._edit("POST", cue_route(job, cue, "/split"), revision, body)

    async def merge_cues(
        self,
        job: str,
        cue: str,
        revision: int | None,
        other: str,
        *,
        other_revision: int | None = None,
    ) -> wire.Edited:
        """Takes the cue `other`, which follows, into `cue`."""
        body = wire.CueMerge(cue=other, revision=other_revision)
        return await self._edit("POST", cue_route(job, cue, "/merge"), revision, body)

    async def delete_cue(self, job: str, cue: str, revision: int | None) -> wire.Edited:
        return await self._edit("DELETE", cue_route(job, cue), revision)

    async def insert_cue(self, job: str, start: float, end: float, text: str) -> wire.Edited:
        """Adds a cue; times in seconds."""
        body = wire.NewCue(start=start, end=end, text=text)
        return await self.send("POST", route(job, "/cues"), wire.Edited, body)

    async def undo(self, job: str, edit: int | None = None) -> wire.Edited:
        """Takes back the last edit; raises `nothing_to_undo`, also where it is not `edit`."""
        return await self.send("POST", route(job, "/undo"), wire.Edited, wire.EditStep(edit=edit))

    async def redo(self, job: str, edit: int | None = None) -> wire.Edited:
        """Makes the edit again that was taken back last."""
        return await self.send("POST", route(job, "/redo"), wire.Edited, wire.EditStep(edit=edit))

    async def _edit(
        self, method: str, path: str, revision: int | None, body: object = None
    ) -> wire.Edited:
        match = "*" if revision is None else f'"{revision}"'
        return await self.send(method, path, wire.Edited, body, {"If-Match": match})

    # Uploads

    async def upload(self, name: str) -> wire.Upload:
        """The upload of this id or name."""
        return await self.get(upload_route(name), wire.Upload)

    async def uploads(self) -> list[wire.Upload]:
        return (await self.get("/api/uploads", wire.Uploads)).uploads

    async def send_upload(
        self, name: str, file: BinaryIO, *, timeout: float = 3600.0
    ) -> wire.Upload:
        """Sends a file under `name`; goes on where an earlier try broke off. `timeout`: seconds.

        The sum of the whole goes along: if the earlier try was of another file of this size the
        daemon drops both, raises `upload_damaged`, and the next try begins anew.
        """
        sha256 = await asyncio.to_thread(sum_of, file)
        size = await asyncio.to_thread(file.seek, 0, os.SEEK_END)
        start = await self._received(name, size)
        await asyncio.to_thread(file.seek, start)
        headers = {
            "Content-Type": "application/octet-stream",
            "Repr-Digest": f"sha-256=:{base64.b64encode(sha256).decode()}:",
        }
        if start > 0:
            part = f"{start}-{size - 1}" if start < size else "*"
            headers["Content-Range"] = f"bytes {part}/{size}"
        body = await self.request(
            "PUT",
            upload_route(name),
            data=file if start < size else b"",
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=timeout),
        )
        return decoded(body, wire.Upload)

    async def _received(self, name: str, size: int) -> int:
        """How many bytes of an upload of `size` bytes came already."""
        try:
            found = await self.upload(name)
        except StenoError as error:
            if error.code != "upload_not_found":
                raise
            return 0
        return found.received if not found.complete and found.size == size else 0

    async def remove_upload(self, name: str) -> None:
        await self.request("DELETE", upload_route(name))

    # Events

    def events(
        self,
        channels: Iterable[str],
        *,
        reconnect: bool = True,
        on_lost: Lost | None = None,
        patient: bool = False,
        wake: asyncio.Event | None = None,
    ) -> AsyncGenerator[wire.Event, None]:
        """The events of `channels`, each beginning with an `initial_state`.

        With `reconnect` a lost connection is opened again and goes on where it ended: there comes
        another `initial_state`, then what was missed. Nothing comes twice, and no `job` event
        of a job that the state has. After `resync` (which is passed on) too much was missed:
        only the state comes, and the transcript has the text.

        `on_lost` is called when the connection broke and when an attempt to open it again failed,
        each time before a pause until the next; an `initial_state` tells that it is back. `wake`
        ends that pause, and is cleared. With `patient` pauses are 2 s at most, and there are
        attempts for ever, also where no daemon was there to begin with or where it was stopped.
        """
        query = [("channel", channel) for channel in channels]

        def connect(last: str | None, revive: bool) -> Chunks:
            return self.stream(query, last, revive=revive)

        return follow(connect, reconnect=reconnect, on_lost=on_lost, patient=patient, wake=wake)

    def watch(self, job: str) -> AsyncGenerator[JobState, None]:
        """The states of one job, the first as soon as all of its text is there: one sequence over
        as many connections and restarts of the daemon as it takes. Ends once the job is removed."""
        return watch.job_states(self, job)

    def watch_jobs(self) -> AsyncGenerator[JobsState, None]:
        """The states of all active jobs, likewise. Never ends by itself."""
        return watch.jobs_states(self)

    def watch_models(self) -> AsyncGenerator[ModelsState, None]:
        """The states of all models, likewise."""
        return watch.models_states(self)


def cue_route(job: str, cue: str, rest: str = "") -> str:
    """The path of a cue; raises `cue_not_found` for what cannot be the id of one."""
    if not re.fullmatch(wire.CUE_ID, cue):
        raise StenoError("cue_not_found", job=job, cue=cue)
    return route(job, f"/cues/{cue}{rest}")


def upload_route(name: str) -> URL:
    """The path of an upload; its name may be any text."""
    part = quote(printable(name), safe="").replace(".", "%2E")  # lest `..` is taken for a folder
    return URL(f"/api/uploads/{part}", encoded=True)


def route(job: str, rest: str = "") -> str:
    """The path of a job; raises `job_not_found` for what cannot be the id of one."""
    if not JOB_ID.fullmatch(job):
        raise StenoError("job_not_found", job=job)
    return f"/api/jobs/{job}{rest}"


def sum_of(file: BinaryIO) -> bytes:
    """The SHA-256 of the whole file."""
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(2**20):
        found.update(block)
    return found.digest()
