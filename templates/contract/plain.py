"""Plain data, as JSON gives it: what of it is an object, and what a list."""

from __future__ import annotations

from typing import Any, TypeGuard

Schema = dict[str, Any]


def is_object(value: Any) -> TypeGuard[Schema]:
    """Tell whether this is an object; its keys are texts, as JSON's are."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether this is a list."""
    return isinstance(value, list)


def as_object(value: Any) -> Schema:
    """Return an object, an empty one for what is none."""
    return value if is_object(value) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list, an empty one for what is none."""
    return value if is_list(value) else []
