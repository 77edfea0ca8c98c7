"""Examples in the reference: put together from what the contract says of each part."""

from __future__ import annotations

from typing import Any

from contract.build import build
from contract.examples import Examples
from contract.references import Pointers

PET = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "born": {"type": ["string", "null"], "format": "date-time"},
        "kind": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Kind"}]},
        "legs": {"type": "integer", "examples": [3]},
        "names": {"type": "array", "items": {"type": "string"}},
        "chipped": {"type": "boolean", "x-client-side": True},
        "parents": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
        "tags": {"type": "object", "additionalProperties": {"const": "yes"}},
        "anything": True,
    },
}
KIND = {"type": "string", "enum": ["cat", "guinea-pig"]}


def example(schema: Any, **schemas: Any) -> Any:
    """Return an example of a schema beside others."""
    return Examples(Pointers({"components": {"schemas": schemas}})).of(schema)


def test_an_example_is_put_together_from_its_parts() -> None:
    assert example({"$ref": "#/components/schemas/Pet"}, Pet=PET, Kind=KIND) == {
        "id": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
        "born": "2026-03-14T15:05:19.083Z",
        "kind": "cat",
        "legs": 3,
        "names": ["text"],
        "parents": [],
        "tags": {"key": "yes"},
    }


def test_an_example_of_all_of_has_the_fields_of_all() -> None:
    schema = {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {"example": 2}}}]}
    assert example(schema, A={"properties": {"a": {"const": 1}}}) == {"a": 1, "b": 2}


def test_each_class_has_its_example() -> None:
    schemas = {"A": {"properties": {"a": {"examples": [None]}}}}
    assert build({"components": {"schemas": schemas}}).classes["A"].example == {"a": None}


def test_an_example_that_refers_on_and_on_has_an_end() -> None:
    chain: dict[str, Any] = {
        f"S{n}": {"properties": {"next": {"$ref": f"#/components/schemas/S{n + 1}"}}}
        for n in range(2000)
    }
    found, depth = example(chain["S0"], **chain), 0
    while found:
        found, depth = found["next"], depth + 1
    assert depth == 20
