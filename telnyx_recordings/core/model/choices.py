"""The runtime types of ``oneOf`` and ``anyOf``; unknown variants are kept, not rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin

from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.model.fit import best, fit, is_model
from telnyx_recordings.core.model.shape import CustomType, bare_type

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
