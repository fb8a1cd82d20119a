"""Pictures of all screens, beside those that somebody looked at."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rich.segment import Segment
from rich.style import Style

from tui.live.pictures import compare, svg

ROOT = Path(__file__).parents[3]
SNAPSHOTS = Path(__file__).parent / "snapshots"
README = ROOT / "docs" / "pictures"
NEW = ROOT / "build" / "pictures"
"""Where a picture that differs is left."""


@pytest.mark.pictures
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_screens_are_as_their_pictures(language: str, tmp_path: Path) -> None:
    known = pictures(SNAPSHOTS / language)
    drawn, readme = tmp_path / language, tmp_path / "readme"
    command = [sys.executable, "-m", "tui.live.pictures", "--language", language]
    done = subprocess.run(
        [*command, "--readme", readme, drawn], cwd=ROOT / "tests", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    made = (SNAPSHOTS / language / compare.DRAWN_WITH).read_text()
    found = compare.differences(known, pictures(drawn), exact=made == compare.drawn_with())
    left = [keep(drawn / name, language) for name in found]
    if language == "en" and not found:  # the same scenes, in other sizes
        found = compare.differences(pictures(README), pictures(readme), exact=False)
        left = [keep(readme / name, "readme") for name in found]
    said = "\n\n".join(
        f"{name}, as it is now: {at}\n{why}"
        for (name, why), at in zip(found.items(), left, strict=True)
    )
    assert not found, f"{said}\n\nLook at them. Are they right? Then `make pictures`."


def pictures(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}


def keep(picture: Path, folder: str) -> Path:
    """Leaves it where a person can look at it; returns where."""
    kept = NEW / folder / picture.name
    kept.parent.mkdir(parents=True, exist_ok=True)
    if picture.exists():
        shutil.copy(picture, kept)
    return kept.relative_to(ROOT)


def test_nothing_that_is_committed_is_fetched_by_who_looks_at_it() -> None:
    every = [*SNAPSHOTS.rglob("*.svg"), *README.glob("*.svg")]
    assert len(every) > 40
    for path in every:
        text = path.read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not any(word in text for word in ("http", "url(", "@import", "@font-face", "href"))


def test_a_picture_holds_its_text_where_it_was() -> None:
    bold = Style(bold=True, color="#ff0000", bgcolor="#000011")
    rows = [
        [Segment("a <b>  c", bold), Segment("  敦煌 x ━━", Style(color="#00ff00"))],
        [],
        [Segment("   ", Style(bgcolor="#333333")), Segment(" end")],
    ]
    picture = svg.svg(rows, 24)
    assert svg.read(picture) == ["a <b>  c  敦煌 x ━━", "", "    end"]
    assert 'textLength="48"' in picture
    assert "敦煌</text>" in picture
    assert picture.count("<rect") == 3


def picture(*lines: str, color: str = "#ffffff") -> str:
    return svg.svg([[Segment(line, Style(color=color))] for line in lines], 10)


def test_a_difference_is_told_by_the_lines_of_the_screen() -> None:
    before = {"a.svg": picture("one", "two"), "b.svg": picture("b"), "gone.svg": picture("c")}
    after = {"a.svg": picture("one", "too"), "b.svg": picture("b"), "new.svg": picture("d")}
    found = compare.differences(before, after)
    assert found["a.svg"].split("\n") == ["@@ -2 +2 @@", "- two", "+ too"]
    assert found.keys() == {"a.svg", "gone.svg", "new.svg"}
    painted = {"a.svg": picture("one", "two", color="#ff0000")}
    assert "colours" in compare.differences({"a.svg": before["a.svg"]}, painted)["a.svg"]
    assert not compare.differences({"a.svg": before["a.svg"]}, painted, exact=False)
