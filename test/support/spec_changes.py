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
GONE = "GONE"
SCHEMAS = "components/schemas"
LEG = "paths/~legs~{legId}/patch"
NAMES = {
    "SCHEMAS": SCHEMAS,
    "CALL": f"{SCHEMAS}/Call/properties",
    "NEW": f"{SCHEMAS}/NewCall",
    "LIST": "paths/~calls/get",
    "CREATE": "paths/~calls/post",
    "SENT": "paths/~calls/post/requestBody/content",
    "ONE": "paths/~calls~{call_id}/get",
    "LEG": LEG,
    "MUTE": f"{LEG}/requestBody/content/application~json/schema",
}
"""Beginnings of paths, by the words that stand for them."""


def table(text: str) -> list[tuple[dict[str, Any], dict[str, Any], list[str]]]:
    """Read cases: an old contract, a new one, and what is reported.

    A case is edits, one per line, and the reports, indented; a longer indentation continues a line,
    and `nothing` is no report. The old contract is the original one, unless a line `then` or
    `instead` follows edits of it. Edits after `then` are made to the old contract, and edits after
    `instead` to the original one.
    """
    cases: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = []
    for edits, said in re.findall(r"((?:^\S.*\n)+)((?:^ .*\n)+)", text, re.MULTILINE):
        *before, after = re.split(r"^(then|instead)\n", edits, flags=re.MULTILINE)
        old = changed(yaml.safe_load(before[0])) if before else BASE
        base = old if "then" in before else BASE
        reports = re.sub(r"\n {5,}", " ", said).replace("nothing", "").splitlines()
        new = changed(yaml.safe_load(after) or {}, base)
        cases.append((old, new, [line.strip() for line in reports if line.strip()]))
    return cases


def changed(edits: dict[str, Any], base: dict[str, Any] = BASE) -> dict[str, Any]:
    """Return the contract with values at paths set, appended (``+``), copied or taken away."""
    contract = deepcopy(base)
    for path, value in edits.items():
        *above, last = _steps(path)
        node = _at(contract, above)
        if last == "+":
            node.append(value)
        elif value == GONE:
            del node[_key(node, last)]
        elif isinstance(value, str) and value.startswith("COPY "):
            node[_key(node, last)] = deepcopy(_at(contract, _steps(value.removeprefix("COPY "))))
        else:
            node[_key(node, last)] = value
    return contract


def _steps(path: str) -> list[str]:
    whole = re.sub(r"^[A-Z]+", lambda name: NAMES[name[0]], path)
    return [step.replace("~", "/") for step in whole.split("/")]


def _at(node: Any, steps: list[str]) -> Any:
    for step in steps:
        node = node[_key(node, step)]
    return node


def _key(node: object, step: str) -> Any:
    return int(step) if isinstance(node, list) else step


def found(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return step and kind, name and text of each change, with bars between."""
    apis = [build(each) for each in (old, new)]
    return [f"{each.step} {each.kind} | {each.name} | {each.text}" for each in compare(*apis)]
