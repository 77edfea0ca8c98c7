"""Import all of a package, and send examples of named schemas through its models.

Started as `python -m conformance.trips PACKAGE examples.json result.json` where the package is, by
the Python that has what the package needs: it uses the standard library only, and knows no
generator.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

from measure.round_trips import import_all, same


def main() -> None:
    """Write which modules are broken, and how many examples are exact."""
    package, examples, result = sys.argv[1:]
    errors = import_all(package)
    broken = [f"{name}: {type(error).__name__}" for name, error in errors.items() if error]
    tried, exact = 0, 0
    if not broken:
        models = importlib.import_module(f"{package}.models")
        found = [(name, getattr(models, name)) for name in dir(models)]
        classes = {_plain(name): each for name, each in found if hasattr(each, "from_dict")}
        for name, value in json.loads(Path(examples).read_text(encoding="utf-8")):
            if (model := classes.get(_plain(name))) is not None:
                tried += 1
                exact += is_exact(model, value)
    told = {"broken": broken, "tried": tried, "exact": exact}
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def _plain(name: str) -> str:
    """Return what is the same in all spellings of a name."""
    return re.sub(r"\W|_", "", name).lower()


def is_exact(model: Any, value: Any) -> bool:
    """Return whether a value comes back unchanged."""
    try:
        found = model.from_dict(deepcopy(value))
        # An object without a class of its own stays a dict.
        return same(found.to_dict() if hasattr(found, "to_dict") else found, value)
    except Exception:  # noqa: BLE001 - it does not come back
        return False


if __name__ == "__main__":
    main()
