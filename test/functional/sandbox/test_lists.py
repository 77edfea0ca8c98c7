"""Tests that the sandbox lists recordings as Telnyx does: filters, pages, refusals."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox_caller import Caller, calling
from telnyx_recordings.sandbox import Recording, Sandbox

COUNT = 300
TEXT_FILTERS = (
    *("call_control_id", "call_leg_id", "call_session_id", "conference_id", "conference_region"),
    *("connection_id", "from", "sip_call_id", "to"),
)
TIME_FILTERS = {
    "created_at": "created_at",
    "start_time": "recording_started_at",
    "end_time": "recording_ended_at",
}
INDIA = timezone(timedelta(hours=5, minutes=30))
SPELLINGS: Mapping[str, Callable[[datetime], str]] = {
    "offset": lambda at: at.isoformat(),
    "zulu": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    "no zone": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.%f"),
    "far zone": lambda at: at.astimezone(INDIA).isoformat(),
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A sandbox that no test changes."""
    with calling(Sandbox(COUNT, 7, at="2026-03-01T12:00:00Z")) as caller:
        yield caller


def moment(text: object) -> datetime | None:
    """Read a row's time as the documents mean it: UTC where no zone is given."""
    if not isinstance(text, str):
        return None
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def value(row: Recording, name: str) -> object:
    """The value that a text filter compares: a field, or a value that rows do not show."""
    match name:
        case "conference_region":
            return row.conference_region
        case "sip_call_id":
            return row.sip_call_id
        case _:
            return row.fields.get(name)


def test_a_list_has_rows_and_meta(reader: Caller) -> None:
    answer = reader("GET", "/recordings")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body["meta"] == {
        "page_number": 1,
        "page_size": 20,
        "total_pages": COUNT // 20,
        "total_results": COUNT,
    }
    assert answer.ids == [row.id for row in reader.box.recordings[:20]]
    for sent, kept in zip(answer.body["data"], reader.box.recordings, strict=False):
        assert set(sent.pop("download_urls")) == {"mp3", "wav"}
        assert sent == dict(kept.fields)


@pytest.mark.parametrize(("size", "pages"), [(7, 43), (250, 2), (150, 2)])
def test_pages_hold_every_row_once(reader: Caller, size: int, pages: int) -> None:
    answers = [
        reader("GET", "/recordings", {"page[number]": str(number), "page[size]": str(size)})
        for number in range(1, pages + 1)
    ]
    assert {answer.body["meta"]["total_pages"] for answer in answers} == {pages}
    assert [one for answer in answers for one in answer.ids] == [
        row.id for row in reader.box.recordings
    ]
    assert len(answers[-1].ids) == COUNT - (pages - 1) * size


def test_a_page_past_the_end_is_empty(reader: Caller) -> None:
    answer = reader("GET", "/recordings", {"page[number]": "16"})
    assert (answer.status, answer.body["data"]) == (200, [])
    assert answer.body["meta"]["total_results"] == COUNT


def test_an_empty_list_has_zero_pages() -> None:
    with calling(Sandbox(0)) as call:
        answer = call("GET", "/recordings")
    assert answer.body["data"] == []
    assert answer.body["meta"]["total_pages"] == answer.body["meta"]["total_results"] == 0


@pytest.mark.parametrize(
    ("key", "text", "status"),
    [
        ("page[size]", "0", 422),
        ("page[size]", "251", 422),
        ("page[number]", "0", 422),
        ("page[number]", "-1", 422),
        ("page[size]", "many", 400),
        ("page[number]", "1.5", 400),
        ("page[number]", "", 400),
        ("page[number]", "9" * 5000, 400),
        ("page[after]", "v1:x", 400),
        ("page", "{'number': 2}", 400),
        ("filter[status]", "completed", 400),
        ("filter[created_at]", "2026-01-01", 400),
        ("filter[created_at][gt]", "2026-01-01", 400),
        ("filter[created_at][gte]", "yesterday", 400),
        ("filter[created_at][gte]", "2026-01-01T00:00:00 00:00", 400),
        ("filter[end_time][lte]", "", 400),
    ],
)
def test_invalid_parameters_are_refused(reader: Caller, key: str, text: str, status: int) -> None:
    answer = reader("GET", "/recordings", {key: text})
    assert answer.status == status
    found = answer.error
    assert (found["code"], found["source"]) == ("10015", {"parameter": key})


def test_unknown_parameters_are_ignored(reader: Caller) -> None:
    assert reader("GET", "/recordings", {"trace": "1"}).ids == reader("GET", "/recordings").ids


@pytest.mark.parametrize("name", TEXT_FILTERS)
def test_text_filters_keep_exact_matches(reader: Caller, name: str) -> None:
    rows = reader.box.recordings
    wanted = next(str(found) for row in rows if (found := value(row, name)))
    answer = reader("GET", "/recordings", {f"filter[{name}]": wanted, "page[size]": "250"})
    assert answer.ids == [row.id for row in rows if value(row, name) == wanted]
    assert 0 < len(answer.ids) < COUNT
    shifted = reader("GET", "/recordings", {f"filter[{name}]": wanted + "x"})
    assert shifted.body["data"] == []


@pytest.mark.parametrize("name", TIME_FILTERS)
@pytest.mark.parametrize("bound", ["gte", "lte"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_time_filters_include_their_bound(
    reader: Caller, name: str, bound: str, spelling: str
) -> None:
    times = {row.id: moment(row.fields.get(TIME_FILTERS[name])) for row in reader.box.recordings}
    at = times[reader.box.recordings[100].id]
    assert at is not None
    expected = [
        one
        for one, time in times.items()
        if time is not None and (time >= at if bound == "gte" else time <= at)
    ]
    query = {f"filter[{name}][{bound}]": SPELLINGS[spelling](at), "page[size]": "250"}
    answer = reader("GET", "/recordings", query)
    assert answer.ids == expected[:250]
    assert answer.body["meta"]["total_results"] == len(expected)
    assert reader.box.recordings[100].id in expected


def test_a_date_in_a_filter_is_its_midnight_in_utc(reader: Caller) -> None:
    day = "2026-02-26"
    for bound in ("gte", "lte"):
        by_date, by_time = (
            reader(
                "GET", "/recordings", {f"filter[created_at][{bound}]": text, "page[size]": "250"}
            )
            for text in (day, f"{day}T00:00:00Z")
        )
        assert by_date.ids == by_time.ids
        assert 0 < by_date.body["meta"]["total_results"] < COUNT


def test_a_row_must_match_all_filters(reader: Caller) -> None:
    row = next(row for row in reader.box.recordings[50:] if row.fields.get("connection_id"))
    query = {
        "filter[connection_id]": str(row.fields["connection_id"]),
        "filter[created_at][gte]": "2026-02-25",
        "filter[start_time][lte]": "2026-03-01",
        "page[size]": "5",
    }
    expected = [
        one.id
        for one in reader.box.recordings
        if one.fields.get("connection_id") == row.fields["connection_id"]
        and (moment(one.fields["created_at"]) or datetime.min.replace(tzinfo=UTC))
        >= datetime(2026, 2, 25, tzinfo=UTC)
        and (moment(one.fields["recording_started_at"]) or datetime.max.replace(tzinfo=UTC))
        <= datetime(2026, 3, 1, tzinfo=UTC)
    ]
    answer = reader("GET", "/recordings", query)
    assert answer.ids == expected[:5]
    assert answer.body["meta"]["total_results"] == len(expected)


def test_a_list_in_the_order_oldest_is_reversed(reader: Caller) -> None:
    with calling(Sandbox(COUNT, 7, order="oldest", at="2026-03-01T12:00:00Z")) as call:
        answer = call("GET", "/recordings", {"page[size]": "250"})
    assert answer.ids == [row.id for row in reader.box.recordings][::-1][:250]


def test_two_sandboxes_of_a_seed_are_alike() -> None:
    lists: list[Any] = []
    for seed in (3, 3, 4):
        with calling(Sandbox(30, seed)) as call:
            rows = call("GET", "/recordings", {"page[size]": "250"}).body["data"]
        lists.append([{**row, "download_urls": None} for row in rows])
    assert lists[0] == lists[1] != lists[2]


def test_quirky_rows_are_served() -> None:
    with calling(Sandbox(COUNT, 7, quirks=True, at="2026-03-01T12:00:00Z")) as call:
        rows = call("GET", "/recordings", {"page[size]": "250"}).body["data"]
    links = [row["download_urls"] for row in rows]
    assert None in links
    assert any(one is not None and one.get("mp3", "") is None for one in links)
    assert any(one is not None and set(one) == {"wav"} for one in links)
