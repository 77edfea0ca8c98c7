"""Where an object lies below its destination: a template, filled in so that no name escapes."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telnyx_recordings.errors import ArchiveError, ConfigError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

LAYOUT = "{created:%Y/%m/%d}/{id}.{format}"

_FIELDS = {
    "created": "created_at",
    "started": "recording_started_at",
    "ended": "recording_ended_at",
    "id": "id",
    "from": "from_",
    "to": "to",
    "channels": "channels",
    "source": "source",
    "connection_id": "connection_id",
    "conference_id": "conference_id",
    "call_leg_id": "call_leg_id",
    "call_session_id": "call_session_id",
    "initiated_by": "initiated_by",
}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", re.ASCII)
_ODD = re.compile(r"[^A-Za-z0-9._+@=-]", re.ASCII)
_UNKNOWN = "unknown"
_LONGEST_NAME = 200  # of the 255 bytes that file systems allow: side and part files are longer
_LONGEST_VALUE = 128


class Layout:
    """A template of keys such as ``{created:%Y/%m/%d}/{id}.{format}``.

    It can name ``created``, ``started`` and ``ended`` (with a format of ``strftime``, in UTC),
    ``id``, ``format``, ``from``, ``to``, ``channels``, ``source``, ``initiated_by`` and the ids of
    connection, conference, call leg and call session. ``id`` and ``format`` must be in it, or two
    objects would get one name.

    Raises:
        ConfigError: it cannot be used.
    """

    def __init__(self, template: str = LAYOUT) -> None:
        """Check the template on a made-up recording."""
        self.template = template
        names = _names(template)
        if strangers := names - {*_FIELDS, "format"}:
            known = ", ".join(sorted({*_FIELDS, "format"}))
            message = f"the layout has no field {', '.join(sorted(strangers))!r}; it has {known}"
            raise ConfigError(message)
        if missing := {"id", "format"} - names:
            message = (
                f"the layout {template!r} lacks {{{min(missing)}}}: without it, "
                "two objects would get one name"
            )
            raise ConfigError(message)
        try:
            self.key(RecordingResponseData(id="probe"), "wav")
        except ArchiveError as error:
            message = f"the layout {template!r} cannot be used: {error}"
            raise ConfigError(message) from error

    def key(self, recording: RecordingResponseData, form: str) -> str:
        """Return the key of a recording's object in a format, such as ``2026/03/01/ab12.wav``.

        Raises:
            ArchiveError: the recording's id is missing or cannot be a file name.
        """
        check_id(recording.id)
        values: dict[str, Any] = {
            name: _Value(getattr(recording, attribute)) for name, attribute in _FIELDS.items()
        }
        key = _Formatter().vformat(self.template, (), values | {"format": _Value(form)})
        parts = key.split("/")
        if any(not part or part.startswith(".") or len(part) > _LONGEST_NAME for part in parts):
            message = (
                f"the key {key!r} has a part that is empty, begins with a dot or is longer than "
                f"{_LONGEST_NAME} characters"
            )
            raise ArchiveError(message)
        return key


def check_id(id_: str | None) -> None:
    """Refuse an id that would be something else in a path.

    Raises:
        ArchiveError: it is missing or cannot be a file name.
    """
    if not id_ or not _ID.fullmatch(id_):
        message = f"the id {id_!r} cannot be a file name"
        raise ArchiveError(message)


class _Value:
    """One field's value: letters that could mean something in a path become ``_``."""

    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        value = self._value
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime(spec or "%Y-%m-%dT%H%M%SZ")
        if value is None or not str(value):
            return _UNKNOWN
        return _ODD.sub("_", str(value))[:_LONGEST_VALUE]


class _Formatter(string.Formatter):
    """Fills in fields by name only: no attributes, indexes or conversions."""

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - the base sets it
        return kwargs[field_name], field_name


def _names(template: str) -> set[str]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        message = f"the layout {template!r} cannot be read: {error}"
        raise ConfigError(message) from error
    if any(conversion for _, _, _, conversion in parts) or "\\" in template or "\0" in template:
        message = f"the layout {template!r} has a conversion or a backslash"
        raise ConfigError(message)
    return {name for _, name, _, _ in parts if name is not None}
