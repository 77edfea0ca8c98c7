"""A small contract with something of each kind, changed as tests ask for it."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from contract.build import build
from spec_diff.compare import compare

BASE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "samples" / "calls.yaml").read_text("utf-8")
)

SCHEMAS = "components/schemas"
CALL = f"{SCHEMAS}/Call/properties"
NEW = f"{SCHEMAS}/NewCall"
LIST, CREATE, ONE = "paths/~calls/get", "paths/~calls/post", "paths/~calls~{call_id}/get"
LEG = "paths/~legs~{legId}/patch"
MUTE = f"{LEG}/requestBody/content/application~json/schema"
GONE: Any = object()
NAMES: dict[str, Any] = {
    "SCHEMAS": SCHEMAS,
    "CALL": CALL,
    "NEW": NEW,
    "LIST": LIST,
    "CREATE": CREATE,
    "ONE": ONE,
    "LEG": LEG,
    "MUTE": MUTE,
}


def table(text: str) -> list[tuple[dict[str, Any], list[str]]]:
    """Read cases: edits, a line each, and indented below them what is to be said of them."""
    return [
        (
            {
                re.sub(r"^[A-Z]+", lambda name: NAMES[name[0]], path): GONE if to == "GONE" else to
                for path, to in yaml.safe_load(edits).items()
            },
            [line.strip() for line in said.splitlines()],
        )
        for edits, said in re.findall(r"((?:^\S.*\n)+)((?:^ .*\n)+)", text, re.MULTILINE)
    ]


def changed(edits: dict[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    """Return the contract with values at paths set, appended (``+``) or taken away."""
    contract = deepcopy(base)
    for path, value in edits.items():
        *steps, last = [step.replace("~", "/") for step in path.split("/")]
        node: Any = contract
        for step in steps:
            node = node[_key(node, step)]
        if last == "+":
            node.append(value)
        elif value is GONE:
            del node[_key(node, last)]
        else:
            node[_key(node, last)] = value
    return contract


def _key(node: object, step: str) -> Any:
    return int(step) if isinstance(node, list) else step


def found(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return step and kind, name and text of each change, with bars between."""
    apis = [build(each) for each in (old, new)]
    return [f"{each.step} {each.kind} | {each.name} | {each.text}" for each in compare(*apis)]
