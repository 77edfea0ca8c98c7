"""Models: what goes in comes out again, typed, whatever the contract knows of it."""

import copy
import json
import logging
import pickle
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from types import MappingProxyType
from typing import Any, cast

import pytest

from telnyx_recordings.core.model import Model, decode
from telnyx_recordings.core.model.shape import EXTRA, parse_time
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import (
    ChannelsEnum,
    CustomStorageConfiguration,
    RecordingListResponse,
    RecordingResponse,
    RecordingResponseData,
    RecordingResponseDataDownloadUrls,
    S3ConfigurationData,
    SourceEnum,
)


def row(**changes: Any) -> dict[str, Any]:
    """Return a recording as Telnyx sends it, with some fields changed."""
    return {
        "id": "0b7e9a52-7c1d-4f6e-8a39-5d2c81e4f700",
        "call_control_id": "v3:Zx81aQ",
        "call_leg_id": "leg-1",
        "call_session_id": "session-1",
        "channels": "dual",
        "conference_id": None,
        "connection_id": "9223372036854775809",
        "created_at": "2026-03-01T08:15:30.125Z",
        "download_urls": {"mp3": None, "wav": "https://s3.amazonaws.com/b/k.wav?X-Amz-Expires=600"},
        "duration_millis": 61_250,
        "from": "+13125550142",
        "initiated_by": "DialVerb",
        "record_type": "recording",
        "recording_started_at": "2026-03-01T08:14:28Z",
        "recording_ended_at": "2026-03-01T08:15:29.874512Z",
        "source": "call",
        "status": "completed",
        "to": "sip:desk@example.org",
        "updated_at": "2026-03-01T08:15:31.5Z",
        **changes,
    }


def without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return data without some fields."""
    return {key: value for key, value in data.items() if key not in names}


def test_documented_fields_are_typed() -> None:
    recording = RecordingResponseData.from_dict(row())
    assert recording.channels is ChannelsEnum.DUAL
    assert recording.connection_id == "9223372036854775809"
    assert recording.created_at == datetime(2026, 3, 1, 8, 15, 30, 125_000, tzinfo=UTC)
    assert recording.duration_millis == 61_250
    assert recording.from_ == "+13125550142"
    assert isinstance(recording.download_urls, RecordingResponseDataDownloadUrls)
    assert recording.download_urls.mp3 is None


def test_a_round_trip_changes_nothing_but_the_spelling_of_times() -> None:
    data = without(row(updated_at="2026-03-01T08:15:31.500Z"), "to", "status")
    assert RecordingResponseData.from_dict(data).to_dict() == data
    assert RecordingResponseData.from_json(json.dumps(data)).to_dict() == data
    assert json.loads(RecordingResponseData.from_dict(data).to_json()) == data


def test_absent_and_null_both_read_as_none_and_stay_apart() -> None:
    absent, null = RecordingResponseData(), RecordingResponseData(conference_id=None)
    assert absent.conference_id is null.conference_id is None
    assert absent.to_dict() == {}
    assert null.to_dict() == {"conference_id": None}
    assert absent != null


def test_unknown_fields_are_kept_at_any_depth() -> None:
    data = {
        "data": [row(mood={"score": [1, 2]}, download_urls={"wav": "w", "flac": "f"})],
        "meta": {"page_number": 1, "took_ms": 4},
        "trace": None,
    }
    page = RecordingListResponse.from_json(json.dumps(data))
    assert page.data is not None
    assert page.data[0].additional_properties == {"mood": {"score": [1, 2]}}
    assert page.data[0].download_urls is not None
    assert page.data[0].download_urls.additional_properties == {"flac": "f"}
    assert page.additional_properties == {"trace": None}
    out = page.to_dict()
    assert out["meta"] == data["meta"]
    assert out["data"][0]["mood"] == {"score": [1, 2]}
    assert out["data"][0]["download_urls"] == {"wav": "w", "flac": "f"}


@pytest.mark.parametrize("name", ["additional_properties", EXTRA, "_slot_id", "from_"])
def test_a_field_of_the_wire_does_not_replace_internal_attributes(name: str) -> None:
    data = {"id": "x", name: {"a": 1}}
    recording = RecordingResponseData.from_json(json.dumps(data))
    assert recording.additional_properties == {name: {"a": 1}}
    assert recording.to_dict() == data


def test_additional_properties_are_the_users_to_change() -> None:
    recording = RecordingResponseData(id="x")
    assert recording.additional_properties == {}
    assert recording == RecordingResponseData(id="x")
    recording.additional_properties["tag"] = "vip"
    recording.additional_properties["id"] = "another"
    assert recording.to_dict() == {"id": "x", "tag": "vip"}
    recording.additional_properties = {"only": 1}
    assert recording.to_dict() == {"id": "x", "only": 1}
    assert RecordingResponseData(id="x", additional_properties={"only": 1}) == recording


def test_the_data_given_is_neither_changed_nor_kept() -> None:
    data = row(extra={"list": [1]})
    before = copy.deepcopy(data)
    recording = RecordingResponseData.from_dict(data)
    data["extra"]["list"].append(2)
    assert recording.to_dict()["extra"] == {"list": [1]}
    recording.to_dict()["extra"]["list"].append(3)
    assert recording.to_dict()["extra"] == before["extra"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01T08:15:30Z", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("2026-03-01T08:15:30+00:00", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("2026-03-01T10:15:30.25+02:00", datetime(2026, 3, 1, 8, 15, 30, 250_000, tzinfo=UTC)),
        ("2026-03-01T08:15:30", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("2026-03-01T08:15:30.125", datetime(2026, 3, 1, 8, 15, 30, 125_000, tzinfo=UTC)),
        ("2026-03-01T08:15:30.125001", datetime(2026, 3, 1, 8, 15, 30, 125_001, tzinfo=UTC)),
        ("2026-03-01 08:15:30", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("2026-03-01T08:15Z", datetime(2026, 3, 1, 8, 15, tzinfo=UTC)),
        ("20260301T081530Z", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("20260301T101530+0200", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-W09-7T08:15:30", datetime(2026, 3, 1, 8, 15, 30, tzinfo=UTC)),
        ("", None),
    ],
)
def test_times_of_every_iso_8601_form_are_read(text: str, expected: datetime | None) -> None:
    for recording in (
        RecordingResponseData.from_dict({"created_at": text}),
        RecordingResponseData.from_json(json.dumps({"created_at": text, "new": 1})),
    ):
        assert recording.created_at == expected
        again = recording.to_dict()["created_at"]
        assert again is None if expected is None else again.endswith("Z")
        assert RecordingResponseData.from_dict({"created_at": again}).created_at == expected


def test_times_given_by_the_user_are_made_aware_and_written_in_utc() -> None:
    naive = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - what this is about
    with pytest.warns(UserWarning, match="no time zone"):
        recording = RecordingResponseData(created_at=naive)
    with pytest.warns(UserWarning, match="no time zone"):
        recording.updated_at = naive
    assert recording.created_at == recording.updated_at == naive.replace(tzinfo=UTC)
    there = timezone(timedelta(hours=-5))
    recording.recording_ended_at = datetime(2026, 3, 1, 3, tzinfo=there)
    assert set(recording.to_dict().values()) == {"2026-03-01T08:00:00Z"}
    assert RecordingListResponse(data=[recording]).to_dict() == {"data": [recording.to_dict()]}


def test_an_unknown_enum_value_is_kept_as_an_open_member() -> None:
    recording = RecordingResponseData.from_json(b'{"channels": "quad"}')
    assert recording.channels == "quad"
    assert isinstance(recording.channels, ChannelsEnum)
    assert not recording.channels.is_known
    assert ChannelsEnum.DUAL.is_known
    assert "unknown" in repr(recording.channels)
    assert f"{recording.channels}" == "quad"
    assert recording.to_dict() == {"channels": "quad"}
    assert list(ChannelsEnum) == [ChannelsEnum.SINGLE, ChannelsEnum.DUAL]
    assert hash(recording.channels) == hash("quad")
    for copied in (copy.deepcopy(recording), pickle.loads(pickle.dumps(recording))):
        assert copied == recording
        assert isinstance(copied.channels, ChannelsEnum)


def test_models_compare_copy_and_pickle_with_all_they_hold() -> None:
    recording = RecordingResponseData.from_dict(row(extra=[1]))
    for copied in (
        copy.copy(recording),
        copy.deepcopy(recording),
        pickle.loads(pickle.dumps(recording)),
    ):
        assert copied == recording
        assert copied.to_dict() == recording.to_dict()
    deep = copy.deepcopy(recording)
    deep.additional_properties["extra"].append(2)
    assert recording.additional_properties == {"extra": [1]}
    assert recording != RecordingResponseData.from_dict(row())


def test_a_model_matches_a_pattern() -> None:
    match RecordingResponse.from_dict({"data": row()}):
        case RecordingResponse(data=RecordingResponseData(source=SourceEnum.CALL, from_=caller)):
            assert caller == "+13125550142"
        case _:
            pytest.fail("it should match")


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"duration_millis": "61"}, "$.data[1].duration_millis"),
        ({"id": 7}, "$.data[1].id"),
        ({"created_at": "yesterday"}, "$.data[1].created_at"),
        ({"download_urls": {"wav": 1}}, "$.data[1].download_urls.wav"),
        ({"download_urls": [], "new": 1}, "$.data[1].download_urls"),
        ({"channels": 2}, "$.data[1].channels"),
    ],
)
def test_wrong_input_is_refused_with_its_location(data: dict[str, Any], place: str) -> None:
    document = {"data": [row(), row(**data)]}
    for build in (
        partial(RecordingListResponse.from_dict, document),
        partial(RecordingListResponse.from_json, json.dumps(document)),
    ):
        with pytest.raises(ModelError) as caught:
            build()
        assert isinstance(caught.value, ValueError)
        assert caught.value.place == place
        assert place in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"x"', "null", "[" * 100_000, '{"id": 1e999}', "\ud800", '{"a":"\\ud800"}'],
)
def test_values_other_than_objects_are_refused(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    with pytest.raises(ModelError):
        RecordingResponseData.from_json(data)


def test_responses_are_decoded_leniently(caplog: pytest.LogCaptureFixture) -> None:
    document = {
        "data": [row(), row(duration_millis="61", channels=2), "no row", row(download_urls=5)],
        "meta": {"total_pages": "many"},
    }
    with caplog.at_level(logging.WARNING, logger="telnyx_recordings"):
        page = decode.from_json(RecordingListResponse, json.dumps(document), lenient=True)
    assert page.data is not None
    assert page.meta is not None
    good, bad, unlinked = page.data
    assert good == RecordingResponseData.from_dict(row())
    assert (bad.duration_millis, bad.channels, bad.source) == (None, None, SourceEnum.CALL)
    assert bad.additional_properties == {"duration_millis": "61", "channels": 2}
    assert bad.to_dict()["duration_millis"] == "61"
    assert unlinked.additional_properties == {"download_urls": 5}
    assert page.additional_properties == {"data[2]": "no row"}
    assert page.meta.additional_properties == {"total_pages": "many"}
    assert len(caplog.records) == 1
    assert "$.data[1].duration_millis" in caplog.text


def test_variants_follow_their_discriminator() -> None:
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "s"}
    whole = {"backend": "s3", "bucket": "b", "region": "r", **keys}
    plain = {"backend": "s3", "configuration": whole}
    stored = CustomStorageConfiguration.from_dict(plain)
    assert isinstance(stored.configuration, S3ConfigurationData)
    assert stored.to_dict() == plain
    untagged = {"backend": "s3", "configuration": {"bucket": "b", "aws_access_key_id": "a"}}
    lenient = decode.from_builtins(CustomStorageConfiguration, untagged, lenient=True)
    assert lenient.to_dict() == untagged
    new = {"backend": "b2", "configuration": {"backend": "b2", "key": "k"}}
    assert CustomStorageConfiguration.from_json(json.dumps(new)).to_dict() == new


def test_required_fields_are_required_only_in_requests() -> None:
    with pytest.raises(ModelError, match="`configuration` is missing"):
        CustomStorageConfiguration.from_dict({"backend": "s3"})
    lenient = decode.from_builtins(CustomStorageConfiguration, {"backend": "s3"}, lenient=True)
    assert lenient.to_dict() == {"backend": "s3"}


def test_a_repr_shows_no_secret() -> None:
    data = S3ConfigurationData(
        bucket="b", region="r", aws_access_key_id="k", aws_secret_access_key="hush-hush"
    )
    assert "hush-hush" not in repr(data)
    assert "aws_secret_access_key=***" in repr(data)
    assert data.to_dict()["aws_secret_access_key"] == "hush-hush"


def test_a_repr_begins_with_what_identifies_a_recording() -> None:
    fields = {"call_control_id": "v3:" + "c" * 70, "call_leg_id": "leg", "to": "+12", "from": "+11"}
    recording = RecordingResponseData.from_dict(
        {**fields, "duration_millis": 1500, "status": "completed", "id": "r1"}
    )
    start = "RecordingResponseData(id='r1', status=<StatusEnum.COMPLETED: 'completed'>, "
    assert repr(recording).startswith(f"{start}duration_millis=1500, from_='+11', to='+12', ")


def test_a_repr_shows_no_signed_link() -> None:
    recording = RecordingResponseData.from_dict(row())
    shown = repr(recording) + repr(recording.download_urls)
    assert "wav='https://s3.amazonaws.com/b/k.wav?***'" in shown
    with_user = RecordingResponseData.from_dict({"x": "https://me:secret@h.example/a@b"})
    assert "https://***@h.example/a@b" in repr(with_user)
    assert "X-Amz" not in shown


def test_values_that_are_nested_too_deeply_are_refused_when_written() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for model in (RecordingResponseData(), RecordingListResponse()):
        model.additional_properties["x"] = deep
        for write in (model.to_dict, model.to_json):
            with pytest.raises(ModelError, match="nested too deeply"):
                write()


def test_lone_surrogates_in_plain_data_are_kept() -> None:
    strange = json.loads(r'{"data": [{"id": "r1", "\ud800": 1}], "\udfff": 2}')
    assert RecordingListResponse.from_dict(strange).to_dict() == strange
    with pytest.raises(ModelError, match=r"\$\.data\[0\]\.channels"):
        RecordingListResponse.from_dict(json.loads(r'{"data": [{"channels": "\ud800"}]}'))
    assert parse_time("\ud800") == "\ud800"


def test_lone_surrogates_are_refused_in_json_text() -> None:
    recording = RecordingResponseData.from_dict({"id": "\ud800"})
    assert recording.to_dict() == {"id": "\ud800"}
    with pytest.raises(ModelError, match="Unicode"):
        recording.to_json()


@pytest.mark.parametrize("data", [None, 7, ["{}"], {"id": "x"}])
def test_invalid_text_is_a_model_error(data: object) -> None:
    with pytest.raises(ModelError, match="RecordingResponseData"):
        RecordingResponseData.from_json(cast("str", data))


@pytest.mark.parametrize("given", [MappingProxyType({"tag": "vip"}), {"tag": "vip"}])
def test_additional_properties_may_be_any_mapping(given: Any) -> None:
    recording = RecordingResponseData(id="x", additional_properties=given)
    assert recording.additional_properties == {"tag": "vip"}
    assert recording.to_dict() == {"id": "x", "tag": "vip"}


def test_no_additional_properties_are_none() -> None:
    nothing = cast("dict[str, Any]", None)
    recording = RecordingResponseData(id="x", additional_properties=nothing)
    assert recording == RecordingResponseData(id="x", additional_properties={})
    assert recording.to_dict() == {"id": "x"}


def test_a_repr_shows_no_secret_that_did_not_fit() -> None:
    data = {"bucket": "b", "aws_secret_access_key": ["hush-hush"], "new": 1}
    read = decode.from_builtins(S3ConfigurationData, data, lenient=True)
    assert "hush-hush" not in repr(read)
    assert "'aws_secret_access_key': '***', 'new': 1" in repr(read)
    assert read.to_dict() == data


def test_a_repr_shows_nothing_of_a_variant_that_the_contract_does_not_know() -> None:
    data = {"backend": "b2", "configuration": {"backend": "b2", "application_key": "hush-hush"}}
    read = CustomStorageConfiguration.from_json(json.dumps(data))
    assert "hush-hush" not in repr(read)
    assert "UnknownVariant(backend=***, application_key=***)" in repr(read)
    assert read.to_dict() == data


def test_models_can_be_defined_without_postponed_annotations() -> None:
    class Note(Model):
        text: str | None = None
        ended: "datetime | None" = None

    note = Note.from_dict({"text": "x", "ended": "2026-01-01T00:00:00Z", "more": 1})
    assert (note.text, note.ended) == ("x", datetime(2026, 1, 1, tzinfo=UTC))
    assert note.additional_properties == {"more": 1}
