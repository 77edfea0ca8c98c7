"""Purges an archive, and kills itself at the given step: what the test of erasure runs."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from typing import Any

from telnyx_recordings.archive import purge
from telnyx_recordings.archive.manifest.database import Database
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.disk.files import Files


def main() -> None:
    """Take the destination, the number and the step from the command line."""
    destination, number, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
    steps = count(1)

    def stepping(method: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **choices: Any) -> Any:
            if next(steps) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*arguments, **choices)

        return step

    store: type[Store] = type(open_store(destination))
    for name in ("create", "replace", "remove", "sweep"):
        setattr(store, name, stepping(getattr(store, name)))
    for name in ("unlink", "rename", "write", "sync_folder"):
        setattr(Files, name, stepping(getattr(Files, name)))
    execute = Database.execute

    def at_writes(self: Database, statement: str, *values: Any) -> Any:
        is_read = statement.startswith("SELECT")
        return execute(self, statement, *values) if is_read else writing(self, statement, *values)

    writing = stepping(execute)
    setattr(Database, "execute", at_writes)  # noqa: B010 - a type checker forbids an assignment
    purge(destination, numbers=[number], dry_run=False)


if __name__ == "__main__":
    main()
