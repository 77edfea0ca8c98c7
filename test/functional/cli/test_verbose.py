"""Tests `-v` and `--timeout`."""

import logging
import re

from cli_caller import Caller, Terminal
from telnyx_recordings.sandbox import Sandbox


def test_requests_retries_and_waits_are_shown(box: Sandbox, cli: Caller) -> None:
    quiet = cli("list", "--limit", "1")
    assert quiet.err == ""
    box.fail_next(503, headers={"retry-after": "0"})
    ran = cli("list", "--limit", "1", "-v")
    assert ran.out == quiet.out
    wait, request = ran.err.splitlines()
    assert re.fullmatch(r"GET /recordings waits \d+\.\d\d s after 503", wait)
    assert re.fullmatch(r"GET /recordings 200 \d+ ms attempt=2 request_id=\S+", request)
    assert not logging.getLogger("telnyx_recordings").handlers


def test_requests_for_audio_are_shown_without_their_signature(box: Sandbox, cli: Caller) -> None:
    """Anyone with a signed link can listen."""
    ran = cli("download", box.recordings[0].id, "--verbose")
    assert ran.code == 0
    assert f"/media/{box.recordings[0].id}.wav" in ran.err
    assert "X-Amz" not in ran.err


def test_verbose_output_has_no_progress_bar(box: Sandbox) -> None:
    with Terminal("archive", "kept", "-v") as running:
        assert running.finish() == 0
    assert "GET /recordings" in running.shown
    assert "━" not in running.shown
    assert box.recordings


def test_a_timeout_ends_a_request(box: Sandbox, cli: Caller) -> None:
    box.delay(30)
    ran = cli("list", "--timeout", "0.05", "-v")
    box.delay(0)
    assert ran.code == 1
    assert "waits" in ran.err
    assert "no response" in ran.err
    assert cli("list", "--timeout", "0").code == 2
