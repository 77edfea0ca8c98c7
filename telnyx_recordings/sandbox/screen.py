"""Output of a served sandbox: its base URL; on a terminal also instructions and requests."""

import logging
import shlex
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from telnyx_recordings.sandbox.gateway import LOG
from telnyx_recordings.sandbox.sandbox import Sandbox


def serve(box: Sandbox) -> None:
    """Print the base URL as the first line, and wait for KeyboardInterrupt.

    A terminal also gets the lines that set up another one, and a line per request.
    """
    _print(box.base_url)
    with _requests_shown(box) if sys.stdout.isatty() else nullcontext():
        threading.Event().wait()


@contextmanager
def _requests_shown(box: Sandbox) -> Generator[None]:
    handler, level = _Lines(), LOG.level
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)
    try:
        _print(
            "",
            f"A local Telnyx with {len(box.recordings):,} recordings. In another terminal:",
            "",
            f"  export TELNYX_BASE_URL={box.base_url} TELNYX_API_KEY={shlex.quote(box.api_key)}",
            "  telnyx-recordings list",
            "",
            "Press Ctrl-C to stop. Requests:",
        )
        yield
    finally:
        LOG.setLevel(level)
        LOG.removeHandler(handler)


class _Lines(logging.Handler):
    """Prints each message on a separate line, without control characters."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message."""
        text = record.getMessage()
        _print("".join(each if each.isprintable() else "?" for each in text))


def _print(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
