"""Words that change often: made anew only where they are others."""

from rich.text import Text
from textual.widgets import Static


class Said(Static):
    """Text that is never taken for markup. The screen is laid out anew only where it has another
    number of lines or another length."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", markup=False, id=id, classes=classes)
        self._said: str | Text = ""

    def say(self, words: str | Text) -> None:
        """Shows `words`."""
        if type(words) is type(self._said) and words == self._said:
            return
        before, self._said = str(self._said), words
        self.update(words, layout=len(before) != len(words) or before.count("\n") > 0)
