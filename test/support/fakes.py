"""A server that does as it is told, on loopback and over raw sockets; behaviours.py has what.

Only the standard library is used: tests of the built wheel run with it, too.
"""

import json
import socket
import ssl
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

from processes import end, wait_until

AT_ONCE = 20.0
"""Seconds that no machine is too busy for, and far fewer than what must not be waited for."""

_SOON = 0.02


@dataclass(frozen=True)
class Received:
    """A request as it came in; the names of headers are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path below `/v2`."""
        return urlsplit(self.target).path.removeprefix("/v2")

    @property
    def query(self) -> dict[str, str]:
        """The query, decoded; of a repeated name the last value."""
        pairs = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """One connection, from the server's side."""

    def __init__(self, sock: socket.socket, stopping: threading.Event) -> None:
        self.sock = sock
        self._stopping = stopping
        self._stream = sock.makefile("rb")

    def receive(self) -> Received | None:
        """Read a request; None when the client has gone."""
        first = self._stream.readline().split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while line := self._stream.readline().strip():
            name, _, value = line.partition(b":")
            headers[name.decode().lower()] = value.strip().decode()
        body = self._stream.read(int(headers.get("content-length", 0)))
        return Received(first[0].decode(), first[1].decode(), headers, body)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than the server runs."""
        self._stopping.wait(seconds)

    def wait_for_the_end(self) -> None:
        """Wait until the client closes the connection, or the server stops."""
        self._stream.read(1)

    @property
    def is_open(self) -> bool:
        """Whether the server runs on."""
        return not self._stopping.is_set()

    def reset(self) -> None:
        """End the connection with a TCP reset, once what was sent has arrived."""
        time.sleep(_SOON)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._stream.close()
        self.sock.close()

    def interrupt(self) -> None:
        """Wake whoever waits on the connection."""
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


class Behaviour(Protocol):
    """What a server does with one request."""

    def __call__(self, line: Line, request: Received, /) -> bool:
        """Answer, or not; True when the connection goes on."""
        ...


class Server:
    """Serves a script inside its `with` block: one behaviour a request, the last one for ever.

    With `tls`, it speaks TLS by that context. `requests` are those so far, `peak` is the largest
    number that was under way at once, `accepted` how many connections there were, and `open_lines`
    how many are open.
    """

    def __init__(self, *script: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._script = list(script)
        self._tls = tls
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._lines: set[Line] = set()
        self._threads: list[threading.Thread] = []
        self._under_way = 0
        self.peak = 0
        self.accepted = 0
        self.requests: list[Received] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._threads.append(threading.Thread(target=self._accept, name="fake-accept"))
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        end(self._threads[0])
        self._listener.close()
        for line in tuple(self._lines):
            line.interrupt()
        end(*self._threads)

    @property
    def base_url(self) -> str:
        """What a client takes for its base URL."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/v2"

    def wait_for(self, requests: int) -> None:
        """Wait until that many requests have come in."""
        wait_until(lambda: len(self.requests) >= requests)

    @property
    def open_lines(self) -> int:
        """How many connections are open; those that are being closed are waited for."""
        deadline = time.monotonic() + AT_ONCE
        while self._lines and time.monotonic() < deadline:
            time.sleep(_SOON / 10)
        return len(self._lines)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with suppress(OSError):
                sock, _ = self._listener.accept()
                self.accepted += 1
                thread = threading.Thread(target=self._serve, args=(sock,), name="fake-line")
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if self._tls is not None:
                sock.settimeout(AT_ONCE)
                sock = self._tls.wrap_socket(sock, server_side=True)
                sock.settimeout(None)
        except OSError:  # the client does not trust us
            sock.close()
            return
        line = Line(sock, self._stopping)
        self._lines.add(line)
        with suppress(OSError, ValueError):  # the client has gone, or the test is over
            while not self._stopping.is_set():
                request = line.receive()
                if request is None or not self._answer(line, request):
                    break
        line.close()
        self._lines.discard(line)

    def _answer(self, line: Line, request: Received) -> bool:
        with self._lock:
            self.requests.append(request)
            self._under_way += 1
            self.peak = max(self.peak, self._under_way)
            behaviour = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        try:
            return behaviour(line, request)
        finally:
            with self._lock:
                self._under_way -= 1


def closed_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def open_sockets() -> set[str]:
    """The sockets that this process has open (Linux alone tells: elsewhere none)."""
    found: set[str] = set()
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            found.add(str(entry.readlink()))
    return {each for each in found if each.startswith("socket:")}
