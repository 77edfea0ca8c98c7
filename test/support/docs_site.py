"""The docs site: built from a copy of the project, and served from loopback as a host would."""

import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import processes
from builds import copy

SOURCES = ("docs", "telnyx_recordings", "CHANGELOG.md", "CONTRIBUTING.md", "zensical.toml")


class SiteProject:
    """What `make docs` reads, in a folder where a test may change it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "build/site"
        folder.mkdir(exist_ok=True)
        copy(SOURCES, folder)

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def build(self) -> subprocess.CompletedProcess[str]:
        return processes.run(sys.executable, self.folder / "docs/make_site.py")


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, and 404.html where there is none."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a 404 with the site's own page."""
        if code != 404:
            super().send_error(code, message, explain)
            return
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Stay silent."""


@contextmanager
def serving(site: Path) -> Generator[str]:
    """Serve a folder on a free port; gives its URL, with a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        processes.end(thread)
