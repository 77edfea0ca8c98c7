"""Models are written as JSON exactly as they are as dicts, whatever path msgspec can take."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import AT_ONCE
from hostile_input import nested
from telnyx_recordings.core.model import DateTime, Model, OpenEnum, OpenIntEnum
from telnyx_recordings.core.model.exact import DecimalText, Timestamp
from telnyx_recordings.errors import ModelError
from telnyx_recordings.models import RecordingListResponse, RecordingResponseData

ZONES = [UTC, timezone(timedelta(0)), timezone(timedelta(hours=2)), timezone(timedelta(hours=-5.5))]


def _to_millis(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


IN_UTC = st.datetimes(timezones=st.just(UTC))
MOMENTS = st.datetimes(timezones=st.sampled_from(ZONES)) | IN_UTC.map(_to_millis)


class Shade(OpenEnum):
    """An open enum."""

    DARK = "dark"


class Level(OpenIntEnum):
    """An open enum of numbers."""

    LOW = 1


class Leg(Model, kw_only=True):
    """A model without times below another."""

    name: str | None = None
    rate: float | None = None


class Call(Model, kw_only=True):
    """A model with times, beside and below."""

    started: DateTime | None = None
    text: str | None = None
    ended: DateTime | None = None
    seconds: int | None = None
    shade: Shade | None = None
    level: Level | None = None
    leg: Leg | None = None
    moments: list[DateTime] | None = None
    legs: list[Leg | None] | None = None


class Levels(Model, kw_only=True):
    """Numbers in lists, and beside strings."""

    peaks: list[float] | None = None
    by_channel: list[list[float]] | None = None
    loudest: float | str | None = None
    marks: list[str | float] | None = None


class Day(Model, kw_only=True):
    """A model with lists of models that have times."""

    first: Call | None = None
    calls: list[Call | None] | None = None
    groups: list[list[Call]] | None = None
    price: DecimalText | None = None
    seen: Timestamp | None = None
    by_name: dict[str, Call] | None = None
    any: Any = None


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["2026-03-01T10:00:00.123000Z", "x000Z", '"000Z"', "null", "Z", '\\"000Z\\"']
)


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return fields that may be absent or null."""
    return st.fixed_dictionaries({}, optional={k: st.none() | v for k, v in fields.items()})


def _leg(fields: dict[str, Any], extra: dict[str, Any]) -> Leg:
    return Leg(**fields, additional_properties=extra)


def _call(fields: dict[str, Any], extra: dict[str, Any]) -> Call:
    return Call(**fields, additional_properties=extra)


def _day(fields: dict[str, Any]) -> Day:
    return Day(**fields)


FIELDS = {*Call.__struct_fields__, *Leg.__struct_fields__}
EXTRAS = st.just(dict[str, Any]()) | st.dictionaries(
    TEXTS.filter(lambda name: name not in FIELDS),
    st.none() | TEXTS | st.lists(st.none() | TEXTS, max_size=2),
)
LEGS = st.builds(
    _leg, _some(name=TEXTS, rate=st.floats(allow_nan=False, allow_infinity=False)), EXTRAS
)
CALLS = st.builds(
    _call,
    _some(
        started=MOMENTS,
        text=TEXTS,
        ended=MOMENTS,
        seconds=st.integers(-(2**60), 2**60),
        shade=st.sampled_from([Shade.DARK, Shade("new")]),
        level=st.sampled_from([Level.LOW, Level(7)]),
        leg=LEGS,
        moments=st.lists(MOMENTS, max_size=3),
        legs=st.lists(st.none() | LEGS, max_size=3),
    ),
    EXTRAS,
)
DAYS = _some(
    first=CALLS,
    calls=st.lists(st.none() | CALLS, max_size=4),
    groups=st.lists(st.lists(CALLS, max_size=3), max_size=3),
    price=st.just(Decimal("1.50")),
    by_name=st.dictionaries(TEXTS, CALLS, max_size=2),
    any=TEXTS | st.lists(st.integers()),
).map(_day)


@given(DAYS | CALLS)
def test_json_is_the_same_as_the_dict(model: Model) -> None:
    before = repr(model)
    plain = model.to_dict()
    text = model.to_json()
    assert json.loads(text) == plain
    assert text == json.dumps(plain, ensure_ascii=False, separators=(",", ":")) or "e" in text
    assert repr(model) == before


@pytest.mark.parametrize("unknown", [{}, {"new": "2026-03-01T10:00:00.500000Z"}])
def test_times_are_written_in_utc_with_milliseconds(unknown: dict[str, str]) -> None:
    row = {"id": "2026-03-01T10:00:00.123000Z", "created_at": "2026-03-01T10:00:00.123Z", **unknown}
    other = {"created_at": "2026-03-01T10:00:00.123456Z", "updated_at": None}
    other["recording_ended_at"] = "2026-03-01T10:00:00.120Z"
    for rows in ([row, other], [other, row]):  # the time that the first one has is absent or null
        page = RecordingListResponse.from_dict({"data": rows})
        assert json.loads(page.to_json()) == {"data": rows}
    zone = timezone(timedelta(hours=1))
    recording = RecordingResponseData(created_at=datetime(2026, 3, 1, 11, tzinfo=zone))
    assert recording.to_json() == '{"created_at":"2026-03-01T10:00:00Z"}'
    assert recording.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    whole = datetime(2026, 3, 1, 10, tzinfo=UTC)
    moments = [whole, whole.replace(microsecond=1)]
    assert Call(moments=moments).to_json() == (
        '{"moments":["2026-03-01T10:00:00Z","2026-03-01T10:00:00.000001Z"]}'
    )
    first = datetime(1, 1, 1, tzinfo=zone)  # before the first moment in UTC
    assert Call(started=first).to_json() == '{"started":"0001-01-01T00:00:00+01:00"}'


def test_additional_properties_are_written_after_the_fields() -> None:
    leg = Leg(name="a", additional_properties={"new": None})
    leg.additional_properties["more"] = [None, "null", "2026-03-01T10:00:00.123000Z"]
    assert leg.to_json() == (
        '{"name":"a","new":null,"more":[null,"null","2026-03-01T10:00:00.123000Z"]}'
    )
    started = datetime(2026, 3, 1, 10, 0, 0, 500_000, UTC)
    call = Call(started=started, leg=leg, legs=[Leg(), leg], additional_properties={"x": 1})
    text = f'{{"started":"2026-03-01T10:00:00.500Z","leg":{leg.to_json()},'
    assert call.to_json() == text + f'"legs":[{{}},{leg.to_json()}],"x":1}}'
    assert Day(calls=[None, call]).to_json() == f'{{"calls":[null,{call.to_json()}]}}'
    assert Leg(additional_properties={"new": 1}).to_json() == '{"new":1}'


def test_fields_come_before_additional_properties_of_their_name() -> None:
    assert Leg(name="a", additional_properties={"name": "b", "x": 1}).to_json() == (
        '{"name":"a","x":1}'
    )


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_nan_and_infinity_are_errors(number: float) -> None:
    models: list[Model] = [
        Leg(rate=number),
        Call(text=None, leg=Leg(rate=number)),
        Call(legs=[Leg(name=None), Leg(rate=number)]),
        Call(seconds=number),  # type: ignore[arg-type]  # as in untyped code
        Call(additional_properties={"new": [number]}),
        Day(any={"deep": [number]}),
        Day(by_name={"a": Call(leg=Leg(rate=number))}),
        Levels(peaks=[0.5, number]),
        Levels(by_channel=[[0.5], [number]]),
        Levels(loudest=number),
        Levels(marks=["start", number]),
    ]
    for model in models:
        with pytest.raises(ModelError, match="a number is infinite"):
            model.to_json()


def test_large_numbers_whose_sum_is_infinite_are_written() -> None:
    largest = Leg(name=None, rate=1.7e308)
    assert json.loads(Call(legs=[largest, largest]).to_json()) == {"legs": [largest.to_dict()] * 2}


def test_a_value_that_is_nested_too_deeply_is_an_error() -> None:
    """From Python 3.14 the stack alone limits the depth; 20,000 levels fit."""
    with pytest.raises(ModelError, match="nested too deeply"):
        Day(any=nested(500_000, in_lists=True)).to_json()


def test_values_of_other_types_are_written_as_in_the_dict() -> None:
    """A program without type checks may put them there."""
    odd: Any = Leg(name="x")
    given: list[dict[str, Any]] = [{"leg": {"name": "y"}}, {"started": "2026-03-01"}]
    call = Call(started=datetime(2026, 3, 1, 0, 0, 0, 500_000, UTC), additional_properties={"x": 1})
    others: list[Any] = [(call, call), {"a": "b"}, "ab"]
    given += [{"moments": other} for other in others]
    models: list[Model] = [Call(**fields) for fields in given]
    models += [Day(first=odd), Day(calls=[odd, call]), *(Day(calls=other) for other in others)]
    for model in models:
        assert json.loads(model.to_json()) == model.to_dict()
    assert Day(calls=others[0]).to_dict() == Day(calls=[call, call]).to_dict()


def test_large_models_are_written_completely() -> None:
    for size in (2_000_000, 3, 1_500_000, 0):
        leg = Leg(name="x" * size)
        assert leg.to_json() == f'{{"name":"{leg.name}"}}'


def test_threads_can_encode_a_model_at_once() -> None:
    calls = [Call(text=str(each) * 100) for each in range(16)]
    expected = [{call.to_json()} for call in calls]
    start = Barrier(16)

    def encode(call: Call) -> set[str]:
        start.wait(AT_ONCE)
        return {call.to_json() for _ in range(4_000)}

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads change places within a call
    try:
        with ThreadPoolExecutor(16) as threads:
            assert [*threads.map(encode, calls)] == expected
    finally:
        sys.setswitchinterval(interval)
