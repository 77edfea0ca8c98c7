"""Progress bars on a terminal: rate, bytes and time left."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from telnyx_recordings.cli.runner import one_line

if TYPE_CHECKING:
    from telnyx_recordings.archive import Progress


@contextmanager
def of_download(name: str) -> Generator[Callable[[int, int], object] | None]:
    """Show a download; give None if standard error is not a terminal."""
    if not _is_shown():
        yield None
        return
    from rich import progress
    from rich.console import Console
    from rich.markup import escape

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(escape(one_line(name)), total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total or None)


@contextmanager
def of_run() -> Generator[Callable[[Progress], None] | None]:
    """Show an archive run or a verification; give None if standard error is not a terminal."""
    if not _is_shown():
        yield None
        return
    from rich import filesize, progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.fields[count]}"),
        progress.TextColumn("{task.fields[size]}"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("starting", total=None, count="", size="", rate="")

        def update(now: Progress) -> None:
            rate = int(now.bytes / now.seconds) if now.seconds else 0
            shown.update(
                task,
                description=now.phase,
                completed=now.done,
                total=now.todo or None,
                count=f"{now.done:,}/{now.todo:,}" if now.todo else f"{now.done:,}",
                size=filesize.decimal(now.bytes),
                rate=f"{filesize.decimal(rate)}/s",
            )

        yield update


def _is_shown() -> bool:
    """Tell whether there is a terminal, and no log on it (`-v`)."""
    return sys.stderr.isatty() and not logging.getLogger("telnyx_recordings").isEnabledFor(
        logging.DEBUG
    )
