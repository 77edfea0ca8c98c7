"""A row with an impossible time stops no run, and clocks that are wrong hide no recording."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archiving import OLD, archive, checksums, restate, stored
from telnyx_recordings import Client
from telnyx_recordings.archive.commands import archive as archiving
from telnyx_recordings.archive.context import ServiceClock
from telnyx_recordings.archive.filters import read_conditions
from telnyx_recordings.archive.run.state import Options
from telnyx_recordings.sandbox import Sandbox


@pytest.mark.parametrize(
    "created",
    [
        "2106-02-07T06:28:15Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1970-01-01T00:00:00Z",
        "0000-00-00T00:00:00Z",
        "yesterday",
        5,
    ],
)
def test_a_row_with_an_impossible_time_stops_no_run(tmp_path: Path, created: object) -> None:
    with Sandbox(recordings=0) as box:
        for id_ in ("a", "odd", "z"):
            box.add_recording(id=id_, created_at=OLD, duration_millis=50)
        restate(box, "odd", created_at=created)
        for _ in range(2):
            result = archive(box, tmp_path)
            assert (result.listed.count, result.failed.count) == (3, 0)
            assert {each.id for each in result.problems} <= {"odd"}
            assert {"a", "z"} <= stored(tmp_path).keys()
        assert stored(tmp_path).items() <= checksums(box).items()


@pytest.mark.parametrize("states_time", [True, False])
def test_a_run_with_the_clock_ahead_hides_no_later_recording(
    tmp_path: Path, *, states_time: bool
) -> None:
    """Windows in the future are listed again, also if the service does not state its time."""
    now = datetime.now(UTC)
    service = ServiceClock()

    def hear(_request: object, outcome: Any, _seconds: float) -> None:
        if states_time:
            service.hear(outcome.headers["date"])

    options = Options(
        conditions=read_conditions(None),
        clock=lambda: now + timedelta(days=30),
        service_time=service,
        workers=2,
    )
    with (
        Sandbox(recordings=3) as box,
        Client(box.api_key, box.base_url, after_response=hear) as client,
    ):
        assert archiving.archive(client, tmp_path, options).stored.count == 3
        box.add_recording(id="later", created_at=now - timedelta(hours=1), duration_millis=50)
        assert archive(box, tmp_path).stored.count == 1


@pytest.mark.parametrize("date", ["yesterday", "", None])
def test_a_time_of_the_service_that_is_invalid_is_ignored(date: str | None) -> None:
    service = ServiceClock()
    service.hear(date)
    assert service() is None
    service.hear("Sun, 01 Mar 2026 00:00:00 GMT")
    service.hear(date)
    now = service()
    assert now is not None
    assert now.date() == datetime(2026, 3, 1, tzinfo=UTC).date()
