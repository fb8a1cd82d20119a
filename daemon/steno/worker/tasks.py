"""What a worker does for each request."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from steno.errors import StenoError
from steno.failpoints import passing
from steno.plugins.contract import SAMPLE_RATE, SpeechSplitter
from steno.worker import protocol as p
from steno.worker import speech
from steno.worker.backends import Backends
from steno.worker.channel import Channel


def perform(request: p.Requests, backends: Backends, channel: Channel) -> p.Answers:
    """Does what `request` asks, answering on the way; returns the last answer."""
    match request:
        case p.Probe():
            return probe(request, backends)
        case p.Extract():
            return extract(request, backends, channel)
        case p.Fold():
            return fold(request, channel)
        case p.Detect():
            return speech.detect(request, backends, channel)
        case p.Transcribe():
            return speech.transcribe(request, backends, channel)
        case p.Align():
            return speech.align(request, backends, channel)
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
    with source, peaks_of(request.peaks, source) as blocks:
        for piece in splitter.split(heard(source, blocks, request.id, channel)):
            passing("worker.found")
            channel.send(
                p.Found(id=request.id, start=piece.start, end=piece.end, forced=piece.forced)
            )
        for _ in blocks:  # a splitter may stop early; the whole file is wanted all the same
            channel.send(p.Extracting(id=request.id, samples=source.samples))
    if source.samples == 0:
        raise StenoError("media_no_samples", name=request.name)
    return p.Extracted(
        id=request.id, samples=source.samples, missing=source.missing, damaged=source.damaged
    )


def fold(request: p.Fold, channel: Channel) -> p.Answers:
    """Makes nothing but peaks."""
    if request.samples is None:
        from steno.media.decode import decode  # needs PyAV

        audio = decode(request.source, request.max_duration)
    else:
        audio = iter(Replay(request.audio, request.samples))
    samples = 0
    with peaks_of(request.peaks, audio) as blocks:
        for block in blocks:
            samples += len(block)
            channel.send(p.Extracting(id=request.id, samples=samples))
    return p.Done(id=request.id)


@contextlib.contextmanager
def peaks_of(path: bytes | None, blocks: Iterable[memoryview]) -> Iterator[Iterator[memoryview]]:
    """Gives `blocks`, of which peaks are written to `path` where it is given."""
    if path is None:
        yield iter(blocks)
        return
    from steno.media.peaks import PeakWriter

    with PeakWriter(path) as peaks:
        yield peaks.through(blocks)


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


def heard(
    source: Source, blocks: Iterator[memoryview], request: int, channel: Channel
) -> Iterator[memoryview]:
    """The `blocks` of `source`; tells how far it is, at most once a decoded second."""
    told = 0
    for block in blocks:
        if source.samples - told >= SAMPLE_RATE:
            told = source.samples
            channel.send(p.Extracting(id=request, samples=told))
        yield block
