"""The same recording, written by hand for msgspec, which we use; unknown fields are dropped."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any

import msgspec

from benchmarks.peers import ONE
from benchmarks.peers.recording import LINKS, META, RECORDING, Fields

NAME = "msgspec (by hand)"
NEEDS = ("msgspec",)
OWN = ""


def _struct(name: str, fields: Fields) -> Any:
    optional = [(field, type_, None) for field, type_ in fields.items()]
    return msgspec.defstruct(name, optional, omit_defaults=True, rename={"from_": "from"})


_DownloadUrls = _struct("DownloadUrls", LINKS)
_Recording = _struct("Recording", {**RECORDING, "download_urls": _DownloadUrls | None})
_Meta = _struct("Meta", META)
_Page = _struct("Page", {"data": GenericAlias(list, _Recording) | None, "meta": _Meta | None})


def use_model() -> object:
    """Build one recording; this module imports the library."""
    return msgspec.convert(ONE, _Recording)


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    return msgspec.json.Decoder(_Page).decode


def to_dicts(rows: list[Any]) -> list[dict[str, Any]]:
    """Convert recordings to plain dicts."""
    return [msgspec.to_builtins(row) for row in rows]


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return msgspec.json.encode(page)
