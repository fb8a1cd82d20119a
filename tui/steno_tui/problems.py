"""Errors in the person's language.

The daemon says them in English, with the facts that fill the sentences of `steno.errors`. Where
such a sentence with these facts is what was said, its translation can be said instead; the words
of a daemon that knows other sentences stay as they are.
"""

from collections.abc import Iterable

import msgspec

from steno.errors import CATALOG, Problem, fill
from steno_tui import words
from steno_tui.texts import _, later

HINTS = (
    later("Did you mean {close}? `steno models` lists them."),
    later("`steno models` lists them."),
    later("`steno models` lists them; a name is `kind/id`."),
    later("The same command shows the downloads again."),
    later("It is no longer offered."),
    later("Free some room and send it again; [storage] min_free_mib is kept free."),
    later("Free some room and ask again."),
    later("`steno plugins` names its settings; `steno daemon logs` has the details."),
    later("Put the files there, or change [models.own] in config.toml."),
)
"""Next steps that replace those of the catalogue."""

CAUSES = (
    later("it does not answer"),
    later("it was stopped"),
    later("its audio codec is not known"),
    later("a worker is busy with it"),
    later("a running job needs it"),
    later("is not downloaded"),
    later("is nowhere to be fetched from"),
    later("it is not on this machine"),
    later("This job has no aligner that could be set."),
    later("Name a text, a start or an end."),
    later("A cue needs a text."),
)
"""What the fact `why` often is."""

KNOWN = {"why": CAUSES, "at": words.STATES}
"""Facts that are words of Steno's own."""


def told(problem: Problem) -> Problem:
    """`problem` as a person reads it."""
    entry = CATALOG.get(problem.code)
    if entry is None:
        return problem
    title = _(problem.title) if problem.title == entry.title else problem.title
    return msgspec.structs.replace(
        problem,
        title=title,
        detail=translated(problem.detail, [entry.detail], problem.facts),
        hint=translated(problem.hint, [entry.hint, *HINTS], problem.facts),
    )


def translated(said: str, templates: Iterable[str], facts: dict[str, str]) -> str:
    """`said` in the person's language, if it is one of `templates` with `facts`."""
    for template in templates:
        try:
            if fill(template, facts) == said:
                return fill(_(template), spoken(facts)) if template else said
        except KeyError:
            continue  # of a daemon that knows other facts
    return said


def spoken(facts: dict[str, str]) -> dict[str, str]:
    """`facts`, those that are known words in the person's language."""
    return {name: _(fact) if fact in KNOWN.get(name, ()) else fact for name, fact in facts.items()}
