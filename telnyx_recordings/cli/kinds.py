"""What people type, read: moments, spans of time, and phone numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_SPAN = re.compile(
    r"(\d{1,6})\s*(?:(s)(?:econds?|ecs?)?|(m)(?:in(?:ute)?s?)?|(h)(?:ours?)?|(d)(?:ays?)?|(w)(?:eeks?)?)",
    re.IGNORECASE | re.ASCII,
)
"""Months and years are not in it: they have no fixed length, and ``m`` is a minute."""
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
# Two moments that differ in year, month, day and the rest: what a text leaves out shows in these.
_ONE = datetime(2000, 1, 1, tzinfo=UTC)
_OTHER = datetime(2004, 2, 2, tzinfo=UTC)


class Span(click.ParamType[timedelta]):
    """A length of time, such as ``90d``, ``24h`` or ``2 weeks``."""

    name = "span"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it; what is one already stays as it is."""
        if isinstance(value, timedelta):
            return value
        found = span(str(value))
        if found is None:
            self.fail(f"{value!r} is no length of time: write 90d, 24h, 30m or 2w", param, ctx)
        return found


class Moment(click.ParamType[datetime]):
    """A moment: a date, ISO 8601, what else people write, or how long ago. UTC if it says no zone.

    A span of time counts back from now; a date is the midnight with which it begins.
    """

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read it; what is one already stays as it is."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(str(value), datetime.now(UTC))
        except (ValueError, OverflowError) as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Number(click.ParamType[str]):
    """A phone number or SIP address; ``+1 (212) 555-0137`` becomes ``+12125550137``."""

    name = "number"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Leave out what people put between the digits; anything else stays as it is."""
        text = str(value).strip()
        if not text:
            self.fail("an empty text is no number", param, ctx)
        return _PUNCTUATION.sub("", text) if _DIALLED.fullmatch(text) else text


def span(text: str) -> timedelta | None:
    """Read a length of time; None if it is none."""
    found = _SPAN.fullmatch(text.strip())
    return int(found[1]) * _UNITS[str(found[found.lastindex or 0]).lower()] if found else None


def moment(text: str, now: datetime) -> datetime:
    """Read a moment.

    Raises:
        ValueError: it is none, leaves the day open, or can be read in two ways; the message goes
            on where the text itself ends. (OverflowError: it is too far away.)
    """
    text = text.strip()
    if text.lower() in _DAYS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_DAYS[text.lower()])
    ago = span(text)
    if ago is not None:
        return now - ago
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _as_people_write(text)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _as_people_write(text: str) -> datetime:
    """Read what is not ISO 8601, and never guess: what is erased by it does not come back."""
    from dateutil.parser import parse

    try:
        found = parse(text, default=_ONE)
        other = parse(text, default=_OTHER)
        swapped = parse(text, default=_ONE, dayfirst=True)
    except ValueError:
        raise ValueError("is no date or time: write 2026-03-01 or 2026-03-01T09:30") from None
    if found != other:
        raise ValueError("leaves open which day it is: write 2026-03-01")
    if found != swapped and not re.match(r"\d{4}", text):
        raise ValueError("may mean two days: write the year, then month and day, as 2026-03-01")
    return found
