"""Tests that `repair` repairs what is damaged in an archive, and makes nothing worse."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from archiving import archive, checksums, flip, holding, leftovers, repair, stored
from buckets import s3
from telnyx_recordings.archive import verify
from telnyx_recordings.archive.stores.bucket import BucketStore
from telnyx_recordings.errors import AuthenticationError
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "spoken", "transcript": "Hello."}, {"id": "plain", "duration_millis": 200})


@pytest.fixture
def folder(box: Sandbox, tmp_path: Path) -> Path:
    """The archive of the sandbox, in a folder."""
    assert archive(box, tmp_path, formats=("wav", "mp3")).ok
    return tmp_path


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def loop(path: Path) -> None:
    """Replace a file with a link to itself, which cannot be read."""
    path.unlink()
    path.symlink_to(path)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "flipped": flip,
    "cut": cut,
    "missing": Path.unlink,
    "unreadable": loop,
}


def content(folder: Path) -> dict[str, bytes]:
    """Every file that users see, by its name; the order of the manifest's lines is no matter."""
    files = {path.name: path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}
    return {name: each for name, each in files.items() if name != "manifest.jsonl"}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    "name",
    [
        *("spoken.wav", "spoken.mp3", "spoken.wav.json"),
        *("spoken.transcript.txt", "spoken.transcript.json"),
    ],
)
def test_damaged_and_missing_files_are_repaired(
    box: Sandbox, folder: Path, damage: str, name: str
) -> None:
    before = content(folder)
    DAMAGE[damage](next(folder.rglob(name)))
    asked = verify(folder)
    assert len(asked.damaged) == 1
    result = repair(box, folder)
    assert (result.repaired, result.damaged, result.ok) == (asked.damaged, (), True)
    assert content(folder) == before
    assert (verify(folder).ok, verify(folder).strangers) == (True, ())
    assert leftovers(folder) == []
    assert archive(box, folder, formats=("wav", "mp3")).already_there.count == 2


def test_both_files_of_a_transcript_are_repaired(box: Sandbox, folder: Path) -> None:
    before = content(folder)
    for path in list(folder.rglob("spoken.transcript.*")):
        path.unlink()
    assert len(repair(box, folder).repaired) == 2
    assert content(folder) == before


def test_files_that_cannot_be_repaired_are_kept(box: Sandbox, folder: Path) -> None:
    for name in ("plain.wav", "spoken.wav"):
        cut(next(folder.rglob(name)))
    before = content(folder)
    box.delete_recording("plain")
    box.fail_next(403, times=2, on="media")
    result = repair(box, folder)
    assert content(folder) == before
    assert (result.ok, result.repaired) == (False, ())
    reasons = {each.id: each.reason for each in result.damaged}
    assert "bytes, not" in reasons["plain"]
    assert "404" in reasons["plain"]
    assert "the store returned 403" in reasons["spoken"]
    assert [each.id for each in repair(box, folder).repaired] == ["spoken"]
    assert [each.id for each in verify(folder).damaged] == ["plain"]


def test_content_that_differs_from_the_stored_one_is_not_used_for_a_repair(
    box: Sandbox, folder: Path
) -> None:
    cut(next(folder.rglob("plain.wav")))
    box.fail_next(200, body='{"data": {"id": "other"}}')
    assert "another recording" in repair(box, folder).damaged[0].reason
    assert len(repair(box, folder).repaired) == 1
    cut(next(folder.rglob("spoken.transcript.json")))
    before = content(folder)
    other = {"id": "t", "recording_id": "spoken", "transcription_text": "Bye."}
    box.fail_next(200, body=json.dumps({"data": [other]}))
    assert "no longer" in repair(box, folder).damaged[0].reason
    assert content(folder) == before


def test_a_damaged_copy_set_aside_by_a_killed_repair_is_removed_after_the_repair(
    box: Sandbox, folder: Path
) -> None:
    path = next(folder.rglob("plain.wav"))
    flip(path)
    path.rename(f"{path}.damaged")
    assert len(repair(box, folder).repaired) == 1
    assert stored(folder) == checksums(box)
    assert not Path(f"{path}.damaged").exists()


def test_damaged_and_missing_objects_in_a_bucket_are_repaired(box: Sandbox, tmp_path: Path) -> None:
    with s3(tmp_path / "state") as bucket:
        archive(box, bucket.url)
        before = bucket.objects()
        for id_, change in (("plain", None), ("spoken", b"RIFF")):
            store = BucketStore(bucket.url)
            key = next(each for each in before if each.endswith(f"{id_}.wav"))
            store.remove(key)
            if change:
                store.create(key, change)
        assert len(repair(box, bucket.url).repaired) == 2
        after = bucket.objects()
        changing = ("manifest.jsonl", ".archive/generation")
        assert {k: v for k, v in after.items() if k not in changing} == {
            k: v for k, v in before.items() if k not in changing
        }
        assert verify(bucket.url).ok


def test_a_wrong_key_ends_the_repair(box: Sandbox, folder: Path) -> None:
    cut(next(folder.rglob("plain.wav")))
    before = content(folder)
    with pytest.raises(AuthenticationError):
        repair(box, folder, "WRONG")
    assert content(folder) == before


def test_an_unreadable_file_does_not_hide_other_damage(box: Sandbox, folder: Path) -> None:
    loop(next(folder.rglob("plain.wav")))
    cut(next(folder.rglob("spoken.wav")))
    found = {each.id: each.reason for each in verify(folder).damaged}
    assert found.keys() == {"plain", "spoken"}
    assert "it cannot be read" in found["plain"]
    assert os.strerror(errno.ELOOP) in found["plain"]
    assert {each.id for each in repair(box, folder).repaired} == {"plain", "spoken"}
    assert stored(folder) == checksums(box)
