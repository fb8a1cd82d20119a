"""`steno export`."""

import argparse
import contextlib
import os
import secrets

from steno.errors import Exit, StenoError
from steno.wire import FORMATS, Job
from steno_tui import output
from steno_tui.session import connected
from steno_tui.texts import _


async def export(args: argparse.Namespace) -> Exit:
    """Writes the subtitles of a job as they stand now."""
    form = args.format or suffix(args.output) or "srt"
    if form not in FORMATS:
        raise StenoError("format_unknown", name=form, known=", ".join(FORMATS))
    async with connected() as client:
        job = await client.job(args.job)
        data = await client.output(job.id, form)
    if args.output == "-":
        output.raw(data)
        return Exit.OK
    target = args.output or default_name(job, form)
    write(target, data, overwrite=args.overwrite)
    output.say(target)
    return Exit.OK


def default_name(job: Job, form: str) -> str:
    """The media file's name with another ending, in this folder."""
    stem = os.path.splitext(os.path.basename(output.file_name(job.uri)))[0]
    return f"{os.fsdecode(stem)}.{form}"


def suffix(path: str | None) -> str | None:
    """The format a file's name asks for, if it is one."""
    found = os.path.splitext(path or "")[1].removeprefix(".").lower()
    return found if found in FORMATS else None


def write(path: str, data: bytes, *, overwrite: bool) -> None:
    """`data` at `path`, whole or not at all; raises `file_exists` and `output_failed`."""
    folder = os.path.dirname(os.path.abspath(path))
    # The name may be as long as names can be, so the temporary one is not made from it.
    temporary = os.path.join(folder, f".steno-{secrets.token_hex(6)}")
    try:
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with open(file, "wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(file)
            place(temporary, path, overwrite=overwrite)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        sync(folder)
    except FileExistsError as error:
        raise StenoError("file_exists", path=path) from error
    except OSError as error:
        why = error.strerror or str(error)
        hint = _("Choose another place with -o; -o - prints it.")
        raise StenoError("output_failed", hint=hint, path=path, why=why) from error


def place(temporary: str, path: str, *, overwrite: bool) -> None:
    """Gives the file its name; raises `FileExistsError` unless it may replace another."""
    if overwrite:
        os.replace(temporary, path)
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # No hard links here (FAT): not atomic against a file made in this very moment.
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(temporary, path)


def sync(folder: str) -> None:
    """Makes names in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
