"""The sync transport: urllib3, and the loop that drives a flow with it."""

from __future__ import annotations

import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import urllib3
from msgspec.structs import replace
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    InvalidHeader,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from telnyx_recordings.core import batch, flow
from telnyx_recordings.core.intake import Intake, StalledError, TooLargeError
from telnyx_recordings.core.operation import Operation, Request, Response
from telnyx_recordings.core.pages import Page, numbered
from telnyx_recordings.core.resource import RawResponse, StreamingResponse
from telnyx_recordings.core.retry import Failure, Kind, Wait

if TYPE_CHECKING:
    from telnyx_recordings.config import Config

T = TypeVar("T")

_CONNECTIONS = 64
_PIECE = 65_536
_FIRST_ERROR_STATUS = 300

WORLD = flow.World(clock=time.monotonic, wall=time.time, chance=random.random)


class SyncCaller:
    """Carries operations out over urllib3; safe to share between threads."""

    def __init__(
        self,
        config: Config,
        shared: flow.Shared,
        *,
        pool: urllib3.PoolManager | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use the settings of a client; a given pool is shared with the client it came from."""
        self._config = config
        self._shared = shared
        self._sleep = sleep
        self.pool = pool or urllib3.PoolManager(
            maxsize=_CONNECTIONS, retries=False, ssl_minimum_version=ssl.TLSVersion.TLSv1_2
        )

    def configured(self, config: Config, settings: flow.Settings) -> SyncCaller:
        """Return one with other settings, which shares connections, budget and pace."""
        shared = replace(self._shared, settings=settings)
        return SyncCaller(config, shared, pool=self.pool, sleep=self._sleep)

    def close(self) -> None:
        """Close all connections."""
        self.pool.clear()

    def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        if operation.batch is not None:
            result: T = self._drive(batch.run(operation, operation.batch, self._shared))
            return result
        return flow.parse(operation, self._drive(flow.call(operation, self._shared)))

    def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        return RawResponse(operation, self._drive(flow.call(operation, self._shared)))

    @contextmanager
    def stream(self, operation: Operation[T]) -> Iterator[StreamingResponse[T]]:
        """Call and leave the body to the caller."""
        answer = self._drive(flow.call(operation, self._shared, stream=True))
        try:
            yield StreamingResponse(operation, answer)
        finally:
            if answer.response.stream is not None:
                answer.response.stream.close()

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        """Call and return the page."""
        return Page(self.run(operation), operation, self)

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        """Give a page and all after it, later ones fetched ahead when the call asked for that."""
        page = first
        ahead: Any = first.operation.options.get("prefetch")
        last = getattr(first.meta, "total_pages", None)
        if ahead and last is not None and first.has_next_page():
            number = getattr(first.meta, "page_number", None) or 1
            yield first
            for later in self._ahead(first.operation, range(number + 1, last + 1), ahead):
                page = later
                yield page
        else:
            yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def _ahead(
        self, operation: Operation[Any], numbers: range, ahead: int
    ) -> Iterator[Page[Any, Any]]:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only for prefetching

        pool = ThreadPoolExecutor(ahead, thread_name_prefix="telnyx-prefetch")
        try:
            under_way: deque[Any] = deque()
            for number in numbers:
                under_way.append(pool.submit(self.page, numbered(operation, number)))
                if len(under_way) >= ahead:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _drive(self, calls: Generator[flow.Step, flow.Told, T]) -> T:
        told: flow.Told = None
        try:
            while True:
                step = calls.send(told)
                if isinstance(step, Wait):
                    self._sleep(step.seconds)
                    told = None
                else:
                    told = self._send(step.request)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _send(self, request: Request) -> Response | Failure:
        config = self._config
        if config.before_request is not None:
            config.before_request(request)
        started = time.monotonic()
        told = self._exchange(request, started)
        if config.after_response is not None:
            config.after_response(request, told, time.monotonic() - started)
        return told

    def _exchange(self, request: Request, started: float) -> Response | Failure:
        timeout = max(0.001, min(request.timeout, request.expires - started))
        reply = None
        try:
            reply = self.pool.urlopen(
                request.method,
                request.url,
                body=request.body,
                headers={**request.headers, "authorization": self._config.api_key.header()},
                timeout=timeout,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            intake = Intake(started, request.expires)
            if request.stream and reply.status < _FIRST_ERROR_STATUS:
                stream = _stream(reply, intake, request)
                told = Response(status=reply.status, headers=reply.headers, stream=stream)
                reply = None
                return told
            body = b"".join(_pieces(reply, intake))
            if reply.status >= _FIRST_ERROR_STATUS:
                body = self._config.api_key.scrub(body)
            response = Response(status=reply.status, headers=reply.headers, body=body)
            reply.release_conn()
            reply = None
        except (HTTPError, OSError, StalledError, TooLargeError) as error:
            return failure_of(error)
        finally:
            if reply is not None:  # not read to its end: the connection is of no more use
                reply.close()
        return response


def _pieces(reply: urllib3.BaseHTTPResponse, intake: Intake) -> Iterator[bytes]:
    while piece := reply.read1(_PIECE):
        intake.add(len(piece), time.monotonic())
        yield piece


def _stream(
    reply: urllib3.BaseHTTPResponse, intake: Intake, request: Request
) -> Generator[bytes, None, None]:
    """Give a body that the caller reads, with errors of our own."""
    try:
        yield from _pieces(reply, intake)
        reply.release_conn()
    except (HTTPError, OSError, StalledError, TooLargeError) as error:
        raise flow.error_of(request, failure_of(error)) from error
    finally:
        reply.close()


def failure_of(error: Exception) -> Failure:
    """Return what an exception of urllib3 or of the intake means for the call."""
    if isinstance(error, SSLError):
        cause = error.args[0] if error.args else error
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = f"the server's certificate was refused: {cause.verify_message}"
            return Failure(kind="tls", message=why, error=error)
        return Failure(kind="reset", message=f"TLS failed: {cause}", error=error)
    for classes, kind, message in _MEANINGS:
        if isinstance(error, classes):
            return Failure(kind=kind, message=message or str(error), error=error)
    return Failure(kind="reset", message="the connection was lost", error=error)


_MEANINGS: tuple[tuple[tuple[type[Exception], ...], Kind, str], ...] = (
    ((ConnectTimeoutError,), "timeout", "no connection in time"),
    ((NewConnectionError,), "connect", "no connection could be made"),
    ((ReadTimeoutError, TimeoutError), "timeout", "no answer in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    ((IncompleteRead, InvalidChunkLength), "truncated", "the answer ended early"),
    ((InvalidHeader, DecodeError), "protocol", "the answer breaks HTTP"),
)
