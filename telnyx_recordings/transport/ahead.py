"""Fetches pages ahead in threads, which all end when the pages are no longer wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from telnyx_recordings.core.operation import Operation, Request, Response
from telnyx_recordings.core.pages import Page, numbered
from telnyx_recordings.core.retry import Failure
from telnyx_recordings.transport.connections import Watch
from telnyx_recordings.transport.sync import SyncCaller


def fetched(
    caller: SyncCaller, operation: Operation[Any], numbers: range, ahead: int
) -> Iterator[Page[Any, Any]]:
    """Give the pages of these numbers in order, with at most so many requests under way."""
    threads = ThreadPoolExecutor(ahead, thread_name_prefix="telnyx-recordings-ahead")
    worker = _Stoppable(caller)
    under_way: deque[tuple[Operation[Any], Future[Any]]] = deque()

    def next_page() -> Page[Any, Any]:
        asked, future = under_way.popleft()
        return Page(future.result(), asked, caller)

    try:
        for number in numbers:
            asked = numbered(operation, number)
            under_way.append((asked, threads.submit(worker.run, asked)))
            if len(under_way) == ahead:
                yield next_page()
        while under_way:
            yield next_page()
    finally:
        worker.stop()
        threads.shutdown(cancel_futures=True)


class _StoppedError(Exception):
    """Ends a call whose result nobody waits for."""


class _Stoppable(SyncCaller):
    """A caller whose calls end soon after it is told to stop, wherever they are."""

    def __init__(self, caller: SyncCaller) -> None:
        sleep = caller.sleep or self._pause
        super().__init__(caller.config, caller.shared, connections=caller.connections, sleep=sleep)
        self._stopped = Event()
        self._watches: set[Watch] = set()

    def stop(self) -> None:
        """End all calls."""
        self._stopped.set()
        for watch in tuple(self._watches):
            watch.cut()

    def _pause(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def _exchange(self, request: Request, watch: Watch, started: float) -> Response | Failure:
        self._watches.add(watch)
        try:
            if self._stopped.is_set():
                raise _StoppedError
            return super()._exchange(request, watch, started)
        finally:
            self._watches.discard(watch)
