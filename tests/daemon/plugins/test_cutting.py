"""Where speech is cut: decided by speech flags alone."""

import random

import pytest

from steno.plugins import SAMPLE_RATE, Piece
from steno.plugins.cutting import CutSettings, Cutter

FRAME = 480
SECOND = SAMPLE_RATE // FRAME + 1
"""Frames of 30 ms in a second, about."""


def frames(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE / FRAME)


def cut(flags: list[bool], levels: list[int] | None = None, **settings: float) -> list[Piece]:
    cutter = Cutter(CutSettings(**settings), FRAME)
    levels = levels or [100 * flag for flag in flags]
    pieces = [cutter.push(*pair) for pair in zip(flags, levels, strict=True)]
    pieces.append(cutter.finish(len(flags) * FRAME))
    return [piece for piece in pieces if piece]


def talk(*seconds: float) -> list[bool]:
    """Flags of alternating silence and speech, silence first."""
    return [bool(n % 2) for n, length in enumerate(seconds) for _ in range(frames(length))]


def in_seconds(pieces: list[Piece]) -> list[tuple[float, float]]:
    return [
        (round(piece.start / SAMPLE_RATE, 2), round(piece.end / SAMPLE_RATE, 2)) for piece in pieces
    ]


def test_silence_gives_nothing() -> None:
    assert cut(talk(20.0)) == []


def test_speech_is_padded() -> None:
    assert in_seconds(cut(talk(3.0, 3.0, 3.0))) == [(2.76, 6.24)]


def test_speech_at_the_edges_reaches_them() -> None:
    pieces = cut([True] * 100)
    assert pieces == [Piece(0, 100 * FRAME)]


def test_long_pauses_separate_and_short_ones_do_not() -> None:
    assert len(cut(talk(1.0, 2.0, 0.6, 2.0, 1.0))) == 1
    assert len(cut(talk(1.0, 2.0, 3.0, 2.0, 1.0))) == 2


def test_blips_are_no_speech() -> None:
    assert cut(talk(2.0, 0.06, 2.0, 0.06, 2.0)) == []


def test_piece_ends_in_the_first_good_pause_past_its_target() -> None:
    pieces = cut(talk(0.0, 6.0, 0.5, 6.0, 0.5, 6.0, 0.5, 6.0), target=10.0, silence=1.0)
    assert [end for _, end in in_seconds(pieces)] == pytest.approx([12.5 + 0.15, 25.5], abs=0.05)


def test_limit_without_a_good_pause_cuts_in_the_longest() -> None:
    talked = talk(0.0, 16.0, 0.12, 5.0, 0.15, 7.0, 0.09, 8.0)
    first, second = cut(talked, pause=1.0, silence=2.0)
    assert not first.forced
    assert first.end <= second.start
    assert first.end / SAMPLE_RATE == pytest.approx(16.0 + 0.12 + 5.0 + 0.07, abs=0.1)


def test_unbroken_speech_is_cut_at_the_quietest_point_of_its_last_seconds() -> None:
    flags = [True] * frames(40.0)
    levels = [1000] * len(flags)
    quiet = frames(27.3)
    levels[quiet - 2 : quiet + 3] = [300] * 5
    levels[frames(20.0)] = 0
    first, second = cut(flags, levels)
    assert first.forced
    assert first.end == second.start
    assert first.end / SAMPLE_RATE == pytest.approx(27.3, abs=0.1)
    assert not second.forced


@pytest.mark.parametrize("limit", [1.0, 3.0, 30.0])
@pytest.mark.parametrize("seed", range(8))
def test_no_frame_of_speech_is_lost_or_doubled(seed: int, limit: float) -> None:
    rng = random.Random(seed)
    lengths = [rng.choice((0.03, 0.09, 0.3, 0.8, 2.0, 9.0, 40.0)) for _ in range(60)]
    flags = talk(*lengths)
    levels = [rng.randrange(1000) for _ in flags]
    pieces = cut(flags, levels, max_segment=limit)
    at = 0
    for piece in pieces:
        assert at <= piece.start < piece.end <= len(flags) * FRAME
        assert piece.end - piece.start <= limit * SAMPLE_RATE
        at = piece.end
    inside = [any(p.start <= n * FRAME < p.end for p in pieces) for n in range(len(flags))]
    run = 0
    for n, flag in enumerate([*flags, False]):
        run = run + 1 if flag else 0
        if run >= 3:
            assert all(inside[n - 2 : n + 1]), f"speech at frame {n} is in no piece"


def test_no_more_is_remembered_than_a_piece_holds() -> None:
    cutter = Cutter(CutSettings(max_segment=5.0), FRAME)
    most = 0
    for n in range(20_000):
        cutter.push(n % 7 != 0, n % 50)
        most = max(most, len(cutter._pauses) + len(cutter._levels))
    assert most < 5 * SECOND * 2
