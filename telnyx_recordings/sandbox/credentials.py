"""Validates custom storage credentials: which configuration each backend accepts."""

from collections.abc import Mapping
from typing import NoReturn, cast

from telnyx_recordings.sandbox.problems import ProblemError
from telnyx_recordings.sandbox.rows import JsonObject

_UNPROCESSABLE = 422
_AWS = frozenset({"aws_access_key_id", "aws_secret_access_key", "bucket", "region"})
_SETTINGS: Mapping[str, frozenset[str]] = {
    "gcs": frozenset({"bucket", "credentials"}),
    "s3": _AWS,
    "s3-generic": _AWS | {"endpoint"},
    "azure": frozenset({"account_key", "account_name", "bucket"}),
}


def read_credentials(body: object) -> JsonObject:
    """Validate a body; ProblemError (422) names the location of an error, but never the value."""
    whole = _object(body, "/")
    backend = whole.get("backend")
    if not isinstance(backend, str) or backend not in _SETTINGS:
        _refuse(f"The backend must be one of {', '.join(_SETTINGS)}.", "/backend")
    configuration = _object(whole.get("configuration"), "/configuration")
    if configuration.get("backend") != backend:
        _refuse("It differs from the backend of the request.", "/configuration/backend")
    for name, value in configuration.items():
        pointer = f"/configuration/{name}"
        if name != "backend" and name not in _SETTINGS[backend]:
            _refuse("This backend has no such setting.", pointer)
        if not isinstance(value, str) or not value:
            _refuse("It must be a non-empty string.", pointer)
    return {"backend": backend, "configuration": configuration}


def _object(value: object, pointer: str) -> JsonObject:
    if not isinstance(value, dict):
        _refuse("It must be an object.", pointer)
    return cast("JsonObject", value)


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise ProblemError(_UNPROCESSABLE, detail, pointer=pointer)
