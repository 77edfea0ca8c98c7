"""Runs calls in threads that do not hold up the end of the program."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 2
"""Items per thread that are read before they are due."""


class CallStoppedError(Exception):
    """Ends a call whose result is no longer needed."""


def calls(work: Callable[[T, Event], R], items: Iterable[T], workers: int) -> Generator[Future[R]]:
    """Call `work` for each item in threads; yield the futures in the order of the items.

    When the caller stops early, `work` sees its event set, and nothing waits for it: the threads
    are daemons, so Ctrl-C ends the program at once.
    """
    jobs: SimpleQueue[tuple[T, Future[R]] | None] = SimpleQueue()
    stopping = Event()
    for _ in range(workers):
        Thread(target=_serve, args=(work, jobs, stopping), daemon=True).start()
    pending: deque[Future[R]] = deque()
    try:
        for item in items:
            pending.append(Future())
            jobs.put((item, pending[-1]))
            if len(pending) >= _AHEAD * workers:
                yield pending.popleft()
        while pending:
            yield pending.popleft()
    finally:
        stopping.set()
        for future in pending:
            future.cancel()
        for _ in range(workers):
            jobs.put(None)


def _serve(
    work: Callable[[T, Event], R],
    jobs: SimpleQueue[tuple[T, Future[R]] | None],
    stopping: Event,
) -> None:
    while (job := jobs.get()) is not None:
        item, future = job
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(work(item, stopping))
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is used
            future.set_exception(error)
