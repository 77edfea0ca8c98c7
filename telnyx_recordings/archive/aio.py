"""Archives from asyncio: the run is in a thread, and cancelling it interrupts the run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from threading import Event
from typing import Any, TypeVar

from telnyx_recordings.media.waiting import wait_out

R = TypeVar("R")


async def run(
    make: Callable[[Event], AbstractContextManager[Any]],
    method: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Call a method of a sync client in a thread, and wait until it has ended.

    A cancelled run commits what was done and releases its lock before this returns.

    Args:
        make: makes the client; its run stops once the event is set.
        method: what to call.
        args: its arguments.
        kwargs: its keyword arguments; `progress` is called in the event loop.
    """
    loop = asyncio.get_running_loop()
    stopping = Event()
    progress = kwargs.get("progress")
    if progress is not None:
        kwargs["progress"] = partial(loop.call_soon_threadsafe, progress)

    def archive() -> R:
        with make(stopping) as client:
            return method(client, *args, **kwargs)

    with ThreadPoolExecutor(1, thread_name_prefix="telnyx-coordinator") as thread:
        return await wait_out(loop.run_in_executor(thread, archive), stopping.set)
