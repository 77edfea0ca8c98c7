"""Holds what the source must still show of a recording before it is deleted there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec import Struct, json

from telnyx_recordings.archive.context import WorkerContext
from telnyx_recordings.archive.integrity import damage_of
from telnyx_recordings.archive.records import Entry, State, Stored, found_of
from telnyx_recordings.archive.run.delete import inspect
from telnyx_recordings.archive.stores.folder import FolderStore
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.models.recording_response import RecordingResponse

SHA256 = hashlib.sha256(b"audio").hexdigest()
COPIED = "2026-01-02T03:04:05Z"
ENTRY = Entry(1, "rec-1", State.STORED, None, None, COPIED, ())


class Answers(Struct):
    """A context whose account gives one answer for every recording; nothing was copied anywhere."""

    answer: RecordingResponse

    def account(self) -> Answers:
        """The account."""
        return self

    @property
    def recordings(self) -> Answers:
        """Its recordings."""
        return self

    def retrieve(self, recording_id: str) -> RecordingResponse:
        """Give the answer."""
        assert recording_id == "rec-1"
        return self.answer

    def store(self) -> None:
        """There is none to look into."""


def why_not(data: dict[str, Any] | None) -> str | None:
    """Why a recording is not deleted when the API shows this."""
    found = None if data is None else RecordingResponseData.from_dict(data)
    return inspect(cast("WorkerContext", Answers(RecordingResponse(data=found))), ENTRY)


@pytest.mark.parametrize("data", [None, {"id": "rec-2", "updated_at": COPIED}, {}])
def test_another_recording(data: dict[str, Any] | None) -> None:
    """An answer without the recording, or about another one, deletes nothing."""
    assert why_not(data) == "the API returned another recording"


@pytest.mark.parametrize("updated", [None, "2026-01-02T03:04:06Z"])
def test_a_changed_recording(updated: str | None) -> None:
    """What was changed since it was copied is not deleted."""
    told = why_not({"id": "rec-1", "updated_at": updated})
    assert told == "it was changed at the source after it was copied"


def test_an_unchanged_recording() -> None:
    """It can be deleted."""
    assert why_not({"id": "rec-1", "updated_at": COPIED}) is None


@pytest.mark.parametrize(
    ("id_", "size", "sha256", "is_good"),
    [
        ("rec-1", 5, SHA256, True),
        ("rec-2", 5, SHA256, False),
        ("rec-1", 6, SHA256, False),
        ("rec-1", 5, "0" * 64, False),
    ],
)
def test_the_sidecar_of_an_object(
    tmp_path: Path, id_: str, size: int, sha256: str, *, is_good: bool
) -> None:
    """It has to be about this recording and these bytes, point by point."""
    side = {"id": id_, "object": {"size": size, "sha256": sha256}}
    tmp_path.joinpath("a.wav").write_bytes(b"audio")
    tmp_path.joinpath("a.wav.json").write_bytes(json.encode(side))
    told = damage_of(FolderStore(tmp_path), "rec-1", Stored("wav", "a.wav", 5, SHA256))
    wrong = "its sidecar a.wav.json is missing or does not describe it"
    assert told == (None if is_good else wrong)


def test_links_are_not_kept() -> None:
    """What the manifest keeps of a recording has everything else."""
    fields = {"id": "rec-1", "channels": "dual"}
    links = {"download_urls": {"wav": "https://media.telnyx.com/a.wav"}}
    for each in (fields, fields | links):
        assert json.decode(found_of(RecordingResponseData.from_dict(each)).meta) == fields


def test_what_is_kept_of_a_recording() -> None:
    """Who called whom, and when it was made and changed; nothing where that is not told."""
    fields = {"id": "rec-1", "from": "+1312", "to": "+1313", "created_at": COPIED}
    found = found_of(RecordingResponseData.from_dict(fields | {"updated_at": COPIED}))
    assert (found.id, found.caller, found.called) == ("rec-1", "+1312", "+1313")
    assert (found.created, found.updated) == (1_767_323_045_000, COPIED)
    bare = found_of(RecordingResponseData.from_dict({"id": "rec-1"}))
    assert (bare.caller, bare.called, bare.created, bare.updated) == (None,) * 4
