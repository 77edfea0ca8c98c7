"""Rows in order of creation, newest or oldest first; thread-safe."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import RLock
from typing import Literal, TypeVar, overload

from telnyx_recordings.sandbox.rows import Row

_BEFORE_ALL_TIME = -(2**63)

Order = Literal["newest", "oldest"]


RowT = TypeVar("RowT", bound=Row)
Place = tuple[int, str]
"""The sort key of a row: microseconds since 1970, and its id."""


def place_of(row: Row) -> Place:
    """Return the sort key of a row; rows without a time come first."""
    return (_BEFORE_ALL_TIME if row.created is None else row.created, row.id)


class Timeline(Sequence[RowT]):
    """A live sequence of rows with unique ids, in the order of the list."""

    def __init__(self, rows: Iterable[RowT], order: Order) -> None:
        self._rows = sorted(rows, key=place_of)
        self._keys = [place_of(row) for row in self._rows]
        self._by_id = {row.id: row for row in self._rows}
        self._step = -1 if order == "newest" else 1
        self._lock = RLock()

    def add(self, row: RowT) -> None:
        """Insert a row; ValueError if its id is taken."""
        with self._lock:
            if row.id in self._by_id:
                raise ValueError(f"there is already a row with id {row.id!r}")
            place = bisect_left(self._keys, place_of(row))
            self._keys.insert(place, place_of(row))
            self._rows.insert(place, row)
            self._by_id[row.id] = row

    def remove(self, row_id: str) -> RowT | None:
        """Remove a row and return it; None if there is none with the id."""
        with self._lock:
            row = self._by_id.pop(row_id, None)
            if row is not None:
                place = bisect_left(self._keys, place_of(row))
                del self._keys[place], self._rows[place]
            return row

    def get(self, row_id: str) -> RowT | None:
        """Return a row by its id."""
        with self._lock:
            return self._by_id.get(row_id)

    def newest(self) -> RowT | None:
        """Return the newest row; None if there are none."""
        with self._lock:
            return self._rows[-1] if self._rows else None

    def select(
        self,
        gte: int | None = None,
        lte: int | None = None,
        keep: Callable[[RowT], bool] | None = None,
    ) -> list[RowT]:
        """Return the rows for which `keep` is true and that were created within the bounds."""
        with self._lock:
            low, high = 0, len(self._rows)
            if gte is not None or lte is not None:
                low = bisect_left(self._keys, (_BEFORE_ALL_TIME + 1 if gte is None else gte, ""))
            if lte is not None:
                high = bisect_left(self._keys, (lte + 1, ""))
            found = self._rows[low:high][:: self._step]
        return found if keep is None else [row for row in found if keep(row)]

    def __len__(self) -> int:
        """Return the number of rows."""
        with self._lock:
            return len(self._rows)

    def __iter__(self) -> Iterator[RowT]:
        """Iterate over the rows as they are now; later changes do not affect it."""
        return iter(self.select())

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | list[RowT]:
        """Return the row or rows at an index."""
        return self.select()[index]
