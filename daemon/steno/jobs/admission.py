"""What can be known of a file before a job is made of it."""

import asyncio
import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from steno.disk import free
from steno.errors import StenoError
from steno.jobs import subtitle_file
from steno.jobs.choice import Chosen, JobKind, reference
from steno.jobs.origin import Origin
from steno.jobs.source import Source
from steno.jobs.work import Tools
from steno.paths import display, from_reference
from steno.plugins.contract import SAMPLE_RATE
from steno.store import outputs
from steno.store.database import Database, Transaction
from steno.store.jobs import JobRecord
from steno.wire import Format, JobSettings
from steno.worker.protocol import Probe, Probed

BYTES_A_SECOND = 2 * SAMPLE_RATE
"""Of working audio."""


def places(origin: Origin, settings: JobSettings) -> dict[Format, bytes]:
    """Where each subtitle file of a job of `origin` belongs. Raises
    `setting_invalid`."""
    folder = from_reference(settings.output_dir) if settings.output_dir else None
    return {form: subtitle_file.place(origin.titled, folder, form) for form in settings.formats}


async def check_places(db: Database, origin: Origin, settings: JobSettings) -> dict[Format, bytes]:
    """Raises `setting_invalid`, `output_folder` or `output_exists` if the subtitles could
    not be written. Places that another file's job holds are taken, too."""
    origin.check(settings)
    source, wanted = origin.path, places(origin, settings)
    for path in wanted.values():
        await asyncio.to_thread(subtitle_file.check_folder, os.path.dirname(path))
        if await asyncio.to_thread(os.path.isdir, path):
            raise StenoError("output_exists", path=display(path))
        if settings.overwrite:
            continue
        known = await db.read(partial(outputs.at, path=path))
        if outputs.promised(known, source):
            raise StenoError("output_exists", path=display(path))
        ruling, _ = await asyncio.to_thread(subtitle_file.look, path, known, source)
        if ruling == "foreign":
            raise StenoError("output_exists", path=display(path))
    return wanted


async def probe(tools: Tools, source: Source, chosen: Chosen) -> float | None:
    """Has a worker look into the file and at the backends' settings.

    Returns the announced length in seconds. Raises what is wrong with either, or `disk_full` if
    the working audio would find no room.
    """
    settings = chosen.settings
    if settings.model:
        tools.library.check(settings.model)
    assert settings.backend
    assert settings.splitter
    names: list[tuple[JobKind, str]] = [("asr", settings.backend), ("splitter", settings.splitter)]
    if settings.aligner:
        names.append(("aligner", settings.aligner))
    request = Probe(
        id=0,
        path=source.path,
        max_duration=tools.config.media.max_duration,
        backends=[reference(tools.registry, settings, kind, name) for kind, name in names],
    )
    answer = await tools.executor.perform("media", request, order=(0,))
    assert isinstance(answer, Probed)
    kept = tools.config.storage.min_free_mib << 20
    need = int((answer.duration or 0) * BYTES_A_SECOND) + kept
    if await asyncio.to_thread(free, os.fsencode(tools.paths.data)) < need:
        raise StenoError(
            "disk_full",
            folder=tools.paths.data,
            hint=f"{need >> 20} MiB are needed, of which {kept >> 20} MiB are kept free"
            " ([storage] min_free_mib); free some room and try again.",
        )
    return answer.duration


def reserve(tx: Transaction, job: JobRecord, places: Mapping[Format, bytes]) -> None:
    """Makes `places` those of the job. Raises `output_exists` where another file's job, added
    meanwhile, has one of them."""
    for form, path in places.items():
        if outputs.promised(outputs.at(tx.connection, path), job.path):
            raise StenoError("output_exists", path=display(path))
        outputs.reserve(tx, path, job.id, job.path, form)


def refuse_paths(path: str | None, settings: Mapping[str, Any]) -> None:
    """Raises `local_only` if a client that is not on the Unix socket names places of this machine.

    Backends know what their own settings mean, and text could be a path, a command or an address;
    numbers are none of these.
    """
    if path is not None:
        raise StenoError("local_only", what="A file of this machine")
    for name in ("output_dir", "overwrite"):
        if name in settings:
            raise StenoError("local_only", what=f"The setting {name}")
    options = settings.get("options")
    for kind, own in options.items() if isinstance(options, dict) else ():
        for name, value in own.items() if isinstance(own, dict) else ():
            if not of_numbers(value):
                raise StenoError("local_only", what=f"The setting {name} of the {kind} backend")


def of_numbers(value: Any) -> bool:
    """Whether a value of JSON is a number, true, false or null, or a list of them."""
    several = value if isinstance(value, list) else [value]
    return all(one is None or isinstance(one, int | float) for one in several)
