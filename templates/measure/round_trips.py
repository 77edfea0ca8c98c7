"""Import all of a generated package, and send examples through its models.

Started as `python -m measure.round_trips package examples.json` where the package is; prints JSON.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from contract.references import is_list, is_object

_HOMES = ("models", "core.model.exact", "core.model")
"""Modules of the package, in the order in which the names of its annotations are looked up."""

_NAMES = ModuleType("examples")
"""The module of the models that hold an example: their annotations use its names."""


def main() -> None:
    """Print the results."""
    package, examples = sys.argv[1], json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    start = time.perf_counter()
    importlib.import_module(package)
    package_ms = (time.perf_counter() - start) * 1000
    errors = import_all(package)
    homes = [importlib.import_module(f"{package}.{each}") for each in _HOMES]
    sys.modules[_NAMES.__name__] = _NAMES
    _NAMES.__dict__.update(Any=Any, date=date)
    told = {
        "package_ms": package_ms,
        "modules": len(errors),
        "broken": [f"{name}: {type(e).__name__}: {e}" for name, e in errors.items() if e],
        "import_s": time.perf_counter() - start,
        "classes": len(homes[0].__all__),
        "reasons": [reason(homes, kind, value) for kind, value in examples],
    }
    print(json.dumps(told))


def import_all(package: str) -> dict[str, Exception | None]:
    """Import a package in the current folder; return the error of each of its modules, if any."""
    found: dict[str, Exception | None] = {}
    for path in sorted(Path(package).rglob("*.py")):
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        found[name] = None
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - that it is broken is the finding
            found[name] = error
    return found


def reason(homes: Sequence[Any], kind: str, value: Any) -> str:
    """Return why a value does not survive a round trip; an empty text if it does."""
    model = homes[-1].Model
    for name in re.findall(r"\w+", kind):
        for home in homes:
            if not hasattr(_NAMES, name) and hasattr(home, name):
                setattr(_NAMES, name, getattr(home, name))
    try:
        space = {
            "__annotations__": {"value": kind},
            "__module__": _NAMES.__name__,
            "__qualname__": "Holder",
        }
        holder: Any = type(model)("Holder", (model,), space, kw_only=True)
        found = holder.from_dict({"value": value}).to_dict()["value"]
    except Exception as error:  # noqa: BLE001 - that it fails is the finding
        return f"{type(error).__name__}: {error}"[:200]
    if same(found, value):
        return ""
    return "time: spelt otherwise" if same(found, value, times=True) else "it came back otherwise"


def same(one: Any, other: Any, *, times: bool = False) -> bool:
    """Return whether two values are the same JSON; with times, times may be spelt otherwise."""
    if is_object(one) and is_object(other):
        return one.keys() == other.keys() and all(
            same(one[key], other[key], times=times) for key in one
        )
    if is_list(one) and is_list(other):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(same(*pair, times=times) for pair in pairs)
    if times and isinstance(one, str) and isinstance(other, str):
        return one == other or _instant(one) == _instant(other) is not None
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else datetime.fromisoformat(f"{text}+00:00")


if __name__ == "__main__":
    main()
