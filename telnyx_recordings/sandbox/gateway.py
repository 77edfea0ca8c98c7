"""The entry point of all requests: log, authentication, rate limit, faults, response headers."""

import asyncio
import logging
import time
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from urllib.parse import unquote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telnyx_recordings.sandbox.faults import RateLimit
from telnyx_recordings.sandbox.object_store import MEDIA_PATH, Media
from telnyx_recordings.sandbox.problems import ProblemError, api_problem
from telnyx_recordings.sandbox.state import SandboxState

LOG = logging.getLogger("telnyx_sandbox")
"""Has a line per request; separate from the logger of the client."""
_LOG_LENGTH = 10_000
_KEY_PREFIX = "KEY"


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """A request that was received: method, path and query as sent, headers by lower-case name.

    The value of `authorization` is replaced by `[redacted]`.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


class Gateway:
    """The ASGI application, which passes requests on to `api` or to the object store."""

    def __init__(self, state: SandboxState, api: ASGIApp) -> None:
        self._state = state
        self._api = api
        self._media = Media(state.signer, state.audio_of)
        self._limit = RateLimit(state.options.rate_limit)
        self._log: deque[SeenRequest] = deque(maxlen=_LOG_LENGTH)
        self._log_lock = Lock()
        self._responses = 0

    @property
    def requests(self) -> list[SeenRequest]:
        """The last 10,000 requests, oldest first."""
        with self._log_lock:
            return list(self._log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        request = Request(scope, receive)
        self._record(request)
        if LOG.isEnabledFor(logging.INFO):
            send = _logged(request, send)
        serve = self._serve_media if scope["path"].startswith(MEDIA_PATH) else self._serve_api
        # Only stopping the server cancels this; uvicorn would log it as an error.
        with suppress(asyncio.CancelledError):
            await serve(request, send)

    async def _serve_media(self, request: Request, send: Send) -> None:
        await self._state.faults.apply_delay()
        failure = self._state.faults.next_failure("media")
        response = failure or await self._media.respond(request)
        await response(request.scope, request.receive, send)

    async def _serve_api(self, request: Request, send: Send) -> None:
        self._responses += 1
        request_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{self._state.options.seed} {self._responses}")
        is_allowed = self._limit.take()
        extra = [(b"x-request-id", str(request_id).encode()), *self._limit.headers()]

        async def send_with_extra(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *extra]
            await send(message)

        await self._state.faults.apply_delay()
        app = self._api
        if not self._accepts(request.headers):
            app = api_problem(ProblemError(HTTPStatus.UNAUTHORIZED))
        elif not is_allowed:
            app = api_problem(ProblemError(HTTPStatus.TOO_MANY_REQUESTS))
        elif failure := self._state.faults.next_failure("api"):
            app = failure
        await app(request.scope, request.receive, send_with_extra)

    def _accepts(self, headers: Headers) -> bool:
        scheme, _, key = headers.get("authorization", "").partition(" ")
        wanted = self._state.options.api_key
        valid = key == wanted if wanted is not None else key.startswith(_KEY_PREFIX)
        return scheme.lower() == "bearer" and valid

    def _record(self, request: Request) -> None:
        headers = {
            name: "[redacted]" if name == "authorization" else value
            for name, value in request.headers.items()
        }
        raw_path = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        with self._log_lock:
            self._log.append(SeenRequest(request.method, raw_path, query, headers))


def _logged(request: Request, send: Send) -> Send:
    """Return a `send` that logs the status of the response, and the time until it began."""
    started = time.perf_counter()

    async def send_and_log(message: Message) -> None:
        if message["type"] == "http.response.start":
            query = f"?{unquote(request.url.query)}" if request.url.query else ""
            # The signature of a link is longer than the rest of the line.
            shown = "" if request.url.path.startswith(MEDIA_PATH) else query
            took = (time.perf_counter() - started) * 1000
            status = message["status"]
            LOG.info("%s %s%s %d %.0f ms", request.method, request.url.path, shown, status, took)
        await send(message)

    return send_and_log
