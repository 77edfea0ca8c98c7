"""The walk misses and repeats no row, even if rows come and go between its requests."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings.archive.windows import (
    PAGE_SIZE,
    ListedPage,
    Window,
    merged,
    millis,
    moment,
    walk,
    without,
)
from telnyx_recordings.errors import ListingError


@dataclass
class Row:
    """A row as the list has it."""

    id: str | None
    created_at: datetime | None


@dataclass
class DriftingServer:
    """Lists rows by window and page, newest or oldest first; rows change after each response."""

    rows: list[Row]
    random: Random
    newest_first: bool = True
    inserts: int = 0
    deletes: int = 0
    asked: int = 0
    late: int = 0

    def fetch(self, window: Window, page: int) -> ListedPage[Row]:
        self.asked += 1
        low, high = moment(window.low), moment(window.high)
        found = [r for r in self.rows if r.created_at is None or low <= r.created_at <= high]
        found.sort(key=lambda row: (row.created_at or low, row.id), reverse=self.newest_first)
        start = (page - 1) * PAGE_SIZE
        answer = ListedPage(
            found[start : start + PAGE_SIZE], has_more=start + PAGE_SIZE < len(found)
        )
        self._drift()
        return answer

    def _drift(self) -> None:
        for _ in range(self.deletes):
            if self.rows:
                self.rows.pop(self.random.randrange(len(self.rows)))
        for _ in range(self.inserts):
            self.late += 1
            self.rows.append(Row(f"late-{self.late}", at(self.random.randrange(1_000_000))))


def at(milliseconds: int, micros: int = 0) -> datetime:
    """A moment so many milliseconds after the epoch."""
    return moment(milliseconds) + timedelta(microseconds=micros)


def rows(count: int, random: Random, span: int = 1_000_000) -> list[Row]:
    """Rows at random times, to the microsecond."""
    return [
        Row(f"row-{n}", at(random.randrange(span), random.randrange(1000))) for n in range(count)
    ]


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("seed", range(10))
def test_no_stable_row_is_missed_while_others_are_added_and_removed(seed: int, order: str) -> None:
    random = Random(seed)
    first = rows(1500, random)
    server = DriftingServer(list(first), random, order == "newest", inserts=3, deletes=3)
    found = [row.id for done in walk([Window(0, 1_000_000)], server.fetch) for row in done.rows]
    stayed = {row.id for row in server.rows} & {row.id for row in first}
    assert stayed <= set(found)


def test_the_number_of_list_requests_is_as_measured() -> None:
    server = DriftingServer(rows(3000, Random(1)), Random(1))
    found = [row.id for done in walk([Window(0, 1_000_000)], server.fetch) for row in done.rows]
    assert len(set(found)) == 3000
    assert server.asked <= 40


def test_more_rows_in_one_millisecond_than_a_page_holds_are_all_seen() -> None:
    """Fault 38: pages are repeated until a pass adds nothing."""
    crowd = [Row(f"row-{n:04}", at(5000, n % 1000)) for n in range(600)]
    server = DriftingServer([*crowd, Row("before", at(4999)), Row("after", at(5002))], Random(2))
    done = list(walk([Window(0, 10_000)], server.fetch))
    found = [row.id for each in done for row in each.rows]
    assert {row.id for row in crowd} | {"before", "after"} == set(found)
    [crowded] = [each for each in done if len(each.rows) > PAGE_SIZE]
    assert crowded.window.high - crowded.window.low == 1


def test_a_row_outside_its_window_stops_the_listing() -> None:
    with pytest.raises(ListingError, match="filter was ignored"):
        list(
            walk(
                [Window(0, 1000)],
                lambda _window, _page: ListedPage([Row("x", at(2000))], has_more=False),
            )
        )


def test_a_single_row_outside_its_window_is_odd_if_the_filter_works() -> None:
    seen = [Row("good", at(500)), Row("odd", at(2000))]

    def fetch(window: Window, _: int) -> ListedPage[Row]:
        return ListedPage(seen if window.low == 0 else [], has_more=False)

    [done] = walk([Window(0, 1000)], fetch)
    assert ([row.id for row in done.rows], [row.id for row in done.odd]) == (["good"], ["odd"])


def test_rows_outside_their_window_stop_the_listing_if_every_window_has_them() -> None:
    seen = [Row("good", at(500)), Row("other", at(2000))]
    with pytest.raises(ListingError, match="filter was ignored"):
        list(walk([Window(0, 1000)], lambda _window, _page: ListedPage(seen, has_more=False)))


def test_a_row_that_is_known_to_be_odd_is_listed_for_any_time() -> None:
    seen = ListedPage([Row("odd", at(2000))], has_more=False)
    [done] = walk([Window(0, 1000)], lambda _window, _page: seen, lambda row: row.id == "odd")
    assert (done.rows, [row.id for row in done.odd]) == ([], ["odd"])


@pytest.mark.parametrize("times", ["none", "inside", "new ids", "one page in every window"])
def test_an_endless_list_stops_the_listing(times: str) -> None:
    requests = 0

    def fetch(window: Window, _: int) -> ListedPage[Row]:
        nonlocal requests
        requests += 1
        first = requests * PAGE_SIZE if times == "new ids" else 0
        created = at(window.low) if times in {"inside", "new ids"} else None
        listed = [Row(f"r{first + n}", created) for n in range(PAGE_SIZE)]
        return ListedPage(listed, has_more=times != "one page in every window")

    with pytest.raises(ListingError, match="does not end"):
        list(walk([Window(0, 1 << 40)], fetch))
    assert requests < 2000


def test_a_row_without_a_time_is_taken_as_it_comes() -> None:
    [done] = walk(
        [Window(0, 1000)], lambda _window, _page: ListedPage([Row("x", None)], has_more=False)
    )
    assert [row.id for row in done.rows] == ["x"]


def test_a_server_with_smaller_pages_than_requested_is_an_error() -> None:
    server = DriftingServer(rows(100, Random(3)), Random(3))

    def small(window: Window, page: int) -> ListedPage[Row]:
        answer = server.fetch(window, page)
        return ListedPage(answer.rows[:20], has_more=len(answer.rows) > 20)

    found = {row.id for done in walk([Window(0, 1_000_000)], small) for row in done.rows}
    assert len(found) == 100


def _window(low: int, width: int) -> Window:
    return Window(low, low + width)


windows = st.builds(_window, st.integers(0, 60), st.integers(0, 20))


@given(windows, st.lists(windows, max_size=6))
def test_remaining_and_covered_times_add_up_to_the_whole(
    wanted: Window, covered: list[Window]
) -> None:
    pieces = [*without(wanted, merged(covered)), *covered]
    for tenth in range(wanted.low * 10, wanted.high * 10 + 1):
        assert any(piece.low * 10 <= tenth <= piece.high * 10 for piece in pieces)


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda when: when.year >= 1970))
def test_milliseconds_are_whole_and_cut_off(when: datetime) -> None:
    assert moment(millis(when)) <= when < moment(millis(when) + 1)
