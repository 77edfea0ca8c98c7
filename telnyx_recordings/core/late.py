"""First use of types: what models refer to is imported late, and one thread at a time prepares it.

Modules of models whose schemas refer to each other, or refer on and on, do not import each other:
imports inside of imports would be too deep for Python, and another thread would find half of them.
A module says which names it needs; it gets them when one of the classes is used first.
"""

from __future__ import annotations

from _thread import RLock  # which is what `threading` gives, without its import time
from types import ModuleType
from typing import Any

_waiting: dict[str, tuple[dict[str, Any], ModuleType, tuple[str, ...]]] = {}
lock: RLock = RLock()
"""Held while a type is prepared: msgspec crashes where two threads prepare one."""
_running: list[bool] = []


def bind(module: dict[str, Any], source: ModuleType, names: tuple[str, ...]) -> None:
    """Put names into a module before one of its classes is used.

    Args:
        module: its globals.
        source: the package whose attributes they are, which imports each when asked for it.
        names: of classes.
    """
    _waiting[module["__name__"]] = module, source, names


def settle() -> None:
    """Bind all names that modules wait for, and those of the modules imported by that."""
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
