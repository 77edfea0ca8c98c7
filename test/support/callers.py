"""Clients whose time and chance a test holds, sync and async, and what they decide."""

import asyncio
import json
import time
import traceback
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pytest

from telnyx_recordings.api import AsyncResources, Resources
from telnyx_recordings.config import load
from telnyx_recordings.core.call import flow
from telnyx_recordings.core.call.flow import Environment, Shared
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.result import CallResult
from telnyx_recordings.core.call.retry import Budget, Wait
from telnyx_recordings.core.config import Config
from telnyx_recordings.core.credentials import Credentials
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.core.request.body import content
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.errors import APIError
from telnyx_recordings.transport.sync import SyncCaller

KEY = "KEY0123456789_SECRET"
WALL = 1_800_000_000.0
"""The Unix time at which a held clock starts."""


@dataclass
class Held:
    """Time that passes only in waits (or as fast as `speed` says), and chance that is no chance."""

    chance: float = 0.5
    speed: float = 0.0
    now: float = 1000.0
    ids: int = 0
    trace: list[str | float] = field(default_factory=list[str | float])
    """What was decided: each attempt as its method and path, each wait as its seconds."""

    def environment(self) -> Environment:
        """This time and chance as a client takes them."""
        return Environment(
            clock=self.clock, wall=self.wall, chance=lambda: self.chance, new_id=self.new_id
        )

    def new_id(self) -> str:
        """Return an id of its own for each command."""
        self.ids += 1
        return f"command-{self.ids}"

    def clock(self) -> float:
        if self.speed:
            return self.now + time.monotonic() * self.speed
        return self.now

    def wall(self) -> float:
        return WALL + self.clock() - 1000.0

    def sleep(self, seconds: float) -> None:
        """Note the wait, and let the time pass."""
        self.trace.append(round(seconds, 6))
        self.now += seconds

    async def sleep_async(self, seconds: float) -> None:
        """Note the wait, and let the time pass."""
        self.sleep(seconds)
        await asyncio.sleep(0)

    def note(self, request: Request) -> None:
        self.trace.append(f"{request.method} {request.path}")

    @property
    def waits(self) -> list[float]:
        return [each for each in self.trace if isinstance(each, float)]


@dataclass
class Outcome:
    """How a call ended."""

    value: Any
    error: BaseException | None
    trace: list[str | float]

    @property
    def got(self) -> Any:
        """The result of a call that must not fail."""
        if self.error is not None:
            raise self.error
        return self.value

    @property
    def waits(self) -> list[float]:
        return [each for each in self.trace if isinstance(each, float)]

    @property
    def attempts(self) -> int:
        return len(self.trace) - len(self.waits)


T = TypeVar("T")
Do = Callable[[Any], Any]
"""What to do with a client: returns a result from a sync one, an awaitable from an async one."""


def play_sync(base_url: str, do: Do, held: Held | None = None, **settings: Any) -> Outcome:
    held = held or Held()
    shared = wired(base_url, held.environment(), before_request=held.note, **settings)
    caller = SyncCaller(shared, sleep=held.sleep)
    try:
        return Outcome(do(Resources(caller)), None, held.trace)
    except Exception as error:  # noqa: BLE001 - it is what the test asks about
        return Outcome(None, error, held.trace)
    finally:
        caller.close()


def play_async(base_url: str, do: Do, held: Held | None = None, **settings: Any) -> Outcome:
    """Do something with an async client, in an event loop of its own."""
    from telnyx_recordings.transport.aio import AioCaller  # noqa: PLC0415 - needs an extra

    held = held or Held()
    shared = wired(base_url, held.environment(), before_request=held.note, **settings)

    async def main() -> Outcome:
        caller = AioCaller(shared, sleep=held.sleep_async)
        try:
            return Outcome(await do(AsyncResources(caller)), None, held.trace)
        except Exception as error:  # noqa: BLE001 - it is what the test asks about
            return Outcome(None, error, held.trace)
        finally:
            await caller.close()

    return asyncio.run(main())


def wired(base_url: str, environment: Environment, **settings: Any) -> Shared:
    """Return what a caller is made of."""
    config = load(KEY, base_url, **settings)
    return Shared(config=config, environment=environment, budget=Budget(), pacer=Pacer())


async def settle() -> None:
    """Let the event loop end what is only waiting for its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


def with_variables(error: BaseException) -> str:
    """An exception as error trackers and test runners show it: with each frame's variables."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(shown.format())


class Play(Protocol):
    """Does something with a client of one kind or the other."""

    def __call__(self, base_url: str, do: Do, held: Held | None = None, **settings: Any) -> Outcome:
        """Return how it ended."""
        ...


PLAYS: list[Play] = [play_sync, play_async]
each_way = pytest.mark.parametrize("play", PLAYS)


def retrieve(client: Any) -> Any:
    """Retrieve a recording."""
    return client.recordings.retrieve("r1")


def reply(status: int, body: object = b"", **headers: str) -> Response:
    """An answer; names of headers are given with underscores."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=content)


class Drive:
    """Runs flows against scripted responses, in held time."""

    def __init__(self, **settings: Any) -> None:
        self.held = Held()
        defaults: dict[str, Any] = {
            "base_url": "https://api.example.com/v2",
            "credentials": Credentials({}, (), {}),
            "headers": {"user-agent": "test"},
        }
        self.shared = flow.Shared(
            config=Config(**{**defaults, **settings}),
            environment=self.held.environment(),
            budget=Budget(),
            pacer=Pacer(),
        )
        self.requests: list[Request] = []

    def run(
        self,
        steps: Generator[flow.Step, flow.Outcome, T],
        respond: Callable[[Request], flow.Outcome],
    ) -> T:
        """Run a flow to its end against a function from requests to responses."""
        outcome: flow.Outcome = None
        try:
            while True:
                step = steps.send(outcome)
                if isinstance(step, Wait):
                    self.held.sleep(step.seconds)
                    outcome = None
                else:
                    self.requests.append(step)
                    outcome = respond(step)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def __call__(
        self, operation: Operation[Any], *script: Response | Failure | None, seconds: float = 0.0
    ) -> CallResult:
        """Call; each attempt takes some seconds and gets the next response of the script."""
        responses = list(script)

        def respond(_: Request) -> flow.Outcome:
            self.held.now += seconds
            return responses.pop(0)

        result = self.run(flow.call(operation, self.shared), respond)
        assert responses == []
        return result

    def fails(
        self, operation: Operation[Any], *script: Response | Failure | None, seconds: float = 0.0
    ) -> APIError:
        """Call, and return the error."""
        with pytest.raises(APIError) as caught:
            self(operation, *script, seconds=seconds)
        return caught.value


def operation(**changes: Any) -> Operation[Any]:
    """Return an operation that creates a thing."""
    facts: dict[str, Any] = {
        "name": "things.create",
        "method": "POST",
        "path": "/things",
        "result": None,
        "safe_to_retry": False,
    }
    return Operation(**{**facts, **changes})


def json_body(given: Any, extra: Any = None) -> bytes:
    """Return the encoded body of an operation; empty if it has none."""
    return content(operation(body=given, options={"extra_body": extra}))[0] or b""
