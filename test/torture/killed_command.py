"""Runs a command on an archive, and kills itself at the given step of it."""

import os
import signal
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from telnyx_recordings import Client
from telnyx_recordings.archive import export, hold, purge, release, repair
from telnyx_recordings.archive.bags.bag import Bag
from telnyx_recordings.archive.manifest.database import Database
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import Store
from telnyx_recordings.disk.files import Files


def main() -> None:
    """Take the destination, the step, the command and its arguments from the command line."""
    destination, last, command, *given = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]
    steps = count(1)

    def stepping(method: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **choices: Any) -> Any:
            if next(steps) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return method(*arguments, **choices)

        return step

    store: type[Store] = type(open_store(destination))
    for name in ("create", "replace", "remove", "move", "receive", "sweep"):
        setattr(store, name, stepping(getattr(store, name)))
    for name in ("unlink", "rename", "write", "sync_folder"):
        setattr(Files, name, stepping(getattr(Files, name)))
    execute = Database.execute

    def at_writes(self: Database, statement: str, *values: Any) -> Any:
        is_read = statement.startswith("SELECT")
        return execute(self, statement, *values) if is_read else writing(self, statement, *values)

    writing = stepping(execute)
    setattr(Database, "execute", at_writes)  # noqa: B010 - a type checker forbids an assignment
    for name in ("add", "seal"):
        setattr(Bag, name, stepping(getattr(Bag, name)))
    setattr(Path, "rename", stepping(Path.rename))  # noqa: B010 - likewise
    _run(destination, command, given)


def _run(destination: str, command: str, given: list[str]) -> None:
    if command == "purge":
        purge(destination, numbers=given, dry_run=False)
    elif command == "hold":
        hold(destination, numbers=given, reason="case 7")
    elif command == "release":
        release(destination, numbers=given)
    elif command == "export":
        export(destination, given[0], vcon=True)
    else:
        key, base_url = given
        with Client(key, base_url, max_retries=0) as client:
            repair(destination, client, workers=1)


if __name__ == "__main__":
    main()
