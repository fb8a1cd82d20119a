import pytest

from steno.subtitles import script


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("plain-word's", ["plain-word's"]),
        ("「東京」は、", ["「東", "京」", "は、"]),
        ("iPhone，我", ["iPhone，", "我"]),
        ("キャー", ["キャー"]),
        ("ทำไมเพื่อนๆ", ["ทำ", "ไม", "เพื่", "อ", "นๆ"]),
        ("ខ្មែរ", ["ខ្មែ", "រ"]),
        ("한국어", ["한국어"]),
        ("東。。。。。。", ["東。。。", "。", "。", "。"]),
    ],
)
def test_clusters(piece: str, expected: list[str]) -> None:
    assert script.clusters(piece) == expected


def test_columns() -> None:
    assert [script.columns(char) for char in "aé漢ｶ\u0301\u200d한🎉"] == [1, 1, 2, 1, 0, 0, 2, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("👨\u200d👩\u200d👧", (0, 1)),
        ("🏳\ufe0f\u200d🌈", (0, 1)),
        ("❤\ufe0f", (0, 1)),
        ("👋🏽", (0, 1)),
        ("🇩🇪🇫🇷", (0, 2)),
        ("🙂\u200d↔\ufe0f", (0, 1)),
        ("1\ufe0f\u20e3", (0, 1)),
        ("🏴\U000e0067\U000e0062\U000e007f", (0, 1)),
        ("می\u200cخواهم", (7, 0)),
        ("a漢e\u0301👋🏽", (2, 2)),
    ],
)
def test_width_counts_what_a_person_sees(text: str, expected: tuple[int, int]) -> None:
    assert script.width(text) == expected


def test_characters_are_what_a_person_sees() -> None:
    pieces = ["👨\u200d👩", "🇩🇪", "🇫🇷", "👋🏽", "e\u0301", "नि", "x", "\u1112\u1161\u11ab"]
    assert script.characters("".join(pieces)) == pieces


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a", "b", "a b"),
        ("漢", "b", "漢b"),
        ("b", "。", "b。"),
        ("한", "국", "한 국"),
        ("", "b", "b"),
    ],
)
def test_joined(first: str, second: str, expected: str) -> None:
    assert script.joined(first, second) == expected
