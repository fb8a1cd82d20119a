"""What a worker takes from a backend."""

import pytest

from steno.errors import StenoError
from steno.plugins.contract import MAX_TEXT, AsrOptions, Fragment, Span, Word
from steno.worker import protocol as p
from steno.worker.speech import produced

REQUEST = p.Transcribe(
    id=1,
    backend=p.BackendRef(kind="asr", entry_point="fake", module="steno_fake", name="fake"),
    audio=b"",
    segments=[],
    options=AsrOptions(),
)


@pytest.mark.parametrize(
    "fragment",
    [
        Fragment(index=3, text="x" * (MAX_TEXT + 1)),
        Fragment(index=3, text="x", words=(Word("x", 0, 1),) * (MAX_TEXT + 1)),
        Fragment(index=3, text="x", spans=(Span("x" * MAX_TEXT, 0, 1), Span("y", 1, 2))),
    ],
    ids=["text", "words", "spans"],
)
def test_more_text_than_anybody_can_say_breaks_the_contract(fragment: Fragment) -> None:
    with pytest.raises(StenoError) as caught:
        produced(REQUEST, fragment)
    assert caught.value.code == "backend_broken"
    assert "segment 3 has" in caught.value.problem.detail
    assert produced(REQUEST, Fragment(index=3, text="x" * MAX_TEXT)).index == 3
