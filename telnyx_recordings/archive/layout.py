"""The layout of an archive: a template of keys, filled in so that no value changes the path."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from telnyx_recordings.archive.stores.store import ERASURES, EXPORTS, HOLDS, LINES
from telnyx_recordings.core.request import encode
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
_UNSAFE = re.compile(r"[^A-Za-z0-9._+@=-]", re.ASCII)
_UNKNOWN = "unknown"
_LONGEST_NAME = 200  # of the 255 bytes that file systems allow: sidecars and parts are longer
_LONGEST_KEY = 900  # of the 1,024 bytes that S3 allows: prefix and suffix are added
_LONGEST_VALUE = 128
_RESERVED = {LINES, *(each.rstrip("/") for each in (ERASURES, EXPORTS, HOLDS))}
_ENDING = ".{format}"
_FREE = "|".join(sorted(_FIELDS.keys() - {"created", "started", "ended", "id"}))
_ADJOINED = re.compile(rf"\{{(?:{_FREE})[^{{}}]*\}}\{{id\}}|\{{id\}}\{{(?:{_FREE}|format)")
_A_TIME = datetime(2026, 3, 1, tzinfo=UTC)
_PROBES = (
    RecordingResponseData(id="probe"),
    RecordingResponseData(
        id="probe", created_at=_A_TIME, recording_started_at=_A_TIME, recording_ended_at=_A_TIME
    ),
)


class Layout:
    """A template of keys such as ``{created:%Y/%m/%d}/{id}.{format}``.

    The fields are ``created``, ``started`` and ``ended`` (each with a format of ``strftime``, in
    UTC), ``id``, ``format``, ``from``, ``to``, ``channels``, ``source``, ``initiated_by`` and the
    ids of connection, conference, call leg and call session. A template must contain ``id``, so
    that keys are unique, and end with ``.{format}``.

    Raises:
        ConfigError: the template is invalid.
    """

    def __init__(self, template: str = LAYOUT) -> None:
        """Check the template with sample recordings."""
        self.template = template
        names = _names(template)
        if unknown := names - {*_FIELDS, "format"}:
            known = ", ".join(sorted({*_FIELDS, "format"}))
            raise ConfigError(
                f"the layout has no field {', '.join(sorted(unknown))!r}; it has {known}"
            )
        if "id" not in names or not template.endswith(_ENDING):
            raise ConfigError(
                f"the layout {template!r} must contain {{id}}, so that keys are unique, and end "
                f"with {_ENDING}"
            )
        if _ADJOINED.search(template):
            raise ConfigError(
                f"the layout {template!r} has {{id}} right beside another field, so two recordings "
                "could get the same key: put a character between them"
            )
        try:
            for probe in _PROBES:
                self.key(probe, "wav")
        except ArchiveError as error:
            raise ConfigError(f"the layout {template!r} cannot be used: {error}") from error

    def key(self, recording: RecordingResponseData, form: str) -> str:
        """Return the key of a recording's object in a format, such as ``2026/03/01/ab12.wav``.

        Raises:
            ArchiveError: the recording's id is missing or unsafe, or the key would be too long,
                leave the destination, or be that of one of the archive's own files.
        """
        check_id(recording.id)
        values: dict[str, Any] = {
            name: getattr(recording, attribute) for name, attribute in _FIELDS.items()
        }
        key = _Formatter().vformat(self.template, (), values | {"format": form})
        if problem := _problem_of(key):
            raise ArchiveError(f"the key {key!r} {problem}")
        return key


def _problem_of(key: str) -> str | None:
    parts = key.split("/")
    if not key.isprintable():
        return "has control characters or a lone surrogate"
    if any(not part or part.startswith(".") for part in parts):
        return "has a part that is empty or begins with a dot"
    if any(len(part.encode()) > _LONGEST_NAME for part in parts):
        return f"has a part that is longer than {_LONGEST_NAME} bytes"
    if len(key.encode()) > _LONGEST_KEY:
        return f"is longer than {_LONGEST_KEY} bytes"
    return "is reserved for the archive itself" if parts[0] in _RESERVED else None


def check_id(id_: str | None) -> None:
    """Refuse an id that is not safe in a path.

    Raises:
        ArchiveError: it is missing or cannot be a file name.
    """
    if not id_ or not encode.is_id(id_):
        raise ArchiveError(f"the id {id_!r} cannot be a file name")


class _Formatter(string.Formatter):
    """Fills in fields by name only: no attributes, indexes or conversions."""

    def get_field(self, field_name: str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - of the base class
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return a field's value, in which characters that are unsafe in a path become ``_``."""
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime(format_spec or "%Y-%m-%dT%H%M%SZ")
        if value is None or not str(value):
            return _UNKNOWN
        text = _UNSAFE.sub("_", str(value))[:_LONGEST_VALUE]
        rest = text.lstrip(".")  # or the file would be hidden, or lie elsewhere
        return rest.rjust(len(text), "_")


def _names(template: str) -> set[str]:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ConfigError(f"the layout {template!r} cannot be read: {error}") from error
    if any(conversion or "{" in (form or "") for _, _, form, conversion in parts):
        raise ConfigError(f"the layout {template!r} has a conversion, or a field inside another")
    if "\\" in template:
        raise ConfigError(f"the layout {template!r} has a backslash")
    if not template.isprintable():
        raise ConfigError(f"the layout {template!r} has control characters or a lone surrogate")
    return {name for _, name, _, _ in parts if name is not None}
