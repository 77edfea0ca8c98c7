"""Encodes models to plain data: wire names, plain values, times as strings in UTC."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, repeat
from operator import attrgetter, is_
from typing import Any, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct

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

_WHOLE_SECONDS = len("2026-03-01T00:00:00Z")

_LARGEST_BUFFER = 1 << 20

_encoder = msgspec.json.Encoder()
_plain = msgspec.json.Decoder()
_held = attrgetter("_slot_additional_properties")
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

    Raises:
        ModelError: it cannot be represented in JSON.
    """
    kind = type(model)
    try:
        try:
            text = _fast(model, shape_of(kind))
        except TypeError:
            plain = to_builtins(model)
            text = _encoded(plain)
            if "null" in text:
                _check_finite(kind, plain)
    except RecursionError as error:
        raise too_deep(kind) from error
    except UnicodeEncodeError as error:
        raise ModelError(f"{kind.__name__}: a string is not valid Unicode") from error
    return text


def _fast(model: Struct, shape: Shape) -> str:
    """Return a model as JSON: as msgspec writes it, but for additional properties and times.

    Raises:
        ModelError: a number is infinite.
        TypeError: there is something that only the slower way can write.
    """
    likely = _starts_with_additional(model, shape)
    try:
        text = _encoded(_prepared([model], shape, with_additional=likely)[0])
    except TypeError:  # additional properties, or values that are not of their field's type
        if likely:
            raise
        text = _encoded(_prepared([model], shape, with_additional=True)[0])
    if "null" in text:  # which is also what msgspec writes for infinite numbers
        _check_numbers([model], shape)
        if shape.hides_numbers:
            _check_finite(shape.cls, to_builtins(model))
    return text


def _starts_with_additional(model: Any, shape: Shape) -> bool:
    """Return whether a model, or the first of a list of models, has additional properties."""
    if _held(model):
        return True
    lists = (get(model) for get, _, kind in shape.parts if _is_list(kind))
    return any(value and isinstance(value[0], Struct) and _held(value[0]) for value in lists)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is list


def _check_numbers(models: list[Any], shape: Shape) -> None:
    """Reject infinite numbers in fields for numbers, here or below.

    Raises:
        ModelError: there is one.
    """
    for get in shape.numbers:
        if not math.isfinite(sum(filter(None, map(get, models)))):
            raise _infinite(shape.cls)
    for get, _, kind in shape.slots:
        if kind is not datetime:
            values = [*filter(None, map(get, models))]  # a model is true; None and absent are not
            if _is_list(kind):
                values = [*filter(None, chain.from_iterable(values))]
            if values and isinstance(values[0], Struct):
                _check_numbers(values, shape_of(type(values[0])))


def _prepared(models: list[Any], shape: Shape, *, with_additional: bool = False) -> list[Any]:
    """Return the models, or copies that msgspec writes as they are to be.

    The copies have strings in place of times that msgspec writes otherwise. The models of a list
    are handled field by field, so that the loops over them are in C.

    Args:
        models: of one class.
        shape: of the class.
        with_additional: whether additional properties are looked for.

    Raises:
        ModelError: a number is infinite.
        TypeError: there is something that only the slower way can write.
    """
    changed: list[tuple[Callable[[Any, Any], None], list[Any]]] = []
    for get, put, kind in shape.parts if with_additional else shape.slots:
        values = [*map(get, models)]
        ready = _ready(values, kind, with_additional=with_additional)
        if ready is not values:
            changed.append((put, ready))
    held = [*map(_held, models)] if with_additional else []
    if not changed and not any(held):
        return models
    copies = [*map(cast("Any", shape.cls).__copy__, models)]
    for put, ready in changed:
        deque(map(put, copies, ready), maxlen=0)
    if any(held):
        put_additional: Callable[[Any, Any], None] = cast("Any", shape.set_additional)
        deque(map(put_additional, copies, repeat(UNSET)), maxlen=0)
        pairs = zip(copies, held, strict=True)
        _add([(copy, each.data) for copy, each in pairs if each and each.data], shape)
    return copies


def _add(given: list[tuple[Any, dict[str, Any]]], shape: Shape) -> None:
    """Write additional properties after the last field of each model.

    Raises:
        ModelError: a number is infinite.
        TypeError: they have types of their own, a name is that of a field, or there is no field.
    """
    extras = [extra for _, extra in given]
    if shape.extra or not shape.fields.keys().isdisjoint(chain.from_iterable(extras)):
        raise TypeError("additional properties to be merged")
    text = _encoder.encode_lines(extras)
    if text.count(b"null") != [*chain.from_iterable(each.values() for each in extras)].count(None):
        _check_finite(shape.cls, extras)
    left = [*zip([model for model, _ in given], text.split(b"\n"), strict=False)]
    for get, put, _ in reversed(shape.every):
        if not left:
            return
        values = [get(model) for model, _ in left]
        if values.count(UNSET) == len(values):
            continue
        here = [each for each, value in zip(left, values, strict=True) if value is not UNSET]
        left = [each for each, value in zip(left, values, strict=True) if value is UNSET]
        last = _encoder.encode_lines([each for each in values if each is not UNSET])
        for (model, line), value in zip(here, last.split(b"\n"), strict=False):
            put(model, msgspec.Raw(value + b"," + line[1:-1]))
    if left:
        raise TypeError("a model without fields")


def _ready(values: list[Any], kind: Any, *, with_additional: bool) -> list[Any]:
    """Return the values of a field, of which some may be None or absent; see `_prepared`."""
    if _is_list(kind):
        item = bare_type(get_args(kind)[0])
        lists = [
            _ready(each, item, with_additional=with_additional) if each else each for each in values
        ]
        return values if all(map(is_, lists, values)) else lists
    if kind is datetime and values[0]:
        with suppress(TypeError):  # some are absent
            return _times(values)
    given = [*filter(None, values)]  # times and models are true; None and absent are not
    if not given:
        return values
    if kind is datetime:
        ready = _times(given)
    else:
        shape = _shape_of_all(given, kind)
        ready = _prepared(given, shape, with_additional=with_additional)
    if ready is given:
        return values
    if len(given) == len(values):
        return ready
    left = iter(ready)
    return [next(left) if each else each for each in values]


def _times(values: list[Any]) -> list[Any]:
    """Return times as strings; the same list if msgspec writes all of them as they are to be."""
    text = _encoder.encode(values)
    count = len(values)
    if _are_in_utc(text, count, _WHOLE_SECONDS):
        return values
    zeros = b"0" * count
    if (
        _are_in_utc(text, count, _MICROSECONDS)
        and zeros == text[25::30] == text[26::30] == text[27::30]
    ):  # the usual case, for which replacing would take twice as long
        kept = bytearray(text)
        del kept[27::30], kept[26::29], kept[25::28]
        return cast("list[Any]", _plain.decode(kept))
    if text.count(b"Z") + text.count(b"null") != count:
        return [_in_utc(msgspec.to_builtins(each)) if each else each for each in values]
    if b'000Z"' not in text:
        return values
    found: list[Any] = _plain.decode(text.replace(b'000Z"', b'Z"'))
    return found


def _are_in_utc(text: bytes, count: int, length: int) -> bool:
    """Return whether the items of a JSON array are times in UTC of a length."""
    width = length + len('"",')
    return len(text) == width * count + 1 and text[length + 1 :: width] == b"Z" * count


def _shape_of_all(models: list[Any], kind: Any) -> Shape:
    if {*map(type, models)} != {kind} or not issubclass(kind, Struct):
        raise TypeError(f"expected models of {name_of(kind)}")
    return shape_of(kind)


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
