"""Holds what the source must still show of a recording before it is deleted there."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec import Struct

from telnyx_recordings.archive.manifest import Entry, State
from telnyx_recordings.archive.sites import Site
from telnyx_recordings.archive.tasks import inspect
from telnyx_recordings.models import RecordingResponseData
from telnyx_recordings.models.recording_response import RecordingResponse

COPIED = "2026-01-02T03:04:05Z"
ENTRY = Entry(1, "rec-1", State.STORED, None, None, COPIED, ())


class Answers(Struct):
    """A site whose account gives one answer for every recording; nothing was copied anywhere."""

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
    return inspect(cast("Site", Answers(RecordingResponse(data=found))), ENTRY)


@pytest.mark.parametrize("data", [None, {"id": "rec-2", "updated_at": COPIED}, {}])
def test_another_recording(data: dict[str, Any] | None) -> None:
    """An answer without the recording, or about another one, deletes nothing."""
    assert why_not(data) == "the API answered with another recording"


@pytest.mark.parametrize("updated", [None, "2026-01-02T03:04:06Z"])
def test_a_changed_recording(updated: str | None) -> None:
    """What was changed since it was copied is not deleted."""
    told = why_not({"id": "rec-1", "updated_at": updated})
    assert told == "it was changed at the source since it was copied"


def test_an_unchanged_recording() -> None:
    """It can be deleted."""
    assert why_not({"id": "rec-1", "updated_at": COPIED}) is None
