"""Sums of files: those that are stated, and those that are found."""

import hashlib
import re
from typing import Literal, NamedTuple

from steno.plugins.contract import RemoteFile

DIGITS = {"sha256": re.compile("[0-9a-f]{64}"), "sha1": re.compile("[0-9a-f]{40}")}


class Way(NamedTuple):
    """How bytes are summed."""

    algorithm: Literal["sha256", "sha1"]
    before: bytes = b""
    """What is summed ahead of them."""


SHA256 = Way("sha256")


class Sum(NamedTuple):
    """What somebody states that a file adds up to."""

    way: Way
    hex: str

    @property
    def valid(self) -> bool:
        """Whether any file could have it."""
        return DIGITS[self.way.algorithm].fullmatch(self.hex) is not None


def sha256(value: str) -> Sum:
    """`value` is hex, in either case."""
    return Sum(SHA256, value.lower())


def git(value: str, size: int) -> Sum:
    """The name of a file of `size` bytes in git: the SHA-1 of a head and the content (Pro Git,
    10.2). `value` is hex, in either case."""
    return Sum(Way("sha1", b"blob %d\0" % size), value.lower())


def of_remote(file: RemoteFile, size: int | None) -> Sum | None:
    """What the repository states of `file`, which has `size` bytes if that is known."""
    if file.sha256:
        return sha256(file.sha256)
    return git(file.git_sha1, size) if file.git_sha1 and size is not None else None


class Tally:
    """Size and sums of bytes as they come: SHA-256, and that of `stated` if it is another."""

    def __init__(self, stated: Sum | None = None) -> None:
        self.size = 0
        """Bytes so far."""
        self._stated = stated
        ways = {SHA256, stated.way} if stated else {SHA256}
        self._digests = {
            way: hashlib.new(way.algorithm, way.before, usedforsecurity=False) for way in ways
        }

    def add(self, data: bytes | memoryview) -> None:
        self.size += len(data)
        for digest in self._digests.values():
            digest.update(data)

    @property
    def sha256(self) -> str:
        """Hex."""
        return self._digests[SHA256].hexdigest()

    @property
    def fits(self) -> bool | None:
        """Whether they add up to what is stated; None: nothing is."""
        if self._stated is None:
            return None
        return self._digests[self._stated.way].hexdigest() == self._stated.hex
