"""What is another in a picture than it was, in words."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from importlib.metadata import version

from tui.live.pictures.svg import read

DRAWN_WITH = "drawn-with.txt"
"""Beside pictures: the programs that drew them. Others may draw a little differently."""


def drawn_with() -> str:
    return "".join(f"{name} {version(name)}\n" for name in ("rich", "textual"))


def differences(
    before: Mapping[str, str], after: Mapping[str, str], *, exact: bool = True
) -> dict[str, str]:
    """What differs, by the name of the picture. Unless `exact`, text alone counts."""
    found = {}
    for name in sorted({*before, *after}):
        if name not in after:
            found[name] = "no scene draws it any more"
        elif name not in before:
            found[name] = "it is new"
        elif before[name] != after[name] and (said := told(before[name], after[name], exact)):
            found[name] = said
    return found


def told(before: str, after: str, exact: bool) -> str:
    """The lines of the screen that differ; empty where nothing does that counts."""
    lines = "\n".join(changed(read(before), read(after)))
    return lines or ("its text is the same; colours or places are others" if exact else "")


def changed(before: list[str], after: list[str]) -> Iterator[str]:
    """`- row: text` and `+ row: text`."""
    for line in unified_diff(before, after, lineterm="", n=0):
        if line.startswith(("---", "+++")):
            continue
        yield line if line.startswith("@@") else f"{line[0]} {line[1:]}"
