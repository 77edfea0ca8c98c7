"""The clock of the sandbox, and conversion between ISO 8601 and microseconds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _UNIX_EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""One second in microseconds, the unit of all times here."""


class Clock:
    """The system clock plus an adjustable offset."""

    def __init__(self) -> None:
        self.offset: float = 0.0
        """Seconds ahead of the system clock; behind if negative."""

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Advance this clock by `seconds`."""
        self.offset += seconds


def to_micros(moment: datetime) -> int:
    """Return microseconds since 1970; a time without a zone is UTC, as at Telnyx."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _UNIX_EPOCH) // _MICROSECOND


def parse(text: str) -> int:
    """Parse an ISO 8601 date (midnight UTC) or datetime; ValueError if it is neither."""
    return to_micros(datetime.fromisoformat(text))


def parse_or_none(value: object) -> int | None:
    """Parse a field of a row; None if it is not a time."""
    if not isinstance(value, str):
        return None
    try:
        return parse(value)
    except ValueError:
        return None


def spell(micros: int) -> str:
    """Format a time as Telnyx usually does: with milliseconds and `Z`."""
    return f"{spell_naive(micros)}Z"


def spell_offset(micros: int) -> str:
    """Format a time with milliseconds and a numeric offset."""
    return f"{spell_naive(micros)}+00:00"


def spell_micros(micros: int) -> str:
    """Format a time with microseconds and `Z`."""
    return f"{_in_utc(micros).isoformat(timespec='microseconds')}Z"


def spell_seconds(micros: int) -> str:
    """Format a time with whole seconds and `Z`."""
    return f"{_in_utc(micros).isoformat(timespec='seconds')}Z"


def spell_naive(micros: int) -> str:
    """Format a time with milliseconds and without a zone."""
    return _in_utc(micros).isoformat(timespec="milliseconds")


Spelling = Callable[[int], str]


def _in_utc(micros: int) -> datetime:
    return _NAIVE_EPOCH + timedelta(microseconds=micros)
