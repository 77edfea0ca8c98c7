"""Missing and damaged files of an archive are repaired if possible, and never made worse."""

from pathlib import Path
from typing import Any

import pytest

from archiving import (
    OLD,
    archive,
    audio_requests,
    checksums,
    entry_of,
    flip,
    holding,
    listed,
    set_state,
    stored,
)
from telnyx_recordings.archive import verify
from telnyx_recordings.archive.records import State
from telnyx_recordings.errors import DestinationError, ManifestError
from telnyx_recordings.sandbox import Sandbox

box = holding({"id": "spoken", "transcript": "Hello."}, {"id": "plain", "duration_millis": 200})


@pytest.mark.parametrize("name", ["spoken.wav", "spoken.transcript.txt", "spoken.transcript.json"])
def test_damaged_files_are_written_again(box: Sandbox, tmp_path: Path, name: str) -> None:
    archive(box, tmp_path, formats=("wav", "mp3"))
    set_state(tmp_path, State.STORED, "spoken", "plain")
    flip(next(tmp_path.rglob(name)))
    beside = next(tmp_path.rglob("spoken.mp3")).stat().st_ino
    assert archive(box, tmp_path).ok
    assert stored(tmp_path) == checksums(box)
    assert next(tmp_path.rglob("spoken.mp3")).stat().st_ino == beside
    assert next(tmp_path.rglob("spoken.transcript.txt")).read_text() == "Hello.\n"
    result = verify(tmp_path)
    assert (result.objects, result.damaged, result.strangers) == (6, (), ())


def test_a_damaged_copy_of_a_recording_deleted_at_the_source_is_kept(
    box: Sandbox, tmp_path: Path
) -> None:
    archive(box, tmp_path)
    box.delete_recording("plain")
    for lost in (tmp_path / ".archive" / "manifest.sqlite", tmp_path / "manifest.jsonl"):
        lost.unlink()
    bad = flip(next(tmp_path.rglob("plain.wav")))
    result = archive(box, tmp_path)
    assert next(tmp_path.rglob("plain.wav")).read_bytes() == bad
    assert not verify(tmp_path).ok
    entry = entry_of(tmp_path, "plain")
    assert entry.state is State.QUARANTINED
    assert "gone at the source" in str(entry.reason)
    assert result.already_there.count == 1


@pytest.mark.parametrize("links", [None, {}, {"mp3": "https://s3.amazonaws.com/a", "wav": None}])
def test_a_damaged_copy_of_a_recording_listed_without_audio_is_kept(
    box: Sandbox, tmp_path: Path, links: dict[str, str | None] | None
) -> None:
    archive(box, tmp_path)
    [row] = [each.fields for each in box.recordings if each.id == "plain"]
    fields: dict[str, Any] = {**row, "download_urls": links, "status": "deleted"}
    box.delete_recording("plain")
    box.add_recording(**fields)
    (tmp_path / ".archive" / "manifest.sqlite").unlink()
    bad = flip(next(tmp_path.rglob("plain.wav")))
    archive(box, tmp_path)
    assert next(tmp_path.rglob("plain.wav")).read_bytes() == bad


def test_a_read_only_archive_can_be_verified(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    own = tmp_path / ".archive"
    (own / "manifest.sqlite-wal").mkdir()
    result = verify(tmp_path)
    assert (result.recordings, result.ok) == (2, True)
    assert {each.name for each in own.iterdir()} == {"manifest.sqlite", "manifest.sqlite-wal"}
    with pytest.raises(DestinationError, match="cannot be written"):
        archive(box, tmp_path)


def test_the_manifest_is_rebuilt_from_the_sidecars(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path)
    journal = tmp_path / ".archive" / "manifest.sqlite"
    journal.write_bytes(b"no journal at all, and longer than a header " * 10)
    with pytest.raises(ManifestError, match="run the archive again"):
        archive(box, tmp_path)
    journal.unlink()
    assert verify(tmp_path).recordings == 2
    before = audio_requests(box)
    result = archive(box, tmp_path)
    assert (result.already_there.count, result.ok) == (2, True)
    assert audio_requests(box) == before
    assert {each["id"] for each in listed(tmp_path)} == {each.id for each in box.recordings}


def test_a_rebuilt_archive_keeps_its_layout(box: Sandbox, tmp_path: Path) -> None:
    archive(box, tmp_path, layout="flat_{id}.{format}")
    for path in (tmp_path / ".archive").iterdir():
        path.unlink()
    (tmp_path / "manifest.jsonl").unlink()
    box.add_recording(id="later", created_at=OLD, duration_millis=50)
    assert archive(box, tmp_path).ok
    assert (tmp_path / "flat_later.wav").exists()
