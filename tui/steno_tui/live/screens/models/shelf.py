"""Which models a tab shows. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from steno.wire.models import ModelInfo
from steno_tui.pulling import ALIGNERS

Tab = Literal["recognition", "alignment", "loaded"]
Models = Mapping[str, ModelInfo]
NONE: Models = {}


def of_tab(models: Iterable[ModelInfo], tab: Tab) -> list[ModelInfo]:
    """Those that find the times of words, or all others."""
    return [one for one in models if (one.type == ALIGNERS) == (tab == "alignment")]


def fits(model: ModelInfo, words: Sequence[str]) -> bool:
    """Whether each of `words` is part of its name or title, or the code of a language it knows."""
    text = f"{model.name} {model.title}".casefold()
    return all(word in text or word in model.languages for word in words)


def timed(models: Models, model: ModelInfo) -> list[str]:
    """Languages that `model` knows and some aligner too."""
    aligners = of_tab(models.values(), "alignment")
    known = dict.fromkeys(code for one in aligners for code in one.languages)
    return [code for code in known if not model.languages or code in model.languages]


class Shelf:
    """The models of a tab that fit a search, looked for only where something changed."""

    def __init__(self) -> None:
        self.tab: Tab = "recognition"
        self.text = ""
        self.rows: Sequence[ModelInfo] = []
        self._known: Models = NONE
        self._asked: tuple[Tab, str] | None = None

    def look(self, models: Models) -> Sequence[ModelInfo]:
        """Brings `rows` up to `models`, in the order of the catalogue."""
        asked = (self.tab, self.text)
        if models is not self._known or asked != self._asked:
            self._known, self._asked = models, asked
            words = self.text.casefold().split()
            self.rows = [one for one in of_tab(models.values(), self.tab) if fits(one, words)]
        return self.rows

    def place(self, name: str | None) -> int | None:
        """The row of the model `name`."""
        return next((row for row, one in enumerate(self.rows) if one.name == name), None)
