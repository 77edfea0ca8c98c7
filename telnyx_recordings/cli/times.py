"""Parses the times and durations that people write, and rejects ambiguous ones."""

from __future__ import annotations

import os
import re
import time as clock
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

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
_DAYS = {"today": 0, "yesterday": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY = (
    r"(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)"
    r"(?:day|sday|nesday|rsday|urday)?\.?,?\s+)?"
)
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE | re.ASCII)
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?![\d:])",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH},?[\s-]+(?P<year>\d{{4}})(?!\d)",
        rf"{_WEEKDAY}{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})(?![\d:])",
        r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)",
    )
)
_SECOND = r"(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
_HALF = r"\s*(?P<half>[ap])\.?m\b\.?"
_TIMES = tuple(
    re.compile(rf"{pattern}(?!\d)", re.IGNORECASE | re.ASCII)
    for pattern in (
        rf"(?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?::{_SECOND})?(?:{_HALF})?",
        rf"(?P<hour>\d{{1,2}}){_HALF}",
        rf"(?<=T)(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:{_SECOND})?)?",
    )
)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?([0-5]\d)(?::?([0-5]\d))?)?", re.ASCII)
_ZONE_NAME = re.compile(r"[A-Za-z][A-Za-z_]*(?:/[A-Za-z0-9_+-]+)+", re.ASCII)
_UTC_OFFSET = re.compile(r"(?:UTC|GMT|Z)\s*([+-]\d.*)", re.IGNORECASE | re.ASCII)
_LIKE_A_ZONE = re.compile(
    r"[A-Z]{2,5}|(?:[A-Z]{1,4}\s*)?[+-]\d.*|[A-Z_]+/\S*", re.IGNORECASE | re.ASCII
)
_ZONE_OF_DATE = re.compile(r"[+-]\d\d:\d\d|[A-Z].*", re.IGNORECASE | re.ASCII)
"""Without a time, ``-05`` could be an hour."""
_TWO_DIGIT_YEAR = re.compile(r"(?:\d{1,2}([-/.])\d{1,2}\1\d{1,2})(?!\d).*", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?", re.ASCII)
_EPOCH_UNITS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
"""By the number of digits that a count since 1970 has in these decades: counts per second."""
_FIRST_YEAR = 1970
_LARGEST_OFFSET = timedelta(hours=14)

_USAGE = "write 2026-03-01 or 2026-03-01T09:30"


def duration(text: str) -> timedelta | None:
    """Parse a duration; None if the text is not one."""
    found = _SPAN.fullmatch(text.strip())
    return int(found[1]) * _UNITS[str(found[found.lastindex or 0]).lower()] if found else None


def moment(text: str, now: datetime, zone: tzinfo | None = UTC) -> datetime:
    """Parse a time; return it in UTC.

    Args:
        text: a date, a date and time, ``today``, ``yesterday``, ``now``, or how long ago.
        now: the current time.
        zone: the time zone of dates and times without one; None is the zone of this machine.

    Raises:
        ValueError: the text is not a time, does not state the day, or could mean two times. The
            message is a predicate, to follow the text.
    """
    try:
        return _moment(text.strip(), now, zone)
    except OverflowError:
        raise ValueError(f"is out of range: {_USAGE}, or how long ago, as 90d") from None


def _moment(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    word = text.lower()
    if word == "now":
        return now.astimezone(UTC)
    if word in _DAYS:
        day = now.astimezone(zone).date() - timedelta(days=_DAYS[word])
        return _start(day, zone)
    ago = duration(re.sub(r"\s+ago$", "", word))
    if ago is not None:
        return now.astimezone(UTC) - ago
    if _NUMBER.fullmatch(text) and not re.fullmatch(r"\d{8}", text, re.ASCII):
        raise ValueError(_number_refusal(text))
    return _parse_rest(*_parse_date(text), zone)


def parse_zone(text: str) -> tzinfo | None:
    """Parse a time zone: an IANA name, an offset, ``UTC``, or ``local`` (None).

    Raises:
        ValueError: there is no such zone. The message is a predicate, to follow the text.
    """
    return local_zone() if text.strip().lower() == "local" else _zone(text.strip())


def local_zone() -> tzinfo | None:
    """Return the zone of this machine by its name; None if the name is unknown."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        name = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    try:
        return _zone(name.removeprefix("Etc/"))
    except ValueError:
        always_utc = clock.tzname[0] in {"GMT", "UTC"} and not clock.daylight
        return UTC if always_utc else None


def zone_name(zone: tzinfo | None) -> str:
    """Return the name of a zone for a heading."""
    if zone is None:
        return "local time"
    return "UTC" if zone is UTC else str(getattr(zone, "key", zone)).removeprefix("UTC")


def _parse_date(text: str) -> tuple[date, str]:
    """Return the date at the start of a text, and the rest."""
    if found := _match(_DATES, text):
        return _date(found.groupdict()), text[found.end() :]
    if _TWO_DIGIT_YEAR.match(text):
        raise ValueError("has a year of two digits: write the whole date, as 2026-03-01")
    if _match(_TIMES, text) or re.match(_MONTH, text, re.IGNORECASE | re.ASCII):
        raise ValueError("does not say which day: write 2026-03-01")
    raise ValueError(f"is not a date or time: {_USAGE}")


def _match(patterns: Iterable[re.Pattern[str]], text: str, at: int = 0) -> re.Match[str] | None:
    """Return the match of the first pattern that matches at a place of a text."""
    return next(filter(None, (pattern.match(text, at) for pattern in patterns)), None)


def _date(parts: dict[str, str | None]) -> date:
    if parts.get("first"):
        day, month = int(parts["first"] or 0), int(parts["second"] or 0)
        months = range(1, 13)
        if day in months and month in months and day != month:
            raise ValueError("is ambiguous: write the year, then month and day, as 2026-03-01")
        if day in months:
            day, month = month, day
    else:
        day = int(parts["day"] or 0)
        month = (
            int(parts.get("month") or 0) or _MONTHS.index(str(parts.get("name"))[:3].lower()) + 1
        )
    try:
        found = date(int(parts["year"] or 0), month, day)
    except ValueError:
        raise ValueError(
            "is not a day of the calendar: write year, month and day, as 2026-03-01"
        ) from None
    if found.year < _FIRST_YEAR:
        raise ValueError(f"is before {_FIRST_YEAR}: write the year in full, as 2026-03-01")
    weekday = parts.get("weekday")
    if weekday and _WEEKDAYS[found.weekday()] != weekday.lower():
        raise ValueError(f"names another day of the week than {found}: leave the weekday out")
    return found


def _parse_rest(day: date, rest: str, zone: tzinfo | None) -> datetime:
    """Return the moment of a day and the time and zone that follow it in the text."""
    left = re.sub(r"^(?:T(?=\d)|,?\s+(?:at\s+)?)", "", rest, flags=re.IGNORECASE)
    at_time: time | None = None
    at = len(rest) - len(left)
    if at and (found := _match(_TIMES, rest, at)):
        at_time, left = _time_of_day(found.groupdict()), rest[found.end() :]
    left = left.strip()
    if left and at_time is None and not _ZONE_OF_DATE.fullmatch(left):
        raise ValueError(f"is not a date or time: {_USAGE}")
    if left:
        zone = _stated_zone(left)
    if at_time is None:
        return _start(day, zone)
    return _exactly(datetime.combine(day, at_time), zone)


def _time_of_day(parts: dict[str, str | None]) -> time:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    fraction = parts.get("fraction") or "0"
    if half := parts.get("half"):
        if not 1 <= hour <= 12:  # noqa: PLR2004 - the hours of a clock face
            raise ValueError("has am or pm after an hour that is not 1 to 12: write 09:30 or 21:30")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    try:
        return time(hour, minute, second, int(fraction[:6].ljust(6, "0")))
    except ValueError:
        raise ValueError(
            "has a time after 23:59:59: write midnight as 00:00 of the next day"
        ) from None


def _stated_zone(text: str) -> tzinfo:
    try:
        return _zone(text)
    except ValueError as error:
        if not _LIKE_A_ZONE.fullmatch(text):
            raise ValueError(f"is not a date or time: {_USAGE}") from None
        raise ValueError(f"has the time zone {text!r}, which {error}") from None


def _zone(text: str) -> tzinfo:
    """Parse a time zone.

    Raises:
        ValueError: it is not an offset, ``Z``, ``UTC``, ``GMT`` or an IANA name.
    """
    if text.upper() in {"Z", "UTC", "GMT"}:
        return UTC
    if found := _OFFSET.fullmatch(text.replace("\N{MINUS SIGN}", "-")):
        sign, hours, minutes, seconds = found.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes or 0), seconds=int(seconds or 0))
        if offset > _LARGEST_OFFSET:
            raise ValueError("is more than 14 hours: write an offset such as +01:00")
        return timezone(-offset if sign == "-" else offset)
    if found := _UTC_OFFSET.fullmatch(text):
        raise ValueError(
            "is read with either sign by different programs: write the offset alone, as "
            f"{_offset(found[1])}"
        )
    if _ZONE_NAME.fullmatch(text):
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(text)
        except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
            raise ValueError(
                "is not a name of the IANA time zone database: write one such as Europe/Berlin, "
                "or an offset such as +01:00"
            ) from None
    raise ValueError(
        "is not an offset, Z or an IANA name: write an offset such as -05:00, or a name such as "
        "America/New_York"
    )


def _offset(text: str) -> str:
    """Return an offset in its usual form, or an example if it is not one."""
    found = _OFFSET.fullmatch(text.strip())
    return f"{found[1]}{int(found[2]):02}:{found[3] or '00'}" if found else "+03:00"


def _start(day: date, zone: tzinfo | None) -> datetime:
    """Return the first moment of a day: the earlier midnight if there are two."""
    return _in_utc(datetime.combine(day, time()), zone)


def _exactly(local: datetime, zone: tzinfo | None) -> datetime:
    """Return a local time in UTC.

    Raises:
        ValueError: clocks were changed then, so it occurs twice or never.
    """
    found, other = _in_utc(local, zone), _in_utc(local.replace(fold=1), zone)
    if found != other:
        often = "occurs twice" if found < other else "does not exist"
        first, second = (f"{_suffix(local, each)}" for each in (found, other))
        raise ValueError(
            f"{often} in {zone_name(zone)}, because the clocks change: add the offset, "
            f"{first} or {second}"
        )
    return found


def _in_utc(local: datetime, zone: tzinfo | None) -> datetime:
    if zone is None:
        return datetime.fromtimestamp(local.timestamp(), UTC)
    return local.replace(tzinfo=zone).astimezone(UTC)


def _suffix(local: datetime, utc: datetime) -> str:
    offset = timezone(local - utc.replace(tzinfo=None))
    return str(offset).removeprefix("UTC") or "+00:00"


def _number_refusal(text: str) -> str:
    """Return why a number is not a time, with the time that it probably is."""
    digits = text.lstrip("+-").partition(".")[0]
    unit = _EPOCH_UNITS.get(len(digits))
    if unit is None:
        return f"is a number, not a date: {_USAGE}, or how long ago, as 90d"
    at = datetime.fromtimestamp(int(digits) // unit, UTC)
    return f"is a number, not a date: for this count since 1970, write {at:%Y-%m-%dT%H:%M:%SZ}"
