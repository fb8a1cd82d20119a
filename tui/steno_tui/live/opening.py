"""Programs of the person's desktop: the one that opens folders."""

import os
import shutil
import subprocess
import sys

from steno import wire
from steno_tui.output import file_name


def folder_of(job: wire.Job) -> str:
    """Where its subtitles are or will be; else where its media file is."""
    uri = job.outputs[0].uri if job.outputs else job.uri
    return os.fsdecode(os.path.dirname(file_name(uri)))


def opener() -> str | None:
    """The program that opens folders; None where there is no desktop."""
    if sys.platform == "darwin":
        return shutil.which("open")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return shutil.which("xdg-open")


def show(folder: str) -> bool:
    """Opens `folder`; False where nothing can."""
    program = opener()
    if program is None:
        return False
    try:
        subprocess.Popen(
            [program, folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return False
    return True
