"""The sync transport's part for audio: connections of its own, which know no key and no proxy."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from telnyx_recordings.core.hosts import may_connect
from telnyx_recordings.core.retry import Failure
from telnyx_recordings.errors import MediaAccessError
from telnyx_recordings.transport.connections import (
    WATCH,
    Connection,
    TlsConnection,
    Watch,
    close_pool,
    new_pool,
)
from telnyx_recordings.transport.sync import failure_of

if TYPE_CHECKING:
    import urllib3
    from _typeshed import WriteableBuffer as Buffer

_PIECE = 262_144
_NEVER = Retry(total=False, redirect=False)


class MediaReply:
    """A store's answer, whose body is read as it comes."""

    def __init__(self, reply: urllib3.BaseHTTPResponse) -> None:
        """Wrap urllib3's own."""
        self._reply = reply
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers

    def read(self) -> bytes | Failure:
        """Return what has come by now, at least one byte; none at the end."""
        try:
            return self._reply.read1(_PIECE, decode_content=False)
        except (HTTPError, OSError) as error:
            return _failure(error)

    def close(self) -> None:
        """Let go of the connection; it is used again if the body was read to its end."""
        self._reply.close()


class MediaPool:
    """Opens links to audio; safe to share between threads."""

    def __init__(self) -> None:
        """Start without connections."""
        self._pool = new_pool(_Guarded, _GuardedTls)

    def open(self, url: str, headers: dict[str, str], timeout: float) -> MediaReply | Failure:
        """GET a link, and nothing that it redirects to.

        Raises:
            MediaAccessError: its host resolves to an address that audio is not looked for at.
        """
        watch = _Patience(timeout)
        token = WATCH.set(watch)
        try:
            reply = self._pool.urlopen(
                "GET",
                url,
                headers=headers,
                timeout=timeout,
                redirect=False,
                retries=_NEVER,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError) as error:
            return _failure(error)
        finally:
            WATCH.reset(token)
        watch.has_head = True
        return MediaReply(reply)

    def close(self) -> None:
        """Close all connections."""
        close_pool(self._pool)


def _failure(error: Exception) -> Failure:
    """Return what an error means, without the error: it may hold the link, which is a secret."""
    failure = failure_of(error)
    return Failure(kind=failure.kind, message=failure.message)


class _Patience(Watch):
    """Gives the head of an answer so many seconds in all, and each piece of its body as many.

    A body that comes too slowly is for the transfer to see: it knows how much there was before.
    """

    __slots__ = ("_timeout", "has_head")

    def __init__(self, timeout: float) -> None:
        super().__init__(time.monotonic, time.monotonic() + 2 * timeout)  # to connect, to answer
        self._timeout = timeout
        self.has_head = False

    def read(
        self, sock: socket.socket, into: Callable[[Buffer], int | None], buffer: Buffer
    ) -> int:
        if not self.has_head:
            return super().read(sock, into, buffer)
        sock.settimeout(self._timeout)
        return into(buffer) or 0


class _Guard(HTTPConnection):
    """Connects to no address that a name of this kind has no business to resolve to."""

    def connect(self) -> None:
        for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            _check(self.host, str(found[4][0]))
        super().connect()
        # The name was resolved once more for this, and may have been answered otherwise.
        _check(self.host, self.sock.getpeername()[0])


class _Guarded(_Guard, Connection):
    """Without TLS: to this machine only."""


class _GuardedTls(_Guard, TlsConnection):
    """With TLS."""


def _check(host: str, address: str) -> None:
    if not may_connect(host, address):
        raise MediaAccessError(f"{host} resolves to {address}, which is not on the Internet")
