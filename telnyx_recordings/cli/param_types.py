"""Parameter types of the command line: times, durations, time zones and phone numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import click

from telnyx_recordings.cli.times import duration, local_zone, moment, parse_zone

_DIALLED = re.compile(r"\+[\d\s().\-/]+")
_PUNCTUATION = re.compile(r"[^+\d]")
_MINUTES_OR_MONTHS = re.compile(r"\s*(\d+)\s*m\s*", re.IGNORECASE | re.ASCII)
_ZONE = "telnyx_recordings.zone"
"""Key of the context's `meta` for the time zone."""


class Duration(click.ParamType[timedelta]):
    """A duration, such as ``90d``, ``24h`` or ``2 weeks``.

    Args:
        deletes: whether recordings are deleted by it; then ``6m`` is refused, which could be meant
            as months.
    """

    name = "duration"

    def __init__(self, *, deletes: bool = False) -> None:
        self._deletes = deletes

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Parse the value; one that is already converted is returned unchanged."""
        if isinstance(value, timedelta):
            return value
        if self._deletes:
            _check_unit(self, value, param, ctx)
        found = duration(str(value))
        if found is None:
            self.fail(f"{value!r} is not a duration: write 90d, 24h, 30min or 2w", param, ctx)
        return found


class Time(click.ParamType[datetime]):
    """A time: a date, ISO 8601, another common form, or a duration ago.

    A duration counts back from now; a date stands for the midnight at its start. Without a zone,
    times are in that of ``--tz``.

    Args:
        deletes: as for `Duration`.
    """

    name = "time"

    def __init__(self, *, deletes: bool = False) -> None:
        self._deletes = deletes

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Parse the value; one that is already converted is returned unchanged."""
        if isinstance(value, datetime):
            return value
        if self._deletes:
            _check_unit(self, value, param, ctx)
        try:
            return moment(str(value), datetime.now(UTC), zone())
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


class Zone(click.ParamType[tzinfo | None]):
    """A time zone: an IANA name, an offset, ``UTC`` or ``local``."""

    name = "zone"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tzinfo | None:
        """Parse the value; one that is already converted is returned unchanged."""
        if isinstance(value, tzinfo):
            return value
        try:
            return parse_zone(str(value))
        except ValueError as error:
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


def set_zone(ctx: click.Context, _param: click.Parameter, value: tzinfo | None) -> None:
    """Keep the time zone of a command, for the times that are read and shown."""
    ctx.meta[_ZONE] = value


def zone() -> tzinfo | None:
    """Return the time zone of the current command; by default that of this machine."""
    ctx = click.get_current_context(silent=True)
    return ctx.meta[_ZONE] if ctx is not None and _ZONE in ctx.meta else local_zone()


def age(span: timedelta) -> str:
    """Return a duration in its largest whole unit."""
    units = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
    seconds = round(span.total_seconds())
    name, unit = next((name, unit) for name, unit in units.items() if seconds % unit == 0)
    count = seconds // unit
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def _check_unit(
    kind: click.ParamType[Any],
    value: object,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> None:
    if found := _MINUTES_OR_MONTHS.fullmatch(str(value)):
        count = int(found[1])
        kind.fail(
            f"{value!r} could be minutes or months: write {count}min, or {count * 30}d", param, ctx
        )
