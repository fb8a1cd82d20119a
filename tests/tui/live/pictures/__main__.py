"""`python -m tui.live.pictures --language zh_CN FOLDER` writes a picture of every scene."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from tui.live.pictures.compare import DRAWN_WITH, drawn_with

PERSONAL = ("STENO_", "TEXTUAL", "NO_COLOR", "COLUMNS", "LINES", "LANG", "LC_")
"""Variables by which a person has another picture."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tui.live.pictures", description=__doc__)
    parser.add_argument("--language", default="en", help="en, or one that Steno is translated to")
    parser.add_argument("--readme", type=Path, help="folder of the README's pictures")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    for name in [*os.environ]:
        if name.startswith(PERSONAL):
            del os.environ[name]
    os.environ["STENO_LANGUAGE"] = args.language
    from steno_tui import texts  # the language is that of the process

    if args.language != "en" and not texts.translation.info():
        print(f"There is nothing in {args.language} yet.", file=sys.stderr)
        return 0
    asyncio.run(write(args.folder, args.readme))
    return 0


async def write(folder: Path, readme: Path | None) -> None:
    """Pictures that no scene draws any more are removed."""
    from tui.live.pictures.scenes import PLAYS
    from tui.live.pictures.stage import draw
    from tui.live.pictures.stilled import stilled

    drawn: dict[Path, str] = {}
    with stilled():
        for play in PLAYS:
            names = {scene.name for scene in play.scenes}
            async for name, picture in draw(play):
                if where := readme if name in names else folder:
                    drawn[where / f"{name}.svg"] = picture
    for where in {path.parent for path in drawn}:
        where.mkdir(parents=True, exist_ok=True)
        for old in where.glob("*.svg"):
            old.unlink()
    for path, picture in drawn.items():
        path.write_text(picture, encoding="utf-8")
    (folder / DRAWN_WITH).write_text(drawn_with(), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
