"""Parses the filter of an archive into its time range and its other conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, TypeVar, cast

from msgspec import Struct, json

from telnyx_recordings.archive.windows import Row, millis
from telnyx_recordings.core.model.base import Model
from telnyx_recordings.core.model.shape import parse_time, with_zone
from telnyx_recordings.core.request.encode import id_of, known, scalar
from telnyx_recordings.errors import ConfigError
from telnyx_recordings.models.recording_list_filter import RecordingListFilter
from telnyx_recordings.models.recording_response_data import RecordingResponseData

if TYPE_CHECKING:
    from telnyx_recordings.media.job import AnyRecording

T = TypeVar("T")

_TIMES = {"start_time": "recording_started_at", "end_time": "recording_ended_at"}
"""The fields of a recording that conditions on times other than `created_at` compare."""
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
        """Return whether a row is in the time range, to the microsecond."""
        created = row.created_at
        if not isinstance(created, datetime):
            return True
        early = self.since is not None and created < self.since
        return not early and (self.until is None or created <= self.until)

    def objection(self, recording: RecordingResponseData) -> str | None:
        """Return why a recording may not meet a condition other than those on `created_at`.

        A service that ignores a condition lists recordings that nobody selected, so each condition
        is checked on the recording itself. None if it meets all of them.
        """
        fields = recording.to_dict()
        for name, wanted in self.others.items():
            if name in _TIMES:
                problem = _outside(getattr(recording, _TIMES[name]), wanted)
            elif fields.get(name) is None:
                problem = "the recording does not state it"
            else:
                problem = None if fields[name] == wanted else f"it is {fields[name]!r}"
            if problem is not None:
                return f"the filter asks for {name} {wanted!r}: {problem}"
        return None


def read_conditions(given: object) -> Conditions:
    """Parse a filter, given as a model or a mapping.

    Raises:
        ModelError: the name of a condition is misspelled.
        ConfigError: a time cannot be parsed, or a condition does not exist: a server that ignored
            it would have all recordings archived, and perhaps deleted.
        TypeError: it is neither a model nor a mapping.
    """
    if given is not None and not isinstance(given, Model | Mapping):
        kind = type(given).__name__
        raise TypeError(f"the filter must be a mapping or a RecordingListFilter, not a {kind}")
    plain = given.to_dict() if isinstance(given, Model) else cast("Any", given) or {}
    fields: dict[str, Any] = _plain(known(RecordingListFilter, plain, elsewhere=""))
    if unknown := fields.keys() - _CONDITIONS:
        raise ConfigError(
            f"the filter has no {', '.join(map(repr, sorted(unknown)))}: it has "
            f"{', '.join(sorted(_CONDITIONS))}"
        )
    window: Any = fields.pop("created_at", None) or {}
    if not isinstance(window, dict) or window.keys() - {"gte", "lte"}:
        raise ConfigError(f"the filter on created_at must have gte, lte or both, not {window!r}")
    times = cast("dict[str, Any]", window)
    return Conditions(fields, _time(times.get("gte")), _time(times.get("lte")))


def read_ids(recordings: Iterable[AnyRecording]) -> list[str]:
    """Return the ids of recordings, each once; a recording may be given instead of its id.

    Raises:
        ConfigError: a recording has no id, or it is a generator of none.
    """
    found: dict[str, None] = {}
    for number, each in enumerate(listed("ids", recordings), 1):
        try:
            id_ = id_of("recording_id", each)
        except ValueError:
            id_ = None
        if not isinstance(id_, str):
            raise ConfigError(f"recording {number} of ids has no id")
        found[id_] = None
    return list(found)


def listed(name: str, values: Iterable[T]) -> list[T]:
    """Return the values of an argument as a list, which is empty if it was left out.

    Raises:
        ConfigError: it is a generator of nothing, and not an argument that was left out.
    """
    found = list(values)
    if not found and not isinstance(values, Sized):
        raise ConfigError(f"{name} has nothing in it: leave it out if everything is meant")
    return found


def _plain(value: Any) -> Any:
    """Return a filter as it is sent, except for its times."""
    if isinstance(value, Model):
        value = value.to_dict()
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        items = ((name, _plain(each)) for name, each in given.items())
        return {name: each for name, each in items if each is not None}
    if isinstance(value, datetime):
        return with_zone(value)
    return value if value is None or isinstance(value, date) else scalar(value)


def _outside(moment: object, wanted: Any) -> str | None:
    """Return why a time may be outside a range; None if it is within."""
    if not isinstance(moment, datetime):
        return "the recording does not state it"
    if not isinstance(wanted, Mapping) or cast("Mapping[str, Any]", wanted).keys() - {"gte", "lte"}:
        return "it cannot be checked"
    ends = cast("Mapping[str, Any]", wanted)
    try:
        low, high = _time(ends.get("gte")), _time(ends.get("lte"))
    except ConfigError:
        return "it cannot be checked"
    if (low is not None and moment < low) or (high is not None and moment > high):
        return f"it is {moment.isoformat()}"
    return None


def _time(value: object) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    moment = parse_time(value)
    if moment is not None and not isinstance(moment, datetime):
        raise ConfigError(f"the filter has {value!r} instead of a time")
    return moment.astimezone(UTC) if moment else None
