"""Operations on settings: which calls are recorded, and where recordings are stored."""

from collections.abc import Mapping
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.bodies import choice, json_response, path_id, read_object, required
from telnyx_recordings.sandbox.commands import CHANNELS
from telnyx_recordings.sandbox.problems import found, invalid
from telnyx_recordings.sandbox.routes import Operations
from telnyx_recordings.sandbox.rows import FORMATS, JsonObject
from telnyx_recordings.sandbox.state import SandboxState

_PLACE = "/call_recording"
_TYPES = ("all", "none", "by_caller_phone_number")
_AWS = frozenset({"aws_access_key_id", "aws_secret_access_key", "bucket", "region"})
_STORAGE: Mapping[str, frozenset[str]] = {
    "gcs": frozenset({"bucket", "credentials"}),
    "s3": _AWS,
    "s3-generic": _AWS | {"endpoint"},
    "azure": frozenset({"account_key", "account_name", "bucket"}),
}
_OPTIONAL = frozenset({"gcs", "azure"})
"""Storage whose fields may be missing."""


_NUMBER, _PROFILE = "/phone_numbers/{id}/voice", "/outbound_voice_profiles/{id}"
_CREDENTIALS = "/custom_storage_credentials/{id}"  # the id of a connection
operations: Final = Operations()


@operations.on("GET", _NUMBER)
async def _retrieve_number(state: SandboxState, request: Request) -> Response:
    return json_response({"data": found(state.phone_numbers.get(path_id(request)), "/id")})


@operations.on("PATCH", _NUMBER)
async def _update_number(state: SandboxState, request: Request) -> Response:
    fields = found(state.phone_numbers.get(path_id(request)), "/id")
    body = await read_object(request)
    enabled = _read_recording(body, "inbound_call").get("inbound_call_recording_enabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise invalid("It must be true or false.", f"{_PLACE}/inbound_call_recording_enabled")
    _merge(fields, body)
    return json_response({"data": fields})


@operations.on("GET", _PROFILE)
async def _retrieve_profile(state: SandboxState, request: Request) -> Response:
    return json_response({"data": found(state.profiles.get(path_id(request)), "/id")})


@operations.on("PATCH", _PROFILE)
async def _update_profile(state: SandboxState, request: Request) -> Response:
    fields = found(state.profiles.get(path_id(request)), "/id")
    body = await read_object(request)
    required(body, "name")
    choice(_read_recording(body, "call"), "call_recording_type", _TYPES, "all", _PLACE)
    _merge(fields, body)
    return json_response({"data": fields})


@operations.on("GET", _CREDENTIALS)
async def _retrieve_storage(state: SandboxState, request: Request) -> Response:
    connection = path_id(request)
    return json_response(
        {
            "connection_id": connection,
            "data": found(state.credentials.get(connection), "/connection_id"),
            "record_type": "custom_storage_credentials",
        }
    )


@operations.on("POST", _CREDENTIALS)
async def _create_storage(state: SandboxState, request: Request) -> Response:
    """Set the storage of a connection, which replaces any other."""
    state.credentials[path_id(request)] = _read_storage(await read_object(request))
    return await _retrieve_storage(state, request)


@operations.on("PUT", _CREDENTIALS)
async def _update_storage(state: SandboxState, request: Request) -> Response:
    found(state.credentials.get(path_id(request)), "/connection_id")
    return await _create_storage(state, request)


@operations.on("DELETE", _CREDENTIALS)
async def _delete_storage(state: SandboxState, request: Request) -> Response:
    found(state.credentials.pop(path_id(request), None), "/connection_id")
    return Response(status_code=204)


def _read_recording(body: JsonObject, prefix: str) -> JsonObject:
    """Return the settings of recordings in a body, of which channels and format are checked."""
    recording = _object(body.get("call_recording", {}), _PLACE)
    choice(recording, f"{prefix}_recording_channels", CHANNELS, "single", _PLACE)
    choice(recording, f"{prefix}_recording_format", tuple(FORMATS), "wav", _PLACE)
    return recording


def _merge(fields: JsonObject, body: JsonObject) -> None:
    """Change the settings that are given, one level deep, and keep the rest."""
    for name, value in body.items():
        own = fields.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            fields[name] = {**cast("JsonObject", own), **cast("JsonObject", value)}
        elif name not in ("id", "record_type", "phone_number"):
            fields[name] = value


def _read_storage(body: JsonObject) -> JsonObject:
    """Check a body; ProblemError (422) names the location of an error, but never the value."""
    backend = body.get("backend")
    if not isinstance(backend, str) or backend not in _STORAGE:
        raise invalid(f"The backend must be one of {', '.join(_STORAGE)}.", "/backend")
    configuration = _object(body.get("configuration"), "/configuration")
    if configuration.get("backend") != backend:
        raise invalid("It differs from the backend of the request.", "/configuration/backend")
    for name, value in configuration.items():
        pointer = f"/configuration/{name}"
        if name != "backend" and name not in _STORAGE[backend]:
            raise invalid("This backend has no such setting.", pointer)
        if not isinstance(value, str) or not value:
            raise invalid("It must be a non-empty string.", pointer)
    missing = () if backend in _OPTIONAL else sorted(_STORAGE[backend] - configuration.keys())
    for name in missing:
        raise invalid("This backend requires it.", f"/configuration/{name}")
    return {"backend": backend, "configuration": configuration}


def _object(value: object, pointer: str) -> JsonObject:
    if not isinstance(value, dict):
        raise invalid("It must be an object.", pointer)
    return cast("JsonObject", value)
