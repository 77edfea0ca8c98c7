"""What an archive keeps of a recording, and how it finds an object that has changed."""

import hashlib
from pathlib import Path

import pytest
from msgspec import json

from telnyx_recordings.archive.integrity import damage_of
from telnyx_recordings.archive.records import Stored, found_of
from telnyx_recordings.archive.stores.folder import FolderStore
from telnyx_recordings.models import RecordingResponseData

COPIED = "2026-01-02T03:04:05Z"
SHA256 = hashlib.sha256(b"audio").hexdigest()


@pytest.mark.parametrize(
    ("id_", "size", "sha256", "is_good"),
    [
        ("rec-1", 5, SHA256, True),
        ("rec-2", 5, SHA256, False),
        ("rec-1", 6, SHA256, False),
        ("rec-1", 5, "0" * 64, False),
    ],
)
def test_a_sidecar_must_describe_its_recording_and_bytes(
    tmp_path: Path, id_: str, size: int, sha256: str, *, is_good: bool
) -> None:
    side = {"id": id_, "object": {"size": size, "sha256": sha256}}
    tmp_path.joinpath("a.wav").write_bytes(b"audio")
    tmp_path.joinpath("a.wav.json").write_bytes(json.encode(side))
    told = damage_of(FolderStore(tmp_path), "rec-1", Stored("wav", "a.wav", 5, SHA256))
    wrong = "its sidecar a.wav.json is missing or does not describe it"
    assert told == (None if is_good else wrong)


@pytest.mark.parametrize("content", [b'{"id": "rec-1", "object": null}', b"[]", b"", None])
def test_a_sidecar_that_describes_nothing_or_cannot_be_read_is_damage(
    tmp_path: Path, content: bytes | None
) -> None:
    tmp_path.joinpath("a.wav").write_bytes(b"audio")
    if content is None:
        tmp_path.joinpath("a.wav.json").mkdir()
    else:
        tmp_path.joinpath("a.wav.json").write_bytes(content)
    told = damage_of(FolderStore(tmp_path), "rec-1", Stored("wav", "a.wav", 5, SHA256))
    assert told == "its sidecar a.wav.json is missing or does not describe it"


def test_links_are_not_kept_in_the_manifest() -> None:
    fields = {"id": "rec-1", "channels": "dual"}
    links = {"download_urls": {"wav": "https://media.telnyx.com/a.wav"}}
    for each in (fields, fields | links):
        assert json.decode(found_of(RecordingResponseData.from_dict(each)).meta) == fields


def test_the_manifest_keeps_numbers_and_times_of_a_recording() -> None:
    fields = {"id": "rec-1", "from": "+1312", "created_at": COPIED, "updated_at": COPIED}
    found = found_of(RecordingResponseData.from_dict(fields))
    assert (found.id, found.created) == ("rec-1", 1_767_323_045_000)
    assert json.decode(found.meta) == fields
    bare = found_of(RecordingResponseData.from_dict({"id": "rec-1"}))
    assert (bare.created, bare.meta) == (None, '{"id":"rec-1"}')
