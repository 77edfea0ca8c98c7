"""How a command line ends: its exit code, and errors in one line that shows no secret."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import cast

import click

from telnyx_recordings.errors import (
    AuthenticationError,
    ConfigError,
    MissingExtraError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_PROGRAM = "telnyx-recordings"
_HOPELESS = (AuthenticationError, ConfigError, MissingExtraError, PermissionDeniedError)
"""What would befall the next recording as it did this one."""
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?]+)\?\S+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def run(root: click.Command, arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; whatever goes wrong is told in one line."""
    _open_what_is_closed()
    if hasattr(sys.stdout, "reconfigure"):  # a letter that cannot be shown stops nothing
        cast("io.TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
    try:
        with _killed_politely():
            code = root.main(list(arguments) or ["--help"], _PROGRAM, standalone_mode=False)
            sys.stdout.flush()
    except BrokenPipeError:  # who reads has had enough, and what is left cannot be told to anyone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (click.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except Exception as error:  # noqa: BLE001 - nobody at a prompt wants a traceback
        return _failed(error)
    return code if isinstance(code, int) else DONE


def _open_what_is_closed() -> None:
    """Give what has no standard streams, as some ways to start a program leave it, empty ones."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


@contextmanager
def _killed_politely() -> Generator[None]:
    """Take SIGTERM, as systemd and containers send it, for Ctrl-C, where signals can be taken."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # this is no main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def complain(problem: BaseException | str, code: int = FAILED) -> int:
    """Tell a problem in one line on standard error; return the exit code."""
    click.echo(f"{_PROGRAM}: {one_line(str(problem))}", err=True)
    return code


def one_line(text: str) -> str:
    """Return a text in one line, without control characters, the API key, and queries of links."""
    key = os.environ.get("TELNYX_API_KEY")
    if key:
        text = text.replace(key, "***")
    return _CONTROL.sub(" ", _QUERY.sub(r"\1?***", text)).strip()


class Failures:
    """Counts what failed of many things, so that one does not stop the others."""

    def __init__(self) -> None:
        """Begin with none."""
        self.count: int = 0

    @contextmanager
    def kept(self) -> Generator[None]:
        """Tell of a failure inside and go on, unless the next thing would fail just so."""
        try:
            yield
        except _HOPELESS:
            raise
        except TelnyxRecordingsError as error:
            self.add(error)

    def add(self, problem: BaseException | str) -> None:
        """Tell of a failure."""
        complain(problem)
        self.count += 1

    @property
    def code(self) -> int:
        """The exit code that goes with them."""
        return FAILED if self.count else DONE


def _failed(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        return _misused(error)
    if isinstance(error, ConfigError):
        return complain(error, USAGE)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("rich"):
        return complain(MissingExtraError("this", "cli"))  # click alone comes with other extras too
    if isinstance(error, (TelnyxRecordingsError, OSError, ImportError)):  # an extra is missing
        return complain(error)
    # A bug of ours: its text may hold anything, so only its place is told.
    return complain(f"internal error: {type(error).__name__} in {_place(error)}")


def _interrupted(error: BaseException) -> int:
    """Tell how to go on, where somebody knew."""
    cause = error if error.__cause__ is None else error.__cause__
    notes: list[str] = getattr(cause, "__notes__", [])
    return complain("; ".join(["interrupted", *notes]), INTERRUPTED)


def _misused(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if isinstance(context, click.Context) else ""
    return complain(error.format_message() + hint, error.exit_code)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "no known place"
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}"
