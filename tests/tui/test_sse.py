"""The parser of Server-Sent Events."""

import random
from itertools import pairwise

import pytest

from steno.client.sse import EventTooLargeError, Message, Parser

STREAM = (
    b"\xef\xbb\xbfdata: after a mark\n\n"
    b": a comment\r\n"
    b"event: draft\r\ndata: a\r\ndata: b\r\n\r\n"
    b"retry: 250\n"
    b"event: job\rid: db-7\rdata: one\rdata:two\r\r"
    b"data\ndata\n\n"
    b"id: db-8\n\n"
    b"event: lost\n\n"
    b"data:  two spaces\r\nunknown: x\r\n\r\n"
    b"id: bad\x00id\ndata: \xff\xc3\xa9\n\n"
    b"id\ndata: empty id\n\n"
    b"retry: 1s\nretry: \xc2\xb2\ndata: last\n\n"
    b"data: cut off\n"
)
EXPECTED = [
    Message("message", "after a mark", None),
    Message("draft", "a\nb", None),
    Message("job", "one\ntwo", "db-7"),
    Message("message", "\n", None),
    Message("message", " two spaces", None),
    Message("message", "\N{REPLACEMENT CHARACTER}é", None),
    Message("message", "empty id", ""),
    Message("message", "last", None),
]


def parse(*chunks: bytes) -> list[Message]:
    parser = Parser()
    return [message for chunk in chunks for message in parser.feed(chunk)]


def test_the_whole_stream_at_once() -> None:
    assert parse(STREAM) == EXPECTED


def test_every_single_split_gives_the_same() -> None:
    for cut in range(len(STREAM)):
        assert parse(STREAM[:cut], STREAM[cut:]) == EXPECTED, cut


def test_byte_by_byte_with_empty_chunks_gives_the_same() -> None:
    chunks = [part for i in range(len(STREAM)) for part in (STREAM[i : i + 1], b"")]
    assert parse(*chunks) == EXPECTED


def test_random_splits_give_the_same() -> None:
    chance = random.Random(7)
    for _ in range(300):
        cuts = sorted(chance.choices(range(len(STREAM)), k=chance.randrange(1, 12)))
        edges = [0, *cuts, len(STREAM)]
        assert parse(*(STREAM[a:b] for a, b in pairwise(edges))) == EXPECTED


def test_retry_takes_digits_only() -> None:
    parser = Parser()
    list(parser.feed(STREAM))
    assert parser.retry == 250


@pytest.mark.parametrize(
    "hostile",
    [b"data: " + b"x" * 2000, b"data: x\n" * 200, b": " + b"c" * 2000, b"x" * 50],
    ids=["line", "lines", "comment", "dribble"],
)
def test_an_event_without_end_is_bounded(hostile: bytes) -> None:
    parser = Parser(limit=1000)
    with pytest.raises(EventTooLargeError):
        [*(message for _ in range(50) for message in parser.feed(hostile))]


def test_comments_without_end_cost_nothing() -> None:
    parser = Parser(limit=1000)
    for _ in range(5000):
        assert list(parser.feed(b": still here\n\n")) == []
