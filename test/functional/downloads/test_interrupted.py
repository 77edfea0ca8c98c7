"""Tests that killed and cancelled downloads leak nothing, and can be resumed."""

import asyncio
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import processes
from behaviours import Reply
from downloads import AUDIO, HALF, PART, SIDE
from fakes import Server, open_sockets
from fakes_media import Telnyx, download_async, download_sync, downloading_async, left_in, wav
from stores import StallsAfter, Store
from telnyx_recordings.disk.files import Files
from telnyx_recordings.media import aio


def test_a_killed_download_is_resumed(tmp_path: Path) -> None:
    audio, sent = wav(500_000), 5_000_000
    least = sent - (1 << 20)
    with Server(StallsAfter(audio, size=sent), Store(audio)) as store:
        telnyx = Telnyx(store)
        with Server(Reply(body={"data": telnyx.fetch("rec-1").recording.to_dict()})) as api:
            arguments = [api.base_url, str(tmp_path / "a.wav")]
            program = "import sys, telnyx_recordings as t; a, b = sys.argv[1:]"
            program += "; t.Client('KEY', a).download('rec-1', b)"
            with processes.started(sys.executable, "-c", program, *arguments) as process:
                part = tmp_path / PART
                processes.wait_until(lambda: part.exists() and part.stat().st_size >= least)
                assert process.poll() is None
                process.kill()
        got = download_sync(telnyx, tmp_path / "a.wav").got
    assert got.fetched <= len(audio) - least
    assert (tmp_path / "a.wav").read_bytes() == audio
    assert left_in(tmp_path) == ["a.wav"]


def test_ctrl_c_leaves_a_part_file_and_no_connection(tmp_path: Path) -> None:
    """Row 47: the next download resumes it."""
    part = tmp_path / PART
    with Server(StallsAfter(AUDIO, size=HALF), Store(AUDIO)) as server:
        before = open_sockets()

        def interrupt_me() -> None:
            processes.wait_until(lambda: part.exists() and part.stat().st_size)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

        other = threading.Thread(target=interrupt_me)
        other.start()
        outcome = download_sync(Telnyx(server), tmp_path / "a.wav", timeout=20.0)
        processes.end(other)
        assert isinstance(outcome.error, KeyboardInterrupt)
        assert server.open_lines == 0
        assert open_sockets() <= before
        assert left_in(tmp_path) == [PART, SIDE]
        assert download_sync(Telnyx(server), tmp_path / "a.wav").got.size == len(AUDIO)


def open_files() -> list[str]:
    """The open files of this process (on Linux; elsewhere none)."""
    found: list[str] = []
    for entry in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            found.append(str(entry.readlink()))
    return found


class Slow(Files):
    """A slow disk, so that a write can be interrupted."""

    def write(self, descriptor: int, data: bytes) -> None:
        """Write after a moment; the file must still be open then."""
        time.sleep(0.02)
        super().write(descriptor, data)


@pytest.mark.parametrize("moment", [0.0, 0.005, 0.02, 0.03, 0.05, 0.1])
def test_a_cancelled_download_closes_everything_and_can_be_repeated(
    tmp_path: Path, moment: float
) -> None:
    """Row 47: at any moment."""

    async def main(server: Server) -> None:
        async with downloading_async(Telnyx(server), timeout=20.0, files=Slow()) as context:
            task = asyncio.create_task(aio.download(context, "rec-1", tmp_path / "a.wav"))
            await asyncio.sleep(moment)
            task.cancel()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    before = open_sockets()
    with Server(StallsAfter(AUDIO, size=HALF), Store(AUDIO)) as server:
        asyncio.run(main(server))
        assert not [each for each in open_files() if each.startswith(str(tmp_path))]
        assert server.open_lines == 0
        again = download_async(Telnyx(server), tmp_path / "a.wav", timeout=0.2)
    assert open_sockets() <= before
    assert again.got.size == len(AUDIO)
    assert left_in(tmp_path) == ["a.wav"]


class Blocked(Files):
    """A disk that writes, or fails, only when the test allows it."""

    def __init__(self, error: OSError | None) -> None:
        self.error = error
        self.began = threading.Event()
        self.may_write = threading.Event()
        self.done: list[str] = []

    def write(self, descriptor: int, data: bytes) -> None:
        self.began.set()
        assert self.may_write.wait(processes.PATIENCE)
        if self.error is not None:
            raise self.error
        super().write(descriptor, data)
        self.done.append("write")

    def close(self, descriptor: int) -> None:
        self.done.append("close")
        super().close(descriptor)


@pytest.mark.parametrize("error", [None, OSError(5, "bad disk")])
def test_cancelling_waits_for_the_disk(tmp_path: Path, error: OSError | None) -> None:
    files = Blocked(error)
    reported: list[dict[str, Any]] = []

    async def main(server: Server) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: reported.append(context))
        async with downloading_async(Telnyx(server), files=files) as context:
            task = asyncio.create_task(aio.download(context, "rec-1", tmp_path / "a.wav"))
            await asyncio.to_thread(files.began.wait, processes.PATIENCE)
            for _ in range(3):
                task.cancel("enough")
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert not task.done()
            assert files.done == []
            files.may_write.set()
            with pytest.raises(asyncio.CancelledError, match="enough"):
                await task

    with Server(Store(AUDIO)) as server:
        asyncio.run(main(server))
        assert server.open_lines == 0
    assert files.done[-1] == "close"
    assert reported == []
    assert not (tmp_path / "a.wav").exists()
