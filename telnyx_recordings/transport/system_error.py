"""The reason why a connection failed, as the system states it."""

from __future__ import annotations

import os
import socket


def why_of(error: object) -> str:
    """Return the reason as `` (…)``, to append to a message; empty if the system states none."""
    if not isinstance(error, OSError) or not error.errno:
        return ""
    # asyncio replaces some messages by its own, which contain an address.
    is_name = isinstance(error, socket.gaierror)
    words = error.strerror if is_name else os.strerror(error.errno)
    return f" ({words})" if words else ""
