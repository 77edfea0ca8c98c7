"""Parameter types of the command line: times, durations and phone numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_SPAN = re.compile(
    r"(\d{1,6})\s*(?:(s)(?:econds?|ecs?)?|(m)(?:in(?:ute)?s?)?|(h)(?:ours?)?|(d)(?:ays?)?|(w)(?:eeks?)?)",
    re.IGNORECASE | re.ASCII,
)
"""Not months and years, which have no fixed length; ``m`` is a minute."""
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_DIALLED = re.compile(r"\+[\d\s().\-/]+")
_PUNCTUATION = re.compile(r"[^+\d]")
_DAYS = {"today": 0, "yesterday": 1}
# Defaults that differ in every part: a text that leaves one out is parsed differently with each.
_ONE = datetime(2000, 1, 1, tzinfo=UTC)
_OTHER = datetime(2004, 2, 2, tzinfo=UTC)


class Duration(click.ParamType[timedelta]):
    """A duration, such as ``90d``, ``24h`` or ``2 weeks``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Parse the value; one that is already converted is returned unchanged."""
        if isinstance(value, timedelta):
            return value
        found = duration(str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration: write 90d, 24h, 30m or 2w", param, ctx)
        return found


class Time(click.ParamType[datetime]):
    """A time: a date, ISO 8601, another common form, or a duration ago. UTC if it has no zone.

    A duration counts back from now; a date stands for the midnight at its start.
    """

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse the value; one that is already converted is returned unchanged."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(str(value), datetime.now(UTC))
        except (ValueError, OverflowError) as error:
            self.fail(f"{value!r} {error}", param, ctx)


class PhoneNumber(click.ParamType[str]):
    """A phone number or SIP address; ``+1 (212) 555-0137`` becomes ``+12125550137``."""

    name = "number"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Remove punctuation from a phone number; return anything else unchanged."""
        text = str(value).strip()
        if not text:
            self.fail("a number must not be empty", param, ctx)
        return _PUNCTUATION.sub("", text) if _DIALLED.fullmatch(text) else text


def duration(text: str) -> timedelta | None:
    """Parse a duration; None if the text is not one."""
    found = _SPAN.fullmatch(text.strip())
    return int(found[1]) * _UNITS[str(found[found.lastindex or 0]).lower()] if found else None


def moment(text: str, now: datetime) -> datetime:
    """Parse a time.

    Raises:
        ValueError: the text is not a time, does not state the day, or is ambiguous. The message is
            a predicate, to follow the text.
        OverflowError: the time is out of range.
    """
    text = text.strip()
    if text.lower() in _DAYS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_DAYS[text.lower()])
    ago = duration(text)
    if ago is not None:
        return now - ago
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _parse_common_form(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _parse_common_form(text: str) -> datetime:
    """Parse forms other than ISO 8601, but never guess: a wrong date could erase recordings."""
    from dateutil.parser import parse

    try:
        found = parse(text, default=_ONE)
        other = parse(text, default=_OTHER)
        swapped = parse(text, default=_ONE, dayfirst=True)
    except ValueError:
        raise ValueError("is not a date or time: write 2026-03-01 or 2026-03-01T09:30") from None
    if found != other:
        raise ValueError("does not say which day: write 2026-03-01")
    if found != swapped and not re.match(r"\d{4}", text):
        raise ValueError("is ambiguous: write the year, then month and day, as 2026-03-01")
    return found
