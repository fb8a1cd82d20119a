"""Writes docs/errors.md from the catalogue: `python -m steno.reference > docs/errors.md`."""

import sys

from steno.errors import CATALOG, Entry, Exit

HEAD = """\
# Errors

Made from the catalogue with `python -m steno.reference > docs/errors.md`.

Over HTTP an error is `application/problem+json` with `code`, `title`, `status`, `detail`, `hint`
and, where the same request may succeed later, `"retryable": true`. On a terminal it is what
happened and what to do next, two lines. The `code` is stable; programs should look at nothing else.

## Exit codes

| code | name |
|---|---|
"""


def reference() -> str:
    """The whole page, Markdown."""
    exits = "".join(f"| {one.value} | `{one.name}` |\n" for one in Exit)
    return HEAD + exits + "\n## Codes\n" + "".join(map(section, CATALOG, CATALOG.values()))


def section(code: str, entry: Entry) -> str:
    """One error: what happened, what to do, and how it is told to programs."""
    again = "; the same request may succeed later" if entry.retryable else ""
    return (
        f"\n### `{code}`\n\n"
        f"{entry.title}: {entry.detail}\n{entry.hint}\n\n"
        f"HTTP {entry.status}, exit code {entry.exit.value} (`{entry.exit.name}`){again}.\n"
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
