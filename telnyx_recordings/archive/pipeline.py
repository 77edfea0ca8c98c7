"""Keeps workers busy, but only so many tasks ahead, and hands results over in batches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from queue import Empty, SimpleQueue
from typing import Any

Handler = Callable[[Any], None]
"""Takes a task's result; it runs in the coordinator's thread."""

_PATIENCE = 30.0
"""Seconds to wait, after an interruption, for tasks of an executor that is not ours."""


class Pipeline:
    """Tasks on an executor, at most `most` of them begun and not handled."""

    def __init__(self, executor: Executor, most: int) -> None:
        """Use an executor, which is not shut down here."""
        self._executor = executor
        self._most = most
        self._under_way: dict[Future[Any], Handler] = {}
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    @property
    def is_full(self) -> bool:
        """Whether results should be taken before more is begun."""
        return len(self._under_way) >= self._most

    @property
    def is_busy(self) -> bool:
        """Whether there are results to come."""
        return bool(self._under_way)

    def begin(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Begin a task; its result goes to the handler when it is taken."""
        future = self._executor.submit(task, *arguments)
        self._under_way[future] = handler
        future.add_done_callback(self._done.put)

    def take(self) -> list[tuple[Handler, Future[Any]]]:
        """Wait for one result at least, and return all that are there."""
        found = [self._done.get()]
        while True:
            try:
                found.append(self._done.get_nowait())
            except Empty:
                break
        return [(self._under_way.pop(future), future) for future in found]

    def abandon(self) -> list[tuple[Handler, Future[Any]]]:
        """Begin nothing more, let end what runs, and return what was done."""
        for future in self._under_way:
            future.cancel()
        wait(self._under_way, timeout=_PATIENCE)
        done = [(h, f) for f, h in self._under_way.items() if f.done() and not f.cancelled()]
        self._under_way = {}
        return done
