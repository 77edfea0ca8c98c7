"""Filters and pages of lists, read strictly: undocumented parameters are rejected."""

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic
from urllib.parse import quote

import msgspec

from telnyx_recordings.sandbox.clock import parse
from telnyx_recordings.sandbox.problems import BAD_REQUEST, UNPROCESSABLE, ProblemError, parsed
from telnyx_recordings.sandbox.rows import (
    Bounds,
    JsonObject,
    Order,
    Place,
    RowT,
    SandboxRow,
    place_of,
)

MAX_PAGE_SIZE = 250
DEFAULT_PAGE_SIZE = 20
_MAX_DIGITS = 9
_NUMBER_KEYS = frozenset({"page[number]", "page[size]"})
CURSOR_KEYS = frozenset({"page[after]", "page[before]"})
_VERSION = "v1:"
_PLACES = frozenset({"page[number]", "page[after]", "page[before]"})
_PLACE = msgspec.json.Decoder(tuple[int, str])
Query = Mapping[str, str]


def field(name: str) -> Callable[[SandboxRow], object]:
    """Return a function that reads a field of a row."""
    return lambda row: row.fields.get(name)


def read_filter(
    query: Query,
    texts: Mapping[str, Callable[[RowT], object]],
    times: Mapping[str, Callable[[RowT], int | None]] = MappingProxyType({}),
) -> tuple[Bounds, Callable[[RowT], bool] | None]:
    """Return the bounds of `created_at`, and a test of all other filters (None without any).

    A row's values are read by the functions in `texts`, which are compared as they are, and in
    `times`, which have bounds.
    """
    known = {f"filter[{name}]" for name in texts}
    known |= {f"filter[{name}][{end}]" for name in ("created_at", *times) for end in ("gte", "lte")}
    reject_unknown(query, "filter", known)
    wanted = [
        (read, query[key]) for name, read in texts.items() if (key := f"filter[{name}]") in query
    ]
    windows = [(read, _read_window(query, name)) for name, read in times.items()]
    windows = [(read, window) for read, window in windows if window != Bounds()]

    def keep(row: RowT) -> bool:
        return all(read(row) == text for read, text in wanted) and all(
            window.holds(read(row)) for read, window in windows
        )

    return _read_window(query, "created_at"), keep if wanted or windows else None


def reject_unknown(query: Query, family: str, known: Collection[str]) -> None:
    """Reject unknown parameters of a family."""
    for key in query:
        if key.partition("[")[0] == family and key not in known:
            raise ProblemError(BAD_REQUEST, f"Unknown {family} parameter.", parameter=key)


def read_integer(query: Query, key: str, default: int, most: int | None, least: int = 1) -> int:
    """Read a whole number; ProblemError if it is not one, too small or too large."""
    text = query.get(key)
    if text is None:
        return default
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= _MAX_DIGITS):
        raise ProblemError(BAD_REQUEST, "An integer is required.", parameter=key)
    number = int(text)
    if number < least or (most is not None and number > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ProblemError(UNPROCESSABLE, f"The number must be {bounds}.", parameter=key)
    return number


def _read_window(query: Query, name: str) -> Bounds:
    return Bounds(*(_read_time(query, f"filter[{name}][{bound}]") for bound in ("gte", "lte")))


def _read_time(query: Query, key: str) -> int | None:
    text = query.get(key)
    return None if text is None else parsed(parse, text, key, "An ISO 8601 time is required.")


@dataclass(frozen=True, slots=True)
class Cut(Generic[RowT]):
    """A page: its rows, the number of rows before it and of all rows, and its number and size."""

    rows: Sequence[RowT]
    start: int
    total: int
    number: int
    size: int

    def number_meta(self) -> JsonObject:
        """Describe the page by number; an empty list has 0 pages."""
        return {
            "page_number": self.number,
            "page_size": self.size,
            "total_pages": -(-self.total // self.size),
            "total_results": self.total,
        }

    def cursor_meta(self, path: str, query: Query) -> JsonObject:
        """Describe the page by cursors and relative URLs; null where there is no further page."""
        more = self.start + len(self.rows) < self.total
        after = _write(place_of(self.rows[-1])) if self.rows and more else None
        before = _write(place_of(self.rows[0])) if self.rows and self.start else None
        return {
            "cursors": {"after": after, "before": before},
            "next": _url(path, query, "page[after]", after),
            "previous": _url(path, query, "page[before]", before),
        }


def cut(rows: Sequence[RowT], query: Query, order: Order, *, cursors: bool = False) -> Cut[RowT]:
    """Return the requested page of rows, which are in the order of the list.

    Past the end it is empty. Only with `cursors` may it be requested by a cursor. ProblemError if
    its number, size or cursor is invalid, or if there is an unknown `page` parameter.
    """
    reject_unknown(query, "page", _NUMBER_KEYS | CURSOR_KEYS if cursors else _NUMBER_KEYS)
    number = read_integer(query, "page[number]", 1, None)
    size = read_integer(query, "page[size]", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    start, stop = (number - 1) * size, number * size
    if "page[after]" in query:
        mark = parsed(_read, query["page[after]"], "page[after]", "The cursor is invalid.")
        start = sum(1 for row in rows if not _comes_after(place_of(row), mark, order))
        stop = start + size
    elif "page[before]" in query:
        mark = parsed(_read, query["page[before]"], "page[before]", "The cursor is invalid.")
        stop = sum(1 for row in rows if _comes_after(mark, place_of(row), order))
        start = max(stop - size, 0)
    return Cut(rows[start:stop], start, len(rows), number, size)


def _comes_after(place: Place, mark: Place, order: Order) -> bool:
    return place < mark if order == "newest" else place > mark


def _write(place: Place) -> str:
    return _VERSION + base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _read(cursor: str) -> Place:
    return _PLACE.decode(base64.urlsafe_b64decode(cursor.removeprefix(_VERSION)))


def _url(path: str, query: Query, key: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    kept = {name: text for name, text in query.items() if name not in _PLACES}
    return f"{path}?" + "&".join(
        f"{name}={quote(text, safe=':')}" for name, text in (kept | {key: cursor}).items()
    )
