"""Steno: speech to subtitles on your own machine."""

__version__ = "0.1.0"
