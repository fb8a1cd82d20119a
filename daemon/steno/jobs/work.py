"""What the parts of a running job share: its place in the daemon, its plan and its progress."""

import time
from pathlib import Path
from typing import NamedTuple

from steno.config import Config
from steno.discovery import Installed, Registry
from steno.events.hub import Hub
from steno.jobs.folding import Folding
from steno.jobs.peaks import PeakFile
from steno.jobs.pending import Pending
from steno.jobs.progress import Meter
from steno.jobs.shares import Machine
from steno.models.library import Library
from steno.paths import Paths
from steno.settings import Settings
from steno.store.database import Database
from steno.store.jobs import JobRecord
from steno.wire import DraftEvent, job_channel
from steno.worker.protocol import Drafted, SegmentRef
from steno.workers.executor import Executor

TELL_EVERY = 0.1
"""Seconds between two `progress` events of a job, at least."""


class Tools(NamedTuple):
    """What running jobs need of the daemon."""

    db: Database
    hub: Hub
    executor: Executor
    installed: Installed
    settings: Settings
    paths: Paths
    library: Library
    machine: Machine
    folding: Folding

    @property
    def config(self) -> Config:
        return self.settings.current

    @property
    def registry(self) -> Registry:
        return self.installed.registry


class Work:
    """One start of a job."""

    def __init__(self, job: JobRecord, tools: Tools) -> None:
        self.job = job
        self.lease = job.lease
        self.channel = job_channel(job.id)
        self.tools = tools
        self.pending = Pending()
        self.edges: dict[int, SegmentRef] = {}
        self.waiting: set[int] = set()
        """Stored segments with something left to do, until their audio is on disk."""
        self.folder: Path = tools.paths.jobs / job.id
        self.audio: Path = self.folder / (job.audio or f"audio-{job.lease}.pcm")
        self.peaks = PeakFile.of(self.folder, job)
        self.language = job.language
        self.models: dict[str, Path | None] = {}
        """Models that are here for this job, by name; None: it comes with its plugin."""
        self.meter = Meter(
            job.id,
            announced=job.announced,
            percent=job.percent,
            align=job.settings.align,
            now=time.monotonic(),
        )
        self._told = 0.0

    def enlist(self, index: int, start: int, end: int) -> SegmentRef:
        """Notes a segment of the plan, edges in samples."""
        self.edges[index] = SegmentRef(index, start, end)
        self.meter.found = max(self.meter.found, end)
        self.meter.planned += end - start
        return self.edges[index]

    def release(self, index: int) -> None:
        """Lets a stored segment that waits for its audio be handed out."""
        if index in self.waiting:
            self.waiting.remove(index)
            self.pending.add(index)

    def length(self, index: int) -> int:
        """Samples."""
        return self.edges[index].end - self.edges[index].start

    def tell(self, *, now: bool = False) -> None:
        """Publishes the progress, unless that was done a moment ago."""
        moment = time.monotonic()
        if now or moment - self._told >= TELL_EVERY:
            self._told = moment
            self.tools.hub.pass_on("progress", self.channel, self.meter.look(moment))

    def tell_draft(self, draft: Drafted) -> None:
        event = DraftEvent(
            job_id=self.job.id,
            segment_index=draft.index,
            text=draft.text,
            start=round(draft.start, 3),
            end=round(draft.end, 3),
            confidence=None if draft.confidence is None else round(draft.confidence, 4),
        )
        self.tools.hub.pass_on("draft", self.channel, event, draft.index)
