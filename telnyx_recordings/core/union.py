"""Variants: what ``oneOf`` and ``anyOf`` become, so that a stranger among them is kept as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telnyx_recordings.core import codec
from telnyx_recordings.core.errors import ModelError
from telnyx_recordings.core.model import Model
from telnyx_recordings.core.shape import OneOf, shape_of


class UnknownVariant(Model):
    """A variant that the contract does not know: all it has is in ``additional_properties``."""

    def __repr__(self) -> str:
        """Show which fields there are and not what they hold: any may be a secret."""
        return f"UnknownVariant({', '.join(f'{name}=***' for name in self.additional_properties)})"


class _OneOfMeta(type):
    variants: tuple[type[Model], ...]

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, (*cls.variants, UnknownVariant))


class _OneOf(OneOf, metaclass=_OneOfMeta):
    """Holds what all runtime types of ``oneOf`` share; `one_of` derives them."""

    variants: tuple[type[Model], ...] = ()
    discriminator: str | None = None
    mapping: Mapping[str, type[Model]] = {}

    @classmethod
    def build(cls, data: Any, place: str, misfits: list[str] | None) -> Any:
        """Return the variant that the discriminator names, or else the one that fits best."""
        if isinstance(data, (*cls.variants, UnknownVariant)):
            return data
        if data.__class__ is not dict:
            message = f"{place}: expected an object, got {type(data).__name__}"
            raise ModelError(message, place=place)
        tag = data.get(cls.discriminator) if cls.discriminator else None
        if tag is not None:
            named = cls.mapping.get(tag) if isinstance(tag, str) else None
            return codec.build(named or UnknownVariant, data, place, misfits)
        return codec.build(
            max(cls.variants, key=lambda each: _fit(each, data)), data, place, misfits
        )


def _fit(variant: type[Model], data: dict[str, Any]) -> int:
    fields = shape_of(variant).fields
    missing = sum(info.required and wire not in data for wire, info in fields.items())
    return sum(1 if key in fields else -1 for key in data) - len(data) * missing


def one_of(
    name: str,
    variants: tuple[type[Model], ...],
    *,
    discriminator: str | None = None,
    mapping: Mapping[str, type[Model]] | None = None,
) -> type:
    """Return the runtime type of a ``oneOf``: decoding picks the variant, nothing is refused."""
    namespace = {"variants": variants, "discriminator": discriminator, "mapping": mapping or {}}
    return _OneOfMeta(name, (_OneOf,), namespace)
