"""The async transport's part for audio: connections that know no key and no proxy, and threads."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from telnyx_recordings.core.hosts import may_connect
from telnyx_recordings.core.retry import Failure
from telnyx_recordings.errors import MediaAccessError
from telnyx_recordings.transport.aio import LostError, Sessions, failure_of, once

_CONNECTIONS = 64
_THREADS = 32
_BUFFER = 131_072
"""Bytes; aiohttp holds up to twice this."""


class MediaReply:
    """A store's answer, whose body is read as it comes."""

    def __init__(self, reply: aiohttp.ClientResponse) -> None:
        """Wrap aiohttp's own."""
        self._reply = reply
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers

    async def read(self) -> bytes | Failure:
        """Return what has come by now, at least one byte; none at the end."""
        try:
            return await self._reply.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            return self._rest() or _failure(error)

    def _rest(self) -> bytes:
        """Return what came before the connection broke, which aiohttp has but keeps to itself."""
        content: Any = self._reply.content
        broken = content.exception()
        content.set_exception(None)
        try:
            rest: bytes = content.read_nowait()
        finally:
            content.set_exception(broken)
        return rest

    def close(self) -> None:
        """Let go of the connection; it is used again if the body was read to its end."""
        if self._reply.content.at_eof():
            self._reply.release()
        else:
            self._reply.close()


class MediaSessions(Sessions):
    """Opens links to audio, and has the threads for what is done with it; tasks may share it."""

    def __init__(self) -> None:
        """Start without connections and threads."""
        super().__init__()
        self._threads: ThreadPoolExecutor | None = None

    @property
    def threads(self) -> ThreadPoolExecutor:
        """Threads for what would hold up the loop: they wait for the disk, and hash."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="telnyx-audio")
        return self._threads

    async def close(self) -> None:
        """Close all connections, and end the threads."""
        await super().close()
        threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()  # they have nothing to do any more

    async def open(self, url: str, headers: dict[str, str], timeout: float) -> MediaReply | Failure:  # noqa: ASYNC109 - between two pieces, not for all
        """GET a link, and nothing that it redirects to.

        Raises:
            MediaAccessError: its host resolves to an address that audio is not looked for at.
        """
        each = aiohttp.ClientTimeout(total=None, sock_connect=timeout, sock_read=timeout)
        try:
            async with asyncio.timeout(2 * timeout):  # to connect, to answer
                reply = await self.get().get(
                    URL(url, encoded=True), headers=headers, timeout=each, allow_redirects=False
                )
        except (aiohttp.ClientError, OSError, LostError) as error:
            return _failure(error)
        return MediaReply(reply)

    def make(self, context: ssl.SSLContext) -> aiohttp.ClientSession:
        """Make the session: no cookies, no netrc, no proxies, and nothing is unpacked."""
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=_CONNECTIONS, ssl=context, resolver=_GuardedResolver()
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(once,),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=_BUFFER,
        )


class _GuardedResolver(AbstractResolver):
    """Resolves to no address that a name of this kind has no business to resolve to."""

    def __init__(self) -> None:
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for each in found:
            if not may_connect(host, each["host"]):
                raise MediaAccessError(
                    f"{host} resolves to {each['host']}, which is not on the Internet"
                )
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _failure(error: Exception) -> Failure:
    """Return what an error means, without the error: it may hold the link, which is a secret."""
    failure = failure_of(error)
    return Failure(kind=failure.kind, message=failure.message)
