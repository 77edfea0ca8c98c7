"""A contract in several files becomes one: whatever is referred to is a component of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contract.build import build
from contract.bundle import read_file
from contract.references import ContractError

MAIN = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets: {$ref: paths/pets.yaml}
  /owners: {get: {responses: {'200': {$ref: 'common.yaml#/components/responses/Owner'}}}}
components:
  schemas:
    Pet: {$ref: schemas/Pet.json}
    Rex: {$ref: schemas/Pet.json}
    Friend: {type: object, properties: {pet: {$ref: schemas/Pet.json}, leaf: {$ref: '#leaf'}}}
    Leaf: {$anchor: leaf, $id: 'https://example.com/leaf', type: object, properties: {a: {}}}
    Same: {$ref: 'https://example.com/leaf'}
    Data: {type: object, example: {$ref: no/file.yaml}, properties: {$ref: {type: string}}}
"""
PETS = """\
get:
  operationId: listPets
  parameters: [{$ref: ../limit.yaml}]
  responses:
    '200':
      description: All.
      headers: {x-total: {$ref: '../common.yaml#/components/headers/Total'}}
      content:
        application/json:
          schema: {type: array, items: {$ref: '../openapi.yaml#/components/schemas/Pet'}}
          examples: {all: {$ref: '../common.yaml#/components/examples/All'}}
"""
COMMON = """\
components:
  headers: {Total: {schema: {type: integer}}}
  examples: {All: {value: [{$ref: 'no/file.yaml'}]}}
  schemas:
    Pet: {type: object, properties: {other: {$ref: '#/components/schemas/Pet'}}}
    Owner:
      oneOf: [{$ref: schemas/Pet.json}, {$ref: '#/components/schemas/Pet'}]
      discriminator: {propertyName: kind, mapping: {a: schemas/Pet.json, b: Pet}}
  responses:
    Owner:
      description: One.
      content: {application/json: {schema: {$ref: '#/components/schemas/Owner'}}}
"""
PET = '{"type": "object", "properties": {"friend": {"$ref": "Pet.json"}, "me": {"$ref": "#"}}}'


def write(folder: Path, **files: str) -> Path:
    """Write files, named with two underscores for a slash; return the first."""
    paths: list[Path] = []
    for name, text in files.items():
        stem = name.replace("__", "/")
        path = folder / (f"{stem}.json" if text.startswith("{") else f"{stem}.yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths[0]


@pytest.fixture
def contract(tmp_path: Path) -> dict[str, Any]:
    """A contract that was in five files."""
    limit = "name: limit\nin: query\nschema: {type: integer}\n"
    files = {"openapi": MAIN, "paths__pets": PETS, "common": COMMON, "schemas__Pet": PET}
    return read_file(write(tmp_path, **files, limit=limit))


def test_whatever_is_in_other_files_becomes_a_component(contract: dict[str, Any]) -> None:
    """Under the name that it has there, or the file's; nothing twice, also if it names itself."""
    parts = contract["components"]
    pet = {"$ref": "#/components/schemas/Pet"}
    assert parts["schemas"]["Pet"]["properties"] == {"friend": pet, "me": pet}
    assert parts["schemas"]["Rex"] == pet
    assert parts["schemas"]["Friend"]["properties"]["pet"] == pet
    other = parts["schemas"]["Pet2"]["properties"]["other"]
    assert other == {"$ref": "#/components/schemas/Pet2"}
    assert parts["schemas"]["Owner"]["oneOf"] == [pet, other]
    assert parts["schemas"]["Owner"]["discriminator"]["mapping"]["a"] == pet["$ref"]
    listed = parts["pathItems"]["pets"]["get"]
    assert listed["parameters"] == [{"$ref": "#/components/parameters/limit"}]
    answer = listed["responses"]["200"]
    assert answer["headers"] == {"x-total": {"$ref": "#/components/headers/Total"}}
    assert answer["content"]["application/json"]["schema"]["items"] == pet
    assert contract["paths"]["/owners"]["get"]["responses"]["200"] == {
        "$ref": "#/components/responses/Owner"
    }


def test_what_is_referred_to_by_name_is_found(contract: dict[str, Any]) -> None:
    """By `$anchor`, and by `$id`."""
    leaf = {"$ref": "#/components/schemas/Leaf"}
    assert contract["components"]["schemas"]["Same"] == leaf
    assert contract["components"]["schemas"]["Friend"]["properties"]["leaf"] == leaf


def test_what_is_data_refers_to_nothing(contract: dict[str, Any]) -> None:
    """An example may have a key that is called `$ref`."""
    assert contract["components"]["schemas"]["Data"]["example"] == {"$ref": "no/file.yaml"}
    assert contract["components"]["examples"]["All"] == {"value": [{"$ref": "no/file.yaml"}]}


def test_operations_are_found_wherever_they_are(contract: dict[str, Any]) -> None:
    """As if all of it had been in one file."""
    (pets, *_) = [each for each in build(contract).resources if each.name == "Pets"]
    assert [each.wire for each in pets.operations[0].arguments] == ["limit"]


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("gone.yaml", "gone.yaml cannot be read: No such file or directory"),
        ("bad.yaml#/a", "bad.yaml cannot be read: while parsing a flow node"),
        ("list.yaml", "list.yaml cannot be read: a contract is an object, and this is none"),
        ("good.yaml#/b", "$ref good.yaml#/b: nothing is there"),
        ("good.yaml#b", "$ref good.yaml#b: nothing is there"),
        ("https://example.com/a.yaml", "put what is there into a file beside the contract"),
    ],
)
def test_what_cannot_be_had_is_named(ref: str, why: str, tmp_path: Path) -> None:
    """With the reference, and the reason."""
    main = f"components: {{schemas: {{A: {{$ref: '{ref}'}}}}}}"
    path = write(tmp_path, openapi=main, bad="a: [", list="- 1", good="a: {}")
    with pytest.raises(ContractError) as caught:
        read_file(path)
    assert ref in str(caught.value)
    assert why in str(caught.value)


def test_files_that_are_nested_without_end_are_refused(tmp_path: Path) -> None:
    """In our own words."""
    deep = '{"properties": {"a": ' * 3000 + "{}" + "}}" * 3000
    main = "components: {schemas: {A: {$ref: deep.json}}}"
    with pytest.raises(ContractError, match="nested too deeply"):
        read_file(write(tmp_path, openapi=main, deep=deep))
