"""Archives from asyncio: the one coordinator runs in a thread, and stops when it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from threading import Event
from typing import Any, TypeVar

R = TypeVar("R")


async def run(
    make: Callable[[Event], AbstractContextManager[Any]],
    method: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Call a method of a sync client in a thread; wait for its end, whatever happens meanwhile.

    `make` makes the client, for this one run: it stops once the event is set.
    A run that is cancelled notes what was done and gives its lock back before this returns.
    """
    loop = asyncio.get_running_loop()
    stopping = Event()
    progress = kwargs.get("progress")
    if progress is not None:
        kwargs["progress"] = partial(loop.call_soon_threadsafe, progress)

    def archive() -> R:
        with make(stopping) as twin:
            return method(twin, *args, **kwargs)

    with ThreadPoolExecutor(1, thread_name_prefix="telnyx-coordinator") as thread:
        task = loop.run_in_executor(thread, archive)
        cancelled = None
        while not task.done():
            try:
                await asyncio.wait((task,))
            except asyncio.CancelledError as error:
                cancelled = error
                stopping.set()
    if cancelled is not None:
        failure = task.exception()  # looked at, so that asyncio does not report it
        raise cancelled from failure
    return task.result()
