"""`make spec-diff` finds no difference between equivalent contracts."""

import json
from typing import Any

import pytest

from contract.references import is_list, is_object
from spec_changes import BASE, CALL, GONE, LEG, LIST, NEW, ONE, SCHEMAS, changed, found

NUMBERS = f"{NEW}/properties/rate"
IDS = {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
PLACE = BASE["components"]["schemas"]["Call"]["properties"]["place"]
ANSWER = BASE["paths"]["/calls/{call_id}"]["get"]["responses"]["200"]
CALL_ID = BASE["paths"]["/calls/{call_id}"]["get"]["parameters"][0]


def older(edits: dict[str, Any]) -> dict[str, Any]:
    """Return the contract in OpenAPI 3.0, changed."""
    caller = {"type": "string", "nullable": True, "description": "Who called."}
    kinds = {f"{SCHEMAS}/{name}/allOf/1/properties/kind" for name in ("Sound", "Film")}
    words = {each: {"enum": [each.split("/")[2].lower()]} for each in kinds}
    return changed({"openapi": "3.0.3", f"{CALL}/from": caller, **words, **edits})


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "OpenAPI 3.0": (BASE, older({})),
    "a bound that is left out": (
        changed({NUMBERS: {"type": "number", "exclusiveMinimum": 0, "maximum": 9}}),
        older({NUMBERS: {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 9}}),
    ),
    "a bound that is kept": (
        changed({NUMBERS: {"type": "number", "minimum": 0}}),
        older({NUMBERS: {"type": "number", "minimum": 0, "exclusiveMinimum": False}}),
    ),
    "one example": (
        changed({f"{CALL}/length/examples": [7]}),
        older({f"{CALL}/length/example": 7}),
    ),
    "an enum that may be null": (
        changed(
            {f"{CALL}/state": {"oneOf": [{"$ref": f"#/{SCHEMAS}/StateEnum"}, {"type": "null"}]}}
        ),
        older({f"{CALL}/state": {"allOf": [{"$ref": f"#/{SCHEMAS}/StateEnum"}], "nullable": True}}),
    ),
    "what is so by itself": (
        changed({f"{LIST}/parameters/+": IDS}),
        changed(
            {f"{LIST}/parameters/+": {**IDS, "style": "form", "explode": True, "required": False}}
        ),
    ),
    "other fields": (BASE, changed({f"{SCHEMAS}/Call/additionalProperties": True})),
    "an operation that keeps its method": (BASE, changed({f"{ONE}/operationId": "fetch_one"})),
    "a word of somebody else": (
        BASE,
        changed({f"{CALL}/from/x-internal": 7, f"{ONE}/x-team": "a"}),
    ),
    "a key under another name": (
        BASE,
        changed(
            {
                "security": [{"token": []}],
                "components/securitySchemes": {"token": {"type": "http", "scheme": "Bearer"}},
            }
        ),
    ),
    "a schema by its own name": (
        BASE,
        changed(
            {f"{SCHEMAS}/CallPlace": PLACE, f"{CALL}/place": {"$ref": f"#/{SCHEMAS}/CallPlace"}}
        ),
    ),
    "an answer in its place": (
        BASE,
        changed(
            {
                "components/responses": {"Call": ANSWER},
                f"{ONE}/responses/200": {"$ref": "#/components/responses/Call"},
            }
        ),
    ),
    "a parameter of the path": (
        BASE,
        changed({"paths/~calls~{call_id}/parameters": [CALL_ID], f"{ONE}/parameters": GONE}),
    ),
    "one schema of two parts": (
        BASE,
        changed({NEW: {"allOf": [{"required": ["to"]}, BASE["components"]["schemas"]["NewCall"]]}}),
    ),
    "a body in another form as well": (
        BASE,
        changed(
            {
                f"{LEG}/requestBody/content": {
                    "application/x-www-form-urlencoded": {"schema": {"required": ["muted"]}},
                    **BASE["paths"]["/legs/{legId}"]["patch"]["requestBody"]["content"],
                }
            }
        ),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_equivalent_spellings_have_no_differences(name: str) -> None:
    one, other = SAME[name]
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
