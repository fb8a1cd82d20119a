"""Fragments come out in the order of the media."""

import itertools

import pytest

from steno.wire import FragmentEvent
from steno_tui.order import MOST_HELD, Order


def fragment(index: int) -> FragmentEvent:
    return FragmentEvent(job_id="j1", segment_index=index, language="en", segments=[])


def shown(order: Order, *indices: int) -> list[list[int]]:
    return [[one.segment_index for one in order.take(fragment(index))] for index in indices]


@pytest.mark.parametrize("indices", [*itertools.permutations(range(4))])
def test_each_waits_for_those_before_it(indices: tuple[int, ...]) -> None:
    assert [*itertools.chain(*shown(Order(), *indices))] == [0, 1, 2, 3]


def test_none_waits_for_a_gap() -> None:
    order = Order()
    assert shown(order, 1) == [[]]
    assert [one.segment_index for one in order.gap(0)] == [1]
    assert order.gap(3) == []
    assert shown(order, 4, 2) == [[], [2, 4]]


def test_none_waits_for_what_was_done_before() -> None:
    order = Order()
    order.done(3)  # 0, 1 and 3
    assert shown(order, 4, 2, 5) == [[], [2, 4], [5]]


def test_what_is_told_again_comes_at_once() -> None:
    assert shown(Order(), 0, 0, 2, 2, 1, 2) == [[0], [0], [], [], [1, 2], [2]]


def test_a_segment_that_never_comes_holds_up_few() -> None:
    order = Order()
    *held, let_go = shown(order, *range(1, MOST_HELD + 2))
    assert not any(held)
    assert let_go == [*range(1, MOST_HELD + 2)]
    assert shown(order, MOST_HELD + 2, 0) == [[MOST_HELD + 2], [0]]


def test_the_end_of_a_job_lets_all_go() -> None:
    order = Order()
    assert shown(order, 3, 1) == [[], []]
    assert [one.segment_index for one in order.flush()] == [1, 3]
    assert order.flush() == []
