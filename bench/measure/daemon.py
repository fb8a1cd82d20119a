"""The tests' harness: a real daemon in folders of its own, and the plugin for tests."""

from harness import Home, fake, new_home, running

__all__ = ["Home", "fake", "new_home", "running"]
