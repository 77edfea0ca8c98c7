"""The runtime types of ``oneOf`` and ``anyOf``; unknown variants are kept, not rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

from msgspec import Struct

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.model.exact import DATE, DATE_TIME
from telnyx_recordings.core.model.shape import CustomType, bare_type, shape_of

_EXACT = 3
"""Score of a value that identifies its type, such as a constant or a time."""

_LAST = -(10**6)
"""Score of what accepts anything."""

Variants = Callable[[], tuple[tuple[Any, ...], Mapping[str, Any]]]
"""Returns the variants, and the mapping from values of the discriminator to them."""


class UnknownVariant(Model):
    """A variant that the contract does not know; its data is in ``additional_properties``."""

    def __repr__(self) -> str:
        """Show the names of the fields, but not their values, since any may be a secret."""
        return f"UnknownVariant({', '.join(f'{name}=***' for name in self.additional_properties)})"


class _OneOfMeta(type):
    make: Variants

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, UnknownVariant) or any(
            _is_of(each, instance) for each in cls.variants
        )

    @property
    def variants(cls) -> tuple[Any, ...]:
        return _made(cls)[0]

    @property
    def mapping(cls) -> Mapping[str, Any]:
        return _made(cls)[1]


@cache
def _made(kind: _OneOfMeta) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    return kind.make()  # on first use, since variants and models may refer to each other


class _OneOf(CustomType, metaclass=_OneOfMeta):
    """Base of all runtime types of ``oneOf``; `one_of` makes them."""

    discriminator: str | None = None
    other: bool = False

    @classmethod
    def from_dict(cls, data: Any) -> Any:
        """Build the variant that data is of; see `Model.from_dict`."""
        return decode.from_builtins(cls, data, lenient=False)

    @classmethod
    def from_json(cls, data: str | bytes | bytearray) -> Any:
        """Build the variant that JSON is of; see `Model.from_json`."""
        return decode.from_json(cls, data, lenient=False)

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:
        """Build the variant that the discriminator names, or else the one that fits best."""
        if isinstance(data, (Model, Enum)):
            return data
        named, found = cls._named(data)
        if found:
            return decode.build(named, data, place, misfits)
        scores = [(score, each) for each in cls.variants if (score := fit(each, data)) is not None]
        # `sorted` is stable: of equal scores the first variant comes first.
        candidates = [each for _, each in sorted(scores, key=lambda pair: -pair[0])]
        if data.__class__ is dict and any(is_model(each) for each in cls.variants):
            candidates.append(cls._unknown())
        for each in candidates[:-1]:
            try:
                return decode.build(each, data, place, misfits)
            except ModelError:
                continue
        if candidates:
            return decode.build(candidates[-1], data, place, misfits)
        wanted = "an object" if all(is_model(each) for each in cls.variants) else cls.__name__
        raise ModelError(f"{place}: expected {wanted}, got {type(data).__name__}", place=place)

    @classmethod
    def fit(cls, data: Any) -> int | None:
        """Return the score of the variant that fits best."""
        named, found = cls._named(data)
        if found:
            return (fit(named, data) or 0) + 1
        return best(cls.variants, data)

    @classmethod
    def _unknown(cls) -> Any:
        return cls.variants[-1] if cls.other else UnknownVariant

    @classmethod
    def _named(cls, data: Any) -> tuple[Any, bool]:
        """Return the variant that the discriminator names, and whether there is a discriminator."""
        if data.__class__ is not dict or not cls.discriminator or not cls.mapping:
            return None, False
        tag = data.get(cls.discriminator)
        if isinstance(tag, bool | int):  # a contract names these by their text
            tag = str(tag).lower()
        named = cls.mapping.get(tag) if isinstance(tag, str) else None
        return named or cls._unknown(), tag is not None


def _is_of(kind: Any, instance: object) -> bool:
    kind = bare_type(kind)
    container = get_origin(kind) or kind
    if get_args(kind) and container not in (list, dict):
        return any(_is_of(each, instance) for each in get_args(kind))
    return kind is Any or isinstance(instance, container)


def one_of(
    name: str, variants: Variants, *, discriminator: str | None = None, other: bool = False
) -> type:
    """Return the runtime type of a ``oneOf``; decoding selects the variant.

    Args:
        name: of the type.
        variants: returns the variants; called on first use.
        discriminator: the field, by wire name, that names the variant.
        other: whether the last variant, and not `UnknownVariant`, is for all other names.
    """
    namespace = {"make": staticmethod(variants), "discriminator": discriminator, "other": other}
    return _OneOfMeta(name, (_OneOf,), namespace)


def fit(kind: Any, data: Any) -> int | None:
    """Return a score of how well data fits a type; None if it does not."""
    if kind is Any or data is None:
        return _LAST if kind is Any else 0 if NoneType in get_args(kind) else None
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
    """Return whether a type is a model, or a choice with a model among its variants."""
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
        if data.__class__ is not str or not data or not _is_readable(kind, data):
            return None
        spelling = DATE if kind is date else DATE_TIME
        return _EXACT if spelling.fullmatch(data) else 0
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
