"""The keys at the bottom and in the palette."""

from steno_tui.live.screens.system.paint import aligned
from steno_tui.live.widgets.hints import fitting
from steno_tui.live.widgets.layout import Span
from tui.live.pictures import scenes
from tui.live.pictures.stage import Play, Scene, draw, seen, until


def test_the_first_keys_are_shown_and_always_those_that_are_kept() -> None:
    assert fitting([5, 5, 5], 15, 1) == [0, 1, 2]
    assert fitting([5, 5, 5], 14, 1) == [0, 2]
    assert fitting([5, 9, 1, 5], 14, 1) == [0, 3]  # none but the first ones
    assert fitting([5, 5], 3, 1) == [1]
    assert fitting([5, 5], 7, 0) == [0]
    assert fitting([], 7, 0) == []


def test_long_values_stay_behind_their_labels() -> None:
    facts = [("Jobs", [Span("three four five", "ok")]), ("Log", [Span("/a/very/long"), Span("!")])]
    shown = ["".join(span.text for span in line) for line in aligned(facts, 16)]
    assert shown == ["Jobs  three four", "      five", "Log   /a/very/lo", "      ng!"]
    assert len(aligned(facts)) == 2


async def test_the_palette_offers_keys_that_are_markup_elsewhere() -> None:
    steps = (*scenes.TO_GLACIER, "ctrl+p", until(scenes.offered), *"0.1 s", seen("([)", "(])"))
    names = [name async for name, _ in draw(Play(scenes.busy, (Scene("palette", steps),)))]
    assert names == ["palette-100x30"]
