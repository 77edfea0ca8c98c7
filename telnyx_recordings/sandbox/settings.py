"""Operations on settings: which calls are recorded, and where recordings are stored."""

from collections.abc import Mapping
from typing import NoReturn, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings.sandbox.bodies import choice, json_response, path_id, read_object, required
from telnyx_recordings.sandbox.problems import UNPROCESSABLE, ProblemError, found
from telnyx_recordings.sandbox.rows import FORMATS, JsonObject
from telnyx_recordings.sandbox.state import SandboxState

_PLACE = "/call_recording"
_CHANNELS = ("single", "dual")
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


class Settings:
    """The operations on phone numbers, outbound voice profiles and custom storage."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Return the routes."""
        number, profile = "/phone_numbers/{id}/voice", "/outbound_voice_profiles/{id}"
        storage = "/custom_storage_credentials/{id}"
        return [
            Route(number, self.retrieve_number),
            Route(number, self.update_number, methods=["PATCH"]),
            Route(profile, self.retrieve_profile),
            Route(profile, self.update_profile, methods=["PATCH"]),
            Route(storage, self.retrieve_storage),
            Route(storage, self.create_storage, methods=["POST"]),
            Route(storage, self.update_storage, methods=["PUT"]),
            Route(storage, self.delete_storage, methods=["DELETE"]),
        ]

    async def retrieve_number(self, request: Request) -> Response:
        """Respond to GET /phone_numbers/{id}/voice."""
        return json_response(
            {"data": found(self._state.phone_numbers.get(path_id(request)), "/id")}
        )

    async def update_number(self, request: Request) -> Response:
        """Respond to PATCH /phone_numbers/{id}/voice."""
        fields = found(self._state.phone_numbers.get(path_id(request)), "/id")
        body = await read_object(request)
        recording = _object(body.get("call_recording", {}), _PLACE)
        enabled = recording.get("inbound_call_recording_enabled")
        if enabled is not None and not isinstance(enabled, bool):
            pointer = "/call_recording/inbound_call_recording_enabled"
            _refuse("It must be true or false.", pointer)
        choice(recording, "inbound_call_recording_channels", _CHANNELS, "single", _PLACE)
        choice(recording, "inbound_call_recording_format", tuple(FORMATS), "wav", _PLACE)
        _merge(fields, body)
        return json_response({"data": fields})

    async def retrieve_profile(self, request: Request) -> Response:
        """Respond to GET /outbound_voice_profiles/{id}."""
        return json_response({"data": found(self._state.profiles.get(path_id(request)), "/id")})

    async def update_profile(self, request: Request) -> Response:
        """Respond to PATCH /outbound_voice_profiles/{id}."""
        fields = found(self._state.profiles.get(path_id(request)), "/id")
        body = await read_object(request)
        required(body, "name")
        recording = _object(body.get("call_recording", {}), _PLACE)
        choice(recording, "call_recording_type", _TYPES, "all", _PLACE)
        choice(recording, "call_recording_channels", _CHANNELS, "single", _PLACE)
        choice(recording, "call_recording_format", tuple(FORMATS), "wav", _PLACE)
        _merge(fields, body)
        return json_response({"data": fields})

    async def retrieve_storage(self, request: Request) -> Response:
        """Respond to GET /custom_storage_credentials/{connection_id}."""
        return self._storage(request)

    async def create_storage(self, request: Request) -> Response:
        """Respond to POST /custom_storage_credentials/{connection_id}, which replaces any other."""
        credentials = _read_storage(await read_object(request))
        self._state.credentials[path_id(request)] = credentials
        return self._storage(request)

    async def update_storage(self, request: Request) -> Response:
        """Respond to PUT /custom_storage_credentials/{connection_id}."""
        self._storage(request)
        return await self.create_storage(request)

    async def delete_storage(self, request: Request) -> Response:
        """Respond to DELETE /custom_storage_credentials/{connection_id}."""
        found(self._state.credentials.pop(path_id(request), None), "/connection_id")
        return Response(status_code=204)

    def _storage(self, request: Request) -> Response:
        credentials = found(self._state.credentials.get(path_id(request)), "/connection_id")
        return json_response(
            {
                "connection_id": path_id(request),
                "data": credentials,
                "record_type": "custom_storage_credentials",
            }
        )


def _merge(fields: JsonObject, body: JsonObject) -> None:
    """Change the settings that are given, one level deep, and keep the rest."""
    for name, value in body.items():
        own = fields.get(name)
        if isinstance(own, dict) and isinstance(value, dict):
            fields[name] = {**cast("JsonObject", own), **cast("JsonObject", value)}
        elif name not in ("id", "record_type", "phone_number"):
            fields[name] = value


def _read_storage(body: object) -> JsonObject:
    """Check a body; ProblemError (422) names the location of an error, but never the value."""
    whole = _object(body, "/")
    backend = whole.get("backend")
    if not isinstance(backend, str) or backend not in _STORAGE:
        _refuse(f"The backend must be one of {', '.join(_STORAGE)}.", "/backend")
    configuration = _object(whole.get("configuration"), "/configuration")
    if configuration.get("backend") != backend:
        _refuse("It differs from the backend of the request.", "/configuration/backend")
    for name, value in configuration.items():
        pointer = f"/configuration/{name}"
        if name != "backend" and name not in _STORAGE[backend]:
            _refuse("This backend has no such setting.", pointer)
        if not isinstance(value, str) or not value:
            _refuse("It must be a non-empty string.", pointer)
    missing = () if backend in _OPTIONAL else sorted(_STORAGE[backend] - configuration.keys())
    for name in missing:
        _refuse("This backend requires it.", f"/configuration/{name}")
    return {"backend": backend, "configuration": configuration}


def _object(value: object, pointer: str) -> JsonObject:
    if not isinstance(value, dict):
        _refuse("It must be an object.", pointer)
    return cast("JsonObject", value)


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise ProblemError(UNPROCESSABLE, detail, pointer=pointer)
