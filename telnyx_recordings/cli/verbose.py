"""Shows requests, retries and waits on standard error, for `-v`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager

from telnyx_recordings.cli.runner import one_line

_LOG = logging.getLogger("telnyx_recordings")


@contextmanager
def shown() -> Generator[None]:
    """Print the messages of the client's log while the block runs."""
    handler, level = _Lines(), _LOG.level
    _LOG.addHandler(handler)
    _LOG.setLevel(1)  # waits are below DEBUG
    try:
        yield
    finally:
        _LOG.setLevel(level)
        _LOG.removeHandler(handler)


class _Lines(logging.Handler):
    """Prints each message in one line, without secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message."""
        sys.stderr.write(f"{one_line(record.getMessage())}\n")
