"""Tests that an archive loses no row of an odd list, and trusts no response without a list."""

import json
from pathlib import Path
from typing import Any

import pytest

from archiving import OLD, archive, checksums, listed, stored
from telnyx_recordings.errors import ListingError
from telnyx_recordings.sandbox import Sandbox


@pytest.mark.parametrize(
    "body",
    ["{}", '{"data": null}', '{"data": {}}', '{"errors": [{"code": "10015"}]}', '{"meta": {}}'],
)
def test_a_response_without_a_list_is_not_an_empty_list(tmp_path: Path, body: str) -> None:
    with Sandbox(5, at="2026-03-01T12:00:00Z") as box:
        box.fail_next(200, body=body)
        with pytest.raises(ListingError, match="contains no list"):
            archive(box, tmp_path)
        assert archive(box, tmp_path).stored.count == 5
        assert stored(tmp_path) == checksums(box)


def test_a_list_of_zero_rows_may_be_null(tmp_path: Path) -> None:
    with Sandbox(0, at="2026-03-01T12:00:00Z") as box:
        box.fail_next(200, body='{"data": null, "meta": {"total_results": 0}}')
        assert archive(box, tmp_path, transcripts=False).ok


def test_every_row_that_cannot_be_copied_is_reported(tmp_path: Path) -> None:
    moment = "2026-02-01T09:00:00Z"
    rows = [
        *(None, 5, [1], "text"),
        *({"created_at": moment, "from": "+1"}, {"created_at": moment, "from": "+2"}, {"id": 7}),
    ]
    with Sandbox(0, at="2026-03-01T12:00:00Z") as box:
        box.fail_next(200, body=json.dumps({"data": rows}))
        result = archive(box, tmp_path)
    assert (result.listed.count, result.quarantined.count, result.ok) == (7, 7, False)
    assert {each.reason for each in result.problems} == {"it was listed without an id"}
    kept = listed(tmp_path)
    assert len(kept) == 7
    text = json.dumps(kept)
    assert all(part in text for part in ('"unreadable": 5', '"unreadable": "text"', '"+2"'))


def test_a_recording_with_odd_fields_is_archived_like_any_other(tmp_path: Path) -> None:
    odd: dict[str, Any] = {"connection_id": 5, "duration_millis": "soon", "channels": "five"}
    with Sandbox(3, at="2026-03-01T12:00:00Z") as box:
        box.add_recording(id="odd", created_at=OLD, transcript="Hello.", omit=("from",), **odd)
        assert archive(box, tmp_path).ok
        assert next(tmp_path.rglob("odd.transcript.txt")).read_text() == "Hello.\n"
        (tmp_path / ".archive" / "manifest.sqlite").unlink()
        result = archive(box, tmp_path)
    assert (result.already_there.count, result.ok) == (4, True)
    kept = json.loads(next(tmp_path.rglob("odd.wav.json")).read_text())["metadata"]
    assert {name: kept[name] for name in odd} == odd


def test_a_full_page_with_malformed_rows_is_split(tmp_path: Path) -> None:
    with Sandbox(300, at="2026-03-01T12:00:00Z") as box:
        shown = [each.fields for each in box.recordings[:249]]
        box.fail_next(200, body=json.dumps({"data": [None, *shown]}))
        assert archive(box, tmp_path, dry_run=True).listed.count == 300


def test_a_transcript_without_a_recording_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [None, {"id": "t1"}, {"recording_id": "r1", "transcription_text": "Hello."}]
    with Sandbox(0, at="2026-03-01T12:00:00Z") as box:
        box.fail_next(200, body='{"data": []}')
        box.fail_next(200, body=json.dumps({"data": rows}))
        assert archive(box, tmp_path).ok
    told = [each.getMessage() for each in caplog.records if "of no recording" in each.message]
    assert len(told) == 3
