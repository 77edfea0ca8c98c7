"""A method that takes an id also takes the object that has it."""

from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from behaviours import Reply
from callers import KEY, Play, each_way
from clients import Use, both
from fakes import Server
from telnyx_recordings import Client
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.models import (
    CallDialResult,
    CallRecordingSavedPayload,
    CallRecordingTranscriptionSavedPayload,
    CredentialsResponse,
    RecordingResponseData,
    RecordingTranscription,
    TexmlRecording,
)

DIALED = CallDialResult(call_control_id="v3:c1", call_leg_id="l1")
TEXML = TexmlRecording(sid="s1", account_sid="a1")
RECORDING = RecordingResponseData(id="r1")
SAVED = CallRecordingSavedPayload(recording_id="r2", call_control_id="v3:c1")
TEXT = RecordingTranscription(id="t1", recording_id="r3")
FOUND = Reply(200, {"data": {"id": "r1"}})


@each_way
@pytest.mark.parametrize(
    ("resource", "method", "given", "path"),
    [
        ("recordings", "retrieve", RECORDING, "/recordings/r1"),
        ("recordings", "delete", RECORDING, "/recordings/r1"),
        ("recordings", "retrieve", TEXT, "/recordings/r3"),
        ("recordings", "delete", SAVED, "/recordings/r2"),
        (
            "recordings",
            "retrieve",
            CallRecordingTranscriptionSavedPayload(recording_id="r4"),
            "/recordings/r4",
        ),
        ("recording_transcriptions", "retrieve", TEXT, "/recording_transcriptions/t1"),
        ("recording_transcriptions", "delete", TEXT, "/recording_transcriptions/t1"),
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
        ("calls.actions", "stop_recording", DIALED, "/calls/v3%3Ac1/actions/record_stop"),
        ("calls.actions", "stop_recording", SAVED, "/calls/v3%3Ac1/actions/record_stop"),
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


@each_way
@pytest.mark.parametrize("raw", [False, True])
def test_objects_stand_for_their_ids_in_a_batch(play: Play, *, raw: bool) -> None:
    def delete(client: Any) -> Any:
        actions = client.recordings.actions
        return (actions.with_raw_response if raw else actions).delete(
            ids=["r0", RECORDING, "r1", SAVED, TEXT]
        )

    with Server(Reply(200, {"status": "ok"})) as server:
        outcome = play(server.base_url, delete)
    assert outcome.error is None
    assert [request.json for request in server.requests] == [{"ids": ["r0", "r1", "r2", "r3"]}]


@each_way
def test_an_object_stands_for_its_id_in_a_body(play: Play) -> None:
    with Server(FOUND) as server:
        play(
            server.base_url,
            lambda client: client.calls.actions.pause_recording(DIALED, recording_id=SAVED),
        )
    assert server.requests[0].json["recording_id"] == "r2"


@both
@pytest.mark.parametrize("given", [SAVED, TEXT])
def test_audio_is_requested_by_the_object_that_has_the_id(
    use: Use, given: Any, tmp_path: Path
) -> None:
    with Server(Reply(404, {})) as server:
        with pytest.raises(NotFoundError):
            use(server, lambda client: client.download(given, tmp_path))
        with pytest.raises(NotFoundError):
            use(server, lambda client: client.open_audio(given))
    path = f"/recordings/{given.recording_id}"
    assert [request.path for request in server.requests] == [path, path]


@each_way
def test_an_object_without_an_id_is_refused(play: Play) -> None:
    with Server(FOUND) as server:
        outcome = play(
            server.base_url, lambda client: client.recordings.delete(RecordingResponseData())
        )
    assert isinstance(outcome.error, ValueError)
    assert str(outcome.error) == (
        "Expected a non-empty value for `recording_id` but received a RecordingResponseData "
        "without an id"
    )
    assert server.requests == []


def test_an_sid_stands_before_the_sids_that_an_object_belongs_to() -> None:
    with Server(Reply(200, {"sid": "s1"})) as server, Client(KEY, server.base_url) as client:
        json = client.texml.accounts.recordings.json
        json.retrieve_recording_sid_json(TEXML, account_sid=TEXML)
    assert [each.path for each in server.requests] == ["/texml/Accounts/a1/Recordings/s1.json"]
