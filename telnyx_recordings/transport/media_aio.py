"""The async transport for audio: separate connections, without API key; threads."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from telnyx_recordings.core.messages import Failure
from telnyx_recordings.core.network import Network, Proxy
from telnyx_recordings.transport.aio import ConnectionLostError, Sessions, failure_of, no_resend
from telnyx_recordings.transport.connections_aio import Connector
from telnyx_recordings.transport.media_sync import check_address, check_resolved, media_failure
from telnyx_recordings.transport.system_error import ProxyRefusedError

_MAX_THREADS = 32
_BUFFER = 131_072
"""Bytes; aiohttp buffers up to twice this."""


class MediaReply:
    """The response of a store, whose body is read in chunks."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        """Wrap the response of aiohttp."""
        self._reply = reply
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers

    async def read(self) -> bytes | Failure:
        """Return the bytes that have arrived, at least one; none at the end."""
        try:
            return await self._reply.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            return self._rest() or media_failure(failure_of(error))

    def _rest(self) -> bytes:
        """Return the bytes that arrived before the connection broke, which aiohttp withholds."""
        content: Any = self._reply.content
        broken = content.exception()
        content.set_exception(None)
        try:
            rest: bytes = content.read_nowait()
        finally:
            content.set_exception(broken)
        return rest

    def close(self) -> None:
        """Release the connection, which is reused if the body was read to its end."""
        if self._reply.content.at_eof():
            self._reply.release()
        else:
            self._reply.close()


class MediaSessions(Sessions):
    """Sends requests for audio, and owns the threads that write and hash it; tasks can share it."""

    def __init__(self, network: Network | None = None) -> None:
        """Take how connections are made; this creates no connections and threads."""
        super().__init__(network)
        self._threads: ThreadPoolExecutor | None = None

    def renew(self) -> None:
        """Start without connections and threads in a forked process."""
        super().renew()
        self._threads = None

    @property
    def threads(self) -> ThreadPoolExecutor:
        """Threads for work that would block the event loop: disk I/O and hashing."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_MAX_THREADS, thread_name_prefix="telnyx-audio")
        return self._threads

    async def close(self) -> None:
        """Close all connections, and stop the threads."""
        await super().close()
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()  # they are idle

    async def open(self, url: str, headers: dict[str, str], timeout: float) -> MediaReply | Failure:  # noqa: ASYNC109 - for each chunk, not in total
        """Send a GET request, without following redirects.

        Raises:
            MediaAccessError: the host is, or resolves to, an address that is not allowed.
            ConfigError: the setting of the proxy or of TLS is invalid.
        """
        link = URL(url, encoded=True)
        check_address(link.raw_host or "")
        route = self.route(str(link.origin()))
        each = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
        try:
            async with asyncio.timeout(2 * timeout):  # connect, headers
                reply = await self.get().get(
                    link,
                    headers=headers | route.headers,
                    **route.options,
                    timeout=each,
                    allow_redirects=False,
                )
        except (aiohttp.ClientError, OSError, ConnectionLostError, ProxyRefusedError) as error:
            return media_failure(failure_of(error, route.proxy))
        return MediaReply(reply)

    def make(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        """Create the session: no cookies, netrc or decompression."""
        return aiohttp.ClientSession(
            connector=Connector(context, _GuardedResolver(self._network)),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(no_resend,),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=_BUFFER,
        )


class _GuardedResolver(AbstractResolver):
    """Rejects addresses that the host must not resolve to: see `may_connect`.

    Proxies may be anywhere; through them, the server's name is not resolved here.
    """

    def __init__(self, network: Network) -> None:
        found = [each for each in network.proxies.values() if isinstance(each, Proxy)]
        self._proxies = {urlsplit(each.url).hostname for each in found}
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            if host not in self._proxies:
                check_resolved(host, each["host"])
        return found

    async def close(self) -> None:
        await self._resolver.close()
