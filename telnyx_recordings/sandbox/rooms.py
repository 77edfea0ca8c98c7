"""Operations on room recordings."""

from collections.abc import Callable, Mapping
from datetime import date
from operator import eq, ge, le
from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings.sandbox.bodies import data_response, json_response, list_response, path_id
from telnyx_recordings.sandbox.problems import BAD_REQUEST, ProblemError, found
from telnyx_recordings.sandbox.query import Query, cut, read_page, reject_unknown
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


class Rooms:
    """The operations below `/room_recordings`."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/room_recordings", self.list_all),
            Route("/room_recordings", self.delete_bulk, methods=["DELETE"]),
            Route("/room_recordings/{id}", self.retrieve),
            Route("/room_recordings/{id}", self.delete, methods=["DELETE"]),
        ]

    async def list_all(self, request: Request) -> Response:
        """Respond to GET /room_recordings."""
        query = request.query_params
        page = cut(self._select(query), read_page(query, cursors=False), "newest")
        sign = self._state.sign(request)
        return list_response([row.encode(sign) for row in page.rows], page.number_meta())

    async def delete_bulk(self, request: Request) -> Response:
        """Respond to DELETE /room_recordings: a page of the list is deleted."""
        query = request.query_params
        page = cut(self._select(query), read_page(query, cursors=False), "newest")
        for row in page.rows:
            self._state.rooms.remove(row.id)
        return json_response({"data": {"room_recordings": len(page.rows)}}, 201)

    async def retrieve(self, request: Request) -> Response:
        """Respond to GET /room_recordings/{id}."""
        row = found(self._state.rooms.get(path_id(request)))
        return data_response(row.encode(self._state.sign(request)))

    async def delete(self, request: Request) -> Response:
        """Respond to DELETE /room_recordings/{id}."""
        found(self._state.rooms.remove(path_id(request)))
        return Response(status_code=204)

    def _select(self, query: Query) -> list[RoomRecording]:
        reject_unknown(query, "filter", _KEYS)
        texts = [(name, query[key]) for name in _TEXTS if (key := f"filter[{name}]") in query]
        least = _number(query.get("filter[duration_secs]", "0"))
        days = [
            (compare, field, _day(query[key], key))
            for name, field in _DAYS.items()
            for bound, compare in _BOUNDS.items()
            if (key := f"filter[{name}][{bound}]") in query
        ]

        def keep(row: RoomRecording) -> bool:
            return (
                all(row.fields.get(name) == text for name, text in texts)
                and cast("int", row.fields["duration_secs"]) >= least
                and all(compare(str(row.fields.get(name))[:10], day) for compare, name, day in days)
            )

        return self._state.rooms.select(keep=keep)


def _day(text: str, key: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ProblemError(BAD_REQUEST, "An ISO 8601 date is required.", parameter=key) from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        detail = "A whole number is required."
        raise ProblemError(BAD_REQUEST, detail, parameter="filter[duration_secs]")
    return int(text)
