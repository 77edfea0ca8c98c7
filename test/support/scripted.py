"""Clients' ports whose store answers from a script, without network, sync and async."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fakes_media import context_of
from manual_transfer import Head, ManualTransfer
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import NotFoundError
from telnyx_recordings.media import aio, sync
from telnyx_recordings.media.steps import Fetch, Fetched
from telnyx_recordings.transport import media_aio, media_sync


class Script:
    """What the API and the store answer, in order; and what they were asked."""

    def __init__(self, *answers: Head | Failure | BaseException, **hand: Any) -> None:
        self.answers = list(answers)
        self.hand = ManualTransfer([], **hand)
        self.asked: list[tuple[str, dict[str, str], float]] = []
        """Link, headers and timeout of each request to the store."""
        self.open: list[Head] = []
        """The answers that were not let go of."""

    def take(self, url: str, headers: dict[str, str], timeout: float) -> Head | Failure:
        """Return the next answer, or raise it."""
        self.asked.append((url, headers, timeout))
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Head):
            self.open.append(answer)
        return answer

    def fetch(self, recording_id: str) -> Fetched:
        found = self.hand.take(Fetch(recording_id))
        if isinstance(found, NotFoundError):
            raise found
        assert isinstance(found, Fetched)
        return found

    async def fetch_async(self, recording_id: str) -> Fetched:
        return self.fetch(recording_id)


class Reply(media_sync.MediaReply):
    """An answer from a script."""

    def __init__(self, head: Head, script: Script) -> None:
        self.status = head.status
        self.headers = head.headers
        self._head = head
        self._script = script
        self._body = list(head.body)

    def read(self) -> bytes | Failure:
        return self._body.pop(0) if self._body else b""

    def close(self) -> None:
        """Note that it was let go of; more often than once is an error."""
        self._script.open.remove(self._head)


class Pool(media_sync.MediaPool):
    """Opens nothing but a script."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def open(self, url: str, headers: dict[str, str], timeout: float) -> Reply | Failure:
        answer = self._script.take(url, headers, timeout)
        return answer if isinstance(answer, Failure) else Reply(answer, self._script)


class AsyncReply(media_aio.MediaReply):
    """An answer from a script."""

    def __init__(self, head: Head, script: Script) -> None:
        self.status = head.status
        self.headers = head.headers
        self._scripted = Reply(head, script)

    async def read(self) -> bytes | Failure:
        return self._scripted.read()

    def close(self) -> None:
        self._scripted.close()


class Sessions(media_aio.MediaSessions):
    """Opens nothing but a script; has its threads from the test."""

    def __init__(self, script: Script, threads: ThreadPoolExecutor) -> None:
        self._script = script
        self._threads = threads

    async def open(self, url: str, headers: dict[str, str], timeout: float) -> AsyncReply | Failure:  # noqa: ASYNC109 - the port's own
        answer = self._script.take(url, headers, timeout)
        return answer if isinstance(answer, Failure) else AsyncReply(answer, self._script)


def sync_context(script: Script, **changed: Any) -> sync.SyncContext:
    """What a client would give to a download, with this script in its place."""
    found: sync.SyncContext = context_of(Pool(script), script.fetch, script.hand.held, changed)
    return found


def async_context(script: Script, threads: ThreadPoolExecutor, **changed: Any) -> aio.AsyncContext:
    pool = Sessions(script, threads)
    found: aio.AsyncContext = context_of(pool, script.fetch_async, script.hand.held, changed)
    return found
