"""The async transport: aiohttp, and the loop that drives a flow with it."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import aiohttp
from msgspec.structs import replace
from yarl import URL

from telnyx_recordings.core import batch, flow
from telnyx_recordings.core.intake import Intake, StalledError, TooLargeError
from telnyx_recordings.core.operation import Operation, Request, Response
from telnyx_recordings.core.pages import AsyncPage, numbered
from telnyx_recordings.core.resource import AsyncStreamingResponse, RawResponse
from telnyx_recordings.core.retry import Failure, Kind, Wait

if TYPE_CHECKING:
    from telnyx_recordings.config import Config

T = TypeVar("T")

_CONNECTIONS = 64
_FIRST_ERROR_STATUS = 300

WORLD = flow.World(clock=time.monotonic, wall=time.time, chance=random.random)


class Sessions:
    """Holds the aiohttp session of the running event loop, made when first needed."""

    def __init__(self) -> None:
        """Start without one: there may be no loop yet."""
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def get(self) -> aiohttp.ClientSession:
        """Return the session; a client that is used in a second loop gets a new one."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
            self._loop = loop
        return self._session

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


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
        self._config = config
        self._shared = shared
        self._sleep = sleep
        self.sessions = sessions or Sessions()

    def configured(self, config: Config, settings: flow.Settings) -> AioCaller:
        """Return one with other settings, which shares connections, budget and pace."""
        shared = replace(self._shared, settings=settings)
        return AioCaller(config, shared, sessions=self.sessions, sleep=self._sleep)

    async def close(self) -> None:
        """Close all connections."""
        await self.sessions.close()

    async def run(self, operation: Operation[T]) -> T:
        """Call and return the typed answer."""
        if operation.batch is not None:
            result: T = await self._drive(batch.run(operation, operation.batch, self._shared))
            return result
        return flow.parse(operation, await self._drive(flow.call(operation, self._shared)))

    async def raw(self, operation: Operation[T]) -> RawResponse[T]:
        """Call and return the answer as HTTP has it."""
        return RawResponse(operation, await self._drive(flow.call(operation, self._shared)))

    @asynccontextmanager
    async def stream(self, operation: Operation[T]) -> AsyncIterator[AsyncStreamingResponse[T]]:
        """Call and leave the body to the caller."""
        answer = await self._drive(flow.call(operation, self._shared, stream=True))
        try:
            yield AsyncStreamingResponse(operation, answer)
        finally:
            if answer.response.stream is not None:
                await answer.response.stream.aclose()

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Call and return the page."""
        return AsyncPage(await self.run(operation), operation, self)

    async def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Give a page and all after it, later ones fetched ahead when the call asked for that."""
        page = first
        ahead: Any = first.operation.options.get("prefetch")
        last = getattr(first.meta, "total_pages", None)
        if ahead and last is not None and first.has_next_page():
            number = getattr(first.meta, "page_number", None) or 1
            yield first
            async for later in self._ahead(first.operation, range(number + 1, last + 1), ahead):
                page = later
                yield page
        else:
            yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def _ahead(
        self, operation: Operation[Any], numbers: range, ahead: int
    ) -> AsyncGenerator[AsyncPage[Any, Any], None]:
        under_way: deque[asyncio.Task[AsyncPage[Any, Any]]] = deque()
        try:
            for number in numbers:
                under_way.append(asyncio.create_task(self.page(numbered(operation, number))))
                if len(under_way) >= ahead:
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
                    await self._sleep(step.seconds)
                    told = None
                else:
                    told = await self._send(step.request)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _send(self, request: Request) -> Response | Failure:
        config = self._config
        if config.before_request is not None:
            config.before_request(request)
        started = time.monotonic()
        told = await self._exchange(request, started)
        if config.after_response is not None:
            config.after_response(request, told, time.monotonic() - started)
        return told

    async def _exchange(self, request: Request, started: float) -> Response | Failure:
        timeout = max(0.001, min(request.timeout, request.expires - started))
        reply = None
        try:
            async with asyncio.timeout(max(0.001, request.expires - started)):
                reply = await self.sessions.get().request(
                    request.method,
                    URL(request.url, encoded=True),
                    data=request.body,
                    headers={**request.headers, "authorization": self._config.api_key.header()},
                    timeout=aiohttp.ClientTimeout(
                        total=None, sock_connect=timeout, sock_read=timeout
                    ),
                    allow_redirects=False,
                )
                intake = Intake(started, request.expires)
                if request.stream and reply.status < _FIRST_ERROR_STATUS:
                    stream = _stream(reply, intake, request)
                    told = Response(status=reply.status, headers=reply.headers, stream=stream)
                    reply = None
                    return told
                body = b"".join([piece async for piece in _pieces(reply, intake)])
            if reply.status >= _FIRST_ERROR_STATUS:
                body = self._config.api_key.scrub(body)
            response = Response(status=reply.status, headers=reply.headers, body=body)
            reply.release()
            reply = None
        except (aiohttp.ClientError, OSError, StalledError, TooLargeError) as error:
            return failure_of(error)
        finally:
            if reply is not None:  # not read to its end: the connection is of no more use
                reply.close()
        return response


async def _pieces(reply: aiohttp.ClientResponse, intake: Intake) -> AsyncIterator[bytes]:
    async for piece in reply.content.iter_any():
        intake.add(len(piece), time.monotonic())
        yield piece


async def _stream(
    reply: aiohttp.ClientResponse, intake: Intake, request: Request
) -> AsyncGenerator[bytes, None]:
    """Give a body that the caller reads, with errors of our own."""
    try:
        async for piece in _pieces(reply, intake):
            yield piece
    except (aiohttp.ClientError, OSError, StalledError, TooLargeError) as error:
        raise flow.error_of(request, failure_of(error)) from error
    finally:
        reply.close()


_MEANINGS: tuple[tuple[tuple[type[Exception], ...], Kind, str], ...] = (
    ((aiohttp.ConnectionTimeoutError,), "timeout", "no connection in time"),
    ((TimeoutError,), "timeout", "no answer in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    ((aiohttp.ClientSSLError,), "reset", "TLS failed"),
    ((aiohttp.ClientConnectorError,), "connect", "no connection could be made"),
    ((aiohttp.ClientPayloadError,), "truncated", "the answer ended early"),
    ((aiohttp.ClientResponseError,), "protocol", "the answer breaks HTTP"),
)


def failure_of(error: Exception) -> Failure:
    """Return what an exception of aiohttp or of the intake means for the call."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = f"the server's certificate was refused: {error.certificate_error}"
        return Failure(kind="tls", message=why, error=error)
    for classes, kind, message in _MEANINGS:
        if isinstance(error, classes):
            return Failure(kind=kind, message=message or str(error), error=error)
    return Failure(kind="reset", message="the connection was lost", error=error)
