"""Tests what a transfer of audio decides: when it goes on, starts over, waits, or gives up."""

import hashlib
import io
import itertools
import logging
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from manual_transfer import (
    AUDIO,
    ETAG,
    LINK,
    RESET,
    SIZE,
    Head,
    ManualTransfer,
    hidden,
    message_of,
    ranged,
    rest,
    whole,
)
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    Conflict,
    DownloadInProgressError,
    DownloadInterruptedError,
    MediaError,
    MediaIntegrityError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.own_storage import OwnStorage
from telnyx_recordings.media.part_file import Part
from telnyx_recordings.media.sinks import OpenFile
from telnyx_recordings.media.transfer import DownloadContext, DownloadedToFile
from telnyx_recordings.models import RecordingResponseData

MD5 = f'"{hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()}"'


BATCH = 262_144


def got(hand: ManualTransfer, fetched: int = SIZE, **limits: Any) -> io.BytesIO:
    """Get the audio into an open file; check that it is complete."""
    file = io.BytesIO()
    job = hand.job(duration_millis=40_000)
    found = hand.get(job, OpenFile(file), **limits)
    assert found == DownloadedToFile(
        recording_id="rec-1",
        format="wav",
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
    """Fail to get the audio; return the error message."""
    with pytest.raises(kind) as raised:
        hand.get(hand.job(duration_millis=40_000), OpenFile(io.BytesIO()), **limits)
    assert hand.answers == []
    return message_of(raised.value)


def test_a_transfer_needs_one_request() -> None:
    pieces = [AUDIO[at : at + 65_536] for at in range(0, SIZE, 65_536)]
    hand = ManualTransfer([whole(*pieces)])
    got(hand)
    assert hand.asked == [(LINK, {})]
    assert (hand.fetches, hand.held.waits) == (0, [])
    assert hand.progress == [(BATCH, SIZE), (2 * BATCH, SIZE), (SIZE, SIZE)]


def test_fewer_than_256_kib_are_not_written_yet() -> None:
    ends = (0, BATCH - 1, BATCH, 2 * BATCH - 1, 2 * BATCH, SIZE)
    hand = ManualTransfer([whole(*(AUDIO[at:end] for at, end in itertools.pairwise(ends)))])
    got(hand)
    assert hand.progress == [(BATCH, SIZE), (2 * BATCH, SIZE), (SIZE, SIZE)]


def test_a_broken_connection_is_resumed() -> None:
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), rest(70_000)])
    got(hand)
    assert hand.asked == [(LINK, {}), (LINK, ranged(70_000))]
    assert hand.held.waits == [0.1]
    assert hand.progress == [(70_000, SIZE), (SIZE, SIZE)]


def test_a_connection_broken_before_the_first_byte_requests_everything() -> None:
    hand = ManualTransfer([whole(RESET), whole(AUDIO)])
    got(hand)
    assert hand.asked == [(LINK, {}), (LINK, {})]


def test_a_short_response_is_resumed_at_once() -> None:
    hand = ManualTransfer([whole(AUDIO[:1]), rest(1)])
    got(hand)
    assert (hand.asked[1][1], hand.held.waits) == (ranged(1), [])
    message = told(ManualTransfer([whole(AUDIO[:1])]), DownloadInterruptedError, attempts=0)
    assert message.startswith("the store closed the connection early, and 0 attempts")


def test_audio_without_an_etag_is_not_resumed() -> None:
    first = Head(200, {"content-length": str(SIZE)}, (AUDIO[:70_000], RESET))
    hand = ManualTransfer([first, whole(AUDIO)])
    got(hand, fetched=SIZE + 70_000)
    assert hand.asked == [(LINK, {}), (LINK, {})]


def test_attempts_are_unlimited_while_they_make_progress() -> None:
    steps = [rest(at, AUDIO[at : at + 1], RESET) for at in range(1, 20)]
    hand = ManualTransfer([whole(AUDIO[:1], RESET), *steps, rest(20)])
    got(hand)
    assert hand.held.waits == [0.1] * 20


def test_six_attempts_without_progress_are_an_error() -> None:
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), *[RESET] * 6])
    with pytest.raises(DownloadInterruptedError) as raised:
        hand.get(hand.job(), OpenFile(io.BytesIO()))
    error = raised.value
    assert message_of(error) == (
        "the connection broke, and 6 attempts in a row made no progress: 70,000 of 640,044 bytes "
        "have arrived; download again to continue"
    )
    assert (error.done, error.total) == (70_000, SIZE)
    assert hand.held.waits == [0.1, 0.1, 0.2, 0.4, 0.8, 1.6]


def test_the_number_of_attempts_can_be_limited() -> None:
    message = told(ManualTransfer([RESET, RESET]), DownloadInterruptedError, attempts=2)
    assert message == (
        "the connection broke, and 2 attempts in a row made no progress: 0 of an unknown number of "
        "bytes have arrived; download again to continue"
    )


def test_receiving_the_same_bytes_again_is_no_progress() -> None:
    again = Head(200, {"content-length": str(SIZE)}, (AUDIO[:70_000], RESET))
    message = told(ManualTransfer([again] * 4), DownloadInterruptedError, attempts=3)
    assert "and 3 attempts in a row made no progress: 70,000 of" in message


@pytest.mark.parametrize(("status", "waits"), [(503, [30.05]), (429, [30.05])])
def test_retry_after_is_obeyed_with_a_margin(status: int, waits: list[float]) -> None:
    hand = ManualTransfer([Head(status, {"retry-after": "30"}), whole(AUDIO)])
    got(hand)
    assert hand.held.waits == waits
    assert hand.fetches == 0


def test_a_retry_after_of_more_than_a_minute_is_an_error() -> None:
    got(ManualTransfer([Head(503, {"retry-after": "60"}), whole(AUDIO)]))
    message = told(ManualTransfer([Head(503, {"retry-after": "61"})]), DownloadInterruptedError)
    assert message == (
        "the store returned 503, and asked to wait 61 s: 0 of an unknown number of bytes have "
        "arrived; download again to continue"
    )


def test_a_retry_after_of_zero_still_backs_off() -> None:
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
def test_an_unexpected_range_restarts_the_download(wrong: Head) -> None:
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), wrong, whole(AUDIO)])
    got(hand, fetched=SIZE + 70_000)
    assert hand.asked[2] == (LINK, {})
    assert hand.held.waits == [0.1, 0.1]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (rest(5), "the store sent a different range than requested"),
        (Head(416, {"content-range": "bytes */9"}), "the audio in the store has changed"),
    ],
)
def test_the_reason_for_restarting_is_in_the_error(wrong: Head, why: str) -> None:
    hand = ManualTransfer([whole(AUDIO[:70_000], RESET), wrong])
    message = told(hand, DownloadInterruptedError, attempts=1)
    assert message == (
        f"{why}, so the download starts over, and 1 attempts in a row made no progress: "
        "0 of an unknown number of bytes have arrived; download again to continue"
    )


def test_an_unknown_length_is_confirmed_by_a_416() -> None:
    last = Head(416, {"content-range": f"bytes */{SIZE}"})
    hand = ManualTransfer([hidden(AUDIO), last])
    got(hand)
    assert hand.asked[1] == (LINK, ranged(SIZE))
    assert hand.held.waits == []
    assert hand.progress == [(SIZE, 0)]


def test_audio_whose_length_is_never_reported_is_refused() -> None:
    message = told(ManualTransfer([hidden(AUDIO), hidden(AUDIO)]), MediaIntegrityError)
    assert message == "the store does not report the length of the audio"
    message = told(ManualTransfer([hidden(AUDIO)]), DownloadInterruptedError, attempts=0)
    assert message.startswith("the store has not reported the length of the audio yet")


def test_a_length_reported_by_the_second_response_is_used() -> None:
    got(ManualTransfer([hidden(AUDIO), whole(AUDIO)]), fetched=2 * SIZE)
    got(ManualTransfer([hidden(AUDIO[: SIZE - 10], RESET), rest(SIZE - 10)]))


def test_more_bytes_than_possible_are_refused() -> None:
    message = told(ManualTransfer([hidden(AUDIO, b"x", b"y")]), MediaIntegrityError, largest=SIZE)
    assert message == "the store sent more than 640,044 bytes"
    message = told(ManualTransfer([whole(AUDIO, b"x")]), MediaIntegrityError)
    assert message == "the store sent more than 640,044 bytes"
    broken = hidden(AUDIO[:70_000], RESET)
    more = Head(200, hidden().headers, (AUDIO, b"x"))
    message = told(ManualTransfer([broken, more]), MediaIntegrityError, largest=SIZE)
    assert message == "the store sent more than 640,044 bytes"
    message = told(ManualTransfer([whole(AUDIO)]), MediaIntegrityError, largest=SIZE - 1)
    assert "more than this recording can have (640,043)" in message
    got(ManualTransfer([whole(AUDIO)]), largest=SIZE)


def dripping(start: int, each: int, seconds: float = 15.0) -> Head:
    """A response whose first two pieces arrive slowly."""
    middle = start + each
    pieces = AUDIO[start:middle], AUDIO[middle : middle + each]
    answer = rest(start, *pieces) if start else whole(*pieces)
    answer.lasts = seconds
    return answer


def test_a_stalled_response_is_resumed() -> None:
    hand = ManualTransfer([dripping(0, 9), rest(18)])
    got(hand)
    assert hand.held.waits == [0.1]
    hand = ManualTransfer([dripping(0, 9, seconds=5.0)])
    message = told(hand, DownloadInterruptedError, attempts=0, patience=10.0)
    assert message.startswith("the response stalled: 18 bytes in 10 s")


def test_a_stalled_response_is_progress_only_above_the_slowest_rate() -> None:
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


def test_a_response_that_is_not_audio_is_not_written() -> None:
    for answer in (whole(b"<html>" * 100), hidden(b"<html>" * 50_000)):
        file = io.BytesIO()
        with pytest.raises(MediaIntegrityError, match="not WAV audio"):
            ManualTransfer([answer]).get(ManualTransfer([]).job(), OpenFile(file))
        assert file.getvalue() == b""


def test_audio_of_another_duration_is_refused_early() -> None:
    hand, file = ManualTransfer([whole(AUDIO)]), io.BytesIO()
    with pytest.raises(
        MediaIntegrityError, match=r"the audio lasts 40\.0 s, but the recording lasts 50\.0"
    ):
        hand.get(hand.job(duration_millis=50_000), OpenFile(file))
    assert file.getvalue() == b""
    hand, file = ManualTransfer([whole(AUDIO[:65_535], RESET), rest(65_535)]), io.BytesIO()
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        hand.get(hand.job(duration_millis=50_000), OpenFile(file))
    assert file.getvalue() == AUDIO[:65_535]
    hand = ManualTransfer([hidden(AUDIO), Head(416, {"content-range": f"bytes */{SIZE}"})])
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):  # as soon as it can be told
        hand.get(hand.job(duration_millis=50_000), OpenFile(io.BytesIO()))


def test_a_wrong_md5_is_an_error() -> None:
    right = f'"{hashlib.md5(AUDIO, usedforsecurity=False).hexdigest()}"'
    file = io.BytesIO()
    hand = ManualTransfer([whole(AUDIO, etag=right)])
    assert hand.get(hand.job(), OpenFile(file)).etag == right
    wrong = f'"{"0" * 32}"'
    message = told(ManualTransfer([whole(AUDIO, etag=wrong)]), MediaIntegrityError)
    assert message == "the MD5 of the downloaded data does not match the one reported by the store"


@pytest.mark.parametrize("etag", [MD5, ETAG])
def test_an_existing_file_with_the_same_audio_succeeds(tmp_path: Path, etag: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(AUDIO)
    hand = ManualTransfer([whole(AUDIO, etag=etag)])
    found = hand.get(hand.job(), Part(path, Files()))
    assert found.already_there
    assert (found.path, found.size, found.etag) == (path, SIZE, etag)
    assert found.sha256 == hashlib.sha256(AUDIO).hexdigest()
    assert found.fetched == (0 if etag == MD5 else SIZE)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize(
    ("there", "why"),
    [
        (AUDIO[:-1], "with 640,043 bytes, but the audio has 640,044"),
        (AUDIO[:-1] + b"x", "with other content"),
    ],
)
def test_an_existing_file_with_other_content_is_a_conflict(
    tmp_path: Path, there: bytes, why: str
) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(there)
    hand = ManualTransfer([whole(AUDIO, etag=MD5)])
    with pytest.raises(Conflict) as raised:
        hand.get(hand.job(), Part(path, Files()))
    assert f"{path} already exists {why}: choose another name, or remove" in str(raised.value)
    assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]
    assert path.read_bytes() == there
    assert hand.progress == []


def begun(path: Path, first: bytes, etag: str = MD5) -> None:
    """Leave a part file, as an interrupted run does."""
    hand = ManualTransfer([whole(first, RESET, etag=etag)])
    part = Part(path, Files())
    with pytest.raises(DownloadInterruptedError):
        hand.get(hand.job(), part, attempts=0)
    part.close()


def test_an_interrupted_download_is_resumed_from_disk(tmp_path: Path) -> None:
    path, first = tmp_path / "a.wav", AUDIO[:300_000]
    begun(path, first)
    hand = ManualTransfer([rest(300_000, etag=MD5)])
    found = hand.get(hand.job(), Part(path, Files()))
    assert (found.fetched, found.already_there) == (SIZE - 300_000, False)
    assert path.read_bytes() == AUDIO
    path.unlink()
    begun(path, first[:-1] + bytes([first[-1] ^ 1]))
    hand = ManualTransfer([rest(300_000, etag=MD5), whole(AUDIO, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == 2 * SIZE - 300_000
    assert path.read_bytes() == AUDIO
    path.unlink()
    begun(path, first)
    other = AUDIO[:-1] + bytes([AUDIO[-1] ^ 1])
    hand = ManualTransfer([rest(300_000, other[300_000:], etag=MD5), whole(other, etag=MD5)])
    with pytest.raises(MediaIntegrityError):
        hand.get(hand.job(), Part(path, Files()))
    assert (hand.answers, list(tmp_path.iterdir())) == ([], [])


def test_a_single_corrupt_byte_on_disk_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    begun(path, b"X")
    hand = ManualTransfer([rest(1, etag=MD5), whole(AUDIO, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == SIZE
    assert path.read_bytes() == AUDIO


def test_resumed_bytes_are_checked_before_more_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    hand = ManualTransfer([rest(300_000, etag=MD5), whole(AUDIO, etag=MD5)])
    with pytest.raises(MediaIntegrityError, match="the audio lasts"):
        hand.get(hand.job(duration_millis=50_000), Part(path, Files()))
    assert (hand.progress, hand.answers, list(tmp_path.iterdir())) == ([], [], [])


def test_an_invalid_response_does_not_discard_resumable_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    page = Head(200, {"content-type": "text/html", "content-length": "5"}, (b"<html>",))
    hand = ManualTransfer([page])
    part = Part(path, Files())
    with pytest.raises(MediaIntegrityError, match="text/html"):
        hand.get(hand.job(), part)
    part.close()
    assert len(list(tmp_path.iterdir())) == 2
    hand = ManualTransfer([rest(300_000, etag=MD5)])
    assert hand.get(hand.job(), Part(path, Files())).fetched == SIZE - 300_000


def test_a_complete_part_file_uses_the_length_reported_earlier(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    begun(path, AUDIO[:300_000])
    hand = ManualTransfer([rest(300_000, AUDIO[300_000:], RESET, etag=MD5), Head(416)])
    part = Part(path, Files())
    with pytest.raises(DownloadInterruptedError):
        hand.get(hand.job(), part, attempts=0)
    part.close()
    assert hand.get(hand.job(), Part(path, Files())).fetched == 0
    assert path.read_bytes() == AUDIO


def test_audio_of_unknown_length_is_not_kept(tmp_path: Path) -> None:
    hand = ManualTransfer([hidden(AUDIO), hidden(AUDIO)])
    with pytest.raises(MediaIntegrityError):
        hand.get(hand.job(), Part(tmp_path / "a.wav", Files()))
    assert list(tmp_path.iterdir()) == []


CLOSED = "recording rec-1: the audio was closed before it was read to the end"


class Driven:
    """A transfer to an open file, with the progress that it reports."""

    def __init__(self) -> None:
        self.hand = ManualTransfer([whole(AUDIO)])
        self.sink = OpenFile(io.BytesIO())
        self.transfer = self.hand.transfer(self.hand.job(), self._sink_for)

    def _sink_for(self, job: DownloadJob) -> OpenFile:
        assert job.recording_id == "rec-1"
        return self.sink

    def advance(self) -> bool:
        """Take one step; return False if there is none left."""
        return self.hand.advance(self.transfer)


def test_a_transfer_has_a_sink_then_a_result_and_then_no_more_steps() -> None:
    driven = Driven()
    transfer = driven.transfer
    assert (transfer.sink, transfer.result, transfer.step_result) == (None, None, None)
    while driven.advance():
        assert transfer.sink is driven.sink
        assert transfer.result is None
    assert transfer.result is not None
    assert transfer.result.size == len(AUDIO)
    assert driven.hand.progress[-1] == (len(AUDIO), len(AUDIO))
    assert not driven.advance()
    transfer.end()
    with transfer.step() as step:
        assert step is None


def test_a_failed_transfer_raises_the_same_error_again() -> None:
    driven = Driven()
    error = MediaIntegrityError("bad audio")
    with pytest.raises(MediaIntegrityError) as raised, driven.transfer.step():
        raise error
    assert raised.value is error
    assert str(error) == "recording rec-1: bad audio"
    driven.transfer.end()
    for _ in range(2):
        with pytest.raises(MediaIntegrityError) as raised, driven.transfer.step():
            pytest.fail("a step was taken")
        assert raised.value is error
    assert driven.hand.asked == []


def test_errors_of_api_calls_are_not_changed() -> None:
    driven = Driven()
    error = NotFoundError("no such recording", status_code=404)
    with pytest.raises(NotFoundError), driven.transfer.step():
        raise error
    assert not hasattr(error, "recording_id")
    with pytest.raises(NotFoundError), driven.transfer.step():
        pytest.fail("a step was taken")


@pytest.mark.parametrize("why", [KeyboardInterrupt, ValueError])
def test_an_interrupted_step_ends_the_transfer(why: type[BaseException]) -> None:
    driven = Driven()
    assert driven.advance()
    with pytest.raises(why), driven.transfer.step():
        raise why
    for _ in range(2):
        with pytest.raises(DownloadInterruptedError) as raised:
            driven.advance()
        assert str(raised.value).startswith(CLOSED)


def test_a_closed_transfer_sends_no_more_requests() -> None:
    for steps in range(3):
        driven = Driven()
        for _ in range(steps):
            driven.advance()
        driven.transfer.end()
        asked = len(driven.hand.asked)
        with pytest.raises(DownloadInterruptedError) as raised:
            driven.advance()
        assert str(raised.value).startswith(CLOSED)
        assert driven.transfer.result is None
        assert len(driven.hand.asked) == asked


def test_the_wait_for_another_download_is_spread_and_bounded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "telnyx_recordings")
    other = Part(tmp_path / "a.wav", Files())
    other.begin()
    hand = ManualTransfer([])
    with pytest.raises(DownloadInProgressError):
        hand.get(DownloadJob(hand.recording(), None, wait=1.0), Part(tmp_path / "a.wav", Files()))
    other.close()
    assert hand.held.waits == [0.3, 0.3, 0.3, 0.1]
    assert caplog.messages == ["audio of rec-1: another download is writing it"] * 4


def test_a_context_passes_its_settings_to_jobs() -> None:
    recording = RecordingResponseData.from_dict(
        {"id": "rec-1", "download_urls": {"wav": "https://media.example.com/a", "mp3": "s3://b/c"}}
    )
    context = DownloadContext[None, None](
        pool=None,
        fetch=lambda _recording_id: None,
        sleep=lambda _seconds: None,
        timeout=7.5,
        hosts=("media.example.com",),
    )
    job = context.job(recording, None, 5.0)
    assert (job.recording_id, job.patience) == ("rec-1", 5.0)
    assert job.link() == "https://media.example.com/a"
    with pytest.raises(MediaUnavailableError, match="in your own storage"):
        context.job(recording, "mp3", None).link()
    own = replace(context, own_storage=cast("OwnStorage", object()))
    assert own.job(recording, "mp3", None).link() == "s3://b/c"
