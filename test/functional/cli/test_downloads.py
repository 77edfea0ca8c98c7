"""Tests `download` of several recordings: by filter, in parallel, and interrupted."""

import json
import os
import signal
import time
from pathlib import Path

import processes
from behaviours import Reply
from buckets import s3
from cli_caller import PROGRAM, Caller, Terminal
from fakes import Server
from fakes_media import wav
from telnyx_recordings.sandbox import Sandbox


def test_recordings_are_downloaded_by_filter(box: Sandbox, cli: Caller) -> None:
    ids = [f"mine-{n}" for n in range(20)]
    for id_ in ids:
        box.add_recording(id=id_, from_="+12125550999", created_at="2026-02-01T09:00:00.000Z")
    mine = ("download", "--from", "+1 212 555 0999", "-o", "audio/")
    listed = [json.loads(line)["id"] for line in cli("list", "--from", "+12125550999").out.split()]
    ran = cli(*mine)
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.code, [row["recording_id"] for row in rows]) == (0, listed)
    for id_ in ids:
        assert Path("audio", f"{id_}.wav").read_bytes() == box.audio(id_, "wav")
    again = [json.loads(line) for line in cli(*mine, "--limit", "3").out.splitlines()]
    assert [row["already_there"] for row in again] == [True] * 3


def test_channels_are_a_filter_of_downloads(box: Sandbox, cli: Caller) -> None:
    box.add_recording(id="dual", from_="1", channels="dual")
    box.add_recording(id="single", from_="1", channels="single")
    ran = cli("download", "--from", "1", "--channels", "dual")
    assert [json.loads(line)["recording_id"] for line in ran.out.splitlines()] == ["dual"]


def test_one_that_fails_does_not_stop_the_others(box: Sandbox, cli: Caller) -> None:
    for n in range(12):
        box.add_recording(id=f"mine-{n}", from_="1", formats=["mp3", "wav"] if n % 3 else [])
    ran = cli("download", "--from", "1", "-o", "audio/")
    assert (ran.code, ran.err.count("\n"), ran.out.count("\n")) == (1, 4, 8)
    assert len(list(Path("audio").iterdir())) == 8


def test_a_download_needs_ids_or_a_filter(box: Sandbox, cli: Caller) -> None:
    for arguments in ([], ["x", "--from", "1"]):
        ran = cli("download", *arguments)
        assert (ran.code, ran.err.count("\n"), box.requests) == (2, 1, [])
    assert cli("download", "--from", "1", "-o", "call.wav").code == 2
    assert cli("download", "--from", "nobody", "--format", "table").err == "nothing found\n"


def test_a_terminal_shows_how_many_are_left(box: Sandbox) -> None:
    for n in range(5):
        box.add_recording(id=f"mine-{n}", from_="1", duration_millis=60_000)
    with Terminal("download", "--from", "1", columns=80) as running:
        assert running.finish() == 0
    assert "downloading 5 of 5" in running.shown
    assert "KiB/s" in running.shown or "MiB/s" in running.shown
    table = running.shown.rpartition("downloading")[2].splitlines()
    assert sum("mine-" in line for line in table) == 5
    assert all(len(line) <= 80 for line in table[2:])


def test_an_interruption_ends_parallel_downloads_at_once(box: Sandbox) -> None:
    box.delay(0.01)
    for n in range(40):
        box.add_recording(id=f"mine-{n}", from_="1")
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = (*PROGRAM, "download", "--from", "1", "-o", "audio/")
    with processes.started(*command, env=unbuffered) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        box.delay(30)
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)  # like SIGINT, but never ignored
        told = running.stderr.read()
        assert running.wait(processes.PATIENCE) == 130
        assert time.monotonic() - started < 20
    box.delay(0)
    assert "Traceback" not in told
    assert "run the same command again" in told


def test_own_storage_is_read_if_the_option_says_so(cli: Caller, tmp_path: Path) -> None:
    audio = wav(1000)
    with s3(tmp_path / "state") as bucket:
        bucket.put("a.wav", audio)
        links = {"wav": f"{bucket.url}/a.wav"}
        body = {"data": {"id": "rec-1", "status": "completed", "download_urls": links}}
        with Server(Reply(body=body)) as api:
            target = str(tmp_path / "a.wav")
            command = ("download", "rec-1", "--base-url", api.base_url, "-o", target)
            ran = cli(*command)
            assert ran.code == 1
            assert f"{bucket.url}/a.wav" in ran.err
            assert cli(*command, "--own-storage").code == 0
    assert (tmp_path / "a.wav").read_bytes() == audio
