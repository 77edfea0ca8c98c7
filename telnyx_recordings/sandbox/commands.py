"""Operations on calls and conferences: dial, and start, pause, resume or stop recordings."""

from functools import partial
from typing import Final, Literal, cast

from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.bodies import (
    choice,
    json_response,
    path_id,
    read_object,
    required,
    text,
    whole_number,
)
from telnyx_recordings.sandbox.calls import Live, Take
from telnyx_recordings.sandbox.clock import SECOND
from telnyx_recordings.sandbox.problems import invalid
from telnyx_recordings.sandbox.routes import Operations
from telnyx_recordings.sandbox.rows import FORMATS, Format, JsonObject
from telnyx_recordings.sandbox.state import SandboxState, check_webhook_url

CHANNELS = ("single", "dual")
TRACKS = ("both", "inbound", "outbound")
_REGIONS = ("Australia", "Europe", "Middle East", "US")
_LONGEST = 14_400
_LONGEST_NAME = 40
_STATUSES = {"pause": "paused", "resume": "in-progress", "stop": "stopped"}
_Kind = Literal["call", "conference"]
_KINDS: tuple[_Kind, ...] = ("call", "conference")
operations: Final = Operations()


@operations.on("POST", "/calls")
async def _dial(state: SandboxState, request: Request) -> Response:
    """Start a call, which is answered at once."""
    body = await read_object(request)
    command = text(body, "command_id")
    if command is not None and command in state.dialed:
        return _dialed(*state.dialed[command])
    record = body.get("record")
    if record not in (None, "record-from-answer"):
        raise invalid("It must be record-from-answer.", "/record")
    url = text(body, "webhook_url") or state.options.webhook_url
    try:
        check_webhook_url(url)
    except ValueError as error:
        raise invalid(f"{error}", "/webhook_url") from None
    live = state.new_live(
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
        take = new_take(state, settings, "DialVerb")
        state.exchange.record(state.exchange.start(live), take, settings)
    else:
        state.exchange.start(live)
    limit = whole_number(body, "time_limit_secs", _LONGEST)
    if limit:
        at = live.started + limit * SECOND
        state.clock.at(at, lambda _: state.exchange.end(live, "time_limit"))
    if command is not None:
        state.dialed[command] = (live, take)
    return _dialed(live, take)


@operations.on("POST", "/calls/{id}/actions/hangup")
async def _hang_up(state: SandboxState, request: Request) -> Response:
    live = state.exchange.get(path_id(request), "call")
    state.exchange.end(live)
    return _accepted()


async def _start(kind: _Kind, state: SandboxState, request: Request) -> Response:
    """Start a recording of a call, or of a conference, which has one channel by default."""
    live = state.exchange.get(path_id(request), kind)
    body = await read_object(request)
    choice(body, "region", _REGIONS, "US")
    text(body, "custom_file_name", _LONGEST_NAME)
    choice(body, "trim", ("trim-silence",), "trim-silence")
    whole_number(body, "max_length", _LONGEST)
    choice(body, "format", tuple(FORMATS))
    default = "single" if kind == "conference" else None
    body = {**body, "channels": choice(body, "channels", CHANNELS, default)}
    take = new_take(state, body, f"Start{kind.capitalize()}RecordingAPI")
    state.exchange.record(live, take, body)
    return _accepted()


async def _change(kind: _Kind, status: str, state: SandboxState, request: Request) -> Response:
    """Pause, resume or stop recordings of a call or conference."""
    live = state.exchange.get(path_id(request), kind)
    state.exchange.change(live, await read_object(request, optional=True), status)
    return _accepted()


for _kind in _KINDS:
    _actions = f"/{_kind}s/{{id}}/actions"
    operations.on("POST", f"{_actions}/record_start")(partial(_start, _kind))
    for _word, _status in _STATUSES.items():
        operations.on("POST", f"{_actions}/record_{_word}")(partial(_change, _kind, _status))


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
    fields: JsonObject = {**live.payload(), "is_alive": False, "record_type": "call"}
    del fields["connection_id"]
    if take is not None:
        fields["recording_id"] = take.id
    return json_response({"data": fields})
