"""The words of the chosen cue, with how sure the recogniser was of each. Pure."""

from rich.text import Text

from steno import wire
from steno_tui.live.screens.transcript.times import exact
from steno_tui.texts import _

UNSURE = 0.5
"""Confidence below which a word is worth a look."""


def words(cue: wire.Cue | None) -> Text:
    """Each word with its confidence in percent; `?` where that is low, `~` where its time is a
    guess."""
    text = Text()
    if cue is None:
        return text
    if not cue.words:
        text.append(_("No words with times here: the recogniser gives none, or they are edited."))
        return text
    for word in cue.words:
        unsure = word.score is not None and word.score < UNSURE
        text.append(word.text, "bold" if not unsure else "bold underline")
        sure = "" if word.score is None else f"{word.score:.0%}{'?' if unsure else ''}"
        text.append(f" {sure}{'~' if word.interpolated else ''}  ", "dim")
    first, last = cue.words[0], cue.words[-1]
    text.append(f"\n{exact(first.start)} – {exact(last.end)}   ", "dim")
    text.append(_("?: not sure   ~: time guessed"), "dim")
    return text
