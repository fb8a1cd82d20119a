"""Recognition and alignment in a worker: what backends yield goes to the daemon as it comes."""

import time
import zlib
from collections.abc import Container
from typing import TypeVar

import msgspec

from steno.errors import StenoError
from steno.failpoints import passing
from steno.plugins.contract import (
    MAX_TEXT,
    SAMPLE_RATE,
    Alignment,
    Draft,
    Fragment,
    Heard,
    Notice,
    Recognizer,
    Segment,
    WordAligner,
)
from steno.worker import protocol as p
from steno.worker.backends import Backends
from steno.worker.channel import Channel

Spoken = p.Detect | p.Transcribe | p.Align

DRAFT_EVERY = 0.2
"""Seconds between two drafts that are sent: more than anybody reads, and each costs the daemon and
every client time that recognition could use."""


def detect(request: p.Detect, backends: Backends, channel: Channel) -> p.Answers:
    recognizer = backends.get(request.backend)
    if hasattr(recognizer, "detect"):
        segments = segments_of(request)
        known = {segment.index for segment in segments}
        for item in recognizer.detect(segments):
            told(request, item, known, channel)
    return p.Done(id=request.id)


def transcribe(request: p.Transcribe, backends: Backends, channel: Channel) -> p.Answers:
    recognizer: Recognizer = backends.get(request.backend)
    passing("worker.loaded")
    segments = segments_of(request)
    open_ends = {s.index: s for s in segments}
    drafts = Drafts(request, channel)
    for item in recognizer.transcribe(segments, request.options):
        if isinstance(item, Heard | Notice):
            told(request, item, open_ends, channel)
            continue
        segment = open_ends.get(item.index)
        if segment is None:
            raise broken(request, f"it answered for segment {item.index}, which is not in hand.")
        if isinstance(item, Draft):
            drafts.pass_on(item)
        else:
            del open_ends[item.index]
            passing("worker.before_result")
            channel.send(produced(request, item))
            backends.heard(segment.duration)
            passing("worker.after_result")
    if open_ends:
        raise broken(request, f"it gave no fragment for {len(open_ends)} segments.")
    return p.Done(id=request.id)


class Drafts:
    """Those of one request, of which not all are sent."""

    def __init__(self, request: p.Transcribe, channel: Channel) -> None:
        self._request = request
        self._channel = channel
        self._sent = 0.0

    def pass_on(self, draft: Draft) -> None:
        if time.monotonic() - self._sent < DRAFT_EVERY:
            self._channel.heed()
            return
        self._sent = time.monotonic()
        self._channel.send(
            p.Drafted(
                id=self._request.id,
                index=draft.index,
                text=draft.text,
                start=draft.start,
                end=draft.end,
                confidence=draft.confidence,
            )
        )


def align(request: p.Align, backends: Backends, channel: Channel) -> p.Answers:
    aligner: WordAligner = backends.get(request.backend)
    fragments = [msgspec.json.decode(payload, type=Fragment) for payload in request.fragments]
    items = list(zip(segments_of(request), fragments, strict=True))
    waiting = {fragment.index: segment for segment, fragment in items}
    for item in aligner.align(items):
        if isinstance(item, Notice):
            told(request, item, waiting, channel)
            continue
        segment = waiting.pop(item.index, None)
        if segment is None:
            raise broken(request, f"it answered for segment {item.index}, not in hand.")
        channel.send(produced(request, item))
        backends.heard(segment.duration)
    if waiting:
        raise broken(request, f"it gave no alignment for {len(waiting)} segments.")
    return p.Done(id=request.id)


def segments_of(request: Spoken) -> list[Segment]:
    from steno.media.pcm import read

    return [
        Segment(ref.index, ref.start / SAMPLE_RATE, read(request.audio, ref.start, ref.end))
        for ref in request.segments
    ]


def told(request: Spoken, item: Heard | Notice, in_hand: Container[int], channel: Channel) -> None:
    """Passes on what a backend says beside its results."""
    if isinstance(item, Notice):
        channel.send(p.Noticed(id=request.id, notice=checked(request, item)[1]))
        return
    if item.index not in in_hand:
        raise broken(request, f"it heard segment {item.index}, which is not in hand.")
    channel.send(p.Sounding(id=request.id, heard=checked(request, item)[1]))


def produced(request: p.Transcribe | p.Align, result: Fragment | Alignment) -> p.Produced:
    """The result as it is stored."""
    payload, sound = checked(request, result)
    if isinstance(sound, Fragment) and sound.size > MAX_TEXT:
        raise broken(request, f"segment {result.index} has {sound.size} characters.")
    return p.Produced(id=request.id, index=result.index, payload=payload, crc=zlib.crc32(payload))


Said = TypeVar("Said", bound=Fragment | Alignment | Heard | Notice)


def checked(request: Spoken, said: Said) -> tuple[bytes, Said]:
    """`said` as JSON, and as that is read. What the contract does not allow is the backend's
    failure: a struct does not look at what it is built with, and a time that is no number becomes
    null."""
    payload = msgspec.json.encode(said)
    try:
        return payload, msgspec.json.decode(payload, type=type(said))
    except msgspec.ValidationError as error:
        where = "" if isinstance(said, Notice) else f"segment {said.index}: "
        raise broken(request, f"{where}{error}.") from error


def broken(request: Spoken, why: str) -> StenoError:
    return StenoError("backend_broken", backend=request.backend.name, why=why)
