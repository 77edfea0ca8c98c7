"""Does things in other threads: what would hold up an event loop, or keeps a second core busy."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

_THREADS = 32
"""At most; they wait for the disk more than for a processor."""


@cache
def threads() -> ThreadPoolExecutor:
    """Return the threads that all transfers of this process share."""
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="telnyx-audio")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=threads.cache_clear)  # a child does not have them


class Aside:
    """One piece of work at a time, beside what its owner does."""

    def __init__(self) -> None:
        """Do nothing yet."""
        self._work: Future[object] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the last piece of work is still being done."""
        return self._work is not None and not self._work.done()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Begin a piece of work, once the last one is done.

        Raises:
            Exception: what the last one raised.
        """
        self.end()
        try:
            self._work = threads().submit(work, *arguments)
        except RuntimeError:  # the interpreter is shutting down: no thread begins any more
            work(*arguments)

    def end(self) -> None:
        """Wait until the last piece of work is done.

        Raises:
            Exception: what it raised.
        """
        last, self._work = self._work, None
        if last is not None:
            last.result()
