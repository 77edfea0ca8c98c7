"""The sync transport for audio: separate connections, without API key and proxies."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from threading import RLock
from typing import TYPE_CHECKING

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from telnyx_recordings.core.hosts import may_connect
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import MediaAccessError
from telnyx_recordings.transport.connections import (
    DEADLINE,
    Connection,
    Deadline,
    TlsConnection,
    close_copies,
    close_pool,
    new_pool,
)
from telnyx_recordings.transport.forks import renew_in_children
from telnyx_recordings.transport.sync import failure_of

if TYPE_CHECKING:
    import urllib3
    from _typeshed import WriteableBuffer as Buffer

_CHUNK_SIZE = 262_144
_NEVER = Retry(total=False, redirect=False)


class MediaReply:
    """The response of a store, whose body is read in chunks."""

    def __init__(self, reply: urllib3.BaseHTTPResponse) -> None:
        """Wrap the response of urllib3."""
        self._reply = reply
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers

    def read(self) -> bytes | Failure:
        """Return the bytes that have arrived, at least one; none at the end."""
        try:
            return self._reply.read1(_CHUNK_SIZE, decode_content=False)
        except (HTTPError, OSError) as error:
            return _failure(error)

    def close(self) -> None:
        """Release the connection, which is reused if the body was read to its end."""
        self._reply.close()


class MediaPool:
    """Sends requests for audio; safe to share between threads."""

    def __init__(self) -> None:
        """Start without connections."""
        self._pool = new_pool(_Guarded, _GuardedTls)
        renew_in_children(self)

    def renew(self) -> None:
        """Start without connections in a forked process."""
        pools, self._pool = self._pool.pools, new_pool(_Guarded, _GuardedTls)
        pools.lock = RLock()  # a thread of the other process may hold it
        for key in pools.keys():  # noqa: SIM118 - it is no dict
            close_copies(pools[key])

    def open(self, url: str, headers: dict[str, str], timeout: float) -> MediaReply | Failure:
        """Send a GET request, without following redirects.

        Raises:
            MediaAccessError: the host resolves to an address that is not allowed.
        """
        deadline = _MediaDeadline(timeout)
        token = DEADLINE.set(deadline)
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
            DEADLINE.reset(token)
        deadline.has_head = True
        return MediaReply(reply)

    def close(self) -> None:
        """Close all connections."""
        close_pool(self._pool)


def _failure(error: Exception) -> Failure:
    """Return the failure for an error, without the error: it may hold the link, a secret."""
    failure = failure_of(error)
    return Failure(kind=failure.kind, message=failure.message)


class _MediaDeadline(Deadline):
    """Applies the timeout to the headers as a whole, and to each chunk of the body.

    Slow bodies are detected by the transfer, which knows how much it had before.
    """

    __slots__ = ("_timeout", "has_head")

    def __init__(self, timeout: float) -> None:
        super().__init__(time.monotonic, time.monotonic() + 2 * timeout)  # connect, headers
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
    """Refuses to connect to addresses that the host must not resolve to: see `may_connect`."""

    def connect(self) -> None:
        for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            _check(self.host, str(found[4][0]))
        super().connect()
        # Connecting resolved the name again, perhaps to another address.
        _check(self.host, self.sock.getpeername()[0])


class _Guarded(_Guard, Connection):
    """Without TLS, for loopback only."""


class _GuardedTls(_Guard, TlsConnection):
    """With TLS."""


def _check(host: str, address: str) -> None:
    if not may_connect(host, address):
        raise MediaAccessError(f"{host} resolves to {address}, which is not a public address")
