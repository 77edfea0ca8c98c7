"""Tests that the sandbox lists transcriptions by number and by cursor."""

from collections.abc import Iterator
from typing import Literal

import pytest

from sandbox_caller import Caller, calling
from telnyx_recordings.sandbox import Sandbox

COUNT = 60
AT = "2026-03-01T12:00:00Z"


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A sandbox that no test changes."""
    with calling(Sandbox(COUNT, 7, at=AT)) as caller:
        yield caller


def test_transcriptions_are_listed_by_number_and_filtered(reader: Caller) -> None:
    rows = reader.box.transcriptions
    answer = reader("GET", "/recording_transcriptions", {"page[number]": "2", "page[size]": "9"})
    assert answer.body["data"] == [dict(row.fields) for row in rows[9:18]]
    assert answer.body["meta"]["total_results"] == len(rows)

    recording_id = str(rows[4].fields["recording_id"])
    answer = reader("GET", "/recording_transcriptions", {"filter[recording_id]": recording_id})
    assert answer.ids == [rows[4].id]

    at = str(rows[4].fields["created_at"])
    for bound, expected in (("gte", rows[:5]), ("lte", rows[4:])):
        query = {f"filter[created_at][{bound}]": at, "page[size]": "250"}
        answer = reader("GET", "/recording_transcriptions", query)
        assert answer.ids == [row.id for row in expected]


def test_a_transcription_is_retrieved_by_its_id(reader: Caller) -> None:
    row = reader.box.transcriptions[3]
    answer = reader("GET", f"/recording_transcriptions/{row.id}")
    assert (answer.status, answer.body) == (200, {"data": dict(row.fields)})


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_cursors_lead_through_all_transcriptions_and_back(
    order: Literal["newest", "oldest"],
) -> None:
    with calling(Sandbox(40, 7, order=order, cursor_meta=True)) as call:
        path: str | None = (
            "/v2/recording_transcriptions?page[size]=6&filter[created_at][gte]=2026-01-01"
        )
        forward: list[list[str]] = []
        last: str | None = None
        while path is not None:
            answer = call("GET", path.removeprefix("/v2"))
            meta = answer.body["meta"]
            assert set(meta) == {"cursors", "next", "previous"}
            assert (meta["next"] is None) == (meta["cursors"]["after"] is None)
            forward.append(answer.ids)
            last, path = path, meta["next"]
        assert [one for page in forward for one in page] == [
            row.id for row in call.box.transcriptions
        ]

        path = last
        back: list[list[str]] = []
        while path is not None:
            answer = call("GET", path.removeprefix("/v2"))
            back.append(answer.ids)
            path = answer.body["meta"]["previous"]
        assert back == forward[::-1]


def test_a_cursor_outlives_its_row() -> None:
    with calling(Sandbox(20, 7, cursor_meta=True)) as call:
        every = [row.id for row in call.box.transcriptions]
        first = call("GET", "/recording_transcriptions", {"page[size]": "4"})
        call("DELETE", f"/recording_transcriptions/{first.ids[-1]}")
        rest = call("GET", first.body["meta"]["next"].removeprefix("/v2"))
        assert rest.ids == every[4:8]


def test_a_request_with_a_cursor_gets_cursors_in_its_meta(reader: Caller) -> None:
    with calling(Sandbox(COUNT, 7, cursor_meta=True, at=AT)) as other:
        first = other("GET", "/recording_transcriptions")
    after = first.body["meta"]["cursors"]["after"]
    answer = reader("GET", "/recording_transcriptions", {"page[after]": after})
    assert answer.ids == [row.id for row in reader.box.transcriptions[20:40]]
    assert set(answer.body["meta"]) == {"cursors", "next", "previous"}


@pytest.mark.parametrize("cursor", ["", "v1:", "v1:e30=", "v1:W10=", "junk", "v1:é"])
def test_a_foreign_cursor_is_refused(reader: Caller, cursor: str) -> None:
    answer = reader("GET", "/recording_transcriptions", {"page[after]": cursor})
    assert (answer.status, answer.error["source"]) == (400, {"parameter": "page[after]"})
