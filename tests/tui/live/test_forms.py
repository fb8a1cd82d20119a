"""Fields made from schemas, and what is made of what was typed."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from steno import wire
from steno_tui.live import forms
from steno_tui.live.forms import Choice, Field, Wrong


class Inner(Struct, frozen=True, kw_only=True):
    deep: int = 3


class Settings(Struct, frozen=True, kw_only=True):
    beam: Annotated[int, Meta(ge=1, le=20, description="texts followed at once")] = 5
    weight: Annotated[float, Meta(ge=0.5)] = 6.5
    again: bool = True
    precision: Literal["auto", "int8"] = "auto"
    threads: Annotated[int, Meta(le=8)] | None = None
    title: Annotated[str, Meta(max_length=5, pattern="^[a-z]*$")] = ""
    endings: tuple[Literal["srt", "vtt"], ...] = ("srt",)
    inner: Inner = Inner()


FIELDS = {
    field.name: field for field in forms.fields_of(msgspec.json.schema(Settings), "options.asr.")
}


def field(name: str) -> Field:
    return FIELDS[f"options.asr.{name}"]


def test_fields_have_kinds_bounds_defaults_and_words() -> None:
    assert [(one.label, one.kind, one.default) for one in FIELDS.values()] == [
        ("beam", "integer", "5"),
        ("weight", "number", "6.5"),
        ("again", "switch", "on"),
        ("precision", "choice", "auto"),
        ("threads", "integer", ""),
        ("title", "text", ""),
        ("endings", "many", "srt"),
        ("inner", "json", '{"deep": 3}'),
    ]
    assert (field("beam").low, field("beam").high) == (1, 20)
    assert forms.about(field("beam")) == "texts followed at once; from 1 to 20; else 5"
    assert field("threads").optional
    assert field("threads").high == 8
    assert not field("beam").optional
    assert field("precision").choices == (Choice("auto", "auto"), Choice("int8", "int8"))


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("beam", " 7 ", 7),
        ("weight", "2,5", 2.5),
        ("again", "false", False),
        ("precision", "int8", "int8"),
        ("threads", "", None),
        ("title", "abc", "abc"),
        ("endings", "srt,vtt", ["srt", "vtt"]),
        ("endings", "", []),
        ("inner", '{"deep": 1}', {"deep": 1}),
    ],
)
def test_what_is_typed_becomes_a_value(name: str, typed: str, value: Any) -> None:
    assert forms.parse(field(name), typed) == value


@pytest.mark.parametrize(
    ("name", "typed", "why"),
    [
        ("beam", "many", "It must be a whole number from 1 to 20."),
        ("beam", "21", "It must be from 1 to 20."),
        ("weight", "0", "It must be from 0.5."),
        ("weight", "nan", "It must be from 0.5."),
        ("precision", "int9", "It cannot be chosen here."),
        ("title", "abcdef", "It may have 5 characters at most."),
        ("title", "A", "It is not of the form that is wanted."),
        ("inner", "{", 'It is not JSON: [1, 2] or ["a"] would be.'),
    ],
)
def test_what_is_wrong_is_said_in_words(name: str, typed: str, why: str) -> None:
    assert forms.parse(field(name), typed) == Wrong(why)


def test_only_what_changed_is_a_value() -> None:
    fields = [forms.begun(field("beam"), 5), field("weight"), field("threads")]
    typed = {"options.asr.beam": "6", "options.asr.weight": ""}
    assert forms.filled(fields, typed) == ({"options": {"asr": {"beam": 6}}}, {})
    assert forms.filled(fields, {"options.asr.beam": "5"}) == ({}, {})


def test_what_has_a_value_can_lose_it_only_where_that_means_something() -> None:
    fields = [forms.begun(field("beam"), 5), forms.begun(field("threads"), 2)]
    values, wrong = forms.filled(fields, {one.name: "" for one in fields})
    assert values == {"options": {"asr": {"threads": None}}}
    assert wrong == {"options.asr.beam": "It cannot be empty."}


def test_a_value_that_is_no_choice_becomes_one() -> None:
    found = forms.begun(field("precision"), "cuda:1")
    assert found.start == "cuda:1"
    assert found.choices[0] == Choice("cuda:1", "cuda:1")


def test_a_choice_may_say_why_it_is_none() -> None:
    lacking = Field("backend", "choice", "", choices=(Choice("x", "x", "x lacks torch."),))
    assert forms.parse(lacking, "x") == Wrong("x lacks torch.")


def test_every_setting_of_a_job_is_a_field() -> None:
    kinds = {one.name: one.kind for one in forms.fields_of(msgspec.json.schema(wire.JobSettings))}
    assert kinds["workers"] == "integer"
    assert kinds["formats"] == "many"
    assert kinds["backend"] == "text"
    assert kinds["task"] == "choice"
