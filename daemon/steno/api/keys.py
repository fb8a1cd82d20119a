"""What handlers find in the application."""

from typing import NamedTuple

from aiohttp import web

from steno.api.intake import Intake
from steno.config import Config
from steno.discovery import Installed
from steno.events.hub import Hub
from steno.gpus import Gpus
from steno.jobs.attendance import Attendance
from steno.jobs.editing import Editing
from steno.jobs.folding import Folding
from steno.jobs.following import Following
from steno.jobs.preloading import Preloader
from steno.jobs.replaying import Replay
from steno.jobs.result import Results
from steno.jobs.rewriting import Rewriting
from steno.jobs.scheduler import Scheduler
from steno.jobs.service import JobService
from steno.jobs.upload_care import UploadCare
from steno.jobs.uploads import Uploads
from steno.jobs.waveform import Waveforms
from steno.models.keeping import Keeping
from steno.models.library import Library
from steno.models.metrics import Metrics
from steno.paths import Paths
from steno.settings import Settings
from steno.store.database import Database
from steno.tcp import TcpDoor
from steno.workers.holdings import Holdings
from steno.workers.pool import WorkerPool


class Daemon(NamedTuple):
    """The parts of a running daemon."""

    settings: Settings
    paths: Paths
    db: Database
    hub: Hub
    pool: WorkerPool
    scheduler: Scheduler
    jobs: JobService
    library: Library
    models: Keeping
    edits: Editing
    rewriting: Rewriting
    replay: Replay
    results: Results
    folding: Folding
    waveforms: Waveforms
    following: Following
    uploads: Uploads
    upload_care: UploadCare
    attendance: Attendance
    installed: Installed
    holdings: Holdings
    metrics: Metrics
    preloader: Preloader
    started_at: float
    intake: Intake
    gpus: Gpus
    tcp: TcpDoor | None = None
    """None: it is closed."""

    @property
    def config(self) -> Config:
        return self.settings.current


DAEMON: web.AppKey[Daemon] = web.AppKey("daemon", Daemon)

LOCAL: web.RequestKey[bool] = web.RequestKey("local", bool)


def is_local(request: web.Request) -> bool:
    """Whether the client is on the Unix socket, so that it may name paths of this machine."""
    return bool(request.get(LOCAL, False))
