"""The files that are to be added, and what the daemon said of them. Pure."""

import os
from collections.abc import Iterable, Mapping

from steno import wire
from steno.errors import Problem, printable
from steno_tui.live.widgets.layout import Column, Span
from steno_tui.live.widgets.rows import Row
from steno_tui.problems import told
from steno_tui.texts import _

Files = Mapping[str, Problem | None]
"""Absolute paths in their order, and why one was refused."""
COLUMNS = (Column(_("Chosen"), 16, flexible=True), Column(_("In"), 14, rank=1, flexible=True))


def joined(files: Files, more: Iterable[str]) -> Files:
    """With `more` at the end, each file once; one that is chosen again is tried again."""
    return {**files, **dict.fromkeys(more)}


def without(files: Files, path: str) -> Files:
    return {one: problem for one, problem in files.items() if one != path}


def refused(files: Files, path: str, problem: Problem) -> Files:
    return {**files, path: problem}


def line(path: str, problem: Problem | None, *, twice: bool) -> Row:
    folder, name = os.path.split(path)
    if problem is not None:
        return Row((Span(f"✖ {name}", "bad"), Span(told(problem).title, "bad")))
    if twice:
        return Row((f"! {name}", Span(_("has a job already"), "warn")))
    return Row((f"  {name}", Span(folder, "dim")))


def known(jobs: Iterable[wire.Job]) -> frozenset[str]:
    """Paths of jobs, as daemons show them."""
    return frozenset(job.path for job in jobs)


def is_known(path: str, paths: frozenset[str]) -> bool:
    return printable(path) in paths


def words(path: str, problem: Problem | None, *, twice: bool) -> str:
    """All there is to say of a file."""
    name = printable(path)
    if problem is not None:
        problem = told(problem)
        return "\n".join(filter(None, (f"✖ {problem.detail}", problem.hint)))
    if twice:
        return _("! {path} has a job already; a second one is made.").format(path=name)
    return name
