"""Slightly invalid contracts: read with a warning that names the place, or refused by STRICT=1."""

import re
from pathlib import Path

import pytest

from generate import read_api
from generator import GenerateError

CONTRACTS = Path(__file__).with_name("contracts")
SOUND = """\
openapi: VERSION
info: {title: Sound, version: '1'}
paths:
  /a/{id}:
    get:
      operationId: a
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200':
          {description: Done., content: {text/json: {schema: {$ref: '#/components/schemas/A'}}}}
components: {schemas: {A: {type: object}}, responses: {}}
"""
GET = "paths./a/{id}.get"
MISTAKES = {
    f"{GET}.responses.200: has no `description`": ("description: Done., ", ""),
    f"{GET}: has a key that OpenAPI does not have: title": ("operationId: a", "title: a"),
    "components.schemas.A: has a key that OpenAPI keeps": ("{type: object}}", "{x-oai-a: 1}}"),
    f"{GET}.parameters[0]: is in the path": ("required: true, ", ""),
    f"{GET}.responses.200.content.text/json.schema: $ref": ("schemas/A'", "schemas/B'"),
    "components.schemas.A.examples: has to be a": ("{type: object}}", "{examples: {a: {}}}}"),
    "components.responses: is empty": ("responses: {}", "responses: null"),
    "components.securitySchemes.a b: a name": (
        "responses: {}",
        "securitySchemes: {a b: {type: http, scheme: basic}}",
    ),
    "info: has no `title`": ("title: Sound, ", ""),
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0", "3.2.0"])
@pytest.mark.parametrize("place", MISTAKES)
def test_mistakes_are_warned_of_and_refused_if_strict(
    tmp_path: Path, version: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "contract.yaml"
    sound = SOUND.replace("VERSION", version)
    spec.write_text(sound)
    read_api(spec, strict=True)
    assert capsys.readouterr().err == ""
    spec.write_text(sound.replace(*MISTAKES[place], 1))
    read_api(spec)
    assert place in capsys.readouterr().err
    with pytest.raises(GenerateError, match=re.escape(place)) as caught:
        read_api(spec, strict=True)
    assert "\n" not in str(caught.value)


def test_a_contract_without_paths_is_a_mistake_in_openapi_3_0_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "contract.yaml"
    for version, mistakes in (("3.0.3", 1), ("3.1.0", 0)):
        spec.write_text(f"openapi: {version}\ninfo: {{title: A, version: '1'}}\ncomponents: {{}}\n")
        read_api(spec)
        assert capsys.readouterr().err.count("has no `paths`") == mistakes


def test_strict_refuses_what_only_the_specification_rules_out(tmp_path: Path) -> None:
    spec = tmp_path / "contract.yaml"
    sound = SOUND.replace("VERSION", "3.1.0")
    spec.write_text(sound.replace("parameters: [{name: id", "x-other: [{name: id"))
    read_api(spec)
    with pytest.raises(GenerateError, match="'id' for 'get' operation"):
        read_api(spec, strict=True)


@pytest.mark.parametrize("contract", ["ignored_keywords", "model_all_of"])
def test_strict_accepts_references_that_the_validator_cannot_follow(
    contract: str, capsys: pytest.CaptureFixture[str]
) -> None:
    read_api(CONTRACTS / f"{contract}.yaml", strict=True)
    assert "only checked in part" in capsys.readouterr().err
