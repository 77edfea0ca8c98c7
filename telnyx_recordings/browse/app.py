"""The pages: a list with filters and search, a recording with its player, and the audio."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, tzinfo
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telnyx_recordings.archive.integrity import damage_of
from telnyx_recordings.archive.records import Stored
from telnyx_recordings.archive.results import size
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.browse import peaks
from telnyx_recordings.browse.index import PAGE, Index, IndexedRecording, Query, texts_of
from telnyx_recordings.browse.updates import Updates
from telnyx_recordings.errors import DestinationError

_FOLDER = Path(__file__).parent
_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}
_STATIC = {"browse.css": "text/css", "player.js": "text/javascript"}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_LONGEST = 10**7
"""Seconds that a filter of durations takes."""


class Browser:
    """The pages of an archive.

    Args:
        store: the archive.
        index: its search index.
        updates: keeps the index up to date.
        zone: the time zone of what is shown and of dates in filters; None for this machine's.
    """

    def __init__(self, store: Store, index: Index, updates: Updates, zone: tzinfo | None) -> None:
        """Load the templates."""
        self._store = store
        self._index = index
        self._updates = updates
        self._zone = zone
        pages = Environment(
            loader=FileSystemLoader(_FOLDER / "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        pages.filters |= {"bytes": size, "length": length, "when": self._when}
        self._pages = pages

    def app(self, token: str, port: int) -> ASGIApp:
        """Return the application; `token` gives access, and `port` is its port."""
        routes = [
            Route("/", self.render_list),
            Route("/recordings/{id}", self._recording),
            Route("/recordings/{id}/check", self._check),
            Route("/recordings/{id}/peaks/{name}", self._peaks),
            Route("/audio/{id}.{name}", self._audio),
            Route("/static/{name}", _static),
        ]
        starlette = Starlette(routes=routes, exception_handlers={HTTPException: self._problem})
        return _Gate(starlette, token, port)

    def _when(self, millis: int | None) -> str:
        """Return a time to the second, in the zone of the pages."""
        if millis is None:
            return "–"
        return f"{datetime.fromtimestamp(millis / 1000, self._zone):%Y-%m-%d %H:%M:%S}"

    def _page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        values |= {"archive": self._store.url, "status": self._updates.status()}
        return HTMLResponse(self._pages.get_template(name).render(values), status)

    def render_list(self, request: Request) -> Response:
        """Return a page of the list."""
        given = request.query_params
        try:
            query = _query(given, self._zone)
        except ValueError as error:
            return self._page("list.html", 400, given=given, rows=[], more="", problem=str(error))
        rows = self._index.find(query)
        more = ""
        if len(rows) > PAGE:
            rows = rows[:PAGE]
            kept = {name: text for name, text in given.items() if text and name != "before"}
            more = urlencode({**kept, "before": str(rows[-1].key)})
        return self._page("list.html", given=given, rows=rows, more=more, problem="")

    def _recording(self, request: Request) -> Response:
        return self._render_recording(self._get(request), None)

    def _check(self, request: Request) -> Response:
        """Read a recording's objects back and show whether they are what was stored."""
        found = self._get(request)
        damage = {each.name: damage_of(self._store, found.row.id, each) for each in found.objects}
        return self._render_recording(found, damage)

    def _render_recording(
        self, found: IndexedRecording, damage: Mapping[str, str | None] | None
    ) -> Response:
        try:
            texts = texts_of(self._store, found.objects)
        except DestinationError as error:
            texts = [f"This transcript cannot be read: {error}"]
        audio = [each for each in found.objects if each.name in _TYPES]
        audio.sort(key=lambda each: each.name != "wav")
        return self._page(
            "recording.html",
            row=found.row,
            meta=sorted(_flat(found.meta)),
            objects=found.objects,
            audio=audio,
            texts=texts,
            damage=damage,
        )

    def _peaks(self, request: Request) -> Response:
        stored = self._object(request)
        drawn = self._index.peaks(stored.sha256)
        if drawn is None and stored.name == "wav":
            drawn = peaks.waveform(self._store.read(stored.key), stored.size)
            if drawn is not None:
                self._index.keep_peaks(stored.sha256, drawn)
        if drawn is None:
            raise HTTPException(404, "The browser draws this waveform itself.")
        return Response(drawn, media_type="application/octet-stream")

    def _audio(self, request: Request) -> Response:
        stored = self._object(request)
        headers = {"accept-ranges": "bytes", "etag": f'"{stored.sha256}"'}
        if "download" in request.query_params:
            name = stored.key.rpartition("/")[2]
            headers["content-disposition"] = f'attachment; filename="{name}"'
        start, end, status = 0, stored.size, 200
        if wanted := _range(request.headers.get("range", ""), stored.size):
            start, end = wanted
            headers["content-range"] = f"bytes {start}-{end - 1}/{stored.size}"
            status = 206
        headers["content-length"] = str(end - start)
        chunks = _guarded(self._store.read_range(stored.key, start, end), end - start, stored.key)
        return StreamingResponse(chunks, status, headers, _TYPES[stored.name])

    def _get(self, request: Request) -> IndexedRecording:
        found = self._index.get(request.path_params["id"])
        if found is None:
            raise HTTPException(404, "This archive has no such recording.")
        return found

    def _object(self, request: Request) -> Stored:
        name = request.path_params["name"]
        for each in self._get(request).objects:
            if each.name == name and name in _TYPES:
                return each
        raise HTTPException(404, "This recording has no audio of this format.")

    def _problem(self, _request: Request, error: Exception) -> Response:
        problem = cast("HTTPException", error)
        page = self._page("problem.html", problem.status_code, text=problem.detail)
        page.headers.update(problem.headers or {})
        return page


class _Gate:
    """Admits requests with the token, from our own pages, and by a name of this machine."""

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._cookie = f"telnyx_recordings_{port}"
        self._hosts = {f"{name}:{port}" for name in _NAMES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        request = Request(scope)
        app = self._refusal(request) or self._app
        await app(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("host", "").lower() not in self._hosts:
            return Response("Open the address that the command printed.", 421)
        if request.method not in {"GET", "HEAD"}:
            return Response("Nothing here can be changed.", 405)
        if self._is_token(request.query_params.get("token", "")) and request.url.path == "/":
            response = RedirectResponse("/", 303)
            response.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
            return response
        cookies = SimpleCookie(request.headers.get("cookie", ""))
        found = cookies.get(self._cookie)
        if found is None or not self._is_token(found.value):
            return Response("Open the address that the command printed: it contains a key.", 403)
        return None

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self._token.encode())


def length(millis: int | None) -> str:
    """Return a duration as minutes and seconds."""
    if millis is None:
        return "–"
    minutes, seconds = divmod(round(millis / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _query(given: QueryParams, zone: tzinfo | None) -> Query:
    """Read the filters of a page.

    Raises:
        ValueError: a filter is invalid; the message is for the user.
    """
    channels = given.get("channels", "")
    if channels not in {"", "single", "dual"}:
        raise ValueError("Channels are single or dual.")
    return Query(
        text=given.get("q", ""),
        number=given.get("number", ""),
        call=given.get("call", ""),
        since=_day(given.get("since", ""), zone),
        until=_day(given.get("until", ""), zone, days=1),
        channels=channels,
        shortest=_seconds(given.get("shortest", "")),
        longest=_seconds(given.get("longest", "")),
        before=_key(given.get("before", "")),
    )


def _day(text: str, zone: tzinfo | None, days: int = 0) -> int | None:
    """Return the beginning of a day, `days` later, in milliseconds since 1970."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip()) + timedelta(days=days)
        begins = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(zone)
        return int(begins.timestamp() * 1000)
    except (OverflowError, ValueError):
        raise ValueError(f"{text} is not a date such as 2026-03-01.") from None


def _seconds(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= _LONGEST:
        raise ValueError(f"{text} is not a number of seconds.")
    return found


def _key(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) < 1 << 63):
        raise ValueError("This page does not exist.")
    return int(text)


def _range(given: str, total: int) -> tuple[int, int] | None:
    """Return the first byte of a range, and the one after its last; None for all bytes.

    Raises:
        HTTPException: 416: there are no such bytes.
    """
    found = re.fullmatch(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", given, re.ASCII)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last) + 1, total) if last else total
    else:
        start, end = max(total - int(last), 0), total
    if start >= end:
        headers = {"content-range": f"bytes */{total}"}
        raise HTTPException(416, "There is no such part of this audio.", headers)
    return start, end


def _guarded(chunks: Iterator[bytes], expected: int, key: str) -> Iterator[bytes]:
    """Yield the chunks; a file that is shorter than the manifest states ends the response."""
    for chunk in chunks:
        expected -= len(chunk)
        yield chunk
    if expected:
        raise DestinationError("the file is shorter than the manifest states", key=key)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404, "There is no such file.")
    return FileResponse(_FOLDER / "static" / name, media_type=_STATIC[name])


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield names and values of metadata, nested ones with dots."""
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from _flat(cast("Mapping[str, Any]", value), f"{prefix}{name}.")
        elif value is not None:
            yield f"{prefix}{name}", str(value)
