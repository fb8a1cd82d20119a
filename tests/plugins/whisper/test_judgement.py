"""Which texts are taken for what was said."""

import pytest

from steno_whisper.recognizing.judgement import Take, best, is_silence, is_sound, repeats


def take(text: str, avg_logprob: float = -0.2, no_speech: float = 0.0) -> Take:
    return Take((1,) * len(text.split()), text, avg_logprob, no_speech)


SPEECH = (
    "No, no, no, no! I said that I would come, and that I would bring the others with me; what"
    " more do you want of me than that I would come, and bring them?"
)


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        (SPEECH, False),
        ("ha ha ha ha", False),
        ("", False),
        ("thank you. " * 30, True),
        ("nine " * 12, True),
        ("and so on and so on and so on and so on", True),
        ("Words before it. " + "la la la la " * 4, True),
        ("一二三四五" * 40, True),
        ("one two three four five six seven eight nine ten", False),
    ],
)
def test_loops(text: str, loops: bool) -> None:
    assert repeats(text) is loops
    assert is_sound(take(text or "x")) is not loops


def test_nothing_is_right_only_where_nobody_spoke() -> None:
    assert not is_sound(take("", no_speech=0.3))
    assert not is_sound(take("… ?", no_speech=0.3))
    assert is_sound(take("", no_speech=0.7))


def test_an_imagined_text_is_none() -> None:
    assert is_silence(take("Thank you for watching.", avg_logprob=-1.2, no_speech=0.8))
    assert not is_silence(take("Hello.", avg_logprob=-0.3, no_speech=0.8))
    assert not is_silence(take("Hello.", avg_logprob=-1.2, no_speech=0.1))


def test_a_sound_text_is_better_than_a_likely_one() -> None:
    loop, dull, daring = take("x " * 20, -0.01), take("good", -0.5), take("well", -0.9)
    assert best([loop, daring, dull]) is dull
    assert best([loop, take("y " * 20, -0.02)]) is loop
