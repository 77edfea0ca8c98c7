"""The arguments of ``recordings.actions.delete``, as a dict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Required, TypedDict


class ActionDeleteParams(TypedDict, total=False):
    """The arguments of ``recordings.actions.delete``."""

    ids: Required[Sequence[str]]
    """The ids of the recordings, at least one."""
