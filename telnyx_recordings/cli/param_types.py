"""Parameter types of the command line: times, durations, time zones and phone numbers.

Each is a function; click shows its name in the help.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import wraps
from typing import TypeVar

import click

from telnyx_recordings.cli import times

T = TypeVar("T")

_DIALLED = re.compile(r"\+[\d\s().\-/]+")
_PUNCTUATION = re.compile(r"[^+\d]")
_MINUTES_OR_MONTHS = re.compile(r"\s*(\d+)\s*m\s*", re.IGNORECASE | re.ASCII)
_ZONE = "telnyx_recordings.zone"
"""Key of the context's `meta` for the time zone."""


def duration(text: str) -> timedelta:
    """Parse a duration, such as ``90d``, ``24h`` or ``2 weeks``."""
    found = times.duration(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a duration: write 90d, 24h, 30min or 2w")
    return found


def time(text: str) -> datetime:
    """Parse a time: a date, ISO 8601, another common form, or a duration ago.

    A duration counts back from now; a date stands for the midnight at its start. Without a zone,
    times are in that of ``--tz``.
    """
    try:
        return times.moment(text, datetime.now(UTC), zone())
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}") from None


def deleting(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Return a parser that refuses ``6m``, which could mean months, for what deletes recordings."""

    @wraps(parse)
    def parse_unambiguous(text: str) -> T:
        if found := _MINUTES_OR_MONTHS.fullmatch(text):
            count = int(found[1])
            raise click.BadParameter(
                f"{text!r} could be minutes or months: write {count}min, or {count * 30}d"
            )
        return parse(text)

    return parse_unambiguous


def time_zone(text: str) -> tzinfo | None:
    """Parse a time zone: an IANA name, an offset, ``UTC``, or ``local`` (None)."""
    try:
        return times.parse_zone(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}") from None


def number(text: str) -> str:
    """Parse a phone number or SIP address; ``+1 (212) 555-0137`` becomes ``+12125550137``."""
    text = text.strip()
    if not text:
        raise click.BadParameter("a number must not be empty")
    return _PUNCTUATION.sub("", text) if _DIALLED.fullmatch(text) else text


def set_zone(ctx: click.Context, _param: click.Parameter, value: tzinfo | None) -> None:
    """Keep the time zone of a command, for the times that are read and shown."""
    ctx.meta[_ZONE] = value


def zone() -> tzinfo | None:
    """Return the time zone of the current command; by default that of this machine."""
    ctx = click.get_current_context(silent=True)
    return ctx.meta[_ZONE] if ctx is not None and _ZONE in ctx.meta else times.local_zone()


def age(span: timedelta) -> str:
    """Return a duration in its largest whole unit."""
    units = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
    seconds = round(span.total_seconds())
    name, unit = next((name, unit) for name, unit in units.items() if seconds % unit == 0)
    count = seconds // unit
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"
