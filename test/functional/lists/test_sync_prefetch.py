"""Pages that the sync client fetches ahead: in order, bounded, and gone without a trace.

It needs nothing but the package: it is run with the built wheel, too.
"""

import threading
import time
from typing import Any

import pytest

from behaviours import Pages, Reply, Reset, Silence
from fakes import AT_ONCE, Server, open_sockets
from telnyx_recordings import Client
from telnyx_recordings.core.request.operation import ListOptions
from telnyx_recordings.errors import APIResponseError, UnprocessableEntityError


def client(server: Server, **settings: Any) -> Client:
    """A client of a fake server."""
    return Client("KEY", server.base_url, **settings)


def ours() -> set[str]:
    """The threads that fetch ahead."""
    names = {thread.name for thread in threading.enumerate()}
    return {name for name in names if name.startswith("telnyx-recordings-ahead")}


def test_rows_come_in_order_and_each_once() -> None:
    with Server(Pages(403, seconds=0.005)) as server, client(server) as telnyx:
        rows = telnyx.recordings.list(page_size=10, prefetch=8)
        assert [row.id for row in rows] == [f"r{n}" for n in range(403)]
    assert sorted(int(each.query.get("page[number]", 1)) for each in server.requests) == [
        *range(1, 42)
    ]
    assert ours() == set()


def test_it_is_bounded() -> None:
    with Server(Pages(400, seconds=0.01)) as server, client(server) as telnyx:
        pages = telnyx.recordings.list(page_size=10, prefetch=4).iter_pages()
        next(pages)
        assert len(server.requests) == 1
        next(pages)
        server.wait_for(1 + 4)
        assert len(server.requests) == 1 + 4
        assert len(list(pages)) == 38
        assert server.peak == 4


@pytest.mark.parametrize("prefetch", [0, 8])
def test_as_many_answers_are_awaited_at_once(prefetch: int) -> None:
    with Server(Pages(200, seconds=0.05)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=prefetch))) == 200
        assert server.peak == max(prefetch, 1)


def test_without_prefetch_pages_are_requested_when_needed() -> None:
    unasked: list[ListOptions] = [{}, {"prefetch": 0}]
    for options in unasked:
        with Server(Pages(40)) as server, client(server) as telnyx:
            rows = iter(telnyx.recordings.list(page_size=10, **options))
            for _ in range(20):
                next(rows)
            assert len(server.requests) == 2


def test_an_iteration_that_ends_early_leaves_nothing_behind() -> None:
    before = open_sockets()
    with Server(Pages(1000, seconds=0.01)) as server, client(server) as telnyx:
        for row in telnyx.recordings.list(page_size=10, prefetch=8):
            if row.id == "r25":
                break
        assert ours() == set()
        assert len(server.requests) <= 4 + 8
        telnyx.close()
        assert server.open_lines == 0
    assert open_sockets() <= before


def test_an_iteration_that_ends_early_does_not_wait_for_responses() -> None:
    with Server(Pages(1000, until=3, then=Silence())) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=4))
        for _ in range(15):
            next(rows)
        started = time.monotonic()
        rows.close()  # type: ignore[attr-defined]  # a generator
        assert time.monotonic() - started < AT_ONCE
        assert ours() == set()


def test_an_iteration_that_ends_early_does_not_wait_for_retries() -> None:
    down = Reply(503, {}, {"retry-after": 50})
    with Server(Pages(1000, until=3, then=down)) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=4))
        for _ in range(15):
            next(rows)
        started = time.monotonic()
        rows.close()  # type: ignore[attr-defined]  # a generator
        assert time.monotonic() - started < AT_ONCE
        assert ours() == set()


def test_errors_are_raised_in_the_place_of_their_page() -> None:
    with Server(Pages(100, until=5, then=Reply(422))) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=8))
        assert [next(rows).id for _ in range(40)] == [f"r{n}" for n in range(40)]
        with pytest.raises(UnprocessableEntityError):
            next(rows)
        assert ours() == set()


def test_a_failed_page_is_retried() -> None:
    pages = Pages(50)
    with Server(pages, pages, Reset(), Reset(), pages) as server, client(server) as telnyx:
        rows = list(telnyx.recordings.list(page_size=10, prefetch=3))
    assert [row.id for row in rows] == [f"r{n}" for n in range(50)]


def test_a_list_that_becomes_shorter_ends() -> None:
    with Server(Pages(100), Pages(25)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=2))) == 25
        assert len(server.requests) <= 1 + 2 + 3


def test_a_list_that_becomes_longer_goes_on() -> None:
    with Server(Pages(20), Pages(45)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=8))) == 45


def test_a_page_with_another_number_is_refused() -> None:
    same = Reply(200, {"data": [{"id": "r1"}], "meta": {"page_number": 1, "total_pages": 9}})
    either: list[ListOptions] = [{}, {"prefetch": 4}]
    for options in either:
        with (
            Server(same) as server,
            client(server) as telnyx,
            pytest.raises(APIResponseError, match="requested page 2, but the response is page 1"),
        ):
            list(telnyx.recordings.list(**options))


def test_cursors_are_followed_one_by_one() -> None:
    """Each cursor is known only from the page before."""
    first = Reply(200, {"data": [{"id": "t1"}], "meta": {"cursors": {"after": "abc"}}})
    second = Reply(200, {"data": [{"id": "t2"}], "meta": {"cursors": {"after": None}}})
    with Server(first, second) as server, client(server) as telnyx:
        rows = list(telnyx.recording_transcriptions.list(prefetch=8))
    assert [row.id for row in rows] == ["t1", "t2"]
    assert [each.query for each in server.requests] == [{}, {"page[after]": "abc"}]


def test_a_list_can_start_in_the_middle() -> None:
    with Server(Pages(100)) as server, client(server) as telnyx:
        rows = list(telnyx.recordings.list(page_size=10, page_number=7, prefetch=8))
    assert [row.id for row in rows] == [f"r{n}" for n in range(60, 100)]
