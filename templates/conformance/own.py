"""Measure what `make generate` makes of one contract, and write down its examples and calls.

Started as `python -m conformance.own SPEC FOLDER`; the folder then has the package and the results.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from contract.api import Api, Argument
from contract.arguments import NOT_PARAMETERS, accept_of
from contract.bundle import NAMED, read_file
from contract.references import Schema, as_list, as_object, followed, is_list, is_object
from generator import GenerateError
from measure.__main__ import measured, reason_of


def main() -> int:
    """Write `own.json`, `named.json`, `calls.json` and `mock.json`; return the exit code."""
    spec, folder = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        rows, failures, examples, builder = measured(spec, folder)
    except GenerateError as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 1
    contract, api = read_file(spec), builder.api()
    names = contract.get("components", {}).get("schemas", {})
    named = [
        (each.place, each.value)
        for each in examples
        if each.place in names
        and is_object(each.value)
        and not reason_of(each, "?", contract).startswith("contradicts")
    ]
    reasons = [each.reason for each in failures]
    told = {"rows": rows, "reasons": reasons, "webhooks": len(api.webhooks)}
    _write(folder / "own.json", told)
    _write(folder / "named.json", named)
    keys = [name for scheme in api.schemes.values() for name in scheme.arguments]
    _write(folder / "calls.json", {"keys": keys, "calls": calls_of(api)})
    _write(folder / "mock.json", mocked(builder.contract))
    return 0


_KEPT = ("openapi", "info", "servers", "security", "tags")
"""What a mock server needs besides paths and components."""


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


def mocked(contract: Schema) -> Schema:
    """Return a contract, as `make generate` reads it, for a mock server.

    Left out is what the server takes for more than OpenAPI does: references in examples, and header
    parameters that OpenAPI says to ignore. Paths lose their fragments and queries. The schemas of
    responses are left out too, since only requests are checked: Prism writes all references out,
    and does not start within minutes if many schemas refer to each other. They stay where other
    parts of the contract refer to them. A media type that a header parameter `Accept` has by
    default is one of the responses.
    """
    found: Schema = _without_examples(contract)
    paths: Schema = {}
    is_used = re.search(r'"#/[^"]*/responses/[^"]*/schema', json.dumps(found)) is not None
    for path, item in as_object(found.get("paths")).items():
        plain = re.split(r"[?#]", path)[0]
        shared = as_list(item.get("parameters"))
        for holder in (*filter(is_object, item.values()), item):
            holder.pop("callbacks", None)
            parameters = [*shared, *as_list(holder.get("parameters"))]
            accept = accept_of(found, (followed(found, each) for each in parameters))
            _adapt(found, holder.get("responses"), accept, has_schemas=is_used)
            if is_list(holder.get("parameters")):
                holder["parameters"] = [
                    each for each in holder["parameters"] if not _is_ignored(found, each)
                ]
        paths[plain] = _merged(paths.get(plain), item)
    components = as_object(found.get("components"))
    _adapt(found, components.get("responses"), "", has_schemas=is_used)
    schemas = as_object(components.pop("schemas", None))
    used, waiting = dict[str, Any](), [paths, components]
    while waiting:
        names = re.findall(r'"#/components/schemas/([^"/]+)', json.dumps(waiting.pop()))
        new = {name: schemas[name] for name in names if name in schemas and name not in used}
        used |= new
        waiting += new.values()
    kept = {name: found[name] for name in _KEPT if name in found}
    return kept | {"paths": paths, "components": components | {"schemas": used}}


def _adapt(contract: Schema, responses: Any, accept: str, *, has_schemas: bool) -> None:
    """Take the schemas out of responses, and add the media type that clients have to accept."""
    for response in filter(is_object, as_object(responses).values()):
        content = as_object(followed(contract, response).get("content"))
        for media_type in content if not has_schemas else ():
            content[media_type] = {}
        if content and accept:
            content[accept] = {}


def _without_examples(node: Any, *, named: bool = False) -> Any:
    if is_list(node):
        return [_without_examples(each) for each in node]
    if not is_object(node):
        return node
    return {
        key: _without_examples(each, named=not named and key in NAMED)
        for key, each in node.items()
        if named or key not in ("example", "examples")
    }


def _is_ignored(contract: Schema, parameter: Schema) -> bool:
    found = followed(contract, parameter)
    return found.get("in") == "header" and str(found.get("name")).lower() in NOT_PARAMETERS


def _merged(known: Any, other: Any) -> Any:
    """Return one object with what two have; the first wins."""
    if not is_object(known) or not is_object(other):
        return other if known is None else known
    return {key: _merged(known.get(key), other.get(key)) for key in {**known, **other}}


def _value(argument: Argument) -> Any:
    if argument.is_file and argument.type.name == "list":
        return [{"$bytes": "file"}]
    if argument.is_file or argument.type.name in ("Base64", "Binary"):
        return {"$bytes": "file"}
    return argument.example


if __name__ == "__main__":
    sys.exit(main())
