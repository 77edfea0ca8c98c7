"""Builds the request of an operation, with the client's config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from telnyx_recordings.core.config import Config
from telnyx_recordings.core.messages import Request
from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.body import content
from telnyx_recordings.core.request.operation import Operation


def prepare(
    operation: Operation[Any], config: Config, started: float, *, stream: bool = False
) -> Request:
    """Return the request of an operation, which all attempts send unchanged."""
    options = operation.options
    if either := operation.merged_by:
        raise ValueError(
            f"{operation.name}: {either.name} needs several requests, so there is no raw response"
        )
    path = encode.path(operation.path, operation.path_params)
    query = ""
    if operation.query or options:
        query = encode.query(operation.query, options.get("extra_query") or {})
    mark = "&" if "?" in path else "?"  # a contract may have a fixed query in a path
    body, media_type = content(operation)
    headers = dict(config.headers)
    if body is not None:
        headers["content-type"] = media_type
    if operation.accept:
        headers["accept"] = operation.accept
    if operation.cookies and (cookies := encode.cookies(operation.cookies)):
        headers["cookie"] = cookies
    own, extra = operation.headers, options.get("extra_headers")
    if own or extra:
        headers |= encode.headers(own) | encode.own_headers("extra_headers", extra or {})
    base_url, origin = config.base_url, ""
    if operation.server:
        base_url, origin = _server(config, operation.server)
    timeout = options.get("timeout")
    deadline = options.get("deadline")
    key = _key(operation) if operation.idempotency_field else None
    return Request(
        method=operation.method,
        url=f"{base_url}{path}{mark}{query}" if query else f"{base_url}{path}",
        path=path,
        headers=headers,
        body=body,
        timeout=config.timeout if timeout is None else timeout,
        expires=started + (config.deadline if deadline is None else deadline),
        stream=stream,
        security=operation.security,
        origin=origin,
        is_for_token=operation.is_for_token,
        idempotency_key=str(key or ""),
    )


def identified(operation: Operation[Any], new_id: Callable[[], object]) -> Operation[Any]:
    """Return the operation with an id for its command: the given one, or else a new one.

    An id that is null in ``extra_body`` is sent as null; such a command is not safe to retry.
    """
    field = operation.idempotency_field
    if not field or _key(operation):
        return operation
    if field in (operation.options.get("extra_body") or {}):
        return replace(operation, safe_to_retry=False)
    return replace(operation, body={**operation.body, field: str(new_id())})


def _key(operation: Operation[Any]) -> object:
    field = operation.idempotency_field
    return {**operation.body, **(operation.options.get("extra_body") or {})}.get(field)


def _server(config: Config, server: str | Mapping[str, str]) -> tuple[str, str]:
    """Return the base URL and the origin of an operation with a server of its own."""
    if not isinstance(server, str):  # several, by name: the one that the client uses, or the first
        server = server.get(config.server) or next(iter(server.values()))
    for name, value in config.variables.items():
        server = server.replace(f"{{{name}}}", value)
    base, own = urlsplit(config.base_url), urlsplit(server)
    if not own.netloc or config.has_own_url:
        path = own.path if own.path.startswith("/") or not own.path else f"/{own.path}"
        return f"{base.scheme}://{base.netloc}{path}", ""
    return server, f"{own.scheme}://{own.netloc}"
