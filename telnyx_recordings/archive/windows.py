"""Lists everything in a span of time, without gaps or repeats while rows are added and deleted.

Page numbers drift: a row that is added or deleted shifts all rows after it. So the walk asks for
windows of `created_at` instead. A window is complete only if a single page holds all of it; if not,
it is split in two.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from telnyx_recordings.errors import ListingError

PAGE_SIZE = 250
"""Maximum number of rows on a page: a page with this many may be incomplete."""

_MOST_PAGES = 400
"""Maximum number of pages for a single millisecond."""
_RECENT = 64
_MOST_REPEATED = 1000
"""Full pages in a row on which every row is on one of the recent pages."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Row(Protocol):
    """The fields of a row that the walk uses."""

    id: str | None
    created_at: datetime | None


RowT = TypeVar("RowT", bound=Row)


class Window(NamedTuple):
    """A span of time in whole milliseconds since 1970, both ends included."""

    low: int
    high: int


_EMPTY = Window(1000, 1000)
"""A time in 1970, at which nothing was recorded."""


class ListedPage(NamedTuple, Generic[RowT]):
    """The rows of a page, and whether the server has more pages after it."""

    rows: Sequence[RowT]
    has_more: bool


class ListedWindow(NamedTuple, Generic[RowT]):
    """A window with all of its rows; `odd` are rows in the list whose times lie elsewhere."""

    window: Window
    rows: Sequence[RowT]
    odd: Sequence[RowT] = ()


def walk(
    windows: Iterable[Window],
    fetch: Callable[[Window, int], ListedPage[RowT]],
    is_odd: Callable[[RowT], bool] = lambda _: False,
) -> Iterator[ListedWindow[RowT]]:
    """Yield window after window, each with all of its rows.

    A row on a boundary can appear in two windows: identify rows by their id. A row whose time lies
    outside its window is odd, unless it shows that the filter was ignored.

    Args:
        windows: to list, in order.
        fetch: requests a page of a window, counted from 1, of `PAGE_SIZE` rows.
        is_odd: whether a row outside its window is known to be odd, from an earlier walk.

    Raises:
        ListingError: the filter was ignored, or the list does not end.
    """
    left = [window for window in reversed(list(windows)) if window.low <= window.high]
    odd: dict[str, RowT] = {}
    recent: deque[frozenset[str]] = deque(maxlen=_RECENT)
    repeated = 0

    def read(window: Window, number: int) -> ListedPage[RowT]:
        """Fetch a page, and set its odd rows aside."""
        nonlocal repeated
        page = fetch(window, number)
        outside = [row for row in page.rows if not _lies_in(row, window)]
        if not all(_identity(row) in odd or is_odd(row) for row in outside):
            _check_filter(fetch, window, page, outside)
        odd.update((_identity(row), row) for row in outside)
        is_full = page.has_more or len(page.rows) >= PAGE_SIZE
        if is_full:
            ids = frozenset(map(_identity, page.rows))
            repeated = repeated + 1 if ids <= frozenset[str]().union(*recent) else 0
            recent.append(ids)
            if repeated >= _MOST_REPEATED:
                raise ListingError(_endless(window))
        inside = [row for row in page.rows if _identity(row) not in odd]
        return ListedPage(inside, is_full if outside else page.has_more)

    while left:
        window = left.pop()
        page = read(window, 1)
        if window.high - window.low <= 1:
            rows = _rows_of_crowded(window, page, read)
        elif page.has_more or len(page.rows) >= PAGE_SIZE:
            middle = (window.low + window.high) // 2
            # The boundary is in both halves: what lies between two milliseconds is in one of them.
            left += [Window(middle, window.high), Window(window.low, middle)]
            continue
        else:
            rows = {_identity(row): row for row in page.rows}
        yield ListedWindow(window, list(rows.values()), list(odd.values()))
        odd.clear()


def _rows_of_crowded(
    window: Window, page: ListedPage[RowT], read: Callable[[Window, int], ListedPage[RowT]]
) -> dict[str, RowT]:
    """Return all rows of a window of a single millisecond; `page` is its first page."""
    rows: dict[str, RowT] = {}
    number, known = 1, 0
    while True:
        for row in page.rows:
            rows.setdefault(_identity(row), row)
        if page.has_more and page.rows:
            number += 1
        elif number > 1 and len(rows) > known:
            # Rows may have moved between these pages: repeat until a pass finds nothing new.
            number, known = 1, len(rows)
        else:
            return rows
        if number > _MOST_PAGES:
            raise ListingError(_endless(window))
        page = read(window, number)


def _check_filter(
    fetch: Callable[[Window, int], ListedPage[RowT]],
    window: Window,
    page: ListedPage[RowT],
    outside: Sequence[RowT],
) -> None:
    """Request a time without recordings, to see whether rows outside a window are only odd.

    Raises:
        ListingError: the filter was ignored.
    """
    odd = set(map(_identity, outside))
    found = set(map(_identity, fetch(_EMPTY, 1).rows))
    if not found <= odd or (found and len(outside) == len(page.rows)):
        created = outside[0].created_at
        raise ListingError(
            f"requested recordings created from {moment(window.low).isoformat()} to "
            f"{moment(window.high).isoformat()}, but the list has one of "
            f"{created and created.isoformat()}: the filter was ignored, so this list cannot be "
            "trusted; nothing further was done"
        )


def _lies_in(row: Row, window: Window) -> bool:
    # A value that is no time cannot be compared. A server that ignores the filter sends times too.
    created = row.created_at
    return not isinstance(created, datetime) or window.low <= millis(created) <= window.high


def _endless(window: Window) -> str:
    return (
        f"the list from {moment(window.low).isoformat()} to {moment(window.high).isoformat()} does "
        "not end, so it cannot be trusted: run this again, and report it if that happens again"
    )


def without(wanted: Window, covered: Iterable[Window]) -> list[Window]:
    """Return the parts of a window that others do not cover; they share their boundaries."""
    left: list[Window] = []
    low = wanted.low
    for window in sorted(covered):
        if window.high < low or window.low > wanted.high:
            continue
        if window.low > low:
            left.append(Window(low, window.low))
        low = max(low, window.high)
        if low >= wanted.high:
            return left
    return [*left, Window(low, wanted.high)]


def merged(windows: Iterable[Window]) -> list[Window]:
    """Return the fewest windows that cover the same time, in order."""
    out: list[Window] = []
    for window in sorted(windows):
        if out and window.low <= out[-1].high:
            out[-1] = Window(out[-1].low, max(out[-1].high, window.high))
        else:
            out.append(window)
    return out


def millis(moment: datetime) -> int:
    """Return a time as whole milliseconds since 1970, rounded down."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """Return milliseconds since 1970 as a datetime in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def _identity(row: Row) -> str:
    """Return what identifies a row: its id, or else its whole content without signatures."""
    return row.id or repr(row)
