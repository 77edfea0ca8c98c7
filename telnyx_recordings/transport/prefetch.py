"""Prefetches pages in threads, which stop when the iteration ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

from telnyx_recordings.core.call.retry import Failure
from telnyx_recordings.core.pages import Page, numbered
from telnyx_recordings.core.request.operation import Operation, Request, Response
from telnyx_recordings.transport.connections import Deadline
from telnyx_recordings.transport.sync import SyncCaller


def prefetched(
    caller: SyncCaller, operation: Operation[Any], numbers: range, ahead: int
) -> Iterator[Page[Any, Any]]:
    """Yield the pages of these numbers in order, with up to `ahead` requests in flight."""
    threads = ThreadPoolExecutor(ahead, thread_name_prefix="telnyx-recordings-prefetch")
    worker = _Stoppable(caller)
    in_flight: deque[tuple[Operation[Any], Future[Any]]] = deque()

    def next_page() -> Page[Any, Any]:
        asked, future = in_flight.popleft()
        return Page(future.result(), asked, caller)

    try:
        for number in numbers:
            asked = numbered(operation, number)
            in_flight.append((asked, threads.submit(worker.run, asked)))
            if len(in_flight) == ahead:
                yield next_page()
        while in_flight:
            yield next_page()
    finally:
        worker.stop()
        threads.shutdown(cancel_futures=True)


class _StoppedError(Exception):
    """Ends a call whose result is no longer needed."""


class _Stoppable(SyncCaller):
    """A caller whose calls end soon after `stop`, even if they are waiting for the network."""

    def __init__(self, caller: SyncCaller) -> None:
        sleep = caller.sleep or self._pause
        super().__init__(caller.config, caller.shared, connections=caller.connections, sleep=sleep)
        self._stopped = Event()
        self._deadlines: set[Deadline] = set()

    def stop(self) -> None:
        """End all calls."""
        self._stopped.set()
        for deadline in tuple(self._deadlines):
            deadline.abort()

    def _pause(self, seconds: float) -> None:
        self._stopped.wait(seconds)

    def _exchange(self, request: Request, deadline: Deadline, started: float) -> Response | Failure:
        self._deadlines.add(deadline)
        try:
            if self._stopped.is_set():
                raise _StoppedError
            return super()._exchange(request, deadline, started)
        finally:
            self._deadlines.discard(deadline)
