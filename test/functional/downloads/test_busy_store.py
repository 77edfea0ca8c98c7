"""Tests stores that are busy or refuse a request, and what the error says."""

from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from behaviours import Raw, Reply, head
from callers import WALL
from downloads import AUDIO, HALF
from fakes import Server
from fakes_media import Download, Telnyx, fails
from stores import EndsAfter, Refuses, SaysRange, Store
from telnyx_recordings.errors import DownloadInterruptedError, MediaAccessError
from telnyx_recordings.media.object_store import Limits


def test_a_404_is_an_error_at_once(download: Download, tmp_path: Path) -> None:
    broken = Raw(head(404, {"content-length": 500}) + b"<Error>")
    for answer, code in [
        (Refuses(404, "NoSuchKey"), "NoSuchKey"),
        (Reply(404, "gone"), None),
        (broken, None),
    ]:
        error = fails(download, tmp_path, answer)
        assert isinstance(error, MediaAccessError)
        assert (error.status_code, error.code) == (404, code)
        told = f"the store returned 404{f' {code}' if code else ''} for http://127.0.0.1:"
        assert str(error).startswith(f"recording rec-1: {told}")
        assert "fresh link" not in str(error)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_of_a_busy_store_is_obeyed(
    download: Download, tmp_path: Path, status: int
) -> None:
    with Server(Refuses(status, headers={"retry-after": 7}), Store(AUDIO)) as store:
        outcome = download(Telnyx(store), tmp_path / "a.wav")
    assert outcome.got.size == len(AUDIO)
    assert outcome.waits == [7.0]


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (503, {"retry-after": formatdate(WALL + 9, usegmt=True)}, 9.0),
        (429, {"x-ratelimit-reset": 5}, 5.0),
        (503, {"x-ratelimit-reset": 5}, 0.0),
        (500, {}, 0.0),
    ],
    ids=["a date", "a reset", "a reset that is about something else", "nothing"],
)
def test_the_pause_follows_the_headers_of_a_busy_store(
    download: Download, tmp_path: Path, status: int, headers: Any, wait: float
) -> None:
    with Server(Refuses(status, headers=headers), Store(AUDIO)) as store:
        assert download(Telnyx(store), tmp_path / "a.wav").waits == [wait]


def test_a_retry_after_of_more_than_a_minute_is_an_error(
    download: Download, tmp_path: Path
) -> None:
    error = fails(download, tmp_path, Refuses(503, headers={"retry-after": 61}))
    assert isinstance(error, DownloadInterruptedError)
    assert (error.done, error.total) == (0, None)
    assert str(error).startswith(
        "recording rec-1: the store returned 503, and asked to wait 61 s: "
        "0 of an unknown number of bytes have arrived; download again to continue"
    )


def test_the_error_has_the_progress(download: Download, tmp_path: Path) -> None:
    cut = EndsAfter(AUDIO, size=HALF)
    error = fails(download, tmp_path, cut, Refuses(500))
    assert isinstance(error, DownloadInterruptedError)
    assert error.total == len(AUDIO)
    assert 0 < (error.done or 0) <= HALF
    assert str(error).startswith(
        "recording rec-1: the store returned 500, and 6 attempts in a row made no progress: "
        f"{error.done:,} of {len(AUDIO):,} bytes have arrived; download again to continue"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (SaysRange(AUDIO, first=1), "the store sent a different range than requested"),
        (Refuses(416), "the audio in the store has changed"),
    ],
)
def test_the_error_has_the_reason_for_restarting(
    download: Download, tmp_path: Path, answer: Any, why: str
) -> None:
    once = Limits(attempts=1)
    error = fails(download, tmp_path, EndsAfter(AUDIO, size=HALF), answer, limits=once)
    assert f"{why}, so the download starts over, and 1 attempts" in str(error)
