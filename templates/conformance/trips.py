"""Import all of a package, and send examples of named schemas through its models.

Started as `python trips.py PACKAGE examples.json result.json` where the package is, by the Python
that has what the package needs: it uses the standard library only, and knows no generator.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Write how many modules there are, which are broken, and how many examples are exact."""
    package, examples, result = sys.argv[1:]
    sys.path.insert(0, ".")
    modules, broken = 0, list[str]()
    for path in sorted(Path(package).rglob("*.py")):
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        modules += 1
        try:
            importlib.import_module(name)
        except Exception as error:  # noqa: BLE001 - that it is broken is the finding
            broken.append(f"{name}: {type(error).__name__}")
    tried, exact = 0, 0
    if not broken:
        models = importlib.import_module(f"{package}.models")
        found = [(name, getattr(models, name)) for name in dir(models)]
        classes = {plain(name): each for name, each in found if hasattr(each, "from_dict")}
        for name, value in json.loads(Path(examples).read_text(encoding="utf-8")):
            if (model := classes.get(plain(name))) is not None:
                tried += 1
                exact += is_exact(model, value)
    told = {"modules": modules, "broken": broken, "tried": tried, "exact": exact}
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def plain(name: str) -> str:
    """Return what is the same in all spellings of a name."""
    return re.sub(r"\W|_", "", name).lower()


def is_exact(model: Any, value: Any) -> bool:
    """Return whether a value comes back unchanged."""
    try:
        return canonical(model.from_dict(json.loads(json.dumps(value))).to_dict()) == canonical(
            value
        )
    except Exception:  # noqa: BLE001 - it does not come back
        return False


def canonical(value: Any) -> str:
    """Return what is the same for all spellings of the same JSON: 1 and 1.0 are one number."""
    return json.dumps(json.loads(json.dumps(value), parse_int=float), sort_keys=True)


if __name__ == "__main__":
    main()
