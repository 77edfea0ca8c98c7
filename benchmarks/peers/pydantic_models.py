"""The same recording, written by hand for pydantic; unknown fields are kept, as in this package."""

from __future__ import annotations

from collections.abc import Callable
from types import GenericAlias
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from benchmarks.peers import ONE
from benchmarks.peers.recording import LINKS, META, RECORDING, Fields

NAME = "pydantic (by hand)"
NEEDS = ("pydantic",)
OWN = ""


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow")


def _model(name: str, fields: Fields) -> Any:
    optional: Any = {field: (type_, None) for field, type_ in fields.items()}
    if "from_" in fields:
        optional["from_"] = (str | None, Field(default=None, alias="from"))
    return create_model(name, __base__=_Open, **optional)


_DownloadUrls = _model("DownloadUrls", LINKS)
_Recording = _model("Recording", {**RECORDING, "download_urls": _DownloadUrls | None})
_Meta = _model("Meta", META)
_Page = _model("Page", {"data": GenericAlias(list, _Recording) | None, "meta": _Meta | None})


def use_model() -> object:
    """Build one recording; this module imports the library."""
    return _Recording.model_validate(ONE)


def decoder() -> Callable[[bytes], Any]:
    """Return the function that decodes a page."""
    decode: Callable[[bytes], Any] = _Page.model_validate_json
    return decode


def to_dicts(rows: list[Any]) -> list[dict[str, Any]]:
    """Convert recordings to plain dicts."""
    return [row.model_dump(mode="json", by_alias=True, exclude_unset=True) for row in rows]


def to_json(page: Any) -> object:
    """Convert a page to JSON."""
    return page.model_dump_json(by_alias=True, exclude_unset=True)
