"""The sync transport: drives a flow with urllib3."""

from __future__ import annotations

import http.client
import os
import ssl
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from msgspec.structs import replace
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    IncompleteRead,
    InvalidChunkLength,
    InvalidHeader,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    ReadTimeoutError,
    RequestError,
    SSLError,
)
from urllib3.util import Retry

from telnyx_recordings.core.call import flow, run, send
from telnyx_recordings.core.call.body_limits import BodyLimits, StalledError, TooLargeError
from telnyx_recordings.core.call.problems import error_of
from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.errors import without_frames
from telnyx_recordings.core.messages import Failure, Kind, Request, Response
from telnyx_recordings.core.pages import Page, known_ahead, later, numbered, rows_in
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.transport.connections import DEADLINE, Connections, Deadline
from telnyx_recordings.transport.forks import renew_in_children
from telnyx_recordings.transport.system_error import (
    ProxyRefusedError,
    refused,
    through,
    untrusted,
    why_of,
)

if TYPE_CHECKING:
    import urllib3

    from telnyx_recordings.core.config import Config
    from telnyx_recordings.core.network import Proxy
    from telnyx_recordings.core.responses import RawResponse, StreamingResponse

T = TypeVar("T")

_CHUNK_SIZE = 65_536
_NEVER = Retry(total=False, redirect=False)  # the flow decides; creating it is slow

_ERRORS = (HTTPError, OSError, ProxyRefusedError, StalledError, TooLargeError)


class SyncCaller:
    """Runs operations over urllib3; safe to share between threads."""

    def __init__(
        self,
        shared: flow.Shared,
        *,
        connections: Connections | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Use the state of a client; connections are given to share those of another caller."""
        self.config: Config = shared.config
        config = self.config
        self.shared = shared
        self.sleep = sleep
        self.connections: Connections = connections or Connections(config.base_url, config.network)
        renew_in_children(shared.budget, shared.pacer, *config.credentials.tokens.values())
        self._origin = len(config.base_url) - len(urlsplit(config.base_url).path)

    def with_config(
        self, config: Config, sleep: Callable[[float], object] | None = None
    ) -> SyncCaller:
        """Return a caller with other settings that shares connections, retry budget and pacer.

        It sleeps with `sleep`, unless this one was given its own.
        """
        shared = replace(self.shared, config=config)
        return SyncCaller(shared, connections=self.connections, sleep=self.sleep or sleep)

    def close(self) -> None:
        """Close all connections; those in use are closed after their requests."""
        self.connections.close()

    def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
        return self._drive(run(operation, self.shared))

    def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Send the request and return the HTTP response."""
        from telnyx_recordings.core.responses import RawResponse  # noqa: PLC0415 - rarely used

        return RawResponse(operation, self._drive(send(operation, self.shared)), self)

    @contextmanager
    def stream(self, operation: Operation[T]) -> Generator[StreamingResponse[T]]:
        """Send the request and give the unread response to the caller."""
        from telnyx_recordings.core.responses import StreamingResponse  # noqa: PLC0415 - rarely used

        result = self._drive(send(operation, self.shared, stream=True))
        with closing(StreamingResponse[T](operation, result, self)) as response:
            yield response

    def page(self, operation: Operation[Any]) -> Page[Any, Any]:
        """Fetch a page."""
        if either := operation.merged_by:
            from telnyx_recordings.core import merged_pages as merged  # noqa: PLC0415 - rarely used

            parts = [self.page(each) for each in merged.split(operation, either)]
            return merged.MergedPage(merged.Merge(operation, parts), self)
        if operation.paging.styles == ("link_header",):
            return cast("Page[Any, Any]", self.raw(operation).parse())
        return Page(self.run(operation), operation, self)

    def pages(self, first: Page[Any, Any]) -> Iterator[Page[Any, Any]]:
        """Yield a page and all later ones, prefetched if the call has that option."""
        page = first
        yield page
        ahead: Any = first.operation.options.get("prefetch")
        if ahead:
            before, numbers = first, known_ahead(first.operation, first.response)
            for page in self._ahead(first.operation, numbers, ahead):
                yield (before := later(page, before))
                if not (rows_in(page.operation, page.response) or page.has_next_page()):
                    return  # the list has become shorter
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def _ahead(
        self, operation: Operation[Any], numbers: range, ahead: int
    ) -> Iterator[Page[Any, Any]]:
        """Yield the pages of these numbers in order, with up to `ahead` requests in flight."""
        from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415 - rarely used

        threads = ThreadPoolExecutor(ahead, thread_name_prefix="telnyx-recordings-prefetch")
        process = os.getpid()
        worker = _Stoppable(self)
        in_flight: deque[tuple[Operation[Any], Future[Any]]] = deque()

        def next_page() -> Page[Any, Any]:
            asked, future = in_flight.popleft()
            if process != os.getpid():  # a fork does not copy the threads
                return self.page(asked)
            return Page(future.result(), asked, self)

        try:
            for number in numbers:
                asked = numbered(operation, number)
                is_here = process == os.getpid()
                future = threads.submit(worker.run, asked) if is_here else Future[Any]()
                in_flight.append((asked, future))
                if len(in_flight) == ahead:
                    yield next_page()
            while in_flight:
                yield next_page()
        finally:
            if process == os.getpid():
                worker.stop()
                threads.shutdown(cancel_futures=True)

    def _drive(self, calls: flow.Steps[T]) -> T:
        outcome: flow.Outcome = None
        try:
            while True:
                step = calls.send(outcome)
                if isinstance(step, Wait):
                    (self.sleep or time.sleep)(step.seconds)
                    outcome = None
                else:
                    outcome = self._send(step)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            calls.close()

    def _send(self, request: Request) -> Response | Failure:
        before, after = self.config.before_request, self.config.after_response
        if before is not None:
            before(request)
        clock = self.shared.environment.clock
        started = clock()
        outcome = self._exchange(request, Deadline(clock, request.expires), started)
        if after is not None:
            seen = outcome.shown(request) if isinstance(outcome, Response) else outcome
            after(request, seen, clock() - started)
        return outcome

    def _exchange(self, request: Request, deadline: Deadline, started: float) -> Response | Failure:
        keys = self.config.credentials
        token = DEADLINE.set(deadline)
        proxy = reply = None
        try:
            pool, proxy, is_forwarded = self.connections.get(request.origin)
            origin = 0 if is_forwarded else len(request.origin) or self._origin
            reply = pool.urlopen(
                request.method,
                keys.target(request.security, request.url[origin:] or "/"),
                body=request.body,
                headers=keys.headers(request.security, request.headers),
                timeout=max(0.001, min(request.timeout, request.expires - started)),
                redirect=False,
                assert_same_host=False,  # that of a proxy is another one
                retries=_NEVER,
                preload_content=False,
            )
            body = _Body(reply, request, self.shared.environment.clock, deadline)
            received = keys.redacted(reply.headers)
            is_success = reply.status in flow.SUCCESS
            if request.stream and is_success:
                response = Response(status=reply.status, headers=received, stream=body)
            else:
                content = b"".join(body.chunks())
                content = content if is_success else keys.scrub(content)
                response = Response(status=reply.status, headers=received, body=content)
            reply = None  # it is back in the pool, or the caller closes it
        except _ERRORS as error:
            return failure_of(error, proxy)
        finally:
            DEADLINE.reset(token)
            if reply is not None:  # not read to its end, so the connection cannot be reused
                reply.close()
        return response


class _StoppedError(Exception):
    """Ends a call whose result is no longer needed."""


class _Stoppable(SyncCaller):
    """A caller whose calls end soon after `stop`, even if they are waiting for the network."""

    def __init__(self, caller: SyncCaller) -> None:
        self._stopped = Event()
        sleep = caller.sleep or self._stopped.wait
        super().__init__(caller.shared, connections=caller.connections, sleep=sleep)
        self._deadlines: set[Deadline] = set()

    def stop(self) -> None:
        """End all calls."""
        self._stopped.set()
        for deadline in tuple(self._deadlines):
            deadline.abort()

    def _exchange(self, request: Request, deadline: Deadline, started: float) -> Response | Failure:
        self._deadlines.add(deadline)
        try:
            if self._stopped.is_set():
                raise _StoppedError
            return super()._exchange(request, deadline, started)
        finally:
            self._deadlines.discard(deadline)


class _Body:
    """The unread body of a response."""

    def __init__(
        self,
        reply: urllib3.BaseHTTPResponse,
        request: Request,
        clock: Callable[[], float],
        deadline: Deadline,
    ) -> None:
        self._reply = reply
        self._request = request
        self._clock = clock
        self._deadline = deadline
        self._limits = BodyLimits(clock(), request.expires)
        self._is_closed = False

    def chunks(self) -> Iterator[bytes]:
        """Yield the body in chunks; raise transport errors unchanged."""
        reply = self._reply
        is_plain = "content-encoding" not in reply.headers
        while chunk := reply.read1(_CHUNK_SIZE):
            self._limits.add(len(chunk), self._clock())
            yield chunk
            if is_plain and reply.length_remaining == 0:
                return  # another read would only confirm the end, and take as long as the flow

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in chunks, and raise APIErrors."""
        if self._is_closed:
            raise ValueError("the body was closed: read it inside the `with` block, once")
        try:
            yield from self.chunks()
        except _ERRORS as error:
            raise error_of(self._request, failure_of(error)) from error
        finally:
            self.close()

    def lift_limits(self) -> None:
        """Let the body be of any size, and each read take as long as the timeout."""
        self._limits.lift()
        self._deadline.lift(self._request.timeout)

    def close(self) -> None:
        """Release the connection, which is closed unless the body was read to its end."""
        self._is_closed = True
        self._reply.close()


_FAILURES: tuple[tuple[tuple[type[BaseException], ...], Kind, str], ...] = (
    ((NewConnectionError,), "connect", "could not connect"),
    ((ConnectTimeoutError,), "connect_timeout", "connecting timed out"),
    ((ReadTimeoutError, TimeoutError), "timeout", "no response in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    (
        (IncompleteRead, InvalidChunkLength, http.client.IncompleteRead),
        "truncated",
        "the response ended early",
    ),
    ((http.client.RemoteDisconnected,), "reset", "the connection was lost"),
    (
        (InvalidHeader, DecodeError, http.client.HTTPException),
        "protocol",
        "the response is not valid HTTP",
    ),
)


def failure_of(error: Exception, proxy: Proxy | None = None) -> Failure:
    """Return what an exception of urllib3, or of the limits on bodies, means for the call."""
    without_frames(error)
    if isinstance(error, RequestError):
        error.url = None  # its query may be private
    cause: object = error
    if isinstance(error, ProxyError):
        cause = error.original_error
    elif isinstance(error, ProtocolError | SSLError) and error.args:
        cause = error.args[-1]  # urllib3 only wraps it
    name = proxy.name if proxy else ""
    if isinstance(cause, ssl.SSLCertVerificationError | ssl.CertificateError):
        return Failure(kind="tls", message=untrusted(cause), error=error, proxy=name)
    if isinstance(cause, ProxyRefusedError):
        return refused(name, cause.status, str(cause))
    for classes, kind, message in _FAILURES:
        if isinstance(cause, classes):
            why = why_of(cause.__cause__) if kind == "connect" else ""
            where = f" to the proxy {name}" if kind == "connect" and name else through(name)
            whole = f"{message or cause}{where}{why}"
            return Failure(kind=kind, message=whole, error=error, proxy=name)
    what = "TLS failed" if isinstance(error, SSLError) else "the connection was lost"
    return Failure(kind="reset", message=f"{what}{through(name)}", error=error, proxy=name)
