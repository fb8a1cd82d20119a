"""How far and how fast a download is."""

import pytest

from steno.models.gauge import Gauge


def test_speed_is_that_of_the_last_seconds() -> None:
    gauge = Gauge(total=100_000_000)
    gauge.hear(0.0, 0, 100_000_000, "")
    assert gauge.look(0.1).speed_mbps is None
    for second in range(1, 11):
        gauge.hear(float(second), second * 1_000_000, 100_000_000, "")
    assert gauge.look(10.0).speed_mbps == 8.0
    assert gauge.look(10.0).eta_s == 90.0
    assert gauge.look(10.0).progress == 10.0
    for second in range(11, 21):
        gauge.hear(float(second), 10_000_000, 100_000_000, "the server is busy")
    stalled = gauge.look(20.0)
    assert (stalled.speed_mbps, stalled.eta_s) == (0.0, None)
    assert stalled.message == "the server is busy"


def test_what_was_there_before_is_no_speed() -> None:
    gauge = Gauge(done=50_000_000, total=100_000_000)
    gauge.hear(100.0, 50_000_000, 100_000_000, "")
    gauge.hear(101.0, 51_000_000, 100_000_000, "")
    assert gauge.look(101.0).speed_mbps == 8.0


def test_a_file_begun_anew_makes_no_negative_speed() -> None:
    gauge = Gauge()
    gauge.hear(0.0, 5_000_000, None, "")
    gauge.hear(1.0, 6_000_000, None, "")
    gauge.hear(2.0, 1_000_000, None, "")
    gauge.hear(3.0, 2_000_000, None, "")
    assert gauge.look(3.0).speed_mbps == 8.0
    assert gauge.look(3.0).progress is None


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, 0, 100.0), (0, 3, 0.0), (1, 3, 33.33), (4, 3, 100.0)]
)
def test_percent(done: int, total: int, percent: float) -> None:
    assert Gauge(done=done, total=total).percent == percent
