"""Reads a contract from YAML or JSON, with the types of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from contextlib import suppress
from math import isfinite
from typing import Any, cast

import yaml

from contract.references import ContractError, Schema, is_list, is_object


class _Loader(yaml.CSafeLoader):
    """Reads YAML 1.2's core schema. The loader in C takes a twentieth of the time."""

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - as PyYAML has it
    ) -> dict[Hashable, Any]:
        """Read an object with its keys as they are written: `200` and `+1` are texts in JSON."""
        known: set[str] = set()
        for key, _ in node.value:
            if key.value in known:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value!r} is there twice", problem_mark=key.start_mark
                )
            known.add(str(key.value))
        self.flatten_mapping(node)
        pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
        loader: Any = self  # PyYAML's own types leave this open
        return {str(key.value): loader.construct_object(value, deep=deep) for key, value in pairs}


# PyYAML follows YAML 1.1, where `on` and `no` are booleans, `12:30` is 750, `010` is 8, and a date
# is no text. OpenAPI asks for what JSON has, which is what YAML 1.2 made of it: but for `.nan`.
_PLAIN = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+0123456789."),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
for _tag, _pattern, _first in _PLAIN:
    for _char in _first:
        found = (f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"))
        _resolvers.setdefault(_char, []).append(found)
_Loader.yaml_implicit_resolvers = _resolvers


def _number(text: str) -> float | str:
    """Read a number; one that is beyond any float stays text, since JSON has no infinity."""
    return float(text) if isfinite(float(text)) else text


_Loader.add_constructor(
    "tag:yaml.org,2002:int",
    lambda _, node: int(node.value, 0 if node.value[:2] in ("0o", "0x") else 10),
)
_Loader.add_constructor("tag:yaml.org,2002:float", lambda _, node: _number(node.value))


def read(text: str) -> Schema:
    """Return a contract as plain data.

    Raises:
        yaml.YAMLError: the text is neither YAML nor JSON; the message names the line.
        ContractError: it is, but not an object, or too large.
    """
    data: Any = None
    if text.lstrip()[:1] == "{":  # JSON, which its own parser reads a hundred times faster
        with suppress(json.JSONDecodeError):  # else it is YAML that begins so
            data = json.loads(text, parse_float=_number, parse_constant=str)
    if data is None:
        data = yaml.load(text, _Loader)  # noqa: S506 - derived from the safe loader
    if not isinstance(data, dict):
        raise ContractError("a contract is an object, and this is none")
    if _size(data, {}) > _MOST_VALUES:
        raise ContractError("it has more values than any contract, through aliases of aliases")
    return cast("Schema", data)


_MOST_VALUES = 5_000_000


def _size(node: Any, known: dict[int, int]) -> int:
    """Return how many values there are, those as often as aliases refer to them."""
    if not is_object(node) and not is_list(node):
        return 1
    if id(node) not in known:
        parts = node.values() if is_object(node) else node
        known[id(node)] = 1 + sum(_size(each, known) for each in parts)
    return known[id(node)]
