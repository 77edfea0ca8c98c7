"""`make spec-diff` says, in users' own names, what a change of the contract does to them."""

from typing import Any

import pytest

from spec_changes import BASE, CALL, GONE, LEG, LIST, MUTE, NEW, ONE, SCHEMAS, changed, found

CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({f"{CALL}/hold": {"type": "integer"}}, ["minor added | Call.hold | int"]),
    ({f"{CALL}/from": GONE}, ["major removed | Call.from_ | removed: str | None"]),
    (
        {f"{CALL}/length/type": "number"},
        ["major changed | Call.length | int | None → float | int | None in responses"],
    ),
    ({f"{CALL}/length/type": ["integer", "null"]}, ["patch changed | Call.length | may be null"]),
    (
        {f"{CALL}/id/type": ["string", "null"]},
        ["major changed | Call.id | str → str | None in responses"],
    ),
    ({f"{SCHEMAS}/Call/required": []}, ["major changed | Call.id | str → str | None in responses"]),
    (
        {f"{SCHEMAS}/Call/required": ["id", "length"]},
        ["patch changed | Call.length | int | None → int in responses"],
    ),
    (
        {f"{CALL}/length/x-unit": "milliseconds"},
        ["major changed | Call.length | unit: seconds → milliseconds"],
    ),
    (
        {f"{SCHEMAS}/Leg/properties/at/format": "date-time"},
        ["major changed | Leg.at | str | None → datetime | None in responses"],
    ),
    (
        {f"{SCHEMAS}/Leg/properties/at/format": "email"},
        ["patch changed | Leg.at | format: not said → email"],
    ),
    (
        {f"{CALL}/from/description": "The caller."},
        ["patch documentation | Call.from_ | description"],
    ),
    ({f"{CALL}/from/deprecated": True}, ["minor changed | Call.from_ | is deprecated now"]),
    ({f"{CALL}/place/properties/zip": {"type": "string"}}, ["minor added | CallPlace.zip | str"]),
    (
        {
            f"{CALL}/caller": BASE["components"]["schemas"]["Call"]["properties"]["from"],
            f"{CALL}/from": GONE,
        },
        ["major changed | Call.from_ → caller | renamed"],
    ),
    (
        {f"{SCHEMAS}/StateEnum/enum/+": "held", f"{SCHEMAS}/StateEnum/x-enum-varnames/+": "HELD"},
        ["minor added | StateEnum.HELD | 'held'"],
    ),
    (
        {f"{SCHEMAS}/StateEnum/enum/1": GONE, f"{SCHEMAS}/StateEnum/x-enum-varnames/1": GONE},
        ["major removed | StateEnum.SHUT | removed: 'shut'"],
    ),
    (
        {f"{SCHEMAS}/StateEnum/x-enum-varnames/0": "OPENED"},
        ["major changed | StateEnum.OPEN → OPENED | renamed: 'open'"],
    ),
    (
        {f"{SCHEMAS}/StateEnum/enum/0": "opened"},
        ["major changed | StateEnum.OPEN | stands for 'opened' now, no longer for 'open'"],
    ),
    (
        {f"{SCHEMAS}/StateEnum/x-enum-descriptions": ["It goes on.", "It is over."]},
        ["patch documentation | StateEnum | x-enum-descriptions"],
    ),
    ({f"{SCHEMAS}/OrderEnum/enum/+": "none"}, ["minor added | OrderEnum.NONE | 'none'"]),
    ({f"{NEW}/properties/sound": {"type": "string"}}, ["minor added | NewCall.sound | str"]),
    (
        {f"{NEW}/properties/sound": {"type": "string"}, f"{NEW}/required": ["to", "sound"]},
        ["major added | NewCall.sound | is required: str"],
    ),
    ({f"{NEW}/required": ["to", "note"]}, ["major changed | NewCall.note | is required now"]),
    ({f"{NEW}/required": []}, ["minor changed | NewCall.to | is optional now"]),
    (
        {f"{NEW}/properties/to/type": ["string", "integer"]},
        ["minor changed | NewCall.to | str → int | str in requests"],
    ),
    (
        {f"{NEW}/properties/to/type": "integer"},
        ["major changed | NewCall.to | str → int in requests"],
    ),
    (
        {f"{NEW}/properties/note/default": "some"},
        ["major changed | NewCall.note | default: 'none' → 'some'"],
    ),
    (
        {f"{NEW}/properties/note/maxLength": 9},
        ["major changed | NewCall.note | maxLength: not said → 9"],
    ),
    (
        {f"{NEW}/properties/to": GONE, f"{NEW}/required": []},
        ["major removed | NewCall.to | removed: str"],
    ),
    (
        {f"{LIST}/parameters/0/schema/maximum": 100},
        ["major changed | client.calls.list(page_size=) | maximum: 250 → 100"],
    ),
    (
        {f"{LIST}/parameters/0/schema/maximum": 500},
        ["minor changed | client.calls.list(page_size=) | maximum: 250 → 500"],
    ),
    (
        {f"{LIST}/parameters/0/required": True},
        ["major changed | client.calls.list(page_size=) | is required now"],
    ),
    ({f"{LIST}/parameters/0": GONE}, ["major removed | client.calls.list(page_size=) | removed"]),
    (
        {f"{LIST}/parameters/+": {"name": "sort", "in": "query", "schema": {"type": "string"}}},
        ["minor added | client.calls.list(sort=) | str"],
    ),
    (
        {
            f"{LIST}/parameters/+": {
                "name": "sort",
                "in": "query",
                "required": True,
                "schema": {"type": "string"},
            }
        },
        ["major added | client.calls.list(sort=) | is required: str"],
    ),
    (
        {f"{LIST}/parameters/2/style": "form"},
        ["patch changed | client.calls.list(filter=) | style: deepObject → form"],
    ),
    (
        {f"{LIST}/parameters/0/name": "page_size"},
        ["patch changed | client.calls.list(page_size=) | query page[size] → query page_size"],
    ),
    (
        {f"{LIST}/parameters/0/in": "header"},
        ["patch changed | client.calls.list(page_size=) | query page[size] → header page[size]"],
    ),
    (
        {f"{ONE}/x-method": "fetch"},
        ["major changed | client.calls.retrieve → client.calls.fetch | renamed"],
    ),
    (
        {f"{ONE}/tags": ["Talks"]},
        [
            "major changed | client.calls.retrieve → client.talks.retrieve | renamed",
            "patch documentation | client | tags",
        ],
    ),
    (
        {"paths/~calls~{call_id}": GONE},
        ["major removed | client.calls.retrieve | removed: GET /calls/{call_id}"],
    ),
    (
        {
            "paths/~calls~{call_id}/delete": {
                "operationId": "calls_delete",
                "tags": ["Calls"],
                "x-method": "delete",
                "parameters": BASE["paths"]["/calls/{call_id}"]["get"]["parameters"],
                "responses": {"204": {"description": "x"}},
            }
        },
        ["minor added | client.calls.delete | DELETE /calls/{call_id}"],
    ),
    (
        {
            "paths/~v2~calls~{call_id}": BASE["paths"]["/calls/{call_id}"],
            "paths/~calls~{call_id}": GONE,
        },
        ["patch changed | client.calls.retrieve | GET /calls/{call_id} → GET /v2/calls/{call_id}"],
    ),
    (
        {
            "paths/~calls~{id}": changed(
                {"get/parameters/0/name": "id"}, BASE["paths"]["/calls/{call_id}"]
            ),
            "paths/~calls~{call_id}": GONE,
        },
        ["major changed | client.calls.retrieve(call_id → id=) | renamed"],
    ),
    ({f"{ONE}/deprecated": True}, ["minor changed | client.calls.retrieve | is deprecated now"]),
    (
        {f"{ONE}/x-safe-to-retry": False},
        ["patch changed | client.calls.retrieve | safe to retry: yes → no"],
    ),
    (
        {f"{LIST}/x-pagination": GONE},
        ["major changed | client.calls.list | returns Page[Call, Meta] → Calls"],
    ),
    (
        {f"{LIST}/x-pagination/item": "Leg"},
        ["major changed | client.calls.list | returns Page[Call, Meta] → Page[Leg, Meta]"],
    ),
    (
        {
            f"{ONE}/responses/200/content/application~json/schema": {
                "$ref": "#/components/schemas/Leg"
            }
        },
        ["major changed | client.calls.retrieve | returns Call → Leg"],
    ),
    (
        {f"{ONE}/responses/404/description": "None."},
        ["patch documentation | client.calls.retrieve | error 404"],
    ),
    (
        {f"{ONE}/responses/409": {"description": "No."}},
        ["patch documentation | client.calls.retrieve | error 409"],
    ),
    (
        {f"{ONE}/security": []},
        ["minor changed | client.calls.retrieve | authentication: api_key= → none"],
    ),
    (
        {f"{ONE}/security": [{"key": []}, {"key": [], "other": []}]},
        [
            (
                "minor changed | client.calls.retrieve | "
                "authentication: api_key= → api_key= or api_key= and other"
            )
        ],
    ),
    (
        {
            "security": [{"other": []}],
            "components/securitySchemes/other": {"type": "apiKey", "in": "header", "name": "X"},
        },
        [
            "major changed | Client(api_key=) | sent as bearer → header X",
            "minor added | Client(key=) | sent as bearer",
        ],
    ),
    (
        {"components/securitySchemes/key": {"type": "http", "scheme": "basic"}},
        [
            "major changed | Client | authentication: api_key= → username=, password=",
            "major removed | Client(api_key=) | removed: sent as bearer",
            "minor added | Client(username=, password=) | sent as basic",
        ],
    ),
    (
        {"servers/1": GONE},
        ["major removed | Client(base_url=) | no longer there: https://two.example"],
    ),
    (
        {"servers/0": GONE},
        [
            (
                "major changed | Client(base_url=) | "
                "default: https://one.example → https://two.example; the old one is gone"
            )
        ],
    ),
    (
        {"servers/+": {"url": "https://three.example"}},
        ["minor added | Client(base_url=) | https://three.example"],
    ),
    (
        {f"{SCHEMAS}/Base/properties": {"on": {"type": "string"}}},
        ["major removed | Base.made_at | removed: datetime", "minor added | Base.on | str"],
    ),
    ({f"{SCHEMAS}/Base/properties/by": {"type": "string"}}, ["minor added | Base.by | str"]),
    (
        {f"{SCHEMAS}/Media/oneOf/1": GONE},
        [
            "major changed | Call.media | Media | None → Sound | None in responses",
            "major removed | Media | removed: a choice between types",
            "major changed | NewCall.media | Media | None → Sound | None in requests",
        ],
    ),
    (
        {f"{SCHEMAS}/Media/discriminator/propertyName": "type"},
        ["major changed | Media | told apart by: kind → type"],
    ),
    (
        {f"{SCHEMAS}/Media/discriminator/mapping/movie": "#/components/schemas/Film"},
        ["minor changed | Media | knows movie too"],
    ),
    (
        {
            f"{SCHEMAS}/Media/oneOf/+": {"$ref": "#/components/schemas/Text"},
            f"{SCHEMAS}/Text": {
                "properties": {"kind": {"const": "text"}, "words": {"type": "string"}}
            },
        },
        [
            "minor added | Text | a model",
            "minor added | TextKind | an enum",
            "minor changed | Media | may be Text too",
        ],
    ),
    (
        {f"{SCHEMAS}/Ended/x-event-type": "call.over"},
        [
            "major changed | Ended | body of: call.ended → call.over",
            "major removed | webhooks.unwrap: call.ended | removed: Ended",
            "minor added | webhooks.unwrap: call.over | Ended",
        ],
    ),
    ({"webhooks": {}}, []),
    (
        {f"{SCHEMAS}/Spare": {"properties": {"a": {"type": "string"}}}},
        ["minor added | Spare | a model"],
    ),
    (
        {f"{NEW}/additionalProperties": False},
        ["major changed | NewCall | other fields: not said → none"],
    ),
    (
        {f"{CALL}/legs/items": {"type": "string"}},
        ["major changed | Call.legs | list[Leg] | None → list[str] | None in responses"],
    ),
    (
        {f"{CALL}/length/enum": [1, 2]},
        [
            "minor added | CallLength | an enum",
            "patch changed | Call.length | int | None → CallLength | None in responses",
        ],
    ),
    (
        {f"{LEG}/parameters/0/description": "Which one."},
        ["patch documentation | client.legs.update(leg_id=) | description"],
    ),
    (
        {f"{MUTE}/properties/pitch": {"type": "integer"}},
        ["minor added | client.legs.update(pitch=) | int"],
    ),
    (
        {f"{MUTE}/required": ["muted"]},
        ["major changed | client.legs.update(muted=) | is required now"],
    ),
    ({f"{MUTE}/properties/muted": GONE}, ["major removed | client.legs.update(muted=) | removed"]),
    ({"info/title": "Talks"}, ["patch documentation | client | info"]),
]
"""Edits of the contract, and what is to be said of them: all of it."""


@pytest.mark.parametrize(("edits", "expected"), CASES)
def test_a_change_is_reported_once(edits: dict[str, Any], expected: list[str]) -> None:
    assert found(BASE, changed(edits)) == expected


@pytest.mark.parametrize(("edits", "expected"), CASES)
def test_equivalent_contracts_have_no_differences(
    edits: dict[str, Any], expected: list[str]
) -> None:
    contract = changed(edits)
    assert found(contract, contract) == []
    back = found(contract, BASE)
    assert bool(back) is bool(expected)
    added = {line.split(" | ")[1] for line in expected if " added " in line.partition("|")[0]}
    removed = {line.split(" | ")[1] for line in back if " removed " in line.partition("|")[0]}
    assert added == removed
