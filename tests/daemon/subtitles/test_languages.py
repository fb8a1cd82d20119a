import pytest

from steno.subtitles.languages import LANGUAGES, spaced


def test_the_table_holds_whole_names() -> None:
    assert len(LANGUAGES) == 186
    assert LANGUAGES["nb"] == "Norwegian Bokmål"
    assert LANGUAGES["yue"] == "Cantonese"
    assert {"haw", "jw", "zu"} <= LANGUAGES.keys()
    assert all(name and name[0].isupper() for name in LANGUAGES.values())
    assert all(code.isalpha() and len(code) in (2, 3) for code in LANGUAGES)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", True),
        ("ko", True),
        ("ja", False),
        ("zh-TW", False),
        ("zh_Hans", False),
        ("TH", False),
    ],
)
def test_spaced(language: str, expected: bool) -> None:
    assert spaced(language) is expected
