"""What goes onto the wire: paths, queries, headers and bodies, exactly."""

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, unquote

import pytest

from callers import json_body
from hostile_input import nested
from telnyx_recordings.core.request import encode
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import (
    CustomStorageConfiguration,
    DateRange,
    DateTimeRange,
    RecordingListFilter,
    RoomRecordingListFilter,
    S3ConfigurationData,
    StorageBackendEnum,
)

PATH = "/recordings/{recording_id}"


def path_of(value: Any) -> str:
    """The path for an id."""
    return encode.path(PATH, {"recording_id": value})


def filtered(value: Any, **rest: Any) -> str:
    """The query for a filter, decoded."""
    conditions = encode.model(RecordingListFilter, value)
    return unquote(encode.query({"filter": conditions, **rest}))


@pytest.mark.parametrize("value", ["b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951", "r1", "0", "a_b-C", 17])
def test_an_id_is_unchanged_in_the_path(value: str | int) -> None:
    assert path_of(value) == f"/recordings/{value}"


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_id_is_refused_in_the_words_of_the_official_sdk(value: str | None) -> None:
    """`/recordings/` would be the list."""
    message = f"Expected a non-empty value for `recording_id` but received {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        path_of(value)


@pytest.mark.parametrize(
    "value",
    [
        *(
            "..",
            ".",
            "../x",
            "a/b",
            "a\\b",
            "/",
            "a?b",
            "a#b",
            "%2e%2e",
            "a%2Fb",
            "a b",
            " a",
            "a;b",
        ),
        *("a\nb", "a\r\nHost: x", "\x00", "a\x7f", "a\x85b", "a\u2028b", "é", "\u202e", "\ud800"),
        *("-a", "_a", "a" * 129, "a.b", "a..b", True, 1.5, b"r1", [], {}, -1),
    ],
)
def test_ids_that_could_be_another_path_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="Expected an id for `recording_id` but received"):
        path_of(value)


def test_a_long_id_is_not_shown_in_full() -> None:
    with pytest.raises(ValueError, match="Expected an id") as caught:
        path_of("x" * 100_000)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "start",
    [
        date(2026, 3, 1),
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 2, 28, 18, 30, tzinfo=timezone(timedelta(hours=-5, minutes=-30))),
        "2026-03-01",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00Z",
        "2026-03-01T05:30:00+05:30",
        "20260301T000000Z",
        "2026-03-01T00:00:00.000Z",
    ],
)
@pytest.mark.parametrize("spelled", ["dict", "mapping", "model in a dict", "model", "dict in one"])
def test_every_spelling_of_a_time_is_equivalent(start: Any, spelled: str) -> None:
    ways: dict[str, Any] = {
        "dict": {"created_at": {"gte": start}},
        "mapping": MappingProxyType({"created_at": MappingProxyType({"gte": start})}),
        "model in a dict": {"created_at": DateTimeRange(gte=start)},
        "model": RecordingListFilter(created_at=DateTimeRange(gte=start)),
        "dict in one": RecordingListFilter(created_at={"gte": start}),  # type: ignore[arg-type]  # as some will
    }
    assert filtered(ways[spelled]) == "filter[created_at][gte]=2026-03-01T00:00:00Z"


@pytest.mark.parametrize("is_model", [False, True])
def test_a_time_without_a_zone_is_taken_as_utc_with_a_warning(*, is_model: bool) -> None:
    naive = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - without a zone on purpose
    with pytest.warns(UserWarning, match=r"08:00:00 has no time zone and is taken as") as warned:
        text = filtered({"created_at": DateTimeRange(gte=naive) if is_model else {"gte": naive}})
    assert text == "filter[created_at][gte]=2026-03-01T08:00:00Z"
    assert [each.filename for each in warned] == [__file__]


def test_a_time_in_place_of_a_day_is_refused() -> None:
    wanted = {"date_started_at": {"gte": datetime(2026, 3, 1, 8, tzinfo=UTC)}}
    with pytest.raises(ModelError, match=r"gte: expected a day such as 2026-03-01, got the time"):
        encode.model(RoomRecordingListFilter, wanted)
    model = RoomRecordingListFilter(date_started_at=DateRange(gte="2026-03-01"))
    assert encode.query({"filter": encode.model(RoomRecordingListFilter, model)}) == (
        "filter%5Bdate_started_at%5D%5Bgte%5D=2026-03-01"
    )


@pytest.mark.parametrize(
    ("fields", "place", "known"),
    [
        ({"fron": "+1"}, "$.fron", "from"),
        ({"form": "+1"}, "$.form", "from"),
        ({"create_at": {"gte": "2026-03-01"}}, "$.create_at", "created_at"),
        ({"created_at": {"gtee": "2026-03-01"}}, "$.created_at.gtee", "gte"),
        ({"conection_id": "1"}, "$.conection_id", "connection_id"),
    ],
)
def test_a_misspelled_condition_is_refused_with_a_suggestion(
    fields: dict[str, Any], place: str, known: str
) -> None:
    """A server may ignore it and list everything."""
    with pytest.raises(ModelError, match=f"did you mean `{known}`") as caught:
        filtered(fields)
    assert caught.value.place == place


def test_dicts_for_models_in_a_body_get_their_names_on_the_wire() -> None:
    time = DateTimeRange(gte="2026-03-01")
    kind = list[RecordingListFilter] | dict[str, RecordingListFilter] | str
    assert encode.known(kind, "from_") == "from_"
    assert encode.known(kind, [{"from_": "+1", "created_at": time}, time]) == [
        {"from": "+1", "created_at": time},
        time,
    ]
    assert encode.known(kind, {"a": {"from_": "+1"}, 5: None}) == {"a": {"from": "+1"}, 5: None}


def test_a_misspelled_field_of_a_body_is_refused_with_a_suggestion() -> None:
    given_body = {"configuration": {"backend": "s3", "buket": "b"}}
    with pytest.raises(ModelError) as caught:
        encode.known(CustomStorageConfiguration, given_body)
    assert str(caught.value) == (
        "$.configuration.buket: unknown field, did you mean `bucket`? If `buket` is right, pass it "
        "in extra_body"
    )


def test_a_body_that_is_nested_too_deeply_is_refused() -> None:
    kind: Any = int
    for _ in range(2_000):
        kind = dict[str, kind]
    with pytest.raises(ModelError, match=r"^\$ cannot be sent: it is nested too deeply"):
        encode.known(kind, nested(2_000, in_lists=False))


def test_parts_of_a_second_are_kept() -> None:
    start = datetime(2026, 3, 1, 1, 2, 3, 456_000, tzinfo=UTC)
    assert filtered({"created_at": {"gte": start}}) == (
        "filter[created_at][gte]=2026-03-01T01:02:03.456Z"
    )
    assert filtered({"created_at": {"lte": start.replace(microsecond=456_789)}}) == (
        "filter[created_at][lte]=2026-03-01T01:02:03.456789Z"
    )


def test_from_is_spelled_both_ways() -> None:
    assert filtered({"from": "+13125550142"}) == "filter[from]=+13125550142"
    assert filtered({"from_": "+13125550142"}) == "filter[from]=+13125550142"
    assert filtered(RecordingListFilter(from_="sip:a@b.example")) == "filter[from]=sip:a@b.example"


def test_special_characters_in_a_query_are_encoded() -> None:
    conditions = encode.model(RecordingListFilter, {"from": "+1 2&a=b/é"})
    assert encode.query({"filter": conditions}) == "filter%5Bfrom%5D=%2B1%202%26a%3Db%2F%C3%A9"


def test_none_is_omitted_at_any_depth() -> None:
    assert filtered(None) == ""
    assert filtered({"from": None, "created_at": {"gte": None, "lte": "2026-03-01"}}) == (
        "filter[created_at][lte]=2026-03-01T00:00:00Z"
    )


def test_unknown_filters_are_sent() -> None:
    assert filtered({"tags": ["a", "b"], "created_at": {"gt": "x"}, "n_": 1, "is_new": True}) == (
        "filter[created_at][gt]=x&filter[tags]=a&filter[tags]=b&filter[n_]=1&filter[is_new]=true"
    )


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"created_at": {"gte": "yesterday"}}, "$.created_at.gte"),
        ({"created_at": {"gte": ""}}, "$.created_at.gte"),
        ({"created_at": "2026-03-01"}, "$.created_at"),
        ({"created_at": {"gte": ["2026"]}}, "$.created_at.gte"),
        ({"from": 13125550142}, "$.from"),
        ({"from": ""}, "$.from"),
        ({"tags": ""}, "$.tags"),
        (RecordingListFilter(created_at=DateTimeRange(gte="yesterday")), "$.created_at.gte"),
    ],
)
def test_an_invalid_filter_is_refused_with_its_location(value: Any, place: str) -> None:
    with pytest.raises(ModelError) as caught:
        encode.model(RecordingListFilter, value)
    assert caught.value.place == place
    assert str(caught.value).startswith(f"{place}: ")


@pytest.mark.parametrize("value", ["from=x", 5, [("from", "x")]])
def test_filters_of_other_types_are_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        encode.query({"filter": encode.model(RecordingListFilter, value)})


def test_a_filter_is_not_changed() -> None:
    given_filter = {"created_at": {"gte": date(2026, 3, 1)}, "from_": "x"}
    filtered(given_filter)
    assert given_filter == {"created_at": {"gte": date(2026, 3, 1)}, "from_": "x"}


def test_a_time_outside_the_calendar_is_refused() -> None:
    first = datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))
    with pytest.raises(ValueError, match="out of range in UTC"):
        encode.query({"at": first})


def _sent(way: str, fields: dict[str, Any]) -> None:
    """Encode fields in one of the ways in which they are sent."""
    match way:
        case "body":
            json_body(fields)
        case "filter":
            encode.query({"filter": encode.model(RecordingListFilter, fields)})
        case _:
            encode.query({"filter": fields})


@pytest.mark.parametrize("way", ["query", "body", "filter"])
def test_values_that_cannot_be_encoded_are_refused(way: str) -> None:
    with pytest.raises(ModelError, match="cannot be sent: it is nested too deeply"):
        _sent(way, {"x": nested(100_000, in_lists=False)})
    with pytest.raises(ModelError, match="cannot be sent: a string is not valid Unicode"):
        _sent(way, {"x": "\ud800"})


def test_a_model_that_cannot_be_encoded_is_named() -> None:
    conditions = RecordingListFilter(additional_properties={"x": nested(100_000, in_lists=True)})
    for send in (
        lambda: encode.query({"filter": conditions}),
        lambda: json_body({"filter": conditions}),
    ):
        with pytest.raises(ModelError, match=r"^RecordingListFilter: the data is nested too deep"):
            send()


def test_headers_are_merged_whatever_their_case() -> None:
    merged = encode.headers({"X-A": "1", "x-b": None, "x-a": 2, "X-When": date(2026, 3, 1)})
    assert merged == {"x-a": "2", "x-when": "2026-03-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("x-a", bad) for bad in ("a\r\nb", "a\nb", "\x00", "é", "a\x7f", "\u2028")),
        *((bad, "1") for bad in ("", "x a", "x\n", "x:", "é", "(x)")),
    ],
)
def test_headers_with_line_breaks_are_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="characters that a header cannot carry"):
        encode.headers({name: value})


def test_a_body_omits_none_but_keeps_nulls_of_extra_body() -> None:
    assert json_body(None) == b""
    assert json_body({}) == b"{}"
    body = json_body({"a": None, "b": 1}, {"c": None, "b": 2})
    assert json.loads(body) == {"b": 2, "c": None}


def test_a_body_accepts_models_enums_and_times() -> None:
    body = json_body(
        {
            "backend": StorageBackendEnum.S3,
            "configuration": S3ConfigurationData(
                backend=StorageBackendEnum.S3,
                bucket="b",
                region="r",
                aws_access_key_id="i",
                aws_secret_access_key="s",
            ),
            "at": [datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 2)],
        }
    )
    decoded = json.loads(body)
    assert decoded["backend"] == "s3"
    assert decoded["configuration"]["aws_secret_access_key"] == "s"
    assert decoded["at"] == ["2026-03-01T00:00:00Z", "2026-03-02"]


def test_a_body_may_be_a_model_or_a_list() -> None:
    model = RecordingListFilter(from_="+1", to=None)
    assert json.loads(json_body(model, {"x": 1})) == {"from": "+1", "to": None, "x": 1}
    items = [date(2026, 3, 2), StorageBackendEnum.GCS, None]
    assert json.loads(json_body(items)) == ["2026-03-02", "gcs", None]
    with pytest.raises(TypeError, match="extra_body cannot be added to a body that is a list"):
        json_body(items, {"x": 1})


def test_a_date_in_place_of_a_time_is_midnight() -> None:
    at = datetime(2026, 3, 1, 1, tzinfo=UTC)
    assert encode.moment(date(2026, 3, 1)) == "2026-03-01T00:00:00Z"
    assert encode.moment([at, "x"]) == ["2026-03-01T01:00:00Z", "x"]
    assert encode.moment(None) is None


def test_a_structured_parameter_is_sent_as_its_parts() -> None:
    found = encode.parts("filter", RecordingListFilter(call_leg_id="leg", from_="+1"))
    assert found == {"filter[call_leg_id]": "leg", "filter[from]": "+1"}
    assert encode.parts("filter", None) == {}


def test_a_required_field_may_be_null() -> None:
    fields = {"must": encode.or_null(None), "may": None, "is": encode.or_null(5)}
    assert json_body(fields) == b'{"must":null,"is":5}'


def test_objects_cannot_be_sent_in_a_query() -> None:
    for value in (object(), {1, 2}):
        with pytest.raises(TypeError, match="cannot send a"):
            encode.query({"a": value})
    assert encode.query({"a": StorageBackendEnum.GCS, "b": False}) == "a=gcs&b=false"
    assert encode.query({"a": DateTimeRange(gte=datetime(2026, 3, 1, tzinfo=UTC))}) == (
        "a%5Bgte%5D=2026-03-01T00%3A00%3A00Z"
    )


def test_empty_lists_and_missing_items_are_not_sent() -> None:
    for explode in (True, False):
        assert list(encode.in_query("x", encode.Styled([], "form", explode))) == []
    assert list(encode.in_query("x", encode.Styled([1, None]))) == [("x", "1")]


def test_paths_may_contain_json_and_lists() -> None:
    assert encode.in_path("x", encode.Styled({"a": 1}, "json")) == quote('{"a":1}', safe="")
    assert encode.in_path("x", encode.Styled(["a", "b/c"], "matrix", explode=False)) == ";x=a,b%2Fc"


def test_dates_are_sent_without_a_time() -> None:
    moment = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert encode.day([moment, date(2026, 3, 2), "2026-03-03"]) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]
    assert encode.day(None) is None
