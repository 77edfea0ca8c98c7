"""Pages that clients fetch ahead: in order, bounded, and gone without a trace.

It needs nothing but the package: it is run with the built wheel, too.
"""

import asyncio
import threading
import time
from typing import Any

import pytest

import processes
from behaviours import RESET, Pages, Reply, Silence
from callers import settle
from clients import Step, Use, both, listed, then
from fakes import AT_ONCE, Line, Received, Server, open_sockets
from telnyx_recordings import Client
from telnyx_recordings.errors import APIResponseError, UnprocessableEntityError


def ids(**options: Any) -> Step:
    """List recordings, ten per page, and return their ids."""
    return lambda telnyx: then(
        listed(telnyx.recordings.list(page_size=10, **options)),
        lambda rows: [row.id for row in rows],
    )


def some(count: int, **options: Any) -> Step:
    """List recordings, and leave the list after some rows."""
    return lambda telnyx: listed(telnyx.recordings.list(page_size=10, **options), count)


def ahead(telnyx: Any) -> Any:
    """Return the threads or tasks that still fetch pages."""
    return _threads() if isinstance(telnyx, Client) else _tasks()


def _threads() -> set[str]:
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith("telnyx-recordings-ahead")}


async def _tasks() -> set[Any]:
    await settle()
    return asyncio.all_tasks() - {asyncio.current_task()}


@both
def test_rows_come_in_order_and_each_once(use: Use) -> None:
    with Server(Pages(403, seconds=0.005)) as server:
        found, left = use(server, ids(prefetch=8), ahead)
    assert found == [f"r{n}" for n in range(403)]
    assert sorted(int(each.query.get("page[number]", 1)) for each in server.requests) == [
        *range(1, 42)
    ]
    assert left == set()


@both
def test_prefetching_is_bounded(use: Use) -> None:
    kept: list[Any] = []
    counts: list[int] = []

    def begin(telnyx: Any) -> Any:
        listing = telnyx.recordings.list(page_size=10, prefetch=4)
        return then(listing, lambda page: kept.append(page.iter_pages()))

    def step(_telnyx: Any) -> Any:
        return anext(kept[0]) if hasattr(kept[0], "__anext__") else next(kept[0])

    def count(_telnyx: Any) -> None:
        counts.append(len(server.requests))

    def wait(telnyx: Any) -> Any:
        is_sync = isinstance(telnyx, Client)
        return server.wait_for(5) if is_sync else asyncio.to_thread(server.wait_for, 5)

    def rest(_telnyx: Any) -> Any:
        return listed(kept[0])

    with Server(Pages(400, seconds=0.01)) as server:
        *_, pages = use(server, begin, step, count, step, wait, ahead, count, rest)
        assert counts == [1, 1 + 4]
        assert len(pages) == 38
        assert server.peak <= 4


@both
@pytest.mark.parametrize("prefetch", [0, 8])
def test_as_many_responses_are_awaited_at_once(use: Use, prefetch: int) -> None:
    pages = Pages(200)

    def together(line: Line, request: Received) -> bool:
        """Send the first page at once, and others when so many have been requested."""
        if "page[number]" in request.query:
            processes.wait_until(lambda: server.peak >= prefetch)
        return pages(line, request)

    with Server(together) as server:
        [found] = use(server, ids(prefetch=prefetch))
        assert len(found) == 200
        assert server.peak == max(prefetch, 1)


@both
@pytest.mark.parametrize("options", [{}, {"prefetch": 0}])
def test_without_prefetch_pages_are_requested_when_needed(
    use: Use, options: dict[str, Any]
) -> None:
    with Server(Pages(40)) as server:
        use(server, some(20, **options), ahead)
        assert len(server.requests) == 2
        use(server, ids(**options))
        assert len(server.requests) == 2 + 4


@both
@pytest.mark.parametrize("then", [Pages(1000), Silence(), Reply(503, {}, {"retry-after": 50})])
def test_an_iteration_that_ends_early_leaves_nothing_behind(use: Use, then: Any) -> None:
    """It waits neither for responses nor for retries, and ends while the client goes on."""
    before = open_sockets()
    started = time.monotonic()
    with Server(Pages(1000, seconds=0.002, until=3, then=then)) as server:
        _, left = use(server, some(15, prefetch=8), ahead)
        assert left == set()
        assert len(server.requests) <= 2 + 8
        assert server.open_lines == 0
    assert time.monotonic() - started < AT_ONCE
    assert open_sockets() <= before


@both
def test_errors_are_raised_in_the_place_of_their_page(use: Use) -> None:
    seen: list[Any] = []
    with (
        Server(Pages(100, until=5, then=Reply(422))) as server,
        pytest.raises(UnprocessableEntityError),
    ):
        use(
            server,
            lambda telnyx: listed(telnyx.recordings.list(page_size=10, prefetch=8), 99, seen),
        )
    assert [row.id for row in seen] == [f"r{n}" for n in range(40)]
    assert _threads() == set()


@both
def test_a_failed_page_is_retried(use: Use) -> None:
    pages = Pages(50)
    with Server(pages, pages, RESET, RESET, pages) as server:
        assert use(server, ids(prefetch=3)) == [[f"r{n}" for n in range(50)]]


@both
def test_a_list_may_change_its_length(use: Use) -> None:
    with Server(Pages(100), Pages(25)) as server:
        assert len(use(server, ids(prefetch=2))[0]) == 25
        assert len(server.requests) <= 1 + 2 + 3
    with Server(Pages(20), Pages(45)) as server:
        assert len(use(server, ids(prefetch=8))[0]) == 45


@both
@pytest.mark.parametrize("options", [{}, {"prefetch": 4}])
def test_a_page_with_another_number_is_refused(use: Use, options: dict[str, Any]) -> None:
    same = Reply(200, {"data": [{"id": "r1"}], "meta": {"page_number": 1, "total_pages": 9}})
    with (
        Server(same) as server,
        pytest.raises(APIResponseError, match="requested page 2, but the response is page 1"),
    ):
        use(server, ids(**options))


@both
def test_cursors_are_followed_one_by_one(use: Use) -> None:
    """Each cursor is known only from the page before."""
    first = Reply(200, {"data": [{"id": "t1"}], "meta": {"cursors": {"after": "abc"}}})
    second = Reply(200, {"data": [{"id": "t2"}], "meta": {"cursors": {"after": None}}})
    with Server(first, second) as server:
        [rows] = use(
            server, lambda telnyx: listed(telnyx.recording_transcriptions.list(prefetch=8))
        )
    assert [row.id for row in rows] == ["t1", "t2"]
    assert [each.query for each in server.requests] == [{}, {"page[after]": "abc"}]


@both
def test_a_list_can_start_in_the_middle(use: Use) -> None:
    with Server(Pages(100)) as server:
        [found] = use(server, ids(page_number=7, prefetch=8))
    assert found == [f"r{n}" for n in range(60, 100)]
