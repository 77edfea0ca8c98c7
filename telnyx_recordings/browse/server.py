"""Serves the pages of an archive on loopback."""

from __future__ import annotations

import secrets
import socket
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import tzinfo
from os import PathLike, access
from pathlib import Path
from typing import NamedTuple

import uvicorn
from starlette.types import ASGIApp

from telnyx_recordings.archive.manifest.manifest import SEARCH_INDEX
from telnyx_recordings.archive.manifest.opening import exists
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.browse.app import Browser
from telnyx_recordings.browse.index import Index
from telnyx_recordings.browse.updates import Updates
from telnyx_recordings.errors import DestinationError

_HOST = "127.0.0.1"
_WRITE = 2  # os.W_OK


class Pages(NamedTuple):
    """An application that is ready to be served, and the address that opens it."""

    app: ASGIApp
    listener: socket.socket
    url: str

    def serve(self) -> None:
        """Serve the pages until Ctrl-C."""
        config = uvicorn.Config(
            self.app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        uvicorn.Server(config).run(sockets=[self.listener])


@contextmanager
def open_pages(
    destination: str | PathLike[str], port: int = 0, zone: tzinfo | None = None
) -> Generator[Pages]:
    """Open an archive, update its index in the background, and listen on loopback.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        port: 0 for any that is free.
        zone: the time zone of the pages; by default that of this machine.

    Raises:
        DestinationError: there is no archive, or it cannot be read.
        OSError: the port is taken.
    """
    store = open_store(destination)
    if not exists(store):
        raise DestinationError(f"there is no archive at {store.url}")
    with ExitStack() as stack:
        folder = store.manifest_path().parent
        if not access(folder, _WRITE):  # as on a disk that is read-only
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        index = Index(folder / SEARCH_INDEX)
        updates = Updates(store, index)
        browser = Browser(store, index, updates, zone)
        listener = stack.enter_context(socket.create_server((_HOST, port)))
        port = listener.getsockname()[1]
        token = secrets.token_urlsafe(24)
        updates.start()
        stack.callback(updates.close)
        url = f"http://{_HOST}:{port}/?token={token}"
        yield Pages(browser.app(token, port), listener, url)
