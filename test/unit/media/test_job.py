"""Tests which format is chosen, which link is used, and when a fresh one is fetched."""

from contextlib import nullcontext
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, cast

import pytest

from callers import WALL
from telnyx_recordings.errors import (
    MediaAccessError,
    MediaIdError,
    MediaIntegrityError,
    MediaUnavailableError,
)
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models import RecordingResponseData

WAV = "https://media.telnyx.com/rec-1.wav"
MP3 = "https://media.telnyx.com/rec-1.mp3"


def recording(**links: str | None) -> RecordingResponseData:
    """A recording with these links."""
    return RecordingResponseData.from_dict({"id": "rec-1", "download_urls": links})


def lasting(left: float) -> str:
    """A link that expires so many seconds after WALL, and was signed ten minutes before."""
    signed = datetime.fromtimestamp(WALL + left - 600, UTC)
    return f"{WAV}?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&X-Amz-Expires=600"


@pytest.mark.parametrize(
    ("wanted", "links", "chosen"),
    [
        (None, {"wav": WAV, "mp3": MP3}, "wav"),
        (None, {"mp3": MP3}, "mp3"),
        (None, {"wav": "", "mp3": MP3}, "mp3"),
        ("wav", {"wav": WAV, "mp3": MP3}, "wav"),
        ("mp3", {"wav": WAV, "mp3": MP3}, "mp3"),
    ],
)
def test_wav_is_preferred_to_mp3(
    wanted: Format | None, links: dict[str, str], chosen: Format
) -> None:
    job = DownloadJob(recording(**links), wanted)
    assert job.has_link
    assert job.format == chosen
    assert job.link() == links[chosen]


def test_the_format_does_not_change_during_a_download() -> None:
    job = DownloadJob(recording(mp3=MP3), None)
    assert job.format == "mp3"
    job.take(Fetched(recording(wav=WAV, mp3=MP3 + "?new"), None), WALL)
    assert job.format == "mp3"
    assert job.link() == MP3 + "?new"
    job.take(Fetched(recording(wav=WAV), None), WALL)
    with pytest.raises(MediaUnavailableError) as raised:
        job.link()
    assert raised.value.message == "Telnyx no longer offers its audio as mp3"


LATER = (
    ": audio can take a few seconds to appear after a call; if the recording was deleted, it "
    "never will"
)


@pytest.mark.parametrize(
    ("wanted", "fields", "told"),
    [
        (None, {}, "no audio for it"),
        ("wav", {"download_urls": {"mp3": MP3}}, "no wav audio for it (only mp3)"),
        ("mp3", {"download_urls": {"wav": WAV}}, "no mp3 audio for it (only wav)"),
        ("mp3", {"status": "completed"}, "no mp3 audio for it"),
        (None, {"status": "partial"}, "no audio for it; its status is partial"),
        (
            None,
            {"download_urls": {}, "status": "deleted"},
            "no audio for it; its status is deleted",
        ),
    ],
)
def test_missing_audio_is_an_error_with_the_available_formats(
    wanted: Format | None, fields: dict[str, Any], told: str
) -> None:
    job = DownloadJob(RecordingResponseData.from_dict({"id": "rec-1", **fields}), wanted)
    assert not job.has_link
    with pytest.raises(MediaUnavailableError) as raised:
        _ = job.format
    assert raised.value.message == f"Telnyx offers {told}{LATER}"


def test_a_recording_given_by_its_id_is_unknown_until_it_is_fetched() -> None:
    job = DownloadJob("rec-1", None)
    assert (job.recording, job.recording_id, job.duration_millis) == (None, "rec-1", None)
    assert (job.patience, job.has_link) == (0.0, False)
    with pytest.raises(MediaUnavailableError) as raised:
        _ = job.format
    assert raised.value.message == f"Telnyx offers no audio for it{LATER}"
    known = RecordingResponseData.from_dict({"id": "rec-1", "duration_millis": 5})
    job.take(Fetched(known, None), WALL)
    assert (job.recording, job.duration_millis) == (known, 5)
    assert DownloadJob(known, None, wait=3).patience == 3.0
    assert DownloadJob(known, None, wait=0).patience == 0.0


def test_invalid_arguments_raise_before_any_request() -> None:
    for given, kind in [(5, "int"), (None, "NoneType"), ({"id": "rec-1"}, "dict")]:
        with pytest.raises(TypeError, match=f"^Expected a recording or its id, not a {kind}$"):
            DownloadJob(cast("Any", given), None)
    with pytest.raises(ValueError, match=r"^format must be 'wav', 'mp3' or None, not 'ogg'$"):
        DownloadJob("rec-1", cast("Any", "ogg"))
    with pytest.raises(ValueError, match=r"^wait must"):
        DownloadJob("rec-1", None, wait=-1)
    with pytest.raises(MediaIdError):
        DownloadJob("../rec", None)
    with pytest.raises(MediaIdError):
        DownloadJob(RecordingResponseData.from_dict({"id": "a/b", "download_urls": {}}), None)


@pytest.mark.parametrize(
    ("given", "received"),
    [("", "''"), (RecordingResponseData(), "a RecordingResponseData without an id")],
)
def test_a_missing_id_is_an_error(given: Any, received: str) -> None:
    with pytest.raises(MediaIdError) as raised:
        DownloadJob(given, None)
    assert raised.value.message == (
        f"Expected a non-empty value for `recording_id` but received {received}"
    )


def test_an_unsafe_id_is_an_error() -> None:
    longest = "a_B-9" + "x" * 123
    assert DownloadJob(longest, None).recording_id == longest
    with pytest.raises(MediaIdError) as raised:
        DownloadJob("/" * 300, None)
    assert raised.value.message.startswith("Expected an id for `recording_id` but received '/////")
    assert len(raised.value.message) < 400


def test_a_response_with_another_id_is_an_error() -> None:
    job = DownloadJob("rec-1", None)
    with pytest.raises(MediaIntegrityError) as other:
        job.take(Fetched(RecordingResponseData.from_dict({"id": "rec-2"}), None), WALL)
    assert other.value.message == "Telnyx returned the recording 'rec-2' instead"
    with pytest.raises(MediaIntegrityError):
        job.take(Fetched(RecordingResponseData.from_dict({"download_urls": {}}), None), WALL)
    assert job.recording is None


def test_links_to_unknown_hosts_are_refused() -> None:
    own = recording(wav="https://audio.example.com/a.wav")
    with pytest.raises(MediaAccessError):
        DownloadJob(own, None).link()
    assert DownloadJob(own, None, hosts=("audio.example.com",)).link().startswith("https://audio")


@pytest.mark.parametrize(("left", "is_soon"), [(61, False), (60, False), (59, True), (-5, True)])
@pytest.mark.parametrize("ahead", [0, 7200, -7200])
def test_links_expire_a_minute_early_by_the_clock_of_telnyx(
    left: int, ahead: int, *, is_soon: bool
) -> None:
    job = DownloadJob("rec-1", None)
    job.take(Fetched(recording(wav=lasting(left)), formatdate(WALL, usegmt=True)), WALL - ahead)
    assert job.is_about_to_expire(WALL - ahead) is is_soon


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 01 Jan 99999 00:00:00 GMT"])
def test_without_a_valid_date_header_the_local_clock_is_used(date: str | None) -> None:
    job = DownloadJob(recording(wav=lasting(59)), None)
    assert job.is_about_to_expire(WALL)
    assert not job.is_about_to_expire(WALL - 1)
    job.take(Fetched(recording(wav=lasting(59)), date), WALL)
    assert job.is_about_to_expire(WALL)
    assert not job.is_about_to_expire(WALL - 1)


def test_a_link_without_an_expiry_is_used() -> None:
    assert not DownloadJob(recording(wav=WAV), None).is_about_to_expire(WALL)
    gone = DownloadJob(recording(wav=WAV), None)
    assert gone.format == "wav"
    gone.take(Fetched(recording(), None), WALL)
    assert not gone.is_about_to_expire(WALL)


def test_only_links_to_the_users_own_storage_are_exempt_from_the_allowed_hosts() -> None:
    own = DownloadJob(recording(wav="s3://bucket/a.wav"), None, own_storage=True)
    assert own.link() == "s3://bucket/a.wav"
    foreign = recording(wav="https://media.example.com/a.wav")
    with pytest.raises(MediaAccessError, match=r"media\.example\.com is not a Telnyx host"):
        DownloadJob(foreign, None, own_storage=True).link()
    with pytest.raises(MediaUnavailableError, match="in your own storage"):
        DownloadJob(recording(wav="s3://bucket/a.wav"), None).link()
    google = f"https://storage.googleapis.com/{'a' * 8200}"
    for hosts, error in (((), None), (("storage.googleapis.com",), MediaAccessError)):
        job = DownloadJob(recording(wav=google), None, own_storage=True, hosts=hosts)
        with pytest.raises(error, match="not a valid URL") if error else nullcontext():
            assert job.link() == google
