"""Named places where tests end the process as `kill -9` would.

`STENO_FAILPOINT=name:n` kills this process at the n-th passing of `name`; without it a passing
costs one comparison.
"""

import os
import signal

_name, _, _count = os.environ.get("STENO_FAILPOINT", "").partition(":")
_left = int(_count or 1)

POINTS = (
    "plan.before_commit", "plan.after_commit", "handout.after_commit", "fragment.before_commit",
    "fragment.in_commit", "fragment.after_commit", "alignment.after_commit", "output.before_rename",
    "output.after_rename", "complete.before_commit", "complete.after_commit",
    "worker.loaded", "worker.decoded", "worker.found", "worker.before_result", "worker.after_result",
)  # fmt: skip
"""All of them; those of workers begin with `worker.`."""


def passing(name: str) -> None:
    """The process ends here if a test asked for it."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
