"""Lists of rows that match any one of several filters: one list per filter, merged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from datetime import datetime
from math import inf
from typing import Any, Self, TypeVar

from msgspec.structs import replace

from telnyx_recordings.core.pages import (
    LAST_PAGE,
    PAGE_SIZE,
    SERVERS_PAGE_SIZE,
    AsyncPage,
    Page,
    PageBase,
)
from telnyx_recordings.core.request.operation import Either, Operation

RowT = TypeVar("RowT")
MetaT = TypeVar("MetaT")


def split(operation: Operation[Any], either: Either) -> list[Operation[Any]]:
    """Return one operation per filter that the argument may match.

    Raises:
        ValueError: the value is empty, or other arguments exclude it.
        TypeError: the value is not a string.
    """
    name, value = either.name, either.value
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {type(value).__name__}")
    if not value.strip():
        raise ValueError(f"{name} must not be empty")
    page_number = operation.query.get(operation.paging.number)
    if page_number is not None or operation.options.get("prefetch"):
        raise ValueError(f"{name} cannot be combined with page_number or prefetch")
    given = operation.query.get(either.parameter)
    chosen: dict[str, Any] = {} if given is None else given.to_dict()
    if both := [field for field in either.fields if chosen.get(field) is not None]:
        raise ValueError(
            f"{name} cannot be combined with these conditions of {either.parameter}: "
            f"{', '.join(both)}"
        )
    return [
        replace(
            operation,
            either=None,
            query={**operation.query, either.parameter: {**chosen, field: value}},
        )
        for field in either.fields
    ]


class Merge:
    """How far several lists are merged.

    Attributes:
        operation: the operation that the lists are parts of.
        pages: the current page of each list.
        left: the rows of each of these pages that are not taken yet.
    """

    def __init__(self, operation: Operation[Any], pages: Sequence[Any]) -> None:
        """Begin with the first page of each list."""
        self.operation: Operation[Any] = operation
        self.pages: list[Any] = [*pages]
        self.left: list[list[Any]] = [[*page.data] for page in pages]
        self._owners: dict[object, int] = {}
        self._is_ascending: bool = False
        times = [[self._time(row) for row in rows] for rows in self.left]
        known = [[time for time in found if time < inf] for found in times]
        self._is_ascending = any(found and found[0] < found[-1] for found in known)

    def continued(self) -> Merge:
        """Return a copy to continue with, so that the same page can be continued again.

        Raises:
            RuntimeError: no rows are left.
        """
        if not self.has_more():
            raise RuntimeError(LAST_PAGE)
        other = copy(self)
        other.pages, other.left = [*self.pages], [[*rows] for rows in self.left]
        return other

    def has_more(self) -> bool:
        """Return whether rows are left, here or on later pages."""
        return any(self.left) or any(page.has_next_page() for page in self.pages)

    def needed(self) -> Iterator[int]:
        """Yield the number of each list whose next page is needed, until none is."""
        for n in range(len(self.pages)):
            while not self.left[n] and self.pages[n].has_next_page():
                yield n

    def add(self, n: int, page: Any) -> None:
        """Add the next page of a list."""
        self.pages[n], self.left[n] = page, [*page.data]

    def response(self) -> Any:
        """Return the next page of merged rows as a response, with the number of all rows."""
        size = self.operation.query.get(PAGE_SIZE) or SERVERS_PAGE_SIZE
        rows: list[Any] = []
        while len(rows) < size and any(self.left) and next(self.needed(), None) is None:
            n = self._first()
            row = self.left[n].pop(0)
            # A row that matches several filters is in several lists, and is taken from one.
            id_ = getattr(row, "id", None)
            if id_ is None or self._owners.setdefault(id_, n) == n:
                rows.append(row)
        metas = [page.meta for page in self.pages]
        totals: list[Any] = [getattr(meta, "total_results", None) for meta in metas]
        meta = None if None in totals else type(metas[0])(total_results=sum(totals))
        first = self.pages[0].response
        return type(first)(**{self.operation.paging.rows: rows, "meta": meta})

    def _first(self) -> int:
        """Return the number of the list whose row is the next one."""
        times = {n: self._time(rows[0]) for n, rows in enumerate(self.left) if rows}
        return (min if self._is_ascending else max)(times, key=lambda n: times[n])

    def _time(self, row: Any) -> float:
        """Return the time of a row; one without a time comes first."""
        either = self.operation.either
        time = getattr(row, either.by, None) if either else None
        if isinstance(time, datetime):
            return time.timestamp()
        return -inf if self._is_ascending else inf


class _MergedBase(PageBase[RowT, MetaT]):
    """Base of sync and async pages of several lists."""

    __slots__ = ("_merge",)

    def __init__(self, merge: Merge, caller: Any) -> None:
        """Take the next rows."""
        super().__init__(merge.response(), merge.operation, caller)
        self._merge = merge

    def has_next_page(self) -> bool:
        """Return whether there is a page after this one, without requesting it."""
        return self._merge.has_more()


class MergedPage(_MergedBase[RowT, MetaT], Page[RowT, MetaT]):
    """A page of several lists. Its meta has the number of rows of all of them."""

    __slots__ = ()

    def get_next_page(self) -> Self:
        """Return the page after this one; request what it needs."""
        merge = self._merge.continued()
        for n in merge.needed():
            merge.add(n, merge.pages[n].get_next_page())
        return type(self)(merge, self._caller)


class AsyncMergedPage(_MergedBase[RowT, MetaT], AsyncPage[RowT, MetaT]):
    """A page of several lists. Its meta has the number of rows of all of them."""

    __slots__ = ()

    async def get_next_page(self) -> Self:
        """Return the page after this one; request what it needs."""
        merge = self._merge.continued()
        for n in merge.needed():
            merge.add(n, await merge.pages[n].get_next_page())
        return type(self)(merge, self._caller)
