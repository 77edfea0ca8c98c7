"""Pagination of lists, by page number or by cursor."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic
from urllib.parse import quote

import msgspec

from telnyx_recordings.sandbox.problems import ProblemError
from telnyx_recordings.sandbox.query import Page
from telnyx_recordings.sandbox.rows import JsonObject
from telnyx_recordings.sandbox.timeline import Order, Place, RowT, place_of

_BAD_REQUEST = 400
_VERSION = "v1:"
_PLACES = frozenset({"page[number]", "page[after]", "page[before]"})
_PLACE = msgspec.json.Decoder(tuple[int, str])


@dataclass(frozen=True, slots=True)
class Cut(Generic[RowT]):
    """A page: its rows, the number of rows before it, and the number of all rows."""

    rows: Sequence[RowT]
    start: int
    total: int
    page: Page

    def number_meta(self) -> JsonObject:
        """Describe the page by number; an empty list has 0 pages."""
        return {
            "page_number": self.page.number,
            "page_size": self.page.size,
            "total_pages": -(-self.total // self.page.size),
            "total_results": self.total,
        }

    def cursor_meta(self, path: str, query: Mapping[str, str]) -> JsonObject:
        """Describe the page by cursors and relative URLs; null where there is no further page."""
        more = self.start + len(self.rows) < self.total
        after = _write(place_of(self.rows[-1])) if self.rows and more else None
        before = _write(place_of(self.rows[0])) if self.rows and self.start else None
        return {
            "cursors": {"after": after, "before": before},
            "next": _url(path, query, "page[after]", after),
            "previous": _url(path, query, "page[before]", before),
        }


def cut(rows: Sequence[RowT], page: Page, order: Order) -> Cut[RowT]:
    """Return a page of `rows`, which are in the order of the list; past the end it is empty."""
    start, stop = (page.number - 1) * page.size, page.number * page.size
    if page.after is not None:
        mark = _read(page.after, "page[after]")
        start = sum(1 for row in rows if not _comes_after(place_of(row), mark, order))
        stop = start + page.size
    elif page.before is not None:
        mark = _read(page.before, "page[before]")
        stop = sum(1 for row in rows if _comes_after(mark, place_of(row), order))
        start = max(stop - page.size, 0)
    return Cut(rows[start:stop], start, len(rows), page)


def _comes_after(place: Place, mark: Place, order: Order) -> bool:
    return place < mark if order == "newest" else place > mark


def _write(place: Place) -> str:
    return _VERSION + base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _read(cursor: str, key: str) -> Place:
    try:
        packed = base64.urlsafe_b64decode(cursor.removeprefix(_VERSION))
        return _PLACE.decode(packed)
    except ValueError:
        raise ProblemError(_BAD_REQUEST, "The cursor is invalid.", parameter=key) from None


def _url(path: str, query: Mapping[str, str], key: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: text for name, text in query.items() if name not in _PLACES}
    return f"{path}?" + "&".join(
        f"{name}={quote(text, safe=':')}" for name, text in (kept | {key: cursor}).items()
    )
