"""A hostile contract is harmless: nothing in it runs, breaks out, reads files or takes forever."""

import ast
import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from contract.build import build
from contract.bundle import read_file
from contract.check import checked
from contract.read import read
from contract.references import ContractError
from contract.render import documents
from generate import DOCUMENT, GENERATED, folders, placed, read_api
from generator import Job, generated, tidied, write_documents

EVIL = (
    "\"\"\"\\ ''' ); import os; os.system('x') # {{x}} {{{y}}} ${z} %s {0} \\N{BULLET} | "
    "```\n\n```python\nprint(1)\n```\n<script>alert(1)</script> <!-- */ \x1b[31m \u2028 \\"
)
TAME = re.sub(r"[^\w]", ".", EVIL)
NAME = "a{{b}}$(c) 'd' ../../e/f"
PLAIN = re.sub(r"[^\w]", ".", NAME)


def contract(text: str, name: str) -> dict[str, Any]:
    """A contract in which all that may be any text is this one, and all names are that one."""
    told: dict[str, Any] = {"description": text}
    words = ("title", "description", "default", "example", "pattern", "format")
    field = {"type": "string", **dict.fromkeys(words, text)}
    ref = {"$ref": f"#/components/schemas/{name.replace('/', '~1')}"}
    media = {"schema": ref, "example": {"a": text}, "examples": {name: {"value": text, **told}}}
    variants = [{"$ref": f"#/components/schemas/{each}"} for each in ("One", "Two")]
    mapping = {"propertyName": "kind", "mapping": {text: variants[0]["$ref"]}}
    operation: dict[str, Any] = {
        **told,
        "operationId": name,
        "tags": [name],
        "summary": text,
        "x-codeSamples": [{"lang": "Python", "source": f"import hostile\n{text}"}],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": field, **told},
            {"name": f"{name}1", "in": "query", "schema": field, **told},
            {"name": f"{name}2", "in": "header", "schema": field, **told},
            {"name": f"{name}3", "in": "cookie", "schema": field, **told},
        ],
        "requestBody": {"content": {f"application/json; x={text}": media}, **told},
        "responses": {"200": {"content": {f"text/x; a={text}": {}}, **told}, "404": told},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": text, "version": f"1.0 {text}", "summary": text, **told},
        "servers": [{"url": f"https://example.com/{text}", **told}],
        "tags": [{"name": name, "externalDocs": {"url": text}, **told}],
        "security": [{name: [text]}],
        "paths": {f"/{re.sub('[{}]', '', name)}/{{id}}": {"summary": text, "post": operation}},
        "webhooks": {name: {"post": {"requestBody": {"content": {"application/json": media}}}}},
        "components": {
            "securitySchemes": {name: {"type": "apiKey", "in": "header", "name": text, **told}},
            "schemas": {
                name: {
                    **told,
                    "type": "object",
                    "x-event-type": text,
                    "properties": {
                        f"{name}1": field,
                        f"{name}2": {"enum": [name, f"{name}9"], "x-enum-descriptions": [text] * 2},
                        f"{name}3": {"const": name, "x-unit": text},
                        f"{name}4": {"oneOf": variants, "discriminator": mapping},
                    },
                },
                "One": {"type": "object", "properties": {"kind": {"type": "string", **told}}},
                "Two": {"type": "object", "properties": {"kind": {"type": "string"}, "a": field}},
            },
        },
    }


_ALL = re.DOTALL | re.MULTILINE


class _NoTexts(ast.NodeTransformer):
    """Replaces all texts by one, and with them what may differ in a harmless twin."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str) else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        return node


def shape(source: str) -> str:
    """The syntax tree of a program, without its texts."""
    return ast.dump(_NoTexts().visit(ast.parse(source)))


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What is generated from the hostile contract, and from one without anything hostile."""
    found: list[Path] = []
    jobs: list[Job] = []
    for word, text, name in (("evil", EVIL, NAME), ("tame", TAME, PLAIN)):
        folder = tmp_path_factory.mktemp(word)
        spec = folder / "openapi.json"
        spec.write_text(json.dumps(contract(text, name)), encoding="utf-8")
        jobs.append(Job(folder / DOCUMENT, folder / GENERATED, "twin"))
        write_documents(*documents(read_api(spec), "twin"), jobs[-1])
        found.append(folder)
    generated(jobs)
    for folder in found:
        placed(read_api(folder / "openapi.json"), folder, "twin")
        models, api, docs = (folder / each for each in folders("twin"))
        tidied([models], [api], [docs], "twin")
    return found[0], found[1]


def test_texts_of_a_contract_do_not_change_the_programs(twins: tuple[Path, Path]) -> None:
    modules = [
        {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*.py")}
        for folder in twins
    ]
    assert modules[0].keys() == modules[1].keys()
    assert len(modules[0]) > 8
    for name in modules[0]:
        assert shape(modules[0][name]) == shape(modules[1][name]), name


def test_texts_of_a_contract_do_not_change_the_programs_of_the_reference(
    twins: tuple[Path, Path],
) -> None:
    pages = [
        {path.name: path.read_text("utf-8") for path in folder.glob("docs/reference/*.md")}
        for folder in twins
    ]
    assert pages[0].keys() == pages[1].keys()
    for name in pages[0]:
        programs = [re.findall(r"^```python\n(.*?)^```", each[name], _ALL) for each in pages]
        assert [*map(shape, programs[0])] == [*map(shape, programs[1])], name
        texts = re.sub(r"^```.*?^```|(`+) .*? \1|`[^`]*`", "", pages[0][name], flags=_ALL)
        assert not re.search(r"<script|<!--(?! Generated)", texts), name


def test_nothing_is_written_outside_of_its_folder(twins: tuple[Path, Path]) -> None:
    for folder in twins:
        known = {"openapi.json", DOCUMENT, GENERATED, "twin", "docs"}
        assert {each.name for each in folder.iterdir()} == known


def test_a_file_outside_of_the_contracts_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("a: {type: string}\n")
    folder = tmp_path / "contract"
    folder.mkdir()
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    for ref in ("../secret.yaml#/a", "link.yaml#/a", str(tmp_path / "secret.yaml#/a")):
        spec = folder / "openapi.json"
        spec.write_text(json.dumps({"components": {"schemas": {"A": {"$ref": ref}}}}))
        with pytest.raises(ContractError, match="is outside of the contract's folder"):
            read_file(spec)
        spec.write_text(json.dumps({"info": {"description": {"$ref": ref}}}))
        with pytest.raises(ContractError, match="is outside of the contract's folder"):
            read_file(spec)


def _ref(number: int) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/S{number}"}


def _object(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": "string"} for name in names}}


def _schemas(**schemas: Any) -> dict[str, Any]:
    return {"openapi": "3.1.0", "paths": {}, "components": {"schemas": schemas}}


BOMBS: dict[str, Callable[[], dict[str, Any]]] = {
    "references": lambda: _schemas(
        **{f"S{n}": {"allOf": [_ref(n + 1), _ref(n + 1)]} for n in range(60)}, S60=_object("a")
    ),
    "choices of references": lambda: _schemas(
        **{f"S{n}": {"anyOf": [_ref(n + 1), {"allOf": [_ref(n + 1)]}]} for n in range(60)},
        S60=_object("a"),
    ),
    "depth": lambda: _schemas(S=_nested(3000)),
    "a wide union": lambda: _schemas(S={"oneOf": [_object(f"p{n}") for n in range(2000)]}),
    "a huge enum": lambda: _schemas(S={"enum": [f"value {n}" for n in range(50_000)]}),
    "an enum of signs": lambda: _schemas(S={"enum": ["+" * n for n in range(1, 2000)]}),
    "fields of one name": lambda: _schemas(S=_object(*(" " * n + "a" for n in range(2000)))),
    "a regular expression": lambda: _schemas(
        S={"type": "string", "pattern": "(a+)+$", "example": "a" * 50}
    ),
    "itself": lambda: _schemas(S={"allOf": [{"$ref": "#/components/schemas/S"}]}),
    "parameters": lambda: {
        **_schemas(**{f"S{n}": {"anyOf": [_ref((n + 1) % 40)] * 8} for n in range(40)}),
        "paths": {"/a": {"get": {"parameters": [{"name": "a", "in": "query", "schema": _ref(0)}]}}},
    },
}


def _nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize("name", BOMBS)
def test_a_contract_that_grows_without_end_is_built_or_refused_soon(name: str) -> None:
    start = time.process_time()
    with suppress(ContractError):
        build(BOMBS[name]())
    assert time.process_time() - start < 20


def test_aliases_of_aliases_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    with pytest.raises(ContractError, match="aliases of aliases"):
        read("\n".join(lines))


def test_shared_yaml_aliases_are_checked_once() -> None:
    found, _ = checked(
        read("paths: {}\nx: &x {type: object}\ncomponents: {schemas: {A: *x, B: *x}}")
    )
    assert found["components"]["schemas"]["A"] is found["components"]["schemas"]["B"]
