"""Pages that the sync client fetches ahead: in order, bounded, and gone without a trace.

It needs nothing but the package: it is run with the built wheel, too.
"""

from __future__ import annotations

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
    """However the answers overtake each other."""
    with Server(Pages(403, seconds=0.005)) as server, client(server) as telnyx:
        rows = telnyx.recordings.list(page_size=10, prefetch=8)
        assert [row.id for row in rows] == [f"r{n}" for n in range(403)]
    assert sorted(int(each.query.get("page[number]", 1)) for each in server.requests) == [
        *range(1, 42)
    ]
    assert ours() == set()


def test_it_is_bounded() -> None:
    """Never more than that many requests are under way; nor are more pages held."""
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
    """As it says, where the time goes into waiting for the server; without it, one."""
    with Server(Pages(200, seconds=0.05)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=prefetch))) == 200
        assert server.peak == max(prefetch, 1)


def test_without_it_nothing_is_asked_for_before_it_is_needed() -> None:
    """Also with a prefetch of none."""
    unasked: list[ListOptions] = [{}, {"prefetch": 0}]
    for options in unasked:
        with Server(Pages(40)) as server, client(server) as telnyx:
            rows = iter(telnyx.recordings.list(page_size=10, **options))
            for _ in range(20):
                next(rows)
            assert len(server.requests) == 2


def test_one_that_is_left_early_leaves_nothing() -> None:
    """No thread and no connection, and no request that comes later."""
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


def test_one_that_is_left_does_not_wait_for_answers() -> None:
    """A server that hangs would hold the program up for as long as a call may take."""
    with Server(Pages(1000, until=3, then=Silence())) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=4))
        for _ in range(15):
            next(rows)
        started = time.monotonic()
        rows.close()  # type: ignore[attr-defined]  # a generator
        assert time.monotonic() - started < AT_ONCE
        assert ours() == set()


def test_one_that_is_left_does_not_wait_for_retries() -> None:
    """Nor for their pauses."""
    down = Reply(503, {}, {"retry-after": 50})
    with Server(Pages(1000, until=3, then=down)) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=4))
        for _ in range(15):
            next(rows)
        started = time.monotonic()
        rows.close()  # type: ignore[attr-defined]  # a generator
        assert time.monotonic() - started < AT_ONCE
        assert ours() == set()


def test_an_error_comes_when_its_page_is_due() -> None:
    """All rows before it are given first."""
    with Server(Pages(100, until=5, then=Reply(422))) as server, client(server) as telnyx:
        rows = iter(telnyx.recordings.list(page_size=10, prefetch=8))
        assert [next(rows).id for _ in range(40)] == [f"r{n}" for n in range(40)]
        with pytest.raises(UnprocessableEntityError):
            next(rows)
        assert ours() == set()


def test_a_page_that_fails_is_tried_again() -> None:
    """As any call is."""
    pages = Pages(50)
    with Server(pages, pages, Reset(), Reset(), pages) as server, client(server) as telnyx:
        rows = list(telnyx.recordings.list(page_size=10, prefetch=3))
    assert [row.id for row in rows] == [f"r{n}" for n in range(50)]


def test_a_list_that_becomes_shorter_ends() -> None:
    """Its meta had promised more pages."""
    with Server(Pages(100), Pages(25)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=2))) == 25
        assert len(server.requests) <= 1 + 2 + 3


def test_a_list_that_becomes_longer_goes_on() -> None:
    """To the end that it has then."""
    with Server(Pages(20), Pages(45)) as server, client(server) as telnyx:
        assert len(list(telnyx.recordings.list(page_size=10, prefetch=8))) == 45


def test_another_page_than_was_asked_for_is_refused() -> None:
    """Its rows would come twice."""
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
    """What comes after is known only from the page before."""
    first = Reply(200, {"data": [{"id": "t1"}], "meta": {"cursors": {"after": "abc"}}})
    second = Reply(200, {"data": [{"id": "t2"}], "meta": {"cursors": {"after": None}}})
    with Server(first, second) as server, client(server) as telnyx:
        rows = list(telnyx.recording_transcriptions.list(prefetch=8))
    assert [row.id for row in rows] == ["t1", "t2"]
    assert [each.query for each in server.requests] == [{}, {"page[after]": "abc"}]


def test_a_list_can_start_in_the_middle() -> None:
    """And fetches ahead from there."""
    with Server(Pages(100)) as server, client(server) as telnyx:
        rows = list(telnyx.recordings.list(page_size=10, page_number=7, prefetch=8))
    assert [row.id for row in rows] == [f"r{n}" for n in range(60, 100)]
