"""An archive in a bucket, on a real S3-compatible server: all that a folder promises, and more."""

import errno
import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

import processes
from archiving import OLD, DoesOnce, StopsAfter, archive, audio_requests, deletions, holding, repair
from behaviours import Reply
from buckets import Bucket
from fakes import Server
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.archive.stores.bucket import BucketStore
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import (
    ArchiveLockedError,
    ConfigError,
    DestinationError,
    ObjectConflictError,
)
from telnyx_recordings.sandbox import Sandbox

box = holding(
    *({"id": f"call-{n}", "duration_millis": 100 + n} for n in range(5)),
    {"id": "call-5", "transcript": "Good morning."},
)


def _audio(box: Sandbox) -> dict[str, bytes]:
    return {each.id: box.audio(each.id, "wav") for each in box.recordings}


def test_a_bucket_stores_everything_once_and_verifies_it(box: Sandbox, bucket: Bucket) -> None:
    result = archive(box, bucket.url)
    assert (result.stored.count, result.ok) == (6, True)
    assert bucket.audio() == _audio(box)
    objects = bucket.objects()
    assert "manifest.jsonl" in objects
    assert sum(key.endswith(".wav.json") for key in objects) == 6
    own = {key for key in objects if key.startswith(".archive/")}
    assert own == {".archive/generation"}
    before = audio_requests(box)
    again = archive(box, bucket.url)
    assert (again.already_there.count, audio_requests(box)) == (6, before)
    assert verify(bucket.url).ok


@pytest.mark.parametrize(
    "failures",
    [[500], [503, 503], ["lost"], ["lost", 500], [500, "lost"]],
    ids=["500", "SlowDown", "412 after success", "412 after 500", "500 then lost"],
)
def test_a_failed_put_or_a_lost_response_gives_one_object(
    box: Sandbox, bucket: Bucket, failures: list[int | str]
) -> None:
    bucket.fail[".wav"] = list(failures)
    assert archive(box, bucket.url, workers=1).ok
    assert bucket.audio() == _audio(box)
    assert bucket.fail[".wav"] == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO], ids=["ENOSPC", "EIO"])
def test_a_failing_local_disk_damages_no_bucket(
    box: Sandbox, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Files, "write", fail)
    with pytest.raises(DestinationError, match=os.strerror(number)):
        archive(box, bucket.url)
    monkeypatch.undo()
    assert bucket.audio() == {}
    assert archive(box, bucket.url).ok
    assert bucket.audio() == _audio(box)


@pytest.mark.parametrize("status", [403, 503])
def test_a_bucket_that_refuses_every_upload_ends_the_run(
    box: Sandbox, bucket: Bucket, status: int
) -> None:
    bucket.fail[".wav"] = [status] * 200
    with pytest.raises(DestinationError) as caught:
        archive(box, bucket.url, workers=1)
    assert "\n" not in str(caught.value)
    assert "run the same archive again" in "".join(caught.value.__notes__)
    assert len(bucket.fail[".wav"]) > 100
    bucket.fail.clear()
    assert archive(box, bucket.url).ok
    assert bucket.audio() == _audio(box)


def test_another_object_of_the_same_name_is_not_replaced(box: Sandbox, bucket: Bucket) -> None:
    box.add_recording(id="taken", created_at="2026-02-03T00:00:00Z", duration_millis=50)
    key = "2026/02/03/taken.wav"
    bucket.put(key, b"something else")
    result = archive(box, bucket.url)
    assert (result.quarantined.count, result.stored.count) == (1, 6)
    assert "already exists, with other content" in result.problems[0].reason
    assert bucket.objects()[key] == b"something else"


def test_verified_copies_are_deleted_and_corrupt_ones_are_not(box: Sandbox, bucket: Bucket) -> None:
    archive(box, bucket.url)
    key = next(key for key in bucket.objects() if key.endswith(".wav"))
    good = bucket.objects()[key]
    bad = bytes([*good[:-1], good[-1] ^ 1])
    damage = DoesOnce("deleting", lambda: bucket.put(key, bad))
    result = archive(box, bucket.url, delete=True, progress=damage)
    assert (result.deleted, deletions(box)) == (0, {})
    assert "SHA-256" in str(result.deletion_stopped)
    assert [each.key for each in verify(bucket.url).damaged] == [key]
    bucket.put(key, good)
    assert archive(box, bucket.url, delete=True).deleted == 6
    assert len(box.recordings) == 0
    assert verify(bucket.url).ok


def test_ctrl_c_keeps_the_work_so_far(box: Sandbox, bucket: Bucket) -> None:
    with pytest.raises(KeyboardInterrupt):
        archive(box, bucket.url, workers=1, progress=StopsAfter(2))
    result = archive(box, bucket.url)
    assert (result.listed.count, result.ok) == (6, True)
    assert bucket.audio() == _audio(box)


def test_a_second_archive_is_refused_from_any_machine(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = BucketStore(bucket.url)
    with store.lock():
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        with pytest.raises(ArchiveLockedError, match="another archive is using"):
            archive(box, bucket.url)
    assert archive(box, bucket.url).ok


def test_the_lease_of_a_killed_process_is_taken_over(box: Sandbox, bucket: Bucket) -> None:
    key = ".archive/lock.json"
    with BucketStore(bucket.url).lock():
        fields = json.loads(bucket.objects()[key])
    with processes.started(sys.executable, "-c", "") as killed:
        pass
    bucket.put(key, json.dumps({**fields, "pid": killed.pid}).encode())
    assert archive(box, bucket.url).ok
    bucket.put(key, json.dumps({**fields, "machine": "another"}).encode())
    with pytest.raises(ArchiveLockedError, match=r"renewed \d+ s ago"):
        archive(box, bucket.url)


def _watch(store: BucketStore) -> None:
    for _ in range(500):
        store.assert_locked()
        time.sleep(0.02)


def test_a_lost_lease_stops_the_run(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telnyx_recordings.archive.stores.lease.RENEW_EVERY", 0.05)
    store = BucketStore(bucket.url)
    with store.lock():
        bucket.put(".archive/lock.json", b'{"owner": "another"}')
        with pytest.raises(ArchiveLockedError, match="took"):
            _watch(store)
    assert b"another" in bucket.objects()[".archive/lock.json"]


def test_a_purge_erases_and_is_remembered(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box.add_recording(id="mine", created_at=OLD, duration_millis=50, transcript="Hello.")
    archive(box, bucket.url)
    done = purge(bucket.url, ids=["mine"], dry_run=False)
    assert [each.id for each in done.erased] == ["mine"]
    assert not any("mine" in key for key in bucket.objects())
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    result = archive(box, bucket.url)
    assert (result.already_there.count, result.erased) == (6, 1)
    assert "mine" not in bucket.audio()


def test_machines_that_take_turns_share_additions_and_purges(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, bucket.url)
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        box.add_recording(id="added", created_at=OLD, duration_millis=50)
        assert archive(box, bucket.url).stored.count == 1
        purge(bucket.url, ids=["call-0"], dry_run=False)
    before = audio_requests(box)
    assert (verify(bucket.url).recordings, verify(bucket.url).ok) == (6, True)
    result = archive(box, bucket.url)
    assert (result.already_there.count, result.erased, audio_requests(box)) == (6, 1, before)
    lines = {each["id"]: each for each in map(json.loads, _lines(bucket))}
    assert lines["call-0"]["metadata"] is None
    assert lines["added"]["state"] == "verified"


def _lines(bucket: Bucket) -> list[bytes]:
    return bucket.objects()["manifest.jsonl"].splitlines()


def test_an_emptied_bucket_is_refused_and_can_be_repaired(box: Sandbox, bucket: Bucket) -> None:
    archive(box, bucket.url)
    bucket.lose(*bucket.objects())
    for dry_run in (True, False):
        with pytest.raises(DestinationError, match="is empty, or is a different bucket"):
            archive(box, bucket.url, dry_run=dry_run)
    assert len(verify(bucket.url).damaged) == 8
    assert len(repair(box, bucket.url).repaired) == 8
    assert archive(box, bucket.url).already_there.count == 6


def test_another_archive_under_the_same_url_is_refused(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, bucket.url)
    bucket.lose(*bucket.objects())
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        archive(box, bucket.url, filter={"created_at": {"lte": "2026-01-20"}})
    for command in (verify, partial(archive, box), partial(purge, ids=["call-0"], dry_run=False)):
        with pytest.raises(DestinationError, match="has a different archive"):
            command(bucket.url)


def test_a_long_recording_is_put_from_its_file_and_never_replaced(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telnyx_recordings.archive.stores.bucket._IN_MEMORY", 1000)
    store = BucketStore(bucket.url)
    store.prepare()
    content = bytes(range(256)) * 40_000

    def fetch(path: Path) -> int:
        path.write_bytes(content)
        return len(content)

    got, kept = store.receive("long.wav", fetch)
    assert (got, kept.size) == (len(content), len(content))
    assert bucket.audio()["long"] == content
    assert store.receive("long.wav", fetch)[1] == kept
    with pytest.raises(ObjectConflictError):
        store.receive("long.wav", lambda path: path.write_bytes(content[:-1]))


@pytest.mark.parametrize("in_memory", [1000, 32 << 20])
def test_a_long_list_is_put_in_one_request(
    box: Sandbox, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """A process that is killed leaves no parts in the bucket."""
    monkeypatch.setattr("telnyx_recordings.archive.stores.bucket._IN_MEMORY", in_memory)
    content = bytes(range(256)) * 40_000
    archive(box, bucket.url)
    store = BucketStore(bucket.url)
    before = bucket.puts.total()
    for _ in range(2):
        store.replace("long.jsonl", iter([content[:5_000], content[5_000:]]))
    assert bucket.objects()["long.jsonl"] == content
    assert bucket.puts.total() == before + 2


def _no_user(_uid: int) -> None:
    raise KeyError("uid not found")


def test_a_user_without_a_home_directory_is_told_which_variable_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HOME", "LOCALAPPDATA", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", _no_user)
    with pytest.raises(ConfigError, match="set XDG_STATE_HOME"):
        BucketStore("s3://bucket/calls").manifest_path()


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    with Server(Reply(403)) as server:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", f"http://127.0.0.1:{server.port}")
        with pytest.raises(DestinationError, match="set AWS_ACCESS_KEY_ID and AWS_SECRET"):
            verify("s3://bucket/calls")
