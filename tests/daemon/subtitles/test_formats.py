"""Every format is read back by parsers that are not Steno's."""

import io
import json
import re
import tracemalloc
from collections.abc import Iterator
from typing import Literal

import pysubs2
import pytest
import srt
import webvtt

from steno.plugins.contract import Word
from steno.subtitles.formats import Header, render
from steno.subtitles.report import Shortfalls
from steno.subtitles.timing import finish
from steno.wire import FORMATS, LATEST, Cue, Format, SubtitleStyle

HEADER = Header(name="talk.wav", language="en", duration=12.5, model="whisper/small")
CUES = [
    Cue(id="0.0", start=0.0, end=1.5, text="Hello there,", words=[Word("Hello", 0.0, 0.70049)]),
    Cue(id="0.1", start=1.5, end=3.25, text="this is\na test."),
    Cue(id="1.0", start=3725.001, end=360_000.999, text="今日は\n良い天気"),
]
PLAIN = str.maketrans({"∶": ":", "‹": "<", "｛": "{"})
"""From what looks like a character with a meaning in SRT back to it."""
HOSTILE = [
    "<i>a</i> & b > c < d",
    "00:00:01,000 --> 00:00:02,000",
    "7",
    "5\n0:00:00:01,000 --> 0:00:00:02,000",
    "a\n\n8\n00:00:01,000 --> 00:00:02,000\ninjected",
    "NOTE not a comment",
    "STYLE",
    "WEBVTT",
    '"quoted" \\N {curly}',
    "a\x00b\u2028c\ud800",
    "&amp; &lt;",
]


def text(kind: Format, cues: list[Cue]) -> str:
    return "".join(render(kind, cues, header=HEADER))


def hostile_cues() -> list[Cue]:
    return [Cue(id=f"0.{n}", start=n, end=n + 0.5, text=text) for n, text in enumerate(HOSTILE)]


def shown(line: str) -> str:
    """What should be seen of hostile text, its arrow apart."""
    return " ".join(
        line.replace("\x00", " ").replace("\u2028", " ").replace("\ud800", "\ufffd").split()
    )


LINE = re.compile(r"\[(\d+):(\d\d)\.(\d\d)\](.*)")


def lyrics(content: str) -> list[tuple[int, str]]:
    """Time in hundredths of a second and text of each line of an LRC file, tags left out."""
    found = [LINE.fullmatch(line) for line in content.splitlines()]
    return [((int(m[1]) * 60 + int(m[2])) * 100 + int(m[3]), m[4]) for m in found if m is not None]


def test_srt() -> None:
    assert text("srt", CUES) == (
        "1\n00:00:00,000 --> 00:00:01,500\nHello there,\n\n"
        "2\n00:00:01,500 --> 00:00:03,250\nthis is\na test.\n\n"
        "3\n01:02:05,001 --> 100:00:00,999\n今日は\n良い天気\n\n"
    )


def test_srt_is_read_back_by_others() -> None:
    content = text("srt", CUES)
    parsed = list(srt.parse(content))
    assert [cue.content for cue in parsed] == [cue.text for cue in CUES]
    assert [cue.index for cue in parsed] == [1, 2, 3]
    assert [cue.start.total_seconds() for cue in parsed] == [cue.start for cue in CUES]
    assert [cue.end.total_seconds() for cue in parsed] == [cue.end for cue in CUES]
    other = pysubs2.SSAFile.from_string(content, format_="srt")
    assert [cue.plaintext for cue in other] == [cue.text for cue in CUES]
    assert [cue.start for cue in other] == [round(cue.start * 1000) for cue in CUES]


def test_vtt() -> None:
    assert text("vtt", CUES) == (
        "WEBVTT\n"
        "\n00:00:00.000 --> 00:00:01.500\nHello there,\n"
        "\n00:00:01.500 --> 00:00:03.250\nthis is\na test.\n"
        "\n01:02:05.001 --> 100:00:00.999\n今日は\n良い天気\n"
    )


def test_vtt_is_read_back_by_others() -> None:
    content = text("vtt", CUES[:2])
    assert [(c.start_in_seconds, c.text) for c in webvtt.from_string(content).captions] == [
        (0, "Hello there,"),
        (1, "this is\na test."),
    ]
    other = pysubs2.SSAFile.from_string(content, format_="vtt")
    assert [(c.start, c.end, c.plaintext) for c in other] == [
        (0, 1500, "Hello there,"),
        (1500, 3250, "this is\na test."),
    ]


def test_json() -> None:
    content = text("json", CUES)
    assert content.endswith("}\n")
    parsed = json.loads(content)
    assert {key: value for key, value in parsed.items() if key != "cues"} == {
        "name": "talk.wav",
        "language": "en",
        "duration": 12.5,
        "backend": None,
        "model": "whisper/small",
    }
    assert parsed["cues"][0] == {
        "id": "0.0",
        "start": 0.0,
        "end": 1.5,
        "text": "Hello there,",
        "words": [{"text": "Hello", "start": 0.0, "end": 0.7}],
    }
    assert [cue["text"] for cue in parsed["cues"]] == [cue.text for cue in CUES]


def test_txt_joins_lines_and_parts_paragraphs_at_pauses() -> None:
    assert text("txt", CUES) == "Hello there, this is a test.\n\n今日は良い天気\n"


def test_txt_parts_long_paragraphs_at_the_end_of_a_sentence() -> None:
    cues = [
        Cue(id=f"0.{n}", start=n, end=n + 1, text="x" * 60 + ("." if n % 4 == 3 else ","))
        for n in range(24)
    ]
    paragraphs = text("txt", cues).strip().split("\n\n")
    assert len(paragraphs) == 2
    assert all(paragraph.endswith(".") for paragraph in paragraphs)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_transcript_is_a_valid_file(kind: Format) -> None:
    content = text(kind, [])
    if kind == "json":
        assert json.loads(content)["cues"] == []
    elif kind == "vtt":
        assert webvtt.from_string(content).captions == []
    elif kind == "ass":
        assert list(pysubs2.SSAFile.from_string(content)) == []
    elif kind == "lrc":
        assert lyrics(content) == []
    else:
        assert content == ("start\tend\ttext\n" if kind == "tsv" else "")


def test_cues_without_text_are_left_out_and_numbers_go_on() -> None:
    cues = [CUES[0], Cue(id="0.9", start=2, end=3, text=" \n\x00"), CUES[1]]
    assert [cue.index for cue in srt.parse(text("srt", cues))] == [1, 2]
    assert len(webvtt.from_string(text("vtt", cues)).captions) == 2
    assert text("txt", cues) == "Hello there, this is a test.\n"


def test_hostile_text_stays_text_in_srt() -> None:
    parsed = list(srt.parse(text("srt", hostile_cues())))
    assert [cue.start.total_seconds() for cue in parsed] == list(range(len(HOSTILE)))
    assert [shown(cue.content).translate(PLAIN) for cue in parsed] == [
        shown(line).replace("-->", "→") for line in HOSTILE
    ]
    assert len(pysubs2.SSAFile.from_string(text("srt", hostile_cues()), format_="srt")) == len(
        HOSTILE
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a <b>bold</b> word", "a ‹b>bold‹/b> word"),
        ('<font color="red">\nred', '‹font color="red">\nred'),
        ("<b <i\n>", "‹b ‹i\n>"),
        ("{\\an8}top", "｛\\an8}top"),
        ("{y:i}{b\n}", "｛y:i}｛b\n}"),
        ("1 < 2 > 0, I <3 {you", "1 < 2 > 0, I <3 {you"),
    ],
)
def test_markup_stays_text_in_srt(said: str, expected: str) -> None:
    content = text("srt", [Cue(id="0.0", start=0, end=1, text=said)])
    (cue,) = srt.parse(content)
    assert cue.content == expected
    (other,) = pysubs2.SSAFile.from_string(content, format_="srt")
    assert other.plaintext == expected


@pytest.mark.parametrize("kind", ["srt", "vtt", "ass"])
def test_the_last_moment_can_be_read(kind: Format) -> None:
    both: list[Literal["text", "start", "end"]] = ["start", "end"]
    cue = Cue(id="0.0", start=LATEST - 1, end=LATEST, text="x", modified=both)
    (read,) = pysubs2.SSAFile.from_string(text(kind, [cue]), format_=kind)
    assert (read.start, read.end) == ((LATEST - 1) * 1000, LATEST * 1000)


def test_cues_that_overlap_do_so_in_every_format() -> None:
    both: list[Literal["text", "start", "end"]] = ["start", "end"]
    cues = [
        Cue(id="0.0", start=0.39, end=4.04, text="said"),
        Cue(id="0.10000", start=1, end=2.5, text="[music]", modified=both),
        Cue(id="0.1", start=5, end=7, text="next"),
    ]
    finished = list(finish(cues, SubtitleStyle()))
    for kind in ("srt", "vtt", "ass"):
        read = pysubs2.SSAFile.from_string(text(kind, finished), format_=kind)
        assert [(cue.start, cue.end) for cue in read] == [(390, 4040), (1000, 2500), (5000, 7000)]
    assert text("tsv", finished).splitlines()[1:3] == ["390\t4040\tsaid", "1000\t2500\t[music]"]
    assert lyrics(text("lrc", finished)) == [
        (39, "said"), (100, "[music]"), (404, ""), (500, "next"), (700, ""),
    ]  # fmt: skip


def test_hostile_text_stays_text_in_vtt() -> None:
    content = text("vtt", hostile_cues())
    parsed = webvtt.from_string(content).captions
    assert [cue.start_in_seconds for cue in parsed] == list(range(len(HOSTILE)))
    assert content.count("-->") == len(HOSTILE)
    assert "<" not in content
    assert "&lt;i&gt;a&lt;/i&gt; &amp; b &gt; c &lt; d" in content
    assert "&amp;amp; &amp;lt;" in content


def test_hostile_text_stays_text_in_json_and_txt() -> None:
    parsed = json.loads(text("json", hostile_cues()))
    assert [shown(cue["text"]) for cue in parsed["cues"]] == [shown(line) for line in HOSTILE]
    text("txt", hostile_cues()).encode()


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("srt", 5_000),
        ("vtt", 5_000),
        ("txt", 5_000),
        ("json", 5_000),
        ("tsv", 5_000),
        ("lrc", 5_000),
        ("ass", 5_000),
    ],
)
def test_memory_does_not_grow_with_the_transcript(kind: Format, most: int) -> None:
    def cues(count: int) -> Iterator[Cue]:
        for n in range(count):
            words = [Word(f"word{n}", n, n + 0.5), Word("here", n + 0.5, n + 1)]
            yield Cue(id=f"{n}.0", start=n, end=n + 0.9, text=f"word{n}\nhere", words=words)

    def peak(count: int) -> tuple[int, int]:
        style = SubtitleStyle()
        report = Shortfalls(style)
        size = 0
        tracemalloc.start()
        for piece in render(kind, finish(cues(count), style), header=HEADER):
            size += len(piece)
        for cue in finish(cues(count), style):
            report.add(cue)
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held, size

    few, small = peak(500)
    many, large = peak(most)
    assert large > 9 * small
    assert many < few + 32 * 1024


def test_output_is_read_as_utf_8() -> None:
    stream = io.StringIO(text("vtt", CUES).encode().decode("utf-8"))
    assert len(webvtt.from_buffer(stream).captions) == 3
