"""What may go wrong between a hub and who asks it: each fault strikes one or more answers."""

import fnmatch
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Where = Literal["bytes", "resolve", "head", "api"]
"""Which answers: a file's bytes, wherever they come from; the hub's to a GET of a file, which may
lead elsewhere; to a HEAD of a file; to what is asked about a repository."""
Kind = Literal[
    "close", "reset", "stall", "drip", "status", "page", "no_range", "other_range", "flip",
    "short", "long", "redirect",
]  # fmt: skip
ALWAYS = -1


@dataclass
class Fault:
    kind: Kind
    where: Where = "bytes"
    times: int = 1
    """How many answers it strikes; `ALWAYS`: all."""
    path: str = "*"
    """Glob of the files it strikes."""
    at: int = 0
    """Bytes of the answer's body before it strikes; bytes at a time of a drip; bytes too few or too
    many of `short` and `long`."""
    seconds: float = 0.0
    """Between two pieces of a drip."""
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)

    def strikes(self, where: Where, path: str) -> bool:
        return self.times != 0 and self.where == where and fnmatch.fnmatchcase(path, self.path)


def closed(at: int, times: int = 1, path: str = "*") -> Fault:
    """The connection ends in good order, too early."""
    return Fault("close", at=at, times=times, path=path)


def reset(at: int, times: int = 1, path: str = "*") -> Fault:
    """The connection is torn down."""
    return Fault("reset", at=at, times=times, path=path)


def cut(every: int) -> Fault:
    """No answer brings more than `every` bytes."""
    return closed(every, ALWAYS)


def stalled(at: int, times: int = 1, where: Where = "bytes") -> Fault:
    """Nothing more comes, the connection stays. Of `api`, `head`, `resolve`: not even a head."""
    return Fault("stall", where, at=at, times=times)


def dripped(size: int, seconds: float, times: int = 1) -> Fault:
    """`size` bytes at a time, `seconds` apart."""
    return Fault("drip", at=size, seconds=seconds, times=times)


def refused(
    status: int, where: Where = "bytes", times: int = 1, *, retry_after: str | None = None
) -> Fault:
    """An answer that says no."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return Fault("status", where, times, status=status, headers=headers)


def gated(status: int = 403, where: Where = "api", times: int = ALWAYS) -> Fault:
    """The repository is for those who accepted its terms."""
    return Fault("status", where, times, status=status, headers={"X-Error-Code": "GatedRepo"})


def missing(code: str, where: Where = "api", times: int = ALWAYS) -> Fault:
    """404 with `RepoNotFound`, `RevisionNotFound` or `EntryNotFound`."""
    return Fault("status", where, times, status=404, headers={"X-Error-Code": code})


def page(where: Where = "bytes", times: int = 1) -> Fault:
    """What a hotel's network answers to everything: a page that asks for a name."""
    return Fault("page", where, times)


def no_range(times: int = ALWAYS) -> Fault:
    """`Range` is not heeded: the whole file comes."""
    return Fault("no_range", times=times)


def other_range(times: int = 1) -> Fault:
    """Other bytes than those asked for, said to be others."""
    return Fault("other_range", times=times)


def flipped(at: int, times: int = 1, path: str = "*") -> Fault:
    """One wrong bit in byte `at` of what is sent."""
    return Fault("flip", at=at, times=times, path=path)


def shortened(by: int, times: int = 1) -> Fault:
    """Less than the whole, in good order, said to be all."""
    return Fault("short", at=by, times=times)


def lengthened(by: int, times: int = 1) -> Fault:
    """More than the whole, in good order."""
    return Fault("long", at=by, times=times)


def redirected(location: str, where: Where = "resolve", times: int = ALWAYS) -> Fault:
    """The file is said to be elsewhere; at the empty location: where it was asked for, for ever."""
    return Fault("redirect", where, times, status=302, headers={"Location": location})


def at_random(chance: random.Random, sizes: Sequence[int]) -> Fault:
    """Any fault that passes by itself, in a place that matters for files of `sizes` bytes."""
    at = chance.choice([0, 1, chance.randrange(1 + max(sizes)), max(0, chance.choice(sizes) - 1)])
    times = chance.choice([1, 1, 1, 2, 3])
    where: Where = chance.choice(["bytes", "bytes", "bytes", "resolve", "api"])
    return chance.choice([
        closed(at, times), reset(at, times), stalled(at), dripped(1 + at // 2, 0.001),
        refused(chance.choice([500, 502, 503, 504]), where, times),
        refused(429, where, times, retry_after=chance.choice(["0", "0.01", "junk"])),
        page(where), no_range(times), other_range(times), flipped(at, times),
        shortened(1 + at, times), lengthened(1 + at, times),
    ])  # fmt: skip
