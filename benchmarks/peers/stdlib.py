"""The standard library's json: what plain dicts cost without any dependency."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

NAME = "json (plain dicts)"
NEEDS: tuple[str, ...] = ()
OWN = ""


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    return json.loads
