"""Bytes of one file from a server into its part, over as many attempts as it takes."""

import asyncio
import logging

import aiohttp

from steno.errors import StenoError
from steno.transfer import http
from steno.transfer.answer import encoded, extent, is_page, validator
from steno.transfer.aside import in_thread
from steno.transfer.part import Part, Verdict, judged
from steno.transfer.patience import Pace, Patience
from steno.transfer.plan import Wanted
from steno.transfer.sink import Sink
from steno.transfer.tools import Tools
from steno.transfer.trouble import Trouble, of_error

log = logging.getLogger(__name__)
WRONG_PASSES = 2
"""Whole passes with wrong bytes after which it is given up."""


class WrongBytes(Exception):
    """These are not the bytes of the file. `taken`: they are in the part already."""

    def __init__(self, why: str, *, taken: bool = True) -> None:
        super().__init__(why)
        self.taken = taken


class Download:
    def __init__(self, wanted: Wanted, part: Part, tools: Tools) -> None:
        self._wanted = wanted
        self._part = part
        self._tools = tools
        self._clock = asyncio.get_running_loop().time
        self._patience = Patience(tools.timeout, self._clock())
        self._reached = part.size
        """Bytes that counted as new in this pass: only those beyond can be."""

    def verdict(self, *, ended: bool = False) -> Verdict:
        """On what is there. `ended`: the server says that this is all."""
        wanted, part, journal = self._wanted, self._part, self._tools.journal
        fits = part.fits
        if fits is None and not part.whole and journal.sums.get(wanted.path) == part.sha256:
            fits = True  # it was complete before
        known = part.whole or wanted.path in journal.tags
        return judged(part.size, wanted.size, fits=fits, known=known, ended=ended)

    async def run(self, url: str) -> None:
        """Returns once the part is sound. Raises StenoError, and OSError of the disk."""
        path, tools, wrong = self._wanted.path, self._tools, 0
        if self.verdict() == "wrong" or self._part.shared:
            await self._start_anew()
        while self.verdict() != "sound":
            try:
                if await self._attempt(url):
                    return
            except WrongBytes as error:
                wrong += self._part.whole or not error.taken
                log.warning("%s of %s: %s", path, tools.repository, error)
                if error.taken or wrong >= WRONG_PASSES:
                    await self._start_anew()
                if wrong >= WRONG_PASSES:
                    raise StenoError("download_damaged", file=path) from error
                self._patience.heard(self._clock())
            except Trouble as trouble:
                await self._rest(trouble)

    async def _rest(self, trouble: Trouble) -> None:
        """Waits before the next attempt. Raises StenoError if there is to be none."""
        tools, now = self._tools, self._clock()
        wait = self._patience.wait(trouble, now)
        if wait is None:
            what = f"{self._wanted.path} of {tools.repository}"
            raise trouble.told(tools.repository, what, tools.timeout) from trouble
        tools.meter.waits(self._wanted.path, f"{trouble.host}: {trouble.why}", now + wait)
        await asyncio.sleep(wait)

    async def _start_anew(self) -> None:
        await in_thread(lambda heed: self._part.discard())
        self._reached = 0
        self._tools.meter.at(self._wanted.path, 0, self._clock())

    async def _attempt(self, url: str) -> bool:
        """One request and its answer. True: the part is sound. Raises WrongBytes, Trouble, and
        OSError of the disk."""
        wanted, part, tools = self._wanted, self._part, self._tools
        own = {}
        if part.size:
            own["Range"] = f"bytes={part.size}-"
            if wanted.sum is None and wanted.path in tools.journal.tags:
                own["If-Range"] = tools.journal.tags[wanted.path]
        tools.meter.waits(wanted.path, f"waiting for {http.host_of(http.start(url))}")
        headers = wanted.remote.headers
        silence = self._patience.silence
        async with http.opened(tools.client, url, headers, own, silence) as response:
            host = http.host_of(response.url)
            await self._begin(response, host)
            await self._take(response, host)
        match self.verdict(ended=True):
            case "more":
                raise Trouble("network", host, "the connection ended early")
            case "wrong":
                raise WrongBytes(f"{host} sent other bytes")
            case "sound":
                return True

    async def _begin(self, response: aiohttp.ClientResponse, host: str) -> None:
        """Is the body of use? It may begin at 0 though it was not asked to."""
        wanted, part, head = self._wanted, self._part, response.headers
        here = extent(response.status, head)
        if is_page(head, wanted.path) and (wanted.sum is None or here.size != wanted.size):
            raise Trouble("page", host, "it sends a web page, as the login page of a network does")
        if encoded(head):
            why = "it sends the file compressed, which was not asked for"
            raise Trouble("refused", host, why, status=response.status)
        if here.size is not None and wanted.size is not None and here.size != wanted.size:
            why = f"{host} has {here.size} bytes of it, not {wanted.size}"
            raise WrongBytes(why, taken=False)
        if here.offset == 0:
            return
        if here.offset != part.size or self._changed(validator(head)):
            await in_thread(lambda heed: part.discard())
            self._tools.meter.at(wanted.path, 0, self._clock())
            why = "it has not the part of the file that was asked for"
            raise Trouble("server", host, why, status=response.status)

    def _ready(self, offset: int, tag: str | None) -> None:
        """Bytes from `offset` on, of a file known by `tag`, are about to be written."""
        if offset != self._part.size:
            self._part.discard()
        if self._wanted.sum is None:
            self._tools.journal.tag(self._wanted.path, tag)

    def _changed(self, tag: str | None) -> bool:
        """The rest that comes is of another file than what is there, which no sum would tell."""
        before = self._tools.journal.tags.get(self._wanted.path)
        return self._wanted.sum is None and before not in (None, tag)

    async def _take(self, response: aiohttp.ClientResponse, host: str) -> None:
        """Takes the body."""
        wanted, tools, clock = self._wanted, self._tools, self._clock
        pace = Pace(self._patience.silence, tools.throttle.rate, clock())
        offset = extent(response.status, response.headers).offset or 0
        # What is there is replaced only when other bytes have come; nor is there a wait before
        # these are read, as what nobody read is lost when the connection breaks.
        sink = Sink(self._part, offset, lambda: self._ready(offset, validator(response.headers)))
        try:
            while data := await self._more(response, host):
                await sink.put(data)
                if wanted.size is not None and sink.size > wanted.size:
                    raise WrongBytes(f"{host} sent more than {wanted.size} bytes")
                now = clock()
                tools.meter.at(wanted.path, sink.size, now)
                if sink.size - self._reached >= self._patience.least or sink.size == wanted.size:
                    self._reached = sink.size
                    self._patience.heard(now)
                if wait := tools.throttle.wait(len(data), now):
                    await asyncio.sleep(wait)
                if pace.slow(len(data), now):
                    raise Trouble("stalled", host, "it sends next to nothing")
            await sink.put(b"")
        finally:
            await sink.close()

    async def _more(self, response: aiohttp.ClientResponse, host: str) -> bytes:
        """The next bytes; none at the end. Raises Trouble."""
        try:
            async with asyncio.timeout(self._patience.silence):
                return await response.content.read(self._tools.throttle.piece)
        except TimeoutError as error:
            raise Trouble("stalled", host, "nothing comes") from error
        except (aiohttp.ClientError, OSError) as error:
            raise of_error(error, host, None) from error
