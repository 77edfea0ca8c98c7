"""Encodes models to plain data: wire names, plain values, times as strings in UTC."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from operator import is_
from typing import Any, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model.exact import Verbatim
from telnyx_recordings.core.model.shape import (
    EXTRA,
    Additional,
    Shape,
    bare_type,
    name_of,
    parse_time,
    shape_of,
    too_deep,
)

_MICROSECONDS = len("2026-03-01T00:00:00.000000Z")
"""Length of a time in UTC with fractional seconds, as msgspec writes it."""

_LARGEST_BUFFER = 1 << 20

_encoder = msgspec.json.Encoder()
_plain = msgspec.json.Decoder()
_buffers: list[bytearray] = []


def to_dict(model: Struct) -> dict[str, Any]:
    """Return a model as plain data; see `Model.to_dict`.

    Raises:
        ModelError: it is nested too deeply.
    """
    shape = shape_of(type(model))
    if shape.nested_times:
        return to_builtins(model)
    try:
        out: dict[str, Any] = msgspec.to_builtins(model)
        for wire in shape.times:
            text = out[wire]
            if len(text) == _MICROSECONDS:  # shortened to milliseconds, as most services write them
                out[wire] = text.replace("000Z", "Z")
            if text[-1] != "Z":
                return to_builtins(model)
    except (KeyError, TypeError, AttributeError, RecursionError):
        # A time is absent or null, there are additional properties, or it raises ModelError.
        return to_builtins(model)
    return out


def to_json(model: Struct) -> str:
    """Return a model as JSON, which is that of its dict; see `Model.to_json`.

    The fast path is one call into msgspec. Where times are not to be written as msgspec writes
    them, it is given copies of their models that have strings instead.

    Raises:
        ModelError: it cannot be represented in JSON.
    """
    kind = type(model)
    shape = shape_of(kind)
    try:
        try:
            text = _encoded(_with_texts([model], shape)[0])
            if shape.holds_any and "null" in text:
                _check_finite(kind, to_builtins(model))
        except TypeError:  # additional properties, or values that are not of their field's type
            plain = to_builtins(model)
            text = _encoded(plain)
            if "null" in text:
                _check_finite(kind, plain)
    except RecursionError as error:
        raise too_deep(kind) from error
    except UnicodeEncodeError as error:
        raise ModelError(f"{kind.__name__}: a string is not valid Unicode") from error
    return text


def _encoded(value: Any) -> str:
    """Return a value as JSON, through a buffer that is used again, so that memory stays mapped."""
    buffer = _buffers.pop() if _buffers else bytearray()
    _encoder.encode_into(value, buffer)
    text = buffer.decode()
    if len(buffer) <= _LARGEST_BUFFER:
        _buffers.append(buffer)
    return text


def _check_finite(kind: Any, data: Any) -> None:
    """Reject plain data with a number that JSON cannot represent; msgspec writes null for it.

    Raises:
        ModelError: there is one.
    """
    import json  # noqa: PLC0415 - rarely needed

    try:
        json.dumps(data, allow_nan=False)
    except ValueError as error:
        raise _infinite(kind) from error


def _infinite(kind: Any) -> ModelError:
    return ModelError(f"{name_of(kind)}: a number is infinite, which JSON cannot represent")


def _with_texts(models: list[Any], shape: Shape) -> list[Any]:
    """Return the models, or copies with strings in place of times that msgspec writes otherwise.

    The models of a list are handled field by field, so that the loops over them are in C.

    Raises:
        ModelError: a number is infinite.
        TypeError: a value is not of its field's type.
    """
    for get in shape.numbers:
        if not math.isfinite(sum(filter(None, map(get, models)))):
            raise _infinite(shape.cls)
    changed: list[tuple[Callable[[Any, Any], None], list[Any]]] = []
    for get, put, kind in shape.slots:
        values = [*map(get, models)]
        if (ready := _ready(values, kind)) is not values:
            changed.append((put, ready))
    if not changed:
        return models
    copies = [*map(cast("Any", shape.cls).__copy__, models)]
    for put, ready in changed:
        deque(map(put, copies, ready), maxlen=0)
    return copies


def _ready(values: list[Any], kind: Any) -> list[Any]:
    """Return the values of a field, of which some may be None or absent; see `_with_texts`."""
    if kind is datetime:
        return _times(values)
    if get_origin(kind) is list:
        item = bare_type(get_args(kind)[0])
        lists = [_ready(each, item) if each else each for each in values]
        return values if all(map(is_, lists, values)) else lists
    given = [*filter(None, values)]  # a model is true; None and absent are not
    if not given:
        return values
    if {*map(type, given)} != {kind}:
        raise TypeError(f"expected models of {name_of(kind)}")
    ready = _with_texts(given, shape_of(kind))
    if ready is given:
        return values
    left = iter(ready)
    return [next(left) if each else each for each in values]


def _times(values: list[Any]) -> list[Any]:
    """Return times as strings; the same list if msgspec writes all of them as they are to be."""
    try:
        text = _encoder.encode(values)
    except TypeError:  # some are absent
        return [_time(each) for each in values]
    in_utc = text.count(b"Z")
    if in_utc != len(values) and in_utc + text.count(b"null") != len(values):
        return [_time(each) for each in values]
    if b'000Z"' not in text:
        return values
    found: list[Any] = _plain.decode(text.replace(b'000Z"', b'Z"'))
    return found


def _time(value: Any) -> Any:
    return _in_utc(msgspec.to_builtins(value)) if value else value


def to_builtins(model: Struct) -> dict[str, Any]:
    """Return a model as plain data, with wire names, and times as strings in UTC.

    Raises:
        ModelError: it is nested too deeply.
    """
    try:
        try:
            out: dict[str, Any] = msgspec.to_builtins(model)
        except TypeError:  # additional properties, here or below
            out = msgspec.to_builtins(model, enc_hook=_additional)
        return _finish(model, out)  # type: ignore[no-any-return]  # a dict for a model
    except RecursionError as error:
        raise too_deep(type(model)) from error


def _additional(value: object) -> Any:
    if isinstance(value, Additional):
        return value.data
    if isinstance(value, Verbatim):
        return value.wire
    raise TypeError(f"a model cannot hold a {type(value).__name__}")


def _finish(value: Any, out: Any) -> Any:
    """Merge additional properties and convert times to UTC, recursively."""
    if isinstance(value, Struct):
        return _finish_model(value, out)
    if value.__class__ is list:
        return [_finish(*pair) for pair in zip(value, out, strict=True)]
    if value.__class__ is dict:
        return {k: _finish(v, out[k]) for k, v in value.items()}
    if isinstance(value, Verbatim):
        return value.wire
    return _in_utc(out) if isinstance(value, datetime) else out


def _finish_model(model: Struct, out: dict[str, Any]) -> dict[str, Any]:
    shape = shape_of(type(model))
    extra = out.pop(EXTRA, None)
    for wire in shape.times:
        if text := out.get(wire):
            out[wire] = _in_utc(text)
    for wire, name, _ in shape.nested:
        if part := out.get(wire):
            out[wire] = _finish(getattr(model, name), part)
    if extra:
        if shape.extra:
            held: dict[str, Any] = cast("Any", model).additional_properties
            extra = {key: _finish(held[key], value) for key, value in extra.items()}
        for key in extra:
            out.setdefault(key, extra[key])
    return out


def _in_utc(text: Any) -> Any:
    if text.__class__ is str and text[-1:] == "Z":
        return text[:-4] + "Z" if len(text) == _MICROSECONDS and text.endswith("000Z") else text
    value = parse_time(text)
    if not isinstance(value, datetime):
        return text
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar: keep its own zone
        return text
    spec = "milliseconds" if value.microsecond and value.microsecond % 1000 == 0 else "auto"
    return value.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
