"""Types of additional properties, where the contract says of which type they are."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import decode


def type_of_extra(cls: type) -> Any:
    """Return the type of a class's additional properties, which it or a base of it says."""
    home = next(each for each in cls.__mro__ if "__extra__" in each.__dict__)
    text: str = home.__dict__["__extra__"]
    holder = type("_", (), {"__annotations__": {"_": text}, "__module__": home.__module__})
    return get_args(get_type_hints(holder, include_extras=True)["_"])[1]


def converted(kind: Any, value: Any) -> Any:
    """Return a value as this type; unchanged if it does not fit."""
    try:
        return decode.build(kind, value, "$", None)
    except ModelError:
        return value
