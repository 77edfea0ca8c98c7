"""Lists everything in a stretch of time, missing and repeating nothing while rows come and go.

Page numbers drift: a row that is added or deleted moves all that come after it. So windows of
`created_at` are asked for instead, and one is believed only when a single answer holds all of it;
a fuller one is cut in two. `Planner` decides, without I/O; `walk` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from telnyx_recordings.errors import ListingError

FULL = 250
"""Rows that an answer holds at most: this many may be a part only."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Row(Protocol):
    """What a row that is listed must tell of itself."""

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
    """A stretch of time in whole milliseconds since 1970, both ends included."""

    low: int
    high: int


class Ask(NamedTuple):
    """A page of a window to ask for."""

    window: Window
    page: int


class Answer(NamedTuple, Generic[RowT]):
    """The rows of that page, and whether the server has more after them."""

    rows: Sequence[RowT]
    more: bool


class Finished(NamedTuple, Generic[RowT]):
    """A window of which every row is known."""

    window: Window
    rows: Sequence[RowT]


class Planner(Generic[RowT]):
    """Decides what to ask for next, and when a window is known; `ask` is None at the end."""

    def __init__(self, windows: Iterable[Window]) -> None:
        """Begin with the windows to cover, the first first."""
        self._left = [window for window in reversed(list(windows)) if window.low <= window.high]
        self._found: dict[str, RowT] = {}
        self._known_before_pass = 0
        self.ask: Ask | None = None
        self._next_window()

    def tell(self, answer: Answer[RowT]) -> Finished[RowT] | None:
        """Take the answer to `ask`; return its window once all of its rows are known.

        Raises:
            ListingError: a row lies outside the window, so the filter was ignored.
        """
        if self.ask is None:
            message = "nothing was asked"
            raise RuntimeError(message)
        window, page = self.ask
        for row in answer.rows:
            _check(row, window)
        if window.high - window.low > 1:
            return self._told_of_many(window, answer)
        for row in answer.rows:
            self._found.setdefault(str(row.id), row)
        if answer.more and answer.rows:
            self.ask = Ask(window, page + 1)
            return None
        if page > 1 and len(self._found) > self._known_before_pass:
            # Rows may have moved between these pages: again, until a pass adds nothing.
            self._known_before_pass = len(self._found)
            self.ask = Ask(window, 1)
            return None
        finished = Finished(window, list(self._found.values()))
        self._next_window()
        return finished

    def _told_of_many(self, window: Window, answer: Answer[RowT]) -> Finished[RowT] | None:
        if len(answer.rows) < FULL and not answer.more:
            self._next_window()
            return Finished(window, list({str(row.id): row for row in answer.rows}.values()))
        middle = (window.low + window.high) // 2
        # The boundary is in both halves: what lies between two milliseconds is in one of them.
        self._left += [Window(middle, window.high), Window(window.low, middle)]
        self._next_window()
        return None

    def _next_window(self) -> None:
        self._found = {}
        self._known_before_pass = 0
        self.ask = Ask(self._left.pop(), 1) if self._left else None


def walk(
    windows: Iterable[Window], fetch: Callable[[Ask], Answer[RowT]]
) -> Iterator[Finished[RowT]]:
    """Give every window's rows, window by window; `fetch` asks for a page of `FULL` rows.

    A row on a boundary can come twice, in two windows: know rows by their id.

    Raises:
        ListingError: the filter was ignored.
    """
    planner: Planner[RowT] = Planner(windows)
    while planner.ask is not None:
        finished = planner.tell(fetch(planner.ask))
        if finished is not None:
            yield finished


def without(wanted: Window, covered: Iterable[Window]) -> list[Window]:
    """Return what is left of a window when others have been covered; boundaries are shared."""
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
    """Return windows that cover the same, as few as possible, in order."""
    out: list[Window] = []
    for window in sorted(windows):
        if out and window.low <= out[-1].high:
            out[-1] = Window(out[-1].low, max(out[-1].high, window.high))
        else:
            out.append(window)
    return out


def millis(moment: datetime) -> int:
    """Return a moment as whole milliseconds since 1970, the part of one cut off."""
    return (moment - _EPOCH) // _MILLISECOND


def moment(milliseconds: int) -> datetime:
    """Return milliseconds since 1970 as a moment in UTC."""
    return _EPOCH + milliseconds * _MILLISECOND


def bounds(window: Window) -> dict[str, Any]:
    """Return a window as the API's filter."""
    return {"gte": moment(window.low), "lte": moment(window.high)}


def _check(row: Row, window: Window) -> None:
    created = row.created_at
    # Anything but a time cannot be compared; a server that ignored the filter sends times too.
    if isinstance(created, datetime) and not window.low <= millis(created) <= window.high:
        message = (
            f"asked for what was created from {moment(window.low).isoformat()} to "
            f"{moment(window.high).isoformat()}, but the list has {created.isoformat()}: the "
            "filter was ignored, so this list cannot be trusted; nothing further was done"
        )
        raise ListingError(message)
