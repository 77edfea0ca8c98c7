"""Values that keep the text they were parsed from, so that they are written back unchanged.

A UUID may be in upper case, a time may have an offset or trailing zeros, a decimal number a sign.
Python's own types would lose such spelling. So these values are of subclasses that also keep their
original text. They equal plain values and behave like them; values computed from them are plain.
"""

from __future__ import annotations

import base64
import re
from abc import ABC, abstractmethod
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeAlias, cast
from uuid import UUID

import msgspec

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model.shape import CustomType, parse_time

_TIME = r"\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?"
DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
DATE_TIME: Final = re.compile(rf"{DATE.pattern}[Tt ]{_TIME}")
TIME: Final = re.compile(_TIME)
"""How RFC 3339 spells dates and times, and how services do. Python reads more, such as ``2026``."""
_NUMBER: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")


class Verbatim(ABC):
    """Mixin for values that keep their original text: see the module."""

    @classmethod
    def read(cls, wire: str) -> Self:
        """Parse the text; ValueError if it is invalid."""
        value: Self = cast("Any", cls)(wire)
        return value

    @abstractmethod
    def plain(self) -> Any:
        """Return the value as an instance of Python's own class."""

    @classmethod
    def of(cls, wire: str) -> Self:
        """Parse a text and keep it."""
        value = cls.read(wire)
        object.__setattr__(value, "_wire", wire)  # a UUID allows no plain assignment
        return value

    @property
    def wire(self) -> str:
        """The original text; a value computed from another is formatted as usual."""
        kept: str | None = getattr(self, "_wire", None)
        return str(msgspec.to_builtins(self.plain())) if kept is None else kept

    def __repr__(self) -> str:
        """Show the plain value."""
        return repr(self.plain())

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Copy and pickle by the text."""
        return type(self).of, (self.wire,)


class _UUID(Verbatim, UUID):
    def plain(self) -> UUID:
        return UUID(int=self.int)


class _DateTime(Verbatim, datetime):
    @classmethod
    def read(cls, wire: str) -> Self:
        try:
            value: Any = cls.fromisoformat(wire)
        except ValueError:
            value = parse_time(wire)
            if not isinstance(value, datetime):
                raise
            value = cls.combine(value.date(), value.timetz())
        return value if value.tzinfo else value.replace(tzinfo=UTC)  # type: ignore[no-any-return]  # a cls

    def plain(self) -> datetime:
        return datetime.combine(self.date(), self.timetz())


class _MailDate(_DateTime):
    @classmethod
    def read(cls, wire: str) -> Self:
        """Parse a date as e-mail has it (RFC 2822), or a time of ISO 8601."""
        try:
            return super().read(wire)
        except ValueError:
            from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow to import

            try:
                value = parsedate_to_datetime(wire)
            except (TypeError, IndexError, OverflowError) as error:  # for some invalid dates
                raise ValueError(str(error)) from error
            zone = value.tzinfo or UTC  # "-0000" means a time in UTC, of an unknown place
            return cls.combine(value.date(), value.time(), zone)


class _Seconds(Verbatim, float):
    @classmethod
    def read(cls, wire: str) -> Self:
        if not _NUMBER.fullmatch(wire):
            raise ValueError("not a number of seconds")
        return cls(wire)

    def plain(self) -> float:
        return float(self)


class _Time(Verbatim, time):
    @classmethod
    def read(cls, wire: str) -> Self:
        return cls.fromisoformat(wire)

    def plain(self) -> time:
        return time(self.hour, self.minute, self.second, self.microsecond, self.tzinfo)


class _Decimal(Verbatim, Decimal):
    def plain(self) -> Decimal:
        return Decimal(self)


class _Bytes(Verbatim, bytes):
    @classmethod
    def read(cls, wire: str) -> Self:
        """Parse base64, standard or URL-safe, with or without padding and line breaks."""
        plain = "".join(wire.split()).rstrip("=").replace("-", "+").replace("_", "/")
        return cls(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))

    def plain(self) -> bytes:
        return bytes(self)


class _ExactMeta(type):
    known: tuple[type, ...]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, cls.known)


class _Exact(CustomType, metaclass=_ExactMeta):
    """Base of the runtime types: they accept any `known` value, and parse to `verbatim` ones."""

    known: ClassVar[tuple[type, ...]] = (object,)
    verbatim: ClassVar[type[Verbatim]]
    spelling: ClassVar[re.Pattern[str] | None] = None

    @classmethod
    def fit(cls, data: Any) -> int | None:
        """Return a low score for a time that is spelled as no service does."""
        score = super().fit(data)
        if score and cls.spelling and data.__class__ is str and not cls.spelling.fullmatch(data):
            return 0
        return score

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:  # noqa: ARG003 - of the base class
        """Parse a string; other instances of the type pass unchanged."""
        if isinstance(data, cls.known):
            return data
        if data.__class__ is not str:
            raise ModelError(
                f"{place}: expected `{cls.__name__}`, got `{type(data).__name__}`", place=place
            )
        try:
            return cls.verbatim.of(data)
        except (ValueError, InvalidOperation) as error:
            raise ModelError(f"{place}: invalid `{cls.__name__}`", place=place) from error


def _exact(
    known: type,
    verbatim: type[Verbatim],
    spelling: re.Pattern[str] | None = None,
    others: tuple[type, ...] = (),
) -> type:
    namespace = {"known": (known, *others), "verbatim": verbatim, "spelling": spelling}
    return _ExactMeta(known.__name__, (_Exact,), namespace)


if TYPE_CHECKING:
    Uuid: TypeAlias = UUID
    Timestamp: TypeAlias = datetime
    AnyTimestamp: TypeAlias = datetime | date | str
    MailDate: TypeAlias = datetime
    Seconds: TypeAlias = float
    TimeOfDay: TypeAlias = time
    DecimalText: TypeAlias = Decimal
    Base64: TypeAlias = bytes
    Binary: TypeAlias = bytes | str
else:
    Uuid = _exact(UUID, _UUID)
    Timestamp = AnyTimestamp = _exact(datetime, _DateTime, DATE_TIME)
    MailDate = _exact(datetime, _MailDate)
    Seconds = _exact(float, _Seconds, _NUMBER, (int,))
    TimeOfDay = _exact(time, _Time, TIME)
    DecimalText = _exact(Decimal, _Decimal)
    Base64 = _exact(bytes, _Bytes)
    Binary = Any
