"""Plain data to models: maps, variants, unknown fields, and what does not fit."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from telnyx_recordings.core.model import DateTime, Model, decode
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import (
    ChannelsEnum,
    CustomStorageConfiguration,
    RecordingListResponse,
    RecordingResponseData,
    S3ConfigurationData,
)


class Leg(Model, kw_only=True):
    """One leg of a call."""

    number: str | None = None
    joined_at: DateTime | None = None


class Call(Model, kw_only=True):
    """A call with its legs by name."""

    legs: dict[str, Leg] | None = None
    marks: dict[str, DateTime] | None = None


def from_text(data: dict[str, Any]) -> Call:
    """Read a call from JSON."""
    return Call.from_json(json.dumps(data))


@pytest.mark.parametrize("read", [Call.from_dict, from_text])
def test_maps_contain_models_and_times(read: Callable[[dict[str, Any]], Call]) -> None:
    data = {
        "legs": {"a": {"number": "+1", "joined_at": "2026-03-01T08:00:00", "mood": "calm"}},
        "marks": {"hold": "2026-03-01T08:00:01"},
    }
    call = read(data)
    assert call.legs is not None
    assert call.marks == {"hold": datetime(2026, 3, 1, 8, 0, 1, tzinfo=UTC)}
    assert call.legs["a"].joined_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert call.legs["a"].additional_properties == {"mood": "calm"}
    assert call.to_dict() == {
        "legs": {"a": {"number": "+1", "joined_at": "2026-03-01T08:00:00Z", "mood": "calm"}},
        "marks": {"hold": "2026-03-01T08:00:01Z"},
    }


def test_values_of_unexpected_types_in_a_map_are_named_by_key() -> None:
    data = {"legs": {"a": {"number": "+1"}, "b": {"number": 2}}}
    with pytest.raises(ModelError) as caught:
        Call.from_dict(data)
    assert caught.value.place == "$.legs.b.number"
    call = decode.from_builtins(Call, data, lenient=True)
    assert call.legs is not None
    assert (call.legs["a"].number, call.legs["b"].number) == ("+1", None)
    assert call.to_dict() == data


@pytest.mark.parametrize("instead", [["a"], "a", 7])
def test_values_other_than_maps_are_set_aside(instead: object) -> None:
    with pytest.raises(ModelError, match=r"\$\.legs"):
        Call.from_dict({"legs": instead})
    assert decode.from_builtins(Call, {"legs": instead}, lenient=True).to_dict() == {
        "legs": instead
    }


def test_times_in_plain_data_may_be_datetimes() -> None:
    naive = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - what this is about
    recording = RecordingResponseData.from_dict({"created_at": naive, "updated_at": naive})
    assert recording.created_at == recording.updated_at == naive.replace(tzinfo=UTC)


def test_each_row_keeps_its_own_unknown_fields() -> None:
    data = {"data": [{"id": "x", f"tag-{n}": n} for n in range(2000)]}
    page = RecordingListResponse.from_dict(data)
    assert page.to_dict() == data


def test_an_invalid_variant_is_named_by_its_location() -> None:
    wrong = {"backend": "s3", "configuration": {"backend": "s3", "bucket": 7}}
    with pytest.raises(ModelError) as caught:
        CustomStorageConfiguration.from_dict(wrong)
    assert caught.value.place == "$.configuration.bucket"
    with pytest.raises(ModelError, match=r"\$\.configuration: expected an object, got int"):
        CustomStorageConfiguration.from_dict({"backend": "s3", "configuration": 7})


def test_a_variant_may_be_a_model_already() -> None:
    made = S3ConfigurationData(
        bucket="b", region="r", aws_access_key_id="k", aws_secret_access_key="s"
    )
    stored = CustomStorageConfiguration.from_dict({"backend": "s3", "configuration": made})
    assert stored.configuration is made


def test_an_enum_accepts_any_text_and_nothing_else() -> None:
    assert ChannelsEnum("quad") == "quad"
    with pytest.raises(ValueError, match="7 is not a valid ChannelsEnum"):
        ChannelsEnum(cast("Any", 7))


def test_values_that_json_cannot_represent_are_refused_when_written() -> None:
    recording = RecordingResponseData(id="x", additional_properties={"made": object()})
    with pytest.raises(TypeError, match="a model cannot hold a object"):
        recording.to_dict()
