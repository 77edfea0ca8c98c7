"""The async transport: aiohttp, and the loop that drives a flow with it."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from msgspec.structs import replace
from yarl import URL

from telnyx_recordings.core import flow
from telnyx_recordings.core.intake import Intake, StalledError, TooLargeError
from telnyx_recordings.core.operation import Operation, Request, Response
from telnyx_recordings.core.pages import AsyncPage, known_ahead, numbered
from telnyx_recordings.core.prepare import Settings
from telnyx_recordings.core.resource import AsyncStreamingResponse, RawResponse
from telnyx_recordings.core.retry import Failure, Kind, Wait
from telnyx_recordings.transport.reason import why_of

if TYPE_CHECKING:
    from telnyx_recordings.core.config import Config

T = TypeVar("T")

_CONNECTIONS = 64

WORLD = flow.World(clock=time.monotonic, wall=time.time, chance=random.random)


@cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()  # reads all certificates: once is enough
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Sessions:
    """Holds the aiohttp session of the running event loop, made when first needed."""

    def __init__(self) -> None:
        """Start without one: there may be no loop yet."""
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.tasks: set[asyncio.Task[Any]] = set()
        """Fetch pages ahead; an iteration that was left is only ended when Python finds it."""

    def get(self) -> aiohttp.ClientSession:
        """Return the session; a client that is used in a second loop gets a new one."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._session = self.make(_tls())
            self._loop = loop
        return self._session

    def make(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        """Make a session."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(once,),
            skip_auto_headers=("Content-Type", "User-Agent"),
        )

    async def close(self) -> None:
        """End what is under way, and close the session and its connections."""
        tasks = tuple(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None


class LostError(Exception):
    """Wraps what aiohttp would answer with a second attempt of its own."""


async def once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> Any:
    """Keep aiohttp from sending a request twice.

    The flow decides on that, and must know of it: after a lost answer a delete that finds nothing
    is a success, in the first attempt it is none.
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise LostError from error


class AioCaller:
    """Carries operations out over aiohttp; safe to share between the tasks of a loop."""

    def __init__(
        self,
        config: Config,
        shared: flow.Shared,
        *,
        sessions: Sessions | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Use the settings of a client; given sessions are shared with the client they are of."""
        self.config = config
        self.shared = shared
        self.sleep = sleep
        self.sessions: Sessions = sessions or Sessions()

    def configured(self, config: Config, settings: Settings) -> AioCaller:
        """Return one with other settings, which shares connections, budget and pace."""
        shared = replace(self.shared, settings=settings)
        return AioCaller(config, shared, sessions=self.sessions, sleep=self.sleep)

    async def close(self) -> None:
        """Close all connections."""
        await self.sessions.close()

    async def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        if operation.batch is not None:
            result: T = await self._drive(operation.batch.steps(operation, self.shared))
            return result
        return flow.parse(operation, await self._drive(flow.call(operation, self.shared)))

    async def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        if operation.batch is not None:
            operation.batch.check_size(operation)
        return RawResponse(operation, await self._drive(flow.call(operation, self.shared)))

    @asynccontextmanager
    async def stream(self, operation: Operation[T]) -> AsyncGenerator[AsyncStreamingResponse[T]]:
        """Call and leave the body to the caller."""
        if operation.batch is not None:
            operation.batch.check_size(operation)
        answer = await self._drive(flow.call(operation, self.shared, stream=True))
        try:
            yield AsyncStreamingResponse(operation, answer)
        finally:
            if answer.response.stream is not None:
                answer.response.stream.close()

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Call and return the page."""
        return AsyncPage(await self.run(operation), operation, self)

    async def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Give a page and all after it, later ones fetched ahead when the call asked for that."""
        page = first
        yield page
        ahead: Any = first.operation.options.get("prefetch")
        if ahead:
            numbers = known_ahead(first.operation, first.response)
            async for page in self._ahead(first.operation, numbers, ahead):
                yield page
                if not page.data:  # the list has become shorter since
                    return
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def _ahead(
        self, operation: Operation[Any], numbers: range, ahead: int
    ) -> AsyncGenerator[AsyncPage[Any, Any], None]:
        under_way: deque[asyncio.Task[AsyncPage[Any, Any]]] = deque()
        try:
            for number in numbers:
                task = asyncio.create_task(self.page(numbered(operation, number)))
                self.sessions.tasks.add(task)
                task.add_done_callback(self.sessions.tasks.discard)
                under_way.append(task)
                if len(under_way) == ahead:
                    yield await under_way.popleft()
            while under_way:
                yield await under_way.popleft()
        finally:
            for task in under_way:
                task.cancel()
            await asyncio.gather(*under_way, return_exceptions=True)

    async def _drive(self, calls: Generator[flow.Step, flow.Told, T]) -> T:
        told: flow.Told = None
        try:
            while True:
                step = calls.send(told)
                if isinstance(step, Wait):
                    await self.sleep(step.seconds)
                    told = None
                else:
                    told = await self._send(step.request)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            calls.close()

    async def _send(self, request: Request) -> Response | Failure:
        before, after = self.config.before_request, self.config.after_response
        if before is not None:
            before(request)
        clock = self.shared.world.clock
        started = clock()
        told = await self._exchange(request, started)
        if after is not None:
            after(request, told, clock() - started)
        return told

    async def _exchange(self, request: Request, started: float) -> Response | Failure:
        keys = self.config.credentials
        left = request.expires - started
        timeout = max(0.001, min(request.timeout, left))
        reply = None
        try:
            async with asyncio.timeout(max(0.001, left)):
                reply = await self.sessions.get().request(
                    request.method,
                    URL(keys.target(request.security, request.url), encoded=True),
                    data=request.body,
                    headers=keys.headers(request.security, request.headers),
                    timeout=aiohttp.ClientTimeout(
                        total=None, sock_connect=timeout, sock_read=timeout
                    ),
                    allow_redirects=False,
                )
            body = _Body(reply, request, self.shared.world.clock)
            if request.stream and reply.status in flow.SUCCESS:
                told = Response(status=reply.status, headers=reply.headers, stream=body)
                reply = None  # it is the caller's now
                return told
            content = b"".join([piece async for piece in body.pieces()])
            if reply.status not in flow.SUCCESS:
                content = self.config.credentials.scrub(content)
            response = Response(status=reply.status, headers=reply.headers, body=content)
            reply.release()
            reply = None
        except (aiohttp.ClientError, OSError, StalledError, TooLargeError, LostError) as error:
            return failure_of(error)
        finally:
            if reply is not None:  # not read to its end: the connection is of no more use
                reply.close()
        return response


class _Body:
    """A body, yet to be read."""

    def __init__(
        self, reply: aiohttp.ClientResponse, request: Request, clock: Callable[[], float]
    ) -> None:
        self._reply = reply
        self._request = request
        self._clock = clock
        self._intake = Intake(clock(), request.expires)
        self._is_closed = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the body piece by piece, with the errors of whoever finds them."""
        while True:
            async with asyncio.timeout(max(0.0, self._request.expires - self._clock())):
                piece = await self._reply.content.readany()
            if not piece:
                return
            self._intake.add(len(piece), self._clock())
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the body piece by piece, with errors of our own."""
        if self._is_closed:
            message = "the body was closed: read it inside the `async with` block, once"
            raise ValueError(message)
        failure = None
        try:
            async for piece in self.pieces():
                yield piece
        except (aiohttp.ClientError, OSError, StalledError, TooLargeError) as error:
            failure = failure_of(error)
        finally:
            self.close()
        if failure is not None:
            raise flow.error_of(self._request, failure)

    def close(self) -> None:
        """Let go of the connection, which is of no more use unless the body was read to its end."""
        self._is_closed = True
        self._reply.close()


_MEANINGS: tuple[tuple[tuple[type[BaseException], ...], Kind, str], ...] = (
    ((aiohttp.ConnectionTimeoutError,), "connect_timeout", "no connection in time"),
    ((TimeoutError,), "timeout", "no answer in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    ((aiohttp.ClientSSLError,), "reset", "TLS failed"),
    ((aiohttp.ClientConnectorError,), "connect", "no connection could be made"),
    ((aiohttp.ClientPayloadError,), "truncated", "the answer ended early"),
    ((aiohttp.ClientResponseError,), "protocol", "the answer breaks HTTP"),
)


def failure_of(error: BaseException) -> Failure:
    """Return what an exception of aiohttp or of the intake means for the call."""
    if isinstance(error, LostError) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = f"the server's certificate was refused: {error.certificate_error}"
        return Failure(kind="tls", message=why, error=error)
    if isinstance(error.__cause__, ContentEncodingError):
        return Failure(kind="protocol", message="the answer breaks HTTP", error=error)
    # An aiohttp.ClientResponseError shows the request with all its headers, so the key: not kept.
    shown = None if isinstance(error, aiohttp.ClientResponseError) else error
    for classes, kind, message in _MEANINGS:
        if isinstance(error, classes):
            why = why_of(getattr(error, "os_error", None)) if kind == "connect" else ""
            return Failure(kind=kind, message=f"{message or error}{why}", error=shown)
    return Failure(kind="reset", message="the connection was lost", error=shown)
