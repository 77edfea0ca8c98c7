"""Model, the base class of all generated models, and its metaclass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Self, dataclass_transform, overload

from msgspec import UNSET, Struct, StructMeta, field

from telnyx_recordings.core import notebook
from telnyx_recordings.core.model import decode, encode, forward_refs
from telnyx_recordings.core.model.shape import EXTRA, Additional, LazyShape, Shape, with_zone


def _accessor(name: str, slot: str, member: Any) -> property:
    """Return the property of a field: absent reads as None.

    The struct stores UNSET for "absent" and None for "null", so that both survive a round trip. The
    slot's name is compiled into the getter, which takes half the time of a closure.
    """

    def read(self: Any) -> Any:
        return None if (value := self.slot) is UNSET else value

    code = read.__code__
    names = tuple(slot if part == "slot" else part for part in code.co_names)
    getter = FunctionType(code.replace(co_names=names, co_name=name), globals(), name)

    def write(self: Any, value: Any) -> None:
        member.__set__(self, with_zone(value) if value.__class__ is datetime else value)

    return property(getter, write)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
class ModelMeta(StructMeta):
    """Makes ``= None`` mean "absent", and gives each field its property."""

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        **options: Any,
    ) -> Any:
        """Create the class of a model."""
        for key, value in namespace.items():
            if value is None and not key.startswith("__"):
                namespace[key] = UNSET
        kinds = namespace.get("__annotations__", {})
        place = namespace["__module__"], namespace.get("__qualname__", name)
        forward_refs.waiting[place] = {**kinds}
        if "additional_properties" in kinds and bases != (Struct,):  # Model's own is a field
            namespace["__extra__"] = kinds.pop("additional_properties")
            del namespace["additional_properties"]
        cls: Any = super().__new__(mcs, name, bases, namespace, **options)
        cls.__shape__ = LazyShape()
        for key in cls.__struct_fields__:
            member = cls.__dict__.get(key)
            if member is not None and key != "additional_properties":
                slot = f"_slot_{key}"
                setattr(cls, slot, member)
                setattr(cls, key, _accessor(key, slot, member))
        return cls

    if not TYPE_CHECKING:  # type checkers derive the constructor from the fields

        def __call__(cls, *args: Any, **fields: Any) -> Any:
            """Create an instance; times without a zone become UTC, with a warning."""
            for key, value in fields.items():
                if value.__class__ is datetime:
                    fields[key] = with_zone(value)
            if "additional_properties" in fields:
                extra = fields["additional_properties"]
                if extra.__class__ is not Additional:
                    fields["additional_properties"] = Additional(dict(extra)) if extra else UNSET
            return super().__call__(*args, **fields)


_LINK = re.compile(r"(https?://[^\s'\"?]*)\?[^\s'\"]*")
_USER = re.compile(r"(https?://)[^\s'\"/?#@]*@")


_FIRST = ("id", "status", "duration_millis", "from_", "to")
"""The fields that are shown first, if a model has them."""
_LINE = 200
"""About how long a repr may be."""
_VALUE = 80
_ITEMS = 3


def _shown(value: Any) -> str:
    """Return a value's repr, cut if it is long, without the user and the query of links."""
    if value.__class__ is list and len(value) > _ITEMS:
        return f"[{_shown(value[0])}, … {len(value)} in all]"
    text = repr(value)
    text = _USER.sub(r"\1***@", _LINK.sub(r"\1?***", text)) if "://" in text else text
    return text if len(text) <= _VALUE or isinstance(value, Model) else f"{text[:_VALUE]}…"


class Model(Struct, metaclass=ModelMeta, kw_only=True, forbid_unknown_fields=True):
    """The base of all generated models.

    An absent field reads as None. Fields that the contract does not know are kept in
    ``additional_properties``, and are part of `to_dict` and `to_json`. Two models are equal if
    they have the same class and the same data.
    """

    if TYPE_CHECKING:
        additional_properties: dict[str, Any] = field(default_factory=dict)
        """The fields that the contract does not know, by wire name; it may be modified."""
    else:
        additional_properties: Additional = field(default=UNSET, name=EXTRA)

    __shape__: ClassVar[Shape]

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Create a model from a dict as ``json.loads`` returns it; the dict is not modified.

        Raises:
            ModelError: a value does not fit; the message names the place.
        """
        return decode.from_builtins(cls, data, lenient=False)

    @classmethod
    def from_json(cls, data: str | bytes | bytearray) -> Self:
        """Create a model from JSON.

        Raises:
            ModelError: this is not JSON, or a value does not fit; the message names the place.
        """
        return decode.from_json(cls, data, lenient=False)

    def __repr__(self) -> str:
        """Show the fields that are set on one short line; no secrets, no signatures of links."""
        name = type(self).__name__
        parts: list[str] = []
        left = _LINE - len(name)
        for field_name, text in shown_fields(self):
            parts.append(f"{field_name}={text}")
            left -= len(parts[-1])
            if left < 0 and len(parts) > 1:
                parts[-1] = "…"
                break
        return f"{name}({', '.join(parts)})"

    def _repr_html_(self) -> str:
        """Return a table of the fields that are set, for notebooks."""
        return notebook.table_of_fields(type(self).__name__, [*shown_fields(self)])

    def __dir__(self) -> list[str]:
        """Return the public names."""
        return [name for name in super().__dir__() if not name.startswith("_")]

    def to_dict(self) -> dict[str, Any]:
        """Return a dict for ``json.dumps``: wire names, plain values, times as strings in UTC.

        Raises:
            ModelError: the data is nested too deeply.
        """
        return encode.to_dict(self)

    def to_json(self) -> str:
        """Return the model as a JSON string.

        Raises:
            ModelError: a string has a lone surrogate, a number is infinite, or the data is nested
                too deeply.
        """
        return encode.to_json(self)


def shown_fields(model: Model) -> Iterator[tuple[str, str]]:
    """Yield the name of each field that is set, and its value for people to read.

    Secrets and the signatures of links are hidden, and long values are cut.
    """
    secrets = model.__shape__.secrets
    names = model.__struct_fields__
    for name in dict.fromkeys((*_FIRST, *names)):
        if name == "additional_properties" or name not in names:
            continue
        value = getattr(model, f"_slot_{name}")
        if value is not UNSET:
            yield name, "***" if value is not None and name in secrets else _shown(value)
    if extra := model.additional_properties:
        yield (
            "additional_properties",
            _shown(extra | dict.fromkeys(secrets & extra.keys(), "***")),
        )


class AdditionalProperty:
    """Reads and writes, as plain data, one of a model's ``additional_properties``.

    msgspec accepts no field name with a quote, a backslash or a control character.
    """

    def __init__(self, wire: str) -> None:
        """Represent the field with this wire name."""
        self._wire = wire

    @overload
    def __get__(self, model: None, cls: type) -> Self: ...
    @overload
    def __get__(self, model: Model, cls: type) -> Any: ...
    def __get__(self, model: Model | None, cls: type) -> Any:
        """Return the value; None if it is absent or null."""
        return self if model is None else model.additional_properties.get(self._wire)

    def __set__(self, model: Model, value: Any) -> None:
        """Set the value, which must be plain data."""
        model.additional_properties[self._wire] = value


_additional: Any = Model.__dict__["additional_properties"]
type.__setattr__(Model, "_slot_additional_properties", _additional)


def _read_additional(self: Model) -> dict[str, Any]:
    held = _additional.__get__(self)
    if held is UNSET:
        held = Additional({})
        _additional.__set__(self, held)
    return held.data  # type: ignore[no-any-return]  # an Additional


def _write_additional(self: Model, value: dict[str, Any]) -> None:
    _additional.__set__(self, Additional(dict(value)))


if not TYPE_CHECKING:
    Model.additional_properties = property(_read_additional, _write_additional)
