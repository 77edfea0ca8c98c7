"""A loopback server that is never what a client waits for: its own process, answers made before.

`python -m benchmarks.server ROWS` prints its base URL and ends with its standard input.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from threading import Thread

from benchmarks.peers import PAGE_SIZE
from benchmarks.rows import page, rows, single
from benchmarks.workshop import ROOT

_PAGE_NUMBER = re.compile(rb"page(?:\[|%5B)number(?:\]|%5D)=(\d+)", re.IGNORECASE)
_RETRIEVE = re.compile(rb"GET /v2/recordings/")
_RECEIVED = 65_536


@contextmanager
def serving(count: int) -> Generator[str, None, None]:
    """Serve a list of so many recordings, and give the base URL."""
    command = [sys.executable, "-m", "benchmarks.server", str(count)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            if server.stdout is None or not (url := server.stdout.readline().strip()):
                message = "the loopback server did not start"
                raise RuntimeError(message)
            yield url
        finally:
            if server.stdin is not None:
                server.stdin.close()


class Answers:
    """Whole HTTP answers, made before the first request comes."""

    def __init__(self, count: int) -> None:
        """Make a list of so many recordings."""
        data = list(rows(count))
        self.pages = [
            _answer(page(data[i : i + PAGE_SIZE], number=number, size=PAGE_SIZE, total=count))
            for number, i in enumerate(range(0, count, PAGE_SIZE), 1)
        ]
        self.one = _answer(single(data[0]))

    def to(self, request: bytes) -> bytes:
        """Return the answer to a request."""
        if _RETRIEVE.match(request):
            return self.one
        found = _PAGE_NUMBER.search(request)
        return self.pages[int(found[1]) - 1 if found else 0]


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nx-request-id: 5d1c3a9e-loopback\r\n\r\n"
    )
    return head.encode() + body


def _serve(connection: socket.socket, answers: Answers) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pending = b""
    with connection, suppress(ConnectionError):  # a client may leave whenever it likes
        while piece := connection.recv(_RECEIVED):
            pending += piece
            while b"\r\n\r\n" in pending:  # only GET requests come, so there are no bodies
                request, _, pending = pending.partition(b"\r\n\r\n")
                connection.sendall(answers.to(request))


def _accept(listener: socket.socket, answers: Answers) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=_serve, args=(connection, answers), daemon=True).start()


def main() -> None:
    """Serve until standard input ends."""
    answers = Answers(int(sys.argv[1]))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        Thread(target=_accept, args=(listener, answers), daemon=True).start()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/v2", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
