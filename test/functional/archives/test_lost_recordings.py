"""An archive forgets no recording: whatever names it is evidence, and a loss is damage."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiving import archive, checksums, holding, repair, stored
from buckets import Bucket
from telnyx_recordings import Client
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "a"}, {"id": "b", "transcript": "Hello."})


def ids(folder: Path) -> set[str]:
    """The ids in `manifest.jsonl`."""
    lines = (folder / "manifest.jsonl").read_bytes().splitlines()
    return {json.loads(line)["id"] for line in lines}


def lose_audio(folder: Path) -> None:
    next(folder.rglob("a.wav")).unlink()


def lose_sidecar(folder: Path) -> None:
    next(folder.rglob("a.wav.json")).unlink()


def lose_both(folder: Path) -> None:
    """Remove all files of a recording; its line in the list stays."""
    lose_audio(folder)
    lose_sidecar(folder)


@pytest.mark.parametrize("lose", [lose_audio, lose_sidecar, lose_both])
def test_a_rebuilt_manifest_reports_lost_recordings(
    box: Sandbox, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    folder, copy = tmp_path / "calls", tmp_path / "copy"
    archive(box, folder)
    (folder / ".archive" / "manifest.sqlite").unlink()
    lose(folder)
    assert {each.id for each in verify(folder).damaged} == {"a"}
    shutil.copytree(folder, copy)
    assert {each.id for each in repair(box, copy).repaired} == {"a"}
    for each in (copy, folder):
        assert archive(box, each).ok
        assert verify(each).ok
        assert stored(each) == checksums(box)
        assert ids(each) == {"a", "b"}


@pytest.mark.parametrize("lose", [lose_audio, lose_both])
def test_a_loss_that_cannot_be_restored_is_reported_in_every_run(
    box: Sandbox, tmp_path: Path, lose: Callable[[Path], None]
) -> None:
    archive(box, tmp_path, delete=True)
    (tmp_path / ".archive" / "manifest.sqlite").unlink()
    lose(tmp_path)
    for _ in range(2):
        result = archive(box, tmp_path)
        assert ([each.id for each in result.problems], result.ok) == (["a"], False)
        assert not verify(tmp_path).ok
        assert ids(tmp_path) == {"a", "b"}


def test_an_older_manifest_loses_no_id_of_the_list(box: Sandbox, tmp_path: Path) -> None:
    an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
    archive(box, tmp_path)
    manifest = tmp_path / ".archive" / "manifest.sqlite"
    before = manifest.read_bytes()
    box.add_recording(id="c", created_at=an_hour_ago, duration_millis=100)
    archive(box, tmp_path, delete=True, min_age=timedelta())
    manifest.write_bytes(before)
    box.add_recording(id="d", created_at=an_hour_ago, duration_millis=100)
    archive(box, tmp_path)
    assert ids(tmp_path) == {"a", "b", "c", "d"}
    archive(box, tmp_path)
    assert verify(tmp_path).ok
    assert verify(tmp_path).recordings == 4


def test_purged_recordings_stay_purged_when_the_manifest_is_lost(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    purge(tmp_path, ids=["b"], dry_run=False)
    (tmp_path / ".archive" / "manifest.sqlite").unlink()
    (tmp_path / "manifest.jsonl").unlink()
    result = archive(box, tmp_path)
    assert (result.already_there.count, result.erased) == (1, 1)
    assert stored(tmp_path).keys() == {"a"}
    assert ids(tmp_path) == {"a", "b"}


def test_an_emptied_folder_is_filled_again(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    shutil.rmtree(tmp_path / "2026")
    result = archive(box, tmp_path)
    assert (result.stored.count, result.ok) == (2, True)
    assert stored(tmp_path) == checksums(box)
    shutil.rmtree(tmp_path / "2026")
    for recording in list(box.recordings):
        with Client(box.api_key, box.base_url) as client:
            client.recordings.delete(recording.id)
    assert not archive(box, tmp_path).ok


def test_another_machine_reports_recordings_lost_in_a_bucket(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, bucket.url)
    bucket.lose(*(key for key in bucket.objects() if "/a." in key))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
    assert {each.id for each in verify(bucket.url).damaged} == {"a"}
    assert archive(box, bucket.url).ok
    assert bucket.audio().keys() == {"a", "b"}


def test_an_outdated_manifest_keeps_recordings_that_only_it_knows(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(box, bucket.url)
    with monkeypatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        archive(box, bucket.url)
    bucket.lose("manifest.jsonl", *(key for key in bucket.objects() if "/a." in key))
    assert archive(box, bucket.url).ok
    assert bucket.audio().keys() == {"a", "b"}
    assert not list((tmp_path / "state").rglob("before.jsonl"))


def test_readable_lines_of_a_damaged_list_are_used(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    (tmp_path / "mine.wav").write_bytes(b"mine")
    lines = (tmp_path / "manifest.jsonl").read_bytes().splitlines()
    sha256 = "0" * 64
    forged = [
        {"name": "wav", "key": key, "size": 4, "sha256": sha256}
        for key in ("../x.wav", "/etc/x.wav", ".archive/x.wav", "a//x.wav", "mine.wav/../y.wav")
    ]
    more: list[object] = [5, {"id": 5}, {"id": "e", "objects": [*forged, {"name": 1}, 7]}]
    lines += [b"{", b"\xff", *(json.dumps(each).encode() for each in more)]
    (tmp_path / "manifest.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / ".archive" / "manifest.sqlite").unlink()
    archive(box, tmp_path)
    assert ids(tmp_path) == {"a", "b", "e"}
    assert (tmp_path / "mine.wav").read_bytes() == b"mine"
