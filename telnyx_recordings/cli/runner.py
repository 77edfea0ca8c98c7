"""Runs a command line: its exit code, and errors in one line without secrets."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from textwrap import fill
from typing import TextIO, cast

import click

from telnyx_recordings.core.text import printable
from telnyx_recordings.errors import (
    AuthenticationError,
    ConfigError,
    MissingExtraError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

_PROGRAM = "telnyx-recordings"
_FATAL = (AuthenticationError, ConfigError, MissingExtraError, PermissionDeniedError)
"""Errors that would also occur for the next recording."""
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?]+)\?\S+", re.IGNORECASE)
_BREAKS = re.compile(r"[\t-\r\x85\u2028\u2029]+")
_NO_ROOM = frozenset({errno.EDQUOT, errno.ENOSPC, errno.EROFS})
"""Errors of the system after which the next recording could not be written either."""
_UNWRITTEN = frozenset({errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC})
"""Errors of the system when output cannot be written; they name no file."""


def run(root: click.Command, arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; print any error in one line."""
    _replace_missing_streams()
    if hasattr(sys.stdout, "reconfigure"):  # characters that cannot be encoded are no error
        cast("io.TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
    try:
        with _sigterm_as_interrupt():
            code = root.main(list(arguments) or ["--help"], _PROGRAM, standalone_mode=False)
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has closed the pipe, such as `head`
        _discard(sys.stdout)
        return FAILED
    except (click.Abort, KeyboardInterrupt) as error:
        return _interrupted(error)
    except Exception as error:  # noqa: BLE001 - the user gets a message, not a traceback
        return _failed(error)
    finally:
        try:
            sys.stderr.flush()
        except OSError:
            _discard(sys.stderr)
    return code if isinstance(code, int) else DONE


def _replace_missing_streams() -> None:
    """Replace standard streams that are None, as when a program is started without them."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, encoding="utf-8"))


def _discard(stream: TextIO) -> None:
    """Discard what is still to be written: Python writes it at exit, and would fail again."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _sigterm_as_interrupt() -> Generator[None]:
    """Handle SIGTERM, which systemd and containers send, like Ctrl-C."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def print_error(problem: BaseException | str, code: int = FAILED) -> int:
    """Print a problem to standard error, in one line or wrapped on words; return the exit code."""
    text = f"{_PROGRAM}: {one_line(str(problem))}"
    with suppress(OSError):  # the exit code is left, where standard error cannot be written
        # To sys.stderr as it is now, so that a progress bar moves out of the way.
        if sys.stderr.isatty():
            columns = shutil.get_terminal_size().columns
            text = fill(text, columns, break_long_words=False, break_on_hyphens=False)
        click.echo(text, file=sys.stderr)
    return code


def one_line(text: str) -> str:
    """Return text in one line, without control characters, the API key, and queries of links."""
    key = os.environ.get("TELNYX_API_KEY")
    if key:
        text = text.replace(key, "***")
    return flat(_QUERY.sub(r"\1?***", text))


def flat(text: str) -> str:
    """Return text in one line, without control characters."""
    return printable(_BREAKS.sub(" ", text).strip())


class Failures:
    """Counts failures, so that one does not stop the rest."""

    def __init__(self) -> None:
        """Start with none."""
        self.count: int = 0

    @contextmanager
    def caught(self) -> Generator[None]:
        """Print and count an error raised inside, unless it would also occur for the rest."""
        try:
            yield
        except _FATAL:
            raise
        except TelnyxRecordingsError as error:
            if getattr(error, "errno", None) in _NO_ROOM:
                raise
            self.add(error)

    def add(self, problem: BaseException | str) -> None:
        """Print and count a failure."""
        print_error(problem)
        self.count += 1

    @property
    def code(self) -> int:
        """The exit code."""
        return FAILED if self.count else DONE


def _failed(error: Exception) -> int:
    if isinstance(error, click.ClickException):
        return _usage_error(error)
    if isinstance(error, ConfigError):
        return print_error(error, USAGE)
    if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("rich"):
        # click alone comes with other extras too
        return print_error(MissingExtraError("this", "cli"))
    if isinstance(error, OSError) and error.errno in _UNWRITTEN and error.filename is None:
        _discard(sys.stdout)
        return print_error(f"the output cannot be written: {error.strerror}")
    if isinstance(error, (TelnyxRecordingsError, OSError, ImportError)):  # an extra is missing
        return print_error(error)
    # A bug: its message may contain secrets, so only its location is printed.
    from traceback import walk_tb

    *_, (frame, line) = walk_tb(error.__traceback__)
    place = f"{frame.f_globals.get('__name__')}:{line}"
    return print_error(f"internal error: {type(error).__name__} in {place}")


def _interrupted(error: BaseException) -> int:
    """Print how to resume, if the error has a note on that."""
    cause = error if error.__cause__ is None else error.__cause__
    notes: list[str] = getattr(cause, "__notes__", [])
    return print_error("; ".join(["interrupted", *notes]), INTERRUPTED)


def _usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    hint = f" (see {context.command_path} --help)" if isinstance(context, click.Context) else ""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        message = f"No such option '{error.option_name}'."
        if error.possibilities:
            message += f" Did you mean {' or '.join(map(repr, error.possibilities))}?"
        elif isinstance(context, click.Context) and context.parent is None:
            message += f" Options follow the command, as in {_PROGRAM} list --limit 5."
    return print_error(message + hint, error.exit_code)
