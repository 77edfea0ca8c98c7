"""An error response, an unreadable one, or a failure → the exception that is raised."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from telnyx_recordings.core.config import Explain
from telnyx_recordings.core.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ModelError,
    class_for_status,
)
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.request.operation import Operation, type_for

_PHRASES = frozenset(HTTPStatus)
_BODY_SHOWN = 65_536
_ERROR_KEYS = frozenset({"code", "detail", "error", "message", "title"})
_TEXT_SHOWN = 500
_NOT_FOUND = 404

_ADVICE = {
    **dict.fromkeys((301, 302, 303, 307, 308), "redirects are not followed: check the base URL"),
    401: "check that the API key is correct and belongs to this account",
    403: "check the permissions of the API key",
    404: "it may have been deleted, or belong to another account",
    429: "send fewer requests, or let this client wait longer (max_retries, deadline)",
}
_NOT_THE_API = "this path always exists in the API: check the base URL"


def error_of_call(  # noqa: PLR0913 - everything that the error states
    operation: Operation[Any],
    request: Request,
    outcome: Response | Failure,
    hint: float | None,
    *,
    reason: str,
    ambiguous: bool,
    explain: Explain | None,
) -> APIError:
    """Return the exception for the last attempt of a call; for the arguments see `status_error`."""
    if isinstance(outcome, Response):
        error: APIError = status_error(
            operation, request, outcome, hint, reason=reason, explain=explain
        )
    else:
        error = error_of(request, outcome, reason)
    error.ambiguous = ambiguous
    error.idempotency_key = request.idempotency_key or None
    return error


def error_of(request: Request, failure: Failure, reason: str = "") -> APIError:
    """Return the exception for an attempt without a complete response."""
    after = f"; {reason}" if reason else ""
    if failure.kind in ("connect", "connect_timeout", "tls"):
        host = urlsplit(request.url).netloc
        used = f"the proxy {failure.proxy}" if failure.proxy else "no proxy"
        after += f"; check the network, and that the API is at {host}; {used} was used"
    message = f"{request.method} {request.path}: {failure.message}{after}"
    kinds: dict[str, type[APIError]] = {
        "connect_timeout": APITimeoutError,
        "timeout": APITimeoutError,
        "protocol": APIResponseError,
    }
    kind = kinds.get(failure.kind, APIConnectionError)
    error = kind(message, method=request.method, path=request.path)
    error.__cause__ = failure.error
    return error


def status_error(  # noqa: PLR0913 - everything that the error states
    operation: Operation[Any],
    request: Request,
    response: Response,
    hint: float | None,
    *,
    reason: str = "",
    explain: Explain | None = None,
) -> APIStatusError:
    """Return the exception for an error status.

    The hint is the number of seconds that the server asked to wait; the reason is why the call was
    not retried, as a clause, or empty.
    """
    errors = _errors_of(response.body)
    first = errors[0] if errors else {}
    title = _text(first.get("title")) or _text(first.get("message"))
    detail = _text(first.get("detail")) or _text(first.get("error_description"))
    source = _mapping(first.get("source"))
    pointer = _text(source.get("pointer")) or _text(source.get("parameter"))
    code = _text(first.get("code"))
    text = ": ".join(dict.fromkeys(one_line(part) for part in (title, detail) if part))
    message = f"{request.method} {request.path}: {response.status}"
    if text or (response.status in _PHRASES and not code):
        message += f" {text or HTTPStatus(response.status).phrase}"
    known = {"code": code, "at": pointer, "request id": response.request_id}
    facts = ", ".join(f"{name} {one_line(value)}" for name, value in known.items() if value)
    message += f" ({facts})" if facts else ""
    message += f"; {reason}" if reason else ""
    kind, advice = class_for_status(response.status), _ADVICE.get(response.status)
    if response.status == _NOT_FOUND and not operation.path_params:
        # A path without parameters names no resource: what is missing is the API itself.
        advice = _NOT_THE_API
    if explain and (found := explain(operation, response.status, code, f"{title} {detail}")):
        kind, advice = found
    if advice:
        message += f"; {advice}"
    error = kind(
        message,
        method=request.method,
        path=request.path,
        status_code=response.status,
        code=code,
        title=title,
        detail=detail,
        pointer=pointer,
        request_id=response.request_id,
        errors=errors,
        body=response.body[:_BODY_SHOWN].decode("utf-8", "replace"),
    )
    error.retry_after = hint
    error.parsed = _parsed(operation, response)
    return error


def _parsed(operation: Operation[Any], response: Response) -> Any:
    """Return the body of an error response as the contract types it; None if it does not fit."""
    kind = type_for(operation.errors, response.status, response.media_type)
    if kind is None:
        return None
    try:
        return decode.from_json(kind, response.body, lenient=False)
    except ModelError:
        return None


def unreadable(request: Request, response: Response, error: ModelError) -> APIResponseError:
    """Return the exception for a response that is not JSON, or has an unexpected shape."""
    if response.is_json:
        return unusable(request, response, f"cannot be read: {error}")
    content_type = one_line(response.headers.get("content-type") or "no JSON")
    why = f"cannot be read: it is {content_type}, not from the API: check the base URL, and for a "
    return unusable(request, response, why + "proxy in between")


def unusable(request: Request, response: Response, why: str) -> APIResponseError:
    """Return the exception for an unusable response; `why` completes "the response …"."""
    about = f", request id {one_line(response.request_id)}" if response.request_id else ""
    message = f"{request.method} {request.path}: the response ({response.status}{about}) {why}"
    error = APIResponseError(message, method=request.method, path=request.path)
    error.ambiguous = request.method != "GET"
    return error


def _errors_of(body: bytes) -> list[dict[str, Any]]:
    """Return the error objects of a body; HTML from a proxy or an empty body has none.

    They are in the list `errors`, or alone in `error`, or the body itself is one, as in RFC 9457.
    """
    whole = object_in(body)
    rows = whole.get("errors")
    listed = cast("list[object]", rows) if isinstance(rows, list) else []
    found = [row for each in listed if (row := _mapping(each))]
    alone = _mapping(whole.get("error")) or whole
    return found or ([alone] if _ERROR_KEYS & alone.keys() else [])


def object_in(body: bytes) -> dict[str, Any]:
    """Parse a body that is a JSON object; return an empty dict for any other body."""
    try:
        return _mapping(msgspec.json.decode(body))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {}


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def one_line(text: str) -> str:
    """Return text from a server for use in a message: one printable line of limited length."""
    line = " ".join(text[: 2 * _TEXT_SHOWN].split())
    line = "".join(each if each.isprintable() else "?" for each in line)
    return line if len(line) <= _TEXT_SHOWN else f"{line[:_TEXT_SHOWN]}…"


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
