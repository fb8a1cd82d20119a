"""The language of everything that a person reads here: English, or what `locale/` has.

    from steno_tui.texts import _, some

    _("Start")                                  one message
    some("{n} job", "{n} jobs", count)          with a number, filled in
    later("Start")                              for the catalogue; `_` translates it later

The language is that of the process: `STENO_LANGUAGE`, else `LANGUAGE`, `LC_ALL`, `LC_MESSAGES` or
`LANG`, as gettext has it. Messages are looked up by their English words; `make texts` collects
them, and docs/translating.md tells how they are translated.
"""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "steno"
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Those that name the language of messages, the first one that is set."""


def wanted(environ: Mapping[str, str]) -> list[str]:
    """Languages to look for, the best first. A person who wants `C` or nothing reads English."""
    if chosen := environ.get("STENO_LANGUAGE"):
        return [full(chosen)]
    for name in VARIABLES:
        if value := environ.get(name):
            return [full(one) for one in value.split(":")]
    return []


def full(name: str) -> str:
    """The locale that `name` means. English needs no catalogue, as `C`; Chinese without a country
    is the simplified one."""
    language = name.partition(".")[0].replace("-", "_")
    if language.partition("_")[0].lower() in ("en", "posix"):
        return "C"
    return "zh_CN" if language.lower() in ("zh", "zh_hans", "zh_hans_cn", "zh_sg") else language


translation: gettext.NullTranslations = gettext.translation(
    DOMAIN, LOCALE, wanted(os.environ) or ["C"], fallback=True
)


def _(message: str) -> str:
    """`message` in the person's language."""
    return translation.gettext(message)


def later(message: str) -> str:
    """`message`, so that the catalogue has it."""
    return message


def some(one: str, many: str, n: int) -> str:
    """One of both forms, with `{n}` filled in."""
    return plural(one, many, n).format(n=n)


def plural(one: str, many: str, n: int) -> str:
    """One of both forms, as it stands in the catalogue."""
    return translation.ngettext(one, many, n)


def speak(*languages: str) -> None:
    """From now on the first of `languages` that there is; without any, English."""
    global translation
    translation = gettext.translation(DOMAIN, LOCALE, languages or ["C"], fallback=True)
