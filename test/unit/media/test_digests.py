"""Tests that digests are those of the bytes, whichever thread works them out."""

import hashlib
import random
import threading
from collections.abc import Callable
from typing import cast

import pytest

from telnyx_recordings.media import digests as module
from telnyx_recordings.media.digests import HEAD, BackgroundWorker, Digests, md5_in

PIECE = 256 << 10
AUDIO = random.Random(0).randbytes(6 << 20)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("size", [0, 1, HEAD - 1, HEAD, HEAD + 1, 4 << 20, (4 << 20) + 1, 6 << 20])
@pytest.mark.parametrize("piece", [PIECE, (1 << 20) - 1, 5 << 20])
@pytest.mark.parametrize("kind", [bytes, memoryview])
def test_digests_do_not_depend_on_the_size_of_pieces(
    size: int, piece: int, kind: Callable[[bytes], bytes | memoryview]
) -> None:
    audio = AUDIO[:size]
    digests = Digests(md5=True)
    for start in range(0, size, piece):
        digests.add(kind(audio[start : start + piece]))
    assert (digests.size, digests.head) == (size, audio[:HEAD])
    assert digests.sha256 == hashlib.sha256(audio).hexdigest()
    assert digests.md5 == md5(audio)


def test_digests_can_be_looked_at_on_the_way() -> None:
    digests = Digests(md5=True)
    for end in range(700_000, len(AUDIO), 700_000):
        digests.add(AUDIO[end - 700_000 : end])
        assert digests.md5 == md5(AUDIO[:end])
        assert digests.sha256 == hashlib.sha256(AUDIO[:end]).hexdigest()
    small = Digests()
    for start in range(0, 3 * HEAD, 1000):
        small.add(AUDIO[start : start + 1000])
    assert small.head == AUDIO[:HEAD]


def test_a_buffer_may_change_after_an_update() -> None:
    digests = Digests(md5=True)
    digests.add(AUDIO[: 5 << 20])
    digests.add(AUDIO[5 << 20 : (5 << 20) + 100])
    buffer = bytearray(AUDIO[(5 << 20) + 100 :])
    digests.add(memoryview(buffer))
    buffer[:] = bytes(len(buffer))
    assert digests.md5 == md5(AUDIO)


def test_md5_is_computed_only_on_request() -> None:
    digests = Digests()
    digests.add(AUDIO)
    assert digests.md5 is None
    assert Digests(md5=False).md5 is None
    assert Digests(md5=True).md5 == md5(b"")


class Watched(BackgroundWorker):
    """Records how many bytes it is given at a time."""

    given: list[int]

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        pieces = cast("list[bytes]", arguments[1])
        self.given.append(sum(map(len, pieces)))
        super().begin(work, *arguments)


def test_a_second_core_helps_with_large_files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(Watched, "given", given, raising=False)
    monkeypatch.setattr(module, "BackgroundWorker", Watched)
    digests = Digests(md5=True)
    for start in range(0, 4 << 20, PIECE):
        digests.add(AUDIO[start : start + PIECE])
    assert given == []
    for start in range(4 << 20, 6 << 20, PIECE):
        digests.add(AUDIO[start : start + PIECE])
        assert len(given) == (start + PIECE - (4 << 20)) // (1 << 20)
    assert given == [1 << 20, 1 << 20]
    assert digests.md5 == md5(AUDIO)
    for _ in range(4):
        digests.add(bytes(PIECE))
    assert given == [1 << 20] * 3
    for _ in range(3):
        digests.add(bytes(PIECE))
        assert digests.md5
    digests.add(bytes(PIECE))
    assert given == [1 << 20] * 3  # what was looked at does not wait any more


def test_another_thread_gets_whole_mebibytes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    monkeypatch.setattr(Watched, "given", given, raising=False)
    monkeypatch.setattr(module, "BackgroundWorker", Watched)
    digests = Digests(md5=True)
    digests.add(bytes(4 << 20))
    for number in range(3):
        if number == 2:
            digests.add(b"x")
            assert digests.md5
        digests.add(bytes((1 << 20) - 1))
        assert len(given) == number
        digests.add(b"x")
        assert given == [1 << 20] * (number + 1)


@pytest.mark.parametrize(
    ("etag", "found"),
    [
        (f'"{md5(b"")}"', md5(b"")),
        (md5(b""), md5(b"")),
        (f'"{md5(b"").upper()}"', md5(b"")),
        (f'"{md5(b"")}-2"', None),
        (f'W/"{md5(b"")}"', None),
        (f'"{md5(b"")[1:]}"', None),
        (f'"{md5(b"")[1:]}g"', None),
        (f'X"{md5(b"")}"X', None),
        ('""', None),
        ("", None),
        (None, None),
    ],
)
def test_an_etag_of_32_hex_digits_is_an_md5(etag: str | None, found: str | None) -> None:
    assert md5_in(etag) == found


def test_background_work_runs_one_piece_at_a_time() -> None:
    worker, may_end, done = BackgroundWorker(), threading.Event(), list[str]()

    def work(name: str, times: int) -> None:
        assert may_end.wait(timeout=30)
        done.append(f"{name}{times} {threading.current_thread().name}")

    busy = [worker.is_busy]
    worker.begin(work, "a", 1)
    busy.append(worker.is_busy)
    assert done == []
    may_end.set()
    worker.begin(work, "b", 2)
    assert done[0] == "a1 telnyx-audio"
    worker.end()
    assert done == ["a1 telnyx-audio", "b2 telnyx-audio"]
    busy.append(worker.is_busy)
    assert busy == [False, True, False]
    worker.end()


def test_a_background_error_is_raised_once() -> None:
    def fail(number: int) -> None:
        raise ZeroDivisionError(number)

    worker = BackgroundWorker()
    worker.begin(fail, 1)
    with pytest.raises(ZeroDivisionError, match=r"^1$"):
        worker.end()
    worker.end()
    worker.begin(fail, 2)
    done: list[int] = []
    with pytest.raises(ZeroDivisionError, match=r"^2$"):
        worker.begin(done.append, 1)
    assert done == []
    worker.begin(done.append, 2)
    worker.end()
    assert done == [2]
    assert not worker.is_busy


def test_work_runs_in_place_if_no_thread_can_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    worker, done = BackgroundWorker(), list[int]()
    worker.begin(done.append, 3)
    assert done == [3]
    assert not worker.is_busy
    worker.end()
