"""A receiver of the sandbox's events."""

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from telnyx_recordings import webhooks
from telnyx_recordings.sandbox.server import ServerThread


class Receiver:
    """Keeps what is posted to it, and answers 202 to everything."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, Headers]] = []
        self._server = ServerThread(self, 0)
        self.url = f"{self._server.origin}/events"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.received.append((await request.body(), request.headers))
        await Response(status_code=202)(scope, receive, send)

    def stop(self) -> None:
        self._server.stop()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The events' own parts."""
        return [json.loads(body)["data"] for body, _ in self.received]

    @property
    def types(self) -> list[str]:
        """The types of the events."""
        return [each["event_type"] for each in self.bodies]

    def verify(self, key: str) -> None:
        """Check the signatures of all events."""
        for body, headers in self.received:
            webhooks.verify(body, headers, public_key=key, tolerance=86_400)
