"""What is derived from a model class once: its fields, and how to repair plain data for it.

There are two passes, both in place: `repair_times` parses the times that msgspec rejects, and
`set_aside_unknown` moves the fields that the class does not have to its additional properties.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, cached_property, partial
from operator import attrgetter
from sys import intern
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeAlias,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec
from msgspec import UNSET, Meta, Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import forward_refs

DateTime = Annotated[datetime, Meta(tz=True)]
"""An aware datetime. The fast decoder rejects times without a zone; then they are read as UTC."""

if TYPE_CHECKING:
    AnyDate: TypeAlias = date | str
    AnyDateTime: TypeAlias = datetime | date | str
else:
    AnyDate, AnyDateTime = date, DateTime  # they are decoded before they are sent

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A string that is never shown in a repr, log or message."""

EXTRA = "\ue000"
"""The wire name of the field for additional properties: a private-use character that no API uses.
A value under this name is rejected (see `dec_hook`) and becomes an additional property itself."""

Repair = Literal["times", "unknown"]
"""One of the two passes."""

REJECTED = (msgspec.ValidationError, UnicodeEncodeError)
"""What msgspec raises for data that does not fit; the second for a key with a lone surrogate."""

_CACHED_KEY_SEQUENCES = 512
_ZONELESS_LENGTHS = frozenset({19, 23, 26})  # seconds, milliseconds, microseconds


class Additional:
    """Holds a model's additional properties. Not a dict, so that the encoder calls its hook."""

    __slots__ = ("data",)

    def __init__(self, data: dict[str, Any]) -> None:
        """Hold data, without a copy."""
        self.data: dict[str, Any] = data

    def __eq__(self, other: object) -> bool:
        """Compare; empty equals unset, since reading the attribute creates an empty one."""
        if other is UNSET:
            return not self.data
        return isinstance(other, Additional) and self.data == other.data

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # mutable, as a dict is


class CustomType:
    """The base of types that msgspec cannot decode, and builds through its hook.

    They are choices (choices.py), and values that keep their original text (exact.py).
    """

    if TYPE_CHECKING:

        @classmethod
        def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:
            """Build a value; of a choice, the variant that fits best."""

    @classmethod
    def fit(cls, data: Any) -> int | None:
        """Return a score of how well data fits, None if it does not: see core/model/choices.py."""
        try:
            cls.build(data, "$", None)
        except ModelError:
            return None
        return 3


Slot: TypeAlias = tuple[Callable[[Any], Any], str, Any]
"""The getter and the name of a field's slot, and its type without Annotated and None."""


class Shape:
    """What the slower paths and the encoder need to know about a model class."""

    def __init__(self, cls: type[Struct]) -> None:
        """Inspect the class. Annotations are resolved here, once all modules are loaded."""
        infos = [info for info in msgspec.structs.fields(cls) if info.encode_name != EXTRA]
        self.cls = cls
        self.fields: dict[str, msgspec.structs.FieldInfo] = {
            info.encode_name: info for info in infos
        }
        self.times: tuple[str, ...] = tuple(
            i.encode_name for i in infos if bare_type(i.type) is datetime
        )
        self.nested: tuple[tuple[str, str, Any], ...] = tuple(
            (i.encode_name, i.name, i.type) for i in infos if is_nested(bare_type(i.type))
        )
        self.secrets: frozenset[str] = frozenset(i.name for i in infos if _is_secret(i.type))
        self.extra: Any = None
        if hasattr(cls, "__extra__"):
            self.extra = _type_of_additional(cls)
        slot: Any = cast("Any", cls)._slot_additional_properties  # noqa: SLF001 - of a model
        self.set_additional: Callable[[Struct, Additional], None] = slot.__set__
        self._unknown: dict[tuple[Any, ...], tuple[Any, ...]] = {}

        self.nested_times: bool = _reaches([kind for _, _, kind in self.nested], _is_time)

    @cached_property
    def hides_numbers(self) -> bool:
        """Whether lists, dicts, unions or values of any type, here or below, may hold numbers."""
        return _reaches([info.type for info in self.fields.values()], _hides_numbers)

    @cached_property
    def numbers(self) -> tuple[Callable[[Any], Any], ...]:
        """The getters of the fields with a single number."""
        found = (i.name for i in self.fields.values() if bare_type(i.type) in (int, float))
        return tuple(attrgetter(f"_slot_{name}") for name in found)

    @cached_property
    def every(self) -> tuple[Slot, ...]:
        """The slots of all fields."""
        slots = [(intern(f"_slot_{i.name}"), bare_type(i.type)) for i in self.fields.values()]
        return tuple((attrgetter(slot), slot, kind) for slot, kind in slots)

    @cached_property
    def parts(self) -> tuple[Slot, ...]:
        """The slots of the fields with times, and with models and lists of them."""
        return tuple(each for each in self.every if each[2] is datetime or is_nested(each[2]))

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots of the fields with times or numbers, here or below."""
        return tuple(
            each
            for each in self.parts
            if each[2] is datetime or _reaches([each[2]], _is_time_or_number)
        )

    @cached_property
    def _nested_with_times(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        found = ((wire, repairer(kind, "times")) for wire, _, kind in self.nested)
        return tuple((wire, repair) for wire, repair in found if repair is not None)

    @cached_property
    def _nested_with_fields(self) -> tuple[tuple[str, Callable[[Any], Any], Any], ...]:
        found = (
            (wire, repairer(kind, "unknown"), _flat_keys(kind)) for wire, _, kind in self.nested
        )
        return tuple((wire, repair, keys) for wire, repair, keys in found if repair is not None)

    def repair_times(self, data: Any) -> Any:
        """Parse all times in data that msgspec rejects, in place."""
        if data.__class__ is not dict:
            return data
        for wire in self.times:
            value = data.get(wire)
            if value.__class__ is str and value[-1:] != "Z":
                common = len(value) in _ZONELESS_LENGTHS and value[10] == "T"
                data[wire] = value + "Z" if common else parse_time(value)
            elif value.__class__ is datetime:
                data[wire] = parse_time(value)
        for wire, repair in self._nested_with_times:
            if value := data.get(wire):
                data[wire] = repair(value)
        return data

    def set_aside_unknown(self, data: Any) -> Any:
        """Return the model of an object, with its unknown fields; other data is unchanged."""
        return self.set_aside_unknown_in_rows([data])[0] if data.__class__ is dict else data

    def set_aside_unknown_in_rows(self, rows: Any) -> Any:
        """Return the models of rows, with unknown fields taken out in place.

        A single loop, since function calls would take a third of its time.
        """
        if rows.__class__ is not list:
            return rows
        if {*map(type, rows)} != {dict}:  # such as nulls among them
            return [self.set_aside_unknown(row) for row in rows]
        unknown_by_keys, nested = self._unknown, self._nested_with_fields
        extras: list[dict[str, Any] | None] = []
        for row in rows:
            for wire, repair, known in nested:
                value = row.get(wire)
                if value and (
                    known is None or value.__class__ is not dict or not value.keys() <= known
                ):
                    row[wire] = repair(value)
            keys = tuple(row)
            unknown = unknown_by_keys.get(keys)
            if unknown is None:
                unknown = self._unknown_among(keys)
            extras.append({key: row.pop(key) for key in unknown} if unknown else None)
        # msgspec caches the schema of a class, but not that of a list.
        many: Any = list[self.cls]  # type: ignore[name-defined]  # a type made at run time
        models = convert(rows, many) if len(rows) > 1 else [convert(x, self.cls) for x in rows]
        set_additional = self.set_additional
        for model, extra in zip(models, extras, strict=True):
            if extra is not None:
                set_additional(model, Additional(self.typed(extra) if self.extra else extra))
        return models

    def typed(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Return additional properties converted to their type in the contract, if they fit it."""
        return {key: _converted(self.extra, value) for key, value in extra.items()}

    def _unknown_among(self, keys: tuple[Any, ...]) -> tuple[Any, ...]:
        # Cached by key sequence, since rows are alike; bounded, since rows can be hostile.
        if len(self._unknown) >= _CACHED_KEY_SEQUENCES:
            self._unknown.clear()
        found = tuple(key for key in keys if key not in self.fields)
        self._unknown[keys] = found
        return found


class LazyShape:
    """A class attribute that is replaced by the class's Shape on first access."""

    def __get__(self, model: Struct | None, cls: type[Struct]) -> Shape:
        """Create the shape and replace this attribute with it."""
        with forward_refs.lock:
            forward_refs.settle()
            shape = Shape(cls)
            type.__setattr__(cls, "__shape__", shape)
        return shape


def shape_of(cls: type[Struct]) -> Shape:
    """Return the shape of a model class."""
    shape: Shape = cast("Any", cls).__shape__
    return shape


@cache
def bare_type(kind: Any) -> Any:
    """Return a type without Annotated and None."""
    if get_origin(kind) is Annotated:
        return bare_type(get_args(kind)[0])
    args = [arg for arg in get_args(kind) if arg is not NoneType]
    if len(args) == 1 and get_origin(kind) not in (list, dict):
        return bare_type(args[0])
    return kind


def _is_secret(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return any(isinstance(m, Meta) and (m.extra or {}).get("secret") for m in get_args(kind))
    return any(_is_secret(arg) for arg in get_args(kind))


@cache
def is_nested(kind: Any) -> bool:
    """Return whether a bare type is a model, or a list or map of what may need repair."""
    if get_origin(kind) in (list, dict):
        item = bare_type(get_args(kind)[-1])
        return item is datetime or is_nested(item)
    return isinstance(kind, type) and issubclass(kind, (Struct, CustomType))


def _reaches(kinds: list[Any], is_wanted: Callable[[Any], bool]) -> bool:
    """Return whether one of some types, or a type nested in them, is wanted.

    Without recursion, and each type once: the models of a contract may all refer to each other.
    """
    seen: set[Any] = set()
    waiting = [*kinds]
    while waiting:
        kind = bare_type(waiting.pop())
        if is_wanted(kind):
            return True
        if get_origin(kind) in (list, dict):
            waiting.append(get_args(kind)[-1])
        elif kind not in seen and is_nested(kind) and not _is_custom(kind):
            seen.add(kind)
            waiting += _field_types(kind)
    return False


@cache
def _field_types(cls: type[Struct]) -> tuple[Any, ...]:
    return tuple(i.type for i in msgspec.structs.fields(cls) if i.encode_name != EXTRA)


def _is_custom(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, CustomType)


def _is_time(kind: Any) -> bool:
    return kind is datetime or _is_custom(kind)  # which may hold anything


def _hides_numbers(kind: Any) -> bool:
    if get_origin(kind) in (list, Union, UnionType):
        return any(bare_type(each) in (int, float) for each in get_args(kind))
    return kind in (Any, object) or _is_custom(kind) or get_origin(kind) is dict


def _is_time_or_number(kind: Any) -> bool:
    return kind in (int, float) or _is_time(kind)


def dec_hook(kind: type, data: object) -> object:
    """Decode custom types for msgspec; reject the field for additional properties."""
    if issubclass(kind, CustomType):
        return kind.build(data, "$", None)
    raise ModelError("reserved for additional properties")


def convert(data: Any, kind: Any) -> Any:
    """Convert plain data; with the hook only if needed, since it costs a third more."""
    if _holds_custom(kind):
        return msgspec.convert(data, kind, dec_hook=dec_hook)
    return msgspec.convert(data, kind)


@cache
def _holds_custom(kind: Any) -> bool:
    with forward_refs.lock:
        forward_refs.settle()
        msgspec.json.Decoder(kind, dec_hook=dec_hook)  # which prepares the type
        return _reaches([kind], _is_custom)


@cache
def repairer(kind: Any, step: Repair) -> Callable[[Any], Any] | None:
    """Return the function for a pass over data of this type; None if there is nothing to repair."""
    kind = bare_type(kind)
    container = get_origin(kind) or kind
    if kind is datetime:
        return parse_time if step == "times" else None
    if not is_nested(kind) or _is_custom(container):
        return None
    if step == "times" and not _reaches([kind], _is_time):
        return None
    if issubclass(container, Struct):
        shape = shape_of(kind)
        return shape.repair_times if step == "times" else shape.set_aside_unknown
    item = bare_type(get_args(kind)[-1])
    repair = repairer(item, step)
    return None if repair is None else _repairer_of_many(container, item, repair, step)


def _repairer_of_many(
    container: type, item: Any, repair: Callable[[Any], Any], step: Repair
) -> Callable[[Any], Any]:
    if container is dict:
        return lambda data: (
            {key: repair(each) for key, each in data.items()} if data.__class__ is dict else data
        )
    if step == "unknown" and isinstance(item, type):
        return shape_of(item).set_aside_unknown_in_rows
    return lambda data: [repair(each) for each in data] if data.__class__ is list else data


def _flat_keys(kind: Any) -> frozenset[str] | None:
    """Return the known keys of a model without nested models: such data needs no repair."""
    kind = bare_type(kind)
    if isinstance(kind, type) and issubclass(kind, Struct) and not shape_of(kind).nested:
        return frozenset(shape_of(kind).fields)
    return None


def convert_repaired(kind: Any, again: Callable[[], Any], why: str) -> Any:
    """Convert data that was rejected, after one pass over it, and then after both.

    `again` returns a copy of the plain data, which is repaired in place; `why` is the message of
    the rejection. If the repaired data is rejected, too, this raises one of `REJECTED`.
    """
    # Rows are alike: what the first was rejected for is what to repair in all of them.
    first: Repair = "times" if "timezone" in why or "RFC3339" in why else "unknown"
    with suppress(*REJECTED):
        return _converted_after((first,), kind, again())
    return _converted_after(("times", "unknown"), kind, again())


def _converted_after(passes: tuple[Repair, ...], kind: Any, data: Any) -> Any:
    for each in passes:
        repair = repairer(kind, each)
        data = data if repair is None else repair(data)
    return convert(data, kind)


def _type_of_additional(cls: type) -> Any:
    """Return the type of a class's additional properties, as it or a base class states it."""
    home = next(each for each in cls.__mro__ if "__extra__" in each.__dict__)
    text: str = home.__dict__["__extra__"]
    holder = type("_", (), {"__annotations__": {"_": text}, "__module__": home.__module__})
    return get_args(get_type_hints(holder, include_extras=True)["_"])[1]


def _converted(kind: Any, value: Any) -> Any:
    """Return a value as this type; unchanged if it does not fit."""
    try:
        return convert(value, kind)
    except REJECTED as error:
        why = str(error)
    try:
        return convert_repaired(kind, partial(deep_copy, value), why)
    except REJECTED:
        return value


def name_of(kind: Any) -> str:
    """Return the name of a type for messages."""
    return str(getattr(kind, "__name__", kind))


def too_deep(kind: Any) -> ModelError:
    """Return the error for data of this type that exceeds the recursion limit."""
    return ModelError(f"{name_of(kind)}: the data is nested too deeply")


def deep_copy(value: Any) -> Any:
    """Return a deep copy of plain data."""
    if value.__class__ is dict:
        return {key: deep_copy(each) for key, each in value.items()}
    if value.__class__ is list:
        return [deep_copy(each) for each in value]
    return value


def with_zone(value: datetime) -> datetime:
    """Return a time with its zone: UTC, with a warning, if a program gave it none."""
    if value.tzinfo is not None:
        return value
    import inspect  # noqa: PLC0415 - rarely needed
    import warnings  # noqa: PLC0415 - likewise

    package, level, frame = __name__.partition(".")[0], 1, inspect.currentframe()
    # From Python 3.12 on, warnings.warn skips files itself.
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    text = f"{value.isoformat()} has no time zone and is taken as UTC: add tzinfo=UTC, or the "
    text += "zone that you mean, for example with astimezone()"
    warnings.warn(text, stacklevel=level)  # where the program gave it
    return value.replace(tzinfo=UTC)


def parse_time(value: Any) -> Any:
    """Parse a time, as UTC if it has no zone; an empty string is None."""
    if value.__class__ is str:
        if not value:
            return None
        try:
            value = msgspec.convert(value, datetime)
        except (msgspec.ValidationError, UnicodeEncodeError):
            try:
                value = datetime.fromisoformat(value)  # other forms of ISO 8601
            except ValueError:
                return value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
