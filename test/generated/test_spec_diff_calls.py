"""`make spec-diff` reports changes of arguments, results and settings of clients."""

from typing import Any

import pytest

from spec_changes import (
    BASE,
    CALL,
    CREATE,
    GONE,
    LEG,
    LIST,
    MUTE,
    ONE,
    SCHEMAS,
    changed,
    found,
    table,
)

ANSWER: dict[str, Any] = BASE["paths"]["/calls/{call_id}"]["get"]["responses"]["200"]
EMPTY: dict[str, Any] = {
    "paths": {},
    "webhooks": {},
    "components": {"securitySchemes": BASE["components"]["securitySchemes"]},
}
IDS: dict[str, Any] = {
    "name": "ids",
    "in": "query",
    "schema": {"type": "array", "items": {"type": "string"}},
}
WITH_IDS = changed({f"{LIST}/parameters/+": IDS})
OAUTH: dict[str, Any] = {
    "security": [{"key": ["read"]}],
    "components/securitySchemes/key": {"type": "oauth2", "flows": {}},
}
GRANT: dict[str, Any] = {
    **OAUTH,
    "components/securitySchemes/key": {
        "type": "oauth2",
        "flows": {"clientCredentials": {"tokenUrl": "https://a.example", "scopes": {}}},
    },
}
TOKEN_URL = "components/securitySchemes/key/flows/clientCredentials/tokenUrl"
TAKES = "Client(client_id=, client_secret=, scopes=, token_url=)"
AS_FORM = {
    "application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/NewCall"}}
}
REGION = {
    "servers/0": {
        "url": "https://{region}.example",
        "variables": {"region": {"default": "one", "enum": ["one", "eu"]}},
    }
}

CHANGES = """
CREATE/requestBody/required: GONE
    minor changed | client.calls.create(to=) | is optional now
LEG/requestBody: GONE
    major removed | client.legs.update(muted=) | removed
    major removed | client.legs.update(volume=) | removed
CREATE/responses/204: {description: Nothing to say.}
    major changed | client.calls.create | returns Call → Call | None
    patch documentation | client.calls.create | answer 204
ONE/responses/409: {description: No.}
ONE/responses/404: GONE
    patch documentation | client.calls.retrieve | error 404, error 409
ONE/servers: [{url: https://other.example/}]
    patch changed | client.calls.retrieve | sent to: not said → https://other.example
LEG/callbacks: {muted: {'{$url}': {post: {responses: {}}}}}
    patch documentation | client.legs.update | callbacks
servers: [{url: https://two.example}, {url: https://one.example}]
    minor changed | Client(base_url=) | default: https://one.example → https://two.example
security: []
    minor changed | Client | authentication: api_key= → none
# only who sends it can be wrong now, and only who gets it
NEW/properties/note/writeOnly: true
CALL/length/readOnly: true
    patch changed | Call.length | readOnly: not said → yes
    patch changed | NewCall.note | writeOnly: not said → yes
SCHEMAS/Film/allOf/0: GONE
    major changed | Film | is no longer a subclass of Base
    major removed | Film.made_at | removed: datetime
SCHEMAS/Media/discriminator/mapping/film: '#/components/schemas/Sound'
    major changed | Media | kind 'film': Film → Sound
"""
CASES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    *((BASE, changed(edits), said) for edits, said in table(CHANGES)),
    (  # the signature says so: `to` was optional, since all of the body was
        changed({f"{CREATE}/requestBody/required": False}),
        BASE,
        ["major changed | client.calls.create(to=) | is required now"],
    ),
    (BASE, changed({f"{LEG}/requestBody/required": True}), []),
    (
        BASE,
        changed({f"{CREATE}/requestBody/content": AS_FORM}),
        [
            (
                "patch changed | client.calls.create | "
                "body sent as: application/json → application/x-www-form-urlencoded"
            )
        ],
    ),
    (
        BASE,
        changed(
            {f"{CREATE}/responses/202": {**BASE["paths"]["/calls"]["post"]["responses"]["201"]}}
        ),
        ["patch documentation | client.calls.create | answer 202"],
    ),
    (
        WITH_IDS,
        changed({f"{LIST}/parameters/3/explode": False}, WITH_IDS),
        ["patch changed | client.calls.list(ids=) | style: form → form, not exploded"],
    ),
    (
        WITH_IDS,
        changed({f"{LIST}/parameters/3/style": "pipeDelimited"}, WITH_IDS),
        ["patch changed | client.calls.list(ids=) | style: form → pipeDelimited"],
    ),
    (
        WITH_IDS,
        changed({f"{LIST}/parameters/3/in": "header"}, WITH_IDS),
        ["patch changed | client.calls.list(ids=) | query ids → header ids"],
    ),
    (
        BASE,
        changed({"servers/0/url": "https://new.example"}),
        [
            (
                "major changed | Client(base_url=) | "
                "default: https://one.example → https://new.example; the old one is gone"
            )
        ],
    ),
    (
        changed(REGION),
        changed({"servers/0/variables/region/default": "eu"}, changed(REGION)),
        ["minor changed | Client(base_url=) | default: https://one.example → https://eu.example"],
    ),
    (
        BASE,
        changed({"servers": GONE}),
        [
            (
                "major changed | Client(base_url=) | default: https://one.example → none: "
                "it is required now"
            ),
            "major removed | Client(base_url=) | no longer there: https://two.example",
        ],
    ),
    (
        changed(OAUTH),
        changed({"security": [{"key": ["read", "write"]}]}, changed(OAUTH)),
        [
            (
                "major changed | Client | authentication: "
                "api_key= (scope read) → api_key= (scopes read, write)"
            )
        ],
    ),
    (
        changed(GRANT),
        changed({TOKEN_URL: "https://new.example"}, changed(GRANT)),
        [f"major changed | {TAKES} | sent as https://a.example → https://new.example"],
    ),
    (changed(OAUTH), changed(GRANT), [f"minor added | {TAKES} | sent as https://a.example"]),
    (
        changed(
            {"components/securitySchemes/key": {"type": "apiKey", "in": "header", "name": "A"}}
        ),
        changed({"components/securitySchemes/key": {"type": "apiKey", "in": "query", "name": "a"}}),
        ["patch changed | Client(api_key=) | sent as header A → query a"],
    ),
    (
        changed({f"{MUTE}/properties/volume": {"type": "number", "minimum": 0, "maximum": 9}}),
        changed({f"{MUTE}/properties/volume": {"type": "number", "exclusiveMinimum": 0}}),
        [
            "major changed | client.legs.update(volume=) | minimum: 0 → more than 0",
            "minor changed | client.legs.update(volume=) | maximum: 9 → not said",
        ],
    ),
    (
        changed({f"{MUTE}/properties/volume/multipleOf": 0.3}),
        changed({f"{MUTE}/properties/volume/multipleOf": 0.1}),
        ["minor changed | client.legs.update(volume=) | multipleOf: 0.3 → 0.1"],
    ),
    (
        changed({f"{SCHEMAS}/Film/allOf/0": GONE}),
        BASE,
        [
            "minor added | Film.made_at | datetime",
            "minor changed | Film | is a subclass of Base now",
        ],
    ),
    (
        changed({f"{SCHEMAS}/Film/allOf/0": GONE}),
        changed({f"{SCHEMAS}/Base/required": ["made_at"]}),
        [
            "major added | Film.made_at | is required: datetime",
            "major changed | Base.made_at | is required now",
            "minor changed | Film | is a subclass of Base now",
        ],
    ),
    (  # the attribute stays, the key of `to_dict` does not
        changed({f"{CALL}/made_at": {"type": "string"}}),
        changed({f"{CALL}/madeAt": {"type": "string", "deprecated": True}}),
        [
            "major changed | Call.made_at | on the wire: made_at → madeAt",
            "minor changed | Call.made_at | is deprecated now",
        ],
    ),
    (
        WITH_IDS,
        changed(
            {
                f"{LIST}/parameters/3": {
                    "name": "ids",
                    "in": "query",
                    "content": {"application/json": {"schema": IDS["schema"]}},
                }
            },
            WITH_IDS,
        ),
        ["patch changed | client.calls.list(ids=) | style: form → json"],
    ),
    (
        BASE,
        changed({f"{ONE}/responses/default": ANSWER, f"{ONE}/responses/200": GONE}),
        ["patch documentation | client.calls.retrieve | answer 200, answer default"],
    ),
    (  # nobody could have called anything
        changed({**EMPTY, "security": GONE}),
        changed(EMPTY),
        [],
    ),
]
"""Two contracts, and what is to be said of their difference: all of it."""


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_changes_of_calls_are_reported_in_users_names(
    old: dict[str, Any], new: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(found(old, new)) == sorted(expected)
