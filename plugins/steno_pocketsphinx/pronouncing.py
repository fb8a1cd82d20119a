"""Guesses how an English word that no dictionary knows is said, in ARPAbet phones.

Longest-match letter-to-sound rules, a small hand-written set in the manner of Elovitz et al.,
"Letter-to-Sound Rules for Automatic Translation of English Text to Phonetics" (1976). An aligner
needs the length and the rough shape of a word, not its exact vowels.
"""

RULES = {
    "tch": "CH", "sch": "S K", "igh": "AY", "eau": "OW", "tion": "SH AH N", "sion": "ZH AH N",
    "ture": "CH ER", "ough": "OW", "augh": "AO", "eigh": "EY", "ious": "IY AH S", "que": "K",
    "ch": "CH", "sh": "SH", "th": "TH", "ph": "F", "wh": "W", "gh": "G", "ck": "K", "ng": "NG",
    "qu": "K W", "kn": "N", "wr": "R", "ps": "P S", "dg": "JH", "ce": "S", "ci": "S IH",
    "cy": "S IY", "ge": "JH", "gi": "JH IH", "zh": "ZH", "ee": "IY", "ea": "IY", "oo": "UW",
    "ou": "AW", "ow": "OW", "oa": "OW", "oi": "OY", "oy": "OY", "ai": "EY", "ay": "EY",
    "au": "AO", "aw": "AO", "ei": "EY", "ey": "IY", "ie": "IY", "ew": "UW", "ue": "UW",
    "ar": "AA R", "er": "ER", "ir": "ER", "or": "AO R", "ur": "ER", "bb": "B", "cc": "K",
    "dd": "D", "ff": "F", "gg": "G", "ll": "L", "mm": "M", "nn": "N", "pp": "P", "rr": "R",
    "ss": "S", "tt": "T", "zz": "Z",
    "a": "AE", "b": "B", "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}  # fmt: skip
LONG = {"a": "EY", "e": "IY", "i": "AY", "o": "OW", "u": "UW"}
NAMES = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY",
    "h": "EY CH", "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW",
    "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip
VOWELS = frozenset("aeiouy")
WIDEST = max(map(len, RULES))


def guess(word: str) -> str:
    """Phones of `word` (lower case letters and apostrophes), separated by spaces.

    A word without a vowel is spelled out. Empty where no letter is left.
    """
    letters = "".join(c for c in word if c in NAMES)
    if not VOWELS.intersection(letters):
        return " ".join(NAMES[c] for c in letters)
    phones: list[str] = []
    at = 0
    while at < len(letters):
        silent = at == len(letters) - 1 and letters[at] == "e" and bool(phones)
        size, sound = (1, "") if silent else _sound(letters, at)
        phones += sound.split()
        at += size
    return " ".join(phones)


def _sound(letters: str, at: int) -> tuple[int, str]:
    """How many letters from `at` on make which sound."""
    if letters[at] in LONG and _lengthened(letters, at):
        return 1, LONG[letters[at]]
    if at == 0 and letters[0] == "y":
        return 1, "Y"
    for size in range(WIDEST, 0, -1):
        part = letters[at : at + size]
        if len(part) == size and part in RULES:
            return size, RULES[part]
    return 1, ""


def _lengthened(letters: str, at: int) -> bool:
    """Whether a silent e at the end makes the vowel long, as in `name`."""
    return at == len(letters) - 3 and letters[at + 1] not in VOWELS and letters[-1] == "e"
