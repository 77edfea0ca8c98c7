"""Parses the filter of an archive into its time range and its other conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, cast

from msgspec import Struct, json

from telnyx_recordings.archive.windows import Row, millis
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.model.shape import parse_time
from telnyx_recordings.core.request.values import scalar
from telnyx_recordings.errors import ConfigError
from telnyx_recordings.models.recording_list_filter import RecordingListFilter

_CONDITIONS = frozenset(filter(str.isidentifier, RecordingListFilter.__struct_encode_fields__))


class Conditions(Struct, frozen=True):
    """A filter of an archive.

    Attributes:
        others: all conditions except those on `created_at`, as the API takes them.
        since: the earliest `created_at`; None if there is no limit.
        until: the latest `created_at`; None if there is no limit.
    """

    others: dict[str, Any]
    since: datetime | None
    until: datetime | None

    @property
    def name(self) -> str:
        """A key that is the same for filters that differ only in their times."""
        return json.encode(self.others, order="deterministic").decode()

    def low(self) -> int:
        """Return the first millisecond to list."""
        return 0 if self.since is None else max(0, millis(self.since))

    def high(self, latest: int) -> int:
        """Return the last millisecond to list, at most `latest`."""
        if self.until is None:
            return latest
        return min(latest, millis(self.until) + (self.until.microsecond % 1000 > 0))

    def admit(self, row: Row) -> bool:
        """Tell whether a row is in the time range, to the microsecond."""
        created = row.created_at
        if not isinstance(created, datetime):
            return True
        early = self.since is not None and created < self.since
        return not early and (self.until is None or created <= self.until)


def read_conditions(given: object) -> Conditions:
    """Parse a filter, given as a model or a mapping.

    Raises:
        ConfigError: a time cannot be parsed, or a condition does not exist: a server that ignored
            it would have all recordings archived, and perhaps deleted.
        TypeError: it is neither a model nor a mapping.
    """
    if given is not None and not isinstance(given, Model | Mapping):
        kind = type(given).__name__
        message = f"the filter must be a mapping or a RecordingListFilter, not a {kind}"
        raise TypeError(message)
    fields: dict[str, Any] = _plain(given) if given is not None else {}
    if unknown := fields.keys() - _CONDITIONS:
        message = (
            f"the filter has no {', '.join(map(repr, sorted(unknown)))}: it has "
            f"{', '.join(sorted(_CONDITIONS))}"
        )
        raise ConfigError(message)
    window: Any = fields.pop("created_at", None) or {}
    if not isinstance(window, dict) or window.keys() - {"gte", "lte"}:
        message = f"the filter on created_at must have gte, lte or both, not {window!r}"
        raise ConfigError(message)
    times = cast("dict[str, Any]", window)
    return Conditions(fields, _time(times.get("gte")), _time(times.get("lte")))


def _plain(value: Any) -> Any:
    """Return a filter as it is sent, except for its times."""
    if isinstance(value, Model):
        value = value.to_dict()
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        items = ((name.removesuffix("_"), _plain(each)) for name, each in given.items())
        return {name: each for name, each in items if each is not None}
    return value if value is None or isinstance(value, date) else scalar(value)


def _time(value: object) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    moment = parse_time(value)
    if moment is not None and not isinstance(moment, datetime):
        message = f"the filter has {value!r} instead of a time"
        raise ConfigError(message)
    return moment.astimezone(UTC) if moment else None
