"""What can be told from single characters: width, where a line may not begin or end, and what
must not get into a subtitle at all.

Which characters must not begin or end a line follows W3C's *Requirements for Japanese Text
Layout* (JLREQ, https://www.w3.org/TR/jlreq/), 3.1.7 and 3.1.8.
"""

import re
import unicodedata
from functools import lru_cache, reduce

CLOSERS = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〙〗〟’”»…‥%％‰)]}!?.,:;›"
    "ーｰ々〻゛゜ヽヾゝゞ〜～ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ"
    "､｡･｣ｧｨｩｪｫｯｬｭｮ๏ฯ"
)
"""Must not begin a line."""
OPENERS = frozenset("（［｛〔〈《「『【〘〖〝‘“«([{‹¿¡｢")
"""Must not end a line."""
DASHES = frozenset("-–—―")
PARTING = frozenset("-/._=&")
"""Where words too long for a line, such as addresses, are broken, after the character."""

_UNSPACED = re.compile(
    "[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_BEFORE_VOWEL = frozenset("เแโใไເແໂໃໄ")
"""Thai and Lao vowels written before the consonant they follow in speech."""
_AFTER_VOWEL = frozenset("ะาำๅๆະາຳໆ")
_STACKING = frozenset("\u17d2\u1039")
"""Khmer and Burmese signs that join the next consonant to the last one."""
_DROPPED = re.compile("[\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Direction overrides reach beyond the cue they stand in; the others are invisible."""
_SEQUENCE = re.compile("[\u200d\ufe0f\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff]")
"""What makes one picture of several characters: joiner, emoji style, flags and skin tones."""
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]+$")
"""Letters of flags at the end; two make a flag."""
_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` on one line, without control characters, with single spaces, encodable as UTF-8; empty
    if nothing of it can be seen."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", _DROPPED.sub("", text))
    text = _CONTROL.sub(" ", text).strip()
    return text if any(map(columns, text.replace(" ", ""))) else ""


def lines(text: str) -> list[str]:
    """The lines of a cue's text, each clean, without empty ones."""
    return [line for line in map(clean, text.splitlines()) if line]


def line(text: str) -> str:
    """A cue's text on one clean line."""
    return reduce(joined, lines(text), "")


@lru_cache(4096)
def columns(char: str) -> int:
    """0 for marks that sit on another character, 2 for full-width characters, else 1."""
    if unicodedata.category(char) in ("Mn", "Me", "Cf") or "\u1160" <= char <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def unspaced(char: str) -> bool:
    """Whether `char` is of a script written without spaces (Korean is full-width, but spaced)."""
    return _UNSPACED.match(char) is not None


def joined(first: str, second: str) -> str:
    """`second` after `first`, with a space between them unless their script has none."""
    if not first or not second:
        return first + second
    return first + ("" if unspaced(first[-1]) or unspaced(second[0]) else " ") + second


def clusters(piece: str) -> list[str]:
    """`piece`, without spaces, cut into the smallest parts a line may be broken between.

    Words of spaced scripts stay whole; scripts without spaces are cut between characters, with
    marks and punctuation on the character they belong to.
    """
    parts: list[str] = []
    for char in piece:
        if parts and _sticks(parts[-1], char):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def characters(piece: str) -> list[str]:
    """`piece` cut between all characters as people see them: extended grapheme clusters (Unicode
    Standard Annex 29, https://unicode.org/reports/tr29/), symbols taken for its pictographs."""
    parts: list[str] = []
    for char in piece:
        if parts and _extends(parts[-1], char):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def width(text: str) -> tuple[int, int]:
    """How many narrow and how many full-width characters `text` shows; an emoji is full-width,
    however many characters it is made of."""
    if not _SEQUENCE.search(text):
        shown = [columns(char) for char in text]
    else:
        shown = []
        for part in characters(text):
            shown += [2] if _emoji(part) else [columns(char) for char in part]
    return shown.count(1), shown.count(2)


def _emoji(part: str) -> bool:
    """Whether `part`, one character as people see it, is a sequence that shows as an emoji."""
    if len(part) == 1 or not _SEQUENCE.search(part):
        return False
    return unicodedata.category(part[0]) == "So" or "\ufe0f" in part


def _extends(part: str, char: str) -> bool:
    """Whether `char` belongs to the character `part` as people see it."""
    if columns(char) == 0 or char in _TONES or unicodedata.category(char) == "Mc":
        return True
    if part[-1] == "\u200d":
        symbols = unicodedata.category(part[0]), unicodedata.category(char)
        return symbols in (("So", "So"), ("So", "Sm"))
    flag = _FLAG.search(part)
    return flag is not None and _FLAG.match(char) is not None and len(flag[0]) % 2 == 1


def _sticks(part: str, char: str) -> bool:
    last = part[-1]
    if columns(char) == 0 or unicodedata.category(char) == "Mc":
        return True
    if last in _BEFORE_VOWEL or last in _STACKING or char in _AFTER_VOWEL:
        return True
    if not unspaced(last) and not unspaced(char):
        return True
    # The bounds keep a long run of punctuation from outgrowing a line.
    if char in CLOSERS:
        return not CLOSERS.issuperset(part[-3:])
    return last in OPENERS and len(part) < 4
