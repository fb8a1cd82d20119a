"""A daemon for the tests of a module that do not disturb each other."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from harness import Home, new_home, started
from steno.client import Client

folders = itertools.count()


@pytest.fixture
def home() -> Iterator[Home]:
    """Folders of one test alone."""
    with new_home() as home:
        yield home


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Iterator[Home]:
    """Folders with a running daemon. A module sets variables for it in `ENVIRONMENT`."""
    with new_home() as home:
        home.extra = getattr(request.module, "ENVIRONMENT", {})
        with started(home):
            yield home


@pytest.fixture
async def client(shared: Home) -> AsyncIterator[Client]:
    """A client of the shared daemon."""
    async with Client(shared.paths.socket) as client:
        yield client


@pytest.fixture
def folder(shared: Home) -> Path:
    """A folder for the media of one test."""
    folder = shared.media / str(next(folders))
    folder.mkdir()
    return folder
