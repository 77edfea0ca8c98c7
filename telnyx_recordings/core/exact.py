"""Values that a text of the wire stands for, and that give back just that text.

A UUID may come in capitals, a time with a zone or three zeros behind its seconds, a decimal number
with a sign. Read into Python's own types these spellings would be lost. So the values are of
classes derived from Python's that also keep the text they came as; they equal plain ones and behave
like them, and what is computed from them is written as plain ones are.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias
from uuid import UUID

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.shape import Built, Spelt, read_time


class _UUID(Spelt, UUID):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls(wire)

    def plain(self) -> UUID:
        return UUID(int=self.int)


class _DateTime(Spelt, datetime):
    @classmethod
    def read(cls, wire: str) -> Self:
        try:
            value: Any = cls.fromisoformat(wire)
        except ValueError:
            value = read_time(wire)
            if not isinstance(value, datetime):
                raise
            value = cls.combine(value.date(), value.timetz())
        return value if value.tzinfo else value.replace(tzinfo=UTC)  # type: ignore[no-any-return]  # a cls

    def plain(self) -> datetime:
        return datetime.combine(self.date(), self.timetz())


class _Time(Spelt, time):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls.fromisoformat(wire)

    def plain(self) -> time:
        return time(self.hour, self.minute, self.second, self.microsecond, self.tzinfo)


class _Decimal(Spelt, Decimal):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls(wire)

    def plain(self) -> Decimal:
        return Decimal(self)


class _Bytes(Spelt, bytes):
    @classmethod
    def read(cls, wire: str) -> Self:
        """Read Base64 as it is or for URLs, with or without its padding and line ends."""
        plain = "".join(wire.split()).rstrip("=").replace("-", "+").replace("_", "/")
        return cls(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))

    def plain(self) -> bytes:
        return bytes(self)


class _ExactMeta(type):
    known: type

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.known)


class _Exact(Built, metaclass=_ExactMeta):
    """The base of the runtime types: what they read is `spelt`, what they take is `known`."""

    known: ClassVar[type] = object
    spelt: ClassVar[type[Spelt]]

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:  # noqa: ARG003 - as of a choice
        """Return the value that a text stands for."""
        if isinstance(data, cls.known):
            return data
        if data.__class__ is not str:
            message = f"{place}: expected `{cls.__name__}`, got `{type(data).__name__}`"
            raise ModelError(message, place=place)
        try:
            return cls.spelt.of(data)
        except (ValueError, InvalidOperation) as error:
            raise ModelError(f"{place}: invalid `{cls.__name__}`", place=place) from error


def _exact(known: type, spelt: type[Spelt]) -> type:
    namespace = {"known": known, "spelt": spelt}
    return _ExactMeta(known.__name__, (_Exact,), namespace)


if TYPE_CHECKING:
    Uuid: TypeAlias = UUID
    Timestamp: TypeAlias = datetime
    TimeOfDay: TypeAlias = time
    DecimalText: TypeAlias = Decimal
    Base64: TypeAlias = bytes
    Binary: TypeAlias = bytes | str
else:
    Uuid = _exact(UUID, _UUID)
    Timestamp = _exact(datetime, _DateTime)
    TimeOfDay = _exact(time, _Time)
    DecimalText = _exact(Decimal, _Decimal)
    Base64 = _exact(bytes, _Bytes)
    Binary = Any
