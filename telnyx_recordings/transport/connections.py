"""urllib3's connections, made to heed a call's deadline in every read and to be cut off.

urllib3 and the library under it wait anew for each piece, so that a server which sends a byte now
and then could hold a call for hours, in its headers as well as in its body.
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

_CONNECTIONS = 64


class Watch:
    """Goes with one attempt: knows its deadline, and the socket on which it waits."""

    __slots__ = ("_clock", "_expires", "_sock")

    def __init__(self, clock: Callable[[], float], expires: float) -> None:
        """Take the deadline, by a clock in seconds."""
        self._clock = clock
        self._expires = expires
        self._sock: socket.socket | None = None

    def read(
        self, sock: socket.socket, into: Callable[[Buffer], int | None], buffer: Buffer
    ) -> int:
        """Read what has come.

        Raises:
            TimeoutError: nothing came in time.
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

    def cut(self) -> None:
        """End the wait of another thread, which sees a lost connection, and let none begin."""
        self._expires = -math.inf
        if (sock := self._sock) is not None:
            with suppress(OSError):  # it was just closed
                # Not SSLSocket's own method: it would take TLS away from under the read.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


WATCH: ContextVar[Watch] = ContextVar("telnyx_recordings_watch")
"""Set while an attempt is made: urllib3 has no other way to hand something to its connections."""


class _Reads(io.RawIOBase):
    """The raw stream of an answer, read under a watch."""

    def __init__(self, sock: socket.socket, watch: Watch) -> None:
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open, if nothing else does
        self._sock = sock
        self._watch = watch
        self.has_ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        size = self._watch.read(self._sock, self._sock.recv_into, buffer)
        self.has_ended = size == 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Source:
    """Stands for the socket where an answer wants a stream of it, and nothing else."""

    def __init__(self, reads: _Reads) -> None:
        self._reads = reads

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reads)


class _Reply(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self._reads = _Reads(sock, WATCH.get())
        super().__init__(cast("socket.socket", _Source(self._reads)), *args, **options)

    def begin(self) -> None:
        """Read the headers, which the base class takes to be complete where the answer breaks off.

        Raises:
            IncompleteRead: it did break off.
        """
        super().begin()
        if self._reads.has_ended:
            self.close()
            raise IncompleteRead(b"")


class Connection(HTTPConnection):
    """A connection whose answers are read under a watch."""

    response_class: type[HTTPResponse] = _Reply


class TlsConnection(HTTPSConnection):
    """The same, over TLS."""

    response_class: type[HTTPResponse] = _Reply


def new_pool(
    plain: type[HTTPConnection] = Connection, tls: type[HTTPSConnection] = TlsConnection
) -> urllib3.PoolManager:
    """Return an empty pool of such connections, of which every use must be made under a watch."""

    class _Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = cast("Any", plain)  # no subclass fits urllib3's own protocol

    class _TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = cast("Any", tls)

    pool = urllib3.PoolManager(
        maxsize=_CONNECTIONS, retries=False, ssl_minimum_version=ssl.TLSVersion.TLSv1_2
    )
    pool.pool_classes_by_scheme = cast("Any", {"http": _Pool, "https": _TlsPool})
    return pool


class Connections:
    """The connections to a service: opened when they are needed, and anew after closing."""

    def __init__(self, base_url: str) -> None:
        """Open none yet."""
        self._base_url = base_url
        self._lock = Lock()
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}

    def get(self, origin: str = "") -> urllib3.HTTPConnectionPool:
        """Return the pool: without urllib3's manager around it, which takes a third of a call.

        Args:
            origin: scheme and host of another server than the base URL's.
        """
        with self._lock:
            pool = self._pools.get(origin)
            if pool is None:
                pool = new_pool().connection_from_url(origin or self._base_url)
                self._pools[origin] = pool
            return pool

    def close(self) -> None:
        """Close all connections; those in use, when they are done."""
        with self._lock:
            pools, self._pools = self._pools, {}
        for pool in pools.values():
            pool.close()


def close_pool(pool: urllib3.PoolManager) -> None:
    """Close all connections of a pool now, which by itself waits for Python to find them."""
    pools = [pool.pools[key] for key in pool.pools.keys()]  # noqa: SIM118 - it is no dict
    pool.clear()
    for each in pools:
        each.close()


def _without_query(record: logging.LogRecord) -> bool:
    """Take the queries out of what urllib3 logs of our calls: they hold phone numbers and names."""
    if WATCH.get(None) is not None and isinstance(record.args, tuple):
        parts = (each.partition("?")[0] if isinstance(each, str) else each for each in record.args)
        record.args = tuple(parts)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)
