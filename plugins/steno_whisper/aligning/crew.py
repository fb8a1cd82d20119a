"""Work for a model on several threads at once.

On a CPU threads that each hear segments of their own are quicker than threads that share every
product of matrices, which wait for each other thousands of times a second: where others use the
machine, too, several times quicker.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch


class Crew:
    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        torch.set_num_threads(threads)

    def map(self, work: Callable[[Any], Any], parts: Sequence[Any]) -> list[Any]:
        """`work` of each of `parts`, all at once; together they use as many threads as there are.
        If one of them fails, all have ended."""
        if len(parts) == 1:
            return [work(parts[0])]
        share = max(1, self._threads // len(parts))

        def alone(part: Any) -> Any:
            torch.set_num_threads(share)
            return work(part)

        doing = [self._pool.submit(alone, part) for part in parts]
        wait(doing)
        # It is the calling thread's, and in part that of all threads.
        torch.set_num_threads(self._threads)
        return [one.result() for one in doing]

    def close(self) -> None:
        self._pool.shutdown()
