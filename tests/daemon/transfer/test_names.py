"""Names from strangers: what is accepted stays inside the folder; what a model wants is found."""

import os
import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steno.errors import StenoError
from steno.transfer import names

PARTS = st.sampled_from(
    ["a", "A", "..", ".", "", "model.bin", "x.part", "C:", "~", "\\", "\0", "ß", "é", "e\u0301"]
)
PATHS = st.one_of(
    st.text(st.characters(exclude_categories=())), st.lists(PARTS, max_size=6).map("/".join)
)


def refused(path: str) -> str:
    with pytest.raises(StenoError) as caught:
        names.check(path, "org/model")
    assert caught.value.code == "download_unsafe"
    assert caught.value.problem.detail.encode()  # no surrogate is left in it
    return caught.value.problem.detail


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", ".", "./x", "a//b", "a/", "//a",
        "a\\b", "..\\x", "a\0b", "a\nb", "\x1b[2Ja", "a\x7f", "a\u2028b", "a\x85b", "\ud800",
        "a\udcff", "steno-model.json", "Steno-Model.JSON", "steno-model.json/x", "model.bin.part",
        "model.bin.PART", "a.part/b", "x" * 256, "ä" * 128, "/".join(["x" * 200] * 6),
    ],
)  # fmt: skip
def test_what_must_not_be_written_is_refused(path: str) -> None:
    assert "org/model" in refused(path)


@pytest.mark.parametrize(
    "path",
    [
        "model.bin", "a/b/c.json", ".gitattributes", "...", "..a", "a..", "x" * 255, "日本/語.txt",
        "a b", "part", "a/steno-model.json", "~", "-rf", "$HOME", "C:", "/".join(["x" * 204] * 5),
    ],
)  # fmt: skip
def test_what_models_are_named_is_taken(path: str) -> None:
    names.check(path, "org/model")


@given(PATHS)
def test_what_is_accepted_stays_inside(path: str) -> None:
    try:
        names.check(path, "org/model")
    except StenoError as error:
        assert error.problem.detail.encode()
        return
    there = posixpath.normpath(posixpath.join("/models/x", path))
    assert there == "/models/x/" + path
    assert len(os.fsencode(path)) <= names.LONGEST


@pytest.mark.parametrize(
    "paths",
    [
        ["a", "a"], ["a", "A"], ["straße", "STRASSE"], ["é", "e\u0301"], ["a", "a/b"], ["a/b", "a"],
        ["A/b/c", "a"], ["x/y/z", "x/y"], ["ok", "../x"],
    ],
)  # fmt: skip
def test_names_that_lie_on_one_another_are_refused(paths: list[str]) -> None:
    with pytest.raises(StenoError) as caught:
        names.check_all(paths, "org/model")
    assert caught.value.code == "download_unsafe"


def test_as_many_as_allowed_and_not_one_more() -> None:
    names.check_all([f"d/{n}" for n in range(names.MOST_FILES)], "org/model")
    endless = (f"d/{n}" for n in iter(int, 1))
    with pytest.raises(StenoError):
        names.check_all(endless, "org/model")
    counted = iter(range(10**9))
    with pytest.raises(StenoError, match="more than 2000 files"):
        names.check_all((f"d/{n}" for n in counted), "org/model")
    assert next(counted) == names.MOST_FILES + 1


def test_names_beside_one_another_are_taken() -> None:
    names.check_all(["a", "ab", "b/a", "b/c/d", "c/a"], "org/model")


WHISPER = ["README.md", "config.json", "model.bin", "tokenizer.json", "vocabulary.txt"]


@pytest.mark.parametrize(
    ("select", "wanted"),
    [
        ((), WHISPER),
        (("model.bin",), ["model.bin"]),
        (("*.json", "model.bin"), ["config.json", "model.bin", "tokenizer.json"]),
        (("vocabulary.json|vocabulary.txt",), ["vocabulary.txt"]),
        (("vocabulary.txt|config.json",), ["vocabulary.txt"]),
        (("*.safetensors|*.bin",), ["model.bin"]),
        (("none",), []),
        (("MODEL.BIN",), []),
    ],
)
def test_selection(select: tuple[str, ...], wanted: list[str]) -> None:
    assert names.selected(WHISPER, select) == wanted


def test_a_name_with_a_bracket_is_a_name() -> None:
    assert names.selected(["a[1].bin", "a1.bin"], ("a[1].bin",)) == ["a[1].bin"]


def test_a_name_is_needed_and_a_glob_is_not() -> None:
    select = ("model.bin", "gone.txt", "x.json|y.json", "*.model", "vocabulary.json|vocabulary.txt")
    assert names.unmatched(WHISPER, select) == ["gone.txt", "x.json|y.json"]


@given(
    st.lists(st.sampled_from([*"abc", "a/b", "x.json", "y.json"]), unique=True),
    st.lists(st.sampled_from(["a", "a|b", "*", "*.json|a", "?", "z"]), max_size=3),
)
def test_selected_are_some_of_them_in_their_order(paths: list[str], select: list[str]) -> None:
    found = names.selected(paths, select)
    assert found == [path for path in paths if path in set(found)]
    assert set(found) == set().union(
        *(names.selected(paths, [one]) for one in select), paths if not select else ()
    )
    for one in select:
        assert (one in names.unmatched(paths, [one])) == (
            not names.selected(paths, [one]) and "*" not in one and "?" not in one
        )
