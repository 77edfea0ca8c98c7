"""Events of webhooks: those of the contract are typed, and others are kept unchanged."""

import json
import logging
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from telnyx_recordings import models, webhooks
from telnyx_recordings.models import (
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedWebhookEvent,
    CallRecordingTranscriptionSavedWebhookEvent,
)
from telnyx_recordings.webhooks import UnknownEvent, event_id, unsafe_unwrap

CONTRACT = yaml.safe_load((Path(__file__).parents[3] / "openapi.yaml").read_text("utf-8"))
EXAMPLES = {
    body["data"]["event_type"]: body
    for each in CONTRACT["components"]["examples"].values()
    if "event_type" in ((body := each["value"]).get("data") or {})
}


def read(value: Any) -> webhooks.Event:
    """Read an event from JSON."""
    return unsafe_unwrap(json.dumps(value).encode())


def saved(**payload: Any) -> CallRecordingSavedWebhookEvent:
    """Read a saved event with that payload."""
    event = read({"data": {"event_type": "call.recording.saved", "payload": payload}})
    assert isinstance(event, CallRecordingSavedWebhookEvent)
    return event


@pytest.mark.parametrize(("event_type", "name"), models.EVENTS.items())
def test_each_event_of_the_contract_has_its_class(event_type: str, name: str) -> None:
    example = EXAMPLES[event_type]
    event = read(example)
    kind = getattr(models, name)
    assert type(event) is kind
    assert isinstance(event, kind)
    assert event_id(event) == example["data"]["id"]
    assert not isinstance(event, UnknownEvent)
    assert event.to_dict() == example
    assert kind in get_args(webhooks.Event)


def test_the_type_of_an_event_names_all_and_the_unknown_one() -> None:
    names = {kind.__name__ for kind in get_args(webhooks.Event)}
    assert names == {*models.EVENTS.values(), "UnknownEvent"}
    assert len(names) == 10


@pytest.mark.parametrize("client_state", [None, "", "not base64!"])
def test_client_state_is_not_decoded(client_state: str | None) -> None:
    event = saved(client_state=client_state)
    assert event.data is not None
    assert event.data.payload is not None
    assert event.data.payload.client_state == client_state


def test_the_reason_of_an_error_has_two_names() -> None:
    for payload in ({"reason": "Full"}, {"result": "Full"}, {}):
        event = read({"data": {"event_type": "call.recording.error", "payload": payload}})
        assert isinstance(event, CallRecordingErrorWebhookEvent)
        assert event.data is not None
        assert event.data.payload is not None
        assert event.data.payload.reason == payload.get("reason")
        assert event.data.payload.result == payload.get("result")


@pytest.mark.parametrize(
    "data",
    [
        {"payload": []},
        {"payload": {"duration_millis": "long", "recording_urls": "none", "channels": 7}},
        {"occurred_at": "yesterday", "id": 7},
    ],
)
def test_values_of_unexpected_types_are_kept_in_events(
    data: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    whole = {"data": {"event_type": "call.recording.saved", **data}, "meta": 7}
    with caplog.at_level(logging.WARNING, "telnyx_recordings"):
        event = read(whole)
    assert isinstance(event, CallRecordingSavedWebhookEvent)
    assert event.to_dict() == whole
    assert "values that do not fit" in caplog.text


FLAT = {"event_type": "call.recording.saved", "payload": {"recording_id": "r"}, "id": "e-9"}


@pytest.mark.parametrize(
    ("value", "event_type", "own_id"),
    [
        pytest.param(
            {"data": {"event_type": "call.bridged", "id": "e"}}, "call.bridged", "e", id="other"
        ),
        pytest.param(FLAT, "call.recording.saved", "e-9", id="flat"),
        pytest.param(
            {"event_type": "recording_saved", "webhook_id": "w"}, "recording_saved", None, id="old"
        ),
        pytest.param({"data": {"event_type": 7, "id": 7}}, None, None, id="numbers"),
        pytest.param({"data": [FLAT]}, None, None, id="a list as data"),
        pytest.param({"data": None, "id": "e"}, None, "e", id="null as data"),
        pytest.param({}, None, None, id="an empty object"),
        pytest.param([FLAT], None, None, id="a list"),
        pytest.param("text", None, None, id="a text"),
        pytest.param(12.5, None, None, id="a number"),
        pytest.param(None, None, None, id="null"),
    ],
)
def test_any_other_json_is_an_unknown_event(value: Any, event_type: Any, own_id: Any) -> None:
    event = read(value)
    body = json.dumps(value).encode()
    assert event == UnknownEvent(body, value, event_type, own_id)
    assert event_id(event) == own_id


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            b"CallSid=v3%3Aa&RecordingUrl=https%3A%2F%2Fx.example%2Fa%3Fb%3D1&Note=&Name=J%C3%BCrg+B",
            {
                "CallSid": "v3:a",
                "RecordingUrl": "https://x.example/a?b=1",
                "Note": "",
                "Name": "Jürg B",
            },
        ),
        (b"a=1&b=2&a=3", {"a": "3", "b": "2"}),
        (b"a=%ff", {"a": "\ufffd"}),
    ],
)
def test_a_form_is_an_unknown_event_with_its_fields(body: bytes, fields: dict[str, str]) -> None:
    assert unsafe_unwrap(body) == UnknownEvent(body, fields)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b'{"data": {"event_type": "call.recording.saved"}',
        b'{"data": "=="',
        b'{"data": NaN}',
        b'{"data": "\xff=1"}',
        b"\xff=1",
        b"\0",
        b"<a b='='/>",
        b'"\\ud800"',
        b"=" * 1_000_000 + b" ",  # where a careless pattern would try every start
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
    ],
)
def test_bodies_that_are_not_events_are_kept(body: bytes) -> None:
    assert unsafe_unwrap(body) == UnknownEvent(body, None)


@pytest.mark.parametrize("odd", [b'"hi \\ud83d"', b'"caf\xe9"', b"NaN"])
def test_slightly_invalid_json_events_are_read(odd: bytes) -> None:
    kind = b"call.recording.transcription.saved"
    body = b'{"data": {"event_type": "' + kind + b'", "payload": {"recording_id": "r1", "x": '
    event = unsafe_unwrap(body + odd + b"}}}")
    assert isinstance(event, CallRecordingTranscriptionSavedWebhookEvent)
    assert event.data is not None
    assert event.data.payload is not None
    assert event.data.payload.recording_id == "r1"
    assert event.data.payload.additional_properties.keys() == {"x"}


@pytest.mark.parametrize("depth", [100, 400, 900])
def test_deeply_nested_events_are_read(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    body = b'{"data":{"event_type":"call.recording.saved","id":"e","payload":{"x":' + deep + b"}}}"
    assert event_id(unsafe_unwrap(body)) == "e"


def test_an_event_shows_nothing_of_an_unknown_body() -> None:
    event = read({"data": {"event_type": "call.bridged", "payload": {"from": "+13125550142"}}})
    assert repr(event) == "UnknownEvent(event_type='call.bridged', id=None)"


def test_an_event_without_data_has_no_id() -> None:
    assert event_id(CallRecordingSavedWebhookEvent()) is None
