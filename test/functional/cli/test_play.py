"""Tests `play`, with programs that stand for a player."""

import shlex
import sys
from pathlib import Path

import pytest

from cli_caller import Caller
from telnyx_recordings.sandbox import Sandbox

COPY = "import shutil, sys; shutil.copy(sys.argv[-1], sys.argv[1])"


def test_a_recording_is_played_and_its_file_removed(
    box: Sandbox, cli: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    id_ = box.recordings[0].id
    player = shlex.join([sys.executable, "-c", COPY, str(tmp_path / "heard")])
    assert cli("play", id_, "--player", player) == (0, "", "")
    assert (tmp_path / "heard").read_bytes() == box.audio(id_, "wav")
    assert cli("play", id_, "--player", player, "--audio", "mp3").code == 0
    assert (tmp_path / "heard").read_bytes() == box.audio(id_, "mp3")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_installed_player_is_found(
    box: Sandbox, cli: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = cli("play", box.recordings[0].id)
    assert (ran.code, ran.err.count("\n"), len(box.requests)) == (1, 1, 0)
    assert "mpv" in ran.err
    assert "--player" in ran.err
    aplay = tmp_path / "aplay"
    aplay.write_text(f'#!/bin/sh\n[ "$1" = -q ] && echo "$2" > {tmp_path}/heard\n')
    aplay.chmod(0o755)
    assert cli("play", box.recordings[0].id).code == 0
    assert (tmp_path / "heard").read_text().endswith(f"{box.recordings[0].id}.wav\n")


@pytest.mark.parametrize(
    ("player", "code", "words"),
    [
        ("false", 1, "false failed with exit code 1"),
        ("no-such-player", 2, "there is no program"),
        ("", 2, "there is no program"),
        ("mpv 'x", 2, "No closing quotation"),
    ],
)
def test_a_player_that_fails_is_reported(
    box: Sandbox, cli: Caller, player: str, code: int, words: str
) -> None:
    ran = cli("play", box.recordings[0].id, "--player", player)
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert words in ran.err
