"""Audio: downloading as a state machine without I/O, its drivers, checks and files."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telnyx_recordings.media.aio import AsyncReader as AsyncReader
    from telnyx_recordings.media.checks import Format as Format
    from telnyx_recordings.media.job import Downloaded as Downloaded
    from telnyx_recordings.media.job import Progress as Progress
    from telnyx_recordings.media.split import Legs as Legs
    from telnyx_recordings.media.split import split_channels as split_channels

_HOMES = {
    "AsyncReader": "aio",
    "Downloaded": "job",
    "Format": "checks",
    "Legs": "split",
    "Progress": "job",
    "split_channels": "split",
}

__all__ = ["AsyncReader", "Downloaded", "Format", "Legs", "Progress", "split_channels"]


def __getattr__(name: str) -> object:
    """Import a public name on first use: a client that only lists needs none of them."""
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all public names."""
    return sorted({*globals(), *__all__})
