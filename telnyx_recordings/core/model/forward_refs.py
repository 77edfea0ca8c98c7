"""Late imports: the names that models refer to are bound on first use, by one thread at a time.

Modules of models that refer to each other, or in long chains, do not import each other: the nested
imports would exceed the recursion limit, and other threads would see them half done. Instead each
module registers the names that it needs, which are bound when one of its classes is first used.
"""

from __future__ import annotations

from _thread import RLock  # which is what `threading` gives, without its import time
from types import ModuleType
from typing import Any

_waiting: dict[str, tuple[dict[str, Any], ModuleType, tuple[str, ...]]] = {}
lock: RLock = RLock()
"""Held while a type is prepared: msgspec crashes if two threads prepare the same one."""
_running: list[bool] = []


def bind(module: dict[str, Any], source: ModuleType, names: tuple[str, ...]) -> None:
    """Register names to bind in a module before one of its classes is used.

    Args:
        module: its globals.
        source: the package that has the names as lazily imported attributes.
        names: of classes.
    """
    _waiting[module["__name__"]] = module, source, names


def settle() -> None:
    """Bind all registered names, including those of modules that this imports."""
    with lock:
        if _running:  # further up in this thread
            return
        _running.append(True)
        try:
            while _waiting:
                name = next(iter(_waiting))
                module, source, names = _waiting[name]
                module.update({each: getattr(source, each) for each in names})
                del _waiting[name]
        finally:
            _running.clear()
