"""The terms of deletion at the source that depend on metadata and the duration of audio."""

from typing import Any

import pytest

from telnyx_recordings import RecordingResponseData
from telnyx_recordings.archive.filters import read_conditions
from telnyx_recordings.archive.records import Reason
from telnyx_recordings.archive.run.terms import Kept, Terms, audio_objection
from telnyx_recordings.archive.windows import Window
from telnyx_recordings.core.model import decode

CREATED_MILLIS = 1_772_366_400_000
ROW: dict[str, Any] = {
    "id": "rec-1",
    "status": "completed",
    "created_at": "2026-03-01T12:00:00Z",
    "updated_at": "2026-03-01T12:00:05Z",
    "recording_started_at": "2026-03-01T11:59:00Z",
    "duration_millis": 60_000,
    "from": "+12125550100",
    "connection_id": "7045426513576052129",
}


def reason(row: dict[str, Any], filter_: dict[str, Any] | None = None, cutoff: int = 0) -> str:
    """Return the reason for which a recording is kept; an empty string if it may be deleted."""
    terms = Terms(
        conditions=read_conditions(filter_),
        window=Window(0, CREATED_MILLIS + 1_000),
        cutoff=cutoff or CREATED_MILLIS + 1_000,
        transcripts=True,
    )
    kept = terms.objection(decode.from_builtins(RecordingResponseData, row, lenient=True))
    return "" if kept is None else kept.reason


def test_a_complete_recording_may_be_deleted() -> None:
    assert not reason(ROW)


@pytest.mark.parametrize(
    ("field", "values", "expected"),
    [
        (
            "status",
            [
                "processing",
                "failed",
                "partial",
                "Completed",
                "COMPLETED",
                "completed ",
                "",
                None,
                1,
            ],
            Reason.STATUS,
        ),
        (
            "duration_millis",
            [
                None,
                0,
                -1,
                -60_000,
                "60000",
                "60 s",
                True,
                60_000.5,
                float("inf"),
                float("nan"),
                "x",
            ],
            Reason.DURATION,
        ),
        ("updated_at", [None, "", "soon", 1_772_366_400], Reason.VERSION),
        ("created_at", [None, "", "yesterday", 1_772_366_400], Reason.AGE),
    ],
)
def test_a_field_that_cannot_be_relied_on_keeps_a_recording(
    field: str, values: list[object], expected: Reason
) -> None:
    assert [reason(ROW | {field: value}) for value in values] == [expected] * len(values)
    assert reason({name: value for name, value in ROW.items() if name != field}) == expected


@pytest.mark.parametrize(("cutoff", "expected"), [(0, ""), (-1, Reason.TOO_YOUNG)])
def test_a_recording_as_young_as_the_cutoff_may_be_deleted(cutoff: int, expected: str) -> None:
    assert reason(ROW, cutoff=CREATED_MILLIS + cutoff) == expected


@pytest.mark.parametrize(
    "filter_",
    [
        {"from": "+12125550100"},
        {"connection_id": 7_045_426_513_576_052_129},
        {"start_time": {"gte": "2026-03-01", "lte": "2026-03-01T11:59:00.000Z"}},
        {"start_time": {"gte": "2026-03-01T13:59:00+02:00"}, "from": "+12125550100"},
        {"created_at": {"gte": "2026-03-01T12:00:00Z", "lte": "2026-03-01T12:00:00Z"}},
    ],
)
def test_a_recording_that_meets_the_filter_may_be_deleted(filter_: dict[str, Any]) -> None:
    assert not reason(ROW, filter_)


@pytest.mark.parametrize(
    "filter_",
    [
        {"from": "+12125550101"},
        {"from": "12125550100"},
        {"to": "+12125550100"},
        {"from": ""},
        {"connection_id": "7045426513576052128"},
        {"call_leg_id": "leg"},
        {"conference_region": "eu"},
        {"sip_call_id": "abc@example.com"},
        {"start_time": {"gte": "2026-03-01T11:59:00.001Z"}},
        {"start_time": {"lte": "2026-03-01T11:58:59.999Z"}},
        {"start_time": {"gte": "2026-03-01", "before": "2026-03-02"}},
        {"start_time": {"gte": "soon"}},
        {"start_time": "2026-03-01"},
        {"end_time": {"gte": "2026-03-01"}},
        {"created_at": {"gte": "2026-03-01T12:00:00.000001Z"}},
        {"from": "+12125550100", "call_session_id": "other"},
    ],
)
def test_a_recording_that_does_not_certainly_meet_the_filter_is_kept(
    filter_: dict[str, Any],
) -> None:
    assert reason(ROW, filter_) == Reason.FILTER


@pytest.mark.parametrize(
    ("filter_", "why"),
    [
        ({"end_time": {"gte": "2026-03-01"}}, "the recording does not state it"),
        ({"start_time": {"gte": "soon"}}, "it cannot be checked"),
        ({"start_time": "2026-03-01"}, "it cannot be checked"),
    ],
)
def test_a_condition_on_a_time_that_cannot_be_checked_is_reported(
    filter_: dict[str, Any], why: str
) -> None:
    recording = decode.from_builtins(RecordingResponseData, ROW, lenient=True)
    objection = read_conditions(filter_).objection(recording)
    assert objection is not None
    assert objection.endswith(f": {why}")


def test_a_condition_that_an_additional_field_states_can_be_checked() -> None:
    row = ROW | {"sip_call_id": "abc@example.com"}
    assert not reason(row, {"sip_call_id": "abc@example.com"})
    assert reason(row, {"sip_call_id": "ABC@example.com"}) == Reason.FILTER


@pytest.mark.parametrize(
    ("measured", "stated"),
    [
        (60_000, 60_000),
        (59_400, 60_000),
        (60_600, 60_000),
        (500, 1_000),
        (72, 50),
        (1, 1),
        (598_000, 600_000),
    ],
)
def test_audio_of_the_stated_duration_is_whole(measured: float, stated: int) -> None:
    assert audio_objection("wav", measured, stated) is None


@pytest.mark.parametrize(
    ("measured", "stated"),
    [
        (None, 60_000),
        (0, 0),
        (0, 100),
        (59_399, 60_000),
        (60_601, 60_000),
        (499, 1_000),
        (100, 250),
        (597_999, 600_000),
        (602_001, 600_000),
        (10_000, 600_000),
    ],
)
def test_audio_of_another_duration_is_not_whole(measured: float | None, stated: int) -> None:
    kept = audio_objection("wav", measured, stated)
    assert kept is not None
    assert kept.reason is Reason.AUDIO


@pytest.mark.parametrize(
    ("measured", "why"),
    [
        (None, "the duration of its wav cannot be measured"),
        (58_000, "its wav lasts 58.000 s, but the recording lasts 60.000 s"),
    ],
)
def test_audio_that_is_not_whole_is_reported_with_both_durations(
    measured: float | None, why: str
) -> None:
    assert audio_objection("wav", measured, 60_000) == Kept(Reason.AUDIO, why)
