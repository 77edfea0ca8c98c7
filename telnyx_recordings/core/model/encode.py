"""Encodes models to plain data: wire names, plain values, times as strings in UTC."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from itertools import chain, compress, repeat
from operator import attrgetter, is_, not_
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
_ADDITIONAL = "_slot_additional_properties"
_held = attrgetter(_ADDITIONAL)
_buffers: list[bytearray] = []


def to_dict(model: Struct) -> dict[str, Any]:
    """Return a model as plain data; see `Model.to_dict`."""
    shape = shape_of(type(model))
    if shape.nested_times:
        return to_builtins(model)
    try:
        out: dict[str, Any] = msgspec.to_builtins(model)
        for wire in shape.times:
            text = out[wire]
            short = text.removesuffix("000Z")
            if short is not text and len(text) == _MICROSECONDS:
                out[wire] = short + "Z"  # with milliseconds, as most services write them
            elif text[-1] != "Z":
                return to_builtins(model)
    except (KeyError, TypeError, AttributeError, RecursionError):
        # A time is absent or null, there are additional properties, or it raises ModelError.
        return to_builtins(model)
    return out


def to_json(model: Struct) -> str:
    """Return a model as JSON, the same as for its dict; see `Model.to_json`."""
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
    try:
        copier = _Copier(with_additional=False)
        text = _encoded(copier.model(model, shape))
    except TypeError:  # additional properties, or values that are not of their field's type
        copier = _Copier(with_additional=True)
        text = _encoded(copier.model(model, shape))
    if "null" in text:  # which is also what msgspec writes for infinite numbers
        _check_numbers(copier.visited)
        if shape.hides_numbers:
            _check_finite(shape.cls, to_builtins(model))
    return text


def _check_numbers(visited: list[tuple[list[Any], Shape]]) -> None:
    """Reject infinite numbers in fields for numbers."""
    for models, shape in visited:
        for get in shape.numbers:
            try:
                finite = math.isfinite(sum(map(get, models)))
            except TypeError:  # some are None or absent
                finite = False
            numbers: list[Any] = [] if finite else [*filter(None, map(get, models))]
            if not all(map(math.isfinite, numbers)):
                raise _infinite(shape.cls)


@cache
def _item_type(kind: Any) -> Any:
    """Return the type of a list's items; None if the type is not that of a list."""
    return bare_type(get_args(kind)[0]) if get_origin(kind) is list else None


class _Copier:
    """Returns models, or copies that msgspec writes as they are to be.

    The copies have strings in place of times that msgspec writes otherwise. All methods raise
    TypeError if there is something that only the slower way can write, and ModelError if an
    additional property is infinite.
    """

    __slots__ = ("_with_additional", "visited")

    def __init__(self, *, with_additional: bool) -> None:
        """Look for additional properties, or rely on there being none."""
        self._with_additional = with_additional
        self.visited: list[tuple[list[Any], Shape]] = []
        """The models, by class, that can have numbers."""

    def model(self, model: Any, shape: Shape) -> Any:
        """Return a model or its copy."""
        self.visited.append(([model], shape))
        held = _held(model)
        copy = None
        if held:
            self._expect_additional()
            copy = model.__copy__()
        for get, slot, kind in shape.parts if self._with_additional else shape.slots:
            value = get(model)
            if not value:
                continue
            if kind is datetime:
                if value.__class__ is datetime and value.tzinfo is UTC and not value.microsecond:
                    continue
                ready = _in_utc(msgspec.to_builtins(value))
            elif item := _item_type(kind):
                ready = self._values(value, item)
            else:
                ready = self.model(value, _shape_of_all([value], kind))
            if ready is not value:
                if copy is None:
                    copy = model.__copy__()
                setattr(copy, slot, ready)
        if held:
            _add([copy], [held], shape)
        return model if copy is None else copy

    def _models(self, models: list[Any], shape: Shape) -> list[Any]:
        """Return models of a class, handled field by field, so that the loops are in C."""
        if len(models) == 1:
            copy = self.model(models[0], shape)
            return models if copy is models[0] else [copy]
        if _held(models[0]):
            self._expect_additional()
        self.visited.append((models, shape))
        changed: list[tuple[str, list[Any], list[Any]]] = []
        for get, slot, kind in shape.parts if self._with_additional else shape.slots:
            values = [*map(get, models)]
            given, ready = self._given(values, kind)
            if ready is not given:
                changed.append((slot, values, ready))
        held = [*map(_held, models)] if self._with_additional else []
        if not changed and not any(held):
            return models
        copies = [*map(cast("Any", shape.cls).__copy__, models)]
        for slot, values, ready in changed:
            _put(copies if len(ready) == len(copies) else compress(copies, values), slot, ready)
        if any(held):
            _add(copies, held, shape)
        return copies

    def _values(self, values: list[Any], kind: Any) -> list[Any]:
        """Return the items of a list, of which some may be None."""
        if values.__class__ is not list:
            raise TypeError("expected a list")
        given, ready = self._given(values, kind)
        if ready is given:
            return values
        if len(ready) == len(values):
            return ready
        left = iter(ready)
        return [next(left) if each else each for each in values]

    def _given(self, values: list[Any], kind: Any) -> tuple[list[Any], list[Any]]:
        """Return values that are neither None nor absent, and what is to be written for them."""
        if item := _item_type(kind):
            lists = [self._values(each, item) if each else each for each in values]
            return values, values if all(map(is_, lists, values)) else lists
        if kind is datetime and values[0]:
            try:
                return values, _times(values)
            except TypeError:  # some are absent
                pass
        given = values if all(values) else [*filter(None, values)]
        if kind is datetime:
            return given, _times(given) if given else given
        return given, self._models(given, _shape_of_all(given, kind)) if given else given

    def _expect_additional(self) -> None:
        if not self._with_additional:
            raise TypeError("additional properties")


def _put(models: Iterable[Any], slot: str, values: Iterable[Any]) -> None:
    deque(map(setattr, models, repeat(slot), values), maxlen=0)


def _add(models: list[Any], held: list[Any], shape: Shape) -> None:
    """Write additional properties after the last field of each model.

    Raises:
        ModelError: a number is infinite.
        TypeError: they have types of their own, a name is that of a field, or there is no field.
    """
    _put(models, _ADDITIONAL, repeat(UNSET))
    data = [each and each.data for each in held]
    models, extras = [*compress(models, data)], [*filter(None, data)]
    if shape.extra or not shape.fields.keys().isdisjoint(chain.from_iterable(extras)):
        raise TypeError("additional properties to be merged")
    text = _encoder.encode_lines(extras)
    if b"null" in text:
        nulls = [*chain.from_iterable(each.values() for each in extras)].count(None)
        if text.count(b"null") != nulls:
            _check_finite(shape.cls, extras)
    lines = text[1:-2].split(b"}\n{")  # without the braces
    for get, slot, _ in reversed(shape.every):
        values = [*map(get, models)]
        here: list[bool] = []
        try:
            last = _encoder.encode_lines(values)
        except TypeError:  # some are absent
            here = [value is not UNSET for value in values]
            if not any(here):
                continue
            last = _encoder.encode_lines([*compress(values, here)])
        chosen, added = (compress(models, here), compress(lines, here)) if here else (models, lines)
        joined = map(b",".join, zip(last.split(b"\n"), added, strict=False))
        _put(chosen, slot, map(msgspec.Raw, joined))
        if all(here):
            return
        left = [*map(not_, here)]
        models, lines = [*compress(models, left)], [*compress(lines, left)]
    raise TypeError("a model without fields")


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
        kept[25::30], kept[26::30] = b"Z" * count, b'"' * count
        kept[27::30] = kept[28::30] = kept[29::30] = b" " * count
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
    if [*map(type, models)].count(kind) != len(models) or not issubclass(kind, Struct):
        raise TypeError(f"expected models of {name_of(kind)}")
    return shape_of(kind)


def _encoded(value: Any) -> str:
    """Return a value as JSON, through a buffer that is used again, so that memory stays mapped."""
    try:
        buffer = _buffers.pop()
    except IndexError:
        buffer = bytearray()
    _encoder.encode_into(value, buffer)
    text = buffer.decode()
    if len(buffer) <= _LARGEST_BUFFER:
        _buffers.append(buffer)
    return text


def _check_finite(kind: Any, data: Any) -> None:
    """Reject plain data with a number that JSON cannot represent; msgspec writes null for it."""
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
    if value.__class__ in (list, tuple):
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
