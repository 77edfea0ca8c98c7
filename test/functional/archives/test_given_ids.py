"""Recordings are archived by id, as a receiver of webhooks does, also beside a nightly run."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

import processes
from archiving import OLD, archive, audio_requests, checksums, holding, stored
from buckets import Bucket
from telnyx_recordings.archive import verify
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.errors import ArchiveLockedError, ConfigError
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "one", "transcript": "Hello."}, {"id": "other"})


def test_only_the_given_recordings_are_archived(box: Sandbox, tmp_path: Path) -> None:
    result = archive(box, tmp_path, ids=["one"])
    assert (result.stored.count, result.listed.count, result.transcripts, result.ok) == (
        *(1, 1, 1),
        True,
    )
    assert not [each for each in box.requests if each.path.endswith("/recordings")]
    assert stored(tmp_path).keys() == {"one"}
    result = archive(box, tmp_path)
    assert (result.stored.count, result.already_there.count) == (1, 1)
    assert stored(tmp_path) == checksums(box)
    assert verify(tmp_path).ok


def test_a_dry_run_copies_none_of_the_given_recordings(box: Sandbox, tmp_path: Path) -> None:
    assert archive(box, tmp_path, ids=["one"], dry_run=True).stored.count == 1
    assert (audio_requests(box), stored(tmp_path)) == (0, {})


def test_a_recording_of_the_last_minute_can_be_archived_by_id(box: Sandbox, tmp_path: Path) -> None:
    box.add_recording(id="new", duration_millis=100)
    assert archive(box, tmp_path, ids=["new"]).stored.count == 1


def test_more_ids_than_fit_into_the_queue_of_the_workers_are_archived(
    box: Sandbox, tmp_path: Path
) -> None:
    for n in range(6):
        box.add_recording(id=f"call-{n}", created_at=OLD, duration_millis=100)
    ids = [each.id for each in box.recordings]
    result = archive(box, tmp_path, ids=ids, workers=1)
    assert (result.stored.count, result.listed.count, result.ok) == (8, 8, True)
    assert stored(tmp_path) == checksums(box)


def test_an_id_that_does_not_exist_is_reported_as_missing(box: Sandbox, tmp_path: Path) -> None:
    result = archive(box, tmp_path, ids=["one", "absent"])
    assert (result.stored.count, result.missing, result.ok) == (1, ("absent",), False)
    assert "absent" in str(result)
    box.add_recording(id="absent", created_at=OLD, duration_millis=100)
    assert archive(box, tmp_path, ids=["absent"]).stored.count == 1


def test_a_recording_that_is_gone_at_the_source_is_still_in_the_archive(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path, ids=["other"])
    archive(box, tmp_path, delete=True)
    result = archive(box, tmp_path, ids=["other"])
    assert (result.already_there.count, result.ok) == (1, True)


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_duplicate_deliveries_give_one_object_and_one_row(
    box: Sandbox, bucket: Bucket, tmp_path: Path, where: str
) -> None:
    destination = bucket.url if where == "bucket" else str(tmp_path / "calls")
    calls = [
        partial(archive, box, destination, **choices)
        for choices in ({"wait": 60.0}, {"ids": ["one"]}, {"ids": ["one"]}, {"ids": ["one"]})
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(call) for call in calls]
        results = [each.result(processes.PATIENCE) for each in running]
    assert all(each.ok for each in results)
    assert sum(each.stored.count for each in results) == 2
    lines = open_store(destination).get("manifest.jsonl") or b""
    assert sorted(json.loads(line)["id"] for line in lines.splitlines()) == ["one", "other"]
    found = verify(destination)
    assert (found.recordings, found.strangers, found.ok) == (2, (), True)


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_the_wait_for_another_archive_is_bounded(
    box: Sandbox, bucket: Bucket, tmp_path: Path, where: str
) -> None:
    destination = bucket.url if where == "bucket" else str(tmp_path / "calls")
    archive(box, destination)
    store = open_store(destination)
    with store.lock(), pytest.raises(ArchiveLockedError, match="another archive"):
        archive(box, destination, ids=["one"], wait=0.1)
    assert archive(box, destination, ids=["one"]).ok


@pytest.mark.parametrize(
    "choices",
    [
        {"ids": ["../x"]},
        {"ids": ["one"], "delete": True},
        {"ids": ["one"], "filter": {"created_at": {"gte": "2026-01-01"}}},
    ],
)
def test_ids_that_cannot_be_used_are_refused(
    box: Sandbox, tmp_path: Path, choices: dict[str, object]
) -> None:
    with pytest.raises(ConfigError):
        archive(box, tmp_path, **choices)
    assert box.requests == []
