"""Beside: an attribute for a field whose wire name the decoder cannot have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

if TYPE_CHECKING:
    from telnyx_recordings.core.model import Model


class Beside:
    """Reads and writes, as plain data, what is kept in a model's ``additional_properties``.

    The decoder takes no name that has a quote, a backslash or a control character.
    """

    def __init__(self, wire: str) -> None:
        """Stand for the field of this wire name."""
        self._wire = wire

    @overload
    def __get__(self, model: None, cls: type) -> Self: ...
    @overload
    def __get__(self, model: Model, cls: type) -> Any: ...
    def __get__(self, model: Model | None, cls: type) -> Any:
        """Return the value; None where it is absent or null."""
        return self if model is None else model.additional_properties.get(self._wire)

    def __set__(self, model: Model, value: Any) -> None:
        """Set it, to plain data."""
        model.additional_properties[self._wire] = value
