"""What models there are, and which go together."""

from pathlib import Path
from typing import Any

import pytest

from steno.config import OwnModel
from steno.discovery import Registry, extended
from steno.errors import StenoError
from steno.models import catalogue
from steno.models.catalogue import Catalogue, own_models
from steno.plugins.contract import Model
from steno.plugins.described import Backend, Described

SMALL = Model(kind="whisper", id="small", title="Small", repository="a/small")
ENGLISH = Model(
    kind="whisper", id="small.en", title="Small", languages=("en",), repository="a/small.en"
)
GERMAN = Model(kind="align", id="de", title="German", languages=("de",), repository="a/de")
BUNDLED = Model(kind="bundled", id="one", title="One")


def registry() -> Registry:
    strong = Described(
        entry_point="strong",
        module="strong",
        distribution="strong",
        version="1",
        backends=(
            Backend(kind="asr", name="fast", title="Fast", rank=20, models=(SMALL, ENGLISH)),
            Backend(kind="asr", name="slow", title="Slow", rank=5, models=(SMALL, BUNDLED)),
            Backend(kind="aligner", name="exact", title="Exact", models=(GERMAN,)),
        ),
    )
    shared = Described(
        entry_point="shared",
        module="shared",
        distribution="shared",
        version="1",
        models=(SMALL, Model(kind="whisper", id="tiny", title="Tiny", repository="a/tiny")),
    )
    return Registry((strong, shared))


@pytest.fixture
def known() -> Catalogue:
    return catalogue.catalogue(registry(), {})


def test_each_model_is_there_once_by_kind(known: Catalogue) -> None:
    assert list(known) == [
        "whisper/small", "whisper/small.en", "whisper/tiny", "bundled/one", "align/de",
    ]  # fmt: skip
    assert known["whisper/small"].used_by == ("fast", "slow")
    assert known["whisper/tiny"].used_by == ()
    assert known["bundled/one"].origin == "plugin"


def test_what_is_here_is_there_though_no_plugin_tells_of_it() -> None:
    known = catalogue.catalogue(registry(), {}, ["gone/away", "whisper/small"])
    assert known["gone/away"].model.kind == "gone"
    assert len(known) == 6


class TestFind:
    def test_by_name_or_an_id_that_one_has(self, known: Catalogue) -> None:
        assert catalogue.find(known, "whisper/tiny").model.id == "tiny"
        assert catalogue.find(known, "tiny").model.name == "whisper/tiny"

    @pytest.mark.parametrize("name", ["whisper/smal", "nothing", "whisper/", ""])
    def test_says_what_is_near(self, known: Catalogue, name: str) -> None:
        with pytest.raises(StenoError) as caught:
            catalogue.find(known, name)
        assert caught.value.code == "model_not_found"
        assert "whisper/small" in caught.value.problem.hint

    def test_an_id_of_several_names_them(self) -> None:
        own = own_models({"other/small": OwnModel(repository="x/y")})
        two = Described(
            entry_point="t", module="t", distribution="t", version="1", models=tuple(own)
        )
        known = catalogue.catalogue(Registry((*registry().plugins, two)), {})
        with pytest.raises(StenoError) as caught:
            catalogue.find(known, "small")
        assert "whisper/small, other/small" in caught.value.problem.hint


class TestCompanion:
    def test_is_the_aligner_of_the_language(self, known: Catalogue) -> None:
        assert catalogue.companion(known, SMALL, "de") == GERMAN
        assert catalogue.companion(known, SMALL, "fr") is None
        assert catalogue.companion(known, GERMAN, "de") is None

    @pytest.mark.parametrize(
        ("model", "language", "code"),
        [(SMALL, "xx", "language_unknown"), (ENGLISH, "de", "language_unsupported")],
    )
    def test_of_a_language_that_makes_no_sense(
        self, known: Catalogue, model: Model, language: str, code: str
    ) -> None:
        with pytest.raises(StenoError) as caught:
            catalogue.companion(known, model, language)
        assert caught.value.code == code


class TestOwn:
    def test_goes_with_the_backends_of_its_kind(self) -> None:
        own = {
            "whisper/mine": OwnModel(repository="me/mine", languages=("en",)),
            "whisper/small": OwnModel(folder="/models/small"),
        }
        found = extended(registry(), own_models(own))
        fast = found.of_kind("asr")[0]
        assert [one.name for one in fast.models] == [
            "whisper/small", "whisper/small.en", "whisper/mine",
        ]  # fmt: skip
        known = catalogue.catalogue(found, {"whisper/small": Path("/models/small")})
        assert known["whisper/small"].origin == "folder"
        assert known["whisper/mine"].used_by == ("fast", "slow")
        assert found.of_kind("aligner")[0].models == (GERMAN,)

    def test_is_there_where_no_backend_uses_its_kind(self) -> None:
        own = {"new/kind": OwnModel(repository="a/b"), "whisper/tiny": OwnModel(repository="a/c")}
        known = catalogue.catalogue(extended(registry(), own_models(own)), {})
        assert known["new/kind"].used_by == ()
        assert known["whisper/tiny"].model.repository == "a/c"

    def test_needs_one_place(self) -> None:
        wrongs: tuple[dict[str, Any], ...] = ({}, {"repository": "a/b", "folder": "/c"})
        for wrong in wrongs:
            with pytest.raises(ValueError, match="either a repository or a folder"):
                OwnModel(**wrong)
