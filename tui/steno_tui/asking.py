"""Questions that a person answers with yes or no."""

import sys

from steno.errors import StenoError
from steno_tui import output


def agreed(question: str, command: str, deed: str) -> bool:
    """Whether the person agrees; raises `usage` where nobody can answer. `command` would do the
    `deed`."""
    if not (sys.stdin and sys.stdin.isatty() and output.is_terminal(stderr=True)):
        why = f"`{command}` asks before it {deed}, and here nobody can answer."
        raise StenoError("usage", why=why, hint="Use -y to do it without a question.")
    sys.stderr.write(output.flat(f"{question} [y/N] "))
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
