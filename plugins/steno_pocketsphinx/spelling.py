"""Written English words as the pronouncing dictionary knows them."""

import re
import unicodedata

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
TENS = [
    "zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]  # fmt: skip
LARGE = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
SIGNS = {"%": "percent", "&": "and", "@": "at", "+": "plus", "=": "equals", "$": "dollars",
         "€": "euros", "£": "pounds", "°": "degrees"}  # fmt: skip
PART = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?:st|nd|rd|th)?(?![a-z])|\d+|[a-z]+(?:'[a-z]+)*'?|\S")
LONGEST = 12
"""Digits read as one number; more are read one by one."""


def tokens(word: str) -> list[str]:
    """The spoken words of one written word, in lower case; none for punctuation alone."""
    plain = unicodedata.normalize("NFKD", word.replace("’", "'"))
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    found: list[str] = []
    after: list[str] = []
    for part in PART.findall(plain):
        if part in "$€£":
            after.append(SIGNS[part])  # written before the number, spoken after it
        elif part in SIGNS:
            found.append(SIGNS[part])
        elif part.isdecimal() or part[0].isdecimal():
            found += number(part) + after
            after.clear()
        elif part[0].isalpha() and part.isascii():
            found.append(part)
    return found


def number(text: str) -> list[str]:
    """How `1,250`, `3.5`, `21st` or `1999` is said."""
    text = text.replace(",", "")
    ordinal = text[-2:] in ("st", "nd", "rd", "th")
    whole, _, fraction = text.removesuffix(text[-2:] if ordinal else "").partition(".")
    if not whole.isascii() or len(whole) > LONGEST or (len(whole) > 1 and whole[0] == "0"):
        return [ONES[int(digit)] for digit in whole]
    if len(whole) == 4 and "1100" <= whole < "2000" and not fraction and not ordinal:
        return year(whole)
    said = cardinal(int(whole))
    if ordinal:
        said[-1] = ORDINALS.get(said[-1]) or re.sub("y$", "ie", said[-1]) + "th"
    return said + (["point", *(ONES[int(digit)] for digit in fraction)] if fraction else [])


def year(text: str) -> list[str]:
    """Four digits as two pairs, as years are said."""
    first, second = cardinal(int(text[:2])), int(text[2:])
    if second == 0:
        return [*first, "hundred"]
    return [*first, *(["oh", ONES[second]] if second < 10 else cardinal(second))]


def cardinal(value: int) -> list[str]:
    for size, name in LARGE:
        if value >= size:
            count, rest = divmod(value, size)
            return [*cardinal(count), name, *(cardinal(rest) if rest else [])]
    if value >= 20:
        ten, one = divmod(value, 10)
        return [TENS[ten], *([ONES[one]] if one else [])]
    return [ONES[value]]
