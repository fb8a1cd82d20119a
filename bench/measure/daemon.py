"""The tests' harness: a real daemon in folders of its own, and the plugin for tests.

Unlike those of the tests these daemons are not watched, which would make them slower.
"""

import contextlib
from collections.abc import Iterator

import harness
from harness import Home, fake, running

__all__ = ["Home", "fake", "new_home", "running"]


@contextlib.contextmanager
def new_home() -> Iterator[Home]:
    with harness.new_home() as home:
        home.watched = False
        yield home
