"""Cues that do not change, and what is made of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steno.client import Cues, cues
from steno.client.cues import key
from steno.wire import Cue


def cue(segment: int, n: int, start: float, text: str = "") -> Cue:
    return Cue(id=f"{segment}.{n}", start=start, end=start + 1, text=text)


IDS = st.builds("{}.{}".format, st.integers(0, 12), st.integers(0, 3))
CUES = st.builds(
    cue, st.integers(0, 12), st.integers(0, 3), st.integers(0, 20).map(float), st.text()
)
CHANGES = st.lists(st.tuples(st.lists(CUES, max_size=8), st.lists(IDS, max_size=3)), max_size=30)


@given(CHANGES)
@settings(max_examples=80, deadline=None, derandomize=True)
def test_changes_do_what_they_do_to_a_dictionary(
    changes: list[tuple[list[Cue], list[str]]],
) -> None:
    """Also across blocks, which are small here, and without touching what was before."""
    before = cues.BLOCK
    cues.BLOCK = 2
    try:
        now, model = Cues(), dict[str, Cue]()
        for put, drop in changes:
            old, was = now, list(now)
            now = now.changed(put, drop)
            for ident in drop:
                model.pop(ident, None)
            for one in put:
                model[one.id] = one
            expected = sorted(model.values(), key=key)
            assert list(now) == expected
            assert len(now) == len(expected)
            assert [now[n] for n in range(len(now))] == expected
            assert [now.get(ident) for ident in model] == list(model.values())
            assert now == Cues(expected)
            assert list(old) == was
            for seconds in (0.0, 3.0, 7.5, 99.0):
                assert now.at(seconds) == sum(one.start < seconds for one in expected)
    finally:
        cues.BLOCK = before


def test_a_change_leaves_what_it_does_not_touch_as_it_is() -> None:
    film = Cues(cue(n, 0, float(n)) for n in range(20_000))
    again = film.changed([cue(10_000, 0, 10_000.25, "other")])
    shared = set(map(id, film._blocks)) & set(map(id, again._blocks))
    assert len(shared) == len(film._blocks) - 1
    buckets = [again._buckets[n] is film._buckets[n] for n in film._buckets]
    assert buckets.count(False) == 1


def test_a_segment_without_words_is_known_to_be_done() -> None:
    film = Cues().changed([], done=300)
    assert film.tells_of(300)
    assert not film.tells_of(301)
    assert list(film) == []
    assert film.get("300.0") is None


def test_it_is_a_sequence() -> None:
    film = Cues([cue(1, 0, 5.0), cue(0, 0, 1.0)])
    assert [one.id for one in film[::-1]] == ["1.0", "0.0"]
    assert film[-1].id == "1.0"
    assert film != [*film]
    for index in (2, -3):
        with pytest.raises(IndexError):
            film[index]
