"""Tests that the sandbox's audio is served, guarded and cut into ranges as S3 does it."""

import hashlib
import io
import wave
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
import urllib3

from sandbox_caller import Caller, calling
from telnyx_recordings.sandbox import Sandbox

FORMATS = ("mp3", "wav")
SIZE = 4000 * 8 * 2 * 2 + 44


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A sandbox that no test changes; its first recording is dual and lasts 4 s."""
    box = Sandbox(30, 7)
    box.add_recording(id="first", channels="dual", duration_millis=4000)
    with calling(box) as caller:
        yield caller


def link(call: Caller, form: str = "wav", place: int = 0) -> str:
    """Get a fresh link to a recording's audio."""
    row = call("GET", f"/recordings/{call.box.recordings[place].id}").body["data"]
    return str(row["download_urls"][form])


def fetch(
    call: Caller, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> urllib3.BaseHTTPResponse:
    """Request a file without an API key."""
    return call.http.request(method, url, headers=dict(headers or {}))


def refusal(response: urllib3.BaseHTTPResponse) -> str:
    """The code in a response, which must be an error of S3 in XML."""
    assert response.headers["content-type"] == "application/xml"
    tree = ET.fromstring(response.data)  # noqa: S314 - our own server wrote it
    assert tree.tag == "Error"
    assert tree.findtext("Message")
    return tree.findtext("Code") or ""


@pytest.mark.parametrize(("form", "kind"), [("mp3", "audio/mpeg"), ("wav", "audio/wav")])
def test_every_recording_has_its_audio(reader: Caller, form: str, kind: str) -> None:
    for place, recording in enumerate(reader.box.recordings):
        response = fetch(reader, link(reader, form, place))
        assert response.status == 200
        assert response.headers["content-type"] == kind
        assert response.headers["accept-ranges"] == "bytes"
        assert int(response.headers["content-length"]) == len(response.data)
        md5 = hashlib.md5(response.data, usedforsecurity=False).hexdigest()
        assert response.headers["etag"] == f'"{md5}"'
        assert response.data == reader.box.audio(recording.id, "mp3" if form == "mp3" else "wav")


def test_wav_agrees_with_its_row(reader: Caller) -> None:
    for place, recording in enumerate(reader.box.recordings):
        with wave.open(io.BytesIO(fetch(reader, link(reader, "wav", place)).data)) as file:
            assert file.getnframes() * 1000 == recording.score.millis * file.getframerate()
            assert file.getnchannels() == (2 if recording.fields["channels"] == "dual" else 1)


def test_no_two_recordings_sound_alike(reader: Caller) -> None:
    """Identical files would hide a mix-up."""
    tags = [
        fetch(reader, link(reader, form, place)).headers["etag"]
        for form in FORMATS
        for place in range(len(reader.box.recordings))
    ]
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-43", 0, 44),
        ("bytes=40-50", 40, 51),
        ("bytes=100-", 100, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        (f"bytes=5-{SIZE + 99}", 5, SIZE),
        ("bytes=-10", SIZE - 10, SIZE),
        (f"bytes=-{SIZE + 99}", 0, SIZE),
    ],
)
def test_a_range_is_that_part(reader: Caller, asked: str, start: int, stop: int) -> None:
    url = link(reader)
    response = fetch(reader, url, {"Range": asked})
    assert response.status == 206
    assert response.data == reader.box.audio("first", "wav")[start:stop]
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert response.headers["content-length"] == str(stop - start)
    assert response.headers["etag"] == fetch(reader, url).headers["etag"]


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 9}-{SIZE + 20}", "bytes=-0"])
def test_a_range_past_the_end_is_416(reader: Caller, asked: str) -> None:
    response = fetch(reader, link(reader), {"Range": asked})
    assert (response.status, refusal(response)) == (416, "InvalidRange")
    assert response.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    ["bytes=5-2", "bytes=-", "bytes=a-b", "items=0-5", "bytes=0-1,5-6", "bytes=" + "9" * 99],
)
def test_an_invalid_range_gets_the_whole_file(reader: Caller, asked: str) -> None:
    response = fetch(reader, link(reader), {"Range": asked})
    assert (response.status, len(response.data)) == (200, SIZE)


def test_if_range_decides_between_a_range_and_the_whole_file(reader: Caller) -> None:
    url = link(reader)
    known = fetch(reader, url).headers
    statuses = {
        condition: fetch(reader, url, {"Range": "bytes=5-", "If-Range": condition}).status
        for condition in (known["etag"], known["last-modified"], '"0"', f"W/{known['etag']}")
    }
    assert list(statuses.values()) == [206, 206, 200, 200]


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer KEY1"}, {"authorization": ""}])
def test_a_request_for_audio_with_a_key_is_refused(reader: Caller, headers: dict[str, str]) -> None:
    response = fetch(reader, link(reader), headers)
    assert (response.status, refusal(response)) == (400, "InvalidArgument")


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE"])
def test_a_link_is_valid_only_for_get(reader: Caller, method: str) -> None:
    assert fetch(reader, link(reader), method=method).status == 403


def test_a_link_looks_like_a_presigned_one(reader: Caller) -> None:
    parts = urlsplit(link(reader))
    query = parse_qs(parts.query, strict_parsing=True)
    assert set(query) == {
        *("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"),
        *("X-Amz-SignedHeaders", "X-Amz-Signature"),
    }
    assert query["X-Amz-Expires"] == ["600"]
    assert parts.netloc == urlsplit(reader.box.base_url).netloc
    assert parts.path == "/media/first.wav"


def test_an_altered_link_is_refused(reader: Caller) -> None:
    good = link(reader)
    assert fetch(reader, good).status == 200
    date = parse_qs(urlsplit(good).query)["X-Amz-Date"][0]
    other = reader.box.recordings[1].id
    for bad in (
        good.replace("/first.", f"/{other}."),
        good.replace("first.wav", "first.mp3"),
        good.replace(date, f"2099{date[4:]}"),
        good.replace("Expires=600", "Expires=60000"),
        good.replace("Expires=600", "Expires="),
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.partition("?")[0],
        good.partition("&X-Amz-Signature")[0],
        good + "&X-Amz-Signature=%E9",
    ):
        response = fetch(reader, bad)
        assert (response.status, refusal(response)) == (403, "AccessDenied")


def test_a_link_expires_by_the_clock(call: Caller) -> None:
    old = link(call)
    call.box.clock.advance(590)
    assert fetch(call, old).status == 200
    call.box.clock.advance(11)
    response = fetch(call, old)
    assert (response.status, refusal(response)) == (403, "AccessDenied")
    assert b"expired" in response.data
    fresh = link(call)
    assert fresh != old
    assert fetch(call, fresh).status == 200


def test_links_expire_on_request(call: Caller) -> None:
    old = link(call)
    call.box.expire_links()
    assert fetch(call, old).status == 403
    assert fetch(call, link(call)).status == 200


def test_a_deleted_recording_has_no_file(call: Caller) -> None:
    url = link(call)
    call("DELETE", f"/recordings/{call.box.recordings[0].id}")
    response = fetch(call, url)
    assert (response.status, refusal(response)) == (404, "NoSuchKey")


def test_a_long_file_does_not_block_other_requests(call: Caller) -> None:
    call.box.add_recording(id="long", channels="dual", duration_millis=600_000)
    response = call.http.request("GET", link(call), preload_content=False)
    assert response.headers["content-length"] == str(600_000 * 32 + 44)
    assert response.read(4) == b"RIFF"
    assert call("GET", "/recordings").status == 200
    response.close()


def test_an_id_may_need_quoting(call: Caller) -> None:
    call.box.add_recording(id="a/b c.d%é")
    newest = call("GET", "/recordings").body["data"][0]
    assert newest["id"] == "a/b c.d%é"
    for url in newest["download_urls"].values():
        assert fetch(call, url).status == 200
