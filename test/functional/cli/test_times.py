"""Tests how the command line parses times, durations, time zones and phone numbers."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import click
import pytest

from telnyx_recordings.cli import param_types, times

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T09:30", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01 09:30:15.250", datetime(2026, 3, 1, 9, 30, 15, 250_000, UTC)),
        ("2026-03-01 09:30:15,25", datetime(2026, 3, 1, 9, 30, 15, 250_000, UTC)),
        ("2026-03-01T09:30:15.123456789Z", datetime(2026, 3, 1, 9, 30, 15, 123_456, UTC)),
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01t09:30:00z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("20260301T093000Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T09", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("2026-03-01T00:30+01:00", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        ("2026-03-01 00:30 -0500", datetime(2026, 3, 1, 5, 30, tzinfo=UTC)),
        ("2026-03-01 00:30 \N{MINUS SIGN}05:30", datetime(2026, 3, 1, 6, tzinfo=UTC)),
        ("2026-03-01 09:30 UTC", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01 09:30 Europe/Berlin", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026-07-01 09:30 America/New_York", datetime(2026, 7, 1, 13, 30, tzinfo=UTC)),
        ("2026-10-25 02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("2026-03-01+01:00", datetime(2026, 2, 28, 23, tzinfo=UTC)),
        ("March 1 2026 9:30am", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("March 1st, 2026 at 12:15 a.m.", datetime(2026, 3, 1, 0, 15, tzinfo=UTC)),
        ("2026-03-01 12 pm", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("1 Mar 2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("01-Sept-2026", datetime(2026, 9, 1, tzinfo=UTC)),
        ("Sun, 01 Mar 2026 09:30:00 +0100", datetime(2026, 3, 1, 8, 30, tzinfo=UTC)),
        ("2026/3/1", datetime(2026, 3, 1, tzinfo=UTC)),
        ("25/03/2026", datetime(2026, 3, 25, tzinfo=UTC)),
        ("03/25/2026", datetime(2026, 3, 25, tzinfo=UTC)),
        ("3.3.2026", datetime(2026, 3, 3, tzinfo=UTC)),
        ("today", datetime(2026, 3, 15, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 3, 14, tzinfo=UTC)),
        ("now", NOW),
        ("24h", datetime(2026, 3, 14, 12, 30, tzinfo=UTC)),
        ("2 weeks ago", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_parsed_into_utc(text: str, expected: datetime) -> None:
    found = times.moment(text, NOW)
    assert found == expected
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a date"),
        ("someday", "is not a date"),
        ("March", "which day"),
        ("9:30", "which day"),
        ("March 2026", "which day"),
        ("10", "is a number"),
        ("2026", "is a number"),
        ("202603", "is a number"),
        ("20260301093000", "is a number"),
        ("1772357400", "write 2026-03-01T09:30:00Z"),
        ("1772357400.5", "write 2026-03-01T09:30:00Z"),
        ("1772357400000", "write 2026-03-01T09:30:00Z"),
        ("1772357400000000", "write 2026-03-01T09:30:00Z"),
        ("1705061200000", "write 2024-01-12T12:06:40Z"),
        ("01/02/2026", "is ambiguous"),
        ("10-11-2026", "is ambiguous"),
        ("1/3/26", "year of two digits"),
        ("26-03-25", "year of two digits"),
        ("2026-02-30", "not a day of the calendar"),
        ("2026-13-01", "not a day of the calendar"),
        ("30/30/2026", "not a day of the calendar"),
        ("1705-06-12", "is before 1970"),
        ("0026-03-01", "is before 1970"),
        ("-2026-03-01", "is not a date"),
        ("Mon, 01 Mar 2026", "another day of the week"),
        ("2026-03-01T24:00", "write midnight as 00:00 of the next day"),
        ("2026-03-01T23:59:60Z", "has a time after 23:59:59"),
        ("2026-03-01 25:00", "has a time after 23:59:59"),
        ("2026-03-01 13:30pm", "am or pm"),
        ("2026-03-01 9:5", "is not a date or time"),
        ("2026-03-01 0930", "is not a date or time"),
        ("2026-03-01-05", "is not a date or time"),
        ("2026-03-01x09:30", "is not a date or time"),
        ("2026-03-01T09:30 tomorrow", "is not a date or time"),
        ("2026-02-28 18:40 UTC+3", "as +03:00"),
        ("2026-02-28 18:40 GMT-0500", "as -05:00"),
        ("2026-02-28 18:40 Z+3", "as +03:00"),
        ("2026-02-28 18:40 UTC+x", "is not a date or time"),
        ("2026-02-28 18:40 EST", "not an offset, Z or an IANA name"),
        ("2026-02-28 18:40 IST", "not an offset, Z or an IANA name"),
        ("2026-02-28 18:40 cet", "not an offset, Z or an IANA name"),
        ("28 Feb 2026 6:40pm PST", "not an offset, Z or an IANA name"),
        ("2026-02-28 18:40+99:00", "more than 14 hours"),
        ("2026-02-28 18:40 Europe/Nowhere", "IANA time zone database"),
        ("2026-02-28 18:40 Europe/../Berlin", "not an offset, Z or an IANA name"),
        ("2026-03-29 02:30 Europe/Berlin", "does not exist in Europe/Berlin"),
        ("2026-10-25 02:30 Europe/Berlin", "add the offset, +02:00 or +01:00"),
        ("\uff12026-03-01", "is not a date"),
        ("999999w", "is out of range"),
        ("9999-12-31T23:59-05:00", "is out of range"),
        ("0d1", "is not a date"),
    ],
)
def test_a_time_that_could_mean_two_moments_is_refused_with_the_reason(
    text: str, reason: str
) -> None:
    """Purges depend on it: a wrong guess erases other recordings."""
    with pytest.raises(click.BadParameter, match=re.escape(reason)):
        param_types.time(text)


@pytest.mark.parametrize("zone", [ZoneInfo("America/Havana"), None], ids=["named", "of the system"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-03-09", datetime(2025, 3, 9, 5, tzinfo=UTC)),
        ("2025-11-02", datetime(2025, 11, 2, 4, tzinfo=UTC)),
        ("2025-03-10 00:30", datetime(2025, 3, 10, 4, 30, tzinfo=UTC)),
        ("2025-03-09 00:30", "does not exist"),
        ("2025-11-02 00:30", "occurs twice"),
        ("today", datetime(2026, 3, 15, 4, tzinfo=UTC)),
    ],
)
def test_a_local_time_is_read_in_the_zone_or_refused_where_the_clocks_change(
    text: str, expected: datetime | str, zone: tzinfo | None, havana: None
) -> None:
    """In Havana clocks change at midnight, so a day can begin at 01:00, or have two midnights.

    The dates are of 2025: later versions of the time zone database have no change in autumn 2026.
    """
    assert havana is None
    if isinstance(expected, datetime):
        assert times.moment(text, NOW, zone) == expected
    else:
        with pytest.raises(ValueError, match=expected):
            times.moment(text, NOW, zone)


@pytest.fixture
def havana(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of Havana as that of this process."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/Havana")
        time.tzset()
        yield
    time.tzset()


def test_the_zone_of_the_machine_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert times.zone_name(times.local_zone()) == "Europe/Berlin"
    monkeypatch.setenv("TZ", "Etc/UTC")
    assert times.local_zone() is UTC
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert times.zone_name(None) == "local time"


@pytest.mark.parametrize(
    ("text", "name"),
    [("UTC", "UTC"), ("Europe/Berlin", "Europe/Berlin"), ("+01:00", "+01:00"), ("-0530", "-05:30")],
)
def test_a_zone_is_parsed(text: str, name: str) -> None:
    zone = param_types.time_zone(text)
    assert times.zone_name(zone) == name


@pytest.mark.parametrize("text", ["", "EST", "UTC+3", "Mars/Olympus", "+15:00"])
def test_an_unknown_zone_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter):
        param_types.time_zone(text)


@pytest.mark.parametrize("text", ["6m", "6 M"])
@pytest.mark.parametrize("parse", [param_types.time, param_types.duration])
def test_minutes_are_not_months_where_recordings_are_deleted(
    text: str, parse: Callable[[str], datetime | timedelta]
) -> None:
    assert parse(text)
    with pytest.raises(click.BadParameter, match="write 6min, or 180d"):
        param_types.deleting(parse)(text)
    assert param_types.deleting(parse)("6min")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90d", timedelta(days=90)),
        ("24h", timedelta(hours=24)),
        ("30 min", timedelta(minutes=30)),
        ("5m", timedelta(minutes=5)),
        ("0s", timedelta()),
        ("3 Days", timedelta(days=3)),
        ("3 months", None),
        ("3y", None),
        ("-3d", None),
    ],
)
def test_a_duration_is_parsed(text: str, expected: timedelta | None) -> None:
    assert expected == times.duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+1 (212) 555-0137", "+12125550137"),
        (" +44 20 7946 0018 ", "+442079460018"),
        ("+12125550137", "+12125550137"),
        ("sip:anna@example.com", "sip:anna@example.com"),
        ("1001-desk", "1001-desk"),
        ("2125550137", "2125550137"),
    ],
)
def test_a_phone_number_is_parsed(text: str, expected: str) -> None:
    assert expected == param_types.number(text)
