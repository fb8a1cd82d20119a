"""Collects the messages of `steno` for translators: `make texts`; `--check` says what is stale.

Messages are what `_`, `some` and `later` of `steno_tui.texts` are called with, and the sentences of
`steno.errors`. They go to `locale/steno.pot` and to the `steno.po` of each language; what a
translator wrote there is kept, and compiled to `steno.mo`. Files have neither dates nor places, so
that the same messages make the same files.
"""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from steno.errors import CATALOG

PACKAGE = Path(__file__).parent / "steno_tui"
LOCALE = PACKAGE / "locale"
TEMPLATE = LOCALE / "steno.pot"
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "later": None, "some": (1, 2)}
HEADERS = ("Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


class Texts(Catalog):
    """Messages whose file does not tell of dates and persons."""

    def __iter__(self) -> Iterator[Message]:
        kept = [f"{name}: {value}" for name, value in self.mime_headers if name in HEADERS]
        yield Message("", "\n".join(kept) + "\n")
        yield from (message for message in super().__iter__() if message.id)


def collected() -> Texts:
    """All messages, in English."""
    texts = Texts(header_comment="# Messages of Steno.", fuzzy=False)
    options: dict[str, str] = {"encoding": "utf-8"}
    for _file, _line, message, _comments, _context in extract_from_dir(
        PACKAGE, [("**.py", "python")], {"**.py": options}, KEYWORDS
    ):
        texts.add(message)
    for entry in CATALOG.values():
        for sentence in (entry.title, entry.detail, entry.hint):
            if sentence:
                texts.add(sentence)
    return texts


def translated(language: str, template: Texts) -> Texts:
    """The messages of `template` with what their file says in `language`; new ones are empty."""
    with open(source(language), "rb") as file:
        known = read_po(file, locale=language)
    texts = Texts(language, header_comment="# Messages of Steno.", fuzzy=False)
    for message in template:
        if message.id:
            old = known.get(message.id)
            same = old is not None and old.id == message.id
            texts.add(
                message.id,
                old.string if old is not None and same else "",
                flags=old.flags if old is not None and same else (),
                user_comments=old.user_comments if old is not None and same else (),
            )
    return texts


def languages() -> list[str]:
    return sorted(path.parts[-3] for path in LOCALE.glob("*/LC_MESSAGES/steno.po"))


def source(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "steno.po"


def written(texts: Texts) -> bytes:
    """`texts` as a file for translators."""
    file = io.BytesIO()
    write_po(file, texts, width=100, sort_output=True, no_location=True)
    return file.getvalue()


def compiled(texts: Texts) -> bytes:
    """`texts` as the file that programs read."""
    file = io.BytesIO()
    write_mo(file, texts)
    return file.getvalue()


def missing(texts: Texts) -> list[str]:
    """Messages that are not translated, or not surely."""
    return [str(one.id) for one in texts if one.id and (one.fuzzy or not all(forms(one)))]


def forms(message: Message) -> list[str]:
    """The translation; of a message with a number one for each form."""
    string = message.string
    return [string] if isinstance(string, str) else list(string or [""])


def files(template: Texts) -> dict[Path, bytes]:
    """What each file holds when nothing is stale."""
    found = {TEMPLATE: written(template)}
    for language in languages():
        texts = translated(language, template)
        found[source(language)] = written(texts)
        found[source(language).with_suffix(".mo")] = compiled(texts)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Collect the messages of steno.")
    parser.add_argument("--check", action="store_true", help="only say what is stale")
    check = parser.parse_args().check
    template = collected()
    for path, content in files(template).items():
        if not check:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            return stale(f'{path} differs from the code; "make texts" writes it anew.')
    wanted = [
        f"{source(language)} does not translate, or not surely:\n  " + "\n  ".join(found)
        for language in languages()
        if (found := missing(translated(language, template)))
    ]
    sys.stderr.writelines(f"{line}\n" for line in wanted)
    return 1 if wanted and check else 0


def stale(text: str) -> int:
    sys.stderr.write(text + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
