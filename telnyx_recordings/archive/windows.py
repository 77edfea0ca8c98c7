"""Lists everything in a span of time, without gaps or repeats while rows are added and deleted.

Page numbers drift: a row that is added or deleted shifts all rows after it. So the walk asks for
windows of `created_at` instead. A window is complete only if a single page holds all of it; if not,
it is split in two. `Planner` decides what to request, without I/O; `walk` makes the requests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

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

    @property
    def id(self) -> str | None:
        """Its id."""
        ...

    @property
    def created_at(self) -> datetime | None:
        """When it was created."""
        ...


RowT = TypeVar("RowT", bound=Row)


class Window(NamedTuple):
    """A span of time in whole milliseconds since 1970, both ends included."""

    low: int
    high: int


_EMPTY = Window(1000, 1000)
"""A time in 1970, at which nothing was recorded."""


class PageRequest(NamedTuple):
    """A page of a window."""

    window: Window
    page: int


class ListedPage(NamedTuple, Generic[RowT]):
    """The rows of a page, and whether the server has more pages after it."""

    rows: Sequence[RowT]
    has_more: bool


class ListedWindow(NamedTuple, Generic[RowT]):
    """A window with all of its rows; `odd` are rows in the list whose times lie elsewhere."""

    window: Window
    rows: Sequence[RowT]
    odd: Sequence[RowT] = ()


class Planner(Generic[RowT]):
    """Decides what to request next, and when a window is complete.

    Attributes:
        request: the page to fetch next; None at the end.
    """

    def __init__(self, windows: Iterable[Window]) -> None:
        """Take the windows to list, in order."""
        self._left = [window for window in reversed(list(windows)) if window.low <= window.high]
        self._found: dict[str, RowT] = {}
        self._known_before_pass = 0
        self.request: PageRequest | None = None
        self._next_window()

    def receive(self, page: ListedPage[RowT]) -> ListedWindow[RowT] | None:
        """Take the page that was requested; return its window once that is complete.

        Raises:
            ListingError: a row lies outside the window, so the filter was ignored.
        """
        if self.request is None:
            raise RuntimeError("no page was requested")
        window, number = self.request
        for row in page.rows:
            _check(row, window)
        if window.high - window.low > 1:
            return self._receive_divisible(window, page)
        for row in page.rows:
            self._found.setdefault(_identity(row), row)
        if page.has_more and page.rows:
            if number >= _MOST_PAGES:
                raise ListingError(_endless(window))
            self.request = PageRequest(window, number + 1)
            return None
        if number > 1 and len(self._found) > self._known_before_pass:
            # Rows may have moved between these pages: repeat until a pass finds nothing new.
            self._known_before_pass = len(self._found)
            self.request = PageRequest(window, 1)
            return None
        complete = ListedWindow(window, list(self._found.values()))
        self._next_window()
        return complete

    def _receive_divisible(
        self, window: Window, page: ListedPage[RowT]
    ) -> ListedWindow[RowT] | None:
        if len(page.rows) < PAGE_SIZE and not page.has_more:
            self._next_window()
            return ListedWindow(window, list({_identity(row): row for row in page.rows}.values()))
        middle = (window.low + window.high) // 2
        # The boundary is in both halves: what lies between two milliseconds is in one of them.
        self._left += [Window(middle, window.high), Window(window.low, middle)]
        self._next_window()
        return None

    def _next_window(self) -> None:
        self._found = {}
        self._known_before_pass = 0
        self.request = PageRequest(self._left.pop(), 1) if self._left else None


def walk(
    windows: Iterable[Window],
    fetch: Callable[[PageRequest], ListedPage[RowT]],
    is_odd: Callable[[RowT], bool] = lambda _: False,
) -> Iterator[ListedWindow[RowT]]:
    """Yield window after window, each with all of its rows; `fetch` gets pages of `PAGE_SIZE`.

    A row on a boundary can appear in two windows: identify rows by their id. A row whose time lies
    outside its window is odd, unless it shows that the filter was ignored.

    Args:
        windows: to list, in order.
        fetch: requests a page.
        is_odd: whether a row outside its window is known to be odd, from an earlier walk.

    Raises:
        ListingError: the filter was ignored, or the list does not end.
    """
    planner: Planner[RowT] = Planner(windows)
    odd: dict[str, RowT] = {}
    recent: deque[frozenset[str]] = deque(maxlen=_RECENT)
    repeated = 0
    while planner.request is not None:
        request = planner.request
        page = fetch(request)
        is_full = page.has_more or len(page.rows) >= PAGE_SIZE
        outside = [row for row in page.rows if not _lies_in(row, request.window)]
        if not all(_identity(row) in odd or is_odd(row) for row in outside):
            _check_filter(fetch, request.window, page, outside)
        odd.update((_identity(row), row) for row in outside)
        inside = [row for row in page.rows if _identity(row) not in odd]
        if is_full:
            ids = frozenset(map(_identity, page.rows))
            repeated = repeated + 1 if ids <= frozenset[str]().union(*recent) else 0
            recent.append(ids)
            if repeated >= _MOST_REPEATED:
                raise ListingError(_endless(request.window))
        complete = planner.receive(ListedPage(inside, is_full if outside else page.has_more))
        if complete is not None:
            yield complete._replace(odd=list(odd.values()))
            odd = {}


def _check_filter(
    fetch: Callable[[PageRequest], ListedPage[RowT]],
    window: Window,
    page: ListedPage[RowT],
    outside: Sequence[RowT],
) -> None:
    """Request a time without recordings, to see whether rows outside a window are only odd.

    Raises:
        ListingError: the filter was ignored.
    """
    odd = set(map(_identity, outside))
    found = set(map(_identity, fetch(PageRequest(_EMPTY, 1)).rows))
    if not found <= odd or (found and len(outside) == len(page.rows)):
        _check(outside[0], window)


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


def bounds(window: Window) -> dict[str, Any]:
    """Return a window as the API's filter."""
    return {"gte": moment(window.low), "lte": moment(window.high)}


def _identity(row: Row) -> str:
    """Return what identifies a row: its id, or else its whole content without signatures."""
    return row.id or repr(row)


def _check(row: Row, window: Window) -> None:
    created = row.created_at
    if isinstance(created, datetime) and not _lies_in(row, window):
        raise ListingError(
            f"requested recordings created from {moment(window.low).isoformat()} to "
            f"{moment(window.high).isoformat()}, but the list has one of {created.isoformat()}: "
            "the filter was ignored, so this list cannot be trusted; nothing further was done"
        )
