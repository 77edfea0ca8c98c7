"""Between the wire and the models: fast where data is as the contract says, lossless where not.

Decoding is one call into msgspec, which refuses a stranger among the fields and a time without a
zone. Two slower ways take over, each only for what the one before it refused:

1. prepare the plain data first (strangers aside, odd times read), then convert it;
2. build field by field: strictly, raising ModelError with the place; or leniently, keeping the raw
   value of a field that does not fit among its model's additional properties.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from types import NoneType
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct

from telnyx_recordings.errors import ModelError

T = TypeVar("T")

DateTime = Annotated[datetime, Meta(tz=True)]
"""An aware datetime. A time without a zone is refused by the fast decoder and made UTC after it."""

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A text that no repr, log or message shows."""

EXTRA = "\ue000"
"""The wire name of the field for strangers: a private-use character that no API uses. A value that
came under it would be refused (see `_hook`) and be a stranger like any other."""

_KEY_SEQUENCES_KEPT = 512
_ZONELESS_LENGTHS = frozenset({19, 23, 26})  # seconds, milliseconds, microseconds

log = logging.getLogger("telnyx_recordings")


class Additional:
    """Holds a model's additional properties: not a dict, so that the encoder stops at one."""

    __slots__ = ("data",)

    def __init__(self, data: dict[str, Any]) -> None:
        """Hold data, which is not copied."""
        self.data = data

    def __eq__(self, other: object) -> bool:
        """Compare; empty equals unset, since reading the attribute makes an empty one."""
        if other is UNSET:
            return not self.data
        return isinstance(other, Additional) and self.data == other.data

    __hash__ = None  # type: ignore[assignment]  # mutable, as a dict is

    def __repr__(self) -> str:
        """Show the properties alone."""
        return repr(self.data)


class OneOf:
    """The base of the runtime types of ``oneOf`` and ``anyOf``: see core/union.py."""

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:  # noqa: ARG003 - its heirs use it
        """Return an instance of the variant that fits data best."""
        why = f"{cls.__name__} has no variants, {type(data).__name__} fits none"
        raise ModelError(f"{place}: {why}", place=place)


class Shape:
    """What the slow ways and the encoder must know of a model class."""

    def __init__(self, cls: type[Struct]) -> None:
        """Read it off the class; types are resolved here, when all modules are loaded."""
        infos = [info for info in msgspec.structs.fields(cls) if info.encode_name != EXTRA]
        self.cls = cls
        self.fields = {info.encode_name: info for info in infos}
        self.times = tuple(i.encode_name for i in infos if essence(i.type) is datetime)
        self.nested = tuple(
            (i.encode_name, i.name, i.type) for i in infos if is_nested(essence(i.type))
        )
        self.secrets = frozenset(i.name for i in infos if _is_secret(i.type))
        self._hold: Callable[[Struct, Additional], None] = cls._hold  # type: ignore[attr-defined]  # a Model's
        self._strangers: dict[tuple[Any, ...], tuple[Any, ...]] = {}

        self.nested_times = any(
            _reaches(kind, _is_time, frozenset({cls})) for _, _, kind in self.nested
        )

    @cached_property
    def _nested_with_times(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        found = ((wire, _walker(kind, "zone")) for wire, _, kind in self.nested)
        return tuple((wire, walk) for wire, walk in found if walk is not None)

    @cached_property
    def _nested_with_fields(self) -> tuple[tuple[str, Callable[[Any], Any], Any], ...]:
        found = ((wire, _walker(kind, "sift"), _flat_keys(kind)) for wire, _, kind in self.nested)
        return tuple((wire, walk, keys) for wire, walk, keys in found if walk is not None)

    def zone(self, data: Any) -> Any:
        """Return data with all times readable and zoned."""
        if data.__class__ is not dict:
            return data
        out = data.copy()
        for wire in self.times:
            value = out.get(wire)
            if value.__class__ is str and value[-1:] != "Z":
                common = len(value) in _ZONELESS_LENGTHS and value[10] == "T"
                out[wire] = value + "Z" if common else read_time(value)
            elif value.__class__ is datetime:
                out[wire] = read_time(value)
        for wire, walk in self._nested_with_times:
            if value := out.get(wire):
                out[wire] = walk(value)
        return out

    def sift(self, data: Any) -> Any:
        """Return data that holds no stranger: a model where there were some, which keeps them."""
        if data.__class__ is not dict:
            return data
        out, extra = self._split(data)
        if extra is None:
            return out
        model = convert(out, self.cls)
        self._hold(model, Additional(extra))
        return model

    def sift_rows(self, rows: Any) -> Any:
        """Sift a list of rows, and convert them in one go."""
        if rows.__class__ is not list or not all(row.__class__ is dict for row in rows):
            return rows
        split = [self._split(row) for row in rows]
        models = convert([out for out, _ in split], list[self.cls])  # type: ignore[name-defined]  # a type made at run time
        for model, (_, extra) in zip(models, split, strict=True):
            if extra is not None:
                self._hold(model, Additional(extra))
        return models

    def _split(self, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return data without its strangers, and the strangers."""
        out = data
        for wire, walk, known in self._nested_with_fields:
            if value := data.get(wire):
                if known is not None and value.__class__ is dict and value.keys() <= known:
                    continue
                sifted = walk(value)
                if sifted is not value:
                    if out is data:
                        out = data.copy()
                    out[wire] = sifted
        keys = tuple(data)
        strangers = self._strangers.get(keys)
        if strangers is None:
            strangers = self._strangers_among(keys)
        if not strangers:
            return out, None
        if out is data:
            out = data.copy()
        extra = {}
        for key in strangers:
            value = out.pop(key)
            extra[key] = _own_copy(value) if value.__class__ in (dict, list) else value
        return out, extra

    def _strangers_among(self, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        # Remembered by key sequence, since rows are much alike; bounded, since rows can be hostile.
        if len(self._strangers) >= _KEY_SEQUENCES_KEPT:
            self._strangers.clear()
        found = tuple(key for key in keys if key not in self.fields)
        self._strangers[keys] = found
        return found


class LazyShape:
    """A class attribute that becomes the class's Shape when first read."""

    def __get__(self, model: Struct | None, cls: type[Struct]) -> Shape:
        """Make the shape and put it in this attribute's place."""
        shape = Shape(cls)
        type.__setattr__(cls, "_shape", shape)
        return shape


def shape_of(cls: type[Struct]) -> Shape:
    """Return the shape of a model class."""
    shape: Shape = cls._shape  # type: ignore[attr-defined]  # set by ModelMeta
    return shape


@cache
def essence(kind: Any) -> Any:
    """Return a type without its Annotated and its None."""
    if get_origin(kind) is Annotated:
        return essence(get_args(kind)[0])
    args = [arg for arg in get_args(kind) if arg is not NoneType]
    if len(args) == 1 and get_origin(kind) not in (list, dict):
        return essence(args[0])
    return kind


def _is_secret(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return any(isinstance(m, Meta) and (m.extra or {}).get("secret") for m in get_args(kind))
    return any(_is_secret(arg) for arg in get_args(kind))


@cache
def is_nested(kind: Any) -> bool:
    """Tell whether an essence holds models, or is a list or map of what needs a look."""
    if get_origin(kind) in (list, dict):
        item = essence(get_args(kind)[-1])
        return item is datetime or is_nested(item)
    return isinstance(kind, type) and issubclass(kind, (Struct, OneOf))


def _reaches(kind: Any, is_wanted: Callable[[Any], bool], seen: frozenset[Any]) -> bool:
    """Tell whether a type, or one that it holds, is wanted."""
    kind = essence(kind)
    if is_wanted(kind):
        return True
    if get_origin(kind) in (list, dict):
        return _reaches(get_args(kind)[-1], is_wanted, seen)
    if kind in seen or not is_nested(kind):
        return False
    types = [info.type for info in msgspec.structs.fields(kind) if info.encode_name != EXTRA]
    return any(_reaches(each, is_wanted, seen | {kind}) for each in types)


def _is_variant(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, OneOf)


def _is_time(kind: Any) -> bool:
    return kind is datetime or _is_variant(kind)  # a variant may hold anything


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_hook)


def _hook(kind: type, data: object) -> object:
    if issubclass(kind, OneOf):
        return kind.build(data, "$", None)
    raise ModelError("reserved for additional properties")


def from_json(kind: type[T], data: str | bytes | bytearray, *, lenient: bool) -> T:
    """Decode JSON to an instance of kind; see `from_builtins`."""
    try:
        try:
            result: T = _decoder(cast("Any", kind)).decode(data)
        except msgspec.ValidationError:
            return from_builtins(kind, msgspec.json.decode(data), lenient=lenient)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        message = f"{_name(kind)}: this JSON cannot be read: {why}"
        raise ModelError(message) from error
    return result


def from_builtins(kind: type[T], data: object, *, lenient: bool) -> T:
    """Convert plain data to an instance of kind; the data is neither changed nor kept.

    Raises:
        ModelError: a value does not fit. When lenient: only if the whole is of another shape.
    """
    misfits: list[str] = []
    try:
        result: T = build(kind, data, "$", misfits if lenient else None)
    except RecursionError as error:
        message = f"{_name(kind)}: the data is nested too deeply"
        raise ModelError(message) from error
    if misfits:
        places = "; ".join(misfits)
        log.warning("%s: kept in additional_properties what did not fit: %s", _name(kind), places)
    return result


def build(kind: Any, data: Any, place: str, misfits: list[str] | None) -> Any:
    """Build leniently (what does not fit is noted in misfits) or, when that is None, strictly."""
    try:
        return convert(data, kind)
    except msgspec.ValidationError as error:
        # Rows are much alike: what the first is refused for tells what to look for in all.
        why = str(error)
        steps = ("sift",) if "unknown field" in why else ("zone",)
    for ways in (steps, ("zone", "sift")):
        try:
            ready = data
            for way in ways:
                walk = _walker(kind, way)
                ready = ready if walk is None else walk(ready)
            return convert(ready, kind)
        except msgspec.ValidationError as error:
            why = str(error)
    return _by_parts(kind, data, place, misfits, why)


def convert(data: Any, kind: Any) -> Any:
    """Convert plain data; the hook is given only where it is needed, for it costs a third more."""
    if _holds_variants(kind):
        return msgspec.convert(data, kind, dec_hook=_hook)
    return msgspec.convert(data, kind)


@cache
def _holds_variants(kind: Any) -> bool:
    return _reaches(kind, _is_variant, frozenset())


@cache
def _walker(kind: Any, way: str) -> Callable[[Any], Any] | None:
    """Return the function that takes plain data of this type one way, None where it has no end."""
    kind = essence(kind)
    container = get_origin(kind) or kind
    if kind is datetime:
        return read_time if way == "zone" else None
    if not is_nested(kind) or _is_variant(container):
        return None
    if way == "zone" and not _reaches(kind, _is_time, frozenset()):
        return None
    if issubclass(container, Struct):
        shape = shape_of(kind)
        return shape.zone if way == "zone" else shape.sift
    item = essence(get_args(kind)[-1])
    walk = _walker(item, way)
    return None if walk is None else _walker_of_many(container, item, walk, way)


def _walker_of_many(
    container: type, item: Any, walk: Callable[[Any], Any], way: str
) -> Callable[[Any], Any]:
    if container is dict:
        return lambda data: (
            {key: walk(each) for key, each in data.items()} if data.__class__ is dict else data
        )
    if way == "sift" and isinstance(item, type):
        return shape_of(item).sift_rows
    return lambda data: [walk(each) for each in data] if data.__class__ is list else data


def _flat_keys(kind: Any) -> frozenset[str] | None:
    """Return the keys that need no look, for a model that holds no others."""
    kind = essence(kind)
    if isinstance(kind, type) and issubclass(kind, Struct) and not shape_of(kind).nested:
        return frozenset(shape_of(kind).fields)
    return None


def _by_parts(
    kind: Any,
    data: Any,
    place: str,
    misfits: list[str] | None,
    why: str,
) -> Any:
    """Build what one conversion refused (why), so that only the part at fault is refused."""
    kind = essence(kind)
    container = get_origin(kind) or kind
    if data is not None and is_nested(kind):
        if issubclass(container, OneOf):
            return kind.build(data, place, misfits)
        if container is list and data.__class__ is list:
            item = get_args(kind)[0]
            return [build(item, each, f"{place}[{i}]", misfits) for i, each in enumerate(data)]
        if container is dict and data.__class__ is dict:
            item = get_args(kind)[1]
            return {key: build(item, each, f"{place}.{key}", misfits) for key, each in data.items()}
        if issubclass(container, Struct) and data.__class__ is dict:
            return _model_by_parts(kind, data, place, misfits)
    reason, _, inner = why.partition(" - at `$")
    place += inner.rstrip("`")
    message = f"{place}: {reason[:1].lower()}{reason[1:]}"
    raise ModelError(message, place=place)


def _model_by_parts(
    cls: type[Struct], data: dict[str, Any], place: str, misfits: list[str] | None
) -> Struct:
    values: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    fields = shape_of(cls).fields
    for wire, value in data.items():
        info = fields.get(wire)
        if info is None:
            extra[wire] = _own_copy(value)
            continue
        here = f"{place}.{wire}"
        try:
            if misfits is not None and value.__class__ is list and is_nested(essence(info.type)):
                values[info.name] = _rows(info.type, value, here, misfits, (extra, wire))
            else:
                values[info.name] = build(info.type, value, here, misfits)
        except ModelError as error:
            if misfits is None:
                raise
            misfits.append(str(error))
            extra[wire] = _own_copy(value)
    for info in fields.values():
        if info.required and info.name not in values:
            if misfits is None:
                message = f"{place}: the required field `{info.encode_name}` is missing"
                raise ModelError(message, place=place)
            values[info.name] = UNSET
    return cls(**values, additional_properties=extra)


def _rows(
    kind: Any,
    rows: list[Any],
    place: str,
    misfits: list[str],
    keep: tuple[dict[str, Any], str],
) -> list[Any]:
    """Build a list leniently: a row that is no row at all is kept beside the list, by its place."""
    if get_origin(essence(kind)) is not list:
        return build(kind, rows, place, misfits)  # type: ignore[no-any-return]  # it raises
    item = get_args(essence(kind))[0]
    extra, wire = keep
    built = []
    for i, row in enumerate(rows):
        try:
            built.append(build(item, row, f"{place}[{i}]", misfits))
        except ModelError as error:
            misfits.append(str(error))
            extra[f"{wire}[{i}]"] = _own_copy(row)
    return built


def _own_copy(value: Any) -> Any:
    if value.__class__ is dict:
        return {key: _own_copy(each) for key, each in value.items()}
    if value.__class__ is list:
        return [_own_copy(each) for each in value]
    return value


def read_time(value: Any) -> Any:
    """Read a time: without a zone it is UTC, an empty text is none."""
    if value.__class__ is str:
        if not value:
            return None
        try:
            value = msgspec.convert(value, datetime)
        except msgspec.ValidationError:
            from dateutil.parser import isoparse  # noqa: PLC0415 - dear to import, seldom needed

            try:
                value = isoparse(value)
            except (ValueError, OverflowError):
                return value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def to_builtins(model: Struct) -> dict[str, Any]:
    """Return a model as plain data, with wire names and times as text in UTC."""
    try:
        out: dict[str, Any] = msgspec.to_builtins(model)
    except TypeError:  # additional properties, here or below
        out = msgspec.to_builtins(model, enc_hook=_additional)
    return _finish(model, out)  # type: ignore[no-any-return]  # a dict for a model


def _additional(value: object) -> dict[str, Any]:
    if isinstance(value, Additional):
        return value.data
    message = f"a model cannot hold a {type(value).__name__}"
    raise TypeError(message)


def _finish(value: Any, out: Any) -> Any:
    """Merge additional properties and write times in UTC, all the way down."""
    if isinstance(value, Struct):
        shape = shape_of(type(value))
        extra = out.pop(EXTRA, None)
        for wire in shape.times:
            if text := out.get(wire):
                out[wire] = _in_utc(text)
        for wire, name, _ in shape.nested:
            if part := out.get(wire):
                out[wire] = _finish(getattr(value, name), part)
        for key in extra or ():
            out.setdefault(key, extra[key])
    elif value.__class__ is list:
        return [_finish(*pair) for pair in zip(value, out, strict=True)]
    elif value.__class__ is dict:
        return {k: _finish(v, out[k]) for k, v in value.items()}
    elif isinstance(value, datetime):
        return _in_utc(out)
    return out


def _in_utc(text: Any) -> Any:
    if text.__class__ is str and text[-1:] == "Z":
        return text[:-4] + "Z" if text.endswith("000Z") else text
    value = read_time(text)
    if not isinstance(value, datetime):
        return text
    try:
        value = value.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar: leave it in its own zone
        return text
    spec = "milliseconds" if value.microsecond and value.microsecond % 1000 == 0 else "auto"
    return value.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def _name(kind: Any) -> str:
    return str(getattr(kind, "__name__", kind))
