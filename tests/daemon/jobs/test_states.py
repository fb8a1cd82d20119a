"""What may happen to a job in each state."""

from typing import get_args

import pytest

from steno.errors import StenoError
from steno.jobs.states import ACTIONS, TRANSITIONS, Action, decide, possible
from steno.wire import State

STATES: tuple[State, ...] = get_args(State)


def test_every_state_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(STATES)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", list(ACTIONS))
def test_an_action_does_what_the_whitelist_allows(action: Action, state: State) -> None:
    try:
        target = decide(action, state, gaps=False)
    except StenoError as error:
        assert error.problem.status == 409
        assert error.problem.state == state
        assert action not in possible(state, gaps=False)
        return
    if target is not None:
        assert target in TRANSITIONS[state]
        assert action in possible(state, gaps=False)
        assert decide(action, target, gaps=False) is None, "not idempotent"


def test_a_completed_job_is_retried_only_if_something_is_missing() -> None:
    assert decide("retry", "completed", gaps=True) == "queued"
    with pytest.raises(StenoError, match="completed; retry is not possible"):
        decide("retry", "completed", gaps=False)


def test_what_is_possible_is_said() -> None:
    with pytest.raises(StenoError) as caught:
        decide("pause", "failed", gaps=False)
    assert "resume, retry" in caught.value.problem.hint
    with pytest.raises(StenoError) as caught:
        decide("cancel", "completed", gaps=False)
    assert "nothing but removing it" in caught.value.problem.hint
