"""The names that the generator gives: of classes, fields, arguments and enum members."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from operations import snake

CONFIG = Path(__file__).resolve().parents[2] / "generator-config.yaml"


@cache
def _mappings() -> dict[str, Mapping[str, str]]:
    config: dict[str, Any] = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    reserved = config.get("reservedWordsMappings", {})
    return {
        "field": {**reserved, **config.get("nameMappings", {})},
        "argument": {**reserved, **config.get("parameterNameMappings", {})},
    }


def attribute(wire: str, kind: str = "field") -> str:
    """Return the name of a field, or of an argument."""
    name = snake(wire)
    if not name or name[0].isdigit():
        name = f"var_{name}"
    return _mappings()[kind].get(wire) or _mappings()[kind].get(name, name)


def class_name(name: str) -> str:
    """Return the name of the class for a schema."""
    words = re.split(r"[\W_]+", name)
    found = "".join(word[:1].upper() + word[1:] for word in words)
    return found if found[:1].isalpha() else f"Model{found}"


def members(values: list[str], given: list[str]) -> dict[str, str]:
    """Return the names of an enum's members, by their values, each as far as given."""
    names: list[str] = []
    for place, value in enumerate(values):
        if place < len(given):
            names.append(str(given[place]))
            continue
        name = re.sub(r"\W+", "_", value).strip("_").upper() or "EMPTY"
        name = f"VALUE_{name}" if name[0].isdigit() else name
        while name in names:
            name += "_"
        names.append(name)
    return dict(zip(values, names, strict=True))
