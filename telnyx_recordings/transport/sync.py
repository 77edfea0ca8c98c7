"""The sync transport: urllib3, and the loop that drives a flow with it."""

from __future__ import annotations

import http.client
import random
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
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
    ReadTimeoutError,
    RequestError,
    SSLError,
)
from urllib3.util import Retry

from telnyx_recordings.core import flow
from telnyx_recordings.core.intake import Intake, StalledError, TooLargeError
from telnyx_recordings.core.operation import Operation, Request, Response
from telnyx_recordings.core.pages import Page, known_ahead
from telnyx_recordings.core.prepare import Settings
from telnyx_recordings.core.resource import RawResponse, StreamingResponse
from telnyx_recordings.core.retry import Failure, Kind, Wait
from telnyx_recordings.transport.connections import WATCH, Connections, Watch
from telnyx_recordings.transport.reason import why_of

if TYPE_CHECKING:
    import urllib3

    from telnyx_recordings.core.config import Config

T = TypeVar("T")

_PIECE = 65_536
_NEVER = Retry(total=False, redirect=False)  # the flow decides; made once, for each takes its time

WORLD = flow.World(clock=time.monotonic, wall=time.time, chance=random.random)


class SyncCaller:
    """Carries operations out over urllib3; safe to share between threads."""

    def __init__(
        self,
        config: Config,
        shared: flow.Shared,
        *,
        connections: Connections | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Use the settings of a client; given connections are shared with the one they are of."""
        self.config = config
        self.shared = shared
        self.sleep = sleep
        self.connections: Connections = connections or Connections(config.base_url)
        self._origin = len(config.base_url) - len(urlsplit(config.base_url).path)

    def configured(self, config: Config, settings: Settings) -> SyncCaller:
        """Return one with other settings, which shares connections, budget and pace."""
        shared = replace(self.shared, settings=settings)
        return SyncCaller(config, shared, connections=self.connections, sleep=self.sleep)

    def waiting(self, sleep: Callable[[float], object]) -> SyncCaller:
        """Return one that waits in another way, if this one was given none; all else is shared."""
        return SyncCaller(
            self.config, self.shared, connections=self.connections, sleep=self.sleep or sleep
        )

    def close(self) -> None:
        """Close all connections; those in use, when they are done."""
        self.connections.close()

    def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        if operation.batch is not None:
            result: T = self._drive(operation.batch.steps(operation, self.shared))
            return result
        return flow.parse(operation, self._drive(flow.call(operation, self.shared)))

    def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        if operation.batch is not None:
            operation.batch.check_size(operation)
        return RawResponse(operation, self._drive(flow.call(operation, self.shared)))

    @contextmanager
    def stream(self, operation: Operation[T]) -> Generator[StreamingResponse[T]]:
        """Call and leave the body to the caller."""
        if operation.batch is not None:
            operation.batch.check_size(operation)
        answer = self._drive(flow.call(operation, self.shared, stream=True))
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
        yield page
        ahead: Any = first.operation.options.get("prefetch")
        if ahead:
            from telnyx_recordings.transport.ahead import fetched  # noqa: PLC0415 - if asked for

            numbers = known_ahead(first.operation, first.response)
            for page in fetched(self, first.operation, numbers, ahead):
                yield page
                if not page.data:  # the list has become shorter since
                    return
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def _drive(self, calls: Generator[flow.Step, flow.Told, T]) -> T:
        told: flow.Told = None
        try:
            while True:
                step = calls.send(told)
                if isinstance(step, Wait):
                    (self.sleep or time.sleep)(step.seconds)
                    told = None
                else:
                    told = self._send(step.request)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            calls.close()

    def _send(self, request: Request) -> Response | Failure:
        before, after = self.config.before_request, self.config.after_response
        if before is not None:
            before(request)
        clock = self.shared.world.clock
        started = clock()
        told = self._exchange(request, Watch(clock, request.expires), started)
        if after is not None:
            after(request, told, clock() - started)
        return told

    def _exchange(self, request: Request, watch: Watch, started: float) -> Response | Failure:
        keys = self.config.credentials
        token = WATCH.set(watch)
        reply = None
        try:
            origin = len(request.origin) or self._origin
            reply = self.connections.get(request.origin).urlopen(
                request.method,
                keys.target(request.security, request.url[origin:] or "/"),
                body=request.body,
                headers=keys.headers(request.security, request.headers),
                timeout=max(0.001, min(request.timeout, request.expires - started)),
                redirect=False,
                retries=_NEVER,
                preload_content=False,
            )
            body = _Body(reply, request, self.shared.world.clock)
            if request.stream and reply.status in flow.SUCCESS:
                told = Response(status=reply.status, headers=reply.headers, stream=body)
                reply = None  # it is the caller's now
                return told
            content = b"".join(body.pieces())
            if reply.status not in flow.SUCCESS:
                content = self.config.credentials.scrub(content)
            response = Response(status=reply.status, headers=reply.headers, body=content)
            reply = None  # read to its end, it has gone back to the pool by itself
        except (HTTPError, OSError, StalledError, TooLargeError) as error:
            return failure_of(error)
        finally:
            WATCH.reset(token)
            if reply is not None:  # not read to its end: the connection is of no more use
                reply.close()
        return response


class _Body:
    """A body, yet to be read."""

    def __init__(
        self, reply: urllib3.BaseHTTPResponse, request: Request, clock: Callable[[], float]
    ) -> None:
        self._reply = reply
        self._request = request
        self._clock = clock
        self._intake = Intake(clock(), request.expires)
        self._is_closed = False

    def pieces(self) -> Iterator[bytes]:
        """Give the body piece by piece, with the errors of whoever finds them."""
        reply = self._reply
        is_plain = "content-encoding" not in reply.headers
        while piece := reply.read1(_PIECE):
            self._intake.add(len(piece), self._clock())
            yield piece
            if is_plain and reply.length_remaining == 0:
                return  # to be told so by another read takes as long as the flow

    def __iter__(self) -> Iterator[bytes]:
        """Give the body piece by piece, with errors of our own."""
        if self._is_closed:
            message = "the body was closed: read it inside the `with` block, once"
            raise ValueError(message)
        try:
            yield from self.pieces()
        except (HTTPError, OSError, StalledError, TooLargeError) as error:
            raise flow.error_of(self._request, failure_of(error)) from error
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connection, which is of no more use unless the body was read to its end."""
        self._is_closed = True
        self._reply.close()


_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Kind, str], ...] = (
    ((NewConnectionError,), "connect", "no connection could be made"),
    ((ConnectTimeoutError,), "connect_timeout", "no connection in time"),
    ((ReadTimeoutError, TimeoutError), "timeout", "no answer in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    (
        (IncompleteRead, InvalidChunkLength, http.client.IncompleteRead),
        "truncated",
        "the answer ended early",
    ),
    ((http.client.RemoteDisconnected,), "reset", "the connection was lost"),
    (
        (InvalidHeader, DecodeError, http.client.HTTPException),
        "protocol",
        "the answer breaks HTTP",
    ),
)


def failure_of(error: Exception) -> Failure:
    """Return what an exception of urllib3 or of the intake means for the call."""
    if isinstance(error, RequestError):
        error.url = None  # with its query, which may be private
    cause: object = error
    if isinstance(error, ProtocolError | SSLError) and error.args:
        cause = error.args[-1]  # urllib3 only wraps it
    if isinstance(cause, ssl.SSLCertVerificationError | ssl.CertificateError):
        why = f"the server's certificate was refused: {cause}"
        return Failure(kind="tls", message=why, error=error)
    for classes, kind, message in _MEANINGS:
        if isinstance(cause, classes):
            why = why_of(error.__cause__) if kind == "connect" else ""
            return Failure(kind=kind, message=f"{message or cause}{why}", error=error)
    what = "TLS failed" if isinstance(error, SSLError) else "the connection was lost"
    return Failure(kind="reset", message=what, error=error)
