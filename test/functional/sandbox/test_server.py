"""Tests that the sandbox starts and stops cleanly: as a block, a program and a pytest fixture."""

import gc
import io
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3

import processes
from fakes import AT_ONCE
from sandbox_caller import Caller, calling
from telnyx_recordings import Client
from telnyx_recordings.sandbox import Sandbox, screen
from telnyx_recordings.sandbox.__main__ import main

COMMAND = (sys.executable, "-W", "error", "-m", "telnyx_recordings.sandbox")
ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


@contextmanager
def program(*arguments: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run the program; yield it and the first line that it prints."""
    with processes.started(*COMMAND, *arguments, env=ENVIRONMENT) as process:
        assert process.stdout
        yield process, process.stdout.readline().rstrip("\n")


def test_a_stopped_sandbox_leaves_no_thread_and_no_port() -> None:
    with calling(Sandbox(3)) as call:
        assert call("GET", "/recordings").status == 200
        assert "telnyx-sandbox" in {thread.name for thread in threading.enumerate()}
        port = urlsplit(call.box.base_url).port or 0
    assert "telnyx-sandbox" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass
    with calling(Sandbox(3, port=port)) as call:
        assert call("GET", "/recordings").status == 200
    gc.collect()  # an unclosed socket would warn now, which fails the test


def test_a_sandbox_can_be_started_again() -> None:
    box = Sandbox(3)
    with calling(box) as call:
        call.box.add_recording(id="kept")
        with pytest.raises(RuntimeError, match="already"):
            box.__enter__()
    with pytest.raises(RuntimeError, match="inside its `with` block"):
        _ = box.base_url
    with calling(box) as call:
        assert call("GET", "/recordings/kept").status == 200


def test_a_taken_port_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        box = Sandbox(0, port=other.getsockname()[1])
        with pytest.raises(OSError, match="in use"), box:
            pass
    assert "telnyx-sandbox" not in {thread.name for thread in threading.enumerate()}


def test_stopping_waits_for_no_request(caplog: pytest.LogCaptureFixture) -> None:
    with calling(Sandbox(3)) as call:
        call.box.add_recording(id="long", duration_millis=3_600_000)
        host, port = "127.0.0.1", urlsplit(call.box.base_url).port
        half = socket.create_connection((host, port))
        half.sendall(b"GET /v2/recordings HTTP/1.1\r\nHost:")
        url = call("GET", "/recordings/long").body["data"]["download_urls"]["mp3"]
        unread = call.http.request("GET", url, preload_content=False)
        call.box.delay(60)
        late = socket.create_connection((host, port))
        late.sendall(b"GET /v2/recordings HTTP/1.1\r\nHost: x\r\n\r\n")
        processes.wait_until(lambda: len(call.box.requests) >= 3)
        began = time.monotonic()
    assert time.monotonic() - began < AT_ONCE
    for open_one in (half, unread, late):
        open_one.close()
    assert not caplog.records


def test_several_sandboxes_run_at_once() -> None:
    with calling(Sandbox(1, 1)) as one, calling(Sandbox(2, 2)) as two:
        assert one.box.base_url != two.box.base_url
        assert len(one("GET", "/recordings").ids) == 1
        assert len(two("GET", "/recordings").ids) == 2


def test_threads_can_use_a_sandbox_at_once() -> None:
    statuses: list[int] = []

    def work(call: Caller) -> None:
        for _ in range(10):
            call.box.add_recording()
            statuses.append(call("GET", "/recordings", {"page[size]": "250"}).status)

    with calling(Sandbox(50)) as call:
        threads = [threading.Thread(target=work, args=(call,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        processes.end(*threads)
        assert statuses == [200] * 80
        assert len(call.box.recordings) == 130


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_the_program_prints_its_url_and_ends_politely(kind: signal.Signals) -> None:
    with program("--port", "0", "--recordings", "30", "--seed", "7", "--api-key", "KEY7") as (
        process,
        base_url,
    ):
        assert urlsplit(base_url).path == "/v2"
        key = {"Authorization": "Bearer KEY7"}
        answer = urllib3.request("GET", f"{base_url}/recordings", headers=key).json()
        assert [row["id"] for row in answer["data"]] == [
            row.id for row in Sandbox(30, 7).recordings[:20]
        ]
        process.send_signal(kind)
        rest, complaints = process.communicate(timeout=30)
        assert (process.returncode, rest, complaints) == (0, "", "")


def test_the_program_says_that_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with program("--port", port) as (process, _):
            _, complaints = process.communicate(timeout=30)
    assert process.returncode == 1
    assert complaints.startswith(f"cannot serve on port {port}: ")
    assert complaints.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--port", "65536", "from 0 to 65535"),
        ("--port", "-1", "from 0 to 65535"),
        ("--recordings", "-1", "at least 0"),
        ("--rate-limit", "0", "at least 1"),
        ("--recordings", "many", "invalid whole_number value: 'many'"),
        ("--at", "0001-01-01", "out of range"),
        ("--webhook-url", "nope", "http://"),
    ],
)
def test_the_program_refuses_values_that_make_no_sense(
    capsys: pytest.CaptureFixture[str], option: str, value: str, wanted: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([option, value])
    assert wanted in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_a_missing_sandbox_extra_is_named(missing: str) -> None:
    told = "the sandbox needs the extra sandbox: pip install 'starlette>=1.3.1' 'uvicorn>=0.30'\n"
    names = (
        "from telnyx_recordings import errors, sandbox\n"
        "try: sandbox.Sandbox\n"
        "except errors.MissingExtraError as error: print(error)"
    )
    assert without(missing, names) == (0, told, "")
    assert without(missing, run_with()) == (1, "", f"telnyx-recordings-sandbox: {told}")
    assert "--recordings" in without(missing, run_with("--help"))[1]


def run_with(*arguments: str) -> str:
    """Write a program that runs the sandbox's own."""
    own = "import sys; from telnyx_recordings.sandbox.__main__ import main"
    return f"{own}; sys.exit(main({list(arguments)!r}))"


def without(module: str, code: str) -> tuple[int, str, str]:
    """Run code where a module is not installed; return its exit code and output."""
    hidden = f"import sys; sys.modules[{module!r}] = None\n{code}"
    command = [sys.executable, "-c", hidden]
    done = processes.run(*command, env=ENVIRONMENT)
    return done.returncode, done.stdout, done.stderr


USERS_CONFTEST = 'pytest_plugins = ["telnyx_recordings.sandbox.pytest_plugin"]'
USERS_TESTS = """
import pytest
from telnyx_recordings.sandbox import Sandbox

def ids(box):
    return [recording.id for recording in box.recordings]

def test_fixture(telnyx_sandbox):
    assert telnyx_sandbox.base_url.startswith("http://127.0.0.1:")
    assert ids(telnyx_sandbox) == ids(Sandbox(25))

@pytest.mark.telnyx_sandbox(seed=9, order="oldest")
def test_marker(telnyx_sandbox):
    assert ids(telnyx_sandbox) == ids(Sandbox(25, 9, order="oldest"))
"""


def test_users_have_a_fixture_and_its_marker(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(USERS_CONFTEST)
    (tmp_path / "test_users.py").write_text(USERS_TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-W",
        "error",
        "--strict-markers",
        "-q",
        str(tmp_path),
    ]
    done = processes.run(*command, env=ENVIRONMENT)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


class CallsAtOnce(io.StringIO):
    """A terminal whose user makes a request as soon as the instructions are there."""

    def isatty(self) -> bool:
        return True

    def flush(self) -> None:
        """Show what was written; make the request, and stop the program, once it is ready."""
        if self.getvalue().endswith("Requests:\n"):
            with Client("KEY_SANDBOX", self.getvalue().partition("\n")[0]) as client:
                client.recordings.list()
            raise KeyboardInterrupt


def test_a_request_that_follows_the_instructions_at_once_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = CallsAtOnce()
    monkeypatch.setattr("sys.stdout", terminal)
    with Sandbox(3) as box, pytest.raises(KeyboardInterrupt):
        screen.serve(box)
    assert re.search(r"^GET /v2/recordings\b.* 200 \d+ ms$", terminal.getvalue(), re.MULTILINE)
