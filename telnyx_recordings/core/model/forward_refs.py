"""Names of models that refer to each other: bound on first use, by one thread at a time.

Modules of models do not import each other: of models that refer to each other, or in long chains,
the nested imports would exceed the recursion limit, and other threads would see them half done.
Instead each class is noted when it is created, and when a class is first used, the names in the
annotations of all are bound. The package of the models lists them in ``MODULES``.
"""

from __future__ import annotations

import re
import sys
from _thread import RLock  # which is what `threading` gives, without its import time
from collections.abc import Mapping
from typing import Any

waiting: dict[tuple[str, str], Mapping[str, Any]] = {}
"""By module and class, the annotations with names to be bound before a class is used."""
lock: RLock = RLock()
"""Held while a type is prepared: msgspec crashes if two threads prepare the same one."""
_running: list[bool] = []
_NAME = re.compile(r"\w+")


def settle() -> None:
    """Bind the names in all noted annotations, including those of modules that this imports."""
    with lock:
        if _running:  # further up in this thread
            return
        _running.append(True)
        try:
            while waiting:
                key = next(iter(waiting))
                _bind(key[0], {each for each in waiting[key].values() if type(each) is str})
                del waiting[key]
        finally:
            _running.clear()


def _bind(module: str, annotations: set[str]) -> None:
    """Bind the models that annotations name, and that their module neither has nor imports."""
    package = sys.modules.get(module.rpartition(".")[0])
    models: Mapping[str, str] = getattr(package, "MODULES", {})
    bound: dict[str, Any] = vars(sys.modules[module])
    for name in {*_NAME.findall(" ".join(annotations))} - bound.keys():
        if name in models:
            bound[name] = getattr(package, name)
