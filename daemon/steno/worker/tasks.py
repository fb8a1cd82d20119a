"""What a worker does for each request."""

import time
import zlib
from collections.abc import Iterator
from typing import Protocol

import msgspec

from steno.errors import StenoError
from steno.failpoints import passing
from steno.plugins.contract import (
    MAX_TEXT,
    SAMPLE_RATE,
    Alignment,
    Draft,
    Fragment,
    Recognizer,
    Segment,
    SpeechSplitter,
    WordAligner,
)
from steno.worker import protocol as p
from steno.worker.backends import Backends

DRAFT_EVERY = 0.2
"""Seconds between two drafts that are sent: more than anybody reads, and each costs the daemon and
every client time that recognition could use."""


ASIDE = "steno-aside"
"""Name of threads that nobody waits for: where one goes on after the request it was for, nothing
but the end of the process ends it."""


class Channel(Protocol):
    """The way to the daemon."""

    def send(self, answer: p.Answers) -> None:
        """Raises `Interrupted` if the request in hand was cancelled."""
        ...

    def heed(self) -> None:
        """Sends nothing. Raises `Interrupted` if the request in hand was cancelled."""
        ...


class Interrupted(BaseException):
    """The request in hand is no longer wanted. No Exception, lest plugin code eat it."""


def perform(request: p.Requests, backends: Backends, channel: Channel) -> p.Answers:
    """Does what `request` asks, answering on the way; returns the last answer."""
    match request:
        case p.Probe():
            return probe(request, backends)
        case p.Extract():
            return extract(request, backends, channel)
        case p.Transcribe():
            return transcribe(request, backends, channel)
        case p.Align():
            return align(request, backends, channel)
        case p.Fetch():
            from steno.transfer.fetch import fetch  # aiohttp is loaded only where it is used

            return fetch(request, backends.get(request.downloader), channel)
        case p.Newest():
            from steno.transfer.fetch import newest

            return newest(request, backends.get(request.downloader), channel)
        case p.Load():
            backends.load(request.backend, keep=request.keep)
            return p.Done(id=request.id)
        case p.Unload():
            backends.unload(request.models)
            return p.Done(id=request.id)
        case p.Verify():
            from steno.transfer.verifying import verify  # transfers are for few workers

            return verify(request, channel)
        case p.Import():
            from steno.transfer.importing import take

            return take(request, channel)
        case _:
            raise TypeError(f"not work: {request!r}")


def probe(request: p.Probe, backends: Backends) -> p.Answers:
    from steno.media.probe import probe as look  # PyAV is loaded only where media is touched

    for ref in request.backends:
        backends.known.check_settings(ref)
    found = look(request.path, request.max_duration)
    return p.Probed(
        id=request.id, duration=found.duration, container=found.container, codec=found.codec
    )


def extract(request: p.Extract, backends: Backends, channel: Channel) -> p.Answers:
    """Splits while it decodes. A block is on disk before the splitter hears it, so that others can
    read a piece as soon as it is told."""
    splitter: SpeechSplitter = backends.get(request.splitter)
    if request.samples is None:
        from steno.media.source import Recording  # needs PyAV

        passing("worker.loaded")
        source: Source = Recording(request.source, request.audio, request.max_duration)
    else:
        source = Replay(request.audio, request.samples)
    with source:
        for piece in splitter.split(heard(source, request.id, channel)):
            passing("worker.found")
            channel.send(
                p.Found(id=request.id, start=piece.start, end=piece.end, forced=piece.forced)
            )
        for _ in source:  # a splitter may stop early; the whole file is wanted all the same
            channel.send(p.Extracting(id=request.id, samples=source.samples))
    if source.samples == 0:
        raise StenoError("media_no_samples", name=request.name)
    return p.Extracted(
        id=request.id, samples=source.samples, missing=source.missing, damaged=source.damaged
    )


class Source(Protocol):
    """Audio on its way to the splitter. Iterating gives the blocks that are left, format `h`."""

    @property
    def samples(self) -> int: ...
    @property
    def missing(self) -> float: ...
    @property
    def damaged(self) -> int: ...
    def __iter__(self) -> Iterator[memoryview]: ...
    def __enter__(self) -> "Source": ...
    def __exit__(self, *exc: object) -> None: ...


class Replay:
    """Working audio of an earlier run, `total` samples, heard again by the splitter."""

    missing = 0.0
    damaged = 0

    def __init__(self, audio: bytes, total: int) -> None:
        self.samples = 0
        """Heard so far."""
        self._audio = audio
        self._total = total

    def __enter__(self) -> "Replay":
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __iter__(self) -> Iterator[memoryview]:
        from steno.media.pcm import read

        while self.samples < self._total:
            end = min(self.samples + SAMPLE_RATE, self._total)
            block = read(self._audio, self.samples, end)
            self.samples = end
            yield block


def heard(source: Source, request: int, channel: Channel) -> Iterator[memoryview]:
    """The blocks of `source`; tells how far it is, at most once a decoded second."""
    told = 0
    for block in source:
        if source.samples - told >= SAMPLE_RATE:
            told = source.samples
            channel.send(p.Extracting(id=request, samples=told))
        yield block


def transcribe(request: p.Transcribe, backends: Backends, channel: Channel) -> p.Answers:
    recognizer: Recognizer = backends.get(request.backend)
    passing("worker.loaded")
    segments = segments_of(request)
    open_ends = {s.index: s for s in segments}
    drafted = 0.0
    for item in recognizer.transcribe(segments, request.options):
        segment = open_ends.get(item.index)
        if segment is None:
            raise broken(request, f"it answered for segment {item.index}, which is not in hand.")
        if isinstance(item, Draft):
            if time.monotonic() - drafted < DRAFT_EVERY:
                channel.heed()
                continue
            drafted = time.monotonic()
            channel.send(
                p.Drafted(
                    id=request.id,
                    index=item.index,
                    text=item.text,
                    start=item.start,
                    end=item.end,
                    confidence=item.confidence,
                )
            )
        else:
            del open_ends[item.index]
            passing("worker.before_result")
            channel.send(produced(request, item))
            backends.heard(segment.duration)
            passing("worker.after_result")
    if open_ends:
        raise broken(request, f"it gave no fragment for {len(open_ends)} segments.")
    return p.Done(id=request.id)


def align(request: p.Align, backends: Backends, channel: Channel) -> p.Answers:
    aligner: WordAligner = backends.get(request.backend)
    fragments = [msgspec.json.decode(payload, type=Fragment) for payload in request.fragments]
    items = list(zip(segments_of(request), fragments, strict=True))
    waiting = {fragment.index: segment for segment, fragment in items}
    for alignment in aligner.align(items):
        segment = waiting.pop(alignment.index, None)
        if segment is None:
            raise broken(request, f"it answered for segment {alignment.index}, not in hand.")
        channel.send(produced(request, alignment))
        backends.heard(segment.duration)
    if waiting:
        raise broken(request, f"it gave no alignment for {len(waiting)} segments.")
    return p.Done(id=request.id)


def segments_of(request: p.Transcribe | p.Align) -> list[Segment]:
    from steno.media.pcm import read

    return [
        Segment(ref.index, ref.start / SAMPLE_RATE, read(request.audio, ref.start, ref.end))
        for ref in request.segments
    ]


def produced(request: p.Transcribe | p.Align, result: Fragment | Alignment) -> p.Produced:
    """The result as it is stored. What the contract does not allow is the backend's failure: a
    struct does not look at what it is built with, and a time that is no number becomes null."""
    payload = msgspec.json.encode(result)
    try:
        sound = msgspec.json.decode(payload, type=type(result))
    except msgspec.ValidationError as error:
        raise broken(request, f"segment {result.index}: {error}.") from error
    if isinstance(sound, Fragment) and sound.size > MAX_TEXT:
        raise broken(request, f"segment {result.index} has {sound.size} characters.")
    return p.Produced(id=request.id, index=result.index, payload=payload, crc=zlib.crc32(payload))


def broken(request: p.Transcribe | p.Align, why: str) -> StenoError:
    return StenoError("backend_broken", backend=request.backend.name, why=why)
