"""Does one thing in another thread meanwhile: for large files, whose bytes keep two cores busy."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


class Aside:
    """One piece of work at a time, beside what its owner does; its thread ends with it."""

    def __init__(self) -> None:
        """Do nothing yet."""
        self._thread: Thread | None = None
        self._error: BaseException | None = None

    @property
    def is_busy(self) -> bool:
        """Whether the last piece of work is still being done."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, work: Callable[..., object], *arguments: object) -> None:
        """Begin a piece of work, once the last one is done.

        Raises:
            Exception: what the last one raised.
        """
        self.end()
        thread = Thread(target=self._do, args=(work, *arguments), name="telnyx-audio")
        try:
            thread.start()
        except RuntimeError:  # no thread begins any more: the interpreter ends, or has too many
            self._do(work, *arguments)
        else:
            self._thread = thread

    def end(self) -> None:
        """Wait until the last piece of work is done.

        Raises:
            Exception: what it raised.
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
        except BaseException as error:  # noqa: BLE001 - it is raised where this is waited for
            self._error = error
