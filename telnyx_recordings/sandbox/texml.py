"""TeXML: the same recordings and transcriptions, in the form and under the paths of TeXML."""

import base64
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.bodies import choice, json_response, path_id, read_form
from telnyx_recordings.sandbox.calls import Live, Take
from telnyx_recordings.sandbox.clock import SECOND, parse, parse_or_none, spell_mail
from telnyx_recordings.sandbox.commands import CHANNELS, TRACKS, new_take
from telnyx_recordings.sandbox.problems import found, parsed
from telnyx_recordings.sandbox.query import read_integer
from telnyx_recordings.sandbox.routes import Operations
from telnyx_recordings.sandbox.rows import (
    Bounds,
    JsonObject,
    Recording,
    SandboxRow,
    Sign,
    Transcription,
)
from telnyx_recordings.sandbox.state import SandboxState

RowT = TypeVar("RowT")
_DAY = 86_400 * SECOND
_PAGE_SIZE = 20
_MOST = 1000
_COMMANDS = ("in-progress", "paused", "stopped")


_ACCOUNT = "/texml/Accounts/{account}"  # every account has the same rows
_RECORDING = f"{_ACCOUNT}/Recordings/{{id}}.json"
_TRANSCRIPTION = f"{_ACCOUNT}/Transcriptions/{{id}}.json"
_OF_CALL = f"{_ACCOUNT}/Calls/{{call:path}}/Recordings"
_CONFERENCE = f"{_ACCOUNT}/Conferences/{{conference}}"
operations: Final = Operations()


@operations.on("GET", f"{_ACCOUNT}/Recordings.json")
async def _list_recordings(state: SandboxState, request: Request) -> Response:
    day = _day(request.query_params.get("DateCreated"))
    return _recordings(state, request, state.recordings.select(day))


@operations.on("GET", f"{_OF_CALL}.json")
async def _list_of_call(state: SandboxState, request: Request) -> Response:
    """List the recordings of a call, which include those in progress."""
    call = path_id(request, "call")

    def of_call(row: Recording) -> bool:
        return row.fields.get("call_control_id") == call

    unsaved = filter(of_call, state.exchange.unsaved())
    return _recordings(state, request, [*unsaved, *state.recordings.select(keep=of_call)])


@operations.on("GET", f"{_CONFERENCE}/Recordings", f"{_CONFERENCE}/Recordings.json")
async def _list_of_conference(state: SandboxState, request: Request) -> Response:
    conference = path_id(request, "conference")
    rows = state.recordings.select(keep=lambda row: row.fields.get("conference_id") == conference)
    extra: JsonObject = {} if request.url.path.endswith(".json") else {"participants": []}
    return _recordings(state, request, rows, extra=extra)


@operations.on("GET", _RECORDING)
async def _retrieve_recording(state: SandboxState, request: Request) -> Response:
    wanted = path_id(request)
    unsaved = (row for row in state.exchange.unsaved() if row.id == wanted)
    row = next(unsaved, None) or found(state.recordings.get(wanted))
    return json_response(_recording(row, path_id(request, "account"), state.sign(request)))


@operations.on("DELETE", _RECORDING)
async def _delete_recording(state: SandboxState, request: Request) -> Response:
    found(state.recordings.remove(path_id(request)))
    return Response(status_code=204)


@operations.on("GET", f"{_ACCOUNT}/Transcriptions.json")
async def _list_transcriptions(state: SandboxState, request: Request) -> Response:
    rows = state.transcriptions.select()
    return _page(request, rows, partial(_transcription, state, request), "transcriptions")


@operations.on("GET", _TRANSCRIPTION)
async def _retrieve_transcription(state: SandboxState, request: Request) -> Response:
    row = found(state.transcriptions.get(path_id(request)))
    return json_response(_transcription(state, request, row))


@operations.on("DELETE", _TRANSCRIPTION)
async def _delete_transcription(state: SandboxState, request: Request) -> Response:
    found(state.transcriptions.remove(path_id(request)))
    return Response(status_code=204)


@operations.on("POST", f"{_OF_CALL}.json")
async def _start_recording(state: SandboxState, request: Request) -> Response:
    live = state.exchange.get(path_id(request, "call"), "call")
    form = await read_form(request)
    for name in ("PlayBeep", "SendRecordingUrl"):
        choice(form, name, ("true", "false"), "true")
    choice(form, "RecordingStatusCallbackMethod", ("GET", "POST"), "POST")
    body: JsonObject = {
        "format": "mp3",
        "channels": choice(form, "RecordingChannels", CHANNELS, "dual"),
        "recording_track": choice(form, "RecordingTrack", TRACKS, "both"),
    }
    take = new_take(state, body, "StartCallRecordingAPI")
    return _call_recording(state, request, live, state.exchange.record(live, take, body))


@operations.on("POST", f"{_OF_CALL}/{{id}}.json")
async def _change_recording(state: SandboxState, request: Request) -> Response:
    live = state.exchange.get(path_id(request, "call"), "call")
    status = choice(await read_form(request), "Status", _COMMANDS, "in-progress")
    body: JsonObject = {"recording_id": path_id(request)}
    return _call_recording(state, request, live, state.exchange.change(live, body, status))


def _recordings(
    state: SandboxState,
    request: Request,
    rows: list[Recording],
    extra: JsonObject | None = None,
) -> Response:
    account, sign = path_id(request, "account"), state.sign(request)
    related = "subresources_uris" if extra is None else "subresource_uris"
    describe = partial(_recording, account=account, sign=sign, related=related)
    return _page(request, rows, describe, "recordings", extra)


def _call_recording(state: SandboxState, request: Request, live: Live, take: Take) -> Response:
    row = _recording(
        state.exchange.row(live, take), path_id(request, "account"), state.sign(request)
    )
    del row["media_url"], row["subresources_uris"]
    return json_response({**row, "track": take.track, "price": None, "price_unit": None})


def _transcription(state: SandboxState, request: Request, row: Transcription) -> JsonObject:
    account = path_id(request, "account")
    recording = state.recordings.get(str(row.fields.get("recording_id")))
    created = row.created or 0
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "call_sid": None if recording is None else recording.fields.get("call_control_id"),
        "date_created": spell_mail(created),
        "date_updated": spell_mail(created),
        "duration": _seconds(row),
        "recording_sid": row.fields.get("recording_id"),
        "sid": row.id,
        "status": row.fields.get("status"),
        "transcription_text": row.fields.get("transcription_text"),
        "uri": f"/v2/texml/Accounts/{account}/Transcriptions/{row.id}.json",
    }


def _recording(
    row: Recording, account: str, sign: Sign, related: str = "subresources_uris"
) -> JsonObject:
    created, updated = row.created or 0, parse_or_none(row.fields.get("updated_at"))
    form = next((form for form, present in row.formats.items() if present), None)
    return {
        "account_sid": account,
        "call_sid": row.fields.get("call_control_id"),
        "conference_sid": row.fields.get("conference_id"),
        "error_code": None,
        "sid": row.id,
        "uri": f"/v2/texml/Accounts/{account}/Recordings/{row.id}.json",
        "channels": 2 if row.fields.get("channels") == "dual" else 1,
        "date_created": spell_mail(created),
        "date_updated": spell_mail(created if updated is None else updated),
        "duration": _seconds(row),
        "media_url": None if form is None else sign(f"{quote(row.id, safe='')}.{form}"),
        "source": row.fields.get("initiated_by"),
        "start_time": spell_mail(created if row.started is None else row.started),
        "status": row.fields.get("status"),
        related: {"transcriptions": None},
    }


def _seconds(row: SandboxRow) -> str | None:
    millis = row.fields.get("duration_millis")
    return str(millis // 1000) if isinstance(millis, int) else None


def _day(text: str | None) -> Bounds:
    """Return the bounds of a day, or of a second; no bounds without a text."""
    if text is None:
        return Bounds()
    moment = parsed(parse, text, "DateCreated", "An ISO 8601 date or time is required.")
    return Bounds(moment, moment + (SECOND if moment % _DAY else _DAY) - 1)


def _page(
    request: Request,
    rows: Sequence[RowT],
    describe: Callable[[RowT], JsonObject],
    name: str,
    extra: JsonObject | None = None,
) -> Response:
    query = dict(request.query_params)
    size = read_integer(query, "PageSize", _PAGE_SIZE, _MOST)
    token = query.get("PageToken")
    number = read_integer(query, "Page", 0, None, least=0)
    start = number * size
    if token is not None:
        start = parsed(_read_token, token, "PageToken", "The token is invalid.")
    shown = [describe(row) for row in rows[start : start + size]]
    kept = {key: each for key, each in query.items() if key not in ("Page", "PageToken")}

    def link(at: int) -> str:
        place = {"Page": at // size, "PageSize": size, "PageToken": _write_token(at)}
        return f"{request.url.path}?{urlencode({**kept, **place})}"

    return json_response(
        {
            name: shown,
            **(extra or {}),
            "page": start // size,
            "page_size": size,
            "start": start,
            "end": max(start + len(shown) - 1, 0),
            "uri": link(start),
            "first_page_uri": link(0),
            "next_page_uri": link(start + size) if start + size < len(rows) else None,
            "previous_page_uri": link(max(start - size, 0)) if start else None,
        }
    )


def _write_token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode().rstrip("=")


def _read_token(token: str) -> int:
    text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    return int(text) if text.isdigit() else int("")
