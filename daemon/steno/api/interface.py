"""All routes, in the order of the documentation."""

from steno.api import events, jobs, system, transcripts
from steno.api.route import Routes

GROUPS: tuple[Routes, ...] = (
    system.routes,
    jobs.routes,
    transcripts.routes,
    events.routes,
)
