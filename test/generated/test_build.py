"""What a contract becomes in Python, except for its schemas."""

import re
from pathlib import Path
from typing import Any

import pytest

import contract
from contract.api import Api
from contract.build import build
from contract.names import ClassNames, module
from contract.read import read
from contract.references import ContractError, Schema
from contract.render import documents


def classes(**schemas: Any) -> Api:
    """What Python gets of a contract with these schemas."""
    return build({"components": {"schemas": schemas}})


def test_each_resource_is_described() -> None:
    text = """
        tags: [{name: Told, description: As told.}, {name: Untold}]
        paths: {/told/a: {parameters: [], get: {tags: [Unheard]}, put: {tags: [Told]}}}
    """
    found = {each.name: each.description for each in build(read(text)).resources}
    assert found == {"Told": "As told.", "Unheard": "The resource Unheard."}


def test_a_tag_and_a_method_get_names_that_python_takes() -> None:
    text = """
        tags: [{name: call Recordings, description: As told.}]
        paths: {/a: {get: {tags: [call Recordings], x-method: import}, put: {x-method: list}}}
    """
    found = [
        (each.name, each.attribute, [operation.name for operation in each.operations])
        for each in build(read(text)).resources
    ]
    assert found == [("CallRecordings", "call_recordings", ["import_"]), ("A", "a", ["list"])]


def test_a_resource_below_another_has_a_shorter_name_there() -> None:
    text = """
        tags: [{name: Pets}, {name: PetsToys, x-parent: Pets}]
        paths: {/a: {get: {tags: [Pets]}, put: {tags: [PetsToys]}}}
    """
    api = build(read(text))
    pets, toys = api.resources
    assert (toys.attribute, toys.parent, toys.nested) == ("pets_toys", "Pets", "toys")
    assert (api.path_of(pets), api.path_of(toys)) == ("pets", "pets.toys")


def test_the_keys_of_several_schemes_get_names_that_python_takes() -> None:
    schemes = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("a", "class")}
    found = build({"components": {"securitySchemes": schemes}}).schemes
    assert [each.arguments for each in found.values()] == [("api_key",), ("key_class",)]


def test_texts_are_escaped_for_where_they_stand() -> None:
    part = {"description": 'Say "a|b"\nor \\d.', "examples": [{"description": "not | this"}]}
    api = classes(A={"description": "Plain, it's one.", "properties": {"a": part}})
    keys = documents(api, "package")[0][0]["components"]["schemas"]["A"]["x-class"]
    assert keys["cell"] == "Plain, it's one."
    (found,) = keys["model"]["fields"]
    assert found["cell"] == 'Say "a\\|b" or \\d.'
    assert found["about"] == '"""Say \\"a|b\\" or \\\\d."""'


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1e999", "1e999"),
        (".nan", ".nan"),
        ("2026-03-01", "2026-03-01"),
        ("12:30", "12:30"),
        ("on", "on"),
        ("No", "No"),
        ("010", 10),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("~", None),
        ("true", True),
    ],
)
def test_yaml_is_read_as_openapi_means_it(text: str, meant: object) -> None:
    found = read(f"info: {{version: {text}}}")["info"]["version"]
    assert (found, type(found)) == (meant, type(meant))


def test_json_is_read_as_it_is() -> None:
    assert read('{"a": [1e999, NaN, 1.5, 010]}') == {"a": ["1e999", "NaN", 1.5, 10]}
    assert read('{"a": [1e999, -Infinity, 1.5, 1e2]}') == {"a": ["1e999", "-Infinity", 1.5, 100.0]}


def test_a_reference_that_leads_nowhere_is_anything_and_named() -> None:
    for ref in ("#/components/schemas/Gone", "other.yaml#/components/schemas/A"):
        api = classes(A={"properties": {"a": {"$ref": ref}}})
        (field,) = api.classes["A"].fields
        assert field.type.annotation == "Any"
        (warning,) = [each for each in api.warnings if ref in each]
        assert warning.startswith("components.schemas.A.properties.a: $ref ")


@pytest.mark.parametrize(
    ("media_type", "warnings"),
    [
        ("application/x-www-form-urlencoded", ()),
        (
            "application/json",
            ("a whole query can be sent as application/x-www-form-urlencoded only",),
        ),
    ],
)
def test_whole_query_that_is_no_form_is_warned_of(
    media_type: str, warnings: tuple[str, ...]
) -> None:
    query: Schema = {"name": "q", "in": "querystring", "content": {media_type: {"schema": {}}}}
    operation: Schema = {"parameters": [query], "responses": {"204": {"summary": "Done."}}}
    info = {"title": "Query", "version": "1"}
    api = build({"openapi": "3.2.0", "info": info, "paths": {"/a": {"get": operation}}})
    assert tuple(each.partition(": ")[2] for each in api.warnings) == warnings


@pytest.mark.parametrize("text", ["", "[]", "words"])
def test_a_contract_must_be_an_object(text: str) -> None:
    with pytest.raises(ContractError, match="a contract is an object"):
        read(text)


def test_an_invalid_schema_is_named() -> None:
    with pytest.raises(ContractError, match="a schema is an object, and this is none: \\[1]"):
        classes(A=[1])


def test_schema_names_do_not_collide_with_imports_of_generated_modules() -> None:
    templates = Path(contract.__file__).parents[1]
    text = "".join(each.read_text("utf-8") for each in (templates / "mustache").glob("*.mustache"))
    imported = re.findall(r"import (?:\(([^)]*)\)|([A-Z][^\n{]*)$)", text, re.MULTILINE)
    names = [word for both in imported for word in re.findall(r"\b[A-Z]\w+", "".join(both))]
    words = {each for each in names if re.search("[a-z]", each) and not each.startswith("With")}
    assert {"Model", "Resource", "ClassVar"} <= words
    assert [each for each in sorted(words) if ClassNames().reserve(each)] == []


def test_a_name_that_is_too_long_for_a_file_is_cut() -> None:
    names = ClassNames()
    long = "Paged" * 60
    found = [names.unique(each) for each in (long, f"{long}OfPets", "Short")]
    assert len({*found}) == 3
    assert found[2] == "Short"
    assert max(len(module(each)) for each in found) < 200
