"""Holds that threads that share a wait for the disk are told no less than if each had its own."""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from telnyx_recordings.media.together import Together

FOLDER = Path("folder")


def test_nobody_returns_before_a_wait_that_began_after_it_was_asked_for() -> None:
    """Whatever was named before asking is on disk when the answer comes, for each of many."""
    named: set[int] = set()
    durable: set[int] = set()

    def wait_for_disk(_path: Path) -> None:
        begun_with = set(named)
        os.sched_yield()
        durable.update(begun_with)

    together = Together(wait_for_disk)

    def name(number: int) -> bool:
        named.add(number)
        together(FOLDER)
        return number in durable

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(name, range(2000)))


class Gate:
    """A disk that answers when it is let, and then with an error if there is one."""

    def __init__(self) -> None:
        self.began = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.calls = 0
        self.error: OSError | None = None

    def __call__(self, _path: Path) -> None:
        """Wait."""
        self.calls += 1
        self.began.release()
        self.may_end.acquire()
        if self.error is not None:
            raise self.error


def test_a_failure_is_told_to_all_that_waited_for_it() -> None:
    """With the system's number; whoever asks later asks the disk anew."""
    gate = Gate()
    gate.error = OSError(errno.EIO, os.strerror(errno.EIO))
    together = Together(gate)
    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(together, FOLDER) for _ in range(4)]
        for _ in waits:
            gate.may_end.release()
        errors = [each.exception() for each in waits]
    assert [getattr(each, "errno", None) for each in errors] == [errno.EIO] * 4
    assert 1 <= gate.calls <= 4
    gate.error = None
    gate.may_end.release()
    together(FOLDER)


def test_folders_do_not_wait_for_each_other() -> None:
    """A slow disk under one folder does not hold up another."""
    gate = Gate()
    together = Together(lambda path: gate(path) if path == FOLDER else None)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(together, FOLDER)
        gate.began.acquire()
        together(Path("another"))
        assert not slow.done()
        gate.may_end.release()


def test_who_is_interrupted_leaves_nobody_waiting() -> None:
    """Ctrl-C in the thread that waits for all makes another one do so."""
    entered = threading.Event()
    interrupted: list[BaseException] = [KeyboardInterrupt()]

    def wait_for_disk(_path: Path) -> None:
        entered.set()
        if interrupted:
            raise interrupted.pop()

    together = Together(wait_for_disk)
    with ThreadPoolExecutor(4) as pool:
        waits = [pool.submit(together, FOLDER) for _ in range(4)]
        errors = [each.exception(timeout=30) for each in waits]
    assert sorted(type(each).__name__ for each in errors) == [
        "KeyboardInterrupt",
        *["NoneType"] * 3,
    ]


def test_a_forked_process_waits_for_nobody() -> None:
    """What was under way in the parent is forgotten in the child."""
    gate = Gate()
    together = Together(gate)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(together, FOLDER)
        gate.began.acquire()
        together.forget()
        gate.may_end.release(2)
        together(FOLDER)
    assert gate.calls == 2
