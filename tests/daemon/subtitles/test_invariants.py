"""What holds for any input: seeded random fragments, styles and cues."""

from random import Random
from typing import Literal

import pytest
from msgspec.structs import replace

from steno.plugins.contract import Fragment, Word
from steno.subtitles import script
from steno.subtitles.atoms import limit, size
from steno.subtitles.shape import shape
from steno.subtitles.timing import finish
from steno.wire import Cue, SubtitleStyle

ENGLISH = [
    "the",
    "a",
    "of",
    "and",
    "because",
    "it",
    "was,",
    "house.",
    "river?",
    "tomorrow;",
    "I",
    "Dr.",
    "3.",
    "“quoted”",
    "well–",
    "...",
    "e",
]
JAPANESE = [
    "今日",
    "は",
    "とても",
    "。",
    "「",
    "」",
    "ー",
    "カメラ",
    "っ",
    "、",
    "雨が降る",
    "iPhone",
]
HOSTILE = [
    "",
    " ",
    "\n",
    "\x00",
    "-->",
    "a\nb",
    "\ud800",
    "x" * 70,
    "\u0301",
    "漢" * 40,
    "é\u200d",
    "a/b" * 90,
    "👨\u200d👩🏽" * 30,
    "漢🏽🇩" * 20,
    "long words with spaces " * 9,
]
CLOSING = frozenset("。」、")


def style_of(random: Random) -> SubtitleStyle:
    return SubtitleStyle(
        max_line_chars=random.choice([20, 37, 42]),
        max_line_chars_wide=random.choice([8, 13, 16]),
        max_lines=random.choice([1, 2, 3]),
        min_duration=random.choice([0.0, 1.0]),
        max_duration=random.choice([2.0, 7.0]),
        min_gap=random.choice([0.0, 0.08]),
        max_cps=random.choice([0.0, 10.0, 20.0]),
    )


def fragment_of(random: Random, vocabulary: list[str], joint: str, language: str) -> Fragment:
    at = random.uniform(0, 100)
    words: list[Word] = []
    for _ in range(random.randrange(1, 70)):
        lasts = random.expovariate(4)
        words.append(Word(random.choice(vocabulary), at, at + lasts))
        at += lasts + random.choice([0.0, 0.0, 0.05, random.expovariate(2)])
    text = joint.join(word.text for word in words)
    return Fragment(index=0, text=text, language=language, words=tuple(words))


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize(
    ("vocabulary", "joint", "language"), [(ENGLISH, " ", "en"), (JAPANESE, "", "ja")]
)
def test_cues_keep_to_the_style_and_lose_nothing(
    seed: int, vocabulary: list[str], joint: str, language: str
) -> None:
    random = Random(seed)
    style = style_of(random)
    fragment = fragment_of(random, vocabulary, joint, language)
    cues = shape(fragment, fragment.words[0].start, fragment.words[-1].end, style)

    assert tuple(word for cue in cues for word in cue.words) == fragment.words
    assert joint.join(cue.text.replace("\n", joint) for cue in cues) == fragment.text
    last = fragment.words[0].start
    for cue in cues:
        assert last <= cue.start <= cue.end
        assert cue.end - cue.start <= style.max_duration
        last = cue.end
        lines = cue.text.split("\n")
        assert len(lines) <= style.max_lines
        assert all(size(line, style) <= limit(style) for line in lines)
        assert all(lines)
        assert joint.join(word.text for word in cue.words) == joint.join(lines)


@pytest.mark.parametrize("seed", range(40))
def test_no_line_begins_with_closing_punctuation(seed: int) -> None:
    random = Random(seed)
    fragment = fragment_of(
        random, ["東京", "タワー", "を", "見た。", "「はい」", "と、", "言った"], "", "ja"
    )
    cues = shape(fragment, 0, fragment.words[-1].end, SubtitleStyle())
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert not any(line[0] in CLOSING or line[-1] == "「" for line in lines)


@pytest.mark.parametrize("seed", range(60))
def test_hostile_words_and_times_do_no_harm(seed: int) -> None:
    random = Random(seed)
    times = [float("nan"), float("inf"), -float("inf"), -3.0, 0.0, 4.9, 5.0, 99.0]
    words = tuple(
        Word(
            random.choice(HOSTILE + ENGLISH + JAPANESE),
            random.choice([*times, random.uniform(0, 5)]),
            random.choice([*times, random.uniform(0, 5)]),
        )
        for _ in range(random.randrange(1, 40))
    )
    language = random.choice(["en", "ja", None])
    fragment = Fragment(
        index=0, text=" ".join(w.text for w in words), language=language, words=words
    )
    style = style_of(random)
    cues = shape(fragment, 0.0, 5.0, style)
    lines = [cue.text.split("\n") for cue in cues]
    assert all(len(each) <= style.max_lines for each in lines)
    assert all(size(line, style) <= limit(style) for each in lines for line in each)
    held = [word for cue in cues for word in cue.words]
    if held:
        assert [word.text for word in held] == [script.clean(word.text) for word in words]
    edges = [edge for word in held for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= 5 for edge in edges)
    squeezed = "".join(cue.text for cue in cues).replace("\n", "").replace(" ", "")
    assert squeezed == "".join(script.clean(word.text).replace(" ", "") for word in words)
    "".join(cue.text for cue in cues).encode()


def cues_of(random: Random, spoilt: bool) -> list[Cue]:
    at, cues = 0.0, []
    for n in range(random.randrange(1, 60)):
        lasts = random.choice([0.0, 0.0004, random.expovariate(1), random.uniform(0, 9)])
        text = "x" * random.randrange(80)
        cues.append(Cue(id=f"{n // 4}.{n % 4}", start=at, end=at + lasts, text=text))
        at += random.choice([lasts, lasts + random.expovariate(1)])
        if spoilt:
            at = max(0.0, at + random.choice([0.0, 0.0, -1.0, -lasts]))
    return cues


@pytest.mark.parametrize("seed", range(150))
def test_finished_cues_never_overlap(seed: int) -> None:
    random = Random(seed)
    style = style_of(random)
    cues = cues_of(random, spoilt=seed % 2 == 1)
    until = random.choice([None, max(cue.end for cue in cues)])
    finished = list(finish(cues, style, until))
    assert [cue.id for cue in finished] == [cue.id for cue in cues]
    last = 0
    for cue in finished:
        start, end = round(cue.start * 1000), round(cue.end * 1000)
        assert (cue.start, cue.end) == (start / 1000, end / 1000)
        assert last <= start < end
        assert end - start <= style.max_duration * 1000
        last = end
    assert finished == list(finish(cues, style, until))


@pytest.mark.parametrize("seed", range(60))
def test_finishing_leaves_what_a_person_set(seed: int) -> None:
    random = Random(seed)
    cues = []
    edits: list[list[Literal["text", "start", "end"]]]
    edits = [[], [], ["start"], ["end"], ["start", "end"], ["text"]]
    for cue in cues_of(random, spoilt=True):
        modified = random.choice(edits)
        cues.append(Cue(id=cue.id, start=cue.start, end=cue.end, text=cue.text, modified=modified))
    for before, after in zip(cues, finish(cues, style_of(random)), strict=True):
        assert after.text == before.text
        if "start" in before.modified:
            assert after.start == round(before.start * 1000) / 1000
        if "end" in before.modified:
            assert after.end == round(before.end * 1000) / 1000


@pytest.mark.parametrize("seed", range(60))
def test_what_a_person_inserts_takes_no_time_from_what_is_said(seed: int) -> None:
    random = Random(seed)
    style = replace(style_of(random), max_duration=30.0)
    said = cues_of(random, spoilt=False)
    alone = {cue.id: cue for cue in finish(said, style)}
    slack = 0.0005 + style.min_gap
    own = []
    for n in range(4):
        start = random.uniform(0, said[-1].end)
        own.append(
            Cue(id=f"9.{n}", start=start, end=start + 2, text="x", modified=["start", "end"])
        )
    both = sorted([*said, *own], key=lambda cue: cue.start)
    for before, after in zip(both, finish(both, style), strict=True):
        if before.id in alone:
            assert after.start <= max(before.start, alone[before.id].start) + slack
            assert after.end >= min(before.end, alone[before.id].end) - slack
