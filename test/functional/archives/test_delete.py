"""What is deleted at the source, and all that keeps it from being deleted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiving import (
    OLD,
    DoesOnce,
    archive,
    checksums,
    deletions,
    entry_of,
    flip,
    holding,
    listed,
    restate,
    set_state,
    stored,
)
from telnyx_recordings.archive import verify
from telnyx_recordings.archive.records import State
from telnyx_recordings.errors import PermissionDeniedError
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "first", "channels": "single"}, {"id": "second", "duration_millis": 200})


def test_verified_recordings_are_deleted_once_and_stay_archived(
    box: Sandbox, tmp_path: Path
) -> None:
    sums = checksums(box)
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, result.ok, len(box.recordings)) == (2, True, 0)
    assert stored(tmp_path) == sums
    again = archive(box, tmp_path, delete=True)
    assert (again.already_there.count, again.deleted) == (2, 0)
    assert deletions(box) == {"first": 1, "second": 1}
    assert {each["id"]: each["state"] for each in listed(tmp_path)} == {
        "first": "deleted",
        "second": "deleted",
    }
    assert verify(tmp_path).ok


def test_listing_and_copying_end_before_anything_is_deleted(box: Sandbox, tmp_path: Path) -> None:
    """Rows that disappear while a list is read would shift the others."""
    archive(box, tmp_path, delete=True)
    kinds = [
        "DELETE" if each.method == "DELETE" else "media" if "/media/" in each.path else "list"
        for each in box.requests
        if each.method == "DELETE" or "/media/" in each.path or "page" in each.query
    ]
    assert "DELETE" not in kinds[: len(kinds) - kinds[::-1].index("media")]
    assert set(kinds[kinds.index("DELETE") :]) == {"DELETE"}


def test_a_dry_run_reports_and_deletes_nothing(box: Sandbox, tmp_path: Path) -> None:
    assert archive(box, tmp_path, delete=True, dry_run=True).deleted == 2
    archive(box, tmp_path)
    assert archive(box, tmp_path, delete=True, dry_run=True).deleted == 2
    assert deletions(box) == {}


def test_recordings_younger_than_a_day_are_not_deleted_by_default(
    box: Sandbox, tmp_path: Path
) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    box.add_recording(id="young", created_at=an_hour_ago, duration_millis=50)
    assert archive(box, tmp_path, delete=True).deleted == 2
    assert [each.id for each in box.recordings] == ["young"]
    assert archive(box, tmp_path, delete=True, min_age=timedelta(minutes=30)).deleted == 1


@pytest.mark.parametrize(("more", "expected"), [(-60, 2), (60, 0)])
def test_the_minimum_age_is_exact(box: Sandbox, tmp_path: Path, more: int, expected: int) -> None:
    age = datetime.now(UTC) - datetime.fromisoformat(OLD) + timedelta(seconds=more)
    assert archive(box, tmp_path, delete=True, min_age=age).deleted == expected


def test_more_recordings_than_max_delete_are_not_deleted(box: Sandbox, tmp_path: Path) -> None:
    result = archive(box, tmp_path, delete=True, max_delete=1)
    assert (result.deleted, result.ok, deletions(box)) == (0, False, {})
    assert result.deletion_stopped == (
        "2 recordings would be deleted, and max_delete is 1: none was"
    )
    assert archive(box, tmp_path, delete=True, max_delete=2).deleted == 2


def test_all_requested_formats_must_be_stored(box: Sandbox, tmp_path: Path) -> None:
    box.add_recording(id="half", created_at=OLD, formats=("wav",), duration_millis=50)
    result = archive(box, tmp_path, delete=True, formats=("wav", "mp3"))
    assert (result.deleted, result.quarantined.count) == (2, 1)
    assert [each.id for each in box.recordings] == ["half"]


@pytest.mark.parametrize(
    "status", ["in-progress", "queued", "pending", "processing", "failed", "Completed", None]
)
def test_a_recording_with_an_unfinished_transcript_is_not_deleted(
    box: Sandbox, tmp_path: Path, status: str | None
) -> None:
    box.add_recording(id="spoken", created_at=OLD, duration_millis=50, transcript="Hello.")
    [transcription] = box.transcriptions
    restate(box, transcription.id, status=status)
    told = archive(box, tmp_path, delete=True, dry_run=True)
    assert (told.deleted, told.awaiting_transcripts) == (2, 1)
    first = archive(box, tmp_path, delete=True)
    assert (first.deleted, first.awaiting_transcripts, first.ok) == (2, 1, True)
    assert "transcripts still in progress: 1" in str(first)
    assert first.not_deleted == {"transcript": 1}
    assert archive(box, tmp_path, delete=True, transcripts=False).not_deleted == {"transcript": 1}
    restate(box, transcription.id, status="completed")
    result = archive(box, tmp_path, delete=True)
    assert (result.transcripts, result.deleted, result.awaiting_transcripts) == (1, 1, 0)


def _shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _remove_side_file(path: Path) -> None:
    path.with_name(f"{path.name}.json").unlink()


def _empty_side_file(path: Path) -> None:
    path.with_name(f"{path.name}.json").write_text("{}")


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (flip, "its SHA-256 differs"),
        (_shorten, "bytes, not"),
        (Path.unlink, "it is missing"),
        (_remove_side_file, "missing or does not describe"),
        (_empty_side_file, "missing or does not describe"),
    ],
    ids=["a bit", "short", "gone", "no sidecar", "another sidecar"],
)
def test_a_changed_copy_stops_all_deletion(
    box: Sandbox, tmp_path: Path, damage: Callable[[Path], object], complaint: str
) -> None:
    archive(box, tmp_path)
    result = archive(
        box,
        tmp_path,
        delete=True,
        progress=DoesOnce("deleting", lambda: damage(next(tmp_path.rglob("first.wav")))),
    )
    assert (result.deleted, deletions(box), result.ok) == (0, {}, False)
    assert result.deletion_stopped is not None
    assert complaint in result.deletion_stopped
    assert [(each.id, complaint in each.reason) for each in result.problems] == [("first", True)]


def test_a_lost_copy_is_downloaded_again_before_any_deletion(box: Sandbox, tmp_path: Path) -> None:
    sums = checksums(box)
    archive(box, tmp_path)
    next(tmp_path.rglob("first.wav")).unlink()
    assert archive(box, tmp_path, delete=True).deleted == 0
    assert archive(box, tmp_path, delete=True).deleted == 2
    assert stored(tmp_path) == sums


def test_a_recording_that_was_changed_at_the_source_stops_all_deletion(
    box: Sandbox, tmp_path: Path
) -> None:
    """The copy may not be what the source has now; the next run copies the recording again."""
    archive(box, tmp_path)
    box.delete_recording("first")
    box.add_recording(
        id="first",
        created_at=OLD,
        duration_millis=100,
        channels="single",
        updated_at="2026-02-02T00:00:00Z",
    )
    result = archive(box, tmp_path, delete=True)
    assert result.deleted == 0
    assert "changed at the source" in str(result.deletion_stopped)
    assert archive(box, tmp_path, delete=True).deleted == 2


def test_recordings_deleted_by_others_are_noted_as_deleted(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    box.delete_recording("first")
    result = archive(box, tmp_path, delete=True)
    assert (result.deleted, result.ok) == (2, True)
    assert deletions(box) == {"second": 1}


def test_an_interrupted_deletion_is_looked_up(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    box.delete_recording("first")
    set_state(tmp_path, State.DELETE_INTENT, "first", "second")
    assert archive(box, tmp_path).ok
    states = [entry_of(tmp_path, id_).state for id_ in ("first", "second")]
    assert states == [State.DELETED, State.VERIFIED]
    assert deletions(box) == {}


def test_a_key_without_permission_to_delete_ends_the_run(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    refuse = DoesOnce("deleting", lambda: box.fail_next(403))
    with pytest.raises(PermissionDeniedError):
        archive(box, tmp_path, delete=True, progress=refuse)
    assert archive(box, tmp_path, delete=True).deleted == 2


def test_a_failing_source_stops_only_the_deletion(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    fail = DoesOnce("deleting", lambda: box.fail_next(503, times=2))
    result = archive(box, tmp_path, delete=True, progress=fail)
    assert (result.deleted, result.already_there.count) == (0, 2)
    assert str(result.deletion_stopped).startswith("InternalServerError: GET /recordings/")


def test_a_dry_run_states_what_it_would_delete(box: Sandbox, tmp_path: Path) -> None:
    filter_ = {"from": "+1"}
    for n, day in enumerate(("2026-01-05", "2026-02-07")):
        box.add_recording(id=f"mine-{n}", from_="+1", created_at=f"{day}T09:00:00.000Z")
    planned = archive(box, tmp_path / "a", filter=filter_, delete=True, dry_run=True).to_delete
    assert planned is not None
    assert (planned.count, planned.bytes > 0) == (2, True)
    assert [str(each)[:10] for each in (planned.oldest, planned.newest)] == [
        "2026-01-05",
        "2026-02-07",
    ]
    archive(box, tmp_path / "a", filter=filter_, transcripts=False)
    exact = archive(box, tmp_path / "a", filter=filter_, delete=True, dry_run=True).to_delete
    assert exact is not None
    assert exact.bytes == sum(len(box.audio(f"mine-{n}", "wav")) for n in range(2))
    assert archive(box, tmp_path / "a", filter={"from": "+2"}, dry_run=True).to_delete is None
