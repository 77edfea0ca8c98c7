"""Tests exit codes, errors in one line, interruptions, terminals and start-up of commands."""

import errno
import json
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

import processes
from cli_caller import KEY, PROGRAM, Caller, Terminal
from telnyx_recordings import Client
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.errors import EXTRAS
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.sandbox.__main__ import main as serve


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["list", "--nonsense"],
        ["list", "--since", "someday"],
        ["list", "--since", "March"],
        ["list", "--since", "01/02/2026"],
        ["list", "--since", "2026-03-02", "--until", "2026-03-01"],
        ["list", "--format", "xml"],
        ["list", "--base-url", "http://example.com/v2"],
        ["get"],
        ["download", "a", "b", "--output", "nowhere"],
        ["archive", "kept", "--layout", "{nonsense}"],
        ["archive", "kept", "--min-age", "old"],
    ],
    ids=" ".join,
)
def test_a_usage_error_is_one_line(cli: Caller, arguments: Sequence[str]) -> None:
    ran = cli(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith("telnyx-recordings: ")


def test_a_missing_key_is_a_usage_error(cli: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TELNYX_API_KEY")
    ran = cli("list")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "TELNYX_API_KEY" in ran.err


def test_an_api_error_is_one_line_without_secrets(box: Sandbox, cli: Caller) -> None:
    body = f'{{"errors": [{{"code": "1", "title": "no\\n{KEY} https://s3.example/a?X-Sig=abc"}}]}}'
    box.fail_next(401, body=body)
    ran = cli("list")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "X-Sig" not in ran.err
    assert "Traceback" not in ran.err


def test_a_rejected_key_stops_all_ids(box: Sandbox, cli: Caller) -> None:
    """The next id would fail in the same way."""
    box.fail_next(401)
    ran = cli("get", *(row.id for row in box.recordings[:3]))
    assert (ran.code, ran.out, ran.err.count("\n"), len(box.requests)) == (1, "", 1, 1)


def test_an_internal_error_shows_no_traceback_and_no_data(
    cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("secret data")

    monkeypatch.setattr(Client, "download", broken)
    ran = cli("download", "x")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "RuntimeError" in ran.err
    assert "secret data" not in ran.err


def test_output_in_ascii_is_complete(box: Sandbox) -> None:
    """JSON escapes other characters; elsewhere their code takes their place."""
    box.add_recording(id="zoe", from_="sip:Zoë\N{GRINNING FACE}@example.com")
    shown = {
        form: processes.run(
            *PROGRAM,
            "list",
            "--limit",
            "1",
            "--format",
            form,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=True,
        ).stdout
        for form in ("json", "csv", "table")
    }
    assert json.loads(shown["json"])["from"] == "sip:Zoë\N{GRINNING FACE}@example.com"
    assert "Zo\\xeb" in shown["csv"]
    assert "Zo\\xeb" in shown["table"]


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("rich", ["list", "--format", "table"], "cli"),
        ("uvicorn", ["sandbox"], "sandbox"),
    ],
)
def test_a_missing_extra_is_named(
    box: Sandbox, missing: str, arguments: Sequence[str], extra: str
) -> None:
    assert box.base_url
    program = (
        f"import sys; sys.modules['{missing}'] = None\n"
        "from telnyx_recordings.cli.__main__ import main\n"
        "sys.exit(main())"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = processes.run(*command)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.endswith(f"pip install {' '.join(map(repr, EXTRAS[extra]))}\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_an_interrupted_archive_states_how_to_resume(
    box: Sandbox, cli: Caller, number: signal.Signals
) -> None:
    box.delay(0.1)
    with Terminal("archive", "kept", "--workers", 1) as running:
        processes.wait_until(lambda: list(Path("kept").rglob("*.wav")))
        running.signal(number)
        assert running.finish() == 130
    assert "interrupted" in running.shown
    assert "run the same archive again" in running.shown
    assert "Traceback" not in running.shown
    box.delay(0)
    assert cli("archive", "kept").code == 0
    assert cli("verify", "kept").code == 0
    assert len(list(Path("kept").rglob("*.wav"))) == 30


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_do_not_stop_a_command(box: Sandbox, closed: str) -> None:
    """Some ways to start a program leave them closed."""
    program = f"exec {sys.executable} -m telnyx_recordings.cli"
    done = processes.run("sh", "-c", f"{program} archive kept {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list(Path("kept").rglob("*.wav"))) == len(box.recordings)
    refused = processes.run("sh", "-c", f"{program} purge kept --older-than 1d {closed}")
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_terminal_shows_a_table_and_progress(box: Sandbox) -> None:
    with Terminal("list", "--limit", 3) as running:
        assert running.finish() == 0
    assert "created (UTC)" in running.shown
    assert box.recordings[0].id in running.shown
    box.add_recording(id="long", duration_millis=1_200_000)
    with Terminal("download", "long") as running:
        assert running.finish() == 0
    assert "B/s" in running.shown  # the rate
    assert "0:00:" in running.shown  # the time left
    with Terminal("archive", "kept") as running:
        assert running.finish() == 0
    assert re.search(r"(listing|copying) \d+ of \d+", running.shown)
    assert "already there" in running.shown
    with Terminal("export", "kept", "out") as running:
        assert running.finish() == 0
    assert re.search(r"exporting \d+ of \d+", running.shown)


@pytest.mark.usefixtures("box")
def test_an_archive_waits_for_another_run_only_if_asked(cli: Caller) -> None:
    cli("archive", "kept")
    with ExitStack() as lock:
        lock.enter_context(open_store("kept").lock())
        for wait in ((), ("--wait", "1s")):
            ran = cli("archive", "kept", *wait)
            assert (ran.code, "another archive" in ran.err) == (1, True)
        with processes.started(*PROGRAM, "archive", "kept", "--wait", "10min") as running:
            assert running.poll() is None
            lock.close()
            assert running.wait(processes.PATIENCE) == 0


@pytest.mark.parametrize(("answer", "code", "left"), [("n", 1, 30), ("y", 0, 29)])
def test_a_purge_asks_before_it_erases(
    box: Sandbox, cli: Caller, answer: str, code: int, left: int
) -> None:
    cli("archive", "kept")
    with Terminal("purge", "kept", "--id", box.recordings[0].id) as running:
        running.until("[y/N]")
        running.type(f"{answer}\n")
        assert running.finish() == code
    assert re.search(
        r"1 recording, [\d.]+ KiB, created (\S+) to \1. Erase for good\?", running.shown
    )
    assert len(list(Path("kept").rglob("*.wav"))) == left


def test_an_archive_asks_before_it_deletes(box: Sandbox) -> None:
    for n, day in enumerate(("2026-01-05", "2026-02-07")):
        box.add_recording(id=f"mine-{n}", from_="+1", created_at=f"{day}T09:00:00.000Z")
    mine = ("archive", "kept", "--delete", "--from", "+1", "--min-age", "7d")
    with Terminal(*mine) as running:
        running.until("[y/N]")
        running.type("\n")
        assert running.finish() == 1
    assert re.search(
        r"This will delete 2 recordings older than 7 days at Telnyx after archiving them to kept "
        r"\([\d.]+ KiB, created 2026-01-05 to 2026-02-07\). Continue\?",
        " ".join(running.shown.split()),
    )
    assert not any("/media/" in each.path or each.method == "DELETE" for each in box.requests)
    with Terminal(*mine) as running:
        running.until("[y/N]")
        running.type("y\n")
        assert running.finish() == 0
    assert not {"mine-0", "mine-1"} & {row.id for row in box.recordings}


def test_an_archive_asks_whether_to_go_on_where_nothing_may_be_deleted(box: Sandbox) -> None:
    with Terminal("archive", "kept", "--delete", "--max-delete", 7) as running:
        running.until("[y/N]")
        running.type("y\n")
        assert running.finish() == 0
    assert "--max-delete allows 7 at most" in running.shown
    assert len(box.recordings) == len(list(Path("kept").rglob("*.wav"))) == 30


def test_the_sandbox_serves_until_it_is_terminated() -> None:
    with processes.started(*PROGRAM, "sandbox", "--recordings", 3) as running:
        assert running.stdout
        url = running.stdout.readline().strip()
        with Client("KEY_ANY", url) as client:
            assert len(list(client.recordings.list())) == 3
        running.terminate()
        assert running.wait(processes.PATIENCE) == 0


@pytest.mark.parametrize("module", ["telnyx_recordings.cli", "telnyx_recordings.sandbox"])
def test_the_sandbox_on_a_terminal_shows_how_to_use_it(module: str) -> None:
    arguments = ["sandbox"] if module.endswith("cli") else []
    program = (sys.executable, "-m", module)
    with Terminal(*arguments, "--recordings", 3, columns=80, program=program) as running:
        running.until("Requests:\r\n")
        first, *lines = running.shown.splitlines()
        assert re.fullmatch(r"http://127.0.0.1:\d+/v2", first)
        assert f"  export TELNYX_BASE_URL={first} TELNYX_API_KEY=KEY_SANDBOX" in lines
        assert "Ctrl-C" in lines[-1]
        with Client("KEY_SANDBOX", first) as client:
            assert len(list(client.recordings.list(filter={"to": "+1\x1b[2J"}))) == 0
        running.until(" ms\r\n")
        running.signal(signal.SIGTERM)
        assert running.finish() == 0
    assert re.search(
        r"^GET /v2/recordings\?.*to.*=.*\?\[2J.* 200 \d+ ms", running.shown, re.MULTILINE
    )
    assert "Traceback" not in running.shown


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_stops_all_downloads(
    box: Sandbox, cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them would fail, after being downloaded in vain."""
    monkeypatch.setattr("telnyx_recordings.disk.files.Files.write", _full)
    ran = cli("download", *(each.id for each in box.recordings[:5]), "--output", ".")
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert os.strerror(errno.ENOSPC) in ran.err
    assert sum("/media/" in each.path for each in box.requests) == 1


def test_a_port_in_use_is_reported(cli: Caller) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ran = cli("sandbox", "--port", other.getsockname()[1])
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert "in use" in ran.err
    assert "output" not in ran.err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--webhook-url", "nope", "http://"), ("--at", "0001-01-01", "range"), ("--at", "x", "ISO")],
)
def test_a_sandbox_that_cannot_start_reports_the_mistake(
    cli: Caller, option: str, value: str, words: str
) -> None:
    ran = cli("sandbox", option, value)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert words in ran.err


def test_an_empty_table_is_stated_on_standard_error(cli: Caller) -> None:
    nothing = ("list", "--since", "2030-01-01", "--format")
    assert cli(*nothing, "table") == (0, "", "nothing found\n")
    assert cli(*nothing, "json") == (0, "", "")
    assert cli(*nothing, "csv").out.count("\n") == 1


def test_both_programs_of_the_sandbox_have_the_same_options(
    cli: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = cli("sandbox", "--help").out
    with pytest.raises(SystemExit, match="0"):
        serve(["--help"])
    own, other = (set(re.findall(r"--[a-z-]+", text)) for text in (shown, capsys.readouterr().out))
    assert "--cursor-meta" in own
    assert own == other


def test_rich_and_the_client_are_imported_only_when_needed() -> None:
    program = (
        "import sys; from telnyx_recordings.cli.__main__ import main; main(sys.argv[1:]);"
        "print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    command = [sys.executable, "-c", program, "list", "--help"]
    root = Path(__file__).parents[3]
    # What measures coverage would load things of its own.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = processes.run(*command, cwd=root, env=bare, check=True)
    loaded = set(done.stderr.splitlines())
    assert not loaded & {"rich", "urllib3", "msgspec", "telnyx_recordings.client"}
    assert "urllib.parse" not in loaded  # nor anything that takes as long as click itself
