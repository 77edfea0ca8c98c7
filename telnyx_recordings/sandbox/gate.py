"""The door all requests come through: the log, the key, the limit, faults, headers of answers."""

import asyncio
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telnyx_recordings.sandbox.links import MEDIA_PATH
from telnyx_recordings.sandbox.media import Media
from telnyx_recordings.sandbox.problems import ProblemError, api_problem
from telnyx_recordings.sandbox.ratelimit import RateLimit
from telnyx_recordings.sandbox.state import State

_LOG_LENGTH = 10_000
_KEY_PREFIX = "KEY"
_UNAUTHORIZED = 401
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that came in: method, path and query as sent, headers with lower-case names.

    The value of `authorization` is replaced by `[redacted]`; that it was sent can be seen.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


class Gate:
    """An ASGI application in front of `api` and of the object store with `state`'s audio."""

    def __init__(self, state: State, api: ASGIApp) -> None:
        self._state = state
        self._api = api
        self._media = Media(state)
        self._limit = RateLimit(state.options.rate_limit)
        self._log: deque[SeenRequest] = deque(maxlen=_LOG_LENGTH)
        self._log_lock = Lock()
        self._answers = 0

    @property
    def requests(self) -> list[SeenRequest]:
        """The last 10,000 requests, oldest first, as of now."""
        with self._log_lock:
            return list(self._log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        self._note(request)
        serve = self._serve_media if scope["path"].startswith(MEDIA_PATH) else self._serve_api
        # Only a stop cancels, after closing the connection; uvicorn would log that as a failure.
        with suppress(asyncio.CancelledError):
            await serve(request, send)

    async def _serve_media(self, request: Request, send: Send) -> None:
        await self._state.faults.hold_back()
        failure = self._state.faults.next_failure("media")
        response = failure.response("media") if failure else await self._media.answer(request)
        await response(request.scope, request.receive, send)

    async def _serve_api(self, request: Request, send: Send) -> None:
        self._answers += 1
        request_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._state.options.seed} {self._answers}")
        allowance = self._limit.take()
        extra = [(b"x-request-id", str(request_id).encode()), *allowance.headers()]

        async def send_with_extra(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._state.faults.hold_back()
        app = self._api
        if not self._accepts(request.headers):
            app = api_problem(ProblemError(_UNAUTHORIZED))
        elif not allowance.allowed:
            app = api_problem(ProblemError(_TOO_MANY))
        elif failure := self._state.faults.next_failure("api"):
            app = failure.response("api")
        await app(request.scope, request.receive, send_with_extra)

    def _accepts(self, headers: Headers) -> bool:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        wanted = self._state.options.api_key
        right = key == wanted if wanted is not None else key.startswith(_KEY_PREFIX)
        return scheme.lower() == "bearer" and right

    def _note(self, request: Request) -> None:
        headers = {
            name: "[redacted]" if name == "authorization" else value
            for name, value in request.headers.items()
        }
        raw_path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        with self._log_lock:
            self._log.append(SeenRequest(request.method, raw_path, query, headers))
