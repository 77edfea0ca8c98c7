"""Runs tasks on an executor with a bounded number in flight; hands results over in batches."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from queue import Empty, SimpleQueue
from typing import Any

Handler = Callable[[Any], None]
"""Takes the result of a task, in the coordinating thread."""

_ABANDON_TIMEOUT = 30.0
"""Seconds to wait for running tasks after an interruption: a foreign executor may not end them."""


class Pipeline:
    """Tasks on an executor, at most `limit` of them started and not yet handled."""

    def __init__(self, executor: Executor, limit: int) -> None:
        """Use an executor; its owner shuts it down."""
        self._executor = executor
        self._limit = limit
        self._in_flight: dict[Future[Any], Handler] = {}
        self._done: SimpleQueue[Future[Any]] = SimpleQueue()

    @property
    def is_full(self) -> bool:
        """Whether results must be taken before another task can start."""
        return len(self._in_flight) >= self._limit

    @property
    def is_busy(self) -> bool:
        """Whether any task is in flight."""
        return bool(self._in_flight)

    def start(self, handler: Handler, task: Callable[..., Any], *arguments: Any) -> None:
        """Start a task; `take` returns its future together with the handler."""
        future = self._executor.submit(task, *arguments)
        self._in_flight[future] = handler
        future.add_done_callback(self._done.put)

    def take(self) -> list[tuple[Handler, Future[Any]]]:
        """Wait for at least one task to finish; return all that have."""
        found = [self._done.get()]
        while True:
            try:
                found.append(self._done.get_nowait())
            except Empty:
                break
        return [(self._in_flight.pop(future), future) for future in found]

    def abandon(self) -> list[tuple[Handler, Future[Any]]]:
        """Cancel what has not started, wait for the rest, and return what finished."""
        for future in self._in_flight:
            future.cancel()
        wait(self._in_flight, timeout=_ABANDON_TIMEOUT)
        done = [(h, f) for f, h in self._in_flight.items() if f.done() and not f.cancelled()]
        self._in_flight = {}
        return done
