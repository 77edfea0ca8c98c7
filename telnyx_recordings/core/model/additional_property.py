"""AdditionalProperty: an attribute for a field whose wire name the decoder cannot handle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

if TYPE_CHECKING:
    from telnyx_recordings.core.model.base import Model


class AdditionalProperty:
    """Reads and writes, as plain data, one of a model's ``additional_properties``.

    msgspec accepts no field name with a quote, a backslash or a control character.
    """

    def __init__(self, wire: str) -> None:
        """Represent the field with this wire name."""
        self._wire = wire

    @overload
    def __get__(self, model: None, cls: type) -> Self: ...
    @overload
    def __get__(self, model: Model, cls: type) -> Any: ...
    def __get__(self, model: Model | None, cls: type) -> Any:
        """Return the value; None if it is absent or null."""
        return self if model is None else model.additional_properties.get(self._wire)

    def __set__(self, model: Model, value: Any) -> None:
        """Set the value, which must be plain data."""
        model.additional_properties[self._wire] = value
