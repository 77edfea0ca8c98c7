"""Tests `transcribe`: of a file, and of a recording by its id."""

import json
from pathlib import Path

from cli_caller import Caller
from telnyx_recordings.sandbox import Sandbox


def test_a_file_and_a_recording_are_transcribed(box: Sandbox, cli: Caller) -> None:
    id_ = box.recordings[0].id
    Path("call.wav").write_bytes(box.audio(id_, "wav"))
    of_file = cli("transcribe", "call.wav")
    of_id = cli("transcribe", id_)
    assert (of_file.code, of_id.code) == (0, 0)
    text = json.loads(of_file.out)["text"]
    assert text
    assert json.loads(of_id.out) == {"source": id_, "text": text}
    assert cli("transcribe", "call.wav", "--format", "csv").out.startswith("source,text,duration\n")
    shown = cli("transcribe", "call.wav", "--format", "table").out
    assert " ".join(shown.split()) == text
    assert [path.name for path in Path.cwd().iterdir()] == ["call.wav"]


def test_segments_have_times(box: Sandbox, cli: Caller) -> None:
    Path("call.wav").write_bytes(box.audio(box.recordings[0].id, "wav"))
    segments = json.loads(cli("transcribe", "call.wav", "--segments").out)["segments"]
    lines = cli("transcribe", "call.wav", "--segments", "--format", "table").out.splitlines()
    assert len(lines) == len(segments) > 1
    assert lines[0].startswith("0:00  ")


def test_a_missing_file_is_not_used_as_an_id(box: Sandbox, cli: Caller) -> None:
    for name in ("nothing.wav", "folder/nothing"):
        ran = cli("transcribe", name)
        assert (ran.code, ran.err.count("\n"), box.requests) == (2, 1, [])
    assert cli("transcribe", "no-such-recording").code == 1
