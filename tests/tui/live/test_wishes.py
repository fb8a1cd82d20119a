"""The form of a job's settings, and what a resume says of them."""

from typing import Any

import msgspec

from steno import wire
from steno.wire.models import ModelInfo
from steno_tui.live import forms, wishes
from steno_tui.live.forms import Field, Section
from steno_tui.live.screens.resuming import standing
from tui.live.dialogs import BACKENDS, MODEL, plugins

KNOWN = wishes.Known(plugins(), {MODEL.name: MODEL})


def by_name(sections: list[Section]) -> dict[str, Field]:
    return {field.name: field for section in sections for field in section.fields}


def fields(typed: dict[str, str], **more: Any) -> dict[str, Field]:
    return by_name(wishes.sections(KNOWN, typed, **{"more": True} | more))


def test_the_only_usable_recogniser_is_the_one_that_is_meant() -> None:
    found = fields({})
    assert [choice.key for choice in found["model"].choices] == ["toy/small", "toy/big"]
    assert [choice.key for choice in found["language"].choices] == ["auto", "de", "en"]
    assert [choice.key for choice in found["device"].choices] == ["auto", "cpu", "cuda"]
    assert found["options.asr.beam"].high == 9
    assert found["backend"].default == "as configured"


def test_a_recogniser_that_lacks_packages_says_what_installs_them() -> None:
    (wrong,) = [choice.wrong for choice in fields({})["backend"].choices if choice.wrong]
    assert wrong == "heavy lacks torch. This installs it: pip install heavy"


def test_other_choices_follow_the_recogniser_and_the_model() -> None:
    assert [c.key for c in fields({"model": "toy/small"})["language"].choices] == ["auto", "en"]
    assert not fields({"backend": "heavy"})["model"].choices
    assert "options.asr.beam" not in fields({"backend": "heavy"})
    assert "options.asr.beam" not in fields({}, more=False)


def test_a_model_says_what_choosing_it_costs() -> None:
    def label(**more: Any) -> str:
        return wishes.model_label("toy/small", msgspec.structs.replace(MODEL, **more))

    assert label() == "toy/small  ⇣ will be fetched, 1.5 GB"
    assert label(status="ready") == "toy/small  ✔ ready"
    assert label(size=None) == "toy/small  ⇣ will be fetched"
    assert label(repository=None) == "toy/small  ○ cannot be fetched"
    assert wishes.model_label("toy/big", None) == "toy/big"


def test_a_job_that_goes_on_begins_with_what_it_has() -> None:
    current = wire.JobSettings(
        backend="toy", model="toy/other", formats=("srt", "vtt"), options={"asr": {"beam": 4}}
    )
    found = fields({}, current=current)
    assert {name: found[name].start for name in ("backend", "model", "formats", "align")} == {
        "backend": "toy", "model": "toy/other", "formats": "srt,vtt", "align": "true",
    }  # fmt: skip
    assert found["options.asr.beam"].start == "4"
    assert found["style.max_lines"].start == "2"
    assert forms.filled(found.values(), {name: one.start for name, one in found.items()}) == (
        {}, {},
    )  # fmt: skip


def test_a_folder_is_sent_as_the_daemon_takes_it() -> None:
    assert wishes.sent({"output_dir": "/m/caf\udce9"}) == {"output_dir": "file:///m/caf%E9"}
    assert wishes.sent({"output_dir": None}) == {"output_dir": None}


def verdict(setting: str, ruling: Any, *, allowed: bool = True) -> wire.Verdict:
    return wire.Verdict(setting=setting, ruling=ruling, allowed=allowed, reason=f"{setting}!")


def test_rulings_are_signs_and_words_with_their_reasons() -> None:
    rules = {
        "device": verdict("device", "free"),
        "prompt": verdict("prompt", "warn"),
        "model": verdict("model", "locked", allowed=False),
        "style": verdict("style", "locked", allowed=False),
        "language": verdict("language", "locked"),
    }
    notes = standing.notes(fields({}).values(), rules)
    assert notes["device"] == (("✔ free", "ok"), "", False)
    assert notes["prompt"] == (("! warns", "warn"), "prompt!", False)
    assert notes["model"] == (("⊘ locked", "dim"), "model!", True)
    assert notes["language"] == (("✔ free", "ok"), "", False)
    assert [notes[f"style.{name}"].text for name in ("max_line_chars", "max_lines")] == [
        "style!", "",
    ]  # fmt: skip


def test_settings_that_can_change_come_first() -> None:
    rules = {"backend": verdict("backend", "locked", allowed=False)}
    current = wire.JobSettings(backend="toy")
    found = standing.outlined(wishes.sections(KNOWN, {}, current, more=False), rules)
    assert [section.title for section in found] == ["", "As they are"]
    assert [field.name for field in found[1].fields] == ["backend"]


def test_the_outcome_is_told_in_the_daemons_words() -> None:
    def said(*verdicts: wire.Verdict) -> str:
        allowed = all(one.allowed for one in verdicts)
        validation = wire.Validation(allowed=allowed, verdicts=list(verdicts))
        return standing.outcome(validation, len(verdicts)).plain

    assert said() == "It goes on with the settings that it has."
    assert said(verdict("model", "locked", allowed=False)) == "⊘ model!"
    assert said(verdict("prompt", "warn")) == "✔ 1 setting changes.\n! prompt!"


def test_a_resume_that_writes_nothing_says_so() -> None:
    validation = wire.Validation(allowed=True, verdicts=[verdict("formats", "free")])
    said = standing.outcome(validation, 1, silent=True).plain
    assert said.endswith("! No subtitle file will be written.")


def test_nothing_warns_where_nothing_is_done() -> None:
    rules = wire.Validation(allowed=True, verdicts=[verdict("prompt", "warn")])
    for done, ruling in ((0, "free"), (1, "warn")):
        checkpoint = wire.Checkpoint(
            job_id="j1",
            settings=wire.JobSettings(),
            versions={},
            segments=wire.SegmentCounts(done=done),
            plan_complete=True,
            remaining=3,
            gaps=[],
        )
        assert standing.at_stake(rules, checkpoint).verdicts[0].ruling == ruling


def test_backends_of_one_version_are_told_together() -> None:
    made = {"asr/a": "x 1", "splitter/b": "x 1", "aligner/c": "y 2"}
    assert standing.versions(made) == "asr/a, splitter/b (x 1); aligner/c (y 2)"


def test_the_models_are_those_of_the_backend() -> None:
    assert isinstance(MODEL, ModelInfo)
    assert BACKENDS[0].models[0] == MODEL.name
