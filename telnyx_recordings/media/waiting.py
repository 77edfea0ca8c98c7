"""Waits in asyncio for work in a thread, which continues even if the waiting task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def wait_out(work: asyncio.Future[T], on_cancel: Callable[[], object] | None = None) -> T:
    """Return the result of work in a thread, which cannot be stopped, once it has ended.

    Args:
        work: the future of the work.
        on_cancel: called when this task is cancelled, to ask the work to end early.

    Raises:
        asyncio.CancelledError: this task was cancelled; its cause is the work's error.
    """
    cancelled = None
    while not work.done():
        try:
            await asyncio.wait((work,))
        except asyncio.CancelledError as error:
            cancelled = error
            if on_cancel is not None:
                on_cancel()
    if cancelled is not None:
        raise cancelled from work.exception()  # otherwise asyncio would log it
    return work.result()
