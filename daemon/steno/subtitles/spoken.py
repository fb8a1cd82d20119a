"""Which part of a cue's text each of its words is."""

from collections.abc import Sequence
from itertools import pairwise

from steno.plugins.contract import Word
from steno.subtitles import script
from steno.subtitles.spelling import spelled


def spoken(text: str, words: Sequence[Word]) -> list[tuple[str, Word]]:
    """The parts of `text`, with the spaces and line breaks after each, and their words.

    `text` is clean lines separated by a newline. It may write the words with other capitals and
    punctuation, and end within the last of them: the rest is in a later cue. Empty where the words
    are others, as after a person has changed the text.
    """
    places = [index for index, char in enumerate(text) if char not in " \n"]
    letters = text.replace(" ", "").replace("\n", "")
    said: list[Word] = []
    cuts: list[int] = []
    at = 0
    for word in spelled(words, text):
        own = script.clean(word.text).replace(" ", "")
        if not own:
            continue
        shown = letters[at : at + len(own)]
        if not shown or not own.startswith(shown):
            return []
        said.append(word)
        cuts.append(places[at])
        at += len(shown)
    if at < len(letters):
        return []
    edges = pairwise([*cuts, len(text)])
    return [(text[first:last], word) for (first, last), word in zip(edges, said, strict=True)]
