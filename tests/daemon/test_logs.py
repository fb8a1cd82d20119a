"""The newest records, in memory."""

import logging
import sys

from steno.logs import LONGEST, Recent


def put(recent: Recent, message: str, level: int = logging.INFO, **more: object) -> None:
    recent.handle(
        logging.makeLogRecord(
            {"msg": message, "levelno": level, "levelname": "x", "name": "some", **more}
        )
    )


def fail(why: str) -> None:
    raise ValueError(why)


def test_only_so_many_are_kept_and_none_is_told_twice() -> None:
    recent = Recent(most=3)
    for n in range(5):
        put(recent, f"number {n}")
    page = recent.page(10, level="DEBUG")
    assert [one.message for one in page.records] == ["number 2", "number 3", "number 4"]
    assert recent.page(10, level="DEBUG", after=page.next).records == []
    first = recent.page(1, level="DEBUG", text="NUMBER", after=0)
    assert [one.message for one in first.records] == ["number 2"]
    assert recent.page(9, level="DEBUG", after=first.next).records == page.records[1:]
    assert recent.page(10, level="WARNING", after=0).next == page.next


def test_a_traceback_is_there_with_its_end() -> None:
    recent = Recent()
    try:
        fail("x" * 2 * LONGEST + " is not a number")
    except ValueError:
        put(recent, "it broke\x1b[2J", logging.ERROR + 5, exc_info=sys.exc_info())
    (record,) = recent.page(10, level="ERROR").records
    assert record.level == "ERROR"
    assert record.message.startswith("it broke\N{REPLACEMENT CHARACTER}[2J\nTraceback")
    assert record.message.endswith("is not a number")
    assert len(record.message) < LONGEST + 10
