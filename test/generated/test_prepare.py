"""What is said of a contract before the generator reads it: examples, and names of enum values."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest
import yaml
from prepare import example, prepared

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
KIND = {"type": "string", "enum": ["cat", "guinea-pig", "3-toed sloth", ""]}
SCHEMAS: dict[str, Any] = {"Pet": PET, "Kind": KIND}


def prepare(**schemas: Any) -> dict[str, Any]:
    """Return the prepared schemas of a contract that has these."""
    found: dict[str, Any] = json.loads(
        prepared(yaml.safe_dump({"components": {"schemas": schemas}}))
    )
    return found["components"]["schemas"]  # type: ignore[no-any-return]  # as above


def test_an_example_is_put_together_from_its_parts() -> None:
    """Own examples first, then what fits the type; a schema does not hold itself for ever."""
    assert example({"$ref": "#/components/schemas/Pet"}, SCHEMAS) == {
        "id": "b1f0c2de-5a37-4c8e-9d14-6e2a7f30c951",
        "born": "2026-03-14T15:05:19.083Z",
        "kind": "cat",
        "legs": 3,
        "names": ["text"],
        "parents": [{}],
        "tags": {"key": "yes"},
    }


def test_an_example_of_all_of_has_the_fields_of_all() -> None:
    """Inherited ones and own ones."""
    schema = {"allOf": [{"$ref": "#/components/schemas/A"}, {"properties": {"b": {"example": 2}}}]}
    assert example(schema, {"A": {"properties": {"a": {"const": 1}}}}) == {"a": 1, "b": 2}


def test_each_schema_gets_its_example_as_a_python_literal() -> None:
    """It stands in snippets, so null is None; one that the contract gives itself stays."""
    schemas = prepare(A={"properties": {"a": {"examples": [None]}}}, B={"x-example": "'own'"})
    assert ast.literal_eval(schemas["A"]["x-example"]) == {"a": None}
    assert schemas["B"]["x-example"] == "'own'"


def test_enum_values_get_names_where_they_have_none() -> None:
    """Names that Python takes, each once; those that the contract gives stay."""
    given = {"enum": ["a", "b b", "b-b", None], "x-enum-varnames": ["FIRST"]}
    schemas = prepare(Kind=KIND, Given=given, Numbers={"enum": [1, 2]})
    assert schemas["Kind"]["x-enum-varnames"] == [
        "CAT",
        "GUINEA_PIG",
        "VALUE_3_TOED_SLOTH",
        "EMPTY",
    ]
    assert schemas["Given"]["x-enum-varnames"] == ["FIRST", "B_B", "B_B_"]
    assert "x-enum-varnames" not in schemas["Numbers"]


def test_each_tag_is_declared_and_described() -> None:
    """A class is made of each, and needs a docstring."""
    text = """
        tags: [{name: Told, description: As told.}, {name: Untold}]
        paths: {/told/a: {parameters: [], get: {tags: [Unheard]}, put: {}}}
    """
    assert json.loads(prepared(text))["tags"] == [
        {"name": "Told", "description": "As told."},
        {"name": "Untold", "description": "The resource Untold."},
        {"name": "Unheard", "description": "The resource Unheard."},
    ]


def test_a_tag_and_a_method_get_names_that_python_takes() -> None:
    """A tag names a class, which the generator would name so, and then not find the tag."""
    text = """
        tags: [{name: call Recordings, description: As told.}]
        paths: {/a: {get: {tags: [call Recordings], x-method: import}, put: {x-method: list}}}
    """
    contract = json.loads(prepared(text))
    assert contract["tags"][0] == {"name": "CallRecordings", "description": "As told."}
    found = contract["paths"]["/a"]
    assert [(found[each]["tags"], found[each]["x-method"]) for each in ("get", "put")] == [
        (["CallRecordings"], "import_"),
        (["A"], "list"),
    ]


def test_what_python_has_no_one_class_for_is_left_open() -> None:
    """A choice of plain types, an enum of numbers; a choice of one, or with a class, stays."""
    nothing, when = {"type": "null"}, {"type": "string", "format": "date-time"}
    kind = {"$ref": "#/components/schemas/Kind"}
    schemas = prepare(
        Kind=KIND,
        Either={"description": "x", "type": ["string", "integer", "null"]},
        Choice={"anyOf": [{"type": "string"}, {"type": "number"}, nothing]},
        Texts={"oneOf": [{"type": "string"}, when, nothing]},
        When={"anyOf": [when, nothing]},
        Mixed={"oneOf": [{"type": "string"}, kind]},
        Numbers={"type": "integer", "enum": [1, 2]},
    )
    left = {name: {**schema, "x-example": None} for name, schema in schemas.items()}
    assert left["Either"] == {"description": "x", "x-example": None}
    assert left["Choice"] == {"x-example": None}
    assert left["Texts"] == {"type": ["null", "string"], "x-example": None}
    assert left["When"] == {"anyOf": [when, nothing], "x-example": None}
    assert left["Mixed"] == {"oneOf": [{"type": "string"}, kind], "x-example": None}
    assert left["Numbers"] == {"type": "integer", "x-example": None}


def test_a_text_that_markdown_has_otherwise_than_python_is_there_in_both() -> None:
    """On one line, as a table needs it, and with no pipe that would end its cell."""
    part = {"description": 'Say "a|b"\nor \\d.', "examples": [{"description": "not | this"}]}
    schemas = prepare(A={"description": "Plain, it's one.", "properties": {"a": part}})
    assert "x-cell" not in schemas["A"]
    found = schemas["A"]["properties"]["a"]
    assert found["description"] == part["description"]
    assert found["x-cell"] == 'Say "a\\|b" or \\d.'
    assert found["examples"] == part["examples"]


def test_dates_stay_text() -> None:
    """YAML takes a bare date for a date, and JSON has none."""
    assert '"2026-03-01"' in prepared("info: {version: 2026-03-01}")


@pytest.mark.parametrize("text", ["", "[]", "words"])
def test_what_is_not_an_object_is_no_contract(text: str) -> None:
    """An empty file above all."""
    with pytest.raises(TypeError, match="a contract is an object"):
        prepared(text)


def test_a_mistake_is_left_for_the_generator_to_name() -> None:
    """It knows the rules of OpenAPI, and says where they are broken."""
    assert (
        json.loads(prepared("components: {schemas: {A: []}}"))["components"]["schemas"]["A"] == []
    )
