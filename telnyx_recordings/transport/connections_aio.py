"""aiohttp connections on which each response belongs to its request.

aiohttp keeps all bytes that arrive on an idle connection, and parses them as the next response.
"""

from __future__ import annotations

import functools
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError
from urllib3.util.wait import wait_for_read

from telnyx_recordings.transport.system_error import ProxyRefusedError

if TYPE_CHECKING:
    import asyncio
    import ssl

    from aiohttp.abc import AbstractResolver
    from aiohttp.http import RawResponseMessage
    from aiohttp.streams import StreamReader

_MAX_CONNECTIONS = 64
_INTERIM = re.compile(rb"HTTP/\d\.\d 1\d\d\b")
_SWITCHING_PROTOCOLS = re.compile(rb"HTTP/\d\.\d 101\b")
_STATUS_ENDS_AT = len("HTTP/1.1 200")
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_HEAD = 65_536
_PROBE = b"HTTP/1.1 299 Probe\r\nContent-Length: 0\r\n\r\n"
_PROBED = 299


class Connector(aiohttp.TCPConnector):
    """Opens connections, and reuses those without unrequested bytes."""

    def __init__(self, context: ssl.SSLContext, resolver: AbstractResolver | None = None) -> None:
        """Take the TLS context, and a resolver in place of the system's."""
        base: Any = super()  # the types of its arguments are incomplete
        base.__init__(limit=_MAX_CONNECTIONS, ssl=context, resolver=resolver)
        self._factory = cast("Any", functools.partial(_Protocol, loop=self._loop))

    async def connect(self, *arguments: Any, **options: Any) -> aiohttp.connector.Connection:
        """Return a connection, new or idle."""
        while True:
            connection = await super().connect(*arguments, **options)
            protocol = connection.protocol
            if not isinstance(protocol, _Protocol) or protocol.may_send():
                return connection
            connection.close()

    async def _create_connection(self, *arguments: Any, **options: Any) -> ResponseHandler:
        """Open a connection; on the way, only a proxy responds.

        Raises:
            ProxyRefusedError: the proxy did not make one.
        """
        try:
            return await super()._create_connection(*arguments, **options)
        except aiohttp.ClientResponseError as error:
            is_http = isinstance(error, aiohttp.ClientHttpProxyError)
            refusal = ProxyRefusedError(error.status if is_http else 0, error.message)
        raise refusal  # without the other error, which has the password of the proxy

    def abandon(self) -> None:
        """Leave all connections to the process that opened them; this one has copies after a fork.

        Closing the copies would stop that process's event loop from watching the connections.
        """
        self._closed = True

    @property
    def closed(self) -> bool:
        """Whether it is closed, or its event loop is, so that nothing is left to close."""
        return self._closed or self._loop.is_closed()

    def __del__(self, *arguments: Any) -> None:
        """Warn only if the event loop could still close the connections."""
        if not self.closed:
            super().__del__(*arguments)
        elif not self._closed:
            for protocol in (*self._acquired, *(each for each, _ in chain(*self._conns.values()))):
                _close_socket(protocol.transport)


def _close_socket(transport: Any) -> None:
    """Close the socket of a transport whose event loop was closed without closing it."""
    if tls := getattr(transport, "_ssl_protocol", None):
        transport._closed = True  # noqa: SLF001 - what it would do itself needs the event loop
        transport = tls._transport  # noqa: SLF001 - likewise
    if sock := getattr(transport, "_sock", None):
        sock.close()
        transport._sock = None  # noqa: SLF001 - likewise


class _Protocol(ResponseHandler):
    """Receives one response per request, and ends the connection when anything else arrives."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._was_used = False
        self._is_waiting = False
        """Whether the head of the final response has not arrived yet."""
        self._body: StreamReader | None = None
        self._begun = b""
        """The beginning of a head, while it may be one of an interim response."""

    def set_response_params(self, **options: Any) -> None:
        """Expect a response."""
        self._was_used = self._is_waiting = True
        super().set_response_params(**options)

    def may_send(self) -> bool:
        """Return whether a request may be sent: nothing has arrived since the last response."""
        if not self._was_used:
            return True
        if self.should_close or self.transport is None or self.transport.is_closing():
            return False
        sock = self.transport.get_extra_info("socket")
        if sock is not None and wait_for_read(sock, timeout=0.0):
            return False
        return self._is_parser_at_start()

    def data_received(self, data: bytes) -> None:
        """Parse bytes of the response, without those of interim responses."""
        if data and self._is_waiting:
            data = self._without_interim(self._begun + data)
            if not data:
                self.start_timeout()
                return
        elif data and self._body is not None and self._body.is_eof():
            self._end()
            return
        super().data_received(data)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Hand the response over; a second one belongs to no request."""
        if not self._is_waiting:
            self._end()
            return
        self._is_waiting = False
        self._body = data[1]
        super().feed_data(data, size)

    def _without_interim(self, data: bytes) -> bytes:
        """Return the bytes of the final response; those of an incomplete head are kept for later.

        Interim responses have no body, but aiohttp reads one if their headers announce it.
        """
        self._begun = b""
        while len(data) < _STATUS_ENDS_AT or _INTERIM.match(data):
            if _SWITCHING_PROTOCOLS.match(data):
                self.set_exception(HttpProcessingError(message="a response without a request"))
                self._end()
                return b""
            end = _HEAD_END.search(data)
            if end is None:
                if len(data) > _LONGEST_HEAD:
                    break  # the parser refuses it
                self._begun = data
                return b""
            data = data[end.end() :]
        return data

    def _is_parser_at_start(self) -> bool:
        """Return whether the parser is not in the middle of a response, which it does not show.

        It is given another response, which it parses only at the start of one. The next
        request gets a new parser.
        """
        parser: Any = self._parser
        try:
            messages = parser.feed_data(_PROBE)[0]
        except Exception:  # noqa: BLE001 - whatever a parser raises
            return False
        return [message.code for message, _ in messages] == [_PROBED]

    def _end(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.abort()
