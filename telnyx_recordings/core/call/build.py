"""Builds the request of an operation, with the client's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.operation import Operation, Request


class Settings(Struct, frozen=True, kw_only=True):
    """The settings that a request is built with.

    Attributes:
        base_url: of the service.
        has_own_url: whether the base URL is not the contract's, as for a sandbox; then it is also
            used for operations with a server of their own.
        headers: sent with every request.
        timeout: seconds to wait for a connection, and for each chunk of a response.
        max_retries: the most retries of a call.
        deadline: seconds for a call in total.
    """

    base_url: str
    has_own_url: bool = False
    headers: Mapping[str, str]
    timeout: float
    max_retries: int
    deadline: float


def prepare(
    operation: Operation[Any], settings: Settings, started: float, *, stream: bool = False
) -> Request:
    """Return the request of an operation, which all attempts send unchanged."""
    options = operation.options
    path = encode.path(operation.path, operation.path_params)
    query = ""
    if operation.query or options:
        query = encode.query(operation.query, options.get("extra_query") or {})
    body, media_type = encode.content(operation)
    headers = dict(settings.headers)
    if body is not None:
        headers["content-type"] = media_type
    if operation.accept:
        headers["accept"] = operation.accept
    if operation.cookies and (cookies := encode.cookies(operation.cookies)):
        headers["cookie"] = cookies
    own, extra = operation.headers, options.get("extra_headers")
    if own or extra:
        headers |= encode.headers(own, extra or {})
    base_url, origin = settings.base_url, ""
    if operation.server:
        base_url, origin = _server(settings, operation.server)
    timeout = options.get("timeout")
    deadline = options.get("deadline")
    return Request(
        method=operation.method,
        url=f"{base_url}{path}?{query}" if query else f"{base_url}{path}",
        path=path,
        headers=headers,
        body=body,
        timeout=settings.timeout if timeout is None else timeout,
        expires=started + (settings.deadline if deadline is None else deadline),
        stream=stream,
        security=operation.security,
        origin=origin,
    )


def _server(settings: Settings, server: str) -> tuple[str, str]:
    """Return the base URL and the origin of an operation with a server of its own."""
    base, own = urlsplit(settings.base_url), urlsplit(server)
    if not own.netloc or settings.has_own_url:
        path = own.path if own.path.startswith("/") or not own.path else f"/{own.path}"
        return f"{base.scheme}://{base.netloc}{path}", ""
    return server, f"{own.scheme}://{own.netloc}"
