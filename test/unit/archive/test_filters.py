"""The filter of an archive, split up: what is listed, and what is left out."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any, cast

import pytest

from telnyx_recordings import RecordingResponseData
from telnyx_recordings.archive.filters import Conditions, read_conditions, read_ids
from telnyx_recordings.errors import ConfigError, ModelError
from telnyx_recordings.models import DateTimeRange, RecordingListFilter, RecordingTranscription

NOON = datetime(2026, 3, 1, 12, 0, 0, 125_000, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
NOON_MILLIS = 1_772_366_400_125
MICROSECOND = timedelta(microseconds=1)


class Region(Enum):
    """A program's own enum of regions."""

    EUROPE = "eu"


def between(since: datetime | None, until: datetime | None) -> Conditions:
    """Conditions on the times alone."""
    return Conditions({}, since, until)


def created(at: datetime | None) -> RecordingResponseData:
    """A recording that was created then."""
    return RecordingResponseData(id="x", created_at=at)


@pytest.mark.parametrize(
    ("given", "since"),
    [
        ("2026-03-01T12:00:00.125Z", NOON),
        ("2026-03-01T12:00:00.125", NOON),
        ("2026-03-01T14:00:00.125+02:00", NOON),
        (NOON.astimezone(timezone(timedelta(hours=-5))), NOON),
        (date(2026, 3, 1), MIDNIGHT),
        ("2026-03-01", MIDNIGHT),
        ("", None),
        (None, None),
    ],
)
def test_times_are_accepted_in_several_forms(given: Any, since: datetime | None) -> None:
    for end, other in (("gte", "until"), ("lte", "since")):
        found = read_conditions({"created_at": {end: given}})
        assert getattr(found, {"gte": "since", "lte": "until"}[end]) == since
        assert getattr(found, other) is None
        assert found.others == {}


def test_a_filter_may_be_a_model() -> None:
    window = DateTimeRange(gte=NOON, lte=NOON + timedelta(days=1))
    given = RecordingListFilter(from_="+1", to="+2", created_at=window)
    found = read_conditions(given)
    assert found == Conditions({"from": "+1", "to": "+2"}, NOON, NOON + timedelta(days=1))
    assert given.created_at == window


def test_other_filter_values_are_sent_as_in_a_list() -> None:
    found = read_conditions(
        {
            "conference_region": Region.EUROPE,
            "connection_id": 12,
            "start_time": {"gte": NOON, "lte": None},
            "end_time": date(2026, 3, 1),
            "to": None,
        }
    )
    assert found.others == {
        "conference_region": "eu",
        "connection_id": "12",
        "start_time": {"gte": NOON},
        "end_time": date(2026, 3, 1),
    }


@pytest.mark.parametrize(
    ("given_filter", "name", "since", "until"),
    [
        (None, "{}", None, None),
        ({"from_": "+1", "to": None}, '{"from":"+1"}', None, None),
        ({"from": "+1"}, '{"from":"+1"}', None, None),
        ({"created_at": {"gte": "2026-03-01"}}, "{}", MIDNIGHT, None),
        ({"created_at": {"gte": NOON.date(), "lte": NOON}}, "{}", MIDNIGHT, NOON),
    ],
)
def test_a_filter_is_split_into_times_and_other_conditions(
    given_filter: Any, name: str, since: datetime | None, until: datetime | None
) -> None:
    conditions = read_conditions(given_filter)
    assert conditions.name == name
    assert (conditions.since, conditions.until) == (since, until)


@pytest.mark.parametrize("name", ["created_at", "start_time"])
def test_times_without_a_zone_are_taken_as_utc_with_a_warning(name: str) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.warns(UserWarning, match="has no time zone and is taken as UTC") as warned:
        found = read_conditions({name: {"gte": naive}})
    assert [each.filename for each in warned] == [__file__]
    assert found.since == (NOON if name == "created_at" else None)


def test_unknown_conditions_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"the filter has no 'state': it has call_control_id"):
        read_conditions({"from": "+1", "state": "x"})
    with pytest.raises(ConfigError, match="the filter has no 'state', 'tag': it has ") as raised:
        read_conditions(RecordingListFilter.from_dict({"state": "x", "tag": "+1"}))
    assert "conference_id, conference_region, connection_id" in str(raised.value)


@pytest.mark.parametrize(
    "given_filter", [{"fron": "+1"}, RecordingListFilter.from_dict({"fron": "+1"})]
)
def test_misspelled_conditions_are_refused_with_a_suggestion(given_filter: Any) -> None:
    with pytest.raises(ModelError, match=r"^\$\.fron: unknown field, did you mean `from`\?$"):
        read_conditions(given_filter)


@pytest.mark.parametrize("given_filter", ["x", [], 5])
def test_a_filter_is_a_mapping_or_a_model(given_filter: Any) -> None:
    kind = type(given_filter).__name__
    with pytest.raises(
        TypeError, match=f"must be a mapping or a RecordingListFilter, not a {kind}"
    ):
        read_conditions(given_filter)


def test_ids_may_be_given_as_what_has_them() -> None:
    recording = RecordingResponseData(id="a")
    assert read_ids([recording, "b", "a", RecordingTranscription(id="t", recording_id="c")]) == [
        *("a", "b", "c")
    ]
    with pytest.raises(ConfigError, match=r"^recording 2 of ids has no id$"):
        read_ids([recording, RecordingResponseData()])
    with pytest.raises(ConfigError, match=r"^recording 1 of ids has no id$"):
        read_ids(cast("Any", [7]))


def test_filters_that_differ_in_order_share_a_name() -> None:
    one = read_conditions({"to": "+2", "from": "+1"})
    other = read_conditions({"from_": "+1", "to": "+2", "created_at": {"gte": NOON}})
    assert one.name == other.name == '{"from":"+1","to":"+2"}'


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        ({"gt": "2026-03-01"}, "{'gt': '2026-03-01'}"),
        ({"gte": "2026-03-01", "after": "2026-03-02"}, "'after'"),
        ("2026-03-01", "'2026-03-01'"),
    ],
)
def test_another_condition_on_the_time_is_refused(window: Any, shown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_conditions({"created_at": window})
    text = str(caught.value)
    assert text.startswith("the filter on created_at must have gte, lte or both, not ")
    assert shown in text


@pytest.mark.parametrize("end", ["gte", "lte"])
def test_invalid_times_are_refused(end: str) -> None:
    with pytest.raises(ConfigError, match=r"^the filter has 'soon' instead of a time$"):
        read_conditions({"created_at": {end: "soon"}})


def test_the_milliseconds_to_list_hold_all_of_the_times() -> None:
    assert between(NOON, None).low() == NOON_MILLIS
    assert between(NOON + 999 * MICROSECOND, None).low() == NOON_MILLIS
    assert between(datetime(1970, 1, 1, 0, 0, 0, 1000, tzinfo=UTC), None).low() == 1
    assert between(datetime(1969, 1, 1, tzinfo=UTC), None).low() == 0
    assert between(None, NOON).low() == 0
    late = NOON_MILLIS + 1000
    assert between(None, NOON).high(late) == NOON_MILLIS
    assert between(None, NOON + MICROSECOND).high(late) == NOON_MILLIS + 1
    assert between(None, NOON).high(NOON_MILLIS - 5) == NOON_MILLIS - 5
    assert between(NOON, None).high(late) == late


def test_a_row_is_within_the_times_to_the_microsecond() -> None:
    """A row without a time is included rather than lost."""
    times = between(NOON, NOON + timedelta(hours=1))
    for at, admitted in [
        (NOON - MICROSECOND, False),
        (NOON, True),
        (NOON + timedelta(hours=1), True),
        (NOON + timedelta(hours=1) + MICROSECOND, False),
        (None, True),
    ]:
        assert times.admit(created(at)) is admitted
    assert between(None, NOON).admit(created(NOON - timedelta(days=9999)))
    assert not between(None, NOON).admit(created(NOON + MICROSECOND))
    assert between(NOON, None).admit(created(NOON + timedelta(days=9999)))
    assert not between(NOON, None).admit(created(NOON - MICROSECOND))
    assert between(None, None).admit(created(NOON))
