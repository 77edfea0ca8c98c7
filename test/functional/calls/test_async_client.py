"""The async client over real sockets: the same surface, the same wire, its own way to wait."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import processes
from behaviours import Flood, HangUp, Pages, Reply, Reset, ResetInBody, Shelf, ShortBody
from callers import settle
from fakes import Server, open_sockets
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import (
    APIConnectionError,
    APIResponseError,
    NotFoundError,
    TelnyxRecordingsError,
    UnprocessableEntityError,
)

KEY = "KEY0123456789_SECRET"
FOUND = Reply(200, {"data": {"id": "r1", "from": "+13125550142"}}, {"x-request-id": "q1"})


def use(server: Server, do: Callable[[AsyncClient], Awaitable[Any]], **settings: Any) -> Any:
    """Do something with an async client, in a loop of its own; nothing is left of either."""

    async def scenario() -> Any:
        async with AsyncClient(KEY, server.base_url, **settings) as telnyx:
            found = await do(telnyx)
        await settle()  # an iteration that was left is ended by the loop itself
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    return asyncio.run(scenario())


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
        use(server, all_async)
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
        use(server, do)


@pytest.mark.parametrize("bad", ["", None, "a/b", "..", "a\nb"])
def test_an_id_that_is_none_is_never_sent(bad: Any) -> None:
    with Server(FOUND) as server:
        with pytest.raises(ValueError, match="for `recording_id` but received"):
            use(server, lambda telnyx: telnyx.recordings.retrieve(bad))
        with pytest.raises(ValueError, match="for `ids` but received"):
            use(server, lambda telnyx: telnyx.recordings.actions.delete(ids=["r1", bad]))
    assert server.requests == []


def test_an_unknown_keyword_is_a_type_error() -> None:
    async def do(telnyx: Any) -> None:
        with pytest.raises(TypeError, match="unexpected keyword argument 'retries'"):
            await telnyx.recordings.retrieve("r1", retries=3)
        with pytest.raises(TypeError, match="unexpected keyword argument 'pages'"):
            telnyx.recordings.list(pages=3)

    with Server(FOUND) as server:
        use(server, do)


def test_errors_say_what_telnyx_said() -> None:
    refused = Reply(422, {"errors": [{"code": "10015", "title": "No"}]}, {"x-request-id": "q7"})
    with Server(refused) as server, pytest.raises(UnprocessableEntityError) as caught:
        use(server, lambda telnyx: telnyx.recordings.retrieve("r1"))
    assert (caught.value.code, caught.value.request_id) == ("10015", "q7")


def test_settings_are_the_calls_own_then_the_copys_then_the_clients() -> None:
    seen: list[Request] = []

    async def do(telnyx: AsyncClient) -> None:
        copied = telnyx.with_options(timeout=4, default_headers={"x-a": "1"})
        await telnyx.recordings.retrieve("r1")
        await copied.recordings.retrieve("r1")
        await copied.recordings.retrieve("r1", timeout=3)
        with pytest.raises(TelnyxRecordingsError):
            await copied.with_options(max_retries=0).recordings.retrieve("r1")

    with Server(FOUND, FOUND, FOUND, Reply(503)) as server:
        use(server, do, timeout=5, before_request=seen.append)
        assert server.accepted == 1
    assert [each.timeout for each in seen] == [5.0, 4.0, 3.0, 4.0]
    assert [each.headers.get("x-a") for each in server.requests] == [None, "1", "1", "1"]


def test_tasks_share_a_client() -> None:
    names = [f"r{n}" for n in range(300)]

    async def do(telnyx: AsyncClient) -> list[Any]:
        return await asyncio.gather(*(telnyx.recordings.retrieve(name) for name in names))

    with Server(Shelf(set(names))) as server:
        found = use(server, do)
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


def test_hooks_see_every_attempt() -> None:
    seen: list[type] = []

    def before(request: Request) -> None:
        assert "authorization" not in request.headers
        request.headers["traceparent"] = "00-1-2-01"

    def after(_request: Request, told: Response | Failure, _seconds: float) -> None:
        seen.append(type(told))

    with Server(Reset(), FOUND) as server:
        use(
            server,
            lambda telnyx: telnyx.recordings.retrieve("r1"),
            before_request=before,
            after_response=after,
        )
    assert seen == [Failure, Response]
    assert [each.headers["traceparent"] for each in server.requests] == ["00-1-2-01"] * 2


def test_a_raw_response_has_what_http_has() -> None:
    async def do(telnyx: AsyncClient) -> None:
        raw = await telnyx.recordings.with_raw_response.retrieve("r1")
        assert (raw.status_code, raw.request_id, raw.attempts) == (200, "q1", 2)
        assert raw.headers["X-Request-Id"] == "q1"
        assert await raw.parse() == await telnyx.recordings.retrieve("r1")
        listed = await telnyx.recordings.with_raw_response.list()
        assert listed.status_code == 200
        with pytest.raises(ValueError, match="up to 100 ids"):
            await telnyx.recordings.with_raw_response.actions.delete(
                ids=[f"r{n}" for n in range(101)]
            )

    with Server(Reset(), FOUND) as server:
        use(server, do)


def test_a_streamed_answer_is_read_as_it_comes() -> None:
    async def do(telnyx: AsyncClient) -> None:
        streaming = telnyx.recordings.with_streaming_response
        async with streaming.retrieve("r1") as response:
            assert response.status_code == 200
            pieces = [piece async for piece in response.iter_bytes()]
        assert len(pieces) > 1
        assert b"".join(pieces) == b" " * 300_000
        async with streaming.retrieve("r1") as response:
            assert response.request_id == "q1"
            body = await response.read()
            assert await response.read() == body
            found = (await response.parse()).data
            assert found is not None
            assert found.id == "r1"
        assert server.accepted == 1

    with Server(Flood(300_000), FOUND) as server:
        use(server, do)


def test_a_streamed_answer_that_is_not_read_is_let_go() -> None:
    async def do(telnyx: AsyncClient) -> None:
        async with telnyx.recordings.with_streaming_response.list() as response:
            pass
        with pytest.raises(ValueError, match="the body was closed"):
            await response.read()
        async with telnyx.recordings.with_streaming_response.list() as response:
            pieces = response.iter_bytes()
            await anext(pieces)
        with pytest.raises(ValueError, match="the body was closed"):
            await response.read()

    with Server(Flood(3_000_000)) as server:
        use(server, do)
        assert server.open_lines == 0


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ShortBody(), APIConnectionError),
        (ResetInBody(), APIConnectionError),
        (Flood(17 * 2**20), APIResponseError),
    ],
    ids=["short", "reset", "huge"],
)
def test_a_streamed_answer_fails_with_errors_of_ours(fault: Any, error: type[Exception]) -> None:
    async def do(telnyx: AsyncClient) -> None:
        async with telnyx.recordings.with_streaming_response.retrieve("r1") as response:
            with pytest.raises(error, match=r"^GET /recordings/r1: the "):
                await response.read()

    with Server(fault) as server:
        use(server, do)
        assert len(server.requests) == 1


def test_a_streamed_call_is_retried_before_its_answer() -> None:
    async def do(telnyx: AsyncClient) -> None:
        async with telnyx.recordings.with_streaming_response.retrieve("r1") as response:
            assert (await response.parse()).data is not None
        with pytest.raises(NotFoundError):
            async with telnyx.recordings.with_streaming_response.retrieve("r1"):
                pass

    with Server(Reset(), FOUND, Reply(404)) as server:
        use(server, do)


def test_a_streamed_delete_may_find_nothing() -> None:
    async def do(telnyx: AsyncClient) -> None:
        async with telnyx.recordings.with_streaming_response.delete("r1") as response:
            assert await response.read() == b"gone"
            assert [piece async for piece in response.iter_bytes()] == [b"gone"]
            assert (await response.parse()).already_absent is True

    with Server(HangUp(), Reply(404, "gone")) as server:
        use(server, do)


def test_a_client_shows_no_key_and_is_not_pickled() -> None:
    telnyx = AsyncClient(KEY, "https://api.example.com/v2")
    assert repr(telnyx) == "<AsyncClient of https://api.example.com/v2>"
    with pytest.raises(TypeError, match="an AsyncClient cannot be pickled"):
        pickle.dumps(telnyx)


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
