"""The application: the operations on recordings and transcriptions, and those of other modules."""

from collections.abc import Callable, Mapping
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router

from telnyx_recordings.sandbox import commands, rooms, settings, speech, texml
from telnyx_recordings.sandbox.bodies import (
    data_response,
    json_response,
    list_response,
    path_id,
    read_object,
)
from telnyx_recordings.sandbox.problems import ProblemError, api_problem, found, invalid
from telnyx_recordings.sandbox.query import CURSOR_KEYS, cut, field, read_filter
from telnyx_recordings.sandbox.routes import API_PATH, Operations
from telnyx_recordings.sandbox.rows import Recording
from telnyx_recordings.sandbox.state import SandboxState

_FIELDS = (
    *("call_control_id", "call_leg_id", "call_session_id", "conference_id", "connection_id"),
    *("from", "to"),
)
_TEXTS: Mapping[str, Callable[[Recording], object]] = {
    **{name: field(name) for name in _FIELDS},
    "conference_region": lambda recording: recording.conference_region,
    "sip_call_id": lambda recording: recording.sip_call_id,
}
_TIMES: Mapping[str, Callable[[Recording], int | None]] = {
    "start_time": lambda recording: recording.started,
    "end_time": lambda recording: recording.ended,
}
_operations = Operations()
_RECORDING, _TRANSCRIPTION = "/recordings/{id}", "/recording_transcriptions/{id}"


@_operations.on("GET", "/recordings")
async def _list_recordings(state: SandboxState, request: Request) -> Response:
    query = request.query_params
    rows = state.recordings.select(*read_filter(query, _TEXTS, _TIMES))
    page = cut(rows, query, state.options.order)
    sign = state.sign(request)
    response = list_response([row.encode(sign) for row in page.rows], page.number_meta())
    state.drift(page.rows)
    return response


@_operations.on("GET", _RECORDING)
async def _retrieve_recording(state: SandboxState, request: Request) -> Response:
    recording = found(state.recordings.get(path_id(request)))
    return data_response(recording.encode(state.sign(request)))


@_operations.on("DELETE", _RECORDING)
async def _delete_recording(state: SandboxState, request: Request) -> Response:
    recording = found(state.recordings.remove(path_id(request)))
    return data_response(recording.encode(state.sign(request)))


@_operations.on("POST", "/recordings/actions/delete")
async def _delete_recordings(state: SandboxState, request: Request) -> Response:
    """Delete recordings by their ids; unknown ids are ignored."""
    ids = (await read_object(request)).get("ids")
    if not isinstance(ids, list) or not ids:
        raise invalid("At least one id is required.", "/ids")
    for place, recording_id in enumerate(cast("list[object]", ids)):
        if not isinstance(recording_id, str):
            raise invalid("An id must be a string.", f"/ids/{place}")
    for recording_id in cast("list[str]", ids):
        state.recordings.remove(recording_id)
    return json_response({"status": "ok"})


@_operations.on("GET", "/recording_transcriptions")
async def _list_transcriptions(state: SandboxState, request: Request) -> Response:
    """List transcriptions, with cursors if requested or set."""
    query = request.query_params
    wanted = read_filter(query, {"recording_id": field("recording_id")})
    rows = state.transcriptions.select(*wanted)
    page = cut(rows, query, state.options.order, cursors=True)
    by_cursor = state.options.cursor_meta or not query.keys().isdisjoint(CURSOR_KEYS)
    meta = page.cursor_meta(request.url.path, query) if by_cursor else page.number_meta()
    return list_response([row.json for row in page.rows], meta)


@_operations.on("GET", _TRANSCRIPTION)
async def _retrieve_transcription(state: SandboxState, request: Request) -> Response:
    return data_response(found(state.transcriptions.get(path_id(request))).json)


@_operations.on("DELETE", _TRANSCRIPTION)
async def _delete_transcription(state: SandboxState, request: Request) -> Response:
    return data_response(found(state.transcriptions.remove(path_id(request))).json)


def application(state: SandboxState) -> Starlette:
    """Return the application that serves all operations."""
    parts = (_operations, *(each.operations for each in (commands, texml, rooms, settings, speech)))
    routes = [route for part in parts for route in part.routes(state)]
    app = Starlette(
        routes=[Mount(API_PATH, Router(routes, redirect_slashes=False))],
        exception_handlers={ProblemError: _refuse, HTTPException: _refuse},
    )
    app.router.redirect_slashes = False
    return app


async def _refuse(_request: Request, error: Exception) -> Response:
    if isinstance(error, ProblemError):
        return api_problem(error)
    known = cast("HTTPException", error)
    response = api_problem(ProblemError(known.status_code))
    response.headers.update(known.headers or {})
    return response
