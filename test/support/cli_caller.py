"""What tests of the command line share: running it here, as a process, or on a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Self

import pytest

import processes
from telnyx_recordings.cli.__main__ import main

PROGRAM = (sys.executable, "-m", "telnyx_recordings.cli")
KEY = "KEY_CANARY_5b1d"


class Ran(NamedTuple):
    """What came of a command line."""

    code: int
    out: str
    err: str


class Caller:
    """Runs command lines in this process."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: object) -> Ran:
        """Run one; nothing that it prints may hold the key."""
        self._capture.readouterr()
        code = main([str(each) for each in arguments])
        out, err = self._capture.readouterr()
        assert KEY not in out + err
        return Ran(code, out, err)


class Terminal:
    """A program on a terminal of its own, which ends with its `with` block at the latest."""

    def __init__(
        self, *arguments: object, columns: int = 160, program: Sequence[str] = PROGRAM
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [*program, *(str(each) for each in arguments)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm", "COLUMNS": str(columns)},
            start_new_session=True,
        )
        os.close(theirs)
        self._watch = threading.Timer(processes.PATIENCE, self._process.kill)
        self._watch.start()
        self.shown = ""

    def until(self, text: str) -> None:
        """Read until it shows a text, or ends."""
        while text not in self.shown and self._read():
            pass

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def finish(self) -> int:
        """Read to its end; return its exit code."""
        while self._read():
            pass
        os.close(self._ours)
        return self._process.wait(processes.PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """See that it ends."""
        self._watch.cancel()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(processes.PATIENCE)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def _read(self) -> bool:
        with suppress(OSError):  # Linux's way to say that nobody writes any more
            data = os.read(self._ours, 65_536)
            self.shown += data.decode("utf-8", "replace")
            return bool(data)
        return False
