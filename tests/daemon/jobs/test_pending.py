"""Segments that wait for a lane."""

import asyncio

from steno.jobs.pending import Pending


async def test_lowest_first_and_in_batches() -> None:
    pending = Pending()
    for index in (5, 1, 3):
        pending.add(index)
    assert await pending.take(2) == [1, 3]
    assert await pending.take(2) == [5]


async def test_lanes_wait_for_what_may_come_back() -> None:
    pending = Pending()
    pending.add(0)
    pending.close()
    assert await pending.take(1) == [0]
    other = asyncio.create_task(pending.take(1))
    await asyncio.sleep(0)
    assert not other.done(), "segment 0 is in hand and may fail"
    pending.add(0)
    pending.put_down(1)
    assert await other == [0]
    pending.put_down(1)
    assert await pending.take(1) == []


async def test_what_failed_together_is_tried_alone() -> None:
    pending = Pending()
    for index in range(4):
        pending.add(index, alone=index in (1, 2))
    assert [await pending.take(4) for _ in range(4)] == [[0], [1], [2], [3]]


async def test_stopping_hands_out_nothing_more() -> None:
    pending = Pending()
    waiting = asyncio.create_task(pending.take(1))
    await asyncio.sleep(0)
    pending.stop()
    pending.add(1)
    assert await waiting == []
