"""Decodes JSON and plain data to models: fast for what matches the contract, lossless for the rest.

Decoding is one call into msgspec, which rejects unknown fields and times without a zone. There are
two slower paths, each only for what the one before it rejected:

1. repair the plain data (set unknown fields aside, parse unusual times), then convert it;
2. build field by field: strictly, raising ModelError with the place; or leniently, keeping the raw
   value of a field that does not fit in its model's additional properties.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import IntEnum
from functools import cache, partial
from typing import Any, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import forward_refs
from telnyx_recordings.core.model.shape import (
    REJECTED,
    CustomType,
    bare_type,
    convert,
    convert_repaired,
    dec_hook,
    deep_copy,
    is_nested,
    name_of,
    shape_of,
    too_deep,
)

T = TypeVar("T")

_MISFITS_SHOWN = 10
"""Misfits in one log message: a page may have thousands."""


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    with forward_refs.lock:
        forward_refs.settle()
        return msgspec.json.Decoder(kind, dec_hook=dec_hook)


def from_json(kind: type[T], data: str | bytes | bytearray, *, lenient: bool) -> T:
    """Decode JSON to an instance of kind.

    Raises:
        ModelError: it is not JSON, or a value does not fit; lenient as in `from_builtins`.
    """
    misfits: list[str] | None = [] if lenient else None
    try:
        try:
            result: T = _decoded(kind, data, misfits)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if not lenient:
                raise
            result = build(kind, decode_tolerantly(data), "$", misfits)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TypeError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise ModelError(f"{name_of(kind)}: this JSON cannot be read: {why}") from error
    if misfits:
        _warn(kind, misfits)
    return result


def _decoded(kind: type[T], data: str | bytes | bytearray, misfits: list[str] | None) -> T:
    try:
        return _decoder(cast("Any", kind)).decode(data)  # type: ignore[no-any-return]  # a kind
    except msgspec.ValidationError as error:
        why = str(error)
    return _repaired(kind, partial(_plain, data), "$", misfits, why)  # type: ignore[no-any-return]  # likewise


def _plain(data: str | bytes | bytearray) -> Any:
    """Decode JSON to plain data; a number too large for a float is infinite, as in `json`."""
    try:
        return msgspec.json.decode(data)
    except msgspec.ValidationError as error:
        import json  # noqa: PLC0415 - rarely needed

        with suppress(ValueError):  # which holds the whole text, so it may not become a context
            return json.loads(data)
        raise error from None


def decode_tolerantly(data: str | bytes | bytearray) -> Any:
    """Decode slightly invalid JSON, so that one bad character does not cost all rows.

    Lone surrogates and bytes that are not UTF-8 become U+FFFD; NaN becomes a string.

    Raises:
        msgspec.MsgspecError, UnicodeError: it is not JSON at all.
    """
    import json  # noqa: PLC0415 - rarely needed

    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        text = data if isinstance(data, str) else data.decode("utf-8-sig", "replace")
        with suppress(ValueError):  # likewise
            found = _well_formed(json.loads(text, parse_constant=str))
            _log("decoded slightly invalid JSON: %s", error)
            return found
        raise error from None


def _well_formed(value: Any) -> Any:
    """Return plain data with U+FFFD for lone surrogates, which cannot be encoded."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [_well_formed(each) for each in cast("list[object]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return {_well_formed(name): _well_formed(each) for name, each in fields.items()}
    return value


def from_builtins(kind: type[T], data: object, *, lenient: bool) -> T:
    """Convert plain data to an instance of kind; the data is neither modified nor referenced.

    Raises:
        ModelError: a value does not fit. If lenient: only if the data as a whole does not.
    """
    misfits: list[str] = []
    try:
        result: T = build(kind, data, "$", misfits if lenient else None)
    except RecursionError as error:
        raise too_deep(kind) from error
    if misfits:
        _warn(kind, misfits)
    return result


def _warn(kind: Any, misfits: list[str]) -> None:
    what = "; ".join(misfits[:_MISFITS_SHOWN])
    if len(misfits) > _MISFITS_SHOWN:
        what += f"; and {len(misfits) - _MISFITS_SHOWN:,} more"
    _log("%s: kept values that do not fit in additional_properties: %s", name_of(kind), what)


def _log(message: str, *values: object) -> None:
    import logging  # noqa: PLC0415 - a tenth of the import time, rarely needed

    logging.getLogger("telnyx_recordings").warning(message, *values)


def build(kind: Any, data: Any, place: str, misfits: list[str] | None) -> Any:
    """Build leniently, adding what does not fit to misfits; strictly if that is None."""
    try:
        return convert(data, kind)
    except REJECTED as error:
        return _repaired(kind, partial(deep_copy, data), place, misfits, str(error))


def _repaired(
    kind: Any, again: Callable[[], Any], place: str, misfits: list[str] | None, why: str
) -> Any:
    """Build what was rejected; `again` makes a copy of the plain data, to be repaired in place."""
    try:
        return convert_repaired(kind, again, why)
    except REJECTED as error:
        why = str(error)
    return _by_parts(kind, again(), place, misfits, why)


def _by_parts(
    kind: Any,
    data: Any,
    place: str,
    misfits: list[str] | None,
    why: str,
) -> Any:
    """Build what a conversion rejected part by part, so that only the misfits are rejected."""
    kind = bare_type(kind)
    container = get_origin(kind) or kind
    if data is not None and (is_nested(kind) or container in (list, dict)):
        if issubclass(container, CustomType):
            return kind.build(data, place, misfits)
        if container is list and data.__class__ is list:
            item = get_args(kind)[0]
            return [build(item, each, f"{place}[{i}]", misfits) for i, each in enumerate(data)]
        if container is dict and data.__class__ is dict:
            item = get_args(kind)[1]
            return {key: build(item, each, f"{place}.{key}", misfits) for key, each in data.items()}
        if issubclass(container, Struct) and data.__class__ is dict:
            return _model_by_parts(kind, data, place, misfits)
    is_integer = container is int or (
        isinstance(container, type) and issubclass(container, IntEnum)
    )
    if isinstance(data, float) and data.is_integer() and is_integer:
        return build(kind, int(data), place, misfits)  # to JSON Schema, 12.0 is an integer
    reason, _, inner = why.partition(" - at `$")
    place += inner.rstrip("`")
    raise ModelError(f"{place}: {reason[:1].lower()}{reason[1:]}", place=place)


def _model_by_parts(
    cls: type[Struct], data: dict[str, Any], place: str, misfits: list[str] | None
) -> Struct:
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    fields = shape_of(cls).fields
    for wire, value in data.items():
        info = fields.get(wire)
        if info is None:
            extra[wire] = deep_copy(value)
            continue
        here = f"{place}.{wire}"
        try:
            kind = bare_type(info.type)
            is_rows = value.__class__ is list and get_origin(kind) is list and is_nested(kind)
            if misfits is not None and is_rows:
                values[info.name] = _rows(get_args(kind)[0], value, here, misfits, (extra, wire))
            else:
                values[info.name] = build(info.type, value, here, misfits)
        except ModelError as error:
            if misfits is None:
                raise
            misfits.append(str(error))
            extra[wire] = deep_copy(value)
    for info in fields.values():
        if info.required and info.name not in values:
            if misfits is None:
                raise ModelError(
                    f"{place}: the required field `{info.encode_name}` is missing", place=place
                )
            values[info.name] = UNSET
    shape = shape_of(cls)
    return cls(**values, additional_properties=shape.typed(extra) if shape.extra else extra)


def _rows(
    item: Any,
    rows: list[Any],
    place: str,
    misfits: list[str],
    keep: tuple[dict[str, Any], str],
) -> list[Any]:
    """Build the rows of a list leniently; those that do not fit are kept, by their index."""
    extra, wire = keep
    built: list[Any] = []
    for i, row in enumerate(rows):
        try:
            built.append(build(item, row, f"{place}[{i}]", misfits))
        except ModelError as error:
            misfits.append(str(error))
            extra[f"{wire}[{i}]"] = deep_copy(row)
    return built
