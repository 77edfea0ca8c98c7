"""Shared clients slow down before the server refuses requests."""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

import processes
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.sandbox import Sandbox

CALLS = 300
A_SECOND = 100


class Statuses:
    """Counts responses by status."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.by_status: dict[int, int] = {}

    def __call__(self, _request: Request, told: Response | Failure, _seconds: float) -> None:
        status = told.status if isinstance(told, Response) else 0
        with self._lock:
            self.by_status[status] = self.by_status.get(status, 0) + 1

    def check(self) -> None:
        """Check that all calls succeeded, and that few requests were refused."""
        assert self.by_status.pop(200) == CALLS
        refused = self.by_status.pop(429, 0)
        assert self.by_status == {}
        assert refused / (CALLS + refused) < 0.1


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox that allows so many requests a second."""
    with Sandbox(5, rate_limit=A_SECOND) as running:
        yield running


def test_threads_share_the_rate_limit(box: Sandbox) -> None:
    statuses = Statuses()
    name = str(box.recordings[0].id)
    started = time.monotonic()
    with (
        Client(box.api_key, box.base_url, after_response=statuses) as client,
        ThreadPoolExecutor(32) as threads,
    ):
        found = list(
            threads.map(client.recordings.retrieve, [name] * CALLS, timeout=processes.PATIENCE)
        )
    assert all(each.data.id == name for each in found)
    statuses.check()
    assert time.monotonic() - started > CALLS / A_SECOND - 1.1


def test_tasks_share_the_rate_limit(box: Sandbox) -> None:
    statuses = Statuses()
    name = str(box.recordings[0].id)

    async def scenario() -> None:
        async with AsyncClient(box.api_key, box.base_url, after_response=statuses) as client:
            await asyncio.gather(*(client.recordings.retrieve(name) for _ in range(CALLS)))

    started = time.monotonic()
    asyncio.run(scenario())
    statuses.check()
    assert time.monotonic() - started > CALLS / A_SECOND - 1.1


def test_copies_of_a_client_share_the_rate_limit(box: Sandbox) -> None:
    statuses = Statuses()
    name = str(box.recordings[0].id)
    with Client(box.api_key, box.base_url, after_response=statuses) as client:

        def call(n: int) -> None:
            copied = client.with_options(timeout=10 + n)
            if n % 3 == 0:
                assert copied.recordings.with_raw_response.retrieve(name).status_code == 200
            elif n % 3 == 1:
                with copied.recordings.with_streaming_response.retrieve(name) as response:
                    assert response.read()
            else:
                assert len(list(copied.recordings.list(page_size=5, prefetch=4))) == 5

        with ThreadPoolExecutor(16) as threads:
            list(threads.map(call, range(CALLS), timeout=processes.PATIENCE))
    statuses.check()
