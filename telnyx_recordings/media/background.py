"""Runs one task at a time in another thread: large files keep two cores busy."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


class BackgroundWorker:
    """Runs one task at a time in a thread that ends with the task."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the last task is still running."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Start a task, after the last one has ended.

        Raises:
            Exception: that the last one raised.
        """
        self.end()
        thread = Thread(target=self._do, args=(work, *arguments), name="telnyx-audio")
        try:
            thread.start()
        except RuntimeError:  # the interpreter is shutting down, or has too many threads
            self._do(work, *arguments)
        else:
            self._thread = thread

    def end(self) -> None:
        """Wait until the last task has ended.

        Raises:
            Exception: that it raised.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _do(self, work: Callable[..., object], *arguments: object) -> None:
        try:
            work(*arguments)
        except BaseException as error:  # noqa: BLE001 - `end` raises it
            self._error = error
