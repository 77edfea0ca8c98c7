"""The async client over real sockets: the same surface, the same wire, its own way to wait."""

import asyncio
import sys
from typing import Any

import processes
from behaviours import Pages, Reply, Shelf
from callers import settle
from clients import use_async
from fakes import Server, open_sockets
from telnyx_recordings import AsyncClient, Client

KEY = "KEY0123456789_SECRET"
FOUND = Reply(200, {"data": {"id": "r1", "from": "+13125550142"}}, {"x-request-id": "q1"})


def test_the_async_client_sends_the_requests_of_the_sync_client() -> None:
    def targets(client: Any) -> list[Any]:
        return [
            client.recordings.retrieve("r1"),
            client.recordings.delete("r1"),
            client.recordings.actions.delete(ids=["r1"]),
            client.recordings.list(filter={"from_": "+1 2", "created_at": {"gte": "2026-03-01"}}),
            client.recording_transcriptions.list(page_number=2, page_size=5),
            client.recording_transcriptions.retrieve("t1"),
            client.recording_transcriptions.delete("t1"),
            client.custom_storage_credentials.retrieve("5"),
            client.custom_storage_credentials.create("5", backend="gcs", configuration={}),
            client.custom_storage_credentials.update("5", backend="gcs", configuration={}),
            client.custom_storage_credentials.delete("5"),
            client.recordings.retrieve("r1", extra_query={"a[]": ["x/y", "%2F"]}),
        ]

    async def all_async(client: AsyncClient) -> None:
        for each in targets(client):
            await each

    with Server(Reply(200, {"data": {}})) as server:
        with Client(KEY, server.base_url) as sync_client:
            targets(sync_client)
        first = list(server.requests)
        server.requests.clear()
        use_async(server, all_async)
    assert [each.target for each in server.requests] == [each.target for each in first]
    for each in server.requests:
        if each.headers.get("content-length") == "0":  # aiohttp says so where there is no body
            del each.headers["content-length"]
    assert server.requests == first


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


def test_a_client_lives_on_in_another_loop() -> None:
    before = open_sockets()
    with Server(FOUND) as server:
        telnyx = AsyncClient(KEY, server.base_url)

        async def do() -> None:
            await telnyx.recordings.retrieve("r1")
            await telnyx.close()

        asyncio.run(do())
        asyncio.run(do())
    assert len(server.requests) == 2
    assert open_sockets() <= before


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
