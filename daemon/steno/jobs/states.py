"""Which transitions a job may make."""

from typing import Literal

from steno.errors import Problem, StenoError
from steno.store import jobs
from steno.store.database import Transaction
from steno.store.jobs import JobRecord
from steno.wire import State

Action = Literal["start", "pause", "resume", "cancel", "retry"]

TRANSITIONS: dict[State, frozenset[State]] = {
    "created": frozenset({"queued", "cancelled"}),
    "queued": frozenset({"running", "paused", "cancelled", "failed"}),
    "running": frozenset({"queued", "completed", "failed", "paused", "cancelled"}),
    "paused": frozenset({"queued", "cancelled", "paused"}),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
    "completed": frozenset({"queued"}),
}
"""`running` to `queued` happens when the daemon stops; it goes on at the next start. `paused` to
`paused` changes the reason: what the system paused becomes the person's."""

ACTIONS: dict[Action, tuple[State, frozenset[State], frozenset[State]]] = {
    # action: (leads to, from these, nothing to do in these)
    "start": ("queued", frozenset({"created"}), frozenset({"queued", "running"})),
    "pause": ("paused", frozenset({"queued", "running"}), frozenset({"paused"})),
    "resume": (
        "queued", frozenset({"paused", "failed", "cancelled"}), frozenset({"queued", "running"}),
    ),
    "cancel": (
        "cancelled", frozenset({"created", "queued", "running", "paused"}),
        frozenset({"cancelled"}),
    ),
    "retry": ("queued", frozenset({"failed", "cancelled"}), frozenset({"queued", "running"})),
}  # fmt: skip


def decide(action: Action, state: State, *, gaps: bool) -> State | None:
    """The state that `action` leads to from `state`; None if there is nothing to do.

    Raises `transition_refused`.
    """
    target, sources, idle = ACTIONS[action]
    if state in sources or (action == "retry" and state == "completed" and gaps):
        return target
    if state in idle:
        return None
    raise refusal(action, state, gaps=gaps)


def refusal(action: Action, state: State, *, gaps: bool) -> StenoError:
    """Says that `action` is not possible in `state`, and what is."""
    return StenoError(
        "transition_refused",
        at=state,
        state=state,
        action=action,
        possible=", ".join(possible(state, gaps=gaps)) or "nothing but removing it",
    )


def possible(state: State, *, gaps: bool) -> list[Action]:
    """The actions that change a job in `state`."""
    return [
        action
        for action, (_, sources, _) in ACTIONS.items()
        if state in sources or (action == "retry" and state == "completed" and gaps)
    ]


def move(
    tx: Transaction,
    job: JobRecord,
    state: State,
    *,
    reason: str | None = None,
    problem: Problem | None = None,
) -> None:
    """Puts the job into `state` and tells of it. Raises ValueError, a programming error, if that
    is no transition."""
    if state not in TRANSITIONS[job.state]:
        raise ValueError(f"a job cannot go from {job.state} to {state}")
    jobs.put(tx, job, state, reason=reason, problem=problem)
