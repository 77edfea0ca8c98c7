"""urllib3 connections on which each response belongs to its request, and each read has a deadline.

The timeout of urllib3 and http.client restarts with each read. So a server that sends a byte now
and then could hold a call for hours, in the headers as well as in the body. Both also treat interim
responses other than 100 as the final one, and discard bytes that they have read after a response.
"""

from __future__ import annotations

import io
import logging
import math
import os
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from http import HTTPStatus
from http.client import BadStatusLine, HTTPResponse, IncompleteRead
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from telnyx_recordings.core.network import Network, Proxy
from telnyx_recordings.transport.forks import renew_in_children
from telnyx_recordings.transport.system_error import ProxyRefusedError
from telnyx_recordings.transport.tls import context_for

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_MAX_CONNECTIONS = 64
_INTERIM = range(100, 200)
_SUCCESS = range(200, 300)
_STATUS_LINE = "HTTP/"
_LONGEST_LINE = 65_537
_ENDS_HEAD = (b"\r\n", b"\n", b"")


class Deadline:
    """The deadline of one attempt, and the socket on which it waits."""

    __slots__ = ("_clock", "_expires", "_process", "_sock", "_timeout")

    def __init__(self, clock: Callable[[], float], expires: float) -> None:
        """Take a clock, in seconds, and when the deadline is reached."""
        self._process = os.getpid()
        self._clock = clock
        self._expires = expires
        self._sock: socket.socket | None = None
        self._timeout: float | None = None

    def lift(self, timeout: float) -> None:
        """Wait for each read this long from now on, and no longer for all of them together."""
        self._timeout = timeout

    def read(
        self, sock: socket.socket, into: Callable[[Buffer], int | None], buffer: Buffer
    ) -> int:
        """Read the available bytes.

        Raises:
            TimeoutError: nothing arrived before the deadline.
        """
        self._sock = sock
        try:
            if self._timeout is not None:
                sock.settimeout(self._timeout)
                return into(buffer) or 0
            left = self._expires - self._clock()
            if left <= 0:
                raise TimeoutError("the deadline passed")
            timeout = sock.gettimeout()
            if timeout is None or left < timeout:
                sock.settimeout(left)
            return into(buffer) or 0
        finally:
            self._sock = None

    def abort(self) -> None:
        """Abort a read in another thread, which sees a lost connection, and any later one."""
        self._expires = -math.inf
        if (sock := self._sock) is not None and self._process == os.getpid():
            shut_down(sock)


DEADLINE: ContextVar[Deadline] = ContextVar("telnyx_recordings_deadline")
"""Set during an attempt: urllib3 has no other way to pass something to its connections."""


class _DeadlineStream(io.RawIOBase):
    """The raw stream of a response, read under a deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open
        self._sock = sock
        self._deadline = deadline
        self._process = os.getpid()
        self.has_ended = False
        self.is_sealed = False
        """Whether the response is over, so nothing more may be read for it."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        if self.is_sealed:
            return 0
        if self._process != os.getpid():  # these bytes are for the process that sent the request
            raise ConnectionError("the response belongs to another process")
        size = self._deadline.read(self._sock, self._sock.recv_into, buffer)
        self.has_ended = size == 0
        return size

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a buffered reader; HTTPResponse needs no other method of a socket."""
        return _Reader(self)

    def refuse_reuse(self) -> None:
        """Shut the socket down: later bytes may belong to no request."""
        if self._process == os.getpid():
            shut_down(self._sock)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Reader(io.BufferedReader):
    """Buffers a response, and prevents reuse of the connection if bytes are left over."""

    def close(self) -> None:
        if not self.closed:
            stream = cast("_DeadlineStream", self.raw)
            stream.is_sealed = True
            if self.peek(1):
                stream.refuse_reuse()
        super().close()


def shut_down(sock: socket.socket) -> None:
    """Shut a socket down, which wakes the threads that wait for it, but do not close it."""
    with suppress(OSError):  # already closed
        # Not SSLSocket's own method, which would remove TLS during a read.
        socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)


class _DeadlineResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self._stream = _DeadlineStream(sock, DEADLINE.get())
        super().__init__(cast("socket.socket", self._stream), *args, **options)

    def _read_status(self) -> tuple[str, int, str]:
        """Return the status line of the final response; the base class skips 100 alone.

        Raises:
            BadStatusLine: the server switches to another protocol without a request to do so.
            IncompleteRead: the status line is truncated.
        """
        while True:
            try:
                line = super()._read_status()  # type: ignore[misc]  # typeshed leaves it out
            except BadStatusLine as error:
                if self._stream.has_ended and _STATUS_LINE.startswith(str(error)[:5]):
                    raise IncompleteRead(b"") from None
                raise
            version, status, reason = cast("tuple[str, int, str]", line)
            if status not in _INTERIM:
                return version, status, reason
            if status == HTTPStatus.SWITCHING_PROTOCOLS:
                raise BadStatusLine(f"{status}")
            while self.fp.readline(_LONGEST_LINE) not in _ENDS_HEAD:  # it has no body
                pass

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
    """A connection that is reused only in its own process, and without unrequested bytes."""

    response_class: type[HTTPResponse] = _DeadlineResponse
    _process = 0

    def connect(self) -> None:
        """Connect, for this process."""
        self._process = os.getpid()
        super().connect()

    def _tunnel(self) -> None:
        """Ask the proxy for a connection to the server.

        Raises:
            ProxyRefusedError: it did not make one.
        """
        host = self._tunnel_host or ""
        place = f"{f'[{host}]' if ':' in host else host}:{self._tunnel_port}"
        headers = cast("Any", self)._tunnel_headers  # noqa: SLF001 - of http.client
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
        lines += [f"{name}: {value}" for name, value in headers.items() if name != "Host"]
        self.sock.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        del headers, lines  # they hold the password, which tools that show variables would show
        response: Any = self.response_class(self.sock, method="CONNECT")
        try:
            _, status, reason = response._read_status()  # noqa: SLF001 - as http.client itself does
            while response.fp.readline(_LONGEST_LINE) not in _ENDS_HEAD:
                pass
        except (BadStatusLine, IncompleteRead):
            raise ProxyRefusedError(0) from None
        finally:
            response.close()  # which ends the connection if the proxy sent more than a head
        if status not in _SUCCESS:
            raise ProxyRefusedError(status, reason.strip())

    @property
    def is_connected(self) -> bool:
        """Whether another request may use this connection; urllib3 asks before each."""
        if self._process != os.getpid():
            return False
        tls = getattr(self.sock, "sslobj", self.sock)  # in a TLS connection to a proxy
        pending = getattr(tls, "pending", None)  # bytes that are decrypted already
        return super().is_connected and not (pending is not None and pending())


class TlsConnection(Connection, HTTPSConnection):
    """The same with TLS."""


def new_pool(
    plain: type[HTTPConnection] = Connection,
    tls: type[HTTPSConnection] = TlsConnection,
    *,
    context: ssl.SSLContext | None = None,
    proxy: Proxy | None = None,
) -> urllib3.PoolManager:
    """Return an empty pool of such connections; `DEADLINE` must be set for every request."""

    class _Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = cast("Any", plain)  # no subclass matches urllib3's own protocol

    class _TlsPool(urllib3.HTTPSConnectionPool):
        ConnectionCls = cast("Any", tls)

        def _validate_conn(self, conn: Any) -> None:
            """Connect, without a warning if certificates are not verified: `context_for` checks."""
            if conn.is_closed:
                conn.connect()

    options: dict[str, Any] = {"maxsize": _MAX_CONNECTIONS, "retries": False}
    options["ssl_context"] = context
    if proxy is None:
        pool = urllib3.PoolManager(**options)
    else:
        own = {"proxy-authorization": proxy.authorization} if proxy.authorization else {}
        pool = urllib3.ProxyManager(
            proxy.url, proxy_headers=own, proxy_ssl_context=context, **options
        )
    pool.pool_classes_by_scheme = cast("Any", {"http": _Pool, "https": _TlsPool})
    return pool


class Origin(NamedTuple):
    """The connections to one server.

    Attributes:
        pool: of connections.
        proxy: that they go through, or None.
        is_forwarded: whether requests to the proxy have whole URLs, as they do without TLS.
    """

    pool: urllib3.HTTPConnectionPool
    proxy: Proxy | None
    is_forwarded: bool


class Connections:
    """The connections to a service, opened on demand, also again after closing."""

    def __init__(
        self,
        base_url: str,
        network: Network | None = None,
        classes: tuple[type[HTTPConnection], type[HTTPSConnection]] = (Connection, TlsConnection),
    ) -> None:
        """Take the base URL, and how connections are made; this opens no connection."""
        self._base_url = base_url
        self._classes = classes
        self._network = network or Network()
        self._lock = Lock()
        self._origins: dict[str, Origin] = {}
        renew_in_children(self)

    def get(self, origin: str = "") -> Origin:
        """Return the connections to a server.

        They come without urllib3's pool manager, which takes a third of the time of a call.

        Args:
            origin: scheme and host, if they are not those of the base URL.
        """
        with self._lock:
            found = self._origins.get(origin)
            if found is None:
                url = origin or self._base_url
                parts = urlsplit(url)
                proxy = self._network.proxy_for(url)
                is_tls = parts.scheme == "https"
                context = None
                if is_tls or (proxy is not None and proxy.url.startswith("https:")):
                    context = context_for(self._network, parts.hostname or "")
                pools = new_pool(*self._classes, context=context, proxy=proxy)
                is_forwarded = proxy is not None and not is_tls
                found = Origin(pools.connection_from_url(url), proxy, is_forwarded)
                self._origins[origin] = found
            return found

    def renew(self) -> None:
        """Start without connections in a forked process."""
        self._lock = Lock()
        origins, self._origins = self._origins, {}
        for each in origins.values():
            if (idle := each.pool.pool) is not None:
                copies = tuple(idle.queue)
                type(idle).__init__(idle, idle.maxsize)  # a thread there may hold its lock
                for copy in copies:  # closed without notice to the server
                    if copy is not None:
                        copy.close()

    def close(self) -> None:
        """Close all connections; those in use are closed after their requests."""
        with self._lock:
            origins, self._origins = self._origins, {}
        for each in origins.values():
            each.pool.close()


def _without_query(record: logging.LogRecord) -> bool:
    """Remove queries from urllib3's log of our requests: they hold phone numbers and names."""
    if DEADLINE.get(None) is not None and isinstance(record.args, tuple):
        parts = (each.partition("?")[0] if isinstance(each, str) else each for each in record.args)
        record.args = tuple(parts)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)
