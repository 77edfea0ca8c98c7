"""The operations of the API as Starlette routes, over one State."""

from collections.abc import Mapping, Sequence
from typing import NoReturn, cast

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings.sandbox.problems import ProblemError, api_problem
from telnyx_recordings.sandbox.query import (
    cut,
    read_page,
    read_recording_filter,
    read_transcription_filter,
)
from telnyx_recordings.sandbox.rows import JsonObject, Recording, Sign, Transcription
from telnyx_recordings.sandbox.state import State

API_PATH = "/v2"
_BAD_REQUEST = 400
_NOT_FOUND = 404
_UNPROCESSABLE = 422
_AWS = frozenset({"aws_access_key_id", "aws_secret_access_key", "bucket", "region"})
_SETTINGS: Mapping[str, frozenset[str]] = {
    "gcs": frozenset({"bucket", "credentials"}),
    "s3": _AWS,
    "s3-generic": _AWS | {"endpoint"},
    "azure": frozenset({"account_key", "account_name", "bucket"}),
}


class Api:
    """The calls over `state`, each from a request to an answer; refusals raise ProblemError."""

    def __init__(self, state: State) -> None:
        self._state = state

    def starlette(self) -> Starlette:
        """Give the calls their addresses."""
        recordings = f"{API_PATH}/recordings"
        transcriptions = f"{API_PATH}/recording_transcriptions"
        credentials = f"{API_PATH}/custom_storage_credentials/{{connection_id}}"
        routes = [
            Route(recordings, self.list_recordings),
            Route(f"{recordings}/actions/delete", self.delete_recordings, methods=["POST"]),
            Route(f"{recordings}/{{id}}", self.retrieve_recording),
            Route(f"{recordings}/{{id}}", self.delete_recording, methods=["DELETE"]),
            Route(transcriptions, self.list_transcriptions),
            Route(f"{transcriptions}/{{id}}", self.retrieve_transcription),
            Route(f"{transcriptions}/{{id}}", self.delete_transcription, methods=["DELETE"]),
            Route(credentials, self.retrieve_credentials),
            Route(credentials, self.create_credentials, methods=["POST"]),
            Route(credentials, self.update_credentials, methods=["PUT"]),
            Route(credentials, self.delete_credentials, methods=["DELETE"]),
        ]
        app = Starlette(
            routes=routes, exception_handlers={ProblemError: _refuse, HTTPException: _refuse_http}
        )
        app.router.redirect_slashes = False
        return app

    async def list_recordings(self, request: Request) -> Response:
        """Answer GET /recordings."""
        page = read_page(request.query_params, cursors=False)
        window, keep = read_recording_filter(request.query_params)
        rows = self._state.recordings.select(window.gte, window.lte, keep)
        found = cut(rows, page, self._state.options.order)
        sign = self._sign(request)
        response = _list_answer([row.encode(sign) for row in found.rows], found.number_meta())
        self._state.drift(found.rows)
        return response

    async def retrieve_recording(self, request: Request) -> Response:
        """Answer GET /recordings/{id}, with fresh links."""
        return self._recording_answer(request, self._state.recordings.get(_path_id(request)))

    async def delete_recording(self, request: Request) -> Response:
        """Answer DELETE /recordings/{id} with what was deleted."""
        return self._recording_answer(request, self._state.recordings.remove(_path_id(request)))

    async def delete_recordings(self, request: Request) -> Response:
        """Answer POST /recordings/actions/delete; ids that are not there are passed over."""
        ids = (await _read_object(request)).get("ids")
        if not isinstance(ids, list) or not ids:
            raise ProblemError(_UNPROCESSABLE, "At least one id is wanted here.", pointer="/ids")
        for place, recording_id in enumerate(cast("list[object]", ids)):
            if not isinstance(recording_id, str):
                raise ProblemError(_UNPROCESSABLE, "An id is a text.", pointer=f"/ids/{place}")
        for recording_id in cast("list[str]", ids):
            self._state.recordings.remove(recording_id)
        return _json({"status": "ok"})

    async def list_transcriptions(self, request: Request) -> Response:
        """Answer GET /recording_transcriptions, with cursors when they are asked for or set."""
        query = request.query_params
        page = read_page(query, cursors=True)
        window, keep = read_transcription_filter(query)
        rows = self._state.transcriptions.select(window.gte, window.lte, keep)
        found = cut(rows, page, self._state.options.order)
        by_cursor = page.after is not None or page.before is not None
        if by_cursor or self._state.options.cursor_meta:
            meta = found.cursor_meta(request.url.path, query)
        else:
            meta = found.number_meta()
        return _list_answer([row.json for row in found.rows], meta)

    async def retrieve_transcription(self, request: Request) -> Response:
        """Answer GET /recording_transcriptions/{id}."""
        return _transcription_answer(self._state.transcriptions.get(_path_id(request)))

    async def delete_transcription(self, request: Request) -> Response:
        """Answer DELETE /recording_transcriptions/{id} with what was deleted."""
        return _transcription_answer(self._state.transcriptions.remove(_path_id(request)))

    async def retrieve_credentials(self, request: Request) -> Response:
        """Answer GET /custom_storage_credentials/{connection_id}."""
        return self._credentials_answer(_connection_id(request))

    async def create_credentials(self, request: Request) -> Response:
        """Answer POST /custom_storage_credentials/{connection_id}; it replaces what is there."""
        connection_id = _connection_id(request)
        self._state.credentials[connection_id] = read_credentials(await _read_object(request))
        return self._credentials_answer(connection_id)

    async def update_credentials(self, request: Request) -> Response:
        """Answer PUT /custom_storage_credentials/{connection_id}."""
        self._credentials_answer(_connection_id(request))
        return await self.create_credentials(request)

    async def delete_credentials(self, request: Request) -> Response:
        """Answer DELETE /custom_storage_credentials/{connection_id} with 204."""
        if self._state.credentials.pop(_connection_id(request), None) is None:
            raise _no_connection()
        return Response(status_code=204)

    def _sign(self, request: Request) -> Sign:
        return self._state.signer.at(f"{request.url.scheme}://{request.url.netloc}")

    def _recording_answer(self, request: Request, recording: Recording | None) -> Response:
        if recording is None:
            raise ProblemError(_NOT_FOUND)
        return _data_answer(recording.encode(self._sign(request)))

    def _credentials_answer(self, connection_id: str) -> Response:
        credentials = self._state.credentials.get(connection_id)
        if credentials is None:
            raise _no_connection()
        return _json(
            {
                "connection_id": connection_id,
                "data": credentials,
                "record_type": "custom_storage_credentials",
            }
        )


async def _refuse(_request: Request, error: Exception) -> Response:
    return api_problem(cast("ProblemError", error))


async def _refuse_http(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    response = api_problem(ProblemError(known.status_code))
    response.headers.update(known.headers or {})
    return response


def _path_id(request: Request) -> str:
    return cast("str", request.path_params["id"])


def _connection_id(request: Request) -> str:
    return cast("str", request.path_params["connection_id"])


def _no_connection() -> ProblemError:
    return ProblemError(_NOT_FOUND, pointer="/connection_id")


async def _read_object(request: Request) -> JsonObject:
    try:
        return msgspec.json.decode(await request.body(), type=JsonObject)
    except (ValueError, RecursionError):
        raise ProblemError(_BAD_REQUEST, "The body is no JSON object.", pointer="/") from None


def _json(body: JsonObject) -> Response:
    return Response(msgspec.json.encode(body), media_type="application/json")


def _data_answer(row: bytes) -> Response:
    return Response(b'{"data":%b}' % row, media_type="application/json")


def _transcription_answer(transcription: Transcription | None) -> Response:
    if transcription is None:
        raise ProblemError(_NOT_FOUND)
    return _data_answer(transcription.json)


def _list_answer(rows: Sequence[bytes], meta: JsonObject) -> Response:
    body = b'{"data":[%b],"meta":%b}' % (b",".join(rows), msgspec.json.encode(meta))
    return Response(body, media_type="application/json")


def read_credentials(body: object) -> JsonObject:
    """Validate a body; ProblemError (422) names the location of an error, but never the value."""
    whole = _object(body, "/")
    backend = whole.get("backend")
    if not isinstance(backend, str) or backend not in _SETTINGS:
        _refuse_body(f"The backend must be one of {', '.join(_SETTINGS)}.", "/backend")
    configuration = _object(whole.get("configuration"), "/configuration")
    if configuration.get("backend") != backend:
        _refuse_body("It differs from the backend of the request.", "/configuration/backend")
    for name, value in configuration.items():
        pointer = f"/configuration/{name}"
        if name != "backend" and name not in _SETTINGS[backend]:
            _refuse_body("This backend has no such setting.", pointer)
        if not isinstance(value, str) or not value:
            _refuse_body("It must be a non-empty string.", pointer)
    return {"backend": backend, "configuration": configuration}


def _object(value: object, pointer: str) -> JsonObject:
    if not isinstance(value, dict):
        _refuse_body("It must be an object.", pointer)
    return cast("JsonObject", value)


def _refuse_body(detail: str, pointer: str) -> NoReturn:
    raise ProblemError(_UNPROCESSABLE, detail, pointer=pointer)
