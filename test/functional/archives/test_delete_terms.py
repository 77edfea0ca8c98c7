"""What keeps a recording at the source although it is archived, and how that is reported."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from archiving import (
    OLD,
    BeforeDelete,
    DoesOnce,
    archive,
    audio_requests,
    deletions,
    entry_of,
    holding,
    restate,
    set_state,
    stored,
)
from telnyx_recordings import Client
from telnyx_recordings.archive import Reconciliation
from telnyx_recordings.archive.commands.archive import archive as archive_with
from telnyx_recordings.archive.filters import read_conditions
from telnyx_recordings.archive.records import State
from telnyx_recordings.archive.run.state import Options
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.sandbox.rows import Timeline, Transcription

box = holding(
    {"id": "first", "duration_millis": 4_000, "channels": "single"},
    {"id": "second", "duration_millis": 200},
)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"status": "processing"}, "status"),
        ({"status": "Completed"}, "status"),
        ({"status": None}, "status"),
        ({"updated_at": None}, "version_unknown"),
        ({"duration_millis": None}, "duration_unknown"),
        ({"duration_millis": "4000"}, "duration_unknown"),
        ({"duration_millis": -4000}, "duration_unknown"),
        ({"duration_millis": 4_600}, "audio_differs"),
    ],
)
def test_a_recording_that_cannot_be_checked_is_kept_and_reported(
    box: Sandbox, tmp_path: Path, fields: Mapping[str, Any], reason: str
) -> None:
    restate(box, "first", **fields)
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, result.not_deleted, result.ok) == (1, {reason: 1}, True)
    assert [(each.id, each.reason.partition(":")[0]) for each in result.kept] == [("first", reason)]
    assert f"not deleted, {reason.replace('_', ' ')}: 1" in str(result)
    assert json.loads(result.to_json())["not_deleted"] == {reason: 1}
    assert deletions(box) == {"second": 1}
    restate(box, "first", status="completed", updated_at=OLD, duration_millis=4_000)
    archive(box, tmp_path, delete=True)
    assert archive(box, tmp_path, delete=True).not_deleted == {}
    assert [each.id for each in box.recordings] == []


def test_what_is_too_young_is_counted_and_deleted_by_a_later_run(
    box: Sandbox, tmp_path: Path
) -> None:
    young = datetime.now(UTC) - timedelta(hours=2)
    box.add_recording(id="young", created_at=young, duration_millis=50)
    today = {"created_at": {"gte": young - timedelta(hours=1)}}
    result = archive(box, tmp_path, filter=today, delete=True)
    assert (result.deleted, result.not_deleted) == (0, {"too_young": 1})
    assert archive(box, tmp_path).stored.count == 2
    later = {"created_at": {"gte": datetime.now(UTC) - timedelta(minutes=30)}}
    hour = timedelta(hours=1)
    for other in ({"from": "+1"}, later | {"connection_id": "1"}):
        assert archive(box, tmp_path, filter=other, delete=True, min_age=hour).deleted == 0
    assert archive(box, tmp_path, filter=later, delete=True, min_age=hour).deleted == 1
    assert {each.id for each in box.recordings} == {"first", "second"}


def test_a_format_of_another_version_is_copied_again_before_deletion(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    restate(box, "first", updated_at="2026-02-02T00:00:00Z")
    archive(box, tmp_path, formats=("wav", "mp3"))
    before = audio_requests(box)
    result = archive(box, tmp_path, formats=("wav", "mp3"), delete=True)
    assert (result.deleted, result.ok) == (2, True)
    assert audio_requests(box) > before
    assert set(stored(tmp_path)) == set(stored(tmp_path, "mp3")) == {"first", "second"}


def test_audio_that_was_replaced_at_the_source_is_never_deleted_there(
    box: Sandbox, tmp_path: Path
) -> None:
    """The stored copy is of the older version."""
    archive(box, tmp_path)
    copies = stored(tmp_path)
    box.delete_recording("first")
    box.add_recording(
        id="first", created_at=OLD, updated_at="2026-02-02T00:00:00Z", duration_millis=4_100
    )
    for _ in range(3):
        archive(box, tmp_path, formats=("wav", "mp3"), delete=True)
    assert [each.id for each in box.recordings] == ["first"]
    assert stored(tmp_path) == copies


def test_a_transcript_that_appears_before_deletion_is_archived_first(
    box: Sandbox, tmp_path: Path
) -> None:
    box.add_recording(id="spoken", created_at=OLD, duration_millis=50, transcript="Hello.")
    transcriptions = cast("Timeline[Transcription]", box.transcriptions)
    [transcription] = transcriptions
    transcriptions.remove(transcription.id)
    appear = DoesOnce("deleting", lambda: transcriptions.add(transcription))
    result = archive(box, tmp_path, delete=True, progress=appear)
    assert (result.deleted, result.not_deleted) == (2, {"transcript": 1})
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, result.transcripts) == (1, 1)


def test_a_key_of_another_account_deletes_nothing_and_notes_nothing(
    box: Sandbox, tmp_path: Path
) -> None:
    """To that account, no recording of this archive exists."""
    archive(box, tmp_path)
    with Sandbox(recordings=3) as other:
        for _ in range(2):
            result = archive(other, tmp_path, filter={"from": "+1"}, delete=True)
            assert (result.deleted, deletions(other)) == (0, {})
            result = archive(other, tmp_path, delete=True, min_age=timedelta(days=36_000))
            assert result.deleted == 0
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, deletions(box)) == (2, {"first": 1, "second": 1})


def test_a_404_that_is_not_from_telnyx_is_doubtful(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    box.delete_recording("first")
    fail = DoesOnce("deleting", lambda: box.fail_next(404, times=2, body="<html>none</html>"))
    result = archive(box, tmp_path, delete=True, progress=fail)
    assert result.deleted == 0
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, result.ok) == (2, True)


def test_an_intent_is_noted_as_deleted_only_if_that_is_certain(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    box.delete_recording("first")
    set_state(tmp_path, State.DELETE_INTENT, "first")
    box.fail_next(404, body="<html>none</html>")
    with Sandbox(recordings=1) as other:
        for source in (box, other):
            result = archive(source, tmp_path)
            assert result.not_deleted == {"doubtful_404": 1}
    assert archive(box, tmp_path).not_deleted == {}
    assert entry_of(tmp_path, "first").state is State.DELETED


def test_a_response_about_another_recording_deletes_nothing(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    swap = DoesOnce("deleting", lambda: restate(box, "first", id="another"))
    result = archive(box, tmp_path, delete=True, progress=swap)
    assert (result.deleted, deletions(box)) == (0, {})
    assert result.deletion_stopped == "first: the API returned another recording"


@pytest.mark.parametrize("id_", ["another", None])
def test_a_deletion_that_is_confirmed_for_another_recording_is_looked_up(
    box: Sandbox, tmp_path: Path, id_: str | None
) -> None:
    hook = BeforeDelete(lambda deleted: restate(box, deleted, id=id_))
    result = archive(box, tmp_path, delete=True, before_request=hook)
    assert (result.deleted, result.ok, len(box.recordings)) == (2, True, 0)


def test_a_recording_that_is_not_copied_yet_is_not_given_up_for_a_doubtful_404(
    box: Sandbox, tmp_path: Path
) -> None:
    box.add_recording(id="late", created_at=OLD, duration_millis=50, download_urls=None)
    archive(box, tmp_path)
    set_state(tmp_path, State.DISCOVERED, "late")
    with Sandbox(recordings=1) as other:
        other.add_recording(id="first", created_at=OLD, duration_millis=50)
        restate(other, "first", id="another")  # which proves no access to this archive's
        result = archive(other, tmp_path)
        assert [(each.id, each.state) for each in result.problems] == [("late", "discovered")]
    box.delete_recording("late")
    box.add_recording(id="late", created_at=OLD, duration_millis=50)
    assert archive(box, tmp_path).ok
    assert set(stored(tmp_path)) >= {"first", "second", "late"}


def test_a_damaged_copy_is_not_given_up_for_a_doubtful_404(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    set_state(tmp_path, State.STORED, "first")
    next(tmp_path.rglob("first.wav")).write_bytes(b"damaged")
    with Sandbox(recordings=0) as other:
        result = archive(other, tmp_path)
        assert [(each.id, each.state) for each in result.problems] == [("first", "stored")]
    assert archive(box, tmp_path).ok
    assert next(tmp_path.rglob("first.wav")).read_bytes() == box.audio("first", "wav")


@pytest.mark.parametrize("field", ["sidecar", "metadata"])
def test_a_sidecar_with_other_metadata_stops_all_deletion(
    box: Sandbox, tmp_path: Path, field: str
) -> None:
    archive(box, tmp_path)
    path = next(tmp_path.rglob("first.wav.json"))
    side = json.loads(path.read_text())
    side["metadata"] = {"id": "first"} if field == "metadata" else None
    path.write_text(json.dumps(side))
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, deletions(box)) == (0, {})
    assert "first.wav.json has other metadata" in str(result.deletion_stopped)


def test_a_sidecar_alone_is_no_proof_that_the_audio_is_archived(
    box: Sandbox, tmp_path: Path
) -> None:
    """Anyone who can write to the folder could forge both files."""
    archive(box, tmp_path)
    audio = box.audio("first", "wav")
    forged = audio[:-2000] + bytes(2000)
    next(tmp_path.rglob("first.wav")).write_bytes(forged)
    side = next(tmp_path.rglob("first.wav.json"))
    fields = json.loads(side.read_text())
    fields["object"]["sha256"] = hashlib.sha256(forged).hexdigest()
    side.write_text(json.dumps(fields))
    shutil.rmtree(tmp_path / ".archive")
    for _ in range(2):
        archive(box, tmp_path, delete=True)
    assert [each.id for each in box.recordings] == ["first"]


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(days=-1), timedelta(days=900)])
def test_a_clock_that_disagrees_with_the_service_deletes_nothing(
    box: Sandbox, tmp_path: Path, ahead: timedelta
) -> None:
    """`min_age` would be wrong by the difference."""
    archive(box, tmp_path)
    options = Options(
        conditions=read_conditions(None), delete=True, clock=lambda: datetime.now(UTC) + ahead
    )
    with Client(box.api_key, box.base_url) as client:
        result = archive_with(client, tmp_path, options)
    assert (result.deleted, deletions(box)) == (0, {})
    assert "clock" in str(result.deletion_stopped)
    assert not result.ok


@pytest.mark.parametrize(
    ("not_deleted", "expected"),
    [
        ({}, False),
        ({"too_young": 3, "transcript": 1, "held": 2}, False),
        ({"doubtful_404": 1}, True),
        ({"too_young": 3, "status": 1}, True),
    ],
)
def test_recordings_that_no_run_will_delete_need_attention(
    not_deleted: dict[str, int], *, expected: bool
) -> None:
    result = Reconciliation(destination="calls", not_deleted=not_deleted)
    assert result.ok
    assert result.needs_attention is expected
