"""A row with an impossible time stops no run, and clocks that are wrong hide no recording."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiving import OLD, archive, checksums, restate, stored
from telnyx_recordings import Client
from telnyx_recordings.archive import Reconciliation
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


def _archive_at(box: Sandbox, folder: Path, at: datetime) -> Reconciliation:
    """Archive with a clock that shows a time, and hears the service's."""
    service = ServiceClock()
    options = Options(
        conditions=read_conditions(None), clock=lambda: at, service_time=service, workers=2
    )
    with Client(
        box.api_key,
        box.base_url,
        after_response=lambda _, outcome, __: service.hear(
            getattr(outcome, "headers", {}).get("date")
        ),
    ) as client:
        return archiving.archive(client, folder, options)


def test_a_run_with_the_clock_ahead_hides_no_later_recording(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Sandbox(recordings=3) as box:
        assert _archive_at(box, tmp_path, now + timedelta(days=30)).stored.count == 3
        box.add_recording(id="later", created_at=now - timedelta(hours=1), duration_millis=50)
        assert archive(box, tmp_path).stored.count == 1


def test_windows_in_the_future_are_listed_again(tmp_path: Path) -> None:
    """They come from a run whose clock was ahead, and a service that does not state its time."""
    now = datetime.now(UTC)
    options = Options(
        conditions=read_conditions(None), clock=lambda: now + timedelta(days=30), workers=2
    )
    with Sandbox(recordings=3) as box, Client(box.api_key, box.base_url) as client:
        assert archiving.archive(client, tmp_path, options).stored.count == 3
        box.add_recording(id="later", created_at=now - timedelta(hours=1), duration_millis=50)
        assert archive(box, tmp_path).stored.count == 1
