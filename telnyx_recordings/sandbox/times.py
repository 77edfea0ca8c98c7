"""Time for the sandbox: its clock, and reading and spelling ISO 8601 as microseconds."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _UNIX_EPOCH.replace(tzinfo=None)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
"""One second in the unit of all instants here, microseconds since 1970."""


class Clock:
    """The machine's time plus an offset that a test may move."""

    def __init__(self) -> None:
        self.offset: float = 0.0
        """Seconds that the sandbox is ahead of the machine; negative is behind."""

    def now(self) -> float:
        """Seconds since 1970 as the sandbox sees it."""
        return time.time() + self.offset

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass for the sandbox, and for nobody else."""
        self.offset += seconds


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970; a moment without zone is UTC, as Telnyx means it."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _UNIX_EPOCH) // _MICROSECOND


def parse(text: str) -> int:
    """Read an ISO 8601 date (its midnight in UTC) or datetime; ValueError when it is neither."""
    return to_micros(datetime.fromisoformat(text))


def parse_or_none(value: object) -> int | None:
    """Read a row's own field, which may hold anything."""
    if not isinstance(value, str):
        return None
    try:
        return parse(value)
    except ValueError:
        return None


def spell(micros: int) -> str:
    """Spell an instant in Telnyx's usual way: milliseconds and `Z`."""
    return f"{spell_naive(micros)}Z"


def spell_offset(micros: int) -> str:
    """Milliseconds and a numeric zone."""
    return f"{spell_naive(micros)}+00:00"


def spell_micros(micros: int) -> str:
    """All six digits and `Z`."""
    return f"{_in_utc(micros).isoformat(timespec='microseconds')}Z"


def spell_seconds(micros: int) -> str:
    """Whole seconds and `Z`."""
    return f"{_in_utc(micros).isoformat(timespec='seconds')}Z"


def spell_naive(micros: int) -> str:
    """Milliseconds and no zone at all."""
    return _in_utc(micros).isoformat(timespec="milliseconds")


Spelling = Callable[[int], str]


def _in_utc(micros: int) -> datetime:
    return _NAIVE_EPOCH + timedelta(microseconds=micros)
