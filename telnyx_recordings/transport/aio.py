"""The async transport: drives a flow with aiohttp."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit
from zlib import decompressobj
from zlib import error as zlib_error

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from msgspec.structs import replace
from yarl import URL

from telnyx_recordings.core.call import flow, run, send
from telnyx_recordings.core.call.body_limits import BodyLimits, StalledError, TooLargeError
from telnyx_recordings.core.call.problems import error_of
from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.errors import without_frames
from telnyx_recordings.core.messages import Failure, Kind, Request, Response
from telnyx_recordings.core.network import Network, Proxy
from telnyx_recordings.core.pages import AsyncPage, known_ahead, later, numbered, rows_in
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.transport.connections_aio import Connector
from telnyx_recordings.transport.forks import renew_in_children
from telnyx_recordings.transport.system_error import (
    ProxyRefusedError,
    refused,
    through,
    untrusted,
    why_of,
)
from telnyx_recordings.transport.tls import context_for

if TYPE_CHECKING:
    from telnyx_recordings.core.config import Config
    from telnyx_recordings.core.responses import AsyncRawResponse, AsyncStreamingResponse

T = TypeVar("T")

_CHUNK_SIZE = 65_536
_GZIP = 31
"""For zlib: a gzip header, and the largest window."""
_ERRORS = (aiohttp.ClientError, OSError, ProxyRefusedError, StalledError, TooLargeError)


class Route(NamedTuple):
    """The way to a server.

    Attributes:
        options: for aiohttp.
        headers: additional ones of each request, for the proxy.
        proxy: that requests go through, or None.
    """

    options: dict[str, Any]
    headers: dict[str, str]
    proxy: Proxy | None


class Sessions:
    """Holds an aiohttp session for each event loop, created on first use."""

    def __init__(self, network: Network | None = None) -> None:
        """Take how connections are made; this creates no session: there may be no event loop."""
        self._network = network or Network()
        self._routes: dict[str, Route] = {}
        self._open: dict[asyncio.AbstractEventLoop, _Session] = {}
        self.tasks: set[asyncio.Task[Any]] = set()
        """Prefetching tasks; those of an abandoned iteration run until it is garbage-collected."""
        renew_in_children(self)

    def route(self, url: str) -> Route:
        """Return the way to the server of a URL, which is looked up once for each URL.

        Raises:
            ConfigError: the setting of the proxy or of TLS is invalid.
        """
        route = self._routes.get(url)
        if route is None:
            is_tls, host = url.startswith("https:"), urlsplit(url).hostname or ""
            proxy = self._network.proxy_for(url)
            if is_tls:
                context_for(self._network, host)
            options: dict[str, Any] = {}
            own: dict[str, str] = {}
            if proxy is not None:
                own = {"proxy-authorization": proxy.authorization} if proxy.authorization else {}
                options = {"proxy": URL(proxy.url), "proxy_headers": own}
            route = self._routes[url] = Route(options, {} if is_tls else own, proxy)
        return route

    def get(self) -> aiohttp.ClientSession:
        """Return the session of the running event loop."""
        loop = asyncio.get_running_loop()
        session = self._open.get(loop)
        if session is None:
            for each in tuple(self._open):
                if each.is_closed():
                    self._open.pop(each, None)  # a thread with another loop may have done so
            context = context_for(self._network, "localhost")  # `route` checks the host
            session = self._open[loop] = _Session(self.make(context))
        return session.http

    def make(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        """Create a session."""
        return aiohttp.ClientSession(
            connector=Connector(context),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(no_resend,),
            skip_auto_headers=("Content-Type", "User-Agent"),
        )

    def renew(self) -> None:
        """Start without sessions in a forked process."""
        sessions, self._open = self._open, {}
        for session in sessions.values():
            session.abandon()
        self.tasks = set()

    async def close(self) -> None:
        """Cancel the tasks, and close the sessions with their connections."""
        here = asyncio.get_running_loop()
        tasks = [each for each in self.tasks if each.get_loop() is here]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        sessions, self._open = self._open, {}
        for loop, session in sessions.items():
            if loop is here:
                await session.close()
            elif loop.is_running():
                asyncio.run_coroutine_threadsafe(session.close(), loop)


class _Session:
    """An aiohttp session that is closed when its event loop ends, if it is still open."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http = http
        self._end = _closing(http)
        with suppress(StopIteration):  # begins the generator, as awaiting would
            self._end.__anext__().__await__().send(None)

    async def close(self) -> None:
        await self._end.aclose()

    def abandon(self) -> None:
        """Leave the session to the process that it was opened in."""
        if isinstance(self.http.connector, Connector):
            self.http.connector.abandon()
        _abandoned.append(self)


_abandoned: list[_Session] = []
"""Kept, since freeing them would use their event loop, which another process has, too."""


async def _closing(session: aiohttp.ClientSession) -> AsyncGenerator[None]:
    """Close a session when the event loop ends, which closes all asynchronous generators."""
    try:
        yield
    finally:
        await session.close()


class ConnectionLostError(Exception):
    """Wraps errors after which aiohttp would send the request again."""


async def no_resend(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> Any:
    """Keep aiohttp from resending a request, since the flow decides on retries.

    It must count the attempts: a 404 for a delete is a success only after a lost response.
    """
    try:
        return await send(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLostError from error


class AioCaller:
    """Runs operations over aiohttp; safe to share between the tasks of a loop."""

    def __init__(
        self,
        shared: flow.Shared,
        *,
        sessions: Sessions | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Use the state of a client; sessions are given to share those of another caller."""
        self.config: Config = shared.config
        config = self.config
        self.shared = shared
        self.sleep = sleep
        self.sessions: Sessions = sessions or Sessions(config.network)
        renew_in_children(shared.budget, shared.pacer, *config.credentials.tokens.values())

    def with_config(self, config: Config) -> AioCaller:
        """Return a caller with other settings that shares connections, retry budget and pacer."""
        shared = replace(self.shared, config=config)
        return AioCaller(shared, sessions=self.sessions, sleep=self.sleep)

    async def close(self) -> None:
        """Close all connections."""
        await self.sessions.close()

    async def run(self, operation: Operation[T]) -> T:
        """Send the request and return the typed response."""
        return await self._drive(run(operation, self.shared))

    async def raw(self, operation: Operation[T]) -> AsyncRawResponse[T]:
        """Send the request and return the HTTP response."""
        from telnyx_recordings.core.responses import AsyncRawResponse  # noqa: PLC0415 - rarely used

        return AsyncRawResponse(operation, await self._drive(send(operation, self.shared)), self)

    @asynccontextmanager
    async def stream(self, operation: Operation[T]) -> AsyncGenerator[AsyncStreamingResponse[T]]:
        """Send the request and give the unread response to the caller."""
        from telnyx_recordings.core.responses import AsyncStreamingResponse  # noqa: PLC0415 - rarely used

        result = await self._drive(send(operation, self.shared, stream=True))
        response: AsyncStreamingResponse[T] = AsyncStreamingResponse(operation, result, self)
        try:
            yield response
        finally:
            await response.close()

    async def page(self, operation: Operation[Any]) -> AsyncPage[Any, Any]:
        """Fetch a page."""
        if either := operation.merged_by:
            from telnyx_recordings.core import merged_pages as merged  # noqa: PLC0415 - rarely used

            pages = [await self.page(each) for each in merged.split(operation, either)]
            return merged.AsyncMergedPage(merged.Merge(operation, pages), self)
        if operation.paging.styles == ("link_header",):
            return cast("AsyncPage[Any, Any]", await (await self.raw(operation)).parse())
        return AsyncPage(await self.run(operation), operation, self)

    async def pages(self, first: AsyncPage[Any, Any]) -> AsyncIterator[AsyncPage[Any, Any]]:
        """Yield a page and all later ones, prefetched if the call has that option."""
        page = first
        yield page
        ahead: Any = first.operation.options.get("prefetch")
        if ahead:
            before, numbers = first, known_ahead(first.operation, first.response)
            async for page in self._ahead(first.operation, numbers, ahead):
                yield (before := later(page, before))
                if not (rows_in(page.operation, page.response) or page.has_next_page()):
                    return  # the list has become shorter
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def _ahead(
        self, operation: Operation[Any], numbers: range, ahead: int
    ) -> AsyncGenerator[AsyncPage[Any, Any], None]:
        in_flight: deque[asyncio.Task[AsyncPage[Any, Any]]] = deque()
        try:
            for number in numbers:
                task = asyncio.create_task(self.page(numbered(operation, number)))
                self.sessions.tasks.add(task)
                task.add_done_callback(self.sessions.tasks.discard)
                in_flight.append(task)
                if len(in_flight) == ahead:
                    yield await in_flight.popleft()
            while in_flight:
                yield await in_flight.popleft()
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)

    async def _drive(self, calls: flow.Steps[T]) -> T:
        outcome: flow.Outcome = None
        try:
            while True:
                step = calls.send(outcome)
                if isinstance(step, Wait):
                    await self.sleep(step.seconds)
                    outcome = None
                else:
                    outcome = await self._send(step)
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            calls.close()

    async def _send(self, request: Request) -> Response | Failure:
        before, after = self.config.before_request, self.config.after_response
        if before is not None:
            before(request)
        clock = self.shared.environment.clock
        started = clock()
        outcome = await self._exchange(request, started)
        if after is not None:
            seen = outcome.shown(request) if isinstance(outcome, Response) else outcome
            after(request, seen, clock() - started)
        return outcome

    async def _exchange(self, request: Request, started: float) -> Response | Failure:
        keys = self.config.credentials
        left = request.expires - started
        timeout = max(0.001, min(request.timeout, left))
        reply = proxy = None
        try:
            route = self.sessions.route(request.origin or self.config.base_url)
            proxy = route.proxy
            async with asyncio.timeout(max(0.001, left)):
                reply = await self.sessions.get().request(
                    request.method,
                    URL(keys.target(request.security, request.url), encoded=True),
                    data=request.body,
                    headers=keys.headers(request.security, request.headers) | route.headers,
                    **route.options,
                    timeout=aiohttp.ClientTimeout(
                        total=None, sock_connect=timeout, sock_read=request.timeout
                    ),
                    allow_redirects=False,
                )
            body = _Body(reply, request, self.shared.environment.clock)
            received = keys.redacted(reply.headers)
            is_success = reply.status in flow.SUCCESS
            if request.stream and is_success:
                response = Response(status=reply.status, headers=received, stream=body)
            else:
                content = b"".join([chunk async for chunk in body.chunks()])
                content = content if is_success else keys.scrub(content)
                response = Response(status=reply.status, headers=received, body=content)
                reply.release()
            reply = None  # it is released, or the caller closes it
        except (*_ERRORS, ConnectionLostError) as error:
            return failure_of(error, proxy)
        finally:
            if reply is not None:  # not read to its end, so the connection cannot be reused
                reply.close()
        return response


class _Gzip:
    """Decompresses a body in chunks of limited size."""

    def __init__(self) -> None:
        self._member = decompressobj(wbits=_GZIP)

    def chunks(self, data: bytes) -> Iterator[bytes]:
        piece = b""
        while data or len(piece) == _CHUNK_SIZE:
            if self._member.eof and data:  # another member follows
                self._member = decompressobj(wbits=_GZIP)
            try:
                piece = self._member.decompress(data, _CHUNK_SIZE)
            except zlib_error:
                raise aiohttp.ClientPayloadError from ContentEncodingError("gzip")
            yield piece
            data = self._member.unconsumed_tail or self._member.unused_data

    def check_end(self) -> None:
        if not self._member.eof:
            raise aiohttp.ClientPayloadError from ContentEncodingError("gzip")


class _Body:
    """The unread body of a response."""

    def __init__(
        self, reply: aiohttp.ClientResponse, request: Request, clock: Callable[[], float]
    ) -> None:
        self._reply = reply
        self._request = request
        self._clock = clock
        self._limits = BodyLimits(clock(), request.expires)
        self._expires: float | None = request.expires
        self._is_closed = False

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks; raise transport errors unchanged."""
        encoding = self._reply.headers.get("content-encoding", "").strip().lower()
        gzip = _Gzip() if encoding == "x-gzip" else None  # which aiohttp does not know
        while True:
            left = None if self._expires is None else max(0.0, self._expires - self._clock())
            async with asyncio.timeout(left):
                received = await self._reply.content.readany()
            if not received:
                if gzip is not None:
                    gzip.check_end()
                return
            for chunk in (received,) if gzip is None else gzip.chunks(received):
                self._limits.add(len(chunk), self._clock())
                yield chunk

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body in chunks, and raise APIErrors."""
        if self._is_closed:
            raise ValueError("the body was closed: read it inside the `async with` block, once")
        failure = None
        try:
            async for chunk in self.chunks():
                yield chunk
        except _ERRORS as error:
            failure = failure_of(error)
        finally:
            self.close()
        if failure is not None:
            raise error_of(self._request, failure)

    def lift_limits(self) -> None:
        """Let the body be of any size, and each read take as long as the timeout."""
        self._limits.lift()
        self._expires = None

    def close(self) -> None:
        """Release the connection, which is closed unless the body was read to its end."""
        self._is_closed = True
        self._reply.close()


_FAILURES: tuple[tuple[tuple[type[BaseException], ...], Kind, str], ...] = (
    ((aiohttp.ConnectionTimeoutError,), "connect_timeout", "connecting timed out"),
    ((TimeoutError,), "timeout", "no response in time"),
    ((StalledError,), "timeout", ""),
    ((TooLargeError,), "protocol", ""),
    ((aiohttp.ClientSSLError,), "reset", "TLS failed"),
    ((aiohttp.ClientConnectorError,), "connect", "could not connect"),
    ((aiohttp.ClientPayloadError,), "truncated", "the response ended early"),
    ((aiohttp.ClientResponseError,), "protocol", "the response is not valid HTTP"),
)


_OF_THE_PROXY = (aiohttp.ClientProxyConnectionError, aiohttp.ClientConnectorDNSError)
"""Errors of connecting to a proxy, if there is one; it resolves the server's name itself."""


def failure_of(error: BaseException, proxy: Proxy | None = None) -> Failure:
    """Return what an exception of aiohttp, or of the limits on bodies, means for the call."""
    without_frames(error)
    if isinstance(error, ConnectionLostError) and error.__cause__ is not None:
        error = error.__cause__
    name = proxy.name if proxy else ""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = untrusted(error.certificate_error)
        return Failure(kind="tls", message=why, error=error, proxy=name)
    if isinstance(error, ProxyRefusedError):
        return refused(name, error.status, str(error))
    if isinstance(error.__cause__, ContentEncodingError):
        message = "the response is not valid HTTP"
        return Failure(kind="protocol", message=message, error=error, proxy=name)
    # An aiohttp.ClientResponseError holds the request with all headers and so the key: drop it.
    shown = None if isinstance(error, aiohttp.ClientResponseError) else error
    for classes, kind, message in _FAILURES:
        if isinstance(error, classes):
            why = why_of(getattr(error, "os_error", None)) if kind == "connect" else ""
            is_proxy = name and isinstance(error, _OF_THE_PROXY)
            where = f" to the proxy {name}" if is_proxy else through(name)
            whole = f"{message or error}{where}{why}"
            return Failure(kind=kind, message=whole, error=shown, proxy=name)
    message = f"the connection was lost{through(name)}"
    return Failure(kind="reset", message=message, error=shown, proxy=name)
