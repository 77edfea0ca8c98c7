"""A successful response → the typed result of a call."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from types import NoneType
from typing import Any, Final, TypeVar, cast, get_args, get_origin

from msgspec import Struct

from telnyx_recordings.core.call.problems import one_line, unreadable, unusable
from telnyx_recordings.core.errors import ModelError, without_frames
from telnyx_recordings.core.messages import Request, Response
from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.choices import is_model
from telnyx_recordings.core.model.shape import shape_of
from telnyx_recordings.core.request.encode import id_of
from telnyx_recordings.core.request.operation import Operation, type_for

T = TypeVar("T")

_log: Final = logging.getLogger("telnyx_recordings")
_NO_CONTENT = 204


class CallResult(Struct, frozen=True, kw_only=True):
    """The result of a successful call.

    Attributes:
        request: that was sent.
        response: to the last attempt.
        attempts: number of attempts that it took.
        elapsed: seconds from sending the last attempt to its response.
        already_absent: whether a delete found nothing, after an attempt whose response was lost.
    """

    request: Request
    response: Response
    attempts: int
    elapsed: float
    already_absent: bool = False


def parse(operation: Operation[T], result: CallResult) -> T:
    """Return the typed result of a call, decoded leniently.

    Raises:
        APIResponseError: the body is not JSON, has an unexpected shape, or lacks an object or a
            list that the contract requires. Without a body, these are empty.
    """
    response = result.response
    kind: Any = operation.result
    if operation.others:
        kind = type_for(operation.others, response.status, response.media_type, kind)
    is_model = isinstance(kind, type) and issubclass(kind, Model)
    if kind is None or (result.already_absent and not is_model):
        return None  # type: ignore[return-value]  # T is None, or there is nothing
    body = b'{"already_absent": true}' if result.already_absent else response.body
    if kind is bytes:
        return body  # type: ignore[return-value]  # T is bytes
    if kind in (str, Any) and not response.is_json:
        return response.text  # type: ignore[return-value]  # T is str
    if not body and is_model and (operation.method != "GET" or response.status == _NO_CONTENT):
        body = b"{}"  # the call was processed; some versions of the service send no body
    try:
        parsed: Any = decode.from_json(cast("Any", kind), body, lenient=True)
    except ModelError as error:
        del body  # it may hold links, which tools that show variables would show
        without_frames(error)
        raise unreadable(result.request, response, error) from error
    if isinstance(parsed, Model):
        _complete(parsed, operation, result)
    if operation.path_params and (other := other_id(operation, parsed)):
        what = f"{operation.method} {result.request.path}"
        _log.warning("%s: the response is about another id: %s", what, one_line(other))
    return parsed  # type: ignore[no-any-return]  # a T


def _complete(parsed: Model, operation: Operation[Any], result: CallResult) -> None:
    """Check that the response has its data, and set the id that the command was sent with."""
    request, response = result.request, result.response
    for name, wire, part in _required_parts(type(parsed)):
        if getattr(parsed, name) is None:
            if operation.method == "GET" or (response.body and not result.already_absent):
                why = f"has no `{wire}`, or one with an unexpected shape"
                raise unusable(request, response, why)
            empty: Any = [] if get_origin(part) is list else {}
            setattr(parsed, name, decode.from_builtins(part, empty, lenient=True))
    key, field = request.idempotency_key, operation.idempotency_field
    if key and field in shape_of(type(parsed)).fields:
        setattr(parsed, field, key)


@cache
def _required_parts(kind: type[Model]) -> tuple[tuple[str, str, Any], ...]:
    """Return the name, wire name and type of each object and list that the contract requires."""
    infos = (info for info in shape_of(kind).fields.values() if NoneType not in get_args(info.type))
    return tuple(
        (info.name, info.encode_name, info.type)
        for info in infos
        if get_origin(info.type) in (list, dict) or is_model(info.type)
    )


def other_id(operation: Operation[Any], parsed: object) -> str | None:
    """Return the id in a response if it is not the one that the path ends with; otherwise None."""
    name = _id_in(operation.path)
    if name is None:
        return None
    wanted = str(id_of(name, operation.path_params[name]))
    data = _field(parsed, "data")
    for field in (name, "id"):
        for each in (data, parsed):
            found = _field(each, field)
            if isinstance(found, str | int):
                return str(found) if str(found) != wanted else None
    return None


@cache
def _id_in(path: str) -> str | None:
    """Return the name of the id that a path ends with; None if it ends with something else."""
    name = path.rpartition("{")[2].removesuffix("}")
    return name if path.endswith(f"{{{name}}}") and name.lower().endswith("id") else None


def _field(value: object, name: str) -> Any:
    """Return a field of a model or mapping; None if it has none of this name."""
    if isinstance(value, Model):
        return getattr(value, name, None)
    return cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
