"""The pages to decode: as in the contract, with unknown fields, and with times without a zone."""

from __future__ import annotations

from benchmarks.peers import PAGE_SIZE
from benchmarks.rows import page, rows, with_unknown_fields, with_zoneless_times

_ROWS = list(rows(PAGE_SIZE))

PLAIN = page(_ROWS)
WITH_UNKNOWN_FIELDS = page([with_unknown_fields(row) for row in _ROWS])
WITH_ZONELESS_TIMES = page([with_zoneless_times(row) for row in _ROWS])
