"""Single values in the styles of OpenAPI: lists, JSON and days."""

from datetime import UTC, date, datetime
from urllib.parse import quote

from telnyx_recordings.core.request import values
from telnyx_recordings.core.request.values import Styled


def test_an_empty_list_is_not_sent() -> None:
    for explode in (True, False):
        assert list(values.in_query("x", Styled([], "form", explode))) == []


def test_paths_may_contain_json_and_lists() -> None:
    assert values.in_path("x", Styled({"a": 1}, "json")) == quote('{"a":1}', safe="")
    assert values.in_path("x", Styled(["a", "b/c"], "matrix", explode=False)) == ";x=a,b%2Fc"


def test_dates_are_sent_without_a_time() -> None:
    moment = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert values.day([moment, date(2026, 3, 2), "2026-03-03"]) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]
    assert values.day(None) is None
