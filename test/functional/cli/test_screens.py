"""Tests that text from elsewhere cannot control a terminal, nor a spreadsheet."""

import csv
import errno
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import processes
from archiving import archive
from cli_caller import PROGRAM, Caller, Terminal
from telnyx_recordings.archive import verify
from telnyx_recordings.sandbox import Sandbox

HOSTILE = "a\x1b[2Jb\x07\x08\x7f\x9b31m\x85\u202egpj\u2028\u2066\ufeffz"
ON_A_SCREEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters that no command may print, apart from line breaks."""


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(
    ("command", "field"),
    [
        (["list", "--from", "mine"], "to"),
        (["get", "hostile"], "to"),
        (["transcripts", "hostile"], "transcription_text"),
    ],
)
def test_rows_and_transcripts_cannot_control_a_terminal(
    box: Sandbox, cli: Caller, command: list[str], field: str, form: str
) -> None:
    box.add_recording(
        id="hostile", from_="mine", to=HOSTILE, initiated_by=f"\n{HOSTILE}\n", transcript=HOSTILE
    )
    out = cli(*command, "--format", form).out
    assert not ON_A_SCREEN.search(out)
    assert "gpj" in out
    if form == "json":
        assert json.loads(out)[field] == HOSTILE


def test_csv_on_a_terminal_has_one_line_per_row(box: Sandbox) -> None:
    box.add_recording(id="breaks", from_="mine", to="x\ny\r\tz\0")
    with Terminal("list", "--from", "mine", "--format", "csv") as running:
        assert running.finish() == 0
    assert len(running.shown.splitlines()) == 2
    assert "x\\ny\\r\\tz\\x00" in running.shown


def test_file_names_cannot_control_a_terminal(box: Sandbox, cli: Caller) -> None:
    folder = f"new\nline{HOSTILE}"
    Path(folder).mkdir()
    for form in ("table", "json", "csv"):
        ran = cli("download", box.recordings[0].id, "-o", folder, "--format", form)
        assert ran.code == 0
        assert not ON_A_SCREEN.search(ran.out + ran.err)
    assert cli("download", box.recordings[0].id, "-o", folder, "--format", "table").out.count(
        "\n"
    ) == len(("heading", "rule", "row"))


@pytest.mark.parametrize("command", ["archive", "verify", "purge"])
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_reports_cannot_control_a_terminal(
    box: Sandbox, cli: Caller, command: str, form: str
) -> None:
    folder = f"new\nline{HOSTILE}"
    assert cli("archive", folder).code == 0
    Path(folder, f"stranger\n{HOSTILE}.wav").write_bytes(b"")
    next(Path(folder).rglob("*.wav.json")).with_suffix("").unlink()
    arguments = {"purge": ["--id", box.recordings[0].id, "--dry-run"]}.get(command, [])
    ran = cli(command, folder, *arguments, "--format", form)
    assert not ON_A_SCREEN.search(ran.out + ran.err)


def test_printed_results_cannot_control_a_terminal(box: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / f"new\nline{HOSTILE}"
    results = (archive(box, folder), verify(folder))
    for each in results:
        assert not ON_A_SCREEN.search(str(each) + each.to_json())
        assert json.loads(each.to_json())["destination"] == each.destination


FORMULAS = (
    *("=1+1", "+1", "-1", "@x", "\tx", "\rx", "\0x", "\nx", "\n=1", " =1", "\u00a0=1"),
    *("\u200b=1", "\ufeff=1", "\u200d\u2060 @x", "\uff1d1", "\uff0b1", "\uff0d1", "\uff20x"),
    *("\ufe661", "\u22121", "\x1b=1", "\u202e=1", " \t\n=1"),
)


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_cells_of_csv_are_never_formulas(box: Sandbox, cli: Caller, text: str) -> None:
    box.add_recording(id="formula", from_="mine", initiated_by=text)
    out = cli("list", "--from", "mine", "--format", "csv").out
    [row] = csv.DictReader(io.StringIO(out, newline=""))
    assert row["initiated_by"].startswith("'")


@pytest.mark.parametrize("text", ["plain", "a=1", "1+1", "Zoë", "", "(=)", 'a "quoted", name'])
def test_cells_of_csv_without_formulas_are_unchanged(box: Sandbox, cli: Caller, text: str) -> None:
    box.add_recording(id="plain", from_="mine", initiated_by=text)
    out = cli("list", "--from", "mine", "--format", "csv").out
    [row] = csv.DictReader(io.StringIO(out, newline=""))
    assert row["initiated_by"] == text


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["list", "--format", "table"],
        ["list", "--format", "csv"],
        ["list", "--limit", "1"],
        ["archive", "kept"],
        ["--help"],
        ["sandbox"],
    ],
    ids=" ".join,
)
def test_output_to_a_full_disk_fails_with_one_line(box: Sandbox, command: list[str]) -> None:
    assert box.base_url
    with Path("/dev/full").open("wb") as full:
        done = processes.run(
            *PROGRAM, *command, stdout=full, stderr=subprocess.PIPE, capture_output=False
        )
    words = os.strerror(errno.ENOSPC)
    expected = f"telnyx-recordings: the output cannot be written: {words}\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_errors_to_a_full_disk_keep_their_exit_code(box: Sandbox) -> None:
    assert box.base_url
    with Path("/dev/full").open("wb") as full:
        for arguments, code in ((["get", "nothing"], 1), (["list", "--nonsense"], 2)):
            done = processes.run(*PROGRAM, *arguments, stderr=full, capture_output=False)
            assert done.returncode == code


def test_errors_wrap_on_words(box: Sandbox) -> None:
    assert box.base_url
    with Terminal("list", "--since", "01/02/2026", columns=40) as running:
        assert running.finish() == 2
    lines = running.shown.splitlines()
    assert max(map(len, lines)) <= 40
    assert "write the year, then month and day," in " ".join(lines)


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_closed_pipe_is_quiet(box: Sandbox, form: str) -> None:
    for n in range(600):
        box.add_recording(id=f"more-{n}")
    with processes.started(*PROGRAM, "list", "--format", form) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(processes.PATIENCE) in (0, 1)
