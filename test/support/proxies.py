"""An HTTP proxy on loopback, for TLS (CONNECT) and plain HTTP, and what it saw."""

import socket
import ssl
import threading
from base64 import b64encode
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from processes import PATIENCE, end


class Proxy:
    """Passes on what it is sent, inside its `with` block.

    With `user`, as in ``name:password``, it asks for that. With `refusal`, it answers CONNECT with
    these bytes. Hosts are looked up in `addresses` first, so that names need not exist.

    `targets` are the hosts and ports of CONNECT, `requests` the first lines of other requests,
    `heads` all heads that it has read, and `tunnelled` the bytes that went through it to servers.
    """

    def __init__(
        self,
        user: str | None = None,
        *,
        refusal: bytes | None = None,
        tls: ssl.SSLContext | None = None,
        addresses: dict[str, tuple[str, int]] | None = None,
    ) -> None:
        self._expected = f"Basic {b64encode(user.encode()).decode()}" if user else None
        self._refusal = refusal
        self._tls = tls
        self._addresses = addresses or {}
        self._sockets: set[Any] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self.targets: list[str] = []
        self.requests: list[str] = []
        self.heads: list[bytes] = []
        self.tunnelled = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.name}"

    def with_user(self, user: str) -> str:
        """Its URL, with a user name and a password."""
        return self.url.replace("://", f"://{user}@")

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        end(*self._threads)
        self._listener.close()

    def _start(self, work: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, name="fake-proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopping:
            with suppress(OSError):
                client, _ = self._listener.accept()
                self._start(self._serve, client)

    def _serve(self, client: Any) -> None:
        try:
            if self._tls is not None:
                client.settimeout(PATIENCE / 10)
                client = self._tls.wrap_socket(client, server_side=True)
                client.settimeout(None)
            self._sockets.add(client)
            self._answer(client)
        except (OSError, ValueError):
            pass  # one side has gone, or the test is over
        finally:
            self._sockets.discard(client)
            client.close()

    def _answer(self, client: Any) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = client.recv(1)
            if not piece:
                return
            head += piece
        self.heads.append(head)
        method, target, _ = head.partition(b"\r\n")[0].decode().split(" ")
        lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        if method == "CONNECT":
            self.targets.append(target)
        else:
            self.requests.append(f"{method} {target}")
        if self._expected is not None and headers.get("proxy-authorization") != self._expected:
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                b'Proxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
            )
        elif self._refusal is not None:
            client.sendall(self._refusal)
        elif method == "CONNECT":
            host, _, port = target.rpartition(":")
            address = self._addresses.get(host, (host.strip("[]"), int(port)))
            with socket.create_connection(address) as server:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump_both(client, server)
        else:
            parts = urlsplit(target)
            with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as server:
                path = target.partition(parts.netloc)[2] or "/"
                server.sendall(head.replace(target.encode(), path.encode(), 1))
                self._pump_both(client, server)

    def _pump_both(self, client: Any, server: socket.socket) -> None:
        self._sockets.add(server)
        thread = threading.Thread(target=self._pump, args=(server, client), name="fake-pump")
        thread.start()
        self._pump(client, server)
        end(thread)
        self._sockets.discard(server)

    def _pump(self, source: Any, sink: Any) -> None:
        with suppress(OSError, ValueError):
            while piece := source.recv(65_536):
                if isinstance(sink, socket.socket) and sink in self._sockets:
                    self.tunnelled += piece
                sink.sendall(piece)
        for each in (source, sink):
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
