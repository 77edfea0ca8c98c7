"""Tests that the guide to webhooks is right: its snippets run, and its receiver loses nothing."""

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Self

import pytest
import urllib3

import processes
from fakes import AT_ONCE
from fences import PROGRAM, ROOT, of_page
from telnyx_recordings import webhooks
from telnyx_recordings.errors import WebhookReplayError
from telnyx_recordings.sandbox import Sandbox

RECEIVER = ROOT / "docs" / "examples" / "webhook_receiver.py"
SNIPPETS = [each.code for each in of_page("docs/webhooks.md", PROGRAM) if not each.title]

EXTRA = webhooks.generate_keys(b"x" * 32)
"""A second key of the receiver's, to sign with what the sandbox does not send."""


class Receiver:
    """The guide's receiver as a process of its own, on a socket that outlives it."""

    def __init__(self, folder: Path, box: Sandbox, environment: Mapping[str, str]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._folder = folder
        self._environment = {
            **os.environ,
            "AUDIO": str(folder / "audio"),
            "EVENTS": str(folder / "events.db"),
            "TELNYX_API_KEY": box.api_key,
            "TELNYX_BASE_URL": box.base_url,
            "TELNYX_PUBLIC_KEY": f"{box.public_key},{EXTRA.public_key}",
            **environment,
        }
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/telnyx"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; requests that arrive before it is ready wait in the socket."""
        fd = self._listener.fileno()
        program = (sys.executable, "-m", "uvicorn", "--app-dir", RECEIVER.parent, "--fd", str(fd))
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                (*program, "webhook_receiver:app"),
                pass_fds=[fd],
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """Kill it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(processes.PATIENCE)

    def finish(self) -> dict[str, bool]:
        """Stop it after it has tried all events; return them: id, and whether it is done."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(processes.PATIENCE)
        return self.events()

    def events(self) -> dict[str, bool]:
        """Return what is on its disk."""
        with closing(sqlite3.connect(self._folder / "events.db")) as db:
            return {row[0]: bool(row[1]) for row in db.execute("SELECT id, done FROM events")}

    def audio(self) -> dict[str, bytes]:
        """Return the files that it keeps, by the recordings' ids."""
        return {path.stem: path.read_bytes() for path in (self._folder / "audio").iterdir()}

    def log(self) -> str:
        return (self._folder / "log").read_text("utf-8")

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Post a delivery to it, and return the status of the response."""
        with urllib3.PoolManager(retries=False) as http:
            return http.request("POST", self.url, body=body, headers=headers).status

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()
        self._listener.close()


Receive = Callable[..., Receiver]


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox(5) as running:
        yield running


@pytest.fixture
def receive(tmp_path: Path, box: Sandbox) -> Iterator[Receive]:
    """Start receivers of the sandbox's events, each with its own settings."""
    with ExitStack() as stack:

        def start(**environment: str) -> Receiver:
            return stack.enter_context(Receiver(tmp_path, box, environment))

        yield start


def fetched(box: Sandbox) -> list[str]:
    """Return the ids of the requested recordings, one per request."""
    paths = [seen.path for seen in box.requests]
    return [path.rpartition("/")[2] for path in paths if path.startswith("/v2/recordings/")]


def test_each_event_is_processed_once(box: Sandbox, receive: Receive) -> None:
    receiver = receive()
    first, second = (row.id for row in box.recordings[:2])
    types = ["call.recording.saved", "call.recording.error", "call.hangup"]
    sent = box.send_webhook(
        receiver.url, types, recording_id=first, duplicates=2, out_of_order=True
    )
    sent += box.send_webhook(receiver.url, "conference.recording.saved", recording_id=second)
    assert [each.status for each in sent] == [200] * 10
    assert receiver.finish() == {each.event_id: True for each in sent}
    assert sorted(fetched(box)) == sorted([first, second])
    assert receiver.audio() == {each: box.audio(each, "wav") for each in (first, second)}
    assert "not recorded: The storage could not be reached" in receiver.log()


def test_the_receiver_responds_before_it_processes_an_event(box: Sandbox, receive: Receive) -> None:
    receiver = receive()
    box.send_webhook(receiver.url, "call.hangup")  # by now it has started
    box.delay(60)
    began = time.monotonic()
    sent = [box.send_webhook(receiver.url)[0] for _ in range(5)]
    assert time.monotonic() - began < AT_ONCE
    assert {each.status for each in sent} == {200}
    box.delay(0)


def test_accepted_events_survive_a_crash(box: Sandbox, receive: Receive) -> None:
    receiver = receive()
    box.delay(60)
    [sent] = box.send_webhook(receiver.url)
    assert sent.status == 200
    receiver.kill()
    assert receiver.events() == {sent.event_id: False}
    box.delay(0)
    receiver.start()
    assert box.send_webhook(receiver.url, "call.hangup")[0].status == 200
    assert set(receiver.finish().values()) == {True}
    wanted = box.recordings[0].id
    assert receiver.audio() == {wanted: box.audio(wanted, "wav")}


def test_failed_events_are_retried(box: Sandbox, receive: Receive) -> None:
    receiver = receive()
    box.fail_next(404)
    sent = [box.send_webhook(receiver.url, recording_id=row.id)[0] for row in box.recordings[:2]]
    receiver.finish()
    receiver.start()
    sent += box.send_webhook(receiver.url, "call.hangup")
    assert receiver.finish() == {each.event_id: True for each in sent}
    assert "is not done" in receiver.log()


def test_a_callback_that_is_a_form_is_kept(receive: Receive) -> None:
    receiver = receive()
    body = b"CallSid=v3%3Aabc&RecordingSid=r-1"
    for _ in range(2):
        headers = webhooks.sign(body, private_key=EXTRA.private_key)
        form = {"content-type": "application/x-www-form-urlencoded"}
        assert receiver.post(body, headers | form) == 200
    assert list(receiver.finish().values()) == [True]


def test_the_receiver_refuses_forged_requests(box: Sandbox, receive: Receive) -> None:
    receiver = receive()
    body = b'{"data": {"event_type": "call.recording.saved", "id": "secret-id"}}'
    assert receiver.post(body, {}) == 403
    stranger = webhooks.generate_keys()
    assert receiver.post(body, webhooks.sign(body, private_key=stranger.private_key)) == 403
    large = b" " * (webhooks.MAX_BODY + 1)
    assert receiver.post(large, webhooks.sign(large, private_key=EXTRA.private_key)) == 413
    for hour in (-3600, 7200):
        box.clock.advance(hour)
        assert box.send_webhook(receiver.url)[0].status == 403
    assert receiver.finish() == {}
    assert "secret-id" not in receiver.log()


def test_a_receiver_without_a_key_responds_500(box: Sandbox, receive: Receive) -> None:
    receiver = receive(TELNYX_PUBLIC_KEY="")
    assert box.send_webhook(receiver.url)[0].status == 500
    assert receiver.finish() == {}
    assert "set TELNYX_PUBLIC_KEY" in receiver.log()


def test_the_guide_shows_the_receiver_that_is_tested() -> None:
    assert RECEIVER.read_text("utf-8") in SNIPPETS


def test_the_snippets_of_the_webhook_guide_run(
    box: Sandbox, receive: Receive, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    names: dict[str, Any] = {"__name__": "guide"}
    for snippet in SNIPPETS:
        exec(compile(snippet, "docs/webhooks.md", "exec"), names)  # noqa: S102 - our own text
    monkeypatch.setenv("TELNYX_PUBLIC_KEY", box.public_key)
    receiver = receive(TELNYX_PUBLIC_KEY=Sandbox().public_key)

    [sent] = box.send_webhook(receiver.url)
    assert names["on_request"](sent.body, sent.headers) == 200
    assert names["on_request"](sent.body + b" ", sent.headers) == 403
    assert f"{sent.event_id} CallRecordingSavedWebhookEvent" in capsys.readouterr().out
    assert names["on_event"](webhooks.unsafe_unwrap(sent.body)) == box.recordings[0].id
    assert names["on_event"](webhooks.unsafe_unwrap(b"a=1")) is None

    webhooks.verify(sent.body, sent.headers, seen=names["seen"])
    with pytest.raises(WebhookReplayError):
        webhooks.verify(sent.body, sent.headers, seen=names["seen"])
    names["test_each_event_counts_once"](receiver.url)
