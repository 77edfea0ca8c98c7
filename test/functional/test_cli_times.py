"""Holds that times, spans and numbers are read as people mean them, and never guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import click
import pytest

from telnyx_recordings.cli import param_types

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026-03-01T09:30", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01 09:30:15.250", datetime(2026, 3, 1, 9, 30, 15, 250_000, UTC)),
        ("2026-03-01T09:30:00Z", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("2026-03-01T00:30+01:00", datetime(2026, 2, 28, 23, 30, tzinfo=UTC)),
        ("March 1 2026 9:30am", datetime(2026, 3, 1, 9, 30, tzinfo=UTC)),
        ("1 Mar 2026", datetime(2026, 3, 1, tzinfo=UTC)),
        ("2026/3/1", datetime(2026, 3, 1, tzinfo=UTC)),
        ("25/03/2026", datetime(2026, 3, 25, tzinfo=UTC)),
        ("today", datetime(2026, 3, 15, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 3, 14, tzinfo=UTC)),
        ("24h", datetime(2026, 3, 14, 12, 30, tzinfo=UTC)),
        ("2 weeks", datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, expected: datetime) -> None:
    """In UTC."""
    found = param_types.moment(text, NOW)
    assert found == expected
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "someday", "March", "10", "9:30", "March 2026", "01/02/2026", "999999w", "0d1"]
)
def test_a_moment_is_not_guessed(text: str) -> None:
    """What leaves the day open, or may be two, is refused: purges depend on it."""
    with pytest.raises(click.BadParameter):
        param_types.Time().convert(text, None, None)


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
def test_a_span_is_read(text: str, expected: timedelta | None) -> None:
    """Months are no fixed length of time, and never minutes."""
    assert expected == param_types.duration(text)


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
def test_a_number_is_read(text: str, expected: str) -> None:
    """Only what begins with + is a number for sure; anything else stays as it is."""
    assert expected == param_types.PhoneNumber().convert(text, None, None)
