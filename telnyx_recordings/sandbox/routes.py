"""The operations of the API: which function responds to which requests."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings.sandbox.state import SandboxState

API_PATH = "/v2"
Handler = Callable[[SandboxState, Request], Awaitable[Response]]
"""Responds to a request; refusals raise ProblemError."""


class Operations:
    """Operations that belong together, by method and path below `API_PATH`."""

    def __init__(self) -> None:
        self._handlers: list[tuple[str, str, Handler]] = []

    def on(self, method: str, *paths: str) -> Callable[[Handler], Handler]:
        """Return a decorator for the function that responds to requests."""

        def add(handler: Handler) -> Handler:
            self._handlers += [(method, path, handler) for path in paths]
            return handler

        return add

    def routes(self, state: SandboxState) -> list[Route]:
        """Return the routes, whose functions are given the state."""
        return [
            Route(path, partial(handler, state), methods=[method])
            for method, path, handler in self._handlers
        ]
