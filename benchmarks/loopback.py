"""Servers on loopback, each in a process of its own that ends with its standard input."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Thread

from benchmarks.workshop import ROOT

Handler = Callable[[socket.socket], None]


@contextmanager
def started(module: str, *arguments: str) -> Generator[str]:
    """Run a module that calls `serve`; yield its URL."""
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            if server.stdout is None or not (url := server.stdout.readline().strip()):
                raise RuntimeError(f"{module} did not start")
            yield url
        finally:
            if server.stdin is not None:
                server.stdin.close()


def serve(handler_for: Callable[[str], Handler], path: str = "") -> None:
    """Print the URL, and handle each connection in a thread, until standard input ends.

    Args:
        handler_for: returns the function that handles a connection, given the origin of the server.
        path: the end of the URL.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        Thread(target=_accept, args=(listener, handler_for(origin)), daemon=True).start()
        print(f"{origin}{path}", flush=True)
        sys.stdin.read()


def _accept(listener: socket.socket, handle: Handler) -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Thread(target=handle, args=(connection,), daemon=True).start()
