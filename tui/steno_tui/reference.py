"""Writes docs/cli.md from the parser: `python -m steno_tui.reference > docs/cli.md`.

The text is made from the parser's parts, not from its help, whose look differs between Pythons.
"""

import argparse
import sys
from collections.abc import Iterator

from steno_tui.parser import EPILOG, Parser, build
from steno_tui.texts import speak

HEAD = """\
# The command line

Made from the parser with `python -m steno_tui.reference > docs/cli.md`.
"""


def reference() -> str:
    """The whole page, Markdown, in English."""
    parser = build()
    parts = [HEAD, block(EPILOG)]
    parts += [section(command, help_text) for command, help_text in commands(parser)]
    return "\n".join(parts)


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[Parser, str]]:
    """Every command that does something, with its one line of help, in the parser's order."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                inner = list(commands(command))
                yield from inner or [(command, texts[name])]


def section(parser: Parser, help_text: str) -> str:
    """A command: usage, what it does, its arguments, what else is worth knowing."""
    options = [action for action in parser._actions if action.dest != "help"]
    usage = " ".join([parser.prog, *(synopsis(action) for action in options)])
    text = f"## `{parser.prog}`\n\n{help_text[:1].upper()}{help_text[1:]}.\n\n{block(usage)}"
    if options:
        rows = "".join(f"| `{spelling(a)}` | {a.help} |\n" for a in options)
        text += f"\n| | |\n|---|---|\n{rows}"
    return text + (f"\n{block(parser.epilog)}" if parser.epilog else "")


def synopsis(action: argparse.Action) -> str:
    """An argument as in a line of usage."""
    value = str(action.metavar or action.dest)
    if action.option_strings:
        taken = "" if action.nargs == 0 else f" {value}"
        return f"[{action.option_strings[0]}{taken}]"
    return {"+": f"{value} ...", "*": f"[{value} ...]", "?": f"[{value}]"}.get(
        str(action.nargs), value
    )


def spelling(action: argparse.Action) -> str:
    """How an argument is written, all its forms."""
    value = str(action.metavar or action.dest)
    if not action.option_strings:
        return value
    taken = "" if action.nargs == 0 else f" {value}"
    return ", ".join(action.option_strings) + taken


def block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    speak()
    sys.stdout.write(reference())
