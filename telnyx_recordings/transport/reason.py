"""Why no connection could be made, in the system's words."""

from __future__ import annotations

import os
import socket


def why_of(error: object) -> str:
    """Return it in brackets, with a space before them; nothing where the system does not say."""
    if not isinstance(error, OSError) or not error.errno:
        return ""
    # asyncio has other words for some of them, with an address in it.
    is_name = isinstance(error, socket.gaierror)
    words = error.strerror if is_name else os.strerror(error.errno)
    return f" ({words})" if words else ""
