"""What is read off a model class once: its fields, its times, and how to tidy plain data for it.

Two passes tidy, in place: `zone` reads the times that msgspec does not take as they are, `sift`
sets aside the strangers, the fields that the class does not have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib import import_module
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct

from telnyx_recordings.core.errors import ModelError

DateTime = Annotated[datetime, Meta(tz=True)]
"""An aware datetime. A time without a zone is refused by the fast decoder and made UTC after it."""

Secret = Annotated[str, Meta(extra={"secret": True})]
"""A text that no repr, log or message shows."""

EXTRA = "\ue000"
"""The wire name of the field for strangers: a private-use character that no API uses. A value that
came under it would be refused (see `hook`) and be a stranger like any other."""

_KEY_SEQUENCES_KEPT = 512
_ZONELESS_LENGTHS = frozenset({19, 23, 26})  # seconds, milliseconds, microseconds


class Additional:
    """Holds a model's additional properties: not a dict, so that the encoder stops at one."""

    __slots__ = ("data",)

    def __init__(self, data: dict[str, Any]) -> None:
        """Hold data, which is not copied."""
        self.data: dict[str, Any] = data

    def __eq__(self, other: object) -> bool:
        """Compare; empty equals unset, since reading the attribute makes an empty one."""
        if other is UNSET:
            return not self.data
        return isinstance(other, Additional) and self.data == other.data

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # mutable, as a dict is


class Built:
    """The base of runtime types whose values are built here, for the decoder cannot.

    They are choices (core/union.py), and values that keep the text they came as (core/exact.py).
    """

    if TYPE_CHECKING:

        @classmethod
        def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:
            """Return what data stands for; of a choice, the variant that it fits best."""

    @classmethod
    def fit(cls, data: Any) -> int | None:
        """Return how well data fits, more being better; None where it cannot: see core/fit.py."""
        try:
            cls.build(data, "$", None)
        except ModelError:
            return None
        return 3


class Spelt(ABC):
    """What a value has that keeps the text it came as: see core/exact.py."""

    @classmethod
    @abstractmethod
    def read(cls, wire: str) -> Self:
        """Read a text of the wire; ValueError where it is none."""

    @abstractmethod
    def plain(self) -> Any:
        """Return the same value as Python's own class has it."""

    @classmethod
    def of(cls, wire: str) -> Self:
        """Read a text and keep it; a UUID forbids the plain way to set what it has."""
        value = cls.read(wire)
        object.__setattr__(value, "_wire", wire)
        return value

    @property
    def wire(self) -> str:
        """The text it came as; what was computed from such a value is written as any other."""
        kept: str | None = getattr(self, "_wire", None)
        return str(msgspec.to_builtins(self.plain())) if kept is None else kept

    def __repr__(self) -> str:
        """Show it as what it is to its user."""
        return repr(self.plain())

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copy and pickle it as its text."""
        return type(self).of, (self.wire,)


class Shape:
    """What the slow ways and the encoder must know of a model class."""

    def __init__(self, cls: type[Struct]) -> None:
        """Read it off the class; types are resolved here, when all modules are loaded."""
        infos = [info for info in msgspec.structs.fields(cls) if info.encode_name != EXTRA]
        self.cls = cls
        self.fields: dict[str, msgspec.structs.FieldInfo] = {
            info.encode_name: info for info in infos
        }
        self.times: tuple[str, ...] = tuple(
            i.encode_name for i in infos if essence(i.type) is datetime
        )
        self.nested: tuple[tuple[str, str, Any], ...] = tuple(
            (i.encode_name, i.name, i.type) for i in infos if is_nested(essence(i.type))
        )
        self.secrets: frozenset[str] = frozenset(i.name for i in infos if _is_secret(i.type))
        self._hold: Callable[[Struct, Additional], None] = cast("Any", cls).__hold__
        self._strangers: dict[tuple[Any, ...], tuple[Any, ...]] = {}

        self.nested_times: bool = any(
            _reaches(kind, _is_time, frozenset({cls})) for _, _, kind in self.nested
        )

    @cached_property
    def _nested_with_times(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        found = ((wire, walker(kind, "zone")) for wire, _, kind in self.nested)
        return tuple((wire, walk) for wire, walk in found if walk is not None)

    @cached_property
    def _nested_with_fields(self) -> tuple[tuple[str, Callable[[Any], Any], Any], ...]:
        found = ((wire, walker(kind, "sift"), _flat_keys(kind)) for wire, _, kind in self.nested)
        return tuple((wire, walk, keys) for wire, walk, keys in found if walk is not None)

    def zone(self, data: Any) -> Any:
        """Make all times in data readable and zoned, in place."""
        if data.__class__ is not dict:
            return data
        for wire in self.times:
            value = data.get(wire)
            if value.__class__ is str and value[-1:] != "Z":
                common = len(value) in _ZONELESS_LENGTHS and value[10] == "T"
                data[wire] = value + "Z" if common else read_time(value)
            elif value.__class__ is datetime:
                data[wire] = read_time(value)
        for wire, walk in self._nested_with_times:
            if value := data.get(wire):
                data[wire] = walk(value)
        return data

    def sift(self, data: Any) -> Any:
        """Return the model of data, with its strangers; what is no object stays as it is."""
        return self.sift_rows([data])[0] if data.__class__ is dict else data

    def sift_rows(self, rows: Any) -> Any:
        """Return the models of rows, converted in one go, with the strangers taken out in place.

        One loop with everything in it: calls would make up a third of its time.
        """
        if rows.__class__ is not list:
            return rows
        strangers_by_keys, nested = self._strangers, self._nested_with_fields
        extras: list[dict[str, Any] | None] = []
        for row in rows:
            if row.__class__ is not dict:
                return rows
            for wire, walk, known in nested:
                value = row.get(wire)
                if value and (
                    known is None or value.__class__ is not dict or not value.keys() <= known
                ):
                    row[wire] = walk(value)
            keys = tuple(row)
            strangers = strangers_by_keys.get(keys)
            if strangers is None:
                strangers = self._strangers_among(keys)
            extras.append({key: row.pop(key) for key in strangers} if strangers else None)
        # msgspec remembers what a class looks like, but reads a list's type anew each time.
        many: Any = list[self.cls]  # type: ignore[name-defined]  # a type made at run time
        models = convert(rows, many) if len(rows) > 1 else [convert(x, self.cls) for x in rows]
        hold = self._hold
        for model, extra in zip(models, extras, strict=True):
            if extra is not None:
                hold(model, Additional(extra))
        return models

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
        type.__setattr__(cls, "__shape__", shape)
        return shape


def shape_of(cls: type[Struct]) -> Shape:
    """Return the shape of a model class."""
    shape: Shape = cast("Any", cls).__shape__
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
    return isinstance(kind, type) and issubclass(kind, (Struct, Built))


def _reaches(kind: Any, is_wanted: Callable[[Any], bool], seen: frozenset[Any]) -> bool:
    """Tell whether a type, or one that it holds, is wanted."""
    kind = essence(kind)
    if is_wanted(kind):
        return True
    if get_origin(kind) in (list, dict):
        return _reaches(get_args(kind)[-1], is_wanted, seen)
    if kind in seen or not is_nested(kind) or _is_built(kind):
        return False
    types = [info.type for info in msgspec.structs.fields(kind) if info.encode_name != EXTRA]
    return any(_reaches(each, is_wanted, seen | {kind}) for each in types)


def _is_built(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Built)


def _is_time(kind: Any) -> bool:
    return kind is datetime or _is_built(kind)  # which may hold anything


def hook(kind: type, data: object) -> object:
    """Decode for msgspec what it cannot. Refuse what must never come from the wire."""
    if issubclass(kind, Built):
        return kind.build(data, "$", None)
    raise ModelError("reserved for additional properties")


def convert(data: Any, kind: Any) -> Any:
    """Convert plain data; the hook is given only where it is needed, for it costs a third more."""
    if _holds_built(kind):
        return msgspec.convert(data, kind, dec_hook=hook)
    return msgspec.convert(data, kind)


@cache
def _holds_built(kind: Any) -> bool:
    return _reaches(kind, _is_built, frozenset())


@cache
def walker(kind: Any, way: str) -> Callable[[Any], Any] | None:
    """Return the function that takes plain data of this type one way, None where it has no end."""
    kind = essence(kind)
    container = get_origin(kind) or kind
    if kind is datetime:
        return read_time if way == "zone" else None
    if not is_nested(kind) or _is_built(container):
        return None
    if way == "zone" and not _reaches(kind, _is_time, frozenset()):
        return None
    if issubclass(container, Struct):
        shape = shape_of(kind)
        return shape.zone if way == "zone" else shape.sift
    item = essence(get_args(kind)[-1])
    walk = walker(item, way)
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


def own_copy(value: Any) -> Any:
    """Return plain data that shares no list or dict with what was given."""
    if value.__class__ is dict:
        return {key: own_copy(each) for key, each in value.items()}
    if value.__class__ is list:
        return [own_copy(each) for each in value]
    return value


def read_time(value: Any) -> Any:
    """Read a time: without a zone it is UTC, an empty text is none."""
    if value.__class__ is str:
        if not value:
            return None
        try:
            value = msgspec.convert(value, datetime)
        except (msgspec.ValidationError, UnicodeEncodeError):
            isoparse = import_module("dateutil.parser").isoparse  # dear to import, seldom needed

            try:
                value = isoparse(value)
            except (ValueError, OverflowError):
                return value
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value
