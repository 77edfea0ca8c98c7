"""Values that a text of the wire stands for, and that give back just that text.

A UUID may come in capitals, a time of day without its seconds, a decimal number with a sign. Read
into Python's own types these spellings would be lost. So the values are of classes derived from
Python's that also keep the text they came as; they equal plain ones and behave like them.
"""

from __future__ import annotations

import base64
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias
from uuid import UUID

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.shape import OneOf, Spelt


class _UUID(Spelt, UUID):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls(wire)


class _Time(Spelt, time):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls.fromisoformat(wire)


class _Decimal(Spelt, Decimal):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls(wire)


class _Bytes(Spelt, bytes):
    @classmethod
    def read(cls, wire: str) -> Self:
        """Read Base64 as it is or for URLs, with or without its padding and line ends."""
        plain = "".join(wire.split()).rstrip("=").replace("-", "+").replace("_", "/")
        return cls(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))


class _ExactMeta(type):
    plain: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.plain)


class _Exact(OneOf, metaclass=_ExactMeta):
    """The base of the runtime types: a value is `plain` to its user, and `spelt` is its class."""

    plain: ClassVar[type] = object
    spelt: ClassVar[type[Spelt]]

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:  # noqa: ARG003 - as of a choice
        """Return the value that a text stands for."""
        if isinstance(data, cls.plain):
            return data
        if data.__class__ is not str:
            message = f"{place}: expected `{cls.__name__}`, got `{type(data).__name__}`"
            raise ModelError(message, place=place)
        try:
            return cls.spelt.of(data)
        except (ValueError, InvalidOperation) as error:
            raise ModelError(f"{place}: invalid `{cls.__name__}`", place=place) from error


def _exact(plain: type, spelt: type[Spelt]) -> type:
    namespace = {"plain": plain, "spelt": spelt}
    return _ExactMeta(plain.__name__, (_Exact,), namespace)


if TYPE_CHECKING:
    Uuid: TypeAlias = UUID
    TimeOfDay: TypeAlias = time
    DecimalText: TypeAlias = Decimal
    Base64: TypeAlias = bytes
    Binary: TypeAlias = bytes | str
else:
    Uuid = _exact(UUID, _UUID)
    TimeOfDay = _exact(time, _Time)
    DecimalText = _exact(Decimal, _Decimal)
    Base64 = _exact(bytes, _Bytes)
    Binary = Any
