"""Clients that were used before a fork work in the child processes, and in the parent."""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from behaviours import EchoedId, Pages
from callers import KEY
from certificates import self_signed
from downloads import recording_at
from fakes import Line, Received, Server
from fakes_media import wav
from stores import Store
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import APIConnectionError

# Python 3.12 and later warn of exactly what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

_CALLS = 30
_PATIENCE = 60


def ids(name: str) -> list[str]:
    """The ids that one process requests; no other process requests them."""
    return [f"{name}-{n}" for n in range(_CALLS)]


def retrieve(client: Client, wanted: list[str]) -> list[str | None]:
    """Retrieve recordings; return the ids of the responses."""
    found = [client.recordings.retrieve(each).data for each in wanted]
    return [each.id for each in found]


async def retrieve_async(client: AsyncClient, wanted: list[str]) -> list[str | None]:
    """Retrieve recordings; return the ids of the responses."""
    found = [(await client.recordings.retrieve(each)).data for each in wanted]
    return [each.id for each in found]


def in_child(work: Callable[[], bool]) -> int:
    """Do something in a forked process; return its id."""
    child = os.fork()
    if child == 0:
        signal.alarm(_PATIENCE)  # ends a process that waits for a lock for ever
        status = 1
        try:
            status = 0 if work() else 2
        except BaseException:  # noqa: BLE001 - shown, and reported by the exit code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return child


def wait_for(children: list[int]) -> list[int]:
    """Wait for processes to end; return their exit codes, all 0 if they got what they expected."""
    return [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]


@pytest.fixture(params=["http", "https"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A server whose responses have the requested id."""
    tls = None
    if request.param == "https":
        tls = self_signed("127.0.0.1", tmp_path)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    with Server(EchoedId(), tls=tls) as running:
        yield running


def test_children_and_parent_get_their_own_responses(server: Server) -> None:
    with Client(KEY, server.base_url) as client:
        retrieve(client, ["before"])
        children = [
            in_child(lambda name=f"child{n}": retrieve(client, ids(name)) == ids(name))  # type: ignore[misc]  # a default is what binds it
            for n in range(4)
        ]
        assert retrieve(client, ids("parent")) == ids("parent")
        assert wait_for(children) == [0] * 4
        assert retrieve(client, ids("after")) == ids("after")


def test_a_fork_while_threads_make_calls_does_not_block(server: Server) -> None:
    stopping = threading.Event()
    with Client(KEY, server.base_url) as client, ThreadPoolExecutor(4) as threads:

        def hammer(name: str) -> bool:
            good = True
            while not stopping.is_set():
                good &= retrieve(client, ids(name)) == ids(name)
            return good

        busy = [threads.submit(hammer, f"thread{n}") for n in range(4)]
        try:
            for n in range(8):
                wanted = ids(f"child{n}")
                child = in_child(lambda wanted=wanted: retrieve(client, wanted) == wanted)  # type: ignore[misc]  # likewise
                assert wait_for([child]) == [0]
        finally:
            stopping.set()
        assert all(each.result(_PATIENCE) for each in busy)


def test_a_response_that_is_being_read_belongs_to_the_parent(server: Server) -> None:
    with Client(KEY, server.base_url) as client:
        with client.recordings.with_streaming_response.retrieve("first") as response:

            def work() -> bool:
                try:
                    for _ in response.iter_bytes():
                        pass
                except APIConnectionError:
                    return True
                return False

            child = in_child(work)
            assert wait_for([child]) in ([0], [2])  # 2: all had arrived before the fork
            assert b'"first"' in b"".join(response.iter_bytes())
        assert retrieve(client, ids("after")) == ids("after")


@pytest.mark.parametrize("prefetch", [0, 4])
def test_a_list_continues_in_a_child_process(prefetch: int) -> None:
    expected = [f"r{n}" for n in range(60)]
    with Server(Pages(60, seconds=0.01)) as server, Client(KEY, server.base_url) as client:
        rows = iter(client.recordings.list(page_size=5, prefetch=prefetch))
        before = [next(rows).id for _ in range(12)]
        child = in_child(lambda: before + [each.id for each in rows] == expected)
        assert wait_for([child]) == [0]
        assert before + [each.id for each in rows] == expected


def of_a_global_client(wanted: list[str]) -> bool:
    return retrieve(_SHARED[0], wanted) == wanted


_SHARED: list[Client] = []


def test_processes_of_multiprocessing_get_their_own_responses(server: Server) -> None:
    with Client(KEY, server.base_url) as client:
        retrieve(client, ["before"])
        _SHARED[:] = [client]
        with multiprocessing.get_context("fork").Pool(3, signal.alarm, (_PATIENCE,)) as pool:
            jobs = pool.map_async(of_a_global_client, [ids(f"job{n}") for n in range(9)])
            assert all(jobs.get(_PATIENCE))
            pool.close()
            pool.join()
        _SHARED.clear()


def test_an_async_client_works_in_children_and_in_the_parent(server: Server) -> None:
    async def main() -> None:
        async with AsyncClient(KEY, server.base_url) as client:
            await retrieve_async(client, ["before"])

            def work(name: str) -> bool:
                async def child() -> list[str | None]:
                    async with client:
                        return await retrieve_async(client, ids(name))

                return asyncio.run(child()) == ids(name)

            children = [
                in_child(lambda name=f"child{n}": work(name))  # type: ignore[misc]  # likewise
                for n in range(3)
            ]
            assert await retrieve_async(client, ids("parent")) == ids("parent")
            assert await asyncio.to_thread(wait_for, children) == [0] * 3
            assert await retrieve_async(client, ids("after")) == ids("after")

    asyncio.run(main())


def test_the_event_loop_of_the_parent_keeps_watching_its_connections(server: Server) -> None:
    async def main() -> None:
        async with AsyncClient(KEY, server.base_url) as client:
            await retrieve_async(client, ["before"])
            child = in_child(lambda: asyncio.run(client.close()) is None)
            assert await asyncio.to_thread(wait_for, [child]) == [0]
            assert await retrieve_async(client, ids("after")) == ids("after")

    asyncio.run(main())
    assert server.accepted == 1


class EchoedAudio:
    """Sends audio that depends on the path."""

    def __call__(self, line: Line, request: Received) -> bool:
        return Store(audio_of(request.path[1:].removesuffix(".wav")))(line, request)


def audio_of(name: str) -> bytes:
    return wav(500, seed=zlib.crc32(name.encode()))


def test_audio_in_children_and_parent_is_not_mixed_up(tmp_path: Path) -> None:
    with Server(EchoedAudio()) as store, Client(KEY, "https://api.example.com") as client:

        def fetch(name: str) -> bool:
            path = tmp_path / f"{name}.wav"
            client.download(recording_at(f"http://127.0.0.1:{store.port}/{name}.wav", name), path)
            return path.read_bytes() == audio_of(name)

        assert fetch("before")
        children = [
            in_child(lambda n=n: all(fetch(f"child{n}-{each}") for each in range(10)))  # type: ignore[misc]  # likewise
            for n in range(3)
        ]
        assert all(fetch(f"parent-{each}") for each in range(10))
        assert wait_for(children) == [0] * 3


def test_audio_of_an_async_client_in_children_is_not_mixed_up(tmp_path: Path) -> None:
    async def main(store: Server) -> None:
        async with AsyncClient(KEY, "https://api.example.com") as client:

            async def fetch(name: str) -> bool:
                path = tmp_path / f"{name}.wav"
                await client.download(
                    recording_at(f"http://127.0.0.1:{store.port}/{name}.wav", name), path
                )
                return path.read_bytes() == audio_of(name)

            async def fetch_all(name: str) -> bool:
                return all([await fetch(f"{name}-{each}") for each in range(5)])

            assert await fetch("before")
            children = [
                in_child(lambda n=n: asyncio.run(fetch_all(f"child{n}")))  # type: ignore[misc]  # likewise
                for n in range(3)
            ]
            assert await fetch_all("parent")
            assert await asyncio.to_thread(wait_for, children) == [0] * 3

    with Server(EchoedAudio()) as store:
        asyncio.run(main(store))
