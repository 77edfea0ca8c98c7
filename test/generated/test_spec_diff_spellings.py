"""`make spec-diff` finds no difference between equivalent contracts."""

import json
from typing import Any

import pytest

from contract.references import is_list, is_object
from spec_changes import BASE, SCHEMAS, changed, found, table

RATE = "NEW/properties/rate"


def older(edits: dict[str, Any]) -> dict[str, Any]:
    """Return the contract in OpenAPI 3.0, changed."""
    caller = {"type": "string", "nullable": True, "description": "Who called."}
    words = {f"SCHEMAS/{name}/allOf/1/properties/kind": name.lower() for name in ("Sound", "Film")}
    enums = {path: {"enum": [word]} for path, word in words.items()}
    return changed({"openapi": "3.0.3", "CALL/from": caller, **enums, **edits})


PAIRS = [
    (
        BASE,
        changed(
            {"NEW": {"allOf": [{"required": ["to"]}, BASE["components"]["schemas"]["NewCall"]]}}
        ),
    ),
    (BASE, older({})),
    (
        changed({RATE: {"type": "number", "exclusiveMinimum": 0, "maximum": 9}}),
        older({RATE: {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9}}),
    ),
    (
        changed({RATE: {"type": "number", "minimum": 0}}),
        older({RATE: {"type": "number", "minimum": 0, "exclusiveMinimum": False}}),
    ),
    (changed({"CALL/length/examples": [7]}), older({"CALL/length/example": 7})),
    (
        changed({"CALL/state": {"oneOf": [{"$ref": f"#/{SCHEMAS}/StateEnum"}, {"type": "null"}]}}),
        older({"CALL/state": {"allOf": [{"$ref": f"#/{SCHEMAS}/StateEnum"}], "nullable": True}}),
    ),
]

SAME = """
# what is so by itself
LIST/parameters/+: {name: ids, in: query, schema: {type: array, items: {type: string}}}
then
LIST/parameters/3/style: form
LIST/parameters/3/explode: true
LIST/parameters/3/required: false
    nothing
# other fields
SCHEMAS/Call/additionalProperties: true
    nothing
# an operation that keeps its method
ONE/operationId: fetch_one
    nothing
# a word of somebody else
CALL/from/x-internal: 7
ONE/x-team: a
    nothing
# a key under another name
security: [{token: []}]
components/securitySchemes: {token: {type: http, scheme: Bearer}}
    nothing
# a schema by its own name
SCHEMAS/CallPlace: COPY CALL/place
CALL/place: {$ref: '#/components/schemas/CallPlace'}
    nothing
# an answer in its place
components/responses: {}
components/responses/Call: COPY ONE/responses/200
ONE/responses/200: {$ref: '#/components/responses/Call'}
    nothing
# a parameter of the path
paths/~calls~{call_id}/parameters: COPY ONE/parameters
ONE/parameters: GONE
    nothing
# a body in another form as well
LEG/requestBody/content: {application/x-www-form-urlencoded: {schema: {required: [muted]}}}
LEG/requestBody/content/application~json: {schema: {properties: {muted: {}, volume: {}}}}
MUTE/properties/muted/type: boolean
MUTE/properties/volume/type: integer
    nothing
"""


@pytest.mark.parametrize(("one", "other"), [*PAIRS, *(each[:2] for each in table(SAME))])
def test_equivalent_spellings_have_no_differences(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert found(one, other) == []
    assert found(other, one) == []


def backwards(node: Any) -> Any:
    """Return plain data with the keys of each object in the opposite order."""
    if is_object(node):
        return {key: backwards(node[key]) for key in reversed(list(node))}
    return [backwards(each) for each in node] if is_list(node) else node


def test_the_order_of_keys_makes_no_difference() -> None:
    assert json.dumps(backwards(BASE)) != json.dumps(BASE)
    assert found(BASE, backwards(BASE)) == []


def test_a_change_of_a_base_breaks_whoever_sends_a_subtype() -> None:
    def contract(**base: Any) -> dict[str, Any]:
        ref = "#/components/schemas/"
        more = {"properties": {"id": {"type": "string"}}}
        schemas = {
            "Item": {"type": "object", "properties": {"size": {"type": "number"}}, **base},
            "Full": {"allOf": [{"$ref": f"{ref}Item"}, more]},
        }
        media = {name: {"application/json": {"schema": {"$ref": ref + name}}} for name in schemas}
        get = {"responses": {"200": {"description": "One.", "content": media["Item"]}}}
        body = {"required": True, "content": media["Full"]}
        post = {"requestBody": body, "responses": {"204": {"description": "Done."}}}
        paths = {"/items": {"get": get, "post": post}}
        return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": schemas}}

    assert "major changed | Item.size | is required now" in found(
        contract(), contract(required=["size"])
    )
