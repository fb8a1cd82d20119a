"""What of a connection's events the client knows already."""

from steno.wire import Event

SNAPSHOT = frozenset({"job", "model_complete", "model_error", "model_incomplete", "model_deleted"})
"""Events that an `initial_state` which has their job or model already contains; of what is
replayed up to its `as_of` only the others are news."""


class Replay:
    """Tells what of a connection's events the client has not had before."""

    def __init__(self, last: str | None) -> None:
        self._last = last
        self.floor: str | None = None
        """The newest event that every state of this connection contains."""
        self._jobs = set[object]()
        """Jobs that a state of this connection has."""

    def news(self, event: Event) -> bool:
        """Whether `event` is news. Notes what an `initial_state` has."""
        if event.type == "initial_state":
            as_of = event.data.get("as_of")
            if isinstance(as_of, str) and (self.floor is None or within(as_of, self.floor)):
                self.floor = as_of  # of several channels the oldest
            for job in [event.data.get("job"), *(event.data.get("jobs") or ())]:
                if job is not None:
                    self._jobs.add(job["id"])
            return True
        if event.id is None:
            return True
        if event.type in SNAPSHOT and within(event.id, self.floor) and self._has(event):
            return False
        return not within(event.id, self._last)

    def _has(self, event: Event) -> bool:
        """Whether a state has what `event` tells of. The channel of all jobs shows those that are
        active: that another ended meanwhile only its event tells."""
        return event.type != "job" or event.data.get("job_id") in self._jobs


def within(ident: str, newest: str | None) -> bool:
    """Whether `ident` (`DB-SEQ`) is of the same database as `newest` and not after it."""
    if newest is None:
        return False
    database, _, number = ident.rpartition("-")
    other, _, limit = newest.rpartition("-")
    if database != other or not (number.isdecimal() and limit.isdecimal()):
        return False
    return int(number) <= int(limit)


def is_resync(event: Event) -> bool:
    return event.type == "signal" and event.data.get("code") == "resync"
