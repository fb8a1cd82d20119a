"""Lines on a terminal where characters take two columns."""

import pytest

from steno_tui.wrapping import width, wrap


def test_wide_characters_take_two_columns_and_marks_none() -> None:
    assert width("字幕 srt") == 8
    assert width("e\N{COMBINING ACUTE ACCENT}") == 1


def test_lines_break_between_words_and_keep_them_whole() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("a-very-long-word x", 4) == ["a-very-long-word", "x"]
    assert wrap("", 8) == [""]


def test_lines_break_between_wide_characters_but_not_before_a_stop() -> None:
    assert wrap("请重新下载。好", 10) == ["请重新下", "载。好"]
    assert wrap("请用（新的）", 6) == ["请用", "（新", "的）"]


def test_further_lines_are_set_in() -> None:
    assert wrap("one two three", 9, "> ", "  ") == ["> one two", "  three"]


@pytest.mark.parametrize("room", range(4, 30))
def test_no_line_is_too_wide_and_nothing_is_lost(room: int) -> None:
    text = "请检查网络连接后重试；已下载的部分会保留。use it"
    lines = wrap(text, room)
    assert all(width(line) <= room for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
