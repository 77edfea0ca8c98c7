"""Measure what `make generate` makes of one contract, and write down its examples and calls.

Started as `python -m conformance.own SPEC FOLDER`; the folder then has the package and the results.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from contract.api import Api, Argument
from contract.build import Builder
from contract.bundle import read_file
from contract.references import is_object
from generator import GenerateError
from measure.__main__ import every_example, measured, reason_of


def main() -> int:
    """Write `own.json`, `examples.json` and `calls.json`; return the exit code."""
    spec, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        rows, failures = measured(spec, folder)
    except GenerateError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 1
    contract = read_file(spec)
    builder = Builder(contract)
    api = builder.api()
    names = contract.get("components", {}).get("schemas", {})
    examples = [
        (each.place, each.value)
        for each in every_example(builder)
        if each.place in names
        and is_object(each.value)
        and not reason_of(each, "?", contract).startswith("contradicts")
    ]
    _write(folder / "own.json", {"rows": rows, "reasons": [each.reason for each in failures]})
    _write(folder / "named.json", examples)
    keys = [name for scheme in api.schemes.values() for name in scheme.arguments]
    _write(folder / "calls.json", {"keys": keys, "calls": calls_of(api)})
    return 0


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, default=str), encoding="utf-8")


def calls_of(api: Api) -> list[tuple[str, dict[str, Any]]]:
    """Return each method with an example of each argument that it needs."""
    return [
        (
            f"{api.path_of(resource)}.{operation.name}",
            {each.name: _value(each) for each in operation.arguments if each.required},
        )
        for resource in api.resources
        for operation in resource.operations
    ]


def _value(argument: Argument) -> Any:
    if argument.is_file and argument.type.name == "list":
        return [{"$bytes": "file"}]
    if argument.is_file or argument.type.name in ("Base64", "Binary"):
        return {"$bytes": "file"}
    return argument.example


if __name__ == "__main__":
    sys.exit(main())
