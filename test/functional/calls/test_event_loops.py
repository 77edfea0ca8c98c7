"""An async client and its event loops."""

import asyncio
import gc
import threading
import warnings
from pathlib import Path

import pytest

import processes
from behaviours import EchoedId, Silence
from callers import KEY
from certificates import self_signed
from fakes import AT_ONCE, Server, open_sockets
from telnyx_recordings import AsyncClient


async def retrieve(client: AsyncClient, wanted: str) -> str | None:
    """Retrieve a recording; return its id."""
    found = (await client.recordings.retrieve(wanted)).data
    return found.id


def test_a_client_that_is_left_open_warns_of_nothing() -> None:
    before = open_sockets()

    async def main(base_url: str) -> None:
        client = AsyncClient(KEY, base_url)
        assert await retrieve(client, "r1") == "r1"

    with Server(EchoedId()) as server, warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        for _ in range(3):
            asyncio.run(main(server.base_url))
        gc.collect()
        assert server.open_lines == 0
    assert open_sockets() <= before


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_a_client_that_is_left_open_in_a_loop_that_is_just_closed_warns_of_nothing(
    tmp_path: Path, *, is_encrypted: bool
) -> None:
    tls = self_signed("127.0.0.1", tmp_path) if is_encrypted else None
    trusted = tmp_path / "server.pem" if is_encrypted else None
    with Server(EchoedId(), tls=tls) as server, warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        client = AsyncClient(KEY, server.base_url, ca_file=trusted)
        for each in ("r1", "r2"):
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(retrieve(client, each)) == each
            loop.close()
        del client
        gc.collect()
        assert server.open_lines == 0


def test_a_client_is_created_outside_of_event_loops_and_used_in_several() -> None:
    """Also after it was closed in one of them."""
    with Server(EchoedId()) as server:
        client = AsyncClient(KEY, server.base_url)
        for each in ("r1", "r2", "r3"):
            assert asyncio.run(retrieve(client, each)) == each
        assert server.accepted == 3
        asyncio.run(client.close())
        assert server.open_lines == 0
        assert asyncio.run(retrieve(client, "r4")) == "r4"
        asyncio.run(client.close())
        assert server.open_lines == 0


def test_a_client_is_used_in_several_event_loops_at_once() -> None:
    wanted = [f"r{n}" for n in range(20)]
    together = threading.Barrier(3)
    found: dict[int, list[str | None]] = {}

    async def all_of_them(client: AsyncClient) -> list[str | None]:
        return [await retrieve(client, each) for each in wanted]

    with Server(EchoedId()) as server:
        client = AsyncClient(KEY, server.base_url)

        def work(number: int) -> None:
            together.wait(AT_ONCE)
            found[number] = asyncio.run(all_of_them(client))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        processes.end(*threads)
        assert found == dict.fromkeys(range(3), wanted)
        assert server.accepted == 3
        assert server.open_lines == 0


class SeenByBoth(asyncio.SelectorEventLoop):
    """An event loop that is first seen to have ended by the threads "r1" and "r2" at once."""

    def __init__(self) -> None:
        super().__init__()
        self.both = threading.Barrier(2)
        self.awaited = {"r1", "r2"}

    def is_closed(self) -> bool:
        """Return whether it has ended, to the two threads at the same time."""
        name = threading.current_thread().name
        if super().is_closed() and name in self.awaited:
            self.awaited.remove(name)
            self.both.wait(AT_ONCE)
        return super().is_closed()


def test_two_threads_use_a_client_at_once_after_its_event_loop_has_ended() -> None:
    found: list[str | None] = []
    with Server(EchoedId()) as server:
        client = AsyncClient(KEY, server.base_url)
        with asyncio.Runner(loop_factory=SeenByBoth) as runner:
            assert runner.run(retrieve(client, "r0")) == "r0"

        def work(wanted: str) -> None:
            found.append(asyncio.run(retrieve(client, wanted)))

        threads = [threading.Thread(target=work, args=(n,), name=n) for n in ("r1", "r2")]
        for thread in threads:
            thread.start()
        processes.end(*threads)
        assert sorted(map(str, found)) == ["r1", "r2"]


def test_closing_in_one_event_loop_closes_the_connections_of_others() -> None:
    with Server(EchoedId()) as server:
        client = AsyncClient(KEY, server.base_url)
        may_end = threading.Event()
        is_ready = threading.Event()

        async def other() -> None:
            assert await retrieve(client, "r1") == "r1"
            is_ready.set()
            await asyncio.to_thread(may_end.wait, AT_ONCE)

        thread = threading.Thread(target=asyncio.run, args=(other(),))
        thread.start()
        assert is_ready.wait(AT_ONCE)
        asyncio.run(client.close())
        assert server.open_lines == 0
        may_end.set()
        processes.end(thread)


def test_a_client_that_is_left_open_in_the_middle_of_a_call_warns_of_nothing() -> None:
    async def main(base_url: str) -> None:
        client = AsyncClient(KEY, base_url)
        task = asyncio.create_task(retrieve(client, "r1"))
        await asyncio.to_thread(server.wait_for, 1)
        assert not task.done()

    with Server(Silence()) as server, warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        asyncio.run(main(server.base_url))
        gc.collect()
