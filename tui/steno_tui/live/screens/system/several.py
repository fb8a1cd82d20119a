"""Some of several words, each with a sign that tells whether it is chosen."""

from collections.abc import Collection, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import OptionList

from steno_tui.live.keys import quiet
from steno_tui.texts import _


class Several(OptionList):
    """Space and Enter take a word or leave it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("system.mark", "space", "select", _("Take or leave"))
    ]

    def __init__(self, words: Sequence[str], chosen: Collection[str], *, id: str) -> None:
        super().__init__(*(prompt(word, word in chosen) for word in words), id=id)
        self._words, self._chosen = words, {*chosen}

    @property
    def chosen(self) -> list[str]:
        """In the order of the words."""
        return [word for word in self._words if word in self._chosen]

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        word = self._words[event.option_index]
        self._chosen ^= {word}
        self.replace_option_prompt_at_index(event.option_index, prompt(word, word in self._chosen))


def prompt(word: str, chosen: bool) -> Content:
    return Content(f"{'✔' if chosen else '○'} {word}")
