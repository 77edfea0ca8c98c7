"""`make spec-diff` reports, in Python names, what a change to the contract means for users."""

from typing import Any

import pytest

from spec_changes import found, table

CHANGES = """
CALL/hold: {type: integer}
    minor added | Call.hold | int
CALL/from: GONE
    major removed | Call.from_ | removed: str | None
CALL/length/type: number
    major changed | Call.length | int | None → float | int | None in responses
CALL/length/type: [integer, 'null']
    patch changed | Call.length | may be null
CALL/id/type: [string, 'null']
    major changed | Call.id | str → str | None in responses
SCHEMAS/Call/required: []
    major changed | Call.id | str → str | None in responses
SCHEMAS/Call/required: [id, length]
    patch changed | Call.length | int | None → int in responses
CALL/length/x-unit: milliseconds
    major changed | Call.length | unit: seconds → milliseconds
SCHEMAS/Leg/properties/at/format: date-time
    major changed | Leg.at | str | None → datetime | None in responses
SCHEMAS/Leg/properties/at/format: email
    patch changed | Leg.at | format: not said → email
CALL/from/description: The caller.
    patch documentation | Call.from_ | description
CALL/from/deprecated: true
    minor changed | Call.from_ | is deprecated now
CALL/place/properties/zip: {type: string}
    minor added | CallPlace.zip | str
CALL/caller: {type: [string, 'null'], description: Who called.}
CALL/from: GONE
    major changed | Call.from_ → caller | renamed
SCHEMAS/StateEnum/enum/+: held
SCHEMAS/StateEnum/x-enum-varnames/+: HELD
    minor added | StateEnum.HELD | 'held'
SCHEMAS/StateEnum/enum/1: GONE
SCHEMAS/StateEnum/x-enum-varnames/1: GONE
    major removed | StateEnum.SHUT | removed: 'shut'
SCHEMAS/StateEnum/x-enum-varnames/0: OPENED
    major changed | StateEnum.OPEN → OPENED | renamed: 'open'
SCHEMAS/StateEnum/enum/0: opened
    major changed | StateEnum.OPEN | stands for 'opened' now, no longer for 'open'
SCHEMAS/StateEnum/x-enum-descriptions: [It goes on., It is over.]
    patch documentation | StateEnum | x-enum-descriptions
SCHEMAS/OrderEnum/enum/+: none
    minor added | OrderEnum.NONE | 'none'
NEW/properties/sound: {type: string}
    minor added | NewCall.sound | str
NEW/properties/sound: {type: string}
NEW/required: [to, sound]
    major added | NewCall.sound | is required: str
NEW/required: [to, note]
    major changed | NewCall.note | is required now
NEW/required: []
    minor changed | NewCall.to | is optional now
NEW/properties/to/type: [string, integer]
    minor changed | NewCall.to | str → int | str in requests
NEW/properties/to/type: integer
    major changed | NewCall.to | str → int in requests
NEW/properties/note/type: [string, 'null']
then
NEW/properties/note/type: string
    major changed | NewCall.note | must not be null now in requests
NEW/properties/note/default: some
    major changed | NewCall.note | default: 'none' → 'some'
NEW/properties/note/maxLength: 9
    major changed | NewCall.note | maxLength: not said → 9
NEW/properties/to: GONE
NEW/required: []
    major removed | NewCall.to | removed: str
LIST/parameters/0/schema/maximum: 100
    major changed | client.calls.list(page_size=) | maximum: 250 → 100
LIST/parameters/0/schema/maximum: 500
    minor changed | client.calls.list(page_size=) | maximum: 250 → 500
LIST/parameters/0/required: true
    major changed | client.calls.list(page_size=) | is required now
LIST/parameters/0: GONE
    major removed | client.calls.list(page_size=) | removed
LIST/parameters/+: {name: sort, in: query, schema: {type: string}}
    minor added | client.calls.list(sort=) | str
LIST/parameters/+: {name: sort, in: query, required: true, schema: {type: string}}
    major added | client.calls.list(sort=) | is required: str
LIST/parameters/2/style: form
    patch changed | client.calls.list(filter=) | style: deepObject → form
LIST/parameters/0/name: page_size
    patch changed | client.calls.list(page_size=) | query page[size] → query page_size
LIST/parameters/0/in: header
    patch changed | client.calls.list(page_size=) | query page[size] → header page[size]
ONE/x-method: fetch
    major changed | client.calls.retrieve → client.calls.fetch | renamed
ONE/tags: [Talks]
    major changed | client.calls.retrieve → client.talks.retrieve | renamed
    patch documentation | client | tags
paths/~calls~{call_id}: GONE
    major removed | client.calls.retrieve | removed: GET /calls/{call_id}
ONE/deprecated: true
    minor changed | client.calls.retrieve | is deprecated now
ONE/x-safe-to-retry: false
    patch changed | client.calls.retrieve | safe to retry: yes → no
LIST/x-pagination: GONE
    major changed | client.calls.list | returns Page[Call, Meta] → Calls
LIST/x-pagination/item: Leg
    major changed | client.calls.list | returns Page[Call, Meta] → Page[Leg, Meta]
ONE/responses/200/content/application~json/schema: {$ref: '#/components/schemas/Leg'}
    major changed | client.calls.retrieve | returns Call → Leg
ONE/responses/404/description: None.
    patch documentation | client.calls.retrieve | error 404
ONE/responses/409: {description: No.}
    patch documentation | client.calls.retrieve | error 409
ONE/security: []
    minor changed | client.calls.retrieve | authentication: api_key= → none
security: [{other: []}]
components/securitySchemes/other: {type: apiKey, in: header, name: X}
    major changed | Client(api_key=) | sent as bearer → header X
    minor added | Client(key=) | sent as bearer
components/securitySchemes/key: {type: http, scheme: basic}
    major changed | Client | authentication: api_key= → username=, password=
    major removed | Client(api_key=) | removed: sent as bearer
    minor added | Client(username=, password=) | sent as basic
servers/1: GONE
    major removed | Client(base_url=) | no longer there: https://two.example
servers/+: {url: 'https://three.example'}
    minor added | Client(base_url=) | https://three.example
SCHEMAS/Base/properties: {'on': {type: string}}
    major removed | Base.made_at | removed: datetime
    minor added | Base.on | str
# once, and not for each of its subtypes
SCHEMAS/Base/properties/made_at/format: date
    major changed | Base.made_at | datetime | None → date | None
SCHEMAS/Base/properties/by: {type: string}
    minor added | Base.by | str
SCHEMAS/Media/oneOf/1: GONE
    major changed | Call.media | Media | None → Sound | None in responses
    major removed | Media | removed: a choice between types
    major changed | NewCall.media | Media | None → Sound | None in requests
SCHEMAS/Media/discriminator/propertyName: type
    major changed | Media | told apart by: kind → type
SCHEMAS/Media/discriminator/mapping/movie: '#/components/schemas/Film'
    minor changed | Media | knows movie too
SCHEMAS/Media/oneOf/+: {$ref: '#/components/schemas/Text'}
SCHEMAS/Text: {properties: {kind: {const: text}, words: {type: string}}}
    minor added | Text | a model
    minor added | TextKind | an enum
    minor changed | Media | may be Text too
SCHEMAS/Ended/x-event-type: call.over
    major changed | Ended | body of: call.ended → call.over
    major removed | webhooks.unwrap: call.ended | removed: Ended
    minor added | webhooks.unwrap: call.over | Ended
SCHEMAS/Spare: {properties: {a: {type: string}}}
    minor added | Spare | a model
NEW/additionalProperties: false
    major changed | NewCall | other fields: not said → none
CALL/legs/items: {type: string}
    major changed | Call.legs | list[Leg] | None → list[str] | None in responses
CALL/length/enum: [1, 2]
    minor added | CallLength | an enum
    patch changed | Call.length | int | None → CallLength | None in responses
LEG/parameters/0/description: Which one.
    patch documentation | client.legs.update(leg_id=) | description
MUTE/properties/pitch: {type: integer}
    minor added | client.legs.update(pitch=) | int
MUTE/required: [muted]
    major changed | client.legs.update(muted=) | is required now
MUTE/properties/muted: GONE
    major removed | client.legs.update(muted=) | removed
info/title: Talks
    patch documentation | client | info
webhooks: {}
    nothing
paths/~calls~{call_id}/delete: COPY ONE
paths/~calls~{call_id}/delete/operationId: calls_delete
paths/~calls~{call_id}/delete/x-method: delete
    minor added | client.calls.delete | DELETE /calls/{call_id}
paths/~v2~calls~{call_id}: COPY paths/~calls~{call_id}
paths/~calls~{call_id}: GONE
    patch changed | client.calls.retrieve | GET /calls/{call_id} → GET /v2/calls/{call_id}
paths/~calls~{id}: COPY paths/~calls~{call_id}
paths/~calls~{id}/get/parameters/0/name: id
paths/~calls~{call_id}: GONE
    major changed | client.calls.retrieve(call_id → id=) | renamed
ONE/security: [{key: []}, {key: [], other: []}]
    minor changed | client.calls.retrieve |
        authentication: api_key= → api_key= or api_key= and other
servers/0: GONE
    major changed | Client(base_url=) |
        default: https://one.example → https://two.example; the old one is gone
"""
CASES = table(CHANGES)


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_a_change_is_reported_once(
    old: dict[str, Any], new: dict[str, Any], expected: list[str]
) -> None:
    assert found(old, new) == expected


@pytest.mark.parametrize(("old", "new", "expected"), CASES)
def test_equivalent_contracts_have_no_differences(
    old: dict[str, Any], new: dict[str, Any], expected: list[str]
) -> None:
    assert found(new, new) == []
    back = found(new, old)
    assert bool(back) is bool(expected)
    added = {line.split(" | ")[1] for line in expected if " added " in line.partition("|")[0]}
    removed = {line.split(" | ")[1] for line in back if " removed " in line.partition("|")[0]}
    assert added == removed
