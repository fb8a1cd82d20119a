"""What of the machine a job gets. Pure."""

from typing import NamedTuple

from steno.discovery import Registry
from steno.jobs.choice import pick
from steno.wire import JobSettings


class Machine(NamedTuple):
    """What there is for speech."""

    processors: int
    places: int
    """Workers that recognise or align at once, at most."""


class Share(NamedTuple):
    """What of it a job gets."""

    lanes: int
    """Pieces of work at once: as many as its recogniser can use workers, and of one that takes
    batches one more, so that a worker need not wait while results are stored."""
    batch: int
    """Segments that a worker is handed at once."""
    threads: int
    """Of each worker, so that all fit the processors."""


def share(registry: Registry, settings: JobSettings, machine: Machine) -> Share:
    """Raises backend_none, backend_unknown or backend_missing."""
    asr = pick(registry, "asr", settings.backend or "")
    most = min(machine.places, asr.processes or machine.places)
    batch = min(settings.batch_size or asr.batch, asr.batch)
    # The threads are the same however many workers a job wants, so that it finds what is loaded.
    lanes = min(most, settings.workers or most) + (asr.batch > 1)
    return Share(lanes, batch, max(1, machine.processors // most))
