"""Questions that a person answers with yes or no."""

import sys

from steno.errors import StenoError
from steno_tui import output
from steno_tui.texts import _

YES = ("y", "yes", "是", "是的")
"""Answers that agree, in any language."""


def agreed(question: str, command: str, deed: str) -> bool:
    """Whether the person agrees; raises `usage` where nobody can answer. `command` would do the
    `deed`."""
    if not (sys.stdin and sys.stdin.isatty() and output.is_terminal(stderr=True)):
        why = _("`{command}` asks before it {deed}, and here nobody can answer.")
        hint = _("Use -y to do it without a question.")
        raise StenoError("usage", why=why.format(command=command, deed=deed), hint=hint)
    sys.stderr.write(output.flat(f"{question} [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in YES
