"""Tests that threads sharing a sync to disk see each error that a sync of their own would raise."""

import errno
import gc
import os
import stat
import threading
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PosixPath
from typing import Self

import pytest

import processes
from telnyx_recordings.disk.fsync import Coalesced, sync_folder

FOLDER = Path("folder")


def test_each_thread_waits_for_an_fsync_that_began_after_its_request() -> None:
    named: set[int] = set()
    durable: set[int] = set()

    def wait_for_disk(_path: Path) -> None:
        begun_with = set(named)
        os.sched_yield()
        durable.update(begun_with)

    together = Coalesced(wait_for_disk)

    def name(number: int) -> bool:
        named.add(number)
        together(FOLDER)
        return number in durable

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(name, range(2000), timeout=processes.PATIENCE))


class Gateway:
    """A disk whose calls return when the test allows it, with an error if there is one."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.calls = 0
        self.error: OSError | None = None

    def __call__(self, _path: Path) -> None:
        self.calls += 1
        self.began.release()
        assert self.may_end.acquire(timeout=processes.PATIENCE)
        if self.error is not None:
            raise self.error


def test_a_failed_fsync_is_raised_in_all_waiting_threads() -> None:
    gate = Gateway()
    gate.error = OSError(errno.EIO, os.strerror(errno.EIO))
    together = Coalesced(gate)
    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(together, FOLDER) for _ in range(4)]
        for _ in waits:
            gate.may_end.release()
        errors = [each.exception(processes.PATIENCE) for each in waits]
    assert [getattr(each, "errno", None) for each in errors] == [errno.EIO] * 4
    assert 1 <= gate.calls <= 4
    gate.error = None
    gate.may_end.release()
    together(FOLDER)


def test_folders_do_not_wait_for_each_other() -> None:
    gate = Gateway()
    together = Coalesced(lambda path: gate(path) if path == FOLDER else None)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(together, FOLDER)
        assert gate.began.acquire(timeout=processes.PATIENCE)
        together(Path("another"))
        assert not slow.done()
        gate.may_end.release()


def test_an_interrupted_thread_leaves_no_other_waiting() -> None:
    entered = threading.Event()
    interrupted: list[BaseException] = [KeyboardInterrupt()]

    def wait_for_disk(_path: Path) -> None:
        entered.set()
        if interrupted:
            raise interrupted.pop()

    together = Coalesced(wait_for_disk)
    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(together, FOLDER) for _ in range(4)]
        errors = [each.exception(timeout=30) for each in waits]
    assert sorted(type(each).__name__ for each in errors) == [
        "KeyboardInterrupt",
        *["NoneType"] * 3,
    ]


def test_a_forked_process_does_not_wait_for_its_parent() -> None:
    gate = Gateway()
    together = Coalesced(gate)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(together, FOLDER)
        assert gate.began.acquire(timeout=processes.PATIENCE)
        together.forget()
        gate.may_end.release(2)
        together(FOLDER)
    assert gate.calls == 2


class Asked(PosixPath):
    """The folder, as one thread names it; it can be told when that thread has joined a wait."""

    looked_up: threading.Semaphore

    @classmethod
    def by_one_thread(cls) -> Self:
        path = cls(FOLDER)
        path.looked_up = threading.Semaphore(0)
        return path

    def __hash__(self) -> int:
        """Count the lookups."""
        self.looked_up.release()
        return hash(FOLDER)

    def wait_until_it_waits(self) -> None:
        """Return when its thread knows which call is for it: it looks twice."""
        for _ in range(2):
            assert self.looked_up.acquire(timeout=30)


def ask_while_one_is_under_way(
    together: Coalesced, gate: Gateway, pool: ThreadPoolExecutor, number: int
) -> tuple[BaseException | None, list[BaseException | None]]:
    """Sync in one thread, and in others once its call has begun; return the result of each."""
    first = pool.submit(together, FOLDER)
    assert gate.began.acquire(timeout=30)
    waits: list[Future[None]] = []
    for _ in range(number):
        path = Asked.by_one_thread()
        waits.append(pool.submit(together, path))
        path.wait_until_it_waits()
    gate.may_end.release()
    told = first.exception(timeout=30)
    assert gate.began.acquire(timeout=30)  # a second one, after the first
    gate.may_end.release(number)
    return told, [each.exception(timeout=30) for each in waits]


def test_requests_during_an_fsync_share_the_next_one() -> None:
    gate = Gateway()
    with ThreadPoolExecutor(4) as pool:
        told = ask_while_one_is_under_way(Coalesced(gate), gate, pool, 3)
    assert told == (None, [None] * 3)
    assert gate.calls == 2


class FailsSecond(Gateway):
    """A disk that breaks, or a thread that is interrupted, in the second call."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._second = error

    def __call__(self, path: Path) -> None:
        """Wait; raise if this is the second call."""
        super().__call__(path)
        if self.calls == 2:
            raise self._second


def test_a_shared_failure_names_the_folder() -> None:
    failure = OSError(errno.ENOSPC, "no space")
    gate = FailsSecond(failure)
    with ThreadPoolExecutor(3) as pool:
        first, (own, shared) = ask_while_one_is_under_way(Coalesced(gate), gate, pool, 2)
    assert (first, own, gate.calls) == (None, failure, 2)
    assert isinstance(shared, OSError)
    assert shared is not failure
    assert (shared.errno, shared.strerror) == (errno.ENOSPC, "no space")
    assert (shared.filename, shared.__cause__) == ("folder", failure)


def test_an_interrupted_fsync_is_repeated_by_the_next_thread() -> None:
    gate = FailsSecond(KeyboardInterrupt())
    with ThreadPoolExecutor(3) as pool:
        first, (own, other) = ask_while_one_is_under_way(Coalesced(gate), gate, pool, 2)
    assert (first, type(own), other) == (None, KeyboardInterrupt, None)
    assert gate.calls == 3


@pytest.mark.parametrize("error", [None, OSError(errno.EIO, "broken")])
def test_no_state_of_a_folder_is_kept(error: OSError | None) -> None:
    def call(_path: Path) -> None:
        if error is not None:
            raise error

    together = Coalesced(call)
    path = Asked.by_one_thread()
    kept = weakref.ref(path)
    try:
        together(path)
    except OSError as raised:
        raised.__traceback__ = None
    del path
    gc.collect()
    assert kept() is None


def test_deferred_fsyncs_run_once_per_path_in_order_at_the_end() -> None:
    called: list[str] = []
    together = Coalesced(lambda path: called.append(path.name))
    with together.deferred():
        for name in ("b", "a", "b"):
            together(Path(name))
        assert called == []
        with together.immediate():
            together(Path("now"))
        assert called == ["now"]
        together(Path("c"))
        assert called == ["now"]
    assert called == ["now", "a", "b", "c"]
    together(Path("after"))
    assert called[4:] == ["after"]


def test_a_dismissed_fsync_is_not_made() -> None:
    called: list[str] = []
    together = Coalesced(lambda path: called.append(path.name))
    with together.deferred():
        together(Path("a"))
        together(Path("b"))
        together.dismiss(Path("a"))
    assert called == ["b"]
    together.dismiss(Path("a"))  # nothing is deferred


def test_deferred_fsyncs_are_dropped_after_an_error() -> None:
    called: list[str] = []
    together = Coalesced(lambda path: called.append(path.name))

    def fail_at_once() -> None:
        with together.deferred():
            together(Path("a"))
            with together.immediate():
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_at_once()
    assert called == []
    together(Path("b"))
    assert called == ["b"]
    with together.deferred():
        with pytest.raises(ZeroDivisionError), together.immediate():
            raise ZeroDivisionError
        together(Path("c"))
        assert called == ["b"]
    assert called == ["b", "c"]


def test_fsync_is_called_on_the_folder_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        assert stat.S_ISDIR(found.st_mode)
        asked.append((descriptor, found.st_ino))

    monkeypatch.setattr(os, "fsync", fsync)
    sync_folder(tmp_path)
    ((descriptor, number),) = asked
    assert number == tmp_path.stat().st_ino
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_fsync_of_a_file_in_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        sync_folder(tmp_path / "file")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "nothing")
