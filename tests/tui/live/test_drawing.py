"""Loudness, times, cues and reasons as lines of cells."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from steno.client import Cues
from steno.errors import StenoError
from steno.wire import Cue, Waveform
from steno_tui.live import drawing, lane, picture, reasons
from steno_tui.live.drawing import BLANK, Mark
from steno_tui.live.picture import Scene
from steno_tui.live.stretch import SHORTEST, Stretch
from steno_tui.live.waves import KEPT, Waves
from steno_tui.live.widgets.layout import Span

LEVELS = st.lists(st.none() | st.integers(0, 255), min_size=1, max_size=40)
STRETCHES = st.builds(
    lambda start, length: Stretch(start, start + length),
    st.floats(0, 40_000),
    st.floats(SHORTEST, 40_000),
)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def wave(start: float = 0.0, end: float = 10.0, *columns: int | None, **more: float) -> Waveform:
    available = more.get("available", end)
    return Waveform(
        job_id="j1", start=start, end=end, columns=list(columns), available=available,
        complete=available >= end, duration=None, speech=[],
    )  # fmt: skip


def cue(n: int, start: float, end: float, text: str = "some words") -> Cue:
    return Cue(id=f"{n}.0", start=start, end=end, text=text)


def text(line: list[Span]) -> str:
    return "".join(span.text for span in line)


def dots(lines: list[str], cell: int) -> int:
    return sum((ord(line[cell]) - ord(BLANK)).bit_count() for line in lines)


# Loudness


@given(LEVELS, st.integers(1, 5))
@quick
def test_each_pair_of_levels_is_a_column_of_braille(levels: list[int | None], rows: int) -> None:
    lines = drawing.braille(levels, rows)
    assert [len(line) for line in lines] == [-(-len(levels) // 2)] * rows
    for cell in range(len(lines[0])):
        pair = levels[2 * cell : 2 * cell + 2]
        assert (dots(lines, cell) == 0) == all(level is None for level in pair)
        assert dots(lines, cell) <= sum(4 * rows for level in pair if level is not None)


@given(st.lists(st.integers(0, 255), min_size=2, max_size=30), st.integers(1, 5))
@quick
def test_what_is_louder_is_never_lower(levels: list[int], rows: int) -> None:
    levels.sort()
    twice = [level for level in levels for _ in range(2)]
    heights = [dots(drawing.braille(twice, rows), cell) for cell in range(len(levels))]
    assert heights == sorted(heights)
    columns = zip(*drawing.blocks(levels, rows), strict=True)
    tall = [sum(map(drawing.EIGHTHS.index, column)) for column in columns]
    assert tall == sorted(tall)
    assert tall[0] > 0


def test_silence_is_a_line_and_the_loudest_fills_the_height() -> None:
    assert drawing.braille([0, 0, 255, 255, None, None], 2) == ["⣀⣿⠀", "⠀⣿⠀"]
    assert drawing.blocks([0, 64, 255, None], 2) == ["  █ ", "▁██ "]


def test_a_waveform_is_drawn_finer_coarser_or_in_part() -> None:
    told = wave(10.0, 20.0, 1, 9, 2, None)
    assert drawing.levels(told, Stretch(10.0, 20.0), 4) == [1, 9, 2, None]
    assert drawing.levels(told, Stretch(10.0, 20.0), 2) == [9, 2]
    assert drawing.levels(told, Stretch(10.0, 20.0), 8) == [1, 1, 9, 9, 2, 2, None, None]
    assert drawing.levels(told, Stretch(5.0, 15.0), 4) == [None, None, 1, 9]
    assert drawing.levels(wave(), Stretch(0.0, 1.0), 2) == [None, None]


# Times


@given(STRETCHES, st.integers(1, 200), st.lists(st.floats(0, 40_000), max_size=2))
@quick
def test_times_stand_where_they_are_and_never_run_together(
    stretch: Stretch, columns: int, moments: list[float]
) -> None:
    line = drawing.ruler(stretch, columns, [Mark(at, "▼", "cursor") for at in moments])
    assert len(text(line)) == columns
    signs = text(line).split()
    assert all(sign.count("│") + sign.count("▼") == 1 for sign in signs)
    at = stretch.column(moments[0], columns) if moments else -1
    if 0 <= at < columns and columns > 20:
        assert text(line)[at] == "▼"


def test_steps_are_round_and_as_short_as_there_is_room_for() -> None:
    assert text(drawing.ruler(Stretch(0, 20), 40)).split() == ["│0:00", "│0:05", "│0:10", "│0:15"]
    assert text(drawing.ruler(Stretch(3599, 7201), 30)).split() == ["│1:00:00", "│1:30:00"]
    assert text(drawing.ruler(Stretch(0.05, 2.05), 40)).split()[0] == "│0:00.5"


# Cues

CUES = st.lists(
    st.tuples(st.floats(0, 100), st.floats(0.01, 30), st.text(max_size=12)), max_size=30
).map(lambda some: Cues(cue(n, s, s + d, t) for n, (s, d, t) in enumerate(some)))


@given(CUES, st.floats(0, 100), st.floats(SHORTEST, 100), st.integers(1, 60))
@quick
def test_a_lane_has_a_cell_for_each_column(
    cues: Cues, start: float, length: float, columns: int
) -> None:
    stretch = Stretch(start, start + length)
    line = lane.lane(cues, [False] * columns, stretch, None)
    assert cell_len(text(line)) == columns
    pieces = list(lane.pieces(cues, stretch, columns))
    assert all(0 <= piece.first < piece.end <= columns for piece in pieces)
    assert all(a.end <= b.first for a, b in pairwise(pieces))


def test_neighbours_are_told_apart_and_the_selected_one_is_marked() -> None:
    cues = Cues(cue(n, 2.0 * n, 2.0 * n + 2) for n in range(5))
    spoken = [True] * 20
    far = lane.lane(cues, spoken, Stretch(0, 20), "2.0")
    assert text(far) == "▀▀▄▄██▄▄▀▀··········"
    near = lane.lane(cues, [False] * 21, Stretch(0, 6), "1.0")
    assert text(near) == "▏some …▶some …▏some …"
    assert [span.role for span in near if span.text in "▏▶"] == ["even", "chosen", "even"]


def test_cues_that_share_a_cell_are_one_sign_and_the_selected_one_is_seen() -> None:
    cues = Cues(cue(n, n / 10, n / 10 + 0.05) for n in range(100))
    assert text(lane.lane(cues, [False] * 12, Stretch(0, 12), None)) == "▒" * 10 + "  "
    assert text(lane.lane(cues, [False] * 12, Stretch(0, 12), "55.0"))[5] == "█"


def test_a_cue_that_began_before_reaches_in() -> None:
    cues = Cues([cue(0, 0.0, 15.0), cue(1, 18.0, 19.0)])
    assert text(lane.lane(cues, [False] * 10, Stretch(10, 20), None)) == "▏som…   ▄ "


def test_of_many_cues_few_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    cues = Cues(cue(n, n * 0.7, n * 0.7 + 0.6) for n in range(20_000))
    asked: list[object] = []
    read = Cues.__getitem__

    def counted(self: Cues, n: int) -> Cue:
        asked.append(n)
        return read(self, n)

    monkeypatch.setattr(Cues, "__getitem__", counted)
    for stretch in (Stretch(0, 14_000), Stretch(10_000, 10_060)):
        asked.clear()
        lane.lane(cues, [False] * 140, stretch, "15000.0")
        assert 0 < len(asked) < 140 * 6


# The whole


@pytest.mark.parametrize("blocks", [False, True])
@pytest.mark.parametrize(("columns", "rows"), [(1, 3), (60, 3), (80, 6), (200, 9)])
def test_a_picture_fits(columns: int, rows: int, *, blocks: bool) -> None:
    told = wave(0.0, 20.0, *range(100), None, None)
    cues = Cues([cue(0, 1.0, 4.0, "日本語のとても長い"), cue(1, 5.0, 6.0)])
    for problem in (None, StenoError("job_not_found", job="j1").problem):
        for known in (None, told):
            scene = Scene(Stretch(0, 25), known, cues, "0.0", 2.0, 3.0, problem, blocks)
            lines = picture.picture(scene, columns, rows)
            assert [cell_len(text(line)) for line in lines] == [columns] * rows


def test_the_cursor_the_playing_one_and_the_selection_are_seen() -> None:
    told = wave(0.0, 20.0, *[200] * 40)
    scene = Scene(Stretch(0, 20), told, Cues([cue(0, 5.0, 8.0)]), "0.0", 5.0, 12.0)
    ruler, first, *_rest = picture.picture(scene, 40, 6)
    assert {span.text: span.role for span in ruler if span.role != "ruler"} == {
        "▼0:05.0": "cursor",
        "▷0:12.0": "playing",
    }
    assert (text(first)[10], text(first)[24]) == ("│", "┃")
    assert [(span.role, len(span.text)) for span in first] == [
        ("wave", 10), ("cursor", 1), ("selected", 5), ("wave", 8), ("playing", 1), ("wave", 15),
    ]  # fmt: skip


def test_what_is_not_known_is_said() -> None:
    part = Scene(Stretch(0, 20), wave(0.0, 20.0, *[9] * 20, *[None] * 20, available=10.0))
    lines = [text(line) for line in picture.picture(part, 40, 5)]
    assert "not read yet" in lines[2][20:]
    nothing = [text(line) for line in picture.picture(Scene(Stretch(0, 20)), 40, 5)]
    assert "Reading the waveform" in nothing[2]
    problem = StenoError("waveform_gone", job="j1", why="/m/j1.wav is missing.").problem
    lines = reasons.said(problem, 60, 4, asked=True)
    assert " ".join(lines) == f"✖ {problem.detail} {problem.hint}"
    assert reasons.said(problem, 60, 2, asked=True)[1].endswith("…")
    assert reasons.said(problem, 60, 1, asked=True) == [f"✖ {problem.title}"]
    assert reasons.said(problem, 10, 4, asked=True) == []


# The part that is seen


@given(STRETCHES, st.floats(0.1, 10), st.floats(0, 1), st.floats(SHORTEST, 50_000))
@quick
def test_what_is_under_the_pointer_stays_there(
    seen: Stretch, factor: float, at: float, total: float
) -> None:
    around = seen.start + at * seen.length
    after = seen.zoomed(factor, around)
    assert (around - after.start) / after.length == pytest.approx(at, abs=1e-6)
    inside = after.within(total)
    assert inside.start >= 0
    assert inside.end <= total + 1e-6
    assert inside.length == pytest.approx(min(after.length, total))


def test_it_moves_only_to_what_is_not_seen() -> None:
    seen = Stretch(10, 20)
    assert seen.showing(10, 20) == seen
    assert seen.showing(25, 27) == Stretch(21, 31)
    assert seen.showing(19, 21) == Stretch(15, 25)
    assert seen.showing(50, 90) == Stretch(49.5, 59.5)


def test_the_last_waveforms_are_kept_and_the_best_stands_in() -> None:
    waves = Waves()
    assert waves.near(Stretch(0, 10), 4) is None
    whole, part = wave(0.0, 100.0, 1, 2, 3, 4), wave(0.0, 10.0, 1, 2, 3, 4)
    waves.put(whole)
    waves.put(part)
    assert waves.get(Stretch(0.0, 10.001), 4) is part
    assert waves.get(Stretch(0.0, 10.0), 8) is None
    assert waves.near(Stretch(0, 10), 8) is part
    assert waves.near(Stretch(5, 15), 4) is whole
    assert waves.near(Stretch(200, 210), 4) is None
    for n in range(KEPT):
        waves.put(wave(float(n), n + 0.5, 1))
    assert waves.near(Stretch(50, 60), 4) is None
