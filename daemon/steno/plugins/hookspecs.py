"""The hooks a plugin may implement. All are collected; none stops at the first result.

A plugin is a module named by an entry point of the group `steno.plugins`. Hooks describe: they
return values, import nothing heavy and do no work.
"""

from collections.abc import Sequence

import pluggy

from steno.plugins.contract import Aligner, AsrBackend, Downloader, Model, Splitter

PROJECT = "steno"
GROUP = "steno.plugins"
"""Entry point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a plugin's implementation of a hook."""


@hookspec
def steno_asr_backends() -> Sequence[AsrBackend]:
    """Recognisers this plugin brings. Since 0.1."""
    return ()


@hookspec
def steno_aligners() -> Sequence[Aligner]:
    """Aligners this plugin brings. Since 0.1."""
    return ()


@hookspec
def steno_splitters() -> Sequence[Splitter]:
    """Splitters this plugin brings. Since 0.1."""
    return ()


@hookspec
def steno_downloaders() -> Sequence[Downloader]:
    """Downloaders this plugin brings. Since 0.1."""
    return ()


@hookspec
def steno_models() -> Sequence[Model]:
    """Models that several backends can use, or backends of other plugins. Those that a backend
    names itself need not be named here. Since 0.1."""
    return ()
