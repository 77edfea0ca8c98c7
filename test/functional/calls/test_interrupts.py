"""Ctrl-C and cancellation during calls: nothing leaks, and the client can be used again."""

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest

import processes
from behaviours import Drip, Flood, Pages, Reply, Silence
from callers import retrieve, settle
from clients import Use, both, entered, listed, then
from fakes import AT_ONCE, Behaviour, Server, open_sockets
from telnyx_recordings import AsyncClient, Client

FOUND = Reply(200, {"data": {"id": "r1"}})
USED_UP = Reply(
    200,
    {"data": {"id": "r1"}},
    {"x-ratelimit-limit": 1, "x-ratelimit-remaining": 0, "x-ratelimit-reset": 50},
)


def everything(client: Any) -> Any:
    return listed(client.recordings.list(page_size=10, prefetch=4))


def twice(client: Any) -> Any:
    if isinstance(client, AsyncClient):
        return _twice(client)
    client.recordings.retrieve("r1")
    return client.recordings.retrieve("r1")


async def _twice(client: AsyncClient) -> Any:
    await client.recordings.retrieve("r1")
    return await client.recordings.retrieve("r1")


PLACES: dict[str, tuple[list[Behaviour], Callable[[Any], Any]]] = {
    "waiting for the answer": ([Silence()], retrieve),
    "reading the headers": ([Drip(0.01, from_body=False)], retrieve),
    "reading the body": ([Drip(0.01)], retrieve),
    "pausing before a retry": ([Reply(503, {}, {"retry-after": 50})], retrieve),
    "waiting for the next window": ([USED_UP, FOUND], twice),
    "fetching ahead": ([Pages(1000, until=3, then=Silence())], everything),
    "pausing while fetching ahead": (
        [Pages(1000, until=3, then=Reply(503, {}, {"retry-after": 50}))],
        everything,
    ),
}
each_place = pytest.mark.parametrize("place", PLACES)


@contextmanager
def nothing_is_left() -> Generator[None]:
    """Check that there are no more sockets and threads than before, and no warnings."""
    sockets, threads = open_sockets(), threading.active_count()
    yield
    gc.collect()  # what is not closed would warn here
    assert open_sockets() <= sockets
    assert threading.active_count() == threads


def is_under_way(server: Server) -> None:
    """Wait until a call has sent its request, and a moment longer."""
    server.wait_for(1)
    time.sleep(0.1)


@contextmanager
def ctrl_c_during_a_call(server: Server) -> Generator[None]:
    """Press Ctrl-C once a call is under way."""
    main = threading.get_ident()
    assert main == threading.main_thread().ident

    def press() -> None:
        is_under_way(server)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        processes.end(thread)


@each_place
def test_ctrl_c_ends_a_sync_call(place: str) -> None:
    script, do = PLACES[place]
    with nothing_is_left(), Server(*script) as server, Client("KEY", server.base_url) as client:
        started = time.monotonic()
        with pytest.raises(KeyboardInterrupt), ctrl_c_during_a_call(server):
            do(client)
        assert time.monotonic() - started < AT_ONCE
        client.close()
        assert server.open_lines == 0


@each_place
def test_a_cancelled_task_ends_an_async_call(place: str) -> None:
    script, do = PLACES[place]

    async def scenario() -> None:
        async with AsyncClient("KEY", server.base_url) as client:
            task = asyncio.ensure_future(do(client))
            await asyncio.to_thread(is_under_way, server)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await settle()
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with nothing_is_left():
        started = time.monotonic()
        with Server(*script) as server:
            asyncio.run(scenario())
            assert server.open_lines == 0
        assert time.monotonic() - started < AT_ONCE


@each_place
def test_ctrl_c_ends_an_async_program(place: str) -> None:
    script, do = PLACES[place]

    async def scenario() -> None:
        async with AsyncClient("KEY", server.base_url) as client:
            await do(client)

    with nothing_is_left(), Server(*script) as server:
        with pytest.raises(KeyboardInterrupt), ctrl_c_during_a_call(server):
            asyncio.run(scenario())
        assert server.open_lines == 0


def test_asyncio_timeout_ends_a_call() -> None:
    async def expire(limit: asyncio.Timeout) -> None:
        await asyncio.to_thread(server.wait_for, 1)
        limit.reschedule(0.0)

    async def scenario() -> None:
        async with AsyncClient("KEY", server.base_url) as client:
            limit = asyncio.timeout(None)
            expiry = asyncio.create_task(expire(limit))
            with pytest.raises(TimeoutError):
                async with limit:
                    await retrieve(client)
            await expiry
            assert (await client.recordings.retrieve("r1")).data is not None

    with nothing_is_left(), Server(Silence(), FOUND) as server:
        asyncio.run(scenario())


@both
def test_an_interrupted_stream_is_closed(use: Use) -> None:
    def fail(_found: Any) -> None:
        raise ZeroDivisionError

    def read(client: Any) -> Any:
        return entered(
            client.recordings.with_streaming_response.list(),
            lambda response: then(listed(response.iter_bytes(), 1), fail),
        )

    with nothing_is_left(), Server(Flood(3_000_000)) as server:
        with pytest.raises(ZeroDivisionError):
            use(server, read)
        assert server.open_lines == 0


def test_a_hook_that_fails_ends_the_call() -> None:
    def hook(_request: Any) -> None:
        if len(server.requests) == 1:
            raise ZeroDivisionError

    with (
        nothing_is_left(),
        Server(FOUND) as server,
        Client("KEY", server.base_url, before_request=hook) as client,
    ):
        retrieve(client)
        with pytest.raises(ZeroDivisionError):
            retrieve(client)
        server.requests.clear()
        retrieve(client)
        client.close()


def test_closing_a_client_ends_prefetching() -> None:
    async def scenario() -> None:
        client = AsyncClient("KEY", server.base_url)
        listed = aiter(client.recordings.list(page_size=10, prefetch=4))
        for _ in range(15):
            await anext(listed)
        await client.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        del listed

    with nothing_is_left(), Server(Pages(1000, until=3, then=Silence())) as server:
        asyncio.run(scenario())
        assert server.open_lines == 0
