"""The pages to decode: as in the contract, with unknown fields, and with times without a zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from benchmarks.peers import PAGE_SIZE
from benchmarks.rows import compact, meta, rows

_LENGTHS = {
    "recording_started_at": "seconds",
    "recording_ended_at": "milliseconds",
    "created_at": "microseconds",
    "updated_at": "microseconds",
}
"""How precisely times without a zone are written, as observed."""


def _page(data: list[dict[str, Any]]) -> bytes:
    return compact({"data": data, "meta": meta(len(data))})


def _without_zones(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: datetime.fromisoformat(row[name]).replace(tzinfo=None) for name in _LENGTHS}
    return {**row, **{name: times[name].isoformat(timespec=_LENGTHS[name]) for name in _LENGTHS}}


_UNKNOWN = {"media_region": "eu-central-1", "retention": {"days": 90, "locked": False}}
_ROWS = list(rows(PAGE_SIZE))

PLAIN = _page(_ROWS)
WITH_UNKNOWN_FIELDS = _page([{**row, **_UNKNOWN} for row in _ROWS])
WITH_ZONELESS_TIMES = _page([_without_zones(row) for row in _ROWS])
