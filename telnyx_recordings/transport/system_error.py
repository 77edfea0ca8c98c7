"""Describes why a connection failed: reasons of the system, of TLS, and of proxies."""

from __future__ import annotations

import os
import socket
from http import HTTPStatus

from telnyx_recordings.core.messages import Failure
from telnyx_recordings.transport.tls import HELP

_SHOWN = 200


class ProxyRefusedError(Exception):
    """A proxy did not open a connection to the server.

    Attributes:
        status: of the proxy's response; 0 if that is not HTTP.
    """

    def __init__(self, status: int, reason: str = "") -> None:
        """Take the status and the reason phrase of the proxy's response."""
        super().__init__(f"{status} {reason}".strip() if status else "its response is not HTTP")
        self.status = status


def why_of(error: object) -> str:
    """Return the reason as `` (…)``, to append to a message; empty if the system states none."""
    if not isinstance(error, OSError) or not error.errno:
        return ""
    # asyncio replaces some messages by its own, which contain an address.
    is_name = isinstance(error, socket.gaierror)
    words = error.strerror if is_name else os.strerror(error.errno)
    return f" ({words})" if words else ""


def untrusted(error: object) -> str:
    """Return the reason for a certificate that was refused."""
    return f"the server's certificate was refused: {error}; {HELP}"


def through(proxy: str) -> str:
    """Return the proxy as part of a message; empty without one."""
    return f" (through the proxy {proxy})" if proxy else ""


def refused(proxy: str, status: int, response: str) -> Failure:
    """Return the failure for a proxy that did not connect to the server.

    Args:
        proxy: host and port.
        status: of its response; 0 if that is not HTTP.
        response: status and reason phrase, or what is wrong with the response.
    """
    line = " ".join("".join(each if each.isprintable() else "?" for each in response).split())
    message = f"the proxy {proxy} refused to connect: {line[:_SHOWN]}"
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        message += "; give its user name and password, as in http://user:password@host:3128"
    is_transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Failure(kind="connect" if is_transient else "proxy", message=message, proxy=proxy)
