"""The async client over real sockets: the same surface, the same wire, its own way to wait."""

import asyncio
import sys
from typing import Any

import processes
from behaviours import Pages, Shelf
from callers import settle
from clients import use_async
from fakes import Server
from telnyx_recordings import AsyncClient


def test_a_list_is_awaited_or_iterated_over() -> None:
    async def do(telnyx: AsyncClient) -> None:
        listing = telnyx.recordings.list(page_size=10)
        await settle()
        assert server.requests == []
        page = await listing
        assert (len(page.data), page.meta.total_pages, page.has_next_page()) == (10, 3, True)
        second = await page.get_next_page()
        assert second.data[0].id == "r10"
        assert [each.meta.page_number async for each in page.iter_pages()] == [1, 2, 3]
        assert [row.id async for row in telnyx.recordings.list(page_size=10)] == names
        assert [row.id async for row in second] == names[10:]

    names = [f"r{n}" for n in range(25)]
    with Server(Pages(25)) as server:
        use_async(server, do)


def test_tasks_share_a_client() -> None:
    names = [f"r{n}" for n in range(300)]

    async def do(telnyx: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(telnyx.recordings.retrieve(name) for name in names))

    with Server(Shelf(set(names))) as server:
        [found] = use_async(server, do)
        assert [each.data.id for each in found] == names
        assert server.accepted <= 64
        assert server.open_lines == 0


def test_without_aiohttp_it_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['aiohttp'] = None\n"
        "import telnyx_recordings as t\n"
        "t.Client('KEY')\n"
        "try: t.AsyncClient('KEY')\n"
        "except t.MissingExtraError as error: print(error)\n"
    )
    done = processes.run(sys.executable, "-c", program, check=True)
    assert done.stdout == "AsyncClient needs the extra async: pip install 'aiohttp>=3.14.3'\n"
