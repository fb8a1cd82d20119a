from steno.subtitles.report import Shortfalls
from steno.wire import Cue, Notice, SubtitleStyle


def notices(*cues: tuple[float, float, str]) -> list[Notice]:
    shortfalls = Shortfalls(SubtitleStyle())
    given = [Cue(id=f"0.{n}", start=s, end=e, text=t) for n, (s, e, t) in enumerate(cues)]
    for cue in given:
        shortfalls.add(cue)
    return shortfalls.notices()


def test_a_good_transcript_has_nothing_to_report() -> None:
    assert notices((0, 2.1, "x" * 42), (2.1, 8, "漢" * 16 + "\n" + "漢" * 16)) == []
    assert notices() == []


def test_each_shortfall_is_counted_with_its_first_example() -> None:
    found = notices(
        (0, 0.999, "short"),
        (2, 9.001, "long"),
        (8, 10, "overlap"),
        (3720, 3722.149, "y" * 43),
        (3723, 3724, "漢" * 17),
        (3726, 3728, "a\nb\nc"),
    )
    assert [(notice.code, notice.message) for notice in found] == [
        ("cues_short", "1 subtitle is shown for less than 1 s, at 0:00:00: “short”"),
        ("cues_long", "1 subtitle is shown for more than 7 s, at 0:00:02: “long”"),
        (
            "cues_fast",
            "2 subtitles are shown too briefly to be read at 20 characters a second"
            " (9 full-width), the first at 1:02:00: “" + "y" * 43 + "”",
        ),
        (
            "cues_overlap",
            "1 subtitle is shown before the one before has ended, at 0:00:08: “overlap”",
        ),
        (
            "lines_long",
            "2 subtitles are wider than 42 characters (16 full-width), the first at 1:02:00: “"
            + "y" * 43
            + "”",
        ),
        ("lines_many", "1 subtitle is of more than 2 lines, at 1:02:06: “a b c”"),
    ]
