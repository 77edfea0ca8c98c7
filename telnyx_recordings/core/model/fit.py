"""Scores how well plain data fits a type, to select a variant without a discriminator."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin

from msgspec import Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.model.shape import CustomType, bare_type, shape_of

_EXACT = 3
"""Score of a value that identifies its type, such as a constant or a time."""


def fit(kind: Any, data: Any) -> int | None:
    """Return a score of how well data fits a type; None if it does not."""
    if data is None or kind is Any:
        return 0 if kind is Any or NoneType in get_args(kind) else None
    kind = bare_type(kind)
    container = get_origin(kind) or kind
    if get_args(kind) and container not in (list, dict):  # a union of plain types
        return best(get_args(kind), data)
    if container is list or container is dict:
        return _fit_many(container, get_args(kind)[-1], data)
    if issubclass(container, CustomType):
        return container.fit(data)  # type: ignore[no-any-return]  # see CustomType
    if issubclass(container, Struct):
        return _fit_model(container, data) if data.__class__ is dict else None
    return _fit_scalar(kind, data)


def best(kinds: tuple[Any, ...], data: Any) -> int | None:
    """Return the best score of several types; None if data fits none."""
    return max((found for each in kinds if (found := fit(each, data)) is not None), default=None)


def is_model(kind: Any) -> bool:
    """Tell whether a type is a model, or a choice with a model among its variants."""
    kind = bare_type(kind)
    if not isinstance(kind, type) or get_origin(kind):
        return False
    if issubclass(kind, CustomType):
        return any(is_model(each) for each in getattr(kind, "variants", ()))
    return issubclass(kind, Struct)


def _fit_many(container: Any, item: Any, data: Any) -> int | None:
    if data.__class__ is not container:
        return None
    rows: list[Any] = [*data.values()] if isinstance(data, dict) else data
    found = [fit(item, each) for each in rows]
    scores = [score for score in found if score is not None]
    if len(scores) < len(found):
        return None
    return min(scores, default=0) if container is list else 0  # only names tell models apart


def _fit_model(model: type[Struct], data: dict[str, Any]) -> int:
    fields = shape_of(model).fields
    score = sum(1 if key in fields else -1 for key in data)
    for wire, info in fields.items():
        if wire not in data:
            score -= len(data) if info.required else 0
        elif data[wire] is not None:
            score += _fit_field(bare_type(info.type), data[wire])
    return score


def _fit_field(kind: Any, value: Any) -> int:
    """Return the score of a field: its constants tell variants apart better than its name."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _EXACT if _is_member(kind, value) else -_EXACT
    nested = isinstance(value, list | dict)
    return 0 if nested or fit(kind, value) is not None else -_EXACT


def _fit_scalar(kind: Any, data: Any) -> int | None:
    if issubclass(kind, Enum):
        same = data.__class__ is (str if issubclass(kind, str) else int)
        return (_EXACT if _is_member(kind, data) else 1) if same else None
    if kind in (datetime, date):
        return _EXACT if data.__class__ is str and data and _is_readable(kind, data) else None
    if kind is float:
        return 1 if data.__class__ in (float, int) else None
    return 2 if data.__class__ is kind else None


def _is_member(kind: type[Enum], value: Any) -> bool:
    return isinstance(value, str | int) and value in kind._value2member_map_


def _is_readable(kind: Any, data: Any) -> bool:
    try:
        decode.build(kind, data, "$", None)
    except ModelError:
        return False
    return True
