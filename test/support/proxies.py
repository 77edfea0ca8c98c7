"""An HTTP proxy on loopback, for TLS (CONNECT) and plain HTTP, and what it saw."""

import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from behaviours import Raw
from fakes import Line, Received, Server
from processes import end

_UNAUTHENTICATED = Raw(
    b"HTTP/1.1 407 Proxy Authentication Required\r\n"
    b'Proxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
)


class Proxy(Server):
    """Passes on what it is sent, inside its `with` block.

    With `user`, as in ``name:password``, it asks for that. With `refusal`, it answers CONNECT with
    these bytes. Hosts are looked up in `addresses` first, so that names need not exist.

    `tunnelled` are the bytes that went through it, in both directions.
    """

    def __init__(
        self,
        user: str | None = None,
        *,
        refusal: bytes | None = None,
        tls: ssl.SSLContext | None = None,
        addresses: dict[str, tuple[str, int]] | None = None,
    ) -> None:
        super().__init__(self._pass_on, tls=tls)
        self._expected = f"Basic {b64encode(user.encode()).decode()}" if user else None
        self._refusal = refusal
        self._addresses = addresses or {}
        self.tunnelled = bytearray()
        self.name = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.name}"

    def with_user(self, user: str) -> str:
        """Its URL, with a user name and a password."""
        return self.url.replace("://", f"://{user}@")

    @property
    def targets(self) -> list[str]:
        """The hosts and ports that it was asked to connect to."""
        return [each.target for each in self.requests if each.method == "CONNECT"]

    def _pass_on(self, line: Line, request: Received) -> bool:
        if self._expected not in (None, request.headers.get("proxy-authorization")):
            return _UNAUTHENTICATED(line, request)
        if self._refusal is not None:
            return Raw(self._refusal)(line, request)
        if request.method == "CONNECT":
            host, _, port = request.target.rpartition(":")
            address = self._addresses.get(host, (host.strip("[]"), int(port)))
            with socket.create_connection(address) as server:
                line.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump_both(line.sock, server)
            return False
        parts = urlsplit(request.target)
        with socket.create_connection((str(parts.hostname), parts.port or 80)) as server:
            path = request.target.partition(parts.netloc)[2] or "/"
            lines = [f"{request.method} {path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in request.headers.items()]
            server.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + request.body)
            self._pump_both(line.sock, server)
        return False

    def _pump_both(self, client: Any, server: socket.socket) -> None:
        thread = threading.Thread(target=self._pump, args=(server, client), name="fake-pump")
        thread.start()
        self._pump(client, server)
        end(thread)

    def _pump(self, source: Any, sink: Any) -> None:
        with suppress(OSError, ValueError):  # one side has gone, or the test is over
            while piece := source.recv(65_536):
                self.tunnelled += piece
                sink.sendall(piece)
        for each in (source, sink):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
