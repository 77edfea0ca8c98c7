"""Encodes models to plain data: wire names, plain values, times as strings in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from msgspec import Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model.exact import Verbatim
from telnyx_recordings.core.model.shape import (
    EXTRA,
    Additional,
    name_of,
    parse_time,
    shape_of,
    too_deep,
)

MICROSECONDS = len("2026-03-01T00:00:00.000000Z")
"""Length of a time in UTC with fractional seconds, as msgspec writes it."""


def check_finite(kind: Any, data: Any) -> None:
    """Reject plain data with a number that JSON cannot represent.

    Raises:
        ModelError: there is one.
    """
    import json  # noqa: PLC0415 - rarely needed

    try:
        json.dumps(data, allow_nan=False)
    except ValueError as error:
        raise ModelError(
            f"{name_of(kind)}: a number is infinite, which JSON cannot represent"
        ) from error


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
        return text[:-4] + "Z" if len(text) == MICROSECONDS and text.endswith("000Z") else text
    value = parse_time(text)
    if not isinstance(value, datetime):
        return text
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar: keep its own zone
        return text
    spec = "milliseconds" if value.microsecond and value.microsecond % 1000 == 0 else "auto"
    return value.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
