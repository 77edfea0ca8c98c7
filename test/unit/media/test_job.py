"""Holds which format is chosen, which link is used, and when a fresh one is fetched."""

from __future__ import annotations

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
from telnyx_recordings.media.checks import Format
from telnyx_recordings.media.job import Job, checked_id
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models import RecordingResponseData

WAV = "https://media.telnyx.com/rec-1.wav"
MP3 = "https://media.telnyx.com/rec-1.mp3"


def recording(**links: str | None) -> RecordingResponseData:
    """A recording with these links."""
    return RecordingResponseData.from_dict({"id": "rec-1", "download_urls": links})


def lasting(left: float) -> str:
    """A link that was signed ten minutes before it runs out, so many seconds after WALL."""
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
def test_the_format(wanted: Format | None, links: dict[str, str], chosen: Format) -> None:
    """That which is asked for; else WAV where there is one, else MP3; and its link."""
    job = Job(recording(**links), wanted)
    assert job.has_link
    assert job.format == chosen
    assert job.link() == links[chosen]


def test_a_format_once_chosen_stays() -> None:
    """A file does not become WAV when it was begun as MP3, though both are offered later."""
    job = Job(recording(mp3=MP3), None)
    assert job.format == "mp3"
    job.take(Fetched(recording(wav=WAV, mp3=MP3 + "?new"), None), WALL)
    assert job.format == "mp3"
    assert job.link() == MP3 + "?new"
    job.take(Fetched(recording(wav=WAV), None), WALL)
    with pytest.raises(MediaUnavailableError) as raised:
        job.link()
    assert raised.value.message == "Telnyx does not offer its audio as mp3 any more"


LATER = (
    ": a recording that has just ended may need some seconds, and one that was deleted stays "
    "without"
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
def test_no_such_audio(wanted: Format | None, fields: dict[str, Any], told: str) -> None:
    """The error tells what there is in its place, the status, and what may help."""
    job = Job(RecordingResponseData.from_dict({"id": "rec-1", **fields}), wanted)
    assert not job.has_link
    with pytest.raises(MediaUnavailableError) as raised:
        _ = job.format
    assert raised.value.message == f"Telnyx offers {told}{LATER}"


def test_an_id_alone() -> None:
    """Nothing is known of the recording before it is fetched."""
    job = Job("rec-1", None)
    assert (job.recording, job.recording_id, job.duration_millis) == (None, "rec-1", None)
    assert (job.patience, job.has_link) == (0.0, False)
    with pytest.raises(MediaUnavailableError) as raised:
        _ = job.format
    assert raised.value.message == f"Telnyx offers no audio for it{LATER}"
    known = RecordingResponseData.from_dict({"id": "rec-1", "duration_millis": 5})
    job.take(Fetched(known, None), WALL)
    assert (job.recording, job.duration_millis) == (known, 5)
    assert Job(known, None, wait=3).patience == 3.0


def test_what_is_no_recording_is_refused_before_any_request() -> None:
    """Wrong arguments are errors that name what was given."""
    with pytest.raises(TypeError, match=r"^Expected a recording or its id, not a int$"):
        Job(cast("Any", 5), None)
    with pytest.raises(ValueError, match=r"^format must be 'wav', 'mp3' or None, not 'ogg'$"):
        Job("rec-1", cast("Any", "ogg"))
    with pytest.raises(ValueError, match=r"^wait must"):
        Job("rec-1", None, wait=-1)
    with pytest.raises(MediaIdError):
        Job("../rec", None)
    with pytest.raises(MediaIdError):
        Job(RecordingResponseData.from_dict({"id": "a/b", "download_urls": {}}), None)


@pytest.mark.parametrize("value", [None, "", 5])
def test_no_id(value: object) -> None:
    """The error shows what stands in its place."""
    with pytest.raises(MediaIdError) as raised:
        checked_id(value)
    told = f"Expected a non-empty value for `recording_id` but received {value!r}"
    assert raised.value.message == told


def test_an_id_that_is_none() -> None:
    """It never becomes part of a path; the error shows the beginning of a long one."""
    assert checked_id("a_B-9" + "x" * 123) == "a_B-9" + "x" * 123
    with pytest.raises(MediaIdError) as raised:
        checked_id("/" * 300)
    assert raised.value.message == (
        f"Expected a recording's id but received {'/' * 200!r}: an id has up to 128 letters, "
        "digits, _ and -, and begins with a letter or digit"
    )


def test_an_answer_about_something_else() -> None:
    """Audio of another recording is never taken for this one's."""
    job = Job("rec-1", None)
    with pytest.raises(MediaUnavailableError) as nothing:
        job.take(Fetched(None, None), WALL)
    assert nothing.value.message == "Telnyx's answer does not hold the recording"
    with pytest.raises(MediaIntegrityError) as other:
        job.take(Fetched(RecordingResponseData.from_dict({"id": "rec-2"}), None), WALL)
    assert other.value.message == "Telnyx's answer is about another recording"
    assert job.recording is None
    job.take(Fetched(RecordingResponseData.from_dict({"download_urls": {"wav": WAV}}), None), WALL)
    assert job.link() == WAV


def test_links_are_followed_to_known_hosts_only() -> None:
    """Hosts that the client was told of are such."""
    own = recording(wav="https://audio.example.com/a.wav")
    with pytest.raises(MediaAccessError):
        Job(own, None).link()
    assert Job(own, None, hosts=("audio.example.com",)).link().startswith("https://audio")


@pytest.mark.parametrize(("left", "is_soon"), [(61, False), (60, False), (59, True), (-5, True)])
@pytest.mark.parametrize("ahead", [0, 7200, -7200])
def test_a_link_about_to_expire(left: int, ahead: int, *, is_soon: bool) -> None:
    """A minute must be left by Telnyx's clock, however wrong the one of this machine is."""
    job = Job("rec-1", None)
    job.take(Fetched(recording(wav=lasting(left)), formatdate(WALL, usegmt=True)), WALL - ahead)
    assert job.is_about_to_expire(WALL - ahead) is is_soon


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 01 Jan 99999 00:00:00 GMT"])
def test_without_a_usable_date_the_own_clock_counts(date: str | None) -> None:
    """What it was ahead by before stays so."""
    job = Job(recording(wav=lasting(59)), None)
    assert job.is_about_to_expire(WALL)
    assert not job.is_about_to_expire(WALL - 1)
    job.take(Fetched(recording(wav=lasting(59)), date), WALL)
    assert job.is_about_to_expire(WALL)
    assert not job.is_about_to_expire(WALL - 1)


def test_a_link_that_does_not_say_when_it_expires_is_good() -> None:
    """It is the store that refuses it, if it has to."""
    assert not Job(recording(wav=WAV), None).is_about_to_expire(WALL)
    gone = Job(recording(wav=WAV), None)
    assert gone.format == "wav"
    gone.take(Fetched(recording(), None), WALL)
    assert not gone.is_about_to_expire(WALL)
