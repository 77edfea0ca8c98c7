"""Pages that the async client fetches ahead: in order, bounded, and gone without a trace."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from behaviours import Pages, Reply, Reset, Silence
from callers import settle
from fakes import AT_ONCE, Server, open_sockets
from telnyx_recordings import AsyncClient
from telnyx_recordings.errors import APIResponseError, UnprocessableEntityError


def use(server: Server, do: Callable[[AsyncClient], Awaitable[Any]]) -> Any:
    """Do something with an async client, in a loop of its own; nothing is left of either."""

    async def scenario() -> Any:
        async with AsyncClient("KEY", server.base_url) as telnyx:
            found = await do(telnyx)
        await settle()  # an iteration that was left is ended by the loop itself
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    return asyncio.run(scenario())


async def names(telnyx: AsyncClient, **options: Any) -> list[str | None]:
    """The ids of a list's rows."""
    return [row.id async for row in telnyx.recordings.list(page_size=10, **options)]


def test_rows_come_in_order_and_each_once() -> None:
    with Server(Pages(403, seconds=0.005)) as server:
        found = use(server, lambda telnyx: names(telnyx, prefetch=8))
    assert found == [f"r{n}" for n in range(403)]
    assert sorted(int(each.query.get("page[number]", 1)) for each in server.requests) == [
        *range(1, 42)
    ]


def test_it_is_bounded() -> None:
    async def do(telnyx: AsyncClient) -> None:
        page = await telnyx.recordings.list(page_size=10, prefetch=4)
        pages = page.iter_pages()
        await anext(pages)
        assert len(server.requests) == 1
        await anext(pages)
        await asyncio.to_thread(server.wait_for, 1 + 4)
        await settle()
        assert len(server.requests) == 1 + 4
        assert len([each async for each in pages]) == 38

    with Server(Pages(400, seconds=0.01)) as server:
        use(server, do)
    assert server.peak == 4


@pytest.mark.parametrize("prefetch", [0, 8])
def test_as_many_answers_are_awaited_at_once(prefetch: int) -> None:
    with Server(Pages(200, seconds=0.05)) as server:
        assert len(use(server, lambda telnyx: names(telnyx, prefetch=prefetch))) == 200
    assert server.peak == max(prefetch, 1)


def test_without_prefetch_pages_are_requested_when_needed() -> None:
    async def do(telnyx: AsyncClient) -> None:
        count = 0
        async for _ in telnyx.recordings.list(page_size=10):
            count += 1
            if count == 20:
                await settle()
                assert len(server.requests) == 2

    with Server(Pages(40)) as server:
        use(server, do)
    assert len(server.requests) == 4


@pytest.mark.parametrize("then", [Pages(1000), Silence(), Reply(503, {}, {"retry-after": 50})])
def test_an_iteration_that_ends_early_leaves_nothing_behind(then: Any) -> None:
    before = open_sockets()

    async def do(telnyx: AsyncClient) -> None:
        async for row in telnyx.recordings.list(page_size=10, prefetch=8):
            if row.id == "r15":
                break

    started = time.monotonic()
    with Server(Pages(1000, seconds=0.002, until=3, then=then)) as server:
        use(server, do)
        assert server.open_lines == 0
        assert len(server.requests) <= 2 + 8
    assert time.monotonic() - started < AT_ONCE
    assert open_sockets() <= before


def test_one_that_is_left_is_ended_while_the_client_goes_on() -> None:
    async def do(telnyx: AsyncClient) -> None:
        async for row in telnyx.recordings.list(page_size=10, prefetch=8):
            if row.id == "r15":
                break
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with Server(Pages(1000, until=3, then=Silence())) as server:
        use(server, do)


def test_errors_are_raised_in_the_place_of_their_page() -> None:
    async def do(telnyx: AsyncClient) -> None:
        rows = aiter(telnyx.recordings.list(page_size=10, prefetch=8))
        assert [(await anext(rows)).id for _ in range(40)] == [f"r{n}" for n in range(40)]
        with pytest.raises(UnprocessableEntityError):
            await anext(rows)

    with Server(Pages(100, until=5, then=Reply(422))) as server:
        use(server, do)


def test_a_failed_page_is_retried() -> None:
    pages = Pages(50)
    with Server(pages, pages, Reset(), Reset(), pages) as server:
        assert use(server, lambda telnyx: names(telnyx, prefetch=3)) == [f"r{n}" for n in range(50)]


def test_a_list_may_change_its_length() -> None:
    with Server(Pages(100), Pages(25)) as server:
        assert len(use(server, lambda telnyx: names(telnyx, prefetch=2))) == 25
        assert len(server.requests) <= 1 + 2 + 3
    with Server(Pages(20), Pages(45)) as server:
        assert len(use(server, lambda telnyx: names(telnyx, prefetch=8))) == 45


def test_a_page_with_another_number_is_refused() -> None:
    same = Reply(200, {"data": [{"id": "r1"}], "meta": {"page_number": 1, "total_pages": 9}})
    for prefetch in (0, 4):

        async def do(telnyx: AsyncClient, prefetch: int = prefetch) -> None:
            await names(telnyx, prefetch=prefetch)

        with (
            Server(same) as server,
            pytest.raises(APIResponseError, match="requested page 2, but the response is page 1"),
        ):
            use(server, do)
