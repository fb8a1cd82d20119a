"""Progress from seconds of audio."""

import random

from steno.jobs.progress import Meter

RATE = 16_000


def meter(*, announced: float | None = 100.0, align: bool = True, percent: float = 0.0) -> Meter:
    return Meter("j", announced=announced, percent=percent, align=align, now=0.0)


def test_phases_are_those_of_the_earliest_unfinished_work() -> None:
    m = meter()
    phases = [m.phase]
    m.audio = m.decoded = 100 * RATE
    phases.append(m.phase)
    m.found, m.planned, m.plan_complete = 90 * RATE, 80 * RATE, True
    phases.append(m.phase)
    m.finished = 80 * RATE
    phases.append(m.phase)
    m.aligned = 80 * RATE
    phases.append(m.phase)
    assert phases == ["extract", "split", "transcribe", "align", "write"]
    m.written = True
    assert m.look(1.0).phase is None
    assert m.look(1.0).percent == 100.0


def test_weights() -> None:
    m = meter()
    m.audio = m.decoded = m.found = 100 * RATE
    m.planned, m.plan_complete = 100 * RATE, True
    assert m.look(1.0).percent == 10.0
    m.finished = 50 * RATE
    assert m.look(1.0).percent == 45.0
    m.finished = m.aligned = 100 * RATE
    assert m.look(1.0).percent == 90.0


def test_percent_never_falls_whatever_happens() -> None:
    chance = random.Random(7)
    for _ in range(50):
        m = meter(announced=chance.choice([None, 30.0, 100.0]), percent=chance.uniform(0, 20))
        last = 0.0
        for step in range(200):
            m.decoded += chance.randrange(RATE)
            m.found = m.planned = chance.randint(m.found, m.decoded)
            m.finished = chance.randint(min(m.finished, m.planned), m.planned)
            m.aligned = chance.randint(min(m.aligned, m.finished), m.finished)
            percent = m.look(float(step)).percent
            assert last <= percent <= 100.0
            last = percent


def test_total_is_unknown_until_something_tells() -> None:
    m = meter(announced=None)
    m.decoded = 5 * RATE
    assert m.look(1.0).total is None
    m.audio = 5 * RATE
    assert m.look(1.0).total == 5.0


def test_speed_counts_this_start_only_and_silence_too() -> None:
    m = meter()
    m.audio = m.decoded = 100 * RATE
    m.found = m.planned = m.finished = 40 * RATE
    assert m.look(10.0).speed is None, "nothing was done since"
    m.found = m.planned = 100 * RATE
    m.plan_complete = True
    m.finished = 70 * RATE
    seen = m.look(15.0)
    assert seen.speed == 6.0
    assert seen.eta_s == 5.0


def test_a_silent_film_is_done_at_once() -> None:
    m = meter()
    m.audio = m.decoded = 100 * RATE
    m.plan_complete = True
    assert m.look(1.0).percent == 90.0
    assert m.phase == "write"
