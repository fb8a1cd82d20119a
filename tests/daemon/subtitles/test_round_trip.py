"""Whatever is said, others read the same text in the same order at the same times."""

import csv
import html
import io
import json
import re
from itertools import pairwise

import pysubs2
import pytest
import srt
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.formats import Header, render
from steno.wire import FORMATS, Cue, Format

HEADER = Header(name="a [live].wav\n[Events]", language="en", duration=3599.6)
HOSTILE = [
    "a", "word", "é", "漢字", "7", " ", " ", "\n", "\r", "\r\n", "\t", "\x00", "\x1b", "\x85",
    "\u2028", "\ufeff", "\u200fא", "\u202e", "\ud800", "👨\u200d👩", "-->", "{", "}", "\\", "\\N",
    "\\h", "{\\k20}", "{\\an8}", "[00:10.00]", "[ti:x]", "<00:01.00>", "00:00:01,000", "<i>",
    "</i>", "<", ">", "<font color=red>", "&amp;", "&",
    '"', ",", "#", ";", "NOTE", "Dialogue: 0,0:00:00.00", "[Events]",
]  # fmt: skip
"""Parts of text that mean something to one format or another."""
LYRIC = re.compile(r"\[(\d+):(\d\d)\.(\d\d)\](.*)")
PLAIN = str.maketrans({"∶": ":", "→": "-->", "‹": "<", "｛": "{", "｝": "}", "＼": "\\"})
"""From what stands in for characters with a meaning back to them."""
MARKUP = re.compile(r"< */? *[a-zA-Z][^>]*>|\{[^}]*\}")
"""What readers of SRT take for tags of HTML (as pysubs2 does) or for overrides."""

Read = list[tuple[int, int, str]]
"""Start, end (milliseconds) and text of each cue."""


@st.composite
def transcripts(draw: st.DrawFn) -> list[Cue]:
    """Cues in order, of whole milliseconds, some next to each other."""
    texts = st.lists(st.sampled_from(HOSTILE), max_size=8).map("".join)
    lasts = st.one_of(st.integers(1, 30), st.integers(1, 7_000))
    pauses = st.one_of(st.just(0), st.integers(0, 90_000))
    at, cues = draw(st.sampled_from([0, 3_590_000, 35_990_000])), []
    for n, (text, pause, duration) in enumerate(
        draw(st.lists(st.tuples(texts, pauses, lasts), max_size=6))
    ):
        start, end = (at + pause) / 1000, (at + pause + duration) / 1000
        words = [Word(part, start, end) for part in script.clean(text).split()]
        cues.append(Cue(id=f"0.{n}", start=start, end=end, text=text, words=words))
        at += pause + duration
    return cues


def written(kind: Format, cues: list[Cue]) -> str:
    """The file as it is read back from a disk."""
    return "".join(render(kind, cues, header=HEADER)).encode().decode()


def expected(cues: list[Cue], *, one_line: bool = False) -> Read:
    """All of them; those without text are in no file."""
    return [
        (
            round(cue.start * 1000),
            round(cue.end * 1000),
            (script.line(cue.text) if one_line else "\n".join(script.lines(cue.text))).translate(
                PLAIN
            ),
        )
        for cue in cues
    ]


def in_hundredths(read: Read) -> Read:
    """As rounded to hundredths of a second, where each cue needs one of its own."""
    rounded: Read = []
    until = 0
    for start, end, text in read:
        first = max((start + 5) // 10 * 10, until)
        until = max((end + 5) // 10 * 10, first + 10)
        rounded.append((first, until, text))
    return shown(rounded)


def shown(read: Read) -> Read:
    return [cue for cue in read if cue[2]]


def millis(seconds: float) -> int:
    return round(seconds * 1000)


def ass(content: str) -> pysubs2.SSAFile:
    return pysubs2.SSAFile.from_string(content, format_="ass")


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_srt(cues: list[Cue]) -> None:
    found = list(srt.parse(written("srt", cues)))
    assert [cue.index for cue in found] == list(range(1, len(found) + 1))
    assert [
        (millis(c.start.total_seconds()), millis(c.end.total_seconds()), c.content.translate(PLAIN))
        for c in found
    ] == shown(expected(cues))


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_srt_has_no_markup(cues: list[Cue]) -> None:
    found = srt.parse(written("srt", cues))
    assert not [cue.content for cue in found if MARKUP.search(cue.content)]


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_vtt(cues: list[Cue]) -> None:
    found = webvtt.from_string(written("vtt", cues)).captions
    assert [
        (
            millis(c.start_in_seconds) + c.start_time.milliseconds,
            millis(c.end_in_seconds) + c.end_time.milliseconds,
            html.unescape(c.raw_text).translate(PLAIN),
        )
        for c in found
    ] == shown(expected(cues))


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_tsv(cues: list[Cue]) -> None:
    file = io.StringIO(written("tsv", cues), newline="")
    names, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert names == ["start", "end", "text"]
    assert [(int(start), int(end), text.translate(PLAIN)) for start, end, text in rows] == shown(
        expected(cues, one_line=True)
    )


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_json(cues: list[Cue]) -> None:
    found = json.loads(written("json", cues))["cues"]
    assert [
        (millis(c["start"]), millis(c["end"]), c["text"].translate(PLAIN)) for c in found
    ] == expected(cues)


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_lrc(cues: list[Cue]) -> None:
    lines = written("lrc", cues).splitlines()
    # What readers take for a tag anywhere in a line is the line's own time or a name's.
    tags = [re.findall(r"[\[<][\w.#-]*:[^\]>]*[\]>]", line) for line in lines]
    assert all(len(found) == 1 for found in tags)
    names = [line for line in lines if not LYRIC.fullmatch(line)]
    assert names == ["[ti:a (live).wav (Events)]", "[length:60:00]", "[la:en]", "[re:Steno]"]
    found = [m.groups() for line in lines if (m := LYRIC.fullmatch(line))]
    timed = [((int(m) * 60 + int(s)) * 1000 + int(c) * 10, text) for m, s, c, text in found]
    assert [time for time, _ in timed] == sorted(time for time, _ in timed)
    read = [
        (start, end, text.translate(PLAIN)) for (start, text), (end, _) in pairwise(timed) if text
    ]
    assert read == in_hundredths(expected(cues, one_line=True))
    assert not timed or timed[-1][1] == ""


@settings(max_examples=50, deadline=None)
@given(transcripts())
def test_ass(cues: list[Cue]) -> None:
    content = written("ass", cues)
    found = ass(content)
    assert found.info["Title"] == "a [live].wav [Events]"
    read = [(c.start, c.end, c.plaintext.translate(PLAIN)) for c in found]
    assert read == in_hundredths(expected(cues))
    assert len(content.split("\n\n[Events]\n")[1].splitlines()) == 1 + len(read)
    for event in found:
        assert event.style in found.styles
        assert event.is_text
        assert set(re.findall(r"\{(.*?)\}", event.text)) <= {f"\\k{n}" for n in range(10_000)}
        assert set(re.findall(r"\\.", re.sub(r"\{.*?\}", "", event.text))) <= {"\\N"}
        timed = [int(n) for n in re.findall(r"\{\\k(\d+)\}", event.text)]
        assert timed
        assert sum(timed) * 10 == event.duration


@pytest.mark.parametrize("kind", FORMATS)
def test_a_megabyte_in_a_cue(kind: Format) -> None:
    text = ("said {\\b1} --> [00:01.00]\n漢\t" * 40_000)[:1_000_000]
    words = [Word(part, 1.0, 2.0) for part in text.split()]
    cue = Cue(id="0.0", start=1.0, end=2.0, text=text, words=words)
    content = written(kind, [cue, Cue(id="0.1", start=2.0, end=3.0, text="next")])
    assert len(content) > 900_000
    if kind == "srt":
        assert [len(c.content.translate(PLAIN)) > 900_000 for c in srt.parse(content)] == [1, 0]
    if kind == "ass":
        assert [len(c.plaintext) for c in ass(content)] == [len(expected([cue])[0][2]), 4]
    if kind in ("tsv", "lrc"):
        assert len([line for line in content.splitlines() if len(line) > 900_000]) == 1
