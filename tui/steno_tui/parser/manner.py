"""How argparse speaks: its own words in the person's language, and help that fits the terminal
where characters are wide.

argparse asks gettext's default domain, which follows neither `STENO_LANGUAGE` nor our folder, and
has no other door for its messages: its two functions are replaced by ours.
"""

import argparse
from typing import Any

from steno_tui.texts import _, later, plural
from steno_tui.wrapping import width, wrap

argparse._ = _  # type: ignore[attr-defined]  # as above; the stubs leave it out
argparse.ngettext = plural  # type: ignore[attr-defined]

WORDS = (
    later("usage: "),
    later("positional arguments"),
    later("options"),
    later("%(heading)s:"),
    later("show this help message and exit"),
    later("argument %(argument_name)s: %(message)s"),
    later("ambiguous option: %(option)s could match %(matches)s"),
    later("expected one argument"),
    later("expected at most one argument"),
    later("expected at least one argument"),
    later("ignored explicit argument %r"),
    later("invalid %(type)s value: %(value)r"),
    later("invalid choice: %(value)r (choose from %(choices)s)"),
    later("not allowed with argument %s"),
    later("one of the arguments %s is required"),
    later("the following arguments are required: %s"),
)
"""What argparse says to people, of Python 3.11 to 3.13."""


class Manner(argparse.RawDescriptionHelpFormatter):
    """Help in which characters may take two columns."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width)

    def _format_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None) -> str:
        shown = _("usage: ") if prefix is None else prefix
        blank = " " * width(shown)  # by which argparse sets in further lines
        return shown + super()._format_usage(usage, actions, groups, blank)[len(blank) :]
