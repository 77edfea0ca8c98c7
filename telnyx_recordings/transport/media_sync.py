"""The sync transport for audio: separate connections, without API key."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from telnyx_recordings.core.hosts import address_of, may_connect
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.core.network import Network
from telnyx_recordings.errors import MediaAccessError
from telnyx_recordings.transport.connections import (
    DEADLINE,
    Connection,
    Connections,
    Deadline,
    TlsConnection,
)
from telnyx_recordings.transport.sync import failure_of
from telnyx_recordings.transport.system_error import ProxyRefusedError

if TYPE_CHECKING:
    import urllib3

_CHUNK_SIZE = 262_144
_NEVER = Retry(total=False, redirect=False)


class MediaReply:
    """The response of a store, whose body is read in chunks."""

    def __init__(self, reply: urllib3.BaseHTTPResponse) -> None:
        """Wrap the response of urllib3."""
        self._reply = reply
        self.status: int = reply.status
        self.headers: Mapping[str, str] = reply.headers

    def read(self) -> bytes | Failure:
        """Return the bytes that have arrived, at least one; none at the end."""
        try:
            return self._reply.read1(_CHUNK_SIZE, decode_content=False)
        except (HTTPError, OSError) as error:
            return media_failure(failure_of(error))

    def close(self) -> None:
        """Release the connection, which is reused if the body was read to its end."""
        self._reply.close()


class MediaPool(Connections):
    """Sends requests for audio; safe to share between threads."""

    def __init__(self, network: Network | None = None) -> None:
        """Take how connections are made; this opens none."""
        super().__init__("", network, (_Guarded, _GuardedTls))

    def open(self, url: str, headers: dict[str, str], timeout: float) -> MediaReply | Failure:
        """Send a GET request, without following redirects.

        Raises:
            MediaAccessError: the host is, or resolves to, an address that is not allowed.
            ConfigError: the setting of the proxy or of TLS is invalid.
        """
        parts = urlsplit(url)
        check_address(parts.hostname or "")
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        deadline = Deadline(time.monotonic, time.monotonic() + 2 * timeout)  # connect, headers
        token = DEADLINE.set(deadline)
        proxy = None
        try:
            origin = f"{parts.scheme}://{parts.netloc}"
            pool, proxy, is_forwarded = self.get(origin)
            reply = pool.urlopen(
                "GET",
                origin + target if is_forwarded else target,
                headers=headers,
                timeout=timeout,
                redirect=False,
                assert_same_host=False,  # that of a proxy is another one
                retries=_NEVER,
                preload_content=False,
                decode_content=False,
            )
        except (HTTPError, OSError, ProxyRefusedError) as error:
            return media_failure(failure_of(error, proxy))
        finally:
            DEADLINE.reset(token)
        deadline.lift(timeout)
        return MediaReply(reply)


def media_failure(failure: Failure) -> Failure:
    """Return the failure without its error, which may hold the link, a secret."""
    message = failure.message
    if failure.kind in ("connect", "connect_timeout") and not failure.proxy:
        message += "; no proxy was used"
    return Failure(kind=failure.kind, message=message, proxy=failure.proxy)


def check_address(host: str) -> None:
    """Check a host that is an address; names are checked when they have been resolved.

    Raises:
        MediaAccessError: the address is not public.
    """
    if address_of(host) is not None and not may_connect(host, host):
        raise MediaAccessError(f"{host} is not a public address")


def check_resolved(host: str, address: str) -> None:
    """Check an address to which a host resolves.

    Raises:
        MediaAccessError: the host must not resolve to it: see `may_connect`.
    """
    if not may_connect(host, address):
        raise MediaAccessError(f"{host} resolves to {address}, which is not a public address")


class _Guarded(Connection):
    """Refuses to connect to addresses that the host must not resolve to: see `may_connect`."""

    def connect(self) -> None:
        if cast("Any", self).proxy is not None:
            super().connect()  # the proxy resolves the name
            return
        for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
            check_resolved(self.host, str(found[4][0]))
        super().connect()
        # Connecting resolved the name again, perhaps to another address.
        check_resolved(self.host, self.sock.getpeername()[0])


class _GuardedTls(_Guarded, TlsConnection):
    """The same with TLS."""
