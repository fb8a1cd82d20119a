"""A hub for the tests of models, and folders of a daemon that finds its way there."""

from collections.abc import Iterator

import pytest

from harness import Home, new_home
from hub import Hub, add_toys


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        add_toys(hub)
        yield hub


@pytest.fixture
def home(hub: Hub) -> Iterator[Home]:
    with new_home() as home:
        home.extra = dict(hub.environment)
        yield home
