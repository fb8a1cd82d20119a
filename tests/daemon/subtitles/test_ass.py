"""Words that are lit when they are said."""

import re
from random import Random

import pysubs2
import pytest

from steno.plugins.contract import Fragment, Word
from steno.subtitles.formats import Header, render
from steno.subtitles.shape import shape
from steno.subtitles.timing import finish
from steno.wire import Cue, SubtitleStyle


def events(*cues: Cue) -> list[pysubs2.SSAEvent]:
    return list(pysubs2.SSAFile.from_string("".join(render("ass", cues, header=Header()))))


def lit(cue: Cue) -> str:
    [event] = events(cue)
    return event.text


def cue_of(text: str, *words: Word, start: float = 1.0, end: float = 3.0) -> Cue:
    return Cue(id="0.0", start=start, end=end, text=text, words=list(words))


def timed(text: str) -> list[tuple[int, str]]:
    """Duration in hundredths of a second and text of each part of a line."""
    return [(int(m[1]), m[2]) for m in re.finditer(r"\{\\k(\d+)\}([^{]*)", text)]


def test_a_whole_file() -> None:
    words = [Word("Hello", 1.2, 1.5), Word("there,", 1.5, 2.0), Word("you.", 2.3, 2.9)]
    cues = [cue_of("Hello there,\nyou.", *words), Cue(id="0.1", start=3725, end=3726.5, text="No.")]
    header = Header(name="talk.wav", language="en")
    assert "".join(render("ass", cues, header=header)) == (
        "[Script Info]\n"
        "Title: talk.wav\n"
        "Language: en\n"
        "ScriptType: v4.00+\n"
        "WrapStyle: 0\n"
        "ScaledBorderAndShadow: yes\n"
        "PlayResX: 1920\n"
        "PlayResY: 1080\n"
        "\n"
        "[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour,"
        " BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle,"
        " BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
        "Style: Default,Arial,64,&H00FFFFFF,&H00A8A8A8,&H00000000,&H80000000,0,0,0,0,100,100,0,0,"
        "1,3,1,2,96,96,54,1\n"
        "\n"
        "[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,"
        r"{\k20}{\k30}Hello {\k50}there,\N{\k30}{\k60}you.{\k10}"
        "\n"
        "Dialogue: 0,1:02:05.00,1:02:06.50,Default,,0,0,0,,No.\n"
    )


def test_rounding_does_not_add_up() -> None:
    words = [Word("x", 1 + n * 0.0149, 1 + (n + 1) * 0.0149) for n in range(100)]
    parts = timed(lit(cue_of(" ".join("x" * 100), *words, end=2.49)))
    at = 100
    for (lasts, _), word in zip(parts, words, strict=True):
        assert abs(at / 100 - word.start) <= 0.00551
        at += lasts
    assert at == 249


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("今日は\n良い", ["今日", "は", "良", "い"], ["今日", "は\\N", "良", "い"]),
        ("so xxxx", ["so", "xxxxyyyy"], ["so ", "xxxx"]),
        ("New York is", ["New York", "", "is"], ["New York ", "is"]),
        ("Hello, World!", ["hello", "world"], ["Hello, ", "World!"]),
        ("« a »", ["a"], ["« a »"]),
        ("a{b}\\N c", ["a{b}\\N", "c"], ["a｛b｝＼N ", "c"]),
    ],
)
def test_the_parts_of_a_text_are_its_words(
    text: str, words: list[str], expected: list[str]
) -> None:
    step = 2 / len(words)
    said = [Word(word, 1 + step * n, 1 + step * (n + 1)) for n, word in enumerate(words)]
    assert [part for _, part in timed(lit(cue_of(text, *said))) if part] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a person wrote this", ["the", "machine", "heard"]),
        ("ab cd", ["xy", "zw"]),
        ("too few words", ["too", "few"]),
        ("too", ["too", "many"]),
        ("rest of a word", []),
    ],
)
def test_a_text_of_other_words_is_plain(text: str, words: list[str]) -> None:
    said = [Word(word, 1 + n / 9, 1 + (n + 1) / 9) for n, word in enumerate(words)]
    assert lit(cue_of(text, *said)) == text


def test_a_cue_that_was_moved_from_its_words_is_plain() -> None:
    assert lit(cue_of("far away", Word("far", 9.0, 9.5), Word("away", 9.5, 10.0))) == "far away"
    assert lit(cue_of("long ago", Word("long", 0.1, 0.5), Word("ago", 0.5, 0.9))) == "long ago"


def test_short_cues_keep_their_order_and_last() -> None:
    cues = [Cue(id=f"0.{n}", start=n / 1000, end=(n + 1) / 1000, text="x") for n in range(40)]
    found = events(*cues)
    assert [(event.start, event.end) for event in found] == [
        (n * 10, n * 10 + 10) for n in range(40)
    ]


def test_cues_a_person_let_overlap_still_do() -> None:
    cues = [Cue(id="0.0", start=0, end=5, text="x"), Cue(id="0.1", start=3, end=6, text="y")]
    assert [(event.start, event.end) for event in events(*cues)] == [(0, 5000), (3000, 6000)]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("language", ["en", "ja"])
def test_whatever_was_heard_is_lit_when_it_is_said(seed: int, language: str) -> None:
    random = Random(seed)
    vocabulary = ["日", "今日", "は、", "カメラ。"] if language == "ja" else ["I", "was", "x" * 60]
    at, words = 0.0, []
    for _ in range(random.randrange(1, 40)):
        lasts = random.expovariate(3)
        words.append(Word(random.choice(vocabulary), at, at + lasts))
        at += lasts + random.choice([0.0, random.expovariate(2)])
    joint = "" if language == "ja" else " "
    text = joint.join(word.text for word in words)
    style = SubtitleStyle(min_gap=random.choice([0.0, 0.1]))
    shaped = shape(
        Fragment(index=0, text=text, language=language, words=tuple(words)), 0, at, style
    )
    cues = [
        Cue(id=f"0.{n}", start=c.start, end=c.end, text=c.text, words=list(c.words))
        for n, c in enumerate(shaped)
    ]
    finished = list(finish(cues, style, at))
    for cue, event in zip(finished, events(*finished), strict=True):
        parts = timed(event.text)
        assert bool(parts) == bool(cue.words)
        if not parts:
            continue
        assert sum(lasts for lasts, _ in parts) * 10 == event.duration
        assert event.plaintext == cue.text
        at, starts = event.start, list[int]()
        for lasts, shown in parts:
            if shown:
                starts.append(at)
            at += lasts * 10
        said = [min(max(round(w.start * 1000), event.start), event.end) for w in cue.words]
        assert len(starts) == len(said)
        assert all(abs(a - b) <= 5 for a, b in zip(starts, said, strict=True))
