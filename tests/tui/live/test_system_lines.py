"""What the screen of the system decides and draws, without a screen."""

from typing import Any

import msgspec
import pytest

from steno import wire
from steno_tui.live.screens.system import backend, record, schema, setting, status
from steno_tui.live.screens.system.paint import Line, painted, table
from steno_tui.live.screens.system.tail import KEPT, Tail
from steno_tui.live.widgets.layout import spans
from tui.live.system_values import NUMBER, ONE, PLUGINS, STATE, STATUS, TRACEBACK, entry


def text(lines: Any) -> str:
    return painted(lines).plain


def changed(value: Any, **more: Any) -> Any:
    return msgspec.structs.replace(value, **more)


# The daemon


def test_the_daemon_is_told_of_with_its_jobs_and_its_age() -> None:
    said = text(status.daemon(STATUS, 1000.0 + 86400 + 61))
    assert "1 day, 1:01" in said
    assert "running 1, done 2" in said
    assert "as this client" in said
    assert "closed" in said


def test_another_version_than_the_client_s_is_marked() -> None:
    said = text(status.daemon(changed(STATUS, version="9.9"), 1000.0))
    assert "9.9 ! this client is" in said


def test_memories_are_bars_and_a_full_one_is_called_short() -> None:
    memory, gpu = text(status.machine(STATUS)).splitlines()[1:3]
    assert " 75%  3.0 GB of 4.0 GB" in memory
    assert "short" not in memory
    assert gpu.endswith(" 95%  76.0 GB of 80.0 GB ! short  H100")


def test_what_the_system_does_not_tell_is_said() -> None:
    bare = changed(STATUS, memory_total=None, memory_available=None, gpus=[], disk_free=None)
    assert "does not tell" in text(status.machine(bare))
    worker = wire.WorkerInfo(name="media-1", pid=None, state="waiting", restarts=3)
    assert "to restart" in text(status.workers(changed(bare, workers=[worker]), 90))
    assert "None runs" in text(status.workers(changed(bare, workers=[]), 90))


@pytest.mark.parametrize("width", [40, 60, 78, 120])
def test_workers_stand_in_columns_of_any_width(width: int) -> None:
    lines = text(status.workers(STATUS, width)).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= width
    assert "speech-1" in lines[1]
    assert "▶ busy" in lines[1]


def test_a_table_has_its_head_above_what_it_is_of() -> None:
    head, line = text(table(backend.COLUMNS, [backend.line(OFFERS[0])], 70)).splitlines()
    assert head.index("State") == line.index("✖ broken")


# Plugins

OFFERS = backend.offers(PLUGINS)


def test_broken_plugins_come_first_then_backends_by_kind() -> None:
    named = [one.backend.name if one.backend else one.plugin.name for one in OFFERS]
    assert named == ["bad", "x", "hub"]
    assert [backend.state(one).text for one in OFFERS] == ["✖ broken", "○ lacks 1", "✔ usable"]


def test_what_can_be_copied_is_the_remedy_or_the_error() -> None:
    assert [one.remedy for one in OFFERS] == ["ImportError: [no] x\nat y", "pip install x", ""]


def test_a_backend_is_told_of_with_what_it_lacks_and_its_settings() -> None:
    said = text(backend.about(OFFERS[1]))
    assert "It lacks: torch" in said
    assert "pip install x" in said
    assert "Models (2): a, b" in said
    assert "[backends.asr.x]" in said
    assert "beam = 5  a whole number, 1 to 9\n  texts followed at once" in said
    assert "mode = auto  one of auto, int8" in said


def test_the_error_of_a_plugin_is_no_markup() -> None:
    assert "ImportError: [no] x\nat y" in text(backend.about(OFFERS[0]))


# The log


def test_a_record_is_a_line_that_tells_of_more() -> None:
    row = record.line(entry(1, TRACEBACK, level="ERROR"))
    cells = ["".join(span.text for span in spans(cell)) for cell in row.cells]
    assert cells[1:] == ["✖ error", "app", "Job failed ⏎"]


def test_a_traceback_is_shown_line_by_line() -> None:
    lines: list[Line] = list(record.about(entry(1, TRACEBACK)))
    assert text(lines).endswith(TRACEBACK)
    assert [line[0].role for line in lines[1:]] == ["strong", "dim", "dim", "bad"]


def test_records_are_kept_up_to_a_bound() -> None:
    tail = Tail()
    assert tail.put(wire.LogPage(records=[entry(1), entry(2)], next=2), anew=True) == 0
    more = [entry(seq) for seq in range(3, KEPT + 4)]
    assert tail.put(wire.LogPage(records=more, next=9), anew=False) == 3
    assert (len(tail.records), tail.records[0].seq) == (KEPT, 4)
    tail.put(wire.LogPage(records=[], next=9), anew=True)
    assert tail.records == []


# Settings


def test_what_only_files_change_stands_below_the_settings() -> None:
    found = setting.entries(STATE)
    assert [(one.section, one.name, one.value) for one in found] == [
        ("jobs", "concurrent", "3"),
        ("models.own", "whisper/mine", "folder = /m, languages = en"),
        ("backends.asr", "x", "beam = 2, fast = on"),
    ]
    assert "/c/config.toml only" in text(setting.about(found[1], STATE))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, ["config.toml", "Default: 2", "a whole number, 1 to 16", "/c/overrides.toml"]),
        ({"origin": "overrides"}, ["◆ changed", "d takes the change back"]),
        ({"origin": "environment"}, ["! STENO_JOBS_CONCURRENT in the daemon's environment"]),
        ({"pending": True, "applies": "restart", "used": 2}, ["still uses 2", "after a restart"]),
    ],
)
def test_a_setting_tells_where_it_is_from_and_when_it_counts(
    more: dict[str, Any], words: list[str]
) -> None:
    one = changed(ONE, **more)
    said = text(setting.about(setting.entries(changed(STATE, settings=[one]))[0], STATE))
    assert [word for word in words if word not in said] == []


def test_the_section_is_named_on_the_first_line_that_is_seen() -> None:
    every = setting.entries(changed(STATE, settings=[ONE, ONE, ONE]))
    named = ["".join(s.text for s in spans(setting.line(every, n, 1).cells[0])) for n in range(4)]
    assert named == ["jobs", "jobs", "", "models.own"]


@pytest.mark.parametrize(
    ("found", "kind", "said"),
    [
        ({"type": "boolean"}, "switch", "on or off"),
        ({"enum": ["a", "b"]}, "choice", "one of a, b"),
        ({"type": "string", "pattern": "^(INFO|ERROR)$"}, "choice", "one of INFO, ERROR"),
        ({"type": "string", "pattern": "^x+$"}, "text", "a text"),
        ({"type": "array", "items": {"enum": ["srt"]}}, "choices", "any of srt"),
        ({"type": "array", "items": {"type": "string"}}, "list", "a list"),
        (NUMBER, "integer", "a whole number, 1 to 16"),
        ({"type": "number", "minimum": 0.5}, "number", "a number, 0.5 or more"),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1}, "number",
         "a number, above 0, at most 1"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "text", "a whole number or nothing"),
    ],
)  # fmt: skip
def test_a_schema_says_what_one_may_write(found: schema.Schema, kind: str, said: str) -> None:
    assert (schema.kind(found), schema.bounds(found)) == (kind, said)


def test_what_a_person_wrote_becomes_the_value_that_is_meant() -> None:
    assert schema.meant({"type": "integer"}, " 7 ") == 7
    assert schema.meant({"type": "number"}, "0.5") == 0.5
    assert schema.meant({"type": "array", "items": {}}, " a \n\nb,c") == ["a", "b,c"]
    assert schema.meant({"type": "string"}, "") == ""
    for kind, wrong in [("integer", "1.5"), ("integer", ""), ("number", "nan"), ("number", "x")]:
        with pytest.raises(ValueError, match=r"convert|invalid|nan"):
            schema.meant({"type": kind}, wrong)
