"""Request, Response and Failure: what a call and its driver exchange."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct

from telnyx_recordings.core.credentials import Security

Kind = Literal[
    "connect", "connect_timeout", "timeout", "reset", "truncated", "tls", "proxy", "protocol"
]


_JSON: Final = re.compile(r"(?<!nd)json(?!l|-seq)")
"""In a media type: JSON, but not a sequence of many JSON texts."""
_CHARSET: Final = re.compile(r""";\s*charset\s*=\s*["']?([\w.:+-]+)""", re.IGNORECASE)


class Request(Struct, frozen=True, kw_only=True):
    """An HTTP request, without the API key, which the transport adds.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        path: the path below the base URL, without the query: for messages and logs.
        headers: by lower-case name.
        body: the body's bytes, or None.
        timeout: seconds to wait for a connection, and for each chunk of the response.
        expires: when the deadline of the call is reached, by the client's monotonic clock.
        stream: whether the caller reads the body of a successful response.
        security: the security of the operation.
        origin: scheme and host, if they are not those of the base URL.
        is_for_token: whether the response is a secret, which hooks do not see.
        idempotency_key: the id by which the service recognizes a repeated command; empty without.
    """

    method: str
    url: str
    path: str
    headers: dict[str, str]
    body: bytes | None
    timeout: float
    expires: float
    stream: bool = False
    security: Security | None = None
    origin: str = ""
    is_for_token: bool = False
    idempotency_key: str = ""

    def __repr__(self) -> str:
        """Show method and path, but not query, headers and body, which may hold secrets."""
        return f"<Request {self.method} {self.path}>"


class Response(Struct, frozen=True, kw_only=True):
    """An HTTP response.

    Attributes:
        status: the HTTP status.
        headers: looked up in lower case.
        body: the whole body; empty if it is streamed.
        stream: the unread body, if the caller reads it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    stream: Any = None

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; give it to the service's support."""
        found = self.headers.get("x-request-id")
        # It is part of logs and messages, where a line break could forge a line.
        return found if found is None or found.isprintable() else ascii(found)

    @property
    def is_json(self) -> bool:
        """Whether this is JSON, by its Content-Type, or by its first byte if it has none."""
        content_type = self.headers.get("content-type")
        if content_type is None:
            return self.body[:1] in b'{["'
        return _JSON.search(content_type.lower()) is not None

    @property
    def media_type(self) -> str:
        """The media type in lower case, without parameters; empty if there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text, in the charset of the Content-Type, by default UTF-8."""
        found = _CHARSET.search(self.headers.get("content-type", ""))
        try:
            return self.body.decode(found[1] if found else "utf-8", "replace")
        except (LookupError, ValueError):  # no charset, or none of texts
            return self.body.decode("utf-8", "replace")

    def shown(self, request: Request) -> Response:
        """Return what hooks may see of the response to a request."""
        if not request.is_for_token:
            return self
        return Response(status=self.status, headers={}, stream=self.stream)

    def __repr__(self) -> str:
        """Show the status and the size, but not the content."""
        return f"<Response {self.status}, {len(self.body)} bytes>"


class Failure(Struct, frozen=True, kw_only=True):
    """An attempt without a complete response.

    Attributes:
        kind: ``connect`` (DNS included) and ``connect_timeout`` before anything was sent,
            ``timeout``, ``reset``, ``truncated`` (the body ended early), ``tls`` (the certificate),
            ``proxy`` (a proxy refused to connect), ``protocol`` (the response is invalid HTTP or
            too large).
        message: what happened, in words.
        error: the exception that caused it.
        proxy: host and port of the proxy that was used; empty without one.
    """

    kind: Kind
    message: str
    error: BaseException | None = None
    proxy: str = ""

    @property
    def is_transient(self) -> bool:
        """Whether another attempt may succeed."""
        return self.kind not in ("tls", "proxy", "protocol")

    @property
    def is_ambiguous(self) -> bool:
        """Whether the server may have processed the request anyway."""
        return self.kind not in ("connect", "connect_timeout", "tls", "proxy")
