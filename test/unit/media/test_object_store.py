"""Tests requests to the object store: expired links, redirects, errors, waiting, and headers."""

import io
import logging
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callers import WALL, Held
from fakes_media import wav
from manual_transfer import LINK, Head, ManualTransfer, message_of
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import (
    DownloadInterruptedError,
    MediaAccessError,
    MediaError,
    MediaIntegrityError,
    MediaUnavailableError,
    NotFoundError,
)
from telnyx_recordings.media import object_store
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.object_store import Version
from telnyx_recordings.media.sinks import OpenFile
from telnyx_recordings.models import RecordingResponseData

AUDIO = wav(1000)
WHOLE = Head(200, {"etag": '"1"', "content-length": str(len(AUDIO))}, (AUDIO,))
UNREADY = RecordingResponseData.from_dict({"id": "rec-1", "download_urls": {}})
REFUSED = Head(403, {}, (b"<Error><Code>AccessDenied</Code></Error>",))


def missing() -> NotFoundError:
    """The error of a client for a recording that does not exist."""
    return NotFoundError("no such recording", status_code=404)


def get(hand: ManualTransfer, job: DownloadJob | None = None, **limits: Any) -> None:
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
    """A redirect."""
    return Head(status, {} if where is None else {"location": where})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_to_allowed_hosts(status: int) -> None:
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


def test_the_fourth_redirect_is_an_error() -> None:
    error = told(ManualTransfer([redirect("/a", 307)] * 4))
    assert message_of(error) == "the store redirects more than 3 times"
    assert isinstance(error, MediaAccessError)
    assert error.status_code == 307
    assert message_of(told(ManualTransfer([redirect("/a")]), redirects=0)).endswith(
        "more than 0 times"
    )


def test_redirects_to_unknown_hosts_are_refused() -> None:
    error = told(ManualTransfer([redirect("https://example.com/a")]))
    assert "example.com is not a Telnyx host" in message_of(error)
    hand = ManualTransfer([redirect("https://example.com/a"), WHOLE])
    get(hand, DownloadJob(hand.recording(), None, hosts=("example.com",)))


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_fresh_link_is_fetched_when_a_link_is_refused(status: int) -> None:
    refused = Head(status)
    hand = ManualTransfer([*[redirect("/a")] * 3, refused, *[redirect("/a")] * 3, WHOLE])
    get(hand)
    assert hand.fetches == 1
    assert hand.asked[4][0] == LINK


def test_a_refused_fresh_link_is_an_error() -> None:
    hand = ManualTransfer([REFUSED, REFUSED])
    error = told(hand)
    assert (
        message_of(error)
        == f"the store returned 403 AccessDenied for {LINK}, with a fresh link too"
    )
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code, hand.fetches) == (403, "AccessDenied", 1)


@pytest.mark.parametrize("body", [b"", b"<html>", Failure(kind="reset", message="broken")])
def test_unexpected_statuses_are_errors_at_once(body: bytes | Failure) -> None:
    error = told(ManualTransfer([Head(404, {}, (body,))]))
    assert message_of(error) == f"the store returned 404 for {LINK}"
    assert isinstance(error, MediaAccessError)
    assert (error.status_code, error.code) == (404, None)


def test_a_416_without_a_range_is_an_error() -> None:
    assert message_of(told(ManualTransfer([Head(416)]))) == f"the store returned 416 for {LINK}"


def test_links_may_expire_again_after_bytes_have_arrived() -> None:
    first = Head(200, WHOLE.headers, (AUDIO[:100],))
    second = Head(
        206, {"etag": '"1"', "content-range": f"bytes 100-16043/{len(AUDIO)}"}, (AUDIO[100:],)
    )
    hand = ManualTransfer([REFUSED, first, REFUSED, second])
    get(hand)
    assert hand.fetches == 2


@pytest.mark.parametrize(("left", "fetches"), [(60, 0), (59, 1)])
def test_a_fresh_link_is_fetched_a_minute_before_the_old_one_expires(
    left: float, fetches: int
) -> None:
    hand = ManualTransfer([WHOLE], life=left)
    get(hand)
    assert hand.fetches == fetches


def test_a_deleted_recording_is_a_not_found_error() -> None:
    gone = missing()
    hand = ManualTransfer([REFUSED], recordings=[gone])
    with pytest.raises(NotFoundError) as raised:
        hand.get(hand.job(), OpenFile(io.BytesIO()))
    assert raised.value is gone


def test_wait_covers_missing_recordings_and_missing_links() -> None:
    hand = ManualTransfer([WHOLE], recordings=[missing(), UNREADY, UNREADY, UNREADY])
    get(hand, DownloadJob("rec-1", None, wait=60))
    assert hand.held.waits == [0.75, 1.5, 3.0, 6.0]
    assert hand.fetches == 5


def test_the_wait_for_audio_is_bounded() -> None:
    hand = ManualTransfer([], recordings=[UNREADY] * 9)
    with pytest.raises(MediaUnavailableError):
        hand.get(DownloadJob("rec-1", None, wait=2), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([0.75, 1.25], 3)
    hand = ManualTransfer([], recordings=[missing() for _ in range(9)])
    with pytest.raises(NotFoundError):
        hand.get(DownloadJob("rec-1", None, wait=2), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([0.75, 1.25], 3)


@pytest.mark.parametrize("early", [UNREADY, missing()])
def test_a_wait_shorter_than_the_first_pause_is_kept(early: object) -> None:
    hand = ManualTransfer([WHOLE], recordings=[early])
    get(hand, DownloadJob("rec-1", None, wait=0.5))
    assert (hand.held.waits, hand.fetches) == ([0.5], 2)


def test_without_wait_the_api_gets_one_request() -> None:
    hand = ManualTransfer([], recordings=[UNREADY])
    with pytest.raises(MediaUnavailableError):
        hand.get(DownloadJob("rec-1", None), OpenFile(io.BytesIO()))
    assert (hand.held.waits, hand.fetches) == ([], 1)
    hand = ManualTransfer([WHOLE])
    get(hand, DownloadJob("rec-1", None))
    assert (hand.held.waits, hand.fetches) == ([], 1)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("tls", MediaAccessError), ("proxy", MediaAccessError), ("protocol", MediaIntegrityError)],
)
def test_invalid_certificates_and_responses_are_not_retried(
    kind: Any, error: type[MediaError]
) -> None:
    hand = ManualTransfer([Failure(kind=kind, message="what happened")])
    assert message_of(told(hand, error)) == "what happened"


@pytest.mark.parametrize(("status", "used"), [(429, True), (503, False)])
def test_retry_after_and_the_rate_limit_reset_are_obeyed(status: int, *, used: bool) -> None:
    hand = ManualTransfer([Head(status, {"x-ratelimit-reset": "7"}), WHOLE], held=Held(chance=0.0))
    get(hand)
    assert hand.held.waits == [7.0 if used else 0.0]
    date = formatdate(WALL + 20, usegmt=True)
    hand = ManualTransfer([Head(status, {"retry-after": date}), WHOLE], held=Held(chance=0.0))
    get(hand)
    assert hand.held.waits == [20.0]
    later = told(ManualTransfer([Head(429, {"retry-after": "99"})]), DownloadInterruptedError)
    assert message_of(later).startswith("the store returned 429, and asked to wait 99 s")


def test_requests_and_waits_are_logged_without_signatures(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "telnyx_recordings")
    hand = ManualTransfer([Head(503), WHOLE], recordings=[UNREADY])
    get(hand, DownloadJob("rec-1", None, wait=9))
    assert caplog.messages == [
        "audio of rec-1: not ready yet",
        f"audio of rec-1: GET {LINK} 503",
        "audio of rec-1: the store returned 503",
        f"audio of rec-1: GET {LINK} 200",
    ]


MD5 = "0123456789abcdef0123456789abcdef"
HAD = Version(f'"{MD5}"', 1000, MD5)


def partial(**headers: str) -> dict[str, str]:
    """The headers of a 206 with the bytes from 400 on."""
    fields = {"etag": f'"{MD5}"', "content-range": "bytes 400-999/1000", "content-length": "600"}
    return {**fields, **{name.replace("_", "-"): value for name, value in headers.items()}}


def test_a_200_has_the_length_of_its_content_length() -> None:
    head = object_store.parse_head(200, {"etag": f'"{MD5}"', "content-length": "1000"})
    assert (head.version, head.start, head.length) == (HAD, 0, 1000)


def test_a_206_has_the_range_of_its_content_range() -> None:
    head = object_store.parse_head(206, partial())
    assert (head.version, head.start, head.length) == (HAD, 400, 600)
    assert head.continues(HAD, 400)
    assert head.continues(Version(HAD.etag), 400)
    assert not head.continues(HAD, 399)


@pytest.mark.parametrize(
    "headers",
    [
        partial(content_range="bytes 401-999/1000"),
        partial(content_range="bytes 400-999/1001"),
        partial(content_range="bytes 400-999/*"),
        partial(content_range="bytes 400-1000/1000"),
        partial(content_range="bytes 400-399/1000"),
        partial(content_range="bytes 400-998/1000"),
        partial(content_range="items 400-999/1000"),
        partial(content_range=""),
        partial(content_range="bytes ٤٠٠-999/1000"),
        partial(content_length="601"),
        partial(etag='"other"'),
        partial(etag=f'W/"{MD5}"'),
        partial(etag=""),
    ],
)
def test_ranges_that_differ_from_the_request_are_not_used(headers: dict[str, str]) -> None:
    assert not object_store.parse_head(206, headers).continues(HAD, 400)


def test_one_byte_ranges_are_used() -> None:
    last = partial(content_range="bytes 999-999/1000", content_length="1")
    assert object_store.parse_head(206, last).continues(HAD, 999)
    rest = partial(content_range="bytes 1-999/1000", content_length="999")
    assert object_store.parse_head(206, rest).continues(HAD, 1)


@pytest.mark.parametrize("content_range", ["", "bytes 400-1000/1000", "bytes 400-399/1000"])
def test_a_206_with_an_invalid_range_has_no_length(content_range: str) -> None:
    assert (
        object_store.parse_head(
            206, partial(content_range=content_range, content_length="601")
        ).length
        is None
    )
    without = partial(content_range=content_range)
    del without["content-length"]
    assert object_store.parse_head(206, without).length is None


def test_a_206_does_not_continue_an_unknown_version() -> None:
    assert not object_store.parse_head(206, partial(etag="")).continues(Version(None, 1000), 400)
    first = partial(content_range="bytes 0-999/1000", content_length="1000")
    assert not object_store.parse_head(206, first).continues(HAD, 0)


def test_a_416_may_report_the_total_length() -> None:
    assert object_store.parse_head(416, {"content-range": "bytes */1000"}).version.total == 1000
    assert object_store.parse_head(416, {"content-length": "5"}).version.total is None


@pytest.mark.parametrize(
    ("headers", "md5"),
    [
        ({"etag": f'"{MD5}"'}, MD5),
        ({"etag": f'"{MD5.upper()}"'}, MD5),
        ({"etag": f'"{MD5}-2"'}, None),
        ({"etag": MD5}, None),
        ({"etag": f'W/"{MD5}"'}, None),
        ({}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"}, MD5),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms:dsse"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
    ],
)
def test_an_etag_is_an_md5_only_if_the_object_is_not_encrypted(
    headers: dict[str, str], md5: str | None
) -> None:
    assert object_store.parse_head(200, headers).version.md5 == md5


UNKNOWN = "the store does not report the length of the audio"
COMPRESSED = "the store sent the audio compressed, although it was asked not to"


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, UNKNOWN),
        ({"etag": '"x"'}, UNKNOWN),
        ({"transfer-encoding": "chunked"}, UNKNOWN),
        ({"content-length": "10", "content-encoding": "gzip"}, COMPRESSED),
        ({"content-length": "10", "content-encoding": "br"}, COMPRESSED),
        (
            {"content-length": "10", "content-type": "text/html"},
            "the store sent text/html instead of audio",
        ),
        (
            {"content-length": "10", "content-type": "application/xhtml+xml"},
            "the store sent application/xhtml+xml instead of audio",
        ),
        (
            {"content-length": "10", "content-type": "Application/JSON; charset=x"},
            "the store sent Application/JSON instead of audio",
        ),
        (
            {"content-length": "1001"},
            "the store offers 1,001 bytes, more than this recording can have (1,000)",
        ),
    ],
)
def test_responses_that_cannot_be_the_audio_are_refused(headers: dict[str, str], why: str) -> None:
    with pytest.raises(MediaIntegrityError) as caught:
        object_store.check_head(headers, object_store.parse_head(200, headers), 1000)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "1000"},
        {"content-length": "10", "content-encoding": "identity"},
        {"content-length": "10", "content-type": "binary/octet-stream"},
        {"content-length": "10, 10"},
        {"transfer-encoding": "chunked", "etag": '"x"'},
    ],
)
def test_responses_that_may_be_the_audio_are_accepted(headers: dict[str, str]) -> None:
    object_store.check_head(headers, object_store.parse_head(200, headers), 1000)


@pytest.mark.parametrize("length", ["-1", "1, 2", "x", "1e3", "٣", "9" * 30])
def test_invalid_content_lengths_are_refused(length: str) -> None:
    with pytest.raises(MediaIntegrityError) as caught:
        object_store.parse_head(200, {"content-length": length})
    assert str(caught.value) == "the store's response has an invalid Content-Length"


@given(
    st.sampled_from([200, 206, 416]),
    st.dictionaries(
        st.sampled_from(
            ["etag", "content-length", "content-range", "content-type", "transfer-encoding"]
        ),
        st.text() | st.from_regex(r"bytes [0-9*]{1,5}-?[0-9]*/[0-9*]{1,5}"),
    ),
)
def test_hostile_headers_are_parsed_or_refused(status: int, headers: dict[str, str]) -> None:
    try:
        head = object_store.parse_head(status, headers)
        head.continues(HAD, 400)
        object_store.check_head(headers, head, 1000)
    except MediaError:
        return
    assert head.length is None or 0 <= head.length <= 10**18
