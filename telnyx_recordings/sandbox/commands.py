"""Operations on calls and conferences: dial, and start, pause, resume or stop recordings."""

from collections.abc import Awaitable, Callable
from typing import Literal, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings.sandbox.bodies import (
    choice,
    json_response,
    path_id,
    read_object,
    required,
    text,
    whole_number,
)
from telnyx_recordings.sandbox.calls import Exchange, Live, Take, initiated_by
from telnyx_recordings.sandbox.clock import SECOND
from telnyx_recordings.sandbox.problems import UNPROCESSABLE, ProblemError
from telnyx_recordings.sandbox.rows import FORMATS, Format, JsonObject
from telnyx_recordings.sandbox.state import SandboxState, check_webhook_url

CHANNELS = ("single", "dual")
TRACKS = ("both", "inbound", "outbound")
_REGIONS = ("Australia", "Europe", "Middle East", "US")
_LONGEST = 14_400
_LONGEST_NAME = 40
_STATUSES = {"pause": "paused", "resume": "in-progress", "stop": "stopped"}


class Commands:
    """The operations below `/calls` and `/conferences`."""

    def __init__(self, state: SandboxState, exchange: Exchange) -> None:
        self._state = state
        self._exchange = exchange

    def routes(self) -> list[Route]:
        """Return the routes."""
        call, conference = "/calls/{id}/actions", "/conferences/{id}/actions"
        routes = [
            Route("/calls", self.dial, methods=["POST"]),
            Route(f"{call}/hangup", self.hang_up, methods=["POST"]),
            Route(f"{call}/record_start", self.start_call_recording, methods=["POST"]),
            Route(f"{conference}/record_start", self.start_conference_recording, methods=["POST"]),
        ]
        for word, status in _STATUSES.items():
            change = self._change("call", status)
            routes.append(Route(f"{call}/record_{word}", change, methods=["POST"]))
            change = self._change("conference", status)
            routes.append(Route(f"{conference}/record_{word}", change, methods=["POST"]))
        return routes

    async def dial(self, request: Request) -> Response:
        """Respond to POST /calls; the call is answered at once."""
        body = await read_object(request)
        command = text(body, "command_id")
        if command is not None and command in self._state.dialed:
            return _dialed(*self._state.dialed[command])
        record = body.get("record")
        if record not in (None, "record-from-answer"):
            detail = "It must be record-from-answer."
            raise ProblemError(UNPROCESSABLE, detail, pointer="/record")
        url = text(body, "webhook_url") or self._state.options.webhook_url
        try:
            check_webhook_url(url)
        except ValueError as error:
            raise ProblemError(UNPROCESSABLE, f"{error}", pointer="/webhook_url") from None
        live = self._state.new_live(
            connection_id=required(body, "connection_id"),
            from_=required(body, "from"),
            to=required(body, "to"),
            client_state=text(body, "client_state"),
            webhook_url=url,
        )
        take = None
        if record is not None:
            settings: JsonObject = {
                "channels": choice(body, "record_channels", CHANNELS, "dual"),
                "format": choice(body, "record_format", tuple(FORMATS), "mp3"),
                "max_length": whole_number(body, "record_max_length", _LONGEST),
                "recording_track": choice(body, "record_track", TRACKS, "both"),
            }
            take = new_take(self._state, settings, "DialVerb")
            self._exchange.record(self._exchange.start(live), take, settings)
        else:
            self._exchange.start(live)
        limit = whole_number(body, "time_limit_secs", _LONGEST)
        if limit:
            at = live.started + limit * SECOND
            self._state.clock.at(at, lambda _: self._exchange.end(live, "time_limit"))
        if command is not None:
            self._state.dialed[command] = (live, take)
        return _dialed(live, take)

    async def hang_up(self, request: Request) -> Response:
        """Respond to POST /calls/{id}/actions/hangup."""
        live = self._exchange.get(path_id(request), "call")
        self._exchange.check(live)
        self._exchange.end(live)
        return _accepted()

    async def start_call_recording(self, request: Request) -> Response:
        """Respond to POST /calls/{id}/actions/record_start."""
        return await self._start(request, "call", None)

    async def start_conference_recording(self, request: Request) -> Response:
        """Respond to POST /conferences/{id}/actions/record_start."""
        return await self._start(request, "conference", "single")

    async def _start(
        self, request: Request, kind: Literal["call", "conference"], channels: str | None
    ) -> Response:
        live = self._exchange.get(path_id(request), kind)
        self._exchange.check(live)
        body = await read_object(request)
        choice(body, "region", _REGIONS, "US")
        text(body, "custom_file_name", _LONGEST_NAME)
        choice(body, "trim", ("trim-silence",), "trim-silence")
        whole_number(body, "max_length", _LONGEST)
        choice(body, "format", tuple(FORMATS))
        body = {**body, "channels": choice(body, "channels", CHANNELS, channels)}
        self._exchange.record(live, new_take(self._state, body, initiated_by(kind)), body)
        return _accepted()

    def _change(
        self, kind: Literal["call", "conference"], status: str
    ) -> Callable[[Request], Awaitable[Response]]:
        async def change(request: Request) -> Response:
            live = self._exchange.get(path_id(request), kind)
            body = await read_object(request, optional=True)
            self._exchange.change(live, body, status)
            return _accepted()

        return change


def new_take(state: SandboxState, body: JsonObject, initiator: str) -> Take:
    """Return a recording that begins now, as a validated body describes it."""
    track = choice(body, "recording_track", TRACKS, "both")
    return Take(
        id=state.author.uuid(),
        format=cast("Format", body["format"]),
        dual=body["channels"] == "dual" and track == "both",
        started=state.clock.moment(),
        initiated_by=initiator,
        track=track,
        transcription=body.get("transcription") is True,
    )


def _accepted() -> Response:
    return json_response({"data": {"result": "ok"}})


def _dialed(live: Live, take: Take | None) -> Response:
    fields: JsonObject = {
        "call_control_id": live.call_control_id,
        "call_leg_id": live.call_leg_id,
        "call_session_id": live.call_session_id,
        "client_state": live.client_state,
        "is_alive": False,
        "record_type": "call",
    }
    if take is not None:
        fields["recording_id"] = take.id
    return json_response({"data": fields})
