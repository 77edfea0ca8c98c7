"""Tests `record`: start, stop, pause and resume the recording of a call."""

import json

import pytest

from cli_caller import Caller
from telnyx_recordings.sandbox import Sandbox


def test_a_call_is_recorded_from_start_to_stop(box: Sandbox, cli: Caller) -> None:
    before = {row.id for row in box.recordings}
    call = box.start_call().call_control_id
    for action, seconds in (("start", 4), ("pause", 30), ("resume", 2), ("stop", 60)):
        ran = cli("record", action, call)
        assert ran.code == 0
        row = json.loads(ran.out)
        assert (row["call_control_id"], row["action"], row["result"]) == (call, action, "ok")
        assert row["command_id"]
        box.advance(seconds)
    [recording] = [row for row in box.recordings if row.id not in before]
    assert recording.fields["channels"] == "dual"
    assert 5_500 <= int(str(recording.fields["duration_millis"])) <= 6_500
    assert box.audio(recording.id, "wav").startswith(b"RIFF")


def test_a_conference_is_recorded_from_start_to_stop(box: Sandbox, cli: Caller) -> None:
    before = {row.id for row in box.recordings}
    conference = box.start_conference().conference_id
    start = cli("record", "start", conference, "--conference", "--channels", "single")
    assert (start.code, json.loads(start.out)["conference_id"]) == (0, conference)
    box.advance(4)
    assert cli("record", "stop", conference, "--conference", "--format", "table").code == 0
    box.advance(60)
    [recording] = [row for row in box.recordings if row.id not in before]
    assert recording.fields["conference_id"] == conference


def test_a_recording_takes_its_options_at_its_start(box: Sandbox, cli: Caller) -> None:
    before = {row.id for row in box.recordings}
    call = box.start_call().call_control_id
    options = ("--channels", "single", "--audio", "mp3", "--max-length", "3", "--transcription")
    ran = cli("record", "start", call, *options, "--format", "table")
    assert ran.code == 0
    assert "started" in ran.out
    box.advance(120)
    [recording] = [row for row in box.recordings if row.id not in before]
    assert recording.fields["channels"] == "single"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["begin", "x"], 2, "'begin' is not one of"),
        (["start", "x", "--recording-id", "y"], 2, "--recording-id is for stop, pause and resume"),
        (["stop", "x", "--play-beep", "--audio", "mp3"], 2, "--audio, --play-beep: only for start"),
        (["start", "x", "--conference", "--max-length", "3"], 2, "--max-length: only for calls"),
        (["stop", "x", "--region", "Europe"], 2, "--region: only with --conference"),
        (["start", "no-such-call"], 1, "404"),
        (["start", ""], 2, "non-empty"),
        (["stop", "..", "--conference"], 2, "path other than"),
    ],
)
def test_an_invalid_record_command_is_an_error_of_one_line(
    cli: Caller, arguments: list[str], code: int, words: str
) -> None:
    ran = cli("record", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert words in ran.err


def test_the_end_of_the_call_is_named(box: Sandbox, cli: Caller) -> None:
    call = box.start_call()
    call.end()
    ran = cli("record", "start", call.call_control_id)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "ended" in ran.err
