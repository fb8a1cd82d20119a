"""Who changes the files of which model: one at a time."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator

from steno.errors import StenoError


class Custody:
    """Used on the loop's thread only."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}
        """Why nobody else may, by model."""
        self._going: dict[str, asyncio.Event] = {}
        self.on_return: Callable[[], None] = lambda: None
        """Called when a model is given back."""

    def free(self, name: str) -> bool:
        return name not in self._taken

    def take(self, name: str, why: str) -> None:
        """Raises `model_in_use` where somebody else has it."""
        if name in self._taken:
            raise StenoError("model_in_use", name=name, why=self._taken[name])
        self._taken[name] = why

    def give_back(self, name: str) -> None:
        del self._taken[name]
        self.on_return()

    @contextlib.contextmanager
    def of(self, name: str, why: str) -> Iterator[None]:
        """While a block changes the files of a model. Raises `model_in_use`."""
        self.take(name, why)
        try:
            yield
        finally:
            self.give_back(name)

    @contextlib.contextmanager
    def going(self, name: str) -> Iterator[None]:
        """While a model that one has is removed: who needs it waits, and then gets it anew."""
        gone = self._going[name] = asyncio.Event()
        try:
            yield
        finally:
            del self._going[name]
            gone.set()

    async def settled(self, name: str) -> None:
        """Waits while the model is being removed."""
        while name in self._going:
            await self._going[name].wait()
