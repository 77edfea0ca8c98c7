"""Holds what a transfer of audio decides: when it goes on, starts over, waits, or gives up."""

from __future__ import annotations

import hashlib
import io
import itertools
from typing import Any

import pytest

from manual_transfer import (
    AUDIO,
    ETAG,
    LINK,
    RESET,
    SIZE,
    Head,
    ManualTransfer,
    hidden,
    ranged,
    rest,
    whole,
)
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaError,
    MediaIntegrityError,
)
from telnyx_recordings.media.job import Downloaded
from telnyx_recordings.media.sinks import OpenFile

BATCH = 262_144


def got(hand: ManualTransfer, fetched: int = SIZE, **limits: Any) -> io.BytesIO:
    """Get the audio into an open file; see that it is all there."""
    file = io.BytesIO()
    job = hand.job(duration_millis=40_000)
    found = hand.get(job, OpenFile(file), **limits)
    assert found == Downloaded(
        recording_id="rec-1",
        format="wav",
        path=None,
        size=SIZE,
        sha256=hashlib.sha256(AUDIO).hexdigest(),
        etag=ETAG,
        fetched=fetched,
        already_there=False,
    )
    assert file.getvalue() == AUDIO
    assert hand.answers == []
    return file


def told(hand: ManualTransfer, kind: type[MediaError], **limits: Any) -> str:
    """Fail to get the audio; return what is told of it."""
    with pytest.raises(kind) as raised:
        hand.get(hand.job(duration_millis=40_000), OpenFile(io.BytesIO()), **limits)
    assert hand.answers == []
    return raised.value.message


def test_in_one_go() -> None:
    """One request, no fetch; bytes are written, and progress told, a quarter MiB at a time."""
    pieces = [AUDIO[at : at + 65_536] for at in range(0, SIZE, 65_536)]
    hand = ManualTransfer([whole(*pieces)])
    got(hand)
    assert hand.asked == [(LINK, {})]
    assert (hand.fetches, hand.held.waits) == (0, [])
    assert hand.progress == [(BATCH, SIZE), (2 * BATCH, SIZE), (SIZE, SIZE)]


def test_a_quarter_mebibyte_is_gathered_to_the_byte() -> None:
    """Less than that waits for more, the first time and later."""
    ends = (0, BATCH - 1, BATCH, 2 * BATCH - 1, 2 * BATCH, SIZE)
    hand = ManualTransfer([whole(*(AUDIO[at:end] for at, end in itertools.pairwise(ends)))])
    got(hand)
    assert hand.progress == [(BATCH, SIZE), (2 * BATCH, SIZE), (SIZE, SIZE)]


def test_a_broken_connection() -> None:
    """What is missing is asked for, of the same version; no byte is fetched twice."""
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), rest(70_000)])
    got(hand)
    assert hand.asked == [(LINK, {}), (LINK, ranged(70_000))]
    assert hand.held.waits == [0.1]
    assert hand.progress == [(70_000, SIZE), (SIZE, SIZE)]


def test_broken_before_the_first_byte() -> None:
    """All is asked for, not the rest of nothing."""
    hand = ManualTransfer([whole(RESET), whole(AUDIO)])
    got(hand)
    assert hand.asked == [(LINK, {}), (LINK, {})]


def test_less_than_all() -> None:
    """The rest is asked for at once."""
    hand = ManualTransfer([whole(AUDIO[:1]), rest(1)])
    got(hand)
    assert (hand.asked[1][1], hand.held.waits) == (ranged(1), [])
    message = told(ManualTransfer([whole(AUDIO[:1])]), DownloadInterruptedError, attempts=0)
    assert message.startswith("the store sent less than all, and 0 attempts")


def test_without_an_etag_nothing_is_gone_on_with() -> None:
    """All is asked for again, since the rest could be of another version."""
    first = Head(200, {"content-length": str(SIZE)}, (AUDIO[:70_000], RESET))
    hand = ManualTransfer([first, whole(AUDIO)])
    got(hand, fetched=SIZE + 70_000)
    assert hand.asked == [(LINK, {}), (LINK, {})]


def test_progress_is_rewarded() -> None:
    """Any number of attempts are made while each gets further."""
    steps = [rest(at, AUDIO[at : at + 1], RESET) for at in range(1, 20)]
    hand = ManualTransfer([whole(AUDIO[:1], RESET), *steps, rest(20)])
    got(hand)
    assert hand.held.waits == [0.1] * 20


def test_six_attempts_without_progress() -> None:
    """Waits double; then the error tells what is there, of how much, and what went wrong."""
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), *[RESET] * 6])
    with pytest.raises(DownloadInterruptedError) as raised:
        hand.get(hand.job(), OpenFile(io.BytesIO()))
    error = raised.value
    assert error.message == (
        "the connection broke, and 6 attempts in a row got no further: 70,000 bytes of 640,044 "
        "are there"
    )
    assert (error.done, error.total) == (70_000, SIZE)
    assert hand.held.waits == [0.1, 0.1, 0.2, 0.4, 0.8, 1.6]


def test_nothing_came_at_all() -> None:
    """How many there are is not known; fewer attempts are made if so is asked."""
    message = told(ManualTransfer([RESET, RESET]), DownloadInterruptedError, attempts=2)
    assert message == (
        "the connection broke, and 2 attempts in a row got no further: 0 bytes of an unknown "
        "number are there"
    )


def test_the_same_bytes_again_are_no_progress() -> None:
    """A store that starts over each time is given up, however many bytes come."""
    again = Head(200, {"content-length": str(SIZE)}, (AUDIO[:70_000], RESET))
    message = told(ManualTransfer([again] * 4), DownloadInterruptedError, attempts=3)
    assert "and 3 attempts in a row got no further: 70,000 bytes" in message


@pytest.mark.parametrize(("status", "waits"), [(503, [30.05]), (429, [30.05])])
def test_a_store_that_asks_to_wait(status: int, waits: list[float]) -> None:
    """It is waited for, a little longer than asked for."""
    hand = ManualTransfer([Head(status, {"retry-after": "30"}), whole(AUDIO)])
    got(hand)
    assert hand.held.waits == waits
    assert hand.fetches == 0


def test_a_store_that_asks_for_a_minute_at_most_is_obeyed() -> None:
    """For more than that the caller is told."""
    got(ManualTransfer([Head(503, {"retry-after": "60"}), whole(AUDIO)]))
    message = told(ManualTransfer([Head(503, {"retry-after": "61"})]), DownloadInterruptedError)
    assert message == (
        "the store answered 503, and asks to wait 61 s: 0 bytes of an unknown number are there"
    )


def test_a_store_that_asks_for_no_wait_is_waited_for_all_the_same() -> None:
    """By itself, longer each time."""
    hand = ManualTransfer([Head(503, {"retry-after": "0"}), Head(500), whole(AUDIO)])
    got(hand)
    assert hand.held.waits == [0.1, 0.2]


@pytest.mark.parametrize(
    "wrong",
    [
        rest(69_999),
        rest(70_000, etag='"version-2"'),
        rest(70_000, **{"content-range": "bytes 70000-70001"}),
        Head(416, {"content-range": f"bytes */{SIZE + 1}"}),
        Head(416, {"content-range": "bytes */70000", "etag": '"version-2"'}),
    ],
)
def test_another_part_than_was_asked_for(wrong: Head) -> None:
    """All of it is asked for again, after a wait; what was given already is compared."""
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), wrong, whole(AUDIO)])
    got(hand, fetched=SIZE + 70_000)
    assert hand.asked[2] == (LINK, {})
    assert hand.held.waits == [0.1, 0.1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (rest(5), "the store sent another part than was asked for"),
        (Head(416, {"content-range": "bytes */9"}), "the store has another version by now"),
    ],
)
def test_what_makes_it_start_over_is_told(wrong: Head, why: str) -> None:
    """If it does so for ever, the error says what the store does."""
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), wrong])
    message = told(hand, DownloadInterruptedError, attempts=1)
    assert message == (
        f"{why}, so that all of it is asked for again, and 1 attempts in a row got no further: "
        "0 bytes of an unknown number are there"
    )


def test_a_length_that_comes_to_light_at_the_end() -> None:
    """When all bytes are there, asking for more tells how many there are."""
    last = Head(416, {"content-range": f"bytes */{SIZE}"})
    hand = ManualTransfer([hidden(AUDIO), last])
    got(hand)
    assert hand.asked[1] == (LINK, ranged(SIZE))
    assert hand.held.waits == []
    assert hand.progress == [(SIZE, 0)]


def test_a_length_that_never_comes_to_light() -> None:
    """Whether all bytes are there could not be told: they are refused."""
    message = told(ManualTransfer([hidden(AUDIO), hidden(AUDIO)]), MediaIntegrityError)
    assert message == "the store does not say how long the audio is"
    message = told(ManualTransfer([hidden(AUDIO)]), DownloadInterruptedError, attempts=0)
    assert message.startswith("the store has still to say how long the audio is, and 0 attempts")


def test_a_hidden_length_that_is_told_the_second_time() -> None:
    """The store sends all again, and says how much that is."""
    got(ManualTransfer([hidden(AUDIO), whole(AUDIO)]), fetched=2 * SIZE)
    got(ManualTransfer([hidden(AUDIO[: SIZE - 10], RESET), rest(SIZE - 10)]))


def test_more_than_there_can_be() -> None:
    """A body without end is not read to its end."""
    message = told(ManualTransfer([hidden(AUDIO, b"x", b"y")]), MediaIntegrityError, largest=SIZE)
    assert message == "the store sends more than 640,044 bytes"
    message = told(ManualTransfer([whole(AUDIO, b"x")]), MediaIntegrityError)
    assert message == "the store sends more than 640,044 bytes"
    broken = hidden(AUDIO[:70_000], RESET)
    more = Head(200, hidden().headers, (AUDIO, b"x"))
    message = told(ManualTransfer([broken, more]), MediaIntegrityError, largest=SIZE)
    assert message == "the store sends more than 640,044 bytes"
    message = told(ManualTransfer([whole(AUDIO)]), MediaIntegrityError, largest=SIZE - 1)
    assert "more than this recording can have (640,043)" in message
    got(ManualTransfer([whole(AUDIO)]), largest=SIZE)


def dripping(start: int, each: int, seconds: float = 15.0) -> Head:
    """An answer whose first two pieces come slowly."""
    middle = start + each
    pieces = AUDIO[start:middle], AUDIO[middle : middle + each]
    answer = rest(start, *pieces) if start else whole(*pieces)
    answer.lasts = seconds
    return answer


def test_a_drip() -> None:
    """Bytes that come too slowly break an attempt off, and are kept."""
    hand = ManualTransfer([dripping(0, 9), rest(18)])
    got(hand)
    assert hand.held.waits == [0.1]
    hand = ManualTransfer([dripping(0, 9, seconds=5.0)])
    message = told(hand, DownloadInterruptedError, attempts=0, patience=10.0)
    assert message.startswith("the response stalled: 18 bytes in 10 s")


def test_a_drip_is_no_progress() -> None:
    """Unless it brought more than the slowest connection that is good enough; nor is one later."""
    drips = [dripping(at, 500) for at in (0, 1000, 2000)]
    message = told(ManualTransfer([*drips]), DownloadInterruptedError, attempts=3)
    assert message.startswith("the response stalled: 1,000 bytes in 30 s, and 3 attempts in a row")
    first = whole(AUDIO[:70_000], RESET)
    hand = ManualTransfer([first, dripping(70_000, 500, 16.0), dripping(71_000, 500, 16.0)])
    told(hand, DownloadInterruptedError, attempts=2)
    just_enough = Head(200, whole().headers, (AUDIO[:30_720],), lasts=45.0)
    message = told(ManualTransfer([just_enough]), DownloadInterruptedError, attempts=1)
    assert message.startswith("the response stalled: 30,720 bytes in 45 s")
    one_more = Head(200, whole().headers, (AUDIO[:30_721],), lasts=45.0)
    got(ManualTransfer([one_more, rest(30_721)]), attempts=1)


def test_what_is_no_audio_is_not_written() -> None:
    """Not even the first byte of it, whether much or little has come."""
    for answer in (whole(b"<html>" * 100), hidden(b"<html>" * 50_000)):
        file = io.BytesIO()
        with pytest.raises(MediaIntegrityError, match="not WAV audio"):
            ManualTransfer([answer]).get(ManualTransfer([]).job(), OpenFile(file))
        assert file.getvalue() == b""


def test_audio_of_another_duration_is_not_written() -> None:
    """It is seen by the beginning, as soon as 64 KiB of it are there."""
    hand, file = ManualTransfer([whole(AUDIO)]), io.BytesIO()
    with pytest.raises(MediaIntegrityError, match=r"the audio lasts 40\.0 s, the recording 50\.0"):
        hand.get(hand.job(duration_millis=50_000), OpenFile(file))
    assert file.getvalue() == b""
    hand, file = ManualTransfer([whole(AUDIO[:65_535], RESET), rest(65_535)]), io.BytesIO()
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        hand.get(hand.job(duration_millis=50_000), OpenFile(file))
    assert file.getvalue() == AUDIO[:65_535]
    hand = ManualTransfer([hidden(AUDIO), Head(416, {"content-range": f"bytes */{SIZE}"})])
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):  # as soon as it can be told
        hand.get(hand.job(duration_millis=50_000), OpenFile(io.BytesIO()))


def test_a_wrong_md5() -> None:
    """The store's MD5 is compared with that of what came."""
    right = f'"{hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()}"'
    file = io.BytesIO()
    hand = ManualTransfer([whole(AUDIO, etag=right)])
    assert hand.get(hand.job(), OpenFile(file)).etag == right
    wrong = f'"{"0" * 32}"'
    message = told(ManualTransfer([whole(AUDIO, etag=wrong)]), MediaIntegrityError)
    assert message == "the MD5 of what came is not the one that the store states"
