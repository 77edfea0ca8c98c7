"""An archive from asyncio: the same run and promises, and a cancellation in place of Ctrl-C."""

import asyncio
import inspect
import threading
from pathlib import Path
from typing import Any

import pytest

from archiving import audio_requests, checksums, holding, leftovers, stored
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.archive import Progress, Reconciliation, verify
from telnyx_recordings.config import AfterResponse
from telnyx_recordings.core.messages import Failure, Response
from telnyx_recordings.errors import ArchiveLockedError, ConfigError
from telnyx_recordings.sandbox import Sandbox

box = holding(*({"id": f"call-{n}"} for n in range(8)))


async def _archive(
    box: Sandbox, destination: Path, hook: AfterResponse | None = None, **choices: Any
) -> Reconciliation:
    async with AsyncClient(box.api_key, box.base_url, after_response=hook) as client:
        settings: dict[str, Any] = {"report": None, "workers": 2, **choices}
        return await client.archive(destination, **settings)


def test_async_archive_takes_the_arguments_of_the_sync_method() -> None:
    assert inspect.signature(AsyncClient.archive) == inspect.signature(Client.archive)


def test_an_async_archive_does_not_block_the_event_loop(box: Sandbox, tmp_path: Path) -> None:
    told: list[tuple[int, str]] = []

    def note(progress: Progress) -> None:
        told.append((progress.done, threading.current_thread().name))

    result = asyncio.run(_archive(box, tmp_path, progress=note))
    assert (result.stored.count, result.ok) == (8, True)
    assert stored(tmp_path) == checksums(box)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {name for _, name in told} == {threading.current_thread().name}
    assert told[-1][0] == 8
    again = asyncio.run(_archive(box, tmp_path))
    assert (again.already_there.count, audio_requests(box)) == (8, 8)


class _Halt:
    """A progress callback that cancels a run once so many recordings are done."""

    def __init__(self, done: int) -> None:
        self._done = done
        self._loop = asyncio.get_running_loop()
        self.task: asyncio.Task[Any] | None = None

    def __call__(self, progress: Progress) -> None:
        if progress.done >= self._done:
            self.cancel()

    def after(self, _request: object, told: Response | Failure, _seconds: float) -> None:
        """Handle the response to a request, in the thread that sent it."""
        if isinstance(told, Response) and told.status == 429:
            self._loop.call_soon_threadsafe(self.cancel)

    def cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()


async def _cancelled(box: Sandbox, destination: Path, hold: str) -> asyncio.CancelledError:
    """Cancel a run in the middle of its copies, or in a wait that the API asked for."""
    halt = _Halt(100 if hold == "wait" else 2)
    if hold == "wait":
        box.fail_next(429, headers={"retry-after": "55"})
    halt.task = asyncio.create_task(
        _archive(box, destination, halt.after, workers=1, progress=halt)
    )
    with pytest.raises(asyncio.CancelledError) as caught:
        await asyncio.wait_for(halt.task, 30)
    return caught.value


@pytest.mark.parametrize("hold", ["copies", "wait"])
def test_a_cancelled_archive_stops_and_the_next_one_continues(
    box: Sandbox, tmp_path: Path, hold: str
) -> None:
    before = {each.name for each in threading.enumerate()}
    error = asyncio.run(_cancelled(box, tmp_path, hold))
    assert "run the same archive again" in "".join(getattr(error.__cause__, "__notes__", []))
    assert {each.name for each in threading.enumerate()} <= before
    assert stored(tmp_path).items() <= checksums(box).items()
    result = asyncio.run(_archive(box, tmp_path))
    assert (result.listed.count, result.ok) == (8, True)
    assert stored(tmp_path) == checksums(box)
    assert leftovers(tmp_path) == []
    assert verify(tmp_path).ok


async def _two_at_once(box: Sandbox, destination: Path) -> list[Any]:
    runs = (_archive(box, destination) for _ in range(2))
    return await asyncio.gather(*runs, return_exceptions=True)


def test_a_second_async_archive_on_the_same_folder_is_refused(box: Sandbox, tmp_path: Path) -> None:
    ends = asyncio.run(_two_at_once(box, tmp_path))
    refused = [each for each in ends if isinstance(each, ArchiveLockedError)]
    done = [each for each in ends if isinstance(each, Reconciliation)]
    assert len(refused) + len(done) == 2
    assert done[0].ok


def test_async_archives_raise_the_errors_of_sync_ones(box: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="formats must be"):
        asyncio.run(_archive(box, tmp_path, formats=()))


def test_async_archives_delete_verified_recordings_once(box: Sandbox, tmp_path: Path) -> None:
    sums = checksums(box)
    assert asyncio.run(_archive(box, tmp_path, delete=True)).deleted == 8
    assert (len(box.recordings), stored(tmp_path)) == (0, sums)
