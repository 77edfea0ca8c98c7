"""Programs and threads that tests start: none is waited for without end."""

import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

PATIENCE = 300.0
"""Seconds after which a program is killed, and the test fails: no machine is that slow."""


def run(
    *command: object, check: bool = False, capture_output: bool = True, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; return its exit code and its output."""
    return subprocess.run(
        [str(each) for each in command],
        check=check,
        capture_output=capture_output,
        text=True,
        timeout=PATIENCE,
        **options,
    )


@contextmanager
def started(*command: object, **options: Any) -> Generator[subprocess.Popen[str]]:
    """Run a program during the block; after a long time it is killed, so that its output ends."""
    usual: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([str(each) for each in command], **(usual | options)) as process:
        watch = threading.Timer(PATIENCE, process.kill)
        watch.start()
        try:
            yield process
        finally:
            watch.cancel()
            process.kill()


def end(*threads: threading.Thread) -> None:
    """Wait for threads to end; fail if one does not."""
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"the thread {thread.name} does not end"


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition is true; fail if it does not become true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "the condition does not become true"
        time.sleep(0.005)
