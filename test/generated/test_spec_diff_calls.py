"""`make spec-diff` reports changes of arguments, results and settings of clients."""

from typing import Any

import pytest

from spec_changes import found, table

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
# the signature says so: `to` was optional, since all of the body was
CREATE/requestBody/required: false
instead
    major changed | client.calls.create(to=) | is required now
LEG/requestBody/required: true
    nothing
SENT/application~x-www-form-urlencoded: COPY SENT/application~json
SENT/application~json: GONE
    patch changed | client.calls.create |
        body sent as: application/json → application/x-www-form-urlencoded
CREATE/responses/202: COPY CREATE/responses/201
    patch documentation | client.calls.create | answer 202
LIST/parameters/+: {name: ids, in: query, schema: {type: array, items: {type: string}}}
then
LIST/parameters/3/explode: false
    patch changed | client.calls.list(ids=) | style: form → form, not exploded
LIST/parameters/+: {name: ids, in: query, schema: {type: array, items: {type: string}}}
then
LIST/parameters/3/style: pipeDelimited
    patch changed | client.calls.list(ids=) | style: form → pipeDelimited
LIST/parameters/+: {name: ids, in: query, schema: {type: array, items: {type: string}}}
then
LIST/parameters/3/in: header
    patch changed | client.calls.list(ids=) | query ids → header ids
LIST/parameters/+: {name: ids, in: query, schema: {type: array, items: {type: string}}}
then
LIST/parameters/3/content: {application/json: {schema: {type: array, items: {type: string}}}}
LIST/parameters/3/schema: GONE
    patch changed | client.calls.list(ids=) | style: form → json
servers/0/url: https://new.example
    major changed | Client(base_url=) |
        default: https://one.example → https://new.example; the old one is gone
servers/0/url: https://{region}.example
servers/0/variables: {region: {default: one, enum: [one, eu]}}
then
servers/0/variables/region/default: eu
    minor changed | Client(base_url=) | default: https://one.example → https://eu.example
servers: GONE
    major changed | Client(base_url=) | default: https://one.example → none:
        it is required now
    major removed | Client(base_url=) | no longer there: https://two.example
security: [{key: [read]}]
components/securitySchemes/key: {type: oauth2, flows: {}}
then
security: [{key: [read, write]}]
    major changed | Client | authentication: api_key= (scope read) →
        api_key= (scopes read, write)
components/securitySchemes/key: {type: oauth2, flows: {}}
components/securitySchemes/key/flows/clientCredentials: {tokenUrl: https://a.example, scopes: {}}
then
components/securitySchemes/key/flows/clientCredentials/tokenUrl: https://new.example
    major changed | Client(client_id=, client_secret=, scopes=, token_url=) |
        sent as https://a.example → https://new.example
security: [{key: [read]}]
components/securitySchemes/key: {type: oauth2, flows: {}}
then
components/securitySchemes/key/flows/clientCredentials: {tokenUrl: https://a.example, scopes: {}}
    minor added | Client(client_id=, client_secret=, scopes=, token_url=) |
        sent as https://a.example
components/securitySchemes/key: {type: apiKey, in: header, name: A}
then
components/securitySchemes/key: {type: apiKey, in: query, name: a}
    patch changed | Client(api_key=) | sent as header A → query a
MUTE/properties/volume: {type: number, minimum: 0, maximum: 9}
then
MUTE/properties/volume: {type: number, exclusiveMinimum: 0}
    major changed | client.legs.update(volume=) | minimum: 0 → more than 0
    minor changed | client.legs.update(volume=) | maximum: 9 → not said
MUTE/properties/volume/multipleOf: 0.3
then
MUTE/properties/volume/multipleOf: 0.1
    minor changed | client.legs.update(volume=) | multipleOf: 0.3 → 0.1
SCHEMAS/Film/allOf/0: GONE
instead
    minor added | Film.made_at | datetime
    minor changed | Film | is a subclass of Base now
SCHEMAS/Film/allOf/0: GONE
instead
SCHEMAS/Base/required: [made_at]
    major added | Film.made_at | is required: datetime
    major changed | Base.made_at | is required now
    minor changed | Film | is a subclass of Base now
# the attribute stays, the key of `to_dict` does not
CALL/made_at: {type: string}
instead
CALL/madeAt: {type: string, deprecated: true}
    major changed | Call.made_at | on the wire: made_at → madeAt
    minor changed | Call.made_at | is deprecated now
ONE/responses/default: COPY ONE/responses/200
ONE/responses/200: GONE
    patch documentation | client.calls.retrieve | answer 200, answer default
# nobody could have called anything
paths: {}
webhooks: {}
components/schemas: {}
security: GONE
then
security: [{key: []}]
    nothing
"""


@pytest.mark.parametrize(("old", "new", "expected"), table(CHANGES))
def test_changes_of_calls_are_reported_in_users_names(
    old: dict[str, Any], new: dict[str, Any], expected: list[str]
) -> None:
    assert sorted(found(old, new)) == sorted(expected)
