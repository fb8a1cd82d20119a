"""What is asked before something is done with a model."""

import os
from collections.abc import Iterable, Sequence
from typing import ClassVar, Generic, NamedTuple, TypeVar

from rich.text import Text
from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from steno_tui.live.keys import quiet
from steno_tui.live.screens.dialog import Dialog
from steno_tui.texts import _

T = TypeVar("T")


class Import(NamedTuple):
    model: str
    path: str
    """Absolute."""


def chosen_path(text: str) -> str:
    """The absolute path that a person typed, or dropped into the terminal with quotes."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return os.path.abspath(os.path.expanduser(text)) if text else ""


class Form(Dialog[T], Generic[T]):
    """Fields and a button. Enter goes to the next field, at the last it is the button."""

    DEFAULT_CSS = """
    Form Label { width: 1fr; margin-top: 1; color: $text-muted; }
    Form #wrong { color: $text-error; height: auto; }
    """
    YES: ClassVar[str] = ""

    def fields(self) -> Iterable[Widget]:
        raise NotImplementedError

    def body(self) -> Iterable[Widget]:
        yield from self.fields()
        yield Static("", id="wrong", markup=False)
        yield Horizontal(
            Button(_("Close"), id="no"), Button(self.YES, variant="primary", id="yes"), id="buttons"
        )

    def say(self, text: str, field: str) -> None:
        """What is wrong with which field."""
        self.query_one("#wrong", Static).update("✖ " + text)
        self.query_one(f"#{field}", Input).focus()

    @on(Input.Submitted)
    def entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.input is list(self.query(Input))[-1]:
            self.finish()
        else:
            self.focus_next(Input)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self.finish()
        else:
            self.dismiss(None)

    def finish(self) -> None:
        raise NotImplementedError


class Importing(Form[Import]):
    """Which model, and where its files are."""

    YES = _("Import")

    def __init__(self, names: Sequence[str], chosen: str) -> None:
        super().__init__(_("Import a model"))
        self._names, self._chosen = names, chosen

    def fields(self) -> Iterable[Widget]:
        yield Label(_("Model, kind/id"), markup=False)
        yield Input(self._chosen, suggester=SuggestFromList(self._names), id="model")
        yield Label(_("Its folder, or an archive of it (tar, zip)"), markup=False)
        yield Input(placeholder="/", id="path")

    def on_mount(self) -> None:
        self.query_one("#path" if self._chosen else "#model").focus()

    def finish(self) -> None:
        model = self.query_one("#model", Input).value.strip()
        path = chosen_path(self.query_one("#path", Input).value)
        if model not in self._names:
            self.say(_("There is no model of this name."), "model")
        elif not path:
            self.say(_("Where are its files?"), "path")
        else:
            self.dismiss(Import(model, path))


class Speaking(Form[str]):
    """For which language the aligner is fetched along: its code."""

    YES = _("Pull")

    def __init__(self, model: str, languages: Sequence[str], wanted: str) -> None:
        super().__init__(_("Pull with word times"))
        self._model, self._languages, self._wanted = model, languages, wanted

    def fields(self) -> Iterable[Widget]:
        said = _("{model}, and after it the model that finds the times of words in a language.")
        yield Static(said.format(model=self._model), markup=False)
        codes = " ".join(self._languages)
        yield Label(_("Language, as a code: {codes}").format(codes=codes), markup=False)
        yield Input(self._wanted, suggester=SuggestFromList(self._languages), id="language")

    def finish(self) -> None:
        code = self.query_one("#language", Input).value.strip().lower()
        if code:
            self.dismiss(code)
        else:
            self.say(_("Which language?"), "language")


class Details(Dialog[None]):
    """All that is known of a model, where there is no room beside the list."""

    DEFAULT_CSS = """
    Details #all { height: auto; max-height: 30; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [quiet("models.close", "enter,q", "leave", _("Close"))]

    def __init__(self, name: str, text: Text) -> None:
        super().__init__(name)
        self._text = text

    def body(self) -> Iterable[Widget]:
        with VerticalScroll(id="all"):
            yield Static(self._text)
