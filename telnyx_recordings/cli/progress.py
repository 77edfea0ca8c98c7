"""One bar on a terminal: what is happening now, how far it is, the rate and the time left."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from telnyx_recordings.cli.columns import size

if TYPE_CHECKING:
    from telnyx_recordings.archive import Progress

Update = Callable[[int, int], object]
"""Called with the bytes that were transferred, and those in total; 0 if that is not known."""

_WORDS = {
    "recovering": "finishing what the last run began",
    "transcripts": "writing transcripts",
    "finishing": "writing the manifest",
}
"""Other phases are named in the words that users are shown."""
_FOUND = {"listing": "found", "deleting": "deleted"}
"""What is counted in a phase whose total is not known."""


class Downloads:
    """Shows downloads, of which several may run at the same time, as one bar, if there is one.

    Attributes:
        started: number of downloads that were started.
    """

    def __init__(self, count: int | None, bar: Callable[..., None] | None) -> None:
        """Take the number of recordings, if it is known, and the function that updates the bar."""
        self.started: int = 0
        self._count = count
        self._bar = bar
        self._began = monotonic()
        self._lock = Lock()
        self._sizes: dict[int, tuple[int, int]] = {}
        self._finished = 0
        self._time_left = _TimeLeft()
        self._show()

    @contextmanager
    def of_next(self) -> Generator[Update]:
        """Yield the function to call while the next recording is downloaded."""
        with self._lock:
            self.started += 1
            number = self.started

        def update(done: int, total: int) -> None:
            with self._lock:
                self._sizes[number] = (done, total)
                self._show()

        try:
            yield update
        finally:
            with self._lock:
                self._finished += 1
                self._show()

    def _show(self) -> None:
        if self._bar is None:
            return
        done = sum(done for done, _ in self._sizes.values())
        known = [total for _, total in self._sizes.values() if total]
        # Sizes are known one by one. Until all are, the time left is that of the count.
        whole = sum(known) if len(known) == self._count else 0
        completed = done if whole else self._finished
        total = whole or (None if self._count == 1 else self._count)
        several = f" {self._finished:,}" if self._count != 1 else ""
        if several and self._count is not None:
            several += f" of {self._count:,}"
        self._bar(
            description=f"downloading{several}",
            completed=completed,
            total=total,
            size=size(done) + (f" of {size(whole)}" if whole else ""),
            rate=_rate(done, monotonic() - self._began),
            left=self._time_left.text("bytes" if whole else "count", completed, total),
        )


@contextmanager
def of_downloads(count: int | None) -> Generator[Downloads]:
    """Show downloads while the block runs, if standard error is a terminal."""
    with _bar("") as bar:
        yield Downloads(count, bar)


@contextmanager
def of_run(*, quiet: bool = False) -> Generator[Callable[[Progress], None] | None]:
    """Show an archive run or a verification; yield None if standard error is not a terminal."""
    with _bar("starting", quiet=quiet) as bar:
        if bar is None:
            yield None
            return
        time_left = _TimeLeft()

        def update(now: Progress) -> None:
            count, total = _extent(now)
            # What is listed meanwhile, but not copied yet, is not done.
            done = max(0, count - now.todo + now.done) if now.phase == "listing" else count
            bar(
                description=_description(now.phase, count, total, now.done),
                completed=done if total else 0,
                total=total,
                left=time_left.text(now.phase, done, total),
                size=size(now.bytes),
                rate=_rate(now.bytes, now.seconds),
            )

        yield update


class _TimeLeft:
    """Estimates the time left from what was done since a phase began."""

    def __init__(self) -> None:
        self._phase = ""
        self._began = self._first = 0.0

    def text(self, phase: str, done: int, total: int | None) -> str:
        """Return the time left; nothing if that is not known."""
        now = monotonic()
        if phase != self._phase:
            self._phase, self._began, self._first = phase, now, done
        gained = done - self._first
        if total is None or gained <= 0:
            return ""
        seconds = (total - done) * (now - self._began) / gained
        return f"{timedelta(seconds=round(seconds))} left"


def _extent(now: Progress) -> tuple[int, int | None]:
    """Return the count that the current phase has reached, and its total, if that is known."""
    match now.phase:
        case "listing":  # a row on a boundary is listed twice
            return min(now.listed, now.total or now.listed), now.total or None
        case "deleting":
            return now.deleted, now.to_delete or None
        case "copying" | "verifying" | "exporting":
            return now.done, now.todo or None
        case _:
            return 0, None


def _description(phase: str, count: int, total: int | None, copied: int) -> str:
    words = _WORDS.get(phase, phase)
    if total is not None:
        words += f" {count:,} of {total:,}"
    elif phase in _FOUND:
        words += f", {count:,} {_FOUND[phase]}"
    return f"{words}, {copied:,} copied" if phase == "listing" and copied else words


def _rate(count: int, seconds: float) -> str:
    return f"{size(int(count / seconds) if seconds else 0)}/s"


@contextmanager
def _bar(description: str, *, quiet: bool = False) -> Generator[Callable[..., None] | None]:
    """Yield a function that updates a bar; None without a terminal, or with a log on it (`-v`)."""
    is_logged = logging.getLogger("telnyx_recordings").isEnabledFor(logging.DEBUG)
    if quiet or is_logged or not sys.stderr.isatty():
        yield None
        return
    from rich import progress
    from rich.console import Console

    with progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=20),
        progress.TextColumn("{task.fields[size]}"),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TextColumn("{task.fields[left]}"),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,  # it is where the rows go
    ) as bar:
        task = bar.add_task(description, total=None, size="", rate="", left="")
        yield partial(bar.update, task)
