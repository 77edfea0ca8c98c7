"""Tests the help, its examples, suggestions for typing errors, and completion in the shell."""

import os
import re
import shlex
from pathlib import Path

import click
import pytest

import processes
from cli_caller import PROGRAM, Caller
from telnyx_recordings.cli import COMMANDS, SECTIONS, load
from telnyx_recordings.cli.command import Command


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("lst", "Did you mean 'list'?"),
        ("archiv x", "Did you mean 'archive'?"),
        ("transcript", "'transcribe', 'transcripts'?"),
        ("list --sinse 1d", "'--since'"),
        ("list --limt 3", "No such option '--limt'. Did you mean '--limit' or '--"),
        ("-v list", "Options follow the command"),
        ("--timeout 3 list", "Options follow the command"),
        ("download x --ouput y", "'--output'"),
        ("purge x --older 1d", "'--older-than'"),
    ],
)
def test_a_typing_error_gets_a_suggestion(cli: Caller, line: str, suggestion: str) -> None:
    ran = cli(*line.split())
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert suggestion in ran.err


def test_the_help_has_the_commands_in_sections(cli: Caller) -> None:
    shown = cli("--help").out
    assert all(f"  {name} " in shown and text in shown for name, text in COMMANDS.items())
    assert cli().out == shown
    headings = re.findall(r"^(\w+):$", shown, re.MULTILINE)
    assert headings == ["Options", *SECTIONS, "Examples"]
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_the_version_is_printed(cli: Caller) -> None:
    assert cli("--version").out.startswith("telnyx-recordings, version ")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_groups_and_examples(cli: Caller, name: str) -> None:
    command = load(name)
    assert isinstance(command, Command)
    shown = cli(name, "--help").out
    assert shown.startswith(f"Usage: telnyx-recordings {name}")
    assert all(len(line) <= 80 for line in shown.splitlines())
    options = re.split(r"^\w+:$", shown, maxsplit=1, flags=re.MULTILINE)[1]
    for param in command.params:
        if isinstance(param, click.Option):
            assert (
                len(
                    re.findall(rf"^  (?:-\w, )?{max(param.opts, key=len)}\b", options, re.MULTILINE)
                )
                == 1
            )
    assert len(command.examples) >= 2
    for example in command.examples:
        assert f"  telnyx-recordings {example}\n" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_valid(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "audio").mkdir()
    for path in ("call.wav", "legs", "audio/*.wav"):
        (tmp_path / path).touch()
    (tmp_path / "legs").unlink()
    (tmp_path / "legs").mkdir()
    command = load(name)
    assert isinstance(command, Command)
    for example in command.examples:
        first, *arguments = shlex.split(re.split(r" [<>|] ", example)[0])
        assert first == name
        with command.make_context(name, arguments) as context:
            assert context.params


def test_a_shell_completes_commands_options_values_and_paths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))

    def completed(words: str, n: int) -> list[str]:
        asked = {
            "_TELNYX_RECORDINGS_COMPLETE": "bash_complete",
            "COMP_WORDS": f"telnyx-recordings {words}",
            "COMP_CWORD": str(n),
        }
        return processes.run(*PROGRAM, env={**os.environ, **asked}).stdout.splitlines()

    assert completed("ver", 1) == ["plain,verify"]
    assert completed("list --connection", 2) == ["plain,--connection-id"]
    assert completed("list --channels ", 3) == ["plain,single", "plain,dual"]
    for command in ("archive", "verify", "purge", "check"):
        assert completed(f"{command} rec", 2) == ["dir,rec"]
    assert completed("download x -o ca", 4) == ["file,ca"]
    assert completed("split ca", 2) == ["file,ca"]
