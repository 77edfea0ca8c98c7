"""What is said of a contract before the generator reads it, besides its schemas."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import contract
from contract.build import prepared
from contract.names import ClassNames, snake
from contract.read import read
from contract.references import ContractError


def prepare(**schemas: Any) -> dict[str, Any]:
    """Return the prepared schemas of a contract that has these."""
    found: dict[str, Any] = json.loads(
        prepared(read(yaml.safe_dump({"components": {"schemas": schemas}})))
    )
    return found["components"]["schemas"]  # type: ignore[no-any-return]  # as above


def test_each_tag_is_declared_and_described() -> None:
    """A class is made of each, and needs a docstring."""
    text = """
        tags: [{name: Told, description: As told.}, {name: Untold}]
        paths: {/told/a: {parameters: [], get: {tags: [Unheard]}, put: {}}}
    """
    assert json.loads(prepared(read(text)))["tags"] == [
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
    contract = json.loads(prepared(read(text)))
    assert contract["tags"][0] == {"name": "CallRecordings", "description": "As told."}
    found = contract["paths"]["/a"]
    assert [(found[each]["tags"], found[each]["x-method"]) for each in ("get", "put")] == [
        (["CallRecordings"], "import_"),
        (["A"], "list"),
    ]


def test_a_text_that_markdown_has_otherwise_than_python_is_there_in_both() -> None:
    """On one line, as a table needs it, and with no pipe that would end its cell."""
    part = {"description": 'Say "a|b"\nor \\d.', "examples": [{"description": "not | this"}]}
    schemas = prepare(A={"description": "Plain, it's one.", "properties": {"a": part}})
    assert schemas["A"]["x-cell"] == "Plain, it's one."
    (found,) = schemas["A"]["x-kind-model"]["fields"]
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
    """As YAML 1.2 has it, in which a date and a plain `no` are texts; JSON has no infinity."""
    found = json.loads(prepared(read(f"info: {{version: {text}}}")))["info"]["version"]
    assert (found, type(found)) == (meant, type(meant))


def test_json_is_read_as_it_is() -> None:
    """Numbers beyond any float stay as they are spelt, since nothing could write them again."""
    assert read('{"a": [1e999, NaN, 1.5, 010]}') == {"a": ["1e999", "NaN", 1.5, 10]}
    assert read('{"a": [1e999, -Infinity, 1.5, 1e2]}') == {"a": ["1e999", "-Infinity", 1.5, 100.0]}


def test_a_reference_that_leads_nowhere_is_named() -> None:
    """And so is one into another file, of which nothing could be generated."""
    for ref in ("#/components/schemas/Gone", "other.yaml#/components/schemas/A"):
        with pytest.raises(ContractError, match=ref):
            prepare(A={"properties": {"a": {"$ref": ref}}})


@pytest.mark.parametrize("text", ["", "[]", "words"])
def test_what_is_not_an_object_is_no_contract(text: str) -> None:
    """An empty file above all."""
    with pytest.raises(TypeError, match="a contract is an object"):
        prepared(read(text))


def test_a_mistake_is_named() -> None:
    """A schema that is none; the generator knows the other rules of OpenAPI, and names those."""
    with pytest.raises(ContractError, match="a schema is an object, and this is none: \\[1]"):
        prepared(read("components: {schemas: {A: [1]}}"))
    assert json.loads(prepared(read("paths: []")))["paths"] == []


def test_no_schema_is_called_as_what_a_generated_module_imports() -> None:
    """Nor as what stands in it by another name: the class gets a name of its own."""
    templates = Path(contract.__file__).parents[1]
    text = "".join(each.read_text("utf-8") for each in (templates / "mustache").glob("*.mustache"))
    imported = re.findall(r"import (?:\(([^)]*)\)|([A-Z][^\n{]*)$)", text, re.MULTILINE)
    names = [word for both in imported for word in re.findall(r"\b[A-Z]\w+", "".join(both))]
    words = {each for each in names if re.search("[a-z]", each) and not each.startswith("With")}
    assert {"Model", "Resource", "ClassVar"} <= words
    assert [each for each in sorted(words) if ClassNames().reserve(each)] == []


def test_a_name_that_is_too_long_for_a_file_is_cut() -> None:
    """And two that begin alike stay two."""
    names = ClassNames()
    long = "Paged" * 60
    found = [names.unique(each) for each in (long, f"{long}OfPets", "Short")]
    assert len({*found}) == 3
    assert found[2] == "Short"
    assert max(len(snake(each)) for each in found) < 200
