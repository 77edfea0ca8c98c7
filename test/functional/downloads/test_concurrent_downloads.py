"""Tests concurrent downloads of one file: threads, processes and tasks wait, or raise an error."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import processes
from callers import Held
from downloads import AUDIO
from fakes import AT_ONCE, Line, Server
from fakes_media import Download, Telnyx, download_sync, left_in
from stores import Store
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import DownloadInProgressError, MediaStorageError
from telnyx_recordings.sandbox import Sandbox

LOCKS = """
import fcntl, sys
with open(sys.argv[1], "r+b") as part:
    fcntl.flock(part, fcntl.LOCK_EX)
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def box() -> Iterator[Sandbox]:
    """A sandbox with one long recording."""
    with Sandbox(recordings=0) as box:
        box.add_recording(id="rec-1", duration_millis=60_000)
        yield box


@contextmanager
def another_process(folder: Path) -> Generator[subprocess.Popen[str]]:
    """Run a process that holds the part file, as if it were downloading."""
    part = folder / ".a.wav.part"
    part.touch(mode=0o600)
    with processes.started(sys.executable, "-c", LOCKS, part, stdin=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "locked\n"
        yield process


@dataclass
class PausesAfter(Store):
    """Sends the second half of the audio when the test allows it."""

    may_end: threading.Event = field(default_factory=threading.Event)

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body[: len(body) // 2])
        assert self.may_end.wait(AT_ONCE)
        line.send(body[len(body) // 2 :])
        return True


def test_a_second_download_of_a_file_raises_in_progress(download: Download, tmp_path: Path) -> None:
    first_bytes = threading.Event()
    pausing = PausesAfter(AUDIO)

    def progress(_done: int, _total: int) -> None:
        first_bytes.set()

    with Server(pausing) as server:
        first = threading.Thread(
            target=download_sync,
            args=(Telnyx(server), tmp_path / "a.wav"),
            kwargs={"timeout": AT_ONCE, "call": {"progress": progress}},
        )
        first.start()
        assert first_bytes.wait(processes.PATIENCE)
        error = download(Telnyx(server), tmp_path / "a.wav").error
        pausing.may_end.set()
        processes.end(first)
    assert isinstance(error, DownloadInProgressError)
    assert not isinstance(error, MediaStorageError)
    assert str(error) == (
        f"recording rec-1: another download is writing {tmp_path / 'a.wav'}: call again later, or "
        "pass `wait` to wait for it"
    )
    assert (tmp_path / "a.wav").read_bytes() == AUDIO
    assert left_in(tmp_path) == ["a.wav"]


def test_the_wait_for_another_download_is_bounded(download: Download, tmp_path: Path) -> None:
    held = Held(chance=0.0)
    with another_process(tmp_path) as process, Server(Store(AUDIO)) as store:
        outcome = download(Telnyx(store), tmp_path / "a.wav", held=held, call={"wait": 5})
        assert isinstance(outcome.error, DownloadInProgressError)
        assert store.requests == []
        assert process.poll() is None
        process.communicate("")
    assert sum(outcome.waits) == pytest.approx(5)
    assert len(outcome.waits) < 30


def test_a_download_waits_for_one_in_another_process(box: Sandbox, tmp_path: Path) -> None:
    with (
        Client(box.api_key, box.base_url) as client,
        another_process(tmp_path) as process,
        ThreadPoolExecutor(1) as threads,
    ):
        waiting = threads.submit(client.download, "rec-1", tmp_path / "a.wav", wait=60)
        process.kill()
        assert waiting.result(processes.PATIENCE).size == len(box.audio("rec-1", "wav"))
    assert left_in(tmp_path) == ["a.wav"]


def test_threads_that_download_one_recording_share_the_work(box: Sandbox, tmp_path: Path) -> None:
    with Client(box.api_key, box.base_url) as client, ThreadPoolExecutor(8) as threads:
        calls = [
            threads.submit(client.download, "rec-1", tmp_path / "a.wav", wait=60) for _ in range(8)
        ]
        results = [call.result(processes.PATIENCE) for call in calls]
    assert len({result.sha256 for result in results}) == 1
    assert sum(not result.already_there for result in results) == 1
    assert sum(result.fetched for result in results) == results[0].size
    assert left_in(tmp_path) == ["a.wav"]


def test_tasks_that_download_one_recording_share_the_work(box: Sandbox, tmp_path: Path) -> None:
    async def main() -> None:
        async with AsyncClient(box.api_key, box.base_url) as client:
            calls = [client.download("rec-1", tmp_path / "a.wav", wait=60) for _ in range(8)]
            results = await asyncio.gather(*calls)
        assert sum(not result.already_there for result in results) == 1
        assert sum(result.fetched for result in results) == results[0].size

    asyncio.run(main())
    assert left_in(tmp_path) == ["a.wav"]
