"""`make measure`: what a contract gives, counted, and each example that fails with its reason."""

from pathlib import Path

from contract.build import Builder
from contract.references import Schema
from measure.__main__ import Example, every_example, measured, reason_of
from measure.round_trips import same

CONTRACT = """
openapi: 3.1.0
info: {title: Measured, version: 1.0.0}
paths:
  /pets:
    get:
      responses:
        '200':
          description: Pets.
          content:
            application/json:
              schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}
              examples: {two: {value: [{name: Rex}, {name: Tom, new: 1}]}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string, example: Rex}, born: {type: string, format: date-time}}
      examples: [{name: Rex, born: '2026-03-01T10:00:00.000+00:00'}, {name: 7}]
"""


def test_the_results_of_a_contract_are_counted(tmp_path: Path) -> None:
    spec = tmp_path / "openapi.yaml"
    spec.write_text(CONTRACT, encoding="utf-8")
    rows, failures, *_ = measured(spec, tmp_path)
    counted = {name.strip(): rows[name] for name in rows if "second" not in name}
    assert counted["schemas in the contract"] == "1"
    assert counted["operations"] == "1"
    assert counted["models, enums and choices"] == "1"
    assert counted["modules that cannot be imported"] == counted["errors of mypy"] == "0"
    assert counted["of them written in the contract as a whole"] == "3"
    assert (counted["examples"], counted["exact round trips"]) == ("5", "4")
    assert counted["contrary to their own schema"] == "1"
    assert counted["per cent of the others"] == "100.00"
    (failure,) = failures
    assert failure.place == "Pet"
    assert failure.reason.startswith("contradicts its schema: 7 is not of type 'string'")


def test_examples_inside_of_schemas_are_tried_too() -> None:
    home = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "example": {"city": "Rome"},
    }
    pet = {"type": "object", "properties": {"home": home, "names": {"type": "array"}}}
    builder = Builder(
        {
            "openapi": "3.1.0",
            "info": {"title": "Measured", "version": "1.0.0"},
            "paths": {},
            "components": {"schemas": {"Pet": pet}},
        }
    )
    builder.api()
    found = [(each.annotation, each.value, each.made) for each in every_example(builder)]
    assert ("PetHome", {"city": "Rome"}, False) in found


def test_values_are_compared_as_json() -> None:
    assert same({"a": [1, None, True]}, {"a": [1.0, None, True]})
    assert not same([1], [True])
    assert not same({"a": 1}, {})
    early, late = "2026-03-01T10:00:00Z", "2026-03-01T10:00:00+00:00"
    assert not same(early, late)
    assert same([early], [late], times=True)
    assert not same("soon", "later", times=True)


def test_examples_that_cannot_be_measured_are_counted(tmp_path: Path) -> None:
    spec = tmp_path / "openapi.yaml"
    spec.write_text(HARD, encoding="utf-8")
    rows, failures, *_ = measured(spec, tmp_path)
    assert rows["operations"] == "1"
    assert int(rows["exact round trips"]) + len(failures) == int(rows["examples"])
    assert {each.place for each in failures} <= {"Odd"}


HARD = """
openapi: 3.0.3
info: {title: Hard, version: 1.0.0}
paths:
  /a:
    post:
      requestBody:
        content:
          application/json:
            schema: {allOf: [{$ref: '#/components/schemas/new_a'}, {properties: {b: {}}}]}
            example: {a: x, b: y}
      responses:
        '200':
          description: One.
          content:
            application/json:
              schema: {type: object, properties: {a: {type: integer}}}
              example: '{"a": 1}'
components:
  schemas:
    new_a: {type: object, properties: {a: {type: string}}}
    Odd: {type: object, required: [a, b], properties: {a: {$ref: '#/components/schemas/Gone'}}}
"""


def test_examples_that_the_named_subtype_forbids_are_contrary() -> None:
    base = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat"}},
    }
    lives = {"type": "object", "properties": {"lives": {"type": "integer"}}}
    cat = {"allOf": [{"$ref": "#/components/schemas/Pet"}, lives]}
    for version in ("3.0.3", "3.1.0"):
        contract: Schema = {
            "openapi": version,
            "components": {"schemas": {"Pet": base, "Cat": cat}},
        }

        def reason(value: object, contract: Schema = contract) -> str:
            schema = {"properties": {"pet": {"$ref": "#/components/schemas/Pet"}}}
            return reason_of(Example("Owner", "Owner", value, schema, made=False), "why", contract)

        wrong = reason({"pet": {"kind": "cat", "lives": "nine"}})
        assert wrong == "contradicts its subtype: 'nine' is not of type 'integer' (why)"
        assert reason({"pet": {"kind": "cat", "lives": 9}}) == "why"
        assert reason({"pet": {"kind": "dog", "lives": "nine"}}) == "why"
