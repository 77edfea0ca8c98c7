"""A contract in several files becomes one: whatever is referred to is a component of it."""

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


def test_schemas_in_other_files_become_components(contract: dict[str, Any]) -> None:
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


def test_references_by_anchor_and_id_are_resolved(contract: dict[str, Any]) -> None:
    leaf = {"$ref": "#/components/schemas/Leaf"}
    assert contract["components"]["schemas"]["Same"] == leaf
    assert contract["components"]["schemas"]["Friend"]["properties"]["leaf"] == leaf


def test_references_inside_examples_are_data(contract: dict[str, Any]) -> None:
    assert contract["components"]["schemas"]["Data"]["example"] == {"$ref": "no/file.yaml"}
    assert contract["components"]["examples"]["All"] == {"value": [{"$ref": "no/file.yaml"}]}


def test_operations_are_found_wherever_they_are(contract: dict[str, Any]) -> None:
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
def test_an_unresolvable_reference_is_named(ref: str, why: str, tmp_path: Path) -> None:
    main = f"components: {{schemas: {{A: {{$ref: '{ref}'}}}}}}"
    path = write(tmp_path, openapi=main, bad="a: [", list="- 1", good="a: {}")
    with pytest.raises(ContractError) as caught:
        read_file(path)
    assert ref in str(caught.value)
    assert why in str(caught.value)


def test_files_that_are_nested_without_end_are_refused(tmp_path: Path) -> None:
    deep = '{"properties": {"a": ' * 3000 + "{}" + "}}" * 3000
    main = "components: {schemas: {A: {$ref: deep.json}}}"
    with pytest.raises(ContractError, match="nested too deeply"):
        read_file(write(tmp_path, openapi=main, deep=deep))


def test_a_mapping_in_another_file_names_schemas_of_that_file(tmp_path: Path) -> None:
    main = "components: {schemas: {Owner: {properties: {pet: {$ref: 'pets.yaml#/Pet'}}}}}"
    pets = """\
Pet:
  type: object
  properties: {kind: {type: string}}
  discriminator: {propertyName: kind, mapping: {dog: '#/Dog'}}
Dog: {allOf: [{$ref: '#/Pet'}, {properties: {barks: {type: boolean}}}]}
"""
    found = build(read_file(write(tmp_path, openapi=main, pets=pets)))
    assert found.classes["PetVariant"].mapping["dog"] == "Dog"


def test_a_path_in_another_file_may_have_any_name_there(tmp_path: Path) -> None:
    main = "paths: {'/pets/{id}': {$ref: 'paths.yaml#/~1pets~1%7Bid%7D'}}"
    paths = "/pets/{id}: {get: {operationId: getPet, responses: {'204': {description: Done.}}}}"
    (pets,) = build(read_file(write(tmp_path, openapi=main, paths=paths))).resources
    assert [each.path for each in pets.operations] == ["/pets/{id}"]


def test_a_text_may_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    main = "paths: {}\ninfo: {description: {$ref: words.md}, summary: {$ref: 'all.yaml#/a/b'}}"
    path = write(tmp_path, openapi=main, all="a: {b: Short words.}")
    (tmp_path / "words.md").write_text("Many words.\n", encoding="utf-8")
    info = read_file(path)["info"]
    assert info == {"description": "Many words.\n", "summary": "Short words."}


def test_a_reference_into_a_key_of_another_tool_is_followed(tmp_path: Path) -> None:
    text = """\
paths: {/a: {get: {parameters: [{$ref: '#/x-shared/Limit'}]}}}
x-shared: {Limit: {name: limit, in: query, schema: {type: integer}}, other: {$ref: no/file.yaml}}
components: {x-rules: {a: {$ref: no/file.yaml}}, schemas: }
"""
    (resource,) = build(read_file(write(tmp_path, openapi=text))).resources
    assert [each.wire for each in resource.operations[0].arguments] == ["limit"]
