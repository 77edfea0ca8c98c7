"""`make conformance`: a page with the results for all contracts in a folder."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import pytest

import processes
from conformance.__main__ import Document, Result, operations_of
from conformance.calls import violation
from conformance.own import mocked
from conformance.page import page
from conformance.tools import TimeLimitError, run
from conformance.trips import is_exact
from contract.references import Schema
from generator import ROOT
from telnyx_recordings.core.messages import Response

CONTRACT = """
openapi: 3.1.0
info: {title: Small, version: '2 | 3'}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: p1}]
      responses:
        '200':
          description: A pet.
          content: {application/json: {schema: {$ref: '#/components/schemas/Pet'}}}
components:
  schemas:
    Pet:
      type: object
      required: [name]
      properties: {name: {type: string}}
      examples: [{name: Rex}, {name: 7}]
"""
ROW = "| small.yaml | 2 \\| 3 | 3.1.0 |"


def conformance(contracts: Path, written: Path) -> subprocess.CompletedProcess[str]:
    """Run `make conformance` where no other generator is installed."""
    command = (sys.executable, "-m", "conformance", contracts, "--write", written)
    bare = {"PYTHONPATH": str(ROOT / "templates"), "PATH": "", "HOME": str(written.parent)}
    return processes.run(*command, env=bare, stdin=subprocess.DEVNULL)


def test_each_contract_of_a_folder_has_a_row(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(CONTRACT)
    (tmp_path / "old.json").write_text('{"swagger": "2.0", "info": {"version": "1"}, "paths": {}}')
    (tmp_path / "broken.yml").write_text("a: [")
    (tmp_path / "notes.txt").write_text("no contract")
    written = tmp_path / "page.md"
    done = conformance(tmp_path, written)
    assert (done.returncode, done.stderr) == (0, "")
    text = written.read_text("utf-8")
    row = next(line for line in text.splitlines() if line.startswith(ROW))
    assert row.split(" | ")[4:8] == ["1", "0", "4/5", "not run"]
    assert "| old.json | 1 | Swagger 2.0 | none: is not OpenAPI 3.0" in text
    assert "it says swagger: 2.0 | |" in text
    assert "| broken.yml |  |  | none: cannot be read: " in text
    assert "1 of 3 documents give a package: 0 modules cannot be imported" in text
    why = "the schema forbids the value. No calls were made: it was not asked for."
    assert f"- **small.yaml**: 1 example not exact: {why}" in text
    assert "No other tool was installed." in text
    assert "How do other generators do?" not in text


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = conformance(tmp_path / "x", tmp_path / "page.md")
    assert done.returncode == 1
    assert done.stderr == f"conformance: CONTRACTS={tmp_path}/x is not a folder\n"


def test_other_generators_are_beside_ours() -> None:
    rows = {"exact round trips": "2", "examples": "3", "contrary to their own schema": "1"}
    whole = Result(
        seconds=2, modules=3, operations=1, type_errors=0, size=2_000_000, tried=3, exact=2
    )
    broken = Result(modules=5, broken=["peer_client.x: SyntaxError"], type_errors=None)
    failed = Result(failure="over 9 s")
    calls = {
        "calls": 4,
        "tried": 3,
        "outcomes": {"accepted": 2},
        "left": ["pets.get: type in body"],
    }
    document = Document("a.yaml", "1", "3.0.3", {"": whole}, rows, calls=calls)
    others = {"openapi-generator": broken, "openapi-python-client": failed}
    document.results |= others
    silent = Document("b.yaml", "1", "3.0.3", {"": whole, **others}, rows, why_no_calls="over 9 s")
    events = Document("d.yaml", "1", "3.1.0", {"": Result(), **others}, rows, webhooks=2)
    text = page([silent, document, events], {"Prism": "5.0.0"})
    assert "| a.yaml | 1 | 3.0.3 | 3 | 1 | 0 | 2/3 | 2/3 of 4 | 2 | 2.0 |" in text
    assert "| a.yaml | openapi-generator | no | 5/1 broken | 0 | not in time |  | 0 | 0.0 |" in text
    assert "| a.yaml | openapi-python-client | none: over 9 s |" in text
    assert "- **a.yaml**: 1 call not accepted, type in body: `pets.get`." in text
    assert "- **b.yaml**: No calls were made: over 9 s." in text
    assert "- **d.yaml**: The document has 2 webhooks and no operations." in text


class Model:
    """A model that drops the field `lost`."""

    def __init__(self, data: dict[str, object]) -> None:
        self.data = {name: value for name, value in data.items() if name != "lost"}

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Self:
        return cls(data)

    def to_dict(self) -> dict[str, object]:
        return self.data


@pytest.mark.parametrize(
    ("value", "exact"), [({"a": 1}, True), ({"a": [1.0, True]}, True), ({"lost": 1}, False)]
)
def test_examples_are_exact_if_they_come_back_unchanged(value: object, exact: bool) -> None:  # noqa: FBT001 - of a table
    assert is_exact(Model, value) is exact


class Free(Model):
    """A choice that leaves an object without a class of its own as it is."""

    @classmethod
    def from_dict(cls, data: dict[str, object]) -> Any:
        return data


def test_an_object_that_stays_a_dict_is_exact() -> None:
    assert is_exact(Free, {"a": 1})


@pytest.mark.parametrize(
    ("where", "why"), [(["request", "query"], "required in query"), (["response", "body"], "")]
)
def test_requests_that_prism_finds_wrong_are_not_accepted(where: list[str], why: str) -> None:
    row = {"location": where, "severity": "Error", "code": "required"}
    shown = json.dumps([row], separators=(",", ":"))
    headers = {"sl-violations": f"Too many violations! {shown[:-1]}"}
    assert violation(Response(status=422, headers=headers)) == why


def test_command_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(TimeLimitError, match="over 0 s"):
        run(("/bin/sh", "-c", "sleep 600 & sleep 600"), tmp_path, seconds=0.1)


def test_operations_of_other_generators_are_counted(tmp_path: Path) -> None:
    for name, text in {
        "pets.py": "def a_with_http_info(\n        self,\ndef b_with_http_info(\n        self,\n",
        "x/get.py": "def sync_detailed(\nasync def asyncio_detailed(",
        "x/__init__.py": "",
    }.items():
        path = tmp_path / "api" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert operations_of(tmp_path) == 3


def test_mock_server_gets_the_contract_without_what_openapi_says_to_ignore() -> None:
    accept: Schema = {
        "name": "Accept",
        "in": "header",
        "required": True,
        "schema": {"const": "a/b"},
    }
    pets = {"$ref": "#/components/schemas/Pets"}
    asked = {"name": "q", "in": "query", "schema": pets, "example": {"$ref": "#/nowhere"}}
    found = {"200": {"content": {"text/csv": {"schema": {"$ref": "#/components/schemas/Row"}}}}}
    item = {"$ref": "#/components/schemas/Pet"}
    contract: Schema = {
        "paths": {
            "/pets": {
                "get": {"parameters": [accept, asked], "responses": found, "callbacks": {"a": {}}}
            },
            "/pets#all": {"get": {"responses": {"202": {}}}, "post": {"responses": {}}},
        },
        "components": {
            "schemas": {
                "Pets": {"properties": {"example": item, "pets": pets}},
                "Pet": {"type": "string", "example": "a"},
                "Row": {},
            },
            "examples": {"one": {"value": {"$ref": "x"}}},
        },
    }
    assert mocked(contract) == {
        "paths": {
            "/pets": {
                "get": {
                    "parameters": [{"name": "q", "in": "query", "schema": pets}],
                    "responses": {"200": {"content": {"text/csv": {}, "a/b": {}}}, "202": {}},
                },
                "post": {"responses": {}},
            }
        },
        "components": {
            "schemas": {
                "Pets": {"properties": {"example": item, "pets": pets}},
                "Pet": {"type": "string"},
            }
        },
    }
