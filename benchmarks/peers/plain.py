"""orjson for bytes to plain dicts: the limit of decoding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NAME = "orjson (plain dicts)"
NEEDS = ("orjson",)
OWN = ""


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    import orjson

    decode: Callable[[bytes], Any] = orjson.loads
    return decode
