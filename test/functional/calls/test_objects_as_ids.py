"""A method that takes an id also takes the object that has it."""

from operator import attrgetter
from typing import Any

import pytest

from behaviours import Reply
from callers import KEY, PLAYS, Play
from fakes import Server
from telnyx_recordings import Client
from telnyx_recordings.models import (
    CallDialResult,
    CredentialsResponse,
    RecordingResponseData,
    RecordingTranscription,
    TexmlRecording,
)

DIALED = CallDialResult(call_control_id="v3:c1", call_leg_id="l1")
TEXML = TexmlRecording(sid="s1", account_sid="a1")
RECORDING = RecordingResponseData(id="r1")
FOUND = Reply(200, {"data": {"id": "r1"}})


@pytest.mark.parametrize("play", PLAYS)
@pytest.mark.parametrize(
    ("resource", "method", "given", "path"),
    [
        ("recordings", "retrieve", RECORDING, "/recordings/r1"),
        ("recordings", "delete", RECORDING, "/recordings/r1"),
        (
            "recording_transcriptions",
            "retrieve",
            RecordingTranscription(id="t1", recording_id="r1"),
            "/recording_transcriptions/t1",
        ),
        (
            "custom_storage_credentials",
            "retrieve",
            CredentialsResponse(connection_id="c1"),
            "/custom_storage_credentials/c1",
        ),
        (
            "custom_storage_credentials",
            "retrieve",
            RecordingResponseData(id="r1", connection_id="c1"),
            "/custom_storage_credentials/c1",
        ),
        (
            "recordings",
            "retrieve",
            RecordingTranscription(id="t1", recording_id="r1"),
            "/recordings/r1",
        ),
        ("calls.actions", "stop_recording", DIALED, "/calls/v3%3Ac1/actions/record_stop"),
        ("texml.accounts", "retrieve_recordings_json", TEXML, "/texml/Accounts/a1/Recordings.json"),
    ],
)
def test_an_object_stands_for_its_id(
    play: Play, resource: str, method: str, given: Any, path: str
) -> None:
    with Server(FOUND) as server:
        outcome = play(
            server.base_url, lambda client: attrgetter(f"{resource}.{method}")(client)(given)
        )
    assert outcome.error is None
    assert [request.path for request in server.requests] == [path]


@pytest.mark.parametrize("play", PLAYS)
@pytest.mark.parametrize("raw", [False, True])
def test_objects_stand_for_their_ids_in_a_batch(play: Play, *, raw: bool) -> None:
    def delete(client: Any) -> Any:
        actions = client.recordings.actions
        return (actions.with_raw_response if raw else actions).delete(ids=["r0", RECORDING, "r1"])

    with Server(Reply(200, {"status": "ok"})) as server:
        outcome = play(server.base_url, delete)
    assert outcome.error is None
    assert [request.json for request in server.requests] == [{"ids": ["r0", "r1"]}]


@pytest.mark.parametrize("play", PLAYS)
def test_an_object_without_an_id_is_refused(play: Play) -> None:
    with Server(FOUND) as server:
        outcome = play(
            server.base_url, lambda client: client.recordings.delete(RecordingResponseData())
        )
    assert isinstance(outcome.error, ValueError)
    assert "Expected a non-empty value for `recording_id`" in str(outcome.error)
    assert server.requests == []


def test_an_sid_stands_before_the_sids_that_an_object_belongs_to() -> None:
    with Server(Reply(200, {"sid": "s1"})) as server, Client(KEY, server.base_url) as client:
        json = client.texml.accounts.recordings.json
        json.retrieve_recording_sid_json(TEXML, account_sid=TEXML)
    assert [each.path for each in server.requests] == ["/texml/Accounts/a1/Recordings/s1.json"]
