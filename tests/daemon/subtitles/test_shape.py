"""Readable examples of shaping: what a person would see."""

import time
from itertools import pairwise
from math import inf, nan

import pytest

from steno.plugins.contract import Fragment, Span, Word
from steno.subtitles.atoms import atoms_of, limit, size
from steno.subtitles.breaks import ends_sentence
from steno.subtitles.shape import ShapedCue, retime, shape
from steno.wire import SubtitleStyle

STYLE = SubtitleStyle()


def said(texts: list[str], duration: float, pauses: dict[int, float] | None = None) -> list[Word]:
    """Words spoken evenly over `duration` seconds; `pauses` follow the words of their index."""
    pace = duration / sum(map(len, texts))
    words: list[Word] = []
    at = 0.0
    for index, text in enumerate(texts):
        words.append(Word(text, at, at + pace * len(text)))
        at = words[-1].end + (pauses or {}).get(index, 0.0)
    return words


def shaped(
    words: list[Word], language: str | None, text: str | None = None, style: SubtitleStyle = STYLE
) -> list[ShapedCue]:
    text = " ".join(word.text for word in words) if text is None else text
    fragment = Fragment(index=0, text=text, language=language, words=tuple(words))
    return shape(fragment, 0.0, max(words[-1].end, 0.0), style)


def texts(cues: list[ShapedCue]) -> list[str]:
    return [cue.text for cue in cues]


def test_english_without_punctuation_breaks_before_conjunctions() -> None:
    text = (
        "the birch canoe slid on the smooth planks and glue the sheet to the dark blue background "
        "because it is easy to tell the depth of a well and these days a chicken leg is a rare dish"
    )
    assert texts(shaped(said(text.split(), 14), "en")) == [
        "the birch canoe slid on the smooth planks",
        "and glue the sheet to the dark blue\nbackground because it is easy to tell",
        "the depth of a well and these days\na chicken leg is a rare dish",
    ]


def test_english_with_punctuation_breaks_at_sentences_and_clauses() -> None:
    text = (
        "It was a dark and stormy night. The rain fell in torrents, except at occasional "
        "intervals, when it was checked by a violent gust of wind which swept up the streets. "
        "Dr. Smith, who lived on the corner, said: “I have never seen anything like it!” Then he "
        "went home."
    )
    assert texts(shaped(said(text.split(), 20), "en")) == [
        "It was a dark and stormy night.",
        "The rain fell in torrents,\nexcept at occasional intervals,",
        "when it was checked by a violent gust\nof wind which swept up the streets.",
        "Dr. Smith, who lived on the corner, said:\n“I have never seen anything like it!”",
        "Then he went home.",
    ]


def test_german_keeps_dates_and_long_words_whole() -> None:
    text = (
        "Der alte Mann saß am Fenster und schaute auf die Straße, weil er nicht schlafen konnte. "
        "Am 3. Mai hatte er seinen Sohn zum letzten Mal gesehen, und die "
        "Donaudampfschifffahrtsgesellschaft hatte ihm seitdem kein Wort geschrieben."
    )
    assert texts(shaped(said(text.split(), 16), "de")) == [
        "Der alte Mann saß am Fenster\nund schaute auf die Straße,",
        "weil er nicht schlafen konnte.",
        "Am 3. Mai hatte er seinen Sohn\nzum letzten Mal gesehen,",
        "und die Donaudampfschifffahrtsgesellschaft\nhatte ihm seitdem kein Wort geschrieben.",
    ]


def test_japanese_breaks_between_phrases_and_keeps_punctuation_off_line_starts() -> None:
    text = (
        "今日はとても良い天気ですね。明日は東京から大阪まで新幹線で行くつもりですが、天気予報によると"
        "雨が降るかもしれません。「傘を持っていきますか？」と母に聞かれました。"
        "スーパーマーケットでコンピューターを買いました。"
    )
    assert texts(shaped(said(list(text), 20), "ja", text)) == [
        "今日はとても良い天気ですね。\n明日は東京から大阪まで新幹線で",
        "行くつもりですが、天気予報に\nよると雨が降るかもしれません。",
        "「傘を持っていきますか？」と\n母に聞かれました。",
        "スーパーマーケットで\nコンピューターを買いました。",
    ]


def test_chinese_with_english_words_keeps_them_whole_and_spaced() -> None:
    text = (
        "我昨天用iPhone拍了很多照片，然后上传到 Google Photos 上面，因为手机空间不够了。"
        "你觉得这样安全吗？我不知道。"
    )
    cues = shape(Fragment(index=0, text=text, language="zh"), 0, 12, STYLE)
    assert texts(cues) == [
        "我昨天用iPhone拍了很多照片，",
        "然后上传到 Google Photos 上面，\n因为手机空间不够了。",
        "你觉得这样安全吗？我不知道。",
    ]
    words = [word.text for cue in cues for word in cue.words]
    assert words[:6] == ["我", "昨", "天", "用", "iPhone", "拍"]
    assert all(word.interpolated for cue in cues for word in cue.words)


def test_korean_breaks_at_spaces_though_full_width() -> None:
    text = "오늘은 날씨가 아주 좋아서 친구들과 함께 한강 공원에 가기로 했습니다"
    cues = shaped(said(text.split(), 6), "ko")
    assert " ".join(texts(cues)).replace("\n", " ") == text
    assert all(len(line.replace(" ", "")) <= 16 for cue in cues for line in cue.text.split("\n"))


def test_thai_keeps_vowels_and_marks_with_their_consonants() -> None:
    text = "วันนี้อากาศดีมากและผมอยากไปเที่ยวทะเลกับเพื่อนๆของผมในวันหยุดสุดสัปดาห์นี้ที่เกาะสมุย"
    cues = shape(Fragment(index=0, text=text, language="th"), 0, 10, STYLE)
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert len(lines) > 1
    assert "".join(lines) == text
    for before, after in pairwise(lines):
        assert before[-1] not in "เแโใไ"
        assert after[0] not in "ะาำๆ\u0e31\u0e34\u0e35\u0e36\u0e37\u0e38\u0e39\u0e47\u0e48\u0e49"


def test_spaces_come_from_the_text_not_from_the_language() -> None:
    words = said(["Hello", ",", "wo", "rld", "!", "It", "'s", "me"], 3)
    assert texts(shaped(words, "en", "Hello, world! It's me")) == ["Hello, world! It's me"]


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "a b"), ("ja", "ab"), (None, "a b"), ("zh-TW", "ab")]
)
def test_language_decides_where_the_text_has_other_words(
    language: str | None, expected: str
) -> None:
    assert texts(shaped(said(["a", "b"], 2), language, "something else")) == [expected]


def test_a_long_pause_ends_a_cue() -> None:
    words = said(["one", "two", "three", "four", "five", "six"], 3, pauses={2: 3.0})
    assert texts(shaped(words, "en")) == ["one two three", "four five six"]


def test_a_cue_never_lasts_longer_than_allowed() -> None:
    cues = shaped(said(["well", "this", "is", "a", "very", "slow", "talker"], 28), "en")
    assert all(cue.end - cue.start <= 7 for cue in cues)
    assert " ".join(texts(cues)).replace("\n", " ") == "well this is a very slow talker"


def test_a_word_longer_than_allowed_is_cut_short() -> None:
    [cue] = shaped([Word("hm", 0.0, 12.0)], "en")
    assert (cue.start, cue.end) == (0.0, 7.0)


URL = "https://www.example.com/a_long/path-to/some.page?first=one&second=two&third=three"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"


@pytest.mark.parametrize(
    "word",
    [
        URL,
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2,
        "well-" * 60,
        "ठीक है".replace(" ", "") * 30,
        FAMILY * 60,
        "e\u0301" * 100,
        "漢" * 50,
        "한" * 50,
        "ア" * 50,
        "漢字x" * 60,
    ],
)
@pytest.mark.parametrize("style", [STYLE, SubtitleStyle(max_line_chars=10, max_line_chars_wide=5)])
def test_a_word_longer_than_a_line_is_broken(word: str, style: SubtitleStyle) -> None:
    cues = shaped(said(["so", word, "then"], 9), "en", style=style)
    lines = [line for cue in cues for line in cue.text.split("\n")]
    assert "".join(lines).replace(" ", "") == f"so{word}then"
    assert all(size(line, style) <= limit(style) for line in lines)
    assert all(len(cue.text.split("\n")) <= style.max_lines for cue in cues)
    assert [held.text for cue in cues for held in cue.words] == ["so", word, "then"]
    assert all(before.end == after.start for before, after in pairwise(cues))
    assert all(cue.start < cue.end for cue in cues)


def test_an_address_is_broken_after_its_punctuation() -> None:
    lines = [line for cue in shaped(said(["see", URL], 8), "en") for line in cue.text.split("\n")]
    assert len(lines) > 2
    assert all(line[-1] in "-/._=&" for line in lines[:-1])
    assert not any(line[0] in "-/._=&" for line in lines)


def test_a_sentence_does_not_end_within_an_address() -> None:
    word = "https://www.Example.Com/Some.Page/And.Another.One/Which.Is.Long"
    atoms = atoms_of(said([word], 5), word, "en", STYLE)
    assert len(atoms) > 1
    assert not any(ends_sentence(before, after) for before, after in pairwise(atoms))


def test_a_word_longer_than_a_line_is_not_torn_between_characters_without_need() -> None:
    [cue] = shaped(said(["so", "x" * 60, "then"], 4), "en")
    assert [len(line) > 25 for line in cue.text.split("\n")] == [True, True]


def test_a_picture_of_many_characters_stays_whole_and_is_two_wide() -> None:
    lines = shaped([Word(FAMILY * 40, 0.0, 5.0)], "en")[0].text.split("\n")
    assert all(line.replace(FAMILY, "") == "" for line in lines)
    assert max(line.count(FAMILY) for line in lines) > 8


def test_cues_share_the_time_of_a_word_by_its_characters() -> None:
    cues = shaped([Word("漢" * 48, 0.0, 6.0)], "zh")
    assert [(cue.start, cue.end, len(cue.words)) for cue in cues] == [
        (0.0, pytest.approx(len(cues[0].text.replace("\n", "")) / 8), 1),
        (cues[0].end, 6.0, 0),
    ]


def test_no_text_makes_no_cue() -> None:
    for text in ("", "  ", "\n", "\x00\x07", "\u200b"):
        assert shape(Fragment(index=0, text=text), 0, 5, STYLE) == []


def test_hostile_text_is_one_clean_line() -> None:
    text = "a\nb\x00c\r\n\r\n1\n00:00:01,000 --> 00:00:02,000\x1b[31m \u202eevil\u2028\ud800 end"
    [cue] = shape(Fragment(index=0, text=text, language="en"), 0, 5, SubtitleStyle(max_lines=4))
    assert cue.text.replace("\n", " ") == (
        "a b c 1 00:00:01,000 --> 00:00:02,000 [31m evil \ufffd end"
    )
    cue.text.encode()


def test_spans_time_their_own_text() -> None:
    fragment = Fragment(
        index=0,
        text="first part second part",
        language="en",
        spans=(Span("first part", 10.0, 12.0), Span("second part", 20.0, 22.0)),
    )
    cues = shape(fragment, 10, 30, STYLE)
    assert [(cue.text, cue.start, cue.end) for cue in cues] == [
        ("first part", 10.0, 12.0),
        ("second part", 20.0, 22.0),
    ]


def test_impossible_times_are_put_in_order_within_the_segment() -> None:
    words = [
        Word("before", -5.0, -1.0),
        Word("good", 1.0, 2.0),
        Word("wild", 9.9, 9.95),
        Word("backwards", 2.0, 1.0),
        Word("never", nan, nan),
        Word("half", 2.5, inf),
        Word("overlapping", 2.9, 6.0),
        Word("after", 40.0, 50.0),
    ]
    cues = shape(
        Fragment(index=0, text=" ".join(w.text for w in words), words=tuple(words)), 0, 10, STYLE
    )
    timed = [word for cue in cues for word in cue.words]
    assert [word.text for word in timed] == [word.text for word in words]
    edges = [edge for word in timed for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= 10
    assert (timed[1].start, timed[1].end) == (1.0, 2.0)
    assert timed[2].interpolated
    assert timed[4].interpolated
    assert not timed[5].interpolated


def test_retime_gives_each_cue_its_words() -> None:
    words = said(["a", "b", "c", "d", "e"], 5)
    assert [(start, end, len(held)) for start, end, held in retime(words, [2, 3])] == [
        (0.0, 2.0, 2),
        (2.0, 5.0, 3),
    ]


def test_retime_parts_a_word_between_the_cues_it_is_shown_in() -> None:
    words = said(["a", "bcd", "e"], 5)
    assert [(start, end, len(held)) for start, end, held in retime(words, [2, 0, 0, 1])] == [
        (0.0, 2.0, 2),
        (2.0, 3.0, 0),
        (3.0, 4.0, 0),
        (4.0, 5.0, 1),
    ]


def test_what_shaping_made_of_a_long_word_can_be_timed_again() -> None:
    cues = shaped(said(["so", "well-" * 60, "then"], 9), "en")
    later = said(["so", "well-" * 60, "then"], 18)
    timed = retime(later, [len(cue.words) for cue in cues])
    assert len(timed) == len(cues) > 3
    assert [word for _, _, held in timed for word in held] == later
    assert all(start < end for start, end, _ in timed)
    assert [cue.words for cue in cues[1:-1]] == [()] * (len(cues) - 2)
    assert cues[-1].text == "then"
    assert all(before[1] <= after[0] for before, after in pairwise(timed))


@pytest.mark.parametrize(
    ("bare", "text", "expected"),
    [
        ("hello world it is i", "Hello, World! It is I.", "Hello, World! It is I."),
        ("he said stop it", "He said: “Stop it!”", "He said: “Stop it!”"),
        ("bonjour tu viens", "Bonjour ! Tu viens ?", "Bonjour ! Tu viens ?"),
        ("a well known e-mail", "A well-known E-Mail…", "A well-known E-Mail…"),
        ("cafe\u0301 STRASSE", "Café, Straße.", "Café, Straße."),
        ("hello there world", "Hello, World!", "hello there world"),
        ("Hello, World!", "hello world", "Hello, World!"),
        ("hello -- world", "Hello, World!", "hello -- world"),
    ],
)
def test_bare_words_take_capitals_and_punctuation_from_the_text(
    bare: str, text: str, expected: str
) -> None:
    words = said(bare.split(), 5)
    cues = shaped(words, "en", text)
    assert " ".join(texts(cues)).replace("\n", " ") == expected
    held = [word for cue in cues for word in cue.words]
    assert [(word.start, word.end) for word in held] == [(word.start, word.end) for word in words]


def test_opening_punctuation_goes_to_the_word_it_opens() -> None:
    cues = shaped(said(["他说", "你好", "再见"], 3), "zh", "他说，「你好」（再见）")
    assert [word.text for cue in cues for word in cue.words] == ["他说，", "「你好」", "（再见）"]


def test_retime_refuses_other_words() -> None:
    words = said(["a", "b"], 2)
    for counts in ([1], [3], [3, -1], []):
        with pytest.raises(ValueError, match="words"):
            retime(words, counts)
    with pytest.raises(ValueError, match="no word has a time"):
        retime([Word("a", nan, nan)], [1])


def test_one_endless_word_takes_no_endless_time() -> None:
    began = time.process_time()
    for char, language in (("漢", "zh"), ("x", "en")):
        cues = shaped([Word(char * 3000, 0.0, 5.0)], language)
        assert "".join(texts(cues)).replace("\n", "") == char * 3000
    assert time.process_time() - began < 10


@pytest.mark.parametrize(("sample", "language"), [("word", "en"), ("語", "ja")])
def test_shaping_a_full_segment_is_fast(sample: str, language: str) -> None:
    words = said([sample] * 100, 30)
    text = "".join(word.text for word in words) if language == "ja" else None
    took = []
    for _ in range(5):
        began = time.process_time()
        shaped(words, language, text)
        took.append(time.process_time() - began)
    assert min(took) < 0.1
