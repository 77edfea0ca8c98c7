"""The application: the operations on recordings and transcriptions, and those of other modules."""

from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from telnyx_recordings.sandbox.bodies import (
    data_response,
    json_response,
    list_response,
    path_id,
    read_object,
)
from telnyx_recordings.sandbox.calls import Exchange
from telnyx_recordings.sandbox.commands import Commands
from telnyx_recordings.sandbox.problems import UNPROCESSABLE, ProblemError, api_problem, found
from telnyx_recordings.sandbox.query import (
    cut,
    read_page,
    read_recording_filter,
    read_transcription_filter,
)
from telnyx_recordings.sandbox.rooms import Rooms
from telnyx_recordings.sandbox.settings import Settings
from telnyx_recordings.sandbox.speech import Speech
from telnyx_recordings.sandbox.state import SandboxState
from telnyx_recordings.sandbox.texml import Texml

API_PATH = "/v2"


class Api:
    """The operations on recordings and transcriptions; refusals raise ProblemError."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Return the routes."""
        recordings, transcriptions = "/recordings", "/recording_transcriptions"
        return [
            Route(recordings, self.list_recordings),
            Route(f"{recordings}/actions/delete", self.delete_recordings, methods=["POST"]),
            Route(f"{recordings}/{{id}}", self.retrieve_recording),
            Route(f"{recordings}/{{id}}", self.delete_recording, methods=["DELETE"]),
            Route(transcriptions, self.list_transcriptions),
            Route(f"{transcriptions}/{{id}}", self.retrieve_transcription),
            Route(f"{transcriptions}/{{id}}", self.delete_transcription, methods=["DELETE"]),
        ]

    async def list_recordings(self, request: Request) -> Response:
        """Respond to GET /recordings."""
        page = read_page(request.query_params, cursors=False)
        window, keep = read_recording_filter(request.query_params)
        rows = self._state.recordings.select(window.gte, window.lte, keep)
        part = cut(rows, page, self._state.options.order)
        sign = self._state.sign(request)
        response = list_response([row.encode(sign) for row in part.rows], part.number_meta())
        self._state.drift(part.rows)
        return response

    async def retrieve_recording(self, request: Request) -> Response:
        """Respond to GET /recordings/{id}, with fresh links."""
        recording = found(self._state.recordings.get(path_id(request)))
        return data_response(recording.encode(self._state.sign(request)))

    async def delete_recording(self, request: Request) -> Response:
        """Respond to DELETE /recordings/{id} with what was deleted."""
        recording = found(self._state.recordings.remove(path_id(request)))
        return data_response(recording.encode(self._state.sign(request)))

    async def delete_recordings(self, request: Request) -> Response:
        """Respond to POST /recordings/actions/delete; unknown ids are ignored."""
        ids = (await read_object(request)).get("ids")
        if not isinstance(ids, list) or not ids:
            raise ProblemError(UNPROCESSABLE, "At least one id is required.", pointer="/ids")
        for place, recording_id in enumerate(cast("list[object]", ids)):
            if not isinstance(recording_id, str):
                raise ProblemError(
                    UNPROCESSABLE, "An id must be a string.", pointer=f"/ids/{place}"
                )
        for recording_id in cast("list[str]", ids):
            self._state.recordings.remove(recording_id)
        return json_response({"status": "ok"})

    async def list_transcriptions(self, request: Request) -> Response:
        """Respond to GET /recording_transcriptions, with cursors if requested or set."""
        query = request.query_params
        page = read_page(query, cursors=True)
        window, keep = read_transcription_filter(query)
        rows = self._state.transcriptions.select(window.gte, window.lte, keep)
        part = cut(rows, page, self._state.options.order)
        by_cursor = page.after is not None or page.before is not None
        if by_cursor or self._state.options.cursor_meta:
            meta = part.cursor_meta(request.url.path, query)
        else:
            meta = part.number_meta()
        return list_response([row.json for row in part.rows], meta)

    async def retrieve_transcription(self, request: Request) -> Response:
        """Respond to GET /recording_transcriptions/{id}."""
        return data_response(found(self._state.transcriptions.get(path_id(request))).json)

    async def delete_transcription(self, request: Request) -> Response:
        """Respond to DELETE /recording_transcriptions/{id} with what was deleted."""
        return data_response(found(self._state.transcriptions.remove(path_id(request))).json)


def application(state: SandboxState, exchange: Exchange) -> Starlette:
    """Return the application that serves all operations."""
    parts = (
        Api(state),
        Commands(state, exchange),
        Texml(state, exchange),
        Rooms(state),
        Settings(state),
        Speech(),
    )
    routes = [route for part in parts for route in part.routes()]
    app = Starlette(
        routes=[Mount(API_PATH, Router(routes, redirect_slashes=False))],
        exception_handlers={ProblemError: _refuse, HTTPException: _refuse_http},
    )
    app.router.redirect_slashes = False
    return app


async def _refuse(_request: Request, error: Exception) -> Response:
    return api_problem(cast("ProblemError", error))


async def _refuse_http(_request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    response = api_problem(ProblemError(known.status_code))
    response.headers.update(known.headers or {})
    return response
