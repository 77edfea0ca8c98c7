"""Examples in the reference: composed from the parts of the contract."""

import re
from typing import Any, cast

import pytest

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


@pytest.mark.parametrize(
    ("schema", "expected"),
    cast(
        "list[tuple[Any, Any]]",
        [
            ({"type": "string", "minLength": 6}, "textte"),
            ({"type": "string", "maxLength": 2}, "te"),
            ({"type": "string", "minLength": 10**12}, "text" * 250),
            ({"type": "string", "format": "duration"}, "P1D"),
            ({"type": "string", "format": "email"}, "name@example.org"),
            ({"type": "integer", "minimum": 5}, 5),
            ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, 6),
            ({"type": "integer", "exclusiveMaximum": 0}, -1),
            ({"type": "integer", "minimum": 11, "multipleOf": 10}, 20),
            ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
            ({"type": "number", "multipleOf": 0.01, "maximum": 1}, 0.01),
            ({"type": "number", "minimum": float("inf")}, 1.5),
            ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
            ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "minItems": 2}, ["a", "a"]),
            (
                {"type": "array", "uniqueItems": True, "minItems": 2, "items": {"enum": [3, 4, 5]}},
                [3, 4],
            ),
            (
                {"type": "array", "uniqueItems": True, "minItems": 2, "items": {"type": "string"}},
                ["text", "text1"],
            ),
            ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, []),
            ({"type": "null"}, None),
            ({"type": "integer", "minimum": 10**5000}, 1),
            ({"properties": {}, "required": [{}], "oneOf": [{"required": [{}]}]}, {}),
            ({"type": "object", "required": ["a"]}, {"a": "text"}),
            ({"required": ["a"], "additionalProperties": {"type": "integer"}}, {"key": 1, "a": 1}),
            ({"allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["a"]}]}, {"a": 1}),
        ],
    ),
)
def test_an_example_keeps_the_bounds_of_its_schema(schema: Any, expected: Any) -> None:
    assert example(schema) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]{3}-\d+$",
        r"^\+[1-9]\d{1,14}$",
        r"^(?:cat|dog)_[0-9a-f]{8}(-[^a]{2,})?$",
        r"^$|^[A-Z]{2}$",
        r"^[\w.]+@\w+\.com$",
        r"^\(\d\)[(|)]$",
        r"^[[a]x$",
    ],
)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_an_example_matches_a_plain_pattern(pattern: str) -> None:
    assert re.search(pattern, example({"type": "string", "pattern": pattern}))


def test_an_example_of_a_pattern_is_as_long_as_asked() -> None:
    assert example({"type": "string", "pattern": "^[a-z]*$", "minLength": 7}) == "aaaaaaa"


@pytest.mark.parametrize(
    "pattern", ["(" * 5000, "(a{999}){999}", "(?=b)a", r"\1", "[z-a]", "(a+)+)", "a)|(b", r"\p{L}"]
)
def test_a_pattern_of_other_parts_leaves_the_plain_example(pattern: str) -> None:
    assert example({"type": "string", "pattern": pattern}) == "text"


def test_given_values_come_first_if_they_fit() -> None:
    assert example({"type": "integer", "minimum": 5, "example": 3, "examples": [4, 7]}) == 7
    assert example({"type": "string", "maxLength": 3, "default": "abc"}) == "abc"
    assert example({"type": "string", "example": 12}) == "12"
    assert example({"type": "integer", "example": "many"}) == 1
    assert example({"enum": ["a"], "type": "integer"}) == "a"
    assert example({"type": "string", "format": "uuid", "example": "me"}).count("-") == 4
    assert example({"type": "string", "format": "email", "example": "a@b"}) == "a@b"
    assert example({"type": "string", "format": "url"}) == "https://example.org/"
    assert example({"type": "string", "format": "new", "example": "me"}) == "me"


A = {"properties": {"a": {"type": "string"}}}
B = {"required": ["b"]}
FORBIDDEN: dict[str, Any] = {"not": {}}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"oneOf": [A, {**A, **B}]}, {"a": "text"}),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1.5),
        ({"oneOf": [{"type": "integer"}, {"type": "integer"}, {"type": "string"}]}, "text"),
        ({"oneOf": [{}, {"type": "object"}]}, {}),
        (
            {
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "oneOf": [{"required": ["a"]}, B],
            },
            {"a": "text"},
        ),
        (
            {
                "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
                "oneOf": [
                    {"required": ["a"], "properties": {"b": FORBIDDEN}},
                    {**B, "properties": {"a": FORBIDDEN}},
                ],
            },
            {"a": "text"},
        ),
    ],
)
def test_an_example_of_one_of_several_fits_one_alone(schema: Any, expected: Any) -> None:
    assert example(schema) == expected


def test_choices_inside_themselves_are_soon_decided() -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {"oneOf": [{"$ref": f"#/components/schemas/S{n + 1}"}] * 3} for n in range(18)
    }
    assert example(schemas["S0"], **schemas, S18={"type": "string"}) == "text"
