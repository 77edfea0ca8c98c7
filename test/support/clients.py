"""Clients of a fake server, sync and async, that have to do the same.

Only the package and pytest are needed: without aiohttp, tests run with the sync client alone.
"""

import asyncio
import sys
from collections.abc import Callable
from importlib.util import find_spec
from inspect import isawaitable
from typing import Any, Protocol

import pytest

from callers import KEY, settle
from fakes import Server
from telnyx_recordings import AsyncClient, Client

Step = Callable[[Any], Any]
"""What to do with a client: returns a result, or something to await."""


class Use(Protocol):
    """Does something with a client of one type or the other."""

    def __call__(self, server: Server, *steps: Step, **settings: Any) -> list[Any]:
        """Return the results."""
        ...


def use_sync(server: Server, *steps: Step, **settings: Any) -> list[Any]:
    """Do something with a sync client; return the results."""
    with Client(KEY, server.base_url, **settings) as client:
        return [step(client) for step in steps]


def use_async(server: Server, *steps: Step, **settings: Any) -> list[Any]:
    """Do something with an async client, of which no task is left; return the results."""

    async def main() -> list[Any]:
        async with AsyncClient(KEY, server.base_url, **settings) as client:
            found = [await _value(step(client)) for step in steps]
        await settle()  # an iteration that ended early is closed by the loop itself
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return found

    return asyncio.run(main())


CLIENTS: list[type[Client | AsyncClient]] = [Client]
USES: dict[str, Use] = {"sync": use_sync}
if find_spec("aiohttp"):
    CLIENTS.append(AsyncClient)
    USES["async"] = use_async
both = pytest.mark.parametrize("use", USES.values(), ids=list(USES))


async def _value(found: Any) -> Any:
    return await found if isawaitable(found) else found


def then(found: Any, *steps: Step) -> Any:
    """Pass a result, or what is awaited, through more steps."""
    if isawaitable(found):
        return _then(found, *steps)
    for step in steps:
        found = step(found)
    return found


async def _then(found: Any, *steps: Step) -> Any:
    found = await found
    for step in steps:
        found = await _value(step(found))
    return found


def entered(block: Any, *steps: Step) -> Any:
    """Do something with a streamed response inside its block; return the results."""
    if hasattr(block, "__aenter__"):
        return _entered(block, *steps)
    with block as response:
        return [step(response) for step in steps]


async def _entered(block: Any, *steps: Step) -> list[Any]:
    async with block as response:
        return [await _value(step(response)) for step in steps]


def listed(found: Any, count: int = sys.maxsize, into: list[Any] | None = None) -> Any:
    """Return what an iteration gives, or something to await; it may end early."""
    into = [] if into is None else into
    if hasattr(found, "__aiter__"):
        return _listed(found, count, into)
    for each in found:
        into.append(each)
        if len(into) == count:
            break
    return into


async def _listed(found: Any, count: int, into: list[Any]) -> list[Any]:
    async for each in found:
        into.append(each)
        if len(into) == count:
            break
    return into


class Run(Protocol):
    """Does something with a client that makes no retries."""

    def __call__(self, base_url: str, do: Step, **settings: Any) -> Any:
        """Return the result."""
        ...


def run_sync(base_url: str, do: Step, **settings: Any) -> Any:
    with Client(KEY, base_url, max_retries=0, **settings) as client:
        return do(client)


def run_async(base_url: str, do: Step, **settings: Any) -> Any:
    async def main() -> Any:
        async with AsyncClient(KEY, base_url, max_retries=0, **settings) as client:
            return await do(client)

    return asyncio.run(main())


each_way = pytest.mark.parametrize("run", [run_sync, run_async])
