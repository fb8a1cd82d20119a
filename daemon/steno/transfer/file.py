"""One file of a model on its way into the folder: what is there already is looked at first, then
what lies elsewhere on this machine; the rest is fetched."""

import asyncio
import logging
import os
from collections.abc import Callable

from steno.errors import StenoError
from steno.failpoints import passing
from steno.plugins.contract import ModelFile
from steno.transfer import manifest
from steno.transfer.aside import in_thread
from steno.transfer.download import Download
from steno.transfer.part import Part, judged
from steno.transfer.plan import Wanted
from steno.transfer.sums import Tally
from steno.transfer.tools import Tools

log = logging.getLogger(__name__)
CHECKING = "checking what is there"


async def gotten(wanted: Wanted, tools: Tools) -> ModelFile:
    """The file as found, once it is in the folder, right and on the disk.

    Raises StenoError and OSError.
    """
    meter, path, part = tools.meter, wanted.path, Part(tools.folder, wanted.path, wanted.sum)
    clock = asyncio.get_running_loop().time
    try:
        if meter.of(path):
            meter.waits(path, CHECKING)
        await in_thread(part.read)
        download = Download(wanted, part, tools)
        if download.verdict() != "sound":
            if (found := await linked(wanted, part, tools)) is not None:
                return found
            await download.run(url_of(wanted, tools))
        meter.waits(path, f"writing {path} to the disk")
        found = ModelFile(path=path, size=part.size, sha256=part.sha256)
        await in_thread(lambda heed: install(found, part, wanted, tools))
        meter.at(path, part.size, clock())
        passing("transfer.verified")
        return found
    finally:
        meter.goes_on(path)
        part.close()


def install(found: ModelFile, part: Part, wanted: Wanted, tools: Tools) -> None:
    """What has no sum of others is noted with its own, lest it be fetched again."""
    if wanted.sum is None:
        tools.journal.complete(found.path, str(found.sha256))
    part.finish()


def url_of(wanted: Wanted, tools: Tools) -> str:
    """Where it is fetched from. Raises StenoError if it cannot be."""
    if wanted.remote.url is not None:
        return wanted.remote.url
    if wanted.remote.local is not None and wanted.remote.local.exists():
        raise StenoError("download_damaged", file=wanted.path)
    what = f"{wanted.path} of {tools.repository}"
    raise StenoError("download_not_found", what=what, why="it is not on this machine")


async def linked(wanted: Wanted, part: Part, tools: Tools) -> ModelFile | None:
    """The file, had from a copy on this machine; None if there is no right one."""
    if wanted.remote.local is None:
        return None
    local = os.fsencode(wanted.remote.local)
    clock = asyncio.get_running_loop().time

    before = tools.meter.of(wanted.path)

    def look(heed: Callable[[], None]) -> Tally:
        size = 0

        def told(more: int) -> None:
            nonlocal size
            size += more
            tools.meter.at(wanted.path, max(size, before), clock())

        return manifest.tallied(local, heed, told, wanted.sum)

    def link() -> None:
        part.discard()
        tools.folder.link(os.path.realpath(local), wanted.path)

    try:
        found = await in_thread(look)
    except OSError as error:
        log.warning("%s cannot be read: %s", wanted.remote.local, error)
        return None
    if judged(found.size, wanted.size, fits=found.fits, known=True, ended=True) != "sound":
        tools.meter.at(wanted.path, before, clock())
        log.warning("%s is not %s of %s", wanted.remote.local, wanted.path, tools.repository)
        return None
    await in_thread(lambda heed: link())
    return ModelFile(path=wanted.path, size=found.size, sha256=found.sha256)
