"""urllib3 connections that enforce a call's deadline in every read, and can be aborted.

The timeout of urllib3 and http.client starts anew with each read. So a server that sends a byte now
and then could hold a call for hours, in the headers as well as in the body.
"""

from __future__ import annotations

import io
import logging
import math
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from http.client import HTTPResponse, IncompleteRead
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_MAX_CONNECTIONS = 64


class Deadline:
    """The deadline of one attempt, and the socket on which it waits."""

    __slots__ = ("_clock", "_expires", "_sock")

    def __init__(self, clock: Callable[[], float], expires: float) -> None:
        """Take a clock, in seconds, and when the deadline is reached."""
        self._clock = clock
        self._expires = expires
        self._sock: socket.socket | None = None

    def read(
        self, sock: socket.socket, into: Callable[[Buffer], int | None], buffer: Buffer
    ) -> int:
        """Read the available bytes.

        Raises:
            TimeoutError: nothing arrived before the deadline.
        """
        self._sock = sock
        try:
            left = self._expires - self._clock()
            if left <= 0:
                message = "the deadline passed"
                raise TimeoutError(message)
            timeout = sock.gettimeout()
            if timeout is None or left < timeout:
                sock.settimeout(left)
            return into(buffer) or 0
        finally:
            self._sock = None

    def abort(self) -> None:
        """Abort a read in another thread, which sees a lost connection, and any later one."""
        self._expires = -math.inf
        if (sock := self._sock) is not None:
            with suppress(OSError):  # already closed
                # Not SSLSocket's own method, which would remove TLS during the read.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


DEADLINE: ContextVar[Deadline] = ContextVar("telnyx_recordings_deadline")
"""Set during an attempt: urllib3 has no other way to pass something to its connections."""


class _DeadlineStream(io.RawIOBase):
    """The raw stream of a response, read under a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open
        self._sock = sock
        self._deadline = deadline
        self.has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        size = self._deadline.read(self._sock, self._sock.recv_into, buffer)
        self.has_ended = size == 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _SocketAdapter:
    """Provides the one method of a socket that HTTPResponse uses."""

    def __init__(self, reads: _DeadlineStream) -> None:
        self._stream = reads

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._stream)


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self._stream = _DeadlineStream(sock, DEADLINE.get())
        super().__init__(cast("socket.socket", _SocketAdapter(self._stream)), *args, **options)

    def begin(self) -> None:
        """Read the headers. The base class takes truncated headers for complete ones.

        Raises:
            IncompleteRead: the headers are truncated.
        """
        super().begin()
        if self._stream.has_ended:
            self.close()
            raise IncompleteRead(b"")


class Connection(HTTPConnection):
    """A connection that reads responses under a deadline."""

    response_class: type[HTTPResponse] = _DeadlineResponse


class TlsConnection(HTTPSConnection):
    """The same, over TLS."""

    response_class: type[HTTPResponse] = _DeadlineResponse


def new_pool(
    plain: type[HTTPConnection] = Connection, tls: type[HTTPSConnection] = TlsConnection
) -> urllib3.PoolManager:
    """Return an empty pool of such connections; `DEADLINE` must be set for every request."""

    class _Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = cast("Any", plain)  # no subclass matches urllib3's own protocol

    class _TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = cast("Any", tls)

    pool = urllib3.PoolManager(
        maxsize=_MAX_CONNECTIONS, retries=False, ssl_minimum_version=ssl.TLSVersion.TLSv1_2
    )
    pool.pool_classes_by_scheme = cast("Any", {"http": _Pool, "https": _TlsPool})
    return pool


class Connections:
    """The connections to a service, opened on demand, also again after closing."""

    def __init__(self, base_url: str) -> None:
        """Take the base URL; this opens no connection."""
        self._base_url = base_url
        self._lock = Lock()
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}

    def get(self, origin: str = "") -> urllib3.HTTPConnectionPool:
        """Return the pool for a server, without the pool manager, which takes a third of a call.

        Args:
            origin: scheme and host, if they are not those of the base URL.
        """
        with self._lock:
            pool = self._pools.get(origin)
            if pool is None:
                pool = new_pool().connection_from_url(origin or self._base_url)
                self._pools[origin] = pool
            return pool

    def close(self) -> None:
        """Close all connections; those in use are closed after their requests."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()


def close_pool(pool: urllib3.PoolManager) -> None:
    """Close all connections of a pool now, instead of when they are garbage-collected."""
    pools = [pool.pools[key] for key in pool.pools.keys()]  # noqa: SIM118 - it is no dict
    pool.clear()
    for each in pools:
        each.close()


def _without_query(record: logging.LogRecord) -> bool:
    """Remove queries from urllib3's log of our requests: they hold phone numbers and names."""
    if DEADLINE.get(None) is not None and isinstance(record.args, tuple):
        parts = (each.partition("?")[0] if isinstance(each, str) else each for each in record.args)
        record.args = tuple(parts)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)
