"""Operations on room recordings."""

from collections.abc import Callable, Mapping
from datetime import date
from operator import eq, ge, le
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.bodies import data_response, json_response, list_response, path_id
from telnyx_recordings.sandbox.problems import found, parsed
from telnyx_recordings.sandbox.query import Cut, cut, read_integer, reject_unknown
from telnyx_recordings.sandbox.routes import Operations
from telnyx_recordings.sandbox.rows import RoomRecording
from telnyx_recordings.sandbox.state import SandboxState

_TEXTS = ("room_id", "session_id", "participant_id", "status", "type")
_DAYS = {"date_started_at": "started_at", "date_ended_at": "ended_at"}
_BOUNDS: Mapping[str, Callable[[str, str], bool]] = {"eq": eq, "gte": ge, "lte": le}
_KEYS = frozenset(
    {
        "filter[duration_secs]",
        *(f"filter[{name}]" for name in _TEXTS),
        *(f"filter[{name}][{bound}]" for name in _DAYS for bound in _BOUNDS),
    }
)
operations: Final = Operations()


@operations.on("GET", "/room_recordings")
async def _list(state: SandboxState, request: Request) -> Response:
    page = _read_page(state, request)
    sign = state.sign(request)
    return list_response([row.encode(sign) for row in page.rows], page.number_meta())


@operations.on("DELETE", "/room_recordings")
async def _delete_bulk(state: SandboxState, request: Request) -> Response:
    """Delete a page of the list."""
    rows = _read_page(state, request).rows
    for row in rows:
        state.rooms.remove(row.id)
    return json_response({"data": {"room_recordings": len(rows)}}, 201)


@operations.on("GET", "/room_recordings/{id}")
async def _retrieve(state: SandboxState, request: Request) -> Response:
    row = found(state.rooms.get(path_id(request)))
    return data_response(row.encode(state.sign(request)))


@operations.on("DELETE", "/room_recordings/{id}")
async def _delete(state: SandboxState, request: Request) -> Response:
    found(state.rooms.remove(path_id(request)))
    return Response(status_code=204)


def _read_page(state: SandboxState, request: Request) -> Cut[RoomRecording]:
    query = request.query_params
    reject_unknown(query, "filter", _KEYS)
    texts = [(name, query[key]) for name in _TEXTS if (key := f"filter[{name}]") in query]
    least = read_integer(query, "filter[duration_secs]", 0, None, least=0)
    needed = "An ISO 8601 date is required."
    days = [
        (compare, field, parsed(date.fromisoformat, query[key], key, needed).isoformat())
        for name, field in _DAYS.items()
        for bound, compare in _BOUNDS.items()
        if (key := f"filter[{name}][{bound}]") in query
    ]

    def keep(row: RoomRecording) -> bool:
        return (
            all(row.fields.get(name) == text for name, text in texts)
            and cast("int", row.fields["duration_secs"]) >= least
            and all(compare(str(row.fields[name])[:10], day) for compare, name, day in days)
        )

    return cut(state.rooms.select(keep=keep), query, "newest")
