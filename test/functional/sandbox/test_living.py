"""Calls and conferences that are going on, and what becomes of their recordings."""

import io
import json
import math
import threading
import wave
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import processes
from event_receiver import Receiver
from sandbox_caller import Caller
from telnyx_recordings import CallEndedError, Client, UnprocessableEntityError, webhooks
from telnyx_recordings.sandbox import Live, Sandbox
from telnyx_recordings.sandbox.clock import Clock


@pytest.fixture
def box(receiver: Receiver) -> Iterator[Sandbox]:
    """An empty sandbox that posts its events to the receiver."""
    with Sandbox(0, webhook_url=receiver.url) as running:
        yield running
    receiver.verify(running.public_key)


@pytest.fixture
def client(box: Sandbox) -> Iterator[Client]:
    with Client(box.api_key, box.base_url) as made:
        yield made


def seconds(box: Sandbox) -> float:
    """Return the duration of the newest recording, as its audio has it."""
    recording = box.recordings[0]
    form = next(iter(recording.formats))
    assert form == "wav"
    with wave.open(io.BytesIO(box.audio(recording.id, form))) as file:
        return float(file.getnframes() / file.getframerate())


def start(client: Client, call: Live, **more: Any) -> None:
    client.calls.actions.start_recording(call.id, format="wav", channels="single", **more)


def test_a_recording_appears_after_it_was_stopped_and_processed(
    box: Sandbox, client: Client
) -> None:
    call = box.start_call(from_="+13125550142", to="+442079460871")
    start(client, call)
    box.advance(30)
    client.calls.actions.stop_recording(call.id)
    assert list(client.recordings.list()) == []
    box.advance(2)
    [recording] = client.recordings.list()
    assert recording.duration_millis == pytest.approx(30_000, abs=1500)
    assert recording.duration_millis == pytest.approx(seconds(box) * 1000, abs=2)
    assert (recording.from_, recording.to) == ("+13125550142", "+442079460871")
    assert recording.call_control_id == call.id
    assert recording.initiated_by == "StartCallRecordingAPI"
    assert recording.recording_started_at is not None
    assert recording.recording_ended_at is not None
    lasted = recording.recording_ended_at - recording.recording_started_at
    assert lasted == pytest.approx(timedelta(seconds=30), abs=timedelta(seconds=1.5))


def test_what_is_said_in_a_pause_is_not_in_the_audio(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    start(client, call)
    for _ in range(2):
        box.advance(10)
        client.calls.actions.pause_recording(call.id)
        box.advance(60)
        client.calls.actions.pause_recording(call.id)
        client.calls.actions.resume_recording(call.id)
    box.advance(5)
    call.hang_up()
    box.advance(2)
    assert seconds(box) == pytest.approx(25, abs=1.5)


def test_a_hang_up_ends_the_recordings_of_the_call(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    start(client, call)
    start(client, call)
    box.advance(8)
    call.hang_up()
    call.hang_up()
    box.advance(2)
    assert len(box.recordings) == 2
    for command in (client.calls.actions.stop_recording, client.calls.actions.pause_recording):
        with pytest.raises(CallEndedError, match="the call has ended"):
            command(call.id)
    with pytest.raises(CallEndedError, match="or it never existed"):
        client.calls.actions.stop_recording("v3:none")


def test_a_repeated_command_is_carried_out_once(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    for _ in range(3):
        start(client, call, command_id="once")
    assert len(call.takes) == 1
    start(client, call)
    assert len(call.takes) == 2
    dialed = [
        client.calls.dial(connection_id="1", from_="+1", to="+2", command_id="dial").data
        for _ in range(2)
    ]
    assert dialed[0] == dialed[1]


def test_a_lost_response_does_not_start_a_second_recording(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    box.fail_next(503, times=2)
    start(client, call)
    assert len(call.takes) == 1
    paths = [each.path for each in box.requests]
    assert sum("record_start" in path for path in paths) == 3


def test_a_recording_that_is_not_there_cannot_be_changed(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    with pytest.raises(UnprocessableEntityError, match="no such recording in progress") as caught:
        client.calls.actions.stop_recording(call.id)
    assert not isinstance(caught.value, CallEndedError)
    with pytest.raises(UnprocessableEntityError) as caught:
        client.calls.actions.start_recording(call.id, format="flac", channels="single")
    assert caught.value.pointer == "/format"


def test_a_recording_ends_at_its_maximum_duration(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    start(client, call, max_length=20)
    box.advance(100)
    assert seconds(box) == pytest.approx(20, abs=0.01)
    assert call.ended is None


def test_each_step_sends_a_signed_event(box: Sandbox, client: Client, receiver: Receiver) -> None:
    dialed = client.calls.dial(connection_id="1", from_="+1", to="+2", client_state="c3RhdGU=")
    assert dialed.data is not None
    call_id = dialed.data.call_control_id or ""
    client.calls.actions.start_recording(call_id, format="mp3", channels="dual", transcription=True)
    box.advance(12)
    client.calls.actions.stop_recording(call_id)
    box.advance(10)
    assert receiver.types == [
        "call.answered",
        "call.recording.saved",
        "call.recording.transcription.saved",
    ]
    assert receiver.bodies == [json.loads(each.body)["data"] for each in box.deliveries]
    for body in receiver.bodies:
        assert body["payload"]["call_control_id"] == call_id
        assert body["payload"]["client_state"] == "c3RhdGU="
    [recording] = client.recordings.list()
    saved = webhooks.unsafe_unwrap(box.deliveries[1].body)
    assert webhooks.event_id(saved) == box.deliveries[1].event_id
    assert receiver.bodies[1]["payload"]["recording_id"] == recording.id
    assert receiver.bodies[1]["payload"]["recording_urls"].keys() == {"mp3"}


def test_a_transcription_is_in_progress_before_it_is_complete(box: Sandbox, client: Client) -> None:
    call = box.start_call(record=True, transcription=True, transcript="Hello, workshop.")
    box.advance(4)
    call.hang_up()
    box.advance(2)
    [begun] = client.recording_transcriptions.list()
    assert (begun.status, begun.transcription_text) == ("in-progress", None)
    box.advance(5)
    [done] = client.recording_transcriptions.list()
    assert (done.id, done.status) == (begun.id, "completed")
    assert done.transcription_text == "Hello, workshop."


def test_without_a_driven_clock_time_passes_by_itself(receiver: Receiver) -> None:
    with Sandbox(0, webhook_url=receiver.url, processing_delay=0.05) as box:
        call = box.start_call(record=True)
        processes.wait_until(lambda: receiver.types)
        call.hang_up()
        processes.wait_until(lambda: "call.recording.saved" in receiver.types)
        assert len(box.recordings) == 1


def test_a_conference_is_recorded_by_its_id_or_its_name(
    box: Sandbox, client: Client, receiver: Receiver
) -> None:
    conference = box.start_conference("standup")
    actions = client.conferences.actions
    actions.record_start("standup", format="wav")
    box.advance(5)
    actions.record_pause(conference.id)
    box.advance(5)
    actions.record_resume("standup")
    actions.record_stop(conference.id)
    box.advance(2)
    [recording] = client.recordings.list(filter={"conference_id": conference.id})
    assert (recording.source, recording.initiated_by) == (
        "conference",
        "StartConferenceRecordingAPI",
    )
    assert receiver.types == ["conference.recording.saved"]
    with pytest.raises(CallEndedError, match="conference"):
        actions.record_stop("nobody")
    conference.end()
    with pytest.raises(CallEndedError, match="the conference has ended"):
        actions.record_start("standup", format="wav")


def test_texml_shows_the_same_recordings(box: Sandbox, client: Client) -> None:
    call = box.start_call()
    calls = client.texml.accounts.calls
    begun = calls.recordings_json.recordings_json(call.id, account_sid="a1", play_beep=False)
    assert begun.sid is not None
    box.advance(9)
    paused = calls.recordings.recording_sid_json(
        begun.sid, account_sid="a1", call_sid=call.id, status="paused"
    )
    assert paused.status == "paused"
    [row] = calls.recordings_json.retrieve_recordings_json(call.id, account_sid="a1")
    assert (row.sid, row.status, row.duration) == (begun.sid, "paused", None)
    call.hang_up()
    box.advance(2)
    one = client.texml.accounts.recordings.json.retrieve_recording_sid_json(
        begun.sid, account_sid="a1"
    )
    assert one.duration == pytest.approx(9, abs=1)
    assert one.date_created is not None
    assert one.date_created.tzinfo is UTC
    for _ in range(6):
        box.add_recording()
    listed = client.texml.accounts.retrieve_recordings_json("a1", page_size=3)
    assert listed.has_next_page()
    assert {each.sid for each in listed} == {each.id for each in box.recordings}
    today = datetime.now(UTC).date().isoformat()
    assert len(list(client.texml.accounts.retrieve_recordings_json("a1", date_created=today))) > 0


def test_audio_of_ones_own_is_served_unchanged(
    box: Sandbox, client: Client, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x01\x00\x02\x00" * 12_000)
    path = tmp_path / "own.wav"
    path.write_bytes(buffer.getvalue())
    for given in (path, buffer.getvalue()):
        added = box.add_recording(audio=given)
        recording = client.recordings.retrieve(added.id).data
        assert recording is not None
        assert (recording.duration_millis, recording.channels) == (1500, "dual")
        got = client.download(recording, tmp_path / f"{added.id}.wav")
        assert got.path is not None
        assert got.path.read_bytes() == buffer.getvalue()
    with pytest.raises(ValueError, match="duration_millis"):
        box.add_recording(audio=b"ID3")


def test_dates_are_relative_to_now_unless_they_are_set() -> None:
    with Sandbox(20) as box, Client(box.api_key, box.base_url) as client:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        assert list(client.recordings.list(filter={"created_at": {"gte": yesterday}}))
        assert not list(client.recordings.list(filter={"created_at": {"gte": datetime.now(UTC)}}))
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    fixed = [Sandbox(3, at=at).recordings for at in (moment, moment.isoformat())]
    assert [dict(each.fields) for each in fixed[0]] == [dict(each.fields) for each in fixed[1]]
    with Sandbox(0, at=moment) as box:
        call = box.start_call(record=True)
        call.hang_up()
        box.advance(2)
        created = box.recordings[0].fields["created_at"]
        assert str(created).startswith("2026-03-01T12:00")


def test_an_update_of_voice_settings_keeps_the_other_settings(box: Sandbox, client: Client) -> None:
    box.add_phone_number("77")
    voice = client.phone_numbers.voice
    voice.update("77", call_recording={"inbound_call_recording_enabled": True})
    with pytest.raises(UnprocessableEntityError, match="at /call_recording/inbound_call_recording"):
        voice.update("77", call_recording={"inbound_call_recording_channels": "triple"})
    changed = voice.update("77", call_recording={"inbound_call_recording_format": "mp3"}).data
    assert changed is not None
    assert changed.call_recording is not None
    assert changed.call_recording.inbound_call_recording_enabled is True
    assert changed.call_recording.inbound_call_recording_channels == "single"
    assert changed.additional_properties["usage_payment_method"] == "pay-per-minute"
    sent = box.requests[-1]
    assert (sent.method, sent.path) == ("PATCH", "/v2/phone_numbers/77/voice")


def test_a_bulk_deletion_of_room_recordings_deletes_one_page() -> None:
    with Sandbox(10) as box, Client(box.api_key, box.base_url) as client:
        before = [each.id for each in client.room_recordings.list()]
        deleted = client.room_recordings.delete_bulk(page_size=4).data
        assert deleted is not None
        assert deleted.room_recordings == 4
        assert [each.id for each in client.room_recordings.list()] == before[4:]


def test_a_file_has_the_same_text_each_time(box: Sandbox, client: Client) -> None:
    box.add_recording(duration_millis=4000)
    audio = box.audio(box.recordings[0].id, "wav")
    transcribe = client.ai.audio.transcribe
    model = "distil-whisper/distil-large-v2"
    one, two = (transcribe(file=audio, model=model, response_format="verbose_json") for _ in "ab")
    assert one == two
    assert one.duration == pytest.approx(4.0)
    assert one.segments is not None
    assert one.segments[-1].end == pytest.approx(4.0)
    assert transcribe(file_url="https://media.example.org/a.mp3", model=model).segments is None
    with pytest.raises(UnprocessableEntityError, match="file"):
        transcribe(model=model)


@pytest.mark.parametrize("page", ["abc", "-1", "\u00b2", "", "1.5"])
def test_an_invalid_page_of_a_texml_list_is_refused(call: Caller, page: str) -> None:
    response = call("GET", "/texml/Accounts/account/Recordings.json", {"Page": page})
    assert response.status in (400, 422)
    assert response.error["source"] == {"parameter": "Page"}


@pytest.mark.parametrize("url", ["nope", "", "ftp://127.0.0.1/", "127.0.0.1:8000"])
def test_a_webhook_url_that_is_no_web_address_is_refused(call: Caller, url: str) -> None:
    with pytest.raises(ValueError, match="must begin with http"):
        Sandbox(0, webhook_url=url)
    with pytest.raises(ValueError, match="must begin with http"):
        call.box.start_call(webhook_url=url)
    with pytest.raises(ValueError, match="must begin with http"):
        call.box.start_conference(webhook_url=url)
    dial = {"connection_id": "1", "from": "+1", "to": "+2", "webhook_url": url}
    response = call("POST", "/calls", body=json.dumps(dial).encode())
    assert (response.status, response.error["source"]) == (422, {"pointer": "/webhook_url"})


def test_the_limits_of_a_call_may_be_null(call: Caller) -> None:
    dial = {"connection_id": "1", "from": "+1", "to": "+2", "time_limit_secs": None}
    assert call("POST", "/calls", body=json.dumps(dial).encode()).status == 200


@pytest.mark.parametrize("invalid", [{"record_format": "ogg"}, {"record_channels": "triple"}])
def test_a_recording_that_cannot_be_made_is_refused_when_the_call_starts(
    call: Caller, invalid: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="mp3 or wav, and single or dual"):
        call.box.start_call(record=True, **invalid)


@pytest.mark.parametrize("seconds", [1e12, -1e12, math.inf, -math.inf, math.nan])
def test_the_clock_cannot_be_set_beyond_the_calendar(seconds: float) -> None:
    with Sandbox(recordings=0) as box:
        box.start_call(record=True)
        with pytest.raises(ValueError, match="years 2 to 9998"):
            box.advance(seconds)
        box.advance(1)
        assert box.add_recording().created


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_at_the_end_of_the_calendar_is_refused(at: str) -> None:
    for recordings in (0, 3):
        with pytest.raises(ValueError, match="years 2 to 9998"):
            Sandbox(recordings, at=at)
    with pytest.raises(ValueError, match="out of range"):
        Sandbox(0).add_recording(created_at=at, transcript="Hello.")


def test_the_clock_runs_on_while_an_action_is_far_away() -> None:
    clock, ran = Clock(), threading.Event()
    clock.at(clock.moment() + 10**18, lambda _: None)
    clock.start()
    for _ in range(3):
        ran.clear()
        clock.at(clock.moment(), lambda _: ran.set())
        assert ran.wait(processes.PATIENCE)
    clock.stop()


@pytest.mark.parametrize("delay", [math.inf, math.nan])
def test_a_delay_without_end_is_refused(delay: float) -> None:
    for name in ("processing_delay", "transcription_delay"):
        options: dict[str, Any] = {name: delay}
        with pytest.raises(ValueError, match=f"seconds, not {delay}"):
            Sandbox(0, **options)


@pytest.mark.parametrize(("text", "status"), [("many", 400), ("9" * 5000, 400), ("-1", 422)])
def test_an_invalid_duration_of_room_recordings_is_refused(
    call: Caller, text: str, status: int
) -> None:
    answer = call("GET", "/room_recordings", {"filter[duration_secs]": text})
    assert answer.status == status
    assert answer.error["source"] == {"parameter": "filter[duration_secs]"}
