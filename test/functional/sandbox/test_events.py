"""Tests that the sandbox posts events as Telnyx does: signed, about its rows, more than once."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from event_receiver import Receiver
from telnyx_recordings import models, webhooks
from telnyx_recordings.errors import WebhookVerificationError
from telnyx_recordings.sandbox import Sandbox


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(5) as running:
        yield running


def read(body: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(body)["data"]
    return data


def test_events_can_be_verified(box: Sandbox, receiver: Receiver) -> None:
    [sent] = box.send_webhook(receiver.url)
    [(body, headers)] = receiver.received
    assert (sent.body, sent.status, sent.attempt) == (body, 202, 1)
    assert headers["content-type"] == "application/json"
    assert b"\n  " in body
    event = webhooks.unwrap(body, headers, public_key=box.public_key)
    assert webhooks.event_id(event) == sent.event_id
    with pytest.raises(WebhookVerificationError):
        webhooks.verify(body, headers, public_key=Sandbox(seed=1).public_key)


def test_the_key_that_signs_events_depends_on_the_seed() -> None:
    assert Sandbox(2).public_key == Sandbox(3).public_key
    assert Sandbox(2, seed=1).public_key != Sandbox(2).public_key


@pytest.mark.parametrize("event_type", models.EVENTS)
def test_each_event_of_the_contract_can_be_sent(
    box: Sandbox, receiver: Receiver, event_type: str
) -> None:
    [sent] = box.send_webhook(receiver.url, event_type)
    event = webhooks.unsafe_unwrap(sent.body)
    assert not isinstance(event, webhooks.UnknownEvent)
    assert type(event).__name__ == models.EVENTS[event_type]
    assert event.data is not None
    assert event.data.payload is not None
    assert event.meta is not None
    assert event.data.payload.call_leg_id == box.recordings[0].fields["call_leg_id"]
    for part in (event, event.data, event.data.payload, event.meta):
        assert part.additional_properties == {}
    assert event.data.event_type == event_type == sent.event_type
    assert (event.meta.attempt, event.meta.delivered_to) == (1, receiver.url)


def test_a_saved_event_has_links_that_work(box: Sandbox, receiver: Receiver) -> None:
    wanted = box.recordings[3]
    [sent] = box.send_webhook(receiver.url, recording_id=wanted.id)
    payload = read(sent.body)["payload"]
    assert payload["recording_id"] == wanted.id
    assert payload["recording_urls"]["wav"].startswith(box.base_url.removesuffix("/v2"))
    assert set(payload["recording_urls"]) == {"mp3", "wav"}


def test_a_transcription_event_has_an_existing_transcription(
    box: Sandbox, receiver: Receiver
) -> None:
    box.add_recording(id="mine")
    for _ in range(2):
        [sent] = box.send_webhook(receiver.url, "call.recording.transcription.saved")
        [row] = [each for each in box.transcriptions if each.fields["recording_id"] == "mine"]
        payload = read(sent.body)["payload"]
        assert payload["recording_transcription_id"] == row.id
        assert payload["transcription_text"] == row.fields["transcription_text"]


def test_an_event_has_the_given_fields_in_its_payload(box: Sandbox, receiver: Receiver) -> None:
    [sent] = box.send_webhook(receiver.url, "call.hangup", client_state="", from_="sip:x", odd=[1])
    payload = read(sent.body)["payload"]
    assert (payload["client_state"], payload["from"], payload["odd"]) == ("", "sip:x", [1])


def test_repeated_events_have_the_same_id(box: Sandbox, receiver: Receiver) -> None:
    sent = box.send_webhook(receiver.url, duplicates=2)
    assert [each.attempt for each in sent] == [1, 2, 3]
    assert len({json.dumps(read(each.body)) for each in sent}) == 1
    for body, headers in receiver.received:
        webhooks.verify(body, headers, public_key=box.public_key)
    [other] = box.send_webhook(receiver.url)
    assert other.event_id != sent[0].event_id


def test_events_can_come_in_the_wrong_order(box: Sandbox, receiver: Receiver) -> None:
    types = ["call.recording.saved", "call.recording.transcription.saved"]
    for backwards in (False, True):
        sent = box.send_webhook(receiver.url, types, duplicates=1, out_of_order=backwards)
        times = [read(each.body)["occurred_at"] for each in sent]
        assert times == sorted(times, reverse=backwards)
        assert len(set(times)) == 2
    assert [read(body)["event_type"] for body, _ in receiver.received[4:]] == [
        each for each in reversed(types) for _ in range(2)
    ]


def test_signatures_of_events_have_the_time_of_the_sandbox(
    box: Sandbox, receiver: Receiver
) -> None:
    for hours in (-1, 2):
        box.clock.advance(hours * 3600)
        [sent] = box.send_webhook(receiver.url)
        with pytest.raises(WebhookVerificationError, match="clock is wrong"):
            webhooks.verify(sent.body, sent.headers, public_key=box.public_key)


def test_an_unreachable_receiver_is_not_an_error(box: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    [sent] = box.send_webhook(url)
    assert sent.status is None


def test_events_about_missing_recordings_are_refused(box: Sandbox) -> None:
    with pytest.raises(LookupError):
        box.send_webhook("http://127.0.0.1", recording_id="gone")
    with Sandbox(0) as empty, pytest.raises(LookupError):
        empty.send_webhook("http://127.0.0.1")
    with pytest.raises(RuntimeError):
        Sandbox(1).send_webhook("http://127.0.0.1")
