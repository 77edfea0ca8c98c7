"""Keeps a forked process from using the connections, threads and locks of its parent."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

from telnyx_recordings.core.model import forward_refs


class Renewable(Protocol):
    """Something that has to start anew in a forked process."""

    def renew(self) -> None:
        """Start anew, without waiting for locks that threads of the other process may hold."""
        ...


_renewable: WeakSet[Renewable] = WeakSet()


def renew_in_children(*objects: Renewable) -> None:
    """Call `renew` in every process that is forked from this one while the objects exist."""
    _renewable.update(objects)


def _renew() -> None:
    for each in tuple(_renewable):
        each.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, which cannot fork
    os.register_at_fork(after_in_child=_renew)
    os.register_at_fork(
        before=forward_refs.lock.acquire,  # its holder may have half prepared a model
        after_in_parent=forward_refs.lock.release,
        after_in_child=forward_refs.lock.release,
    )
