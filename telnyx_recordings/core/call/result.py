"""A successful response → the typed result of a call."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import Struct

from telnyx_recordings.core.call.problems import unreadable
from telnyx_recordings.core.errors import ModelError, without_frames
from telnyx_recordings.core.messages import Request, Response
from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.shape import shape_of
from telnyx_recordings.core.request.operation import Operation

T = TypeVar("T")

_NO_CONTENT = 204


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
    if kind in (str, Any) and not response.is_json:
        return body.decode("utf-8", "replace")  # type: ignore[return-value]  # T is str
    if not body and is_model and (operation.method != "GET" or response.status == _NO_CONTENT):
        body = b"{}"  # the call was processed; some versions of the service send no body
    try:
        parsed: Any = decode.from_json(kind, body, lenient=True)
    except ModelError as error:
        del body  # it may hold links, which tools that show variables would show
        without_frames(error)
        raise unreadable(result.request, response, error) from error
    if result.request.idempotency_key and operation.idempotency_field in shape_of(kind).fields:
        setattr(parsed, operation.idempotency_field, result.request.idempotency_key)
    return parsed  # type: ignore[no-any-return]  # a T


def _kind(operation: Operation[Any], status: int) -> Any:
    """Return the type of a response with this status."""
    others = operation.others
    for key in (status, status // 100, 0):
        if key in others:
            return others[key]
    return operation.result
