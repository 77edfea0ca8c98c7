"""Holds how a store is asked for audio: fresh links, redirects, refusals, and patience."""

from __future__ import annotations

import io
import logging
from email.utils import formatdate
from typing import Any

import pytest

from callers import WALL, Held
from fakes_media import wav
from manual_transfer import LINK, Head, ManualTransfer
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaError,
    MediaIntegrityError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.sinks import OpenFile
from telnyx_recordings.models import RecordingResponseData

AUDIO = wav(1000)
WHOLE = Head(200, {"etag": '"1"', "content-length": str(len(AUDIO))}, (AUDIO,))
UNREADY = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": {}})
REFUSED = Head(403, {}, (b"<Error><Code>AccessDenied</Code></Error>",))


def missing() -> NotFoundError:
    """What a client tells of a recording that Telnyx does not know."""
    return NotFoundError("no such recording", status_code=404)


def get(hand: ManualTransfer, job: Job | None = None, **limits: Any) -> None:
    """Get the audio."""
    file = io.BytesIO()
    hand.get(job or hand.job(), OpenFile(file), **limits)
    assert file.getvalue() == AUDIO
    assert hand.answers == []


def told(
    hand: ManualTransfer, kind: type[MediaError] = MediaAccessError, **limits: Any
) -> MediaError:
    """Fail to get the audio; return why."""
    with pytest.raises(kind) as raised:
        hand.get(hand.job(), OpenFile(io.BytesIO()), **limits)
    assert hand.answers == []
    return raised.value


def redirect(where: str | None, status: int = 302) -> Head:
    """An answer that leads elsewhere."""
    return Head(status, {} if where is None else {"location": where})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(status: int) -> None:
    """Three of them, to stores of Telnyx's, from where the last one led."""
    hand = ManualTransfer(
        [
            redirect("https://s3.amazonaws.com/x/1", status),
            redirect("2", status),
            redirect("3", status),
            WHOLE,
        ]
    )
    get(hand)
    assert [url for url, _ in hand.asked] == [
        LINK,
        *(f"https://s3.amazonaws.com/x/{n}" for n in (1, 2, 3)),
    ]
    assert hand.fetches == 0


def test_redirects_without_end() -> None:
    """The fourth is an error; as many are followed as one may."""
    error = told(ManualTransfer([redirect("/a", 307)] * 4))
    assert error.message == "the store redirects more than 3 times"
    assert isinstance(error, MediaAccessError)
    assert error.status_code == 307
    assert told(ManualTransfer([redirect("/a")]), redirects=0).message.endswith("more than 0 times")


def test_redirects_elsewhere() -> None:
    """A host that is not Telnyx's is not asked, unless the client was told of it."""
    error = told(ManualTransfer([redirect("https://example.com/a")]))
    assert "example.com is not a host of Telnyx's" in error.message
    hand = ManualTransfer([redirect("https://example.com/a"), WHOLE])
    get(hand, Job(hand.recording(), None, hosts=("example.com",)))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_link(status: int) -> None:
    """A fresh one is fetched, and its redirects are counted from the first."""
    refused = Head(status)
    hand = ManualTransfer([*[redirect("/a")] * 3, refused, *[redirect("/a")] * 3, WHOLE])
    get(hand)
    assert hand.fetches == 1
    assert hand.asked[4][0] == LINK


def test_a_fresh_link_that_is_refused_too() -> None:
    """The error tells the store's code, and nothing of what signs the link."""
    hand = ManualTransfer([REFUSED, REFUSED])
    error = told(hand)
    assert error.message == f"the store answered 403 AccessDenied for {LINK}, with a fresh link too"
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code, hand.fetches) == (403, "AccessDenied", 1)


@pytest.mark.parametrize("body", [b"", b"<html>", Failure(kind="reset", message="broken")])
def test_a_status_that_nothing_helps_with(body: bytes | Failure) -> None:
    """It is told without a code, where the store tells none."""
    error = told(ManualTransfer([Head(404, {}, (body,))]))
    assert error.message == f"the store answered 404 for {LINK}"
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code) == (404, None)


def test_416_to_a_request_for_all_is_a_refusal() -> None:
    """There is nothing that it could be about."""
    assert told(ManualTransfer([Head(416)])).message == f"the store answered 416 for {LINK}"


def test_each_link_may_run_out_once() -> None:
    """When bytes came in between, the next refusal is one of a link that ran out."""
    first = Head(200, WHOLE.headers, (AUDIO[:100],))
    second = Head(
        206, {"etag": '"1"', "content-range": f"bytes 100-16043/{len(AUDIO)}"}, (AUDIO[100:],)
    )
    hand = ManualTransfer([REFUSED, first, REFUSED, second])
    get(hand)
    assert hand.fetches == 2


@pytest.mark.parametrize(("left", "fetches"), [(60, 0), (59, 1)])
def test_a_link_that_is_about_to_run_out(left: float, fetches: int) -> None:
    """A fresh one is fetched before the store is asked."""
    hand = ManualTransfer([WHOLE], life=left)
    get(hand)
    assert hand.fetches == fetches


def test_a_recording_that_is_gone() -> None:
    """That is told, in place of what the store said."""
    gone = missing()
    hand = ManualTransfer([REFUSED], recordings=[gone])
    with pytest.raises(NotFoundError) as raised:
        hand.get(hand.job(), OpenFile(io.BytesIO()))
    assert raised.value is gone


def test_audio_that_is_not_ready_is_waited_for() -> None:
    """From the hang-up on: for the recording, then for its link; longer each time."""
    hand = ManualTransfer([WHOLE], recordings=[missing(), UNREADY, UNREADY, UNREADY])
    get(hand, Job("rec-1", None, wait=60))
    assert hand.held.waits == [0.75, 1.5, 3.0, 6.0]
    assert hand.fetches == 5


def test_the_wait_ends_when_the_caller_says() -> None:
    """After the last moment the API is asked once more."""
    hand = ManualTransfer([], recordings=[UNREADY] * 9)
    with pytest.raises(MediaUnavailableError):
        hand.get(Job("rec-1", None, wait=2), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([0.75, 1.25], 3)
    hand = ManualTransfer([], recordings=[missing() for _ in range(9)])
    with pytest.raises(NotFoundError):
        hand.get(Job("rec-1", None, wait=2), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([0.75, 1.25], 3)


@pytest.mark.parametrize("early", [UNREADY, missing()])
def test_a_short_wait_is_a_wait(early: object) -> None:
    """Half a second later the API is asked again."""
    hand = ManualTransfer([WHOLE], recordings=[early])
    get(hand, Job("rec-1", None, wait=0.5))
    assert (hand.held.waits, hand.fetches) == ([0.5], 2)


def test_without_a_wait_the_api_is_asked_once() -> None:
    """And not at all when there is a link."""
    hand = ManualTransfer([], recordings=[UNREADY])
    with pytest.raises(MediaUnavailableError):
        hand.get(Job("rec-1", None), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([], 1)
    hand = ManualTransfer([WHOLE])
    get(hand, Job("rec-1", None))
    assert (hand.held.waits, hand.fetches) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "error"), [("tls", MediaAccessError), ("protocol", MediaIntegrityError)]
)
def test_what_no_other_attempt_would_change(kind: Any, error: type[MediaError]) -> None:
    """A refused certificate, or an answer that breaks HTTP, ends the download."""
    hand = ManualTransfer([Failure(kind=kind, message="what happened")])
    assert told(hand, error).message == "what happened"


@pytest.mark.parametrize(("status", "used"), [(429, True), (503, False)])
def test_a_rate_limit_tells_when_it_ends(status: int, *, used: bool) -> None:
    """Its reset is obeyed for a 429 only."""
    hand = ManualTransfer([Head(status, {"x-ratelimit-reset": "7"}), WHOLE], held=Held(chance=0.0))
    get(hand)
    assert hand.held.waits == [7.0 if used else 0.0]
    date = formatdate(WALL + 20, usegmt=True)
    hand = ManualTransfer([Head(status, {"retry-after": date}), WHOLE], held=Held(chance=0.0))
    get(hand)
    assert hand.held.waits == [20.0]
    later = told(ManualTransfer([Head(429, {"retry-after": "99"})]), DownloadInterruptedError)
    assert later.message.startswith("the store answered 429, and asks to wait 99 s")


def test_what_it_does_can_be_followed(caplog: pytest.LogCaptureFixture) -> None:
    """Each answer, and each wait, is logged without what signs the link."""
    caplog.set_level(logging.DEBUG, "telnyx_recordings")
    hand = ManualTransfer([Head(503), WHOLE], recordings=[UNREADY])
    get(hand, Job("rec-1", None, wait=9))
    assert caplog.messages == [
        "audio of rec-1: not ready yet",
        f"audio of rec-1: GET {LINK} 503",
        "audio of rec-1: the store answered 503",
        f"audio of rec-1: GET {LINK} 200",
    ]
