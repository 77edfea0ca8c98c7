"""Keys of objects: readable, and never outside of their destination."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings import RecordingResponseData
from telnyx_recordings.archive.layout import LAYOUT, Layout
from telnyx_recordings.errors import ArchiveError, ConfigError

CREATED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_the_default_layout_is_date_and_id() -> None:
    recording = RecordingResponseData(id="ab12", created_at=CREATED)
    assert Layout().key(recording, "wav") == "2026/03/01/ab12.wav"


def test_missing_values_have_a_placeholder_in_names() -> None:
    assert Layout().key(RecordingResponseData(id="ab12"), "mp3") == "unknown/ab12.mp3"


@given(
    st.sampled_from([LAYOUT, "{from}/{to}/{id}.{format}", "{initiated_by}-{id}/x.{format}"]),
    st.text(),
    st.text(),
)
def test_no_value_leads_out_of_the_destination(template: str, who: str, other: str) -> None:
    recording = RecordingResponseData(id="ab12", from_=who, to=other, initiated_by=other)
    try:
        key = Layout(template).key(recording, "wav")
    except ArchiveError:
        return
    parts = key.split("/")
    assert all(part and not part.startswith(".") for part in parts)
    assert key.isascii()
    assert key.isprintable()


@pytest.mark.parametrize(
    ("value", "part"),
    [("..", "__"), (".", "_"), (".anna", "_anna"), ("a.b", "a.b"), ("../x", "___x")],
)
def test_values_that_begin_with_a_dot_are_archived(value: str, part: str) -> None:
    recording = RecordingResponseData(id="r1", from_=value)
    assert Layout("{from}/{from}_{id}.{format}").key(recording, "wav") == f"{part}/{part}_r1.wav"


@pytest.mark.parametrize("id_", ["", "..", "a/b", "-x", "a\n", "a" * 129, "é", None])
def test_an_id_that_is_no_file_name_is_refused(id_: str | None) -> None:
    with pytest.raises(ArchiveError, match="cannot be a file name"):
        Layout().key(RecordingResponseData(id=id_), "wav")


@pytest.mark.parametrize(
    "template",
    [
        "{id}",
        "{format}",
        "{id}.{format}.{secret}",
        "/{id}.{format}",
        "../{id}.{format}",
        ".hidden/{id}.{format}",
        "a//{id}.{format}",
        "{id!r}.{format}",
        "{created:{from}}/{id}.{format}",
        "{id.__class__}.{format}",
        "{0}{id}.{format}",
        "{id}.{format",
        "a\\{id}.{format}",
        "",
        "{format}/{id}",
        "{id}{format}",
        "{id}.{format}/x",
        "{id}.{format} ",
        "{id}.{format:>9}",
        "{created:../..}/{id}.{format}",
        "{created:/etc}/{id}.{format}",
        "{created:%n}/{id}.{format}",
        "{started:.%Y}{id}.{format}",
        "{created:\ud800}/{id}.{format}",
        "\ud800/{id}.{format}",
        "a\0/{id}.{format}",
        "a\n/{id}.{format}",
        "erasures/{id}.{format}",
        "manifest.jsonl/{id}.{format}",
        "é" * 101 + "/{id}.{format}",
        "/".join("a" * 150 for _ in range(6)) + "/{id}.{format}",
    ],
)
def test_a_layout_that_cannot_be_used_is_refused(template: str) -> None:
    with pytest.raises(ConfigError):
        Layout(template)


@pytest.mark.parametrize(
    "template",
    [
        "ü😀/{id}.{format}",
        "{id}/audio.{format}",
        "{created:%Y %B}/{id}-{from}.{format}",
        "a b.{id}.{format}",
    ],
)
def test_names_in_any_script_are_allowed(template: str) -> None:
    recording = RecordingResponseData(id="ab12", created_at=CREATED, from_="+1")
    assert "ab12" in Layout(template).key(recording, "wav")


def test_a_recording_is_not_put_among_the_archives_own_files() -> None:
    recording = RecordingResponseData(id="ab12", from_="erasures")
    with pytest.raises(ArchiveError, match="reserved for the archive"):
        Layout("{from}/{id}.{format}").key(recording, "wav")
