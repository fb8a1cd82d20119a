"""How commands are written: parsers that raise, and kinds of arguments."""

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeAlias

from steno_tui.parser.manner import Manner
from steno_tui.texts import _


class UsageError(Exception):
    """The command line is wrong; `prog` is the command whose help tells how it goes."""

    def __init__(self, prog: str, message: str) -> None:
        super().__init__(message)
        self.prog = prog


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` where argparse would print and leave."""

    default: str | None = None
    """The inner command that is meant where none is named."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more, formatter_class=Manner, allow_abbrev=False)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.default and (not args or (args[0][:1] == "-" and args[0] not in ("-h", "--help"))):
            args = [self.default, *args]
        return super().parse_known_args(args, namespace)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        # argparse tells of unknown options as if they were those of `steno` itself.
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            prog = getattr(found, "prog", self.prog)
            why = _("unrecognized arguments: %s") % " ".join(unknown)
            raise UsageError(prog, sentence(why))
        return found

    def error(self, message: str) -> NoReturn:
        raise UsageError(self.prog, sentence(message))


def sentence(message: str) -> str:
    """`message` of argparse as a sentence."""
    end = "" if message.endswith((".", "。")) else _(".")
    return message[:1].upper() + message[1:] + end


def utf8(value: str) -> str:
    """An argument that is text; only names of files may be other than UTF-8."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(_("it is not valid UTF-8")) from None
    return value


def count(value: str) -> int:
    """A number from 1."""
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError(_("it must be at least 1"))
    return number


def within(low: int, high: int) -> Callable[[str], int]:
    """A number from `low` to `high`."""

    def number(value: str) -> int:
        if not low <= int(value) <= high:
            why = _("it must be {low} to {high}").format(low=low, high=high)
            raise argparse.ArgumentTypeError(why)
        return int(value)

    return number


Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def command(commands: Commands, name: str, function: str, help_text: str, **more: str) -> Parser:
    """A command that is done by `function`, `module:name` in `steno_tui.commands`."""
    parser: Parser = commands.add_parser(
        name,
        help=help_text,
        description=sentence(help_text),
        epilog=more.get("epilog"),
    )
    parser.set_defaults(function=function, prog=parser.prog)
    return parser


def json(parser: Parser, about: str = "") -> None:
    parser.add_argument("--json", action="store_true", help=about or _("print JSON"))
