"""The terms on which a recording may be deleted at the source, checked on its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from telnyx_recordings.archive.filters import Conditions
from telnyx_recordings.archive.records import Reason
from telnyx_recordings.archive.windows import Window, millis
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.status_enum import StatusEnum

_TOLERATED_MILLIS = 500
_TOLERATED_SHARE = 0.01
_MOST_TOLERATED_MILLIS = 2000
_LEAST_SHARE = 0.5


class Kept(NamedTuple):
    """A recording that is not deleted: the reason, and what was found."""

    reason: Reason
    found: str


class Terms(Struct, frozen=True, kw_only=True):
    """The terms of a run on which it deletes.

    Attributes:
        conditions: the run's filter.
        window: the run's window.
        cutoff: the time by which a recording must have been created, in milliseconds since 1970.
        transcripts: whether the run archives transcripts.
    """

    conditions: Conditions
    window: Window
    cutoff: int
    transcripts: bool

    def objection(self, recording: RecordingResponseData) -> Kept | None:
        """Return why a recording is kept, as far as its metadata shows; None if it may go."""
        return next(self._objections(recording), None)

    def _objections(self, recording: RecordingResponseData) -> Iterator[Kept]:
        fields = recording.to_dict()
        created = recording.created_at
        if not isinstance(created, datetime):
            yield Kept(Reason.AGE, "it has no time of creation")
            return
        if millis(created) > self.cutoff:
            yield Kept(Reason.TOO_YOUNG, f"it was created at {created.isoformat()}")
        if recording.status != StatusEnum.COMPLETED:
            status = fields.get("status")
            yield Kept(Reason.STATUS, f"its status is {status!r}, not 'completed'")
        if not isinstance(recording.updated_at, datetime):
            yield Kept(Reason.VERSION, "it has no time of its last change")
        if duration_of(recording) is None:
            stated = fields.get("duration_millis")
            yield Kept(Reason.DURATION, f"its duration is {stated!r} milliseconds")
        # What an earlier run selected was compared with the times of that run.
        low, high = self.window
        if low <= millis(created) <= high and not self.conditions.admit(recording):
            yield Kept(Reason.FILTER, f"it was created at {created.isoformat()}")
        problem = self.conditions.objection(recording)
        if problem is not None:
            yield Kept(Reason.FILTER, problem)


def duration_of(recording: RecordingResponseData) -> int | None:
    """Return the duration in milliseconds; None if it is not known."""
    stated = recording.duration_millis
    return stated if isinstance(stated, int) and stated > 0 else None


def audio_objection(name: str, measured: float | None, stated: int) -> Kept | None:
    """Return why audio is not the whole recording; None if it is.

    Args:
        name: the format.
        measured: the duration of the audio in milliseconds; None if it cannot be measured.
        stated: the duration of the recording in milliseconds.
    """
    if measured is None:
        return Kept(Reason.AUDIO, f"the duration of its {name} cannot be measured")
    share = min(max(_TOLERATED_MILLIS, stated * _TOLERATED_SHARE), _MOST_TOLERATED_MILLIS)
    whole = measured > 0 and measured >= stated * _LEAST_SHARE
    if not whole or abs(measured - stated) > share:
        return Kept(
            Reason.AUDIO,
            f"its {name} lasts {measured / 1000:.3f} s, "
            f"but the recording lasts {stated / 1000:.3f} s",
        )
    return None
