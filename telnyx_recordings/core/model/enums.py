"""Enums that accept values the contract does not know yet, and keep them."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any, cast


class _Open(Enum):
    """Base of enums that accept values the contract does not know yet."""

    @property
    def is_known(self) -> bool:
        """Whether the contract names this value."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Any:
        make: Any = cast("Any", cls)._member_type_  # of an Enum: str or int
        if not isinstance(value, make) or isinstance(value, bool):
            return None
        member: Any = make.__new__(cls, value)
        member._name_ = str(value)
        member._value_ = make(value)
        return member

    def __repr__(self) -> str:
        """Show an unknown value as such."""
        if self.is_known:
            return super().__repr__()
        return f"<{type(self).__name__} unknown: {self._value_!r}>"

    def __reduce_ex__(self, proto: object) -> tuple[Any, ...]:
        """Copy and pickle by value: Python 3.11.2 uses the name, which unknown values lack."""
        return type(self), (self._value_,)


class OpenEnum(_Open, StrEnum):
    """A string enum that accepts values the contract does not know yet, and keeps them.

    Examples:
        >>> StatusEnum("archived") == "archived", StatusEnum("archived").is_known
        (True, False)
    """


class OpenIntEnum(_Open, IntEnum):
    """Like `OpenEnum`, for integers."""
