"""A call with all its attempts, as a generator that does no I/O.

It yields `Send` and is sent a `Response` or a `Failure`; it yields `Wait` and is sent None. The
sync and async drivers in `telnyx_recordings.transport` differ only in ``await``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from telnyx_recordings.core.call.build import Settings, prepare
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.retry import (
    THROTTLED,
    Budget,
    Failure,
    GiveUp,
    Wait,
    decide,
    hint_of,
)
from telnyx_recordings.core.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    ModelError,
    class_for_status,
    without_frames,
)
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.request.operation import Operation, Request, Response

T = TypeVar("T")

log: Final = logging.getLogger("telnyx_recordings")

SUCCESS = range(200, 300)  # redirects are not followed, so they are errors

_PHRASES = frozenset(HTTPStatus)
_BODY_SHOWN = 65_536
_ERROR_KEYS = frozenset({"code", "detail", "error", "message", "title"})
_TEXT_SHOWN = 500
_NO_CONTENT = 204
_NOT_FOUND = 404
_AMBIGUOUS_STATUSES = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524})

_NOTHING = Failure(kind="reset", message="no response")
_NOT_SENT = Failure(kind="timeout", message="not sent")
_RATE_LIMITED = GiveUp("the rate limit allows no request before the deadline")

_ADVICE = {
    **dict.fromkeys((301, 302, 303, 307, 308), "redirects are not followed: check the base URL"),
    401: "check that the API key is correct and belongs to this account",
    403: "check the permissions of the API key and the balance of the account",
    404: "it may have been deleted, or belong to another account",
    429: "send fewer requests, or let this client wait longer (max_retries, deadline)",
}
_NOT_THE_API = "this path always exists in the API: check the base URL"


class Send(Struct, frozen=True):
    """Send this request; the generator is sent its outcome."""

    request: Request


Step = Send | Wait
Outcome = Response | Failure | None
"""What the generator is sent: the outcome of an attempt, or None after a wait."""


class Environment(Struct, frozen=True, kw_only=True):
    """Clocks and randomness, which tests replace.

    Attributes:
        clock: returns monotonic seconds.
        wall: returns the Unix time.
        chance: returns a random number, 0 ≤ chance < 1.
    """

    clock: Callable[[], float]
    wall: Callable[[], float]
    chance: Callable[[], float]


class Shared(Struct, frozen=True, kw_only=True):
    """The state that all calls of a client share."""

    settings: Settings
    environment: Environment
    budget: Budget
    pacer: Pacer


class CallResult(Struct, frozen=True, kw_only=True):
    """The result of a successful call.

    Attributes:
        request: that was sent.
        response: to the last attempt.
        attempts: number of attempts that it took.
        already_absent: whether a delete found nothing, after an attempt whose response was lost.
    """

    request: Request
    response: Response
    attempts: int
    already_absent: bool = False


def call(
    operation: Operation[Any], shared: Shared, *, stream: bool = False
) -> Generator[Step, Outcome, CallResult]:
    """Make one call.

    Raises:
        APIStatusError: the API answered with an error status.
        APIConnectionError: there was no complete response (APITimeoutError: not in time).
        APIResponseError: the response is invalid HTTP or too large.
    """
    settings, environment, pacer = shared.settings, shared.environment, shared.pacer
    now = started = environment.clock()
    request = prepare(operation, settings, started, stream=stream)
    retries = operation.options.get("max_retries")
    max_retries = settings.max_retries if retries is None else retries
    outcome: Outcome = None
    hint: float | None = None
    verdict: Wait | GiveUp
    ambiguous = False
    attempt = 0
    while True:
        while seconds := pacer.reserve(now):
            if now + seconds >= request.expires:
                _log(request, outcome, now - started, attempt)
                last = outcome or _NOT_SENT
                raise _error(operation, request, last, hint, _RATE_LIMITED, ambiguous=ambiguous)
            yield Wait(seconds)
            now = environment.clock()
        attempt += 1
        sent = now
        try:
            outcome = yield Send(request)
        finally:
            pacer.release()
        now = environment.clock()
        status = hint = failure = None
        if isinstance(outcome, Response):
            status = outcome.status
            absent = ambiguous and status == _NOT_FOUND and operation.method == "DELETE"
            throttled = status == THROTTLED
            succeeded = absent or status in SUCCESS
            hint = (
                None
                if succeeded
                else hint_of(outcome.headers, environment.wall(), throttled=throttled)
            )
            pacer.observe(
                outcome.headers,
                now,
                environment.wall(),
                sent=sent,
                refused_for=hint if throttled else None,
            )
            if succeeded:
                shared.budget.earn()
                _log(request, outcome, now - started, attempt)
                return CallResult(
                    request=request, response=outcome, attempts=attempt, already_absent=absent
                )
        else:
            outcome = failure = outcome or _NOTHING
        verdict = decide(
            status=status,
            failure=failure,
            attempt=attempt,
            hint=hint,
            max_retries=max_retries,
            safe_to_retry=operation.safe_to_retry,
            left=request.expires - now,
            chance=environment.chance(),
            budget=shared.budget,
        )
        ambiguous = ambiguous or _was_ambiguous(status, failure)
        if isinstance(verdict, GiveUp):
            _log(request, outcome, now - started, attempt)
            raise _error(operation, request, outcome, hint, verdict, ambiguous=ambiguous)
        yield verdict
        now = environment.clock()


def parse(operation: Operation[T], result: CallResult) -> T:
    """Return the typed result of a call, decoded leniently.

    Raises:
        APIResponseError: the body is not JSON, or not of the expected shape.
    """
    response = result.response
    kind: Any = operation.result
    if operation.others:
        kind = _kind(operation, response.status)
    is_model = isinstance(kind, type) and issubclass(kind, Model)
    if kind is None or (result.already_absent and not is_model):
        return None  # type: ignore[return-value]  # T is None, or there is nothing
    if result.already_absent:
        return kind.from_dict({"already_absent": True})  # type: ignore[no-any-return]  # a kind
    body = response.body
    if kind is bytes:
        return body  # type: ignore[return-value]  # T is bytes
    if kind in (str, Any) and not _is_json(response):
        return body.decode("utf-8", "replace")  # type: ignore[return-value]  # T is str
    if not body and is_model and (operation.method != "GET" or response.status == _NO_CONTENT):
        body = b"{}"  # the call was processed; some versions of the service send no body
    try:
        return decode.from_json(kind, body, lenient=True)  # type: ignore[no-any-return]
    except ModelError as error:
        del body  # it may hold links, which tools that show variables would show
        without_frames(error)
        raise _unreadable(result, error) from error


def _unreadable(result: CallResult, error: ModelError) -> APIResponseError:
    request, response = result.request, result.response
    about = f", request id {_one_line(response.request_id)}" if response.request_id else ""
    message = f"{request.method} {request.path}: the response ({response.status}{about})"
    if _is_json(response):
        message += f" cannot be read: {error}"
    else:  # of a proxy, a portal, or a web site
        content_type = _one_line(response.headers.get("content-type") or "no JSON")
        message += f" cannot be read: it is {content_type}, not from the API: check the base "
        message += "URL, and for a proxy in between"
    unread = APIResponseError(message, method=request.method, path=request.path)
    unread.ambiguous = request.method != "GET"
    return unread


def _kind(operation: Operation[Any], status: int) -> Any:
    """Return the type of a response with this status."""
    others = operation.others
    for key in (status, status // 100, 0):
        if key in others:
            return others[key]
    return operation.result


def _is_json(response: Response) -> bool:
    """Tell whether a response is JSON, by its Content-Type, or by its first byte if it has none."""
    content_type = response.headers.get("content-type")
    if content_type is None:
        return response.body[:1] in b'{["'
    return "json" in content_type.lower()


def _was_ambiguous(status: int | None, failure: Failure | None) -> bool:
    """Tell whether the server may have processed a request that it did not answer properly."""
    return failure.is_ambiguous if failure is not None else status in _AMBIGUOUS_STATUSES


def _log(request: Request, outcome: Outcome, seconds: float, attempt: int) -> None:
    if log.isEnabledFor(logging.DEBUG):
        response = outcome if isinstance(outcome, Response) else None
        log.debug(
            "%s %s %s %.0f ms attempt=%d request_id=%s",
            request.method,
            request.path,
            response.status if response else "no response",
            seconds * 1000,
            attempt,
            response.request_id if response else None,
        )


def _error(  # noqa: PLR0913 - all that there is to tell
    operation: Operation[Any],
    request: Request,
    outcome: Response | Failure,
    hint: float | None,
    verdict: GiveUp,
    *,
    ambiguous: bool,
) -> APIError:
    if isinstance(outcome, Response):
        # A path without parameters names no resource: what is missing is the API itself.
        missing_api = outcome.status == _NOT_FOUND and not operation.path_params
        advice = _NOT_THE_API if missing_api else None
        error: APIError = status_error(request, outcome, hint, verdict.reason, advice)
    else:
        error = error_of(request, outcome, verdict.reason)
    error.ambiguous = ambiguous
    return error


def error_of(request: Request, failure: Failure, reason: str = "") -> APIError:
    """Return the exception for an attempt without a complete response."""
    after = f"; {reason}" if reason else ""
    if failure.kind in ("connect", "connect_timeout", "tls"):
        host = urlsplit(request.url).netloc
        after += f"; check the network, and that the API is at {host}"
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


def status_error(
    request: Request,
    response: Response,
    hint: float | None,
    reason: str = "",
    advice: str | None = None,
) -> APIStatusError:
    """Return the exception for an error status; `advice` replaces the usual one for the status."""
    errors = _errors_of(response.body)
    first = errors[0] if errors else {}
    title = _text(first.get("title")) or _text(first.get("message"))
    detail = _text(first.get("detail")) or _text(first.get("error_description"))
    source = _mapping(first.get("source"))
    pointer = _text(source.get("pointer")) or _text(source.get("parameter"))
    code = _text(first.get("code"))
    text = ": ".join(dict.fromkeys(_one_line(part) for part in (title, detail) if part))
    message = f"{request.method} {request.path}: {response.status}"
    if text or (response.status in _PHRASES and not code):
        message += f" {text or HTTPStatus(response.status).phrase}"
    known = {"code": code, "at": pointer, "request id": response.request_id}
    facts = ", ".join(f"{name} {_one_line(value)}" for name, value in known.items() if value)
    message += f" ({facts})" if facts else ""
    message += f"; {reason}" if reason else ""
    if advice := advice or _ADVICE.get(response.status):
        message += f"; {advice}"
    error = class_for_status(response.status)(
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
    return error


def _errors_of(body: bytes) -> list[dict[str, Any]]:
    """Return the error objects of a body; HTML from a proxy or an empty body has none.

    They are in the list `errors`, or alone in `error`, or the body itself is one, as in RFC 9457.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []
    whole = _mapping(document)
    rows = whole.get("errors")
    listed = cast("list[object]", rows) if isinstance(rows, list) else []
    found = [row for each in listed if (row := _mapping(each))]
    alone = _mapping(whole.get("error")) or whole
    return found or ([alone] if _ERROR_KEYS & alone.keys() else [])


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _one_line(text: str) -> str:
    """Return text from a server for use in a message: one printable line of limited length."""
    line = " ".join(text[: 2 * _TEXT_SHOWN].split())
    line = "".join(each if each.isprintable() else "?" for each in line)
    return line if len(line) <= _TEXT_SHOWN else f"{line[:_TEXT_SHOWN]}…"


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
