"""Tests that the sandbox's rows follow from the seed and look like those of the real service."""

import re
from collections import Counter
from itertools import pairwise

from telnyx_recordings.sandbox import Recording
from telnyx_recordings.sandbox.clock import SECOND, parse
from telnyx_recordings.sandbox.seeding import Author

DOCUMENTED = {
    *("call_control_id", "call_leg_id", "call_session_id", "channels", "conference_id"),
    *("connection_id", "created_at", "duration_millis", "from", "id", "initiated_by"),
    *("record_type", "recording_ended_at", "recording_started_at", "source", "status", "to"),
    "updated_at",
}
SPELLINGS = {
    "milliseconds": re.compile(r":\d\d\.\d{3}Z"),
    "offset": re.compile(r":\d\d\.\d{3}\+00:00"),
    "microseconds": re.compile(r":\d\d\.\d{6}Z"),
    "whole seconds": re.compile(r":\d\dZ"),
    "no zone": re.compile(r":\d\d\.\d{3}"),
}

NEWEST = parse("2026-03-01T12:00:00Z")


def rows(count: int, seed: str = "seed", *, quirks: bool = False) -> list[Recording]:
    return Author(seed).populate(count, NEWEST, quirks=quirks)[0]


def test_fewer_rows_are_the_newest_of_more() -> None:
    assert rows(10) == rows(300)[:10]


def test_rows_come_newest_first_with_ties() -> None:
    times = [row.created for row in rows(500)]
    pairs = list(pairwise(times))
    assert all(one is not None and two is not None and one >= two for one, two in pairs)
    assert any(one == two for one, two in pairs)


def test_every_spelling_of_time_occurs_and_milliseconds_prevail() -> None:
    found: Counter[str] = Counter()
    for row in rows(500):
        end = str(row.fields["created_at"])[16:]
        found.update(name for name, form in SPELLINGS.items() if form.fullmatch(end))
    assert set(found) == set(SPELLINGS)
    assert found["milliseconds"] > 350


def test_connection_ids_are_text_beyond_any_exact_float() -> None:
    found = {row.fields["connection_id"] for row in rows(500) if "connection_id" in row.fields}
    assert len(found) == 5
    assert all(isinstance(one, str) and int(one) > 2**53 for one in found)


def test_fields_are_null_or_missing_here_and_there() -> None:
    found = rows(500)
    assert any(value is None for row in found for value in row.fields.values())
    assert any(set(row.fields) < DOCUMENTED - {"conference_id"} for row in found)
    assert all(set(row.fields) <= DOCUMENTED for row in found)
    assert {row.fields["status"] for row in found} == {"completed"}
    assert all(row.formats == {"mp3": True, "wav": True} for row in found)


def test_the_duration_of_a_recording_matches_its_times() -> None:
    for row in rows(300):
        assert 1000 <= row.score.millis <= 20_000
        assert row.fields.get("duration_millis") in {row.score.millis, None}
        assert row.started is not None
        assert row.created is not None
        if row.ended is not None:
            shown = row.ended - row.started
            assert abs(shown - row.score.millis * 1000) < SECOND, "some show whole seconds only"
            assert row.started < row.ended < row.created


def test_quirks_appear_only_on_request() -> None:
    quirky = rows(500, quirks=True)
    assert len({row.fields["status"] for row in quirky}) > 1
    assert len({row.fields["channels"] for row in quirky}) == 3
    assert any("retention" in row.fields for row in quirky)
    assert any(row.fields.get("recording_ended_at") == "" for row in quirky)
    assert any(isinstance(row.fields.get("duration_millis"), str) for row in quirky)
    assert any("download_urls" in row.fields for row in quirky)
    assert {tuple(row.formats.values()) for row in quirky} == {(True, True), (False, True), (True,)}


def test_every_transcription_has_a_recording() -> None:
    recordings, transcriptions = Author("seed").populate(500, NEWEST, quirks=False)
    created = {recording.id: recording.created for recording in recordings}
    assert 200 < len(transcriptions) < 400
    states: Counter[object] = Counter()
    for row in transcriptions:
        since = created[str(row.fields["recording_id"])]
        assert since is not None
        assert row.created is not None
        assert row.created > since
        done = row.fields["status"] == "completed"
        assert (row.fields["transcription_text"] is not None) == done
        states[row.fields["status"]] += 1
    assert set(states) == {"completed", "in-progress"}


def test_numbers_are_fictional() -> None:
    """They are in the ranges reserved for fiction, so that no demo calls anybody."""
    fiction = re.compile(r"\+1\d{3}55501\d\d|sip:[a-z0-9]+@pbx\.example\.com")
    for row in rows(300):
        for name in ("from", "to"):
            number = row.fields.get(name)
            assert number is None or fiction.fullmatch(str(number))


def test_the_newest_row_is_a_little_older_than_the_given_time() -> None:
    newest = rows(1)[0].created
    assert newest is not None
    assert parse("2026-03-01T00:00:00Z") < newest <= NEWEST
