"""Named places where tests end the process as `kill -9` would.

`STENO_FAILPOINT=name:n` kills a process at its n-th passing of `name`; with `:file` behind it, only
the process that can make that file, so that it happens once. Without the variable a passing costs
one comparison.
"""

import os
import signal

_name, _, _rest = os.environ.get("STENO_FAILPOINT", "").partition(":")
_count, _, _token = _rest.partition(":")
_left = int(_count or 1)

DAEMON = (
    "plan.before_commit", "plan.after_commit", "handout.after_commit", "fragment.before_commit",
    "fragment.in_commit", "fragment.after_commit", "alignment.after_commit", "output.before_rename",
    "output.after_rename", "complete.before_commit", "complete.after_commit",
)  # fmt: skip
MODELS = ("model.before_rename", "model.after_rename")
EDITS = ("edit.before_commit", "edit.after_commit")
RENEWALS = ("renewal.before_record", "renewal.before_settle")
WORKER = (
    "worker.loaded", "worker.decoded", "worker.found", "worker.before_result",
    "worker.after_result",
)  # fmt: skip
TRANSFER = (
    "transfer.opened", "transfer.middle", "transfer.verified", "transfer.before_manifest",
    "transfer.after_manifest",
)  # fmt: skip


def passing(name: str) -> None:
    """The process ends here if a test asked for it."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0 and _first():
        os.kill(os.getpid(), signal.SIGKILL)


def _first() -> bool:
    if not _token:
        return True
    try:
        os.close(os.open(_token, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True
