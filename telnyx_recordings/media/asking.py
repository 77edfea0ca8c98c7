"""Asks the store for audio: which link, where redirects lead, and what a refusal means."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Final, TypeVar

from msgspec import Struct

from telnyx_recordings.core.flow import World
from telnyx_recordings.core.intake import PATIENCE
from telnyx_recordings.core.retry import (
    RETRIED_STATUSES,
    THROTTLED,
    Failure,
    Wait,
    backoff,
    hint_of,
)
from telnyx_recordings.errors import MediaAccessError, MediaIntegrityError, NotFoundError
from telnyx_recordings.media import answer as answers
from telnyx_recordings.media import checks, link
from telnyx_recordings.media.answer import OK, PARTIAL, UNSATISFIABLE
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.steps import READ, Fetch, Fetched, Open, Reply, Step, Told

T = TypeVar("T")
Steps = Generator[Step, Told, T]

log: Final = logging.getLogger("telnyx_recordings")

_REFUSED = frozenset({400, 401, 403})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "telnyx-recordings"}


class Limits(Struct, frozen=True, kw_only=True):
    """How patient a transfer is.

    Attributes:
        attempts: how many may follow each other without progress.
        redirects: how many are followed.
        patience: seconds that the body may come at under 1 KiB/s.
        largest: bytes that audio may have at most.
    """

    attempts: int = 6
    redirects: int = 3
    patience: float = PATIENCE
    largest: int = checks.LARGEST


class Setback(Struct, frozen=True):
    """An attempt that did not get everything, but after which another may.

    Attributes:
        message: why, for people.
        hint: seconds that the store asks to wait, if it does.
        slow: the bytes came too slowly to count as progress, unless there were many.
        at_once: there is nothing to wait for.
    """

    message: str
    hint: float | None = None
    slow: bool = False
    at_once: bool = False


def setback_of(failure: Failure) -> Setback:
    """Return what a failure of the network means.

    Raises:
        MediaAccessError: the store's certificate was refused.
        MediaIntegrityError: the response is not valid HTTP.
    """
    if failure.kind == "tls":
        raise MediaAccessError(failure.message)
    if failure.kind == "protocol":
        raise MediaIntegrityError(failure.message)
    return Setback(failure.message)


class Asking:
    """Asks for one recording's audio, as often as it takes.

    Attributes:
        refused: the store refused a link, and no byte has come since.
    """

    def __init__(self, job: Job, world: World, limits: Limits) -> None:
        """Take what to ask for."""
        self.refused: bool = False
        self._job = job
        self._world = world
        self._limits = limits

    def fetch(self) -> Steps[None]:
        """Fetch the recording, and with it a fresh link."""
        fetched: Fetched | NotFoundError = yield Fetch(self._job.recording_id)
        if isinstance(fetched, NotFoundError):
            raise fetched
        self._job.take(fetched, self._world.wall())

    def find(self) -> Steps[None]:
        """Fetch the recording until it has a link, or the caller waits no longer.

        Raises:
            NotFoundError: Telnyx does not know it by then.
        """
        until = self._world.clock() + self._job.patience
        attempt = 0
        while not self._job.has_link:
            left = until - self._world.clock()
            try:
                yield from self.fetch()
            except NotFoundError:
                if left <= 0:
                    raise
            if left <= 0 or self._job.has_link:
                return
            attempt += 1
            log.debug("audio of %s: not ready yet", self._job.recording_id)
            yield Wait(min(left, backoff(attempt, self._world.chance(), throttled=True)))

    def ask(self, start: int, etag: str | None) -> Steps[Reply | Setback]:
        """Ask for what follows the first `start` bytes of a version; 0 for all of any.

        Returns:
            A reply that is 200 or 206 (or 416, if a part was asked for), or why there is none.

        Raises:
            MediaAccessError: the store refuses it, with a fresh link too.
        """
        if self._job.is_about_to_expire(self._world.wall()):
            yield from self.fetch()
        url, redirects = self._job.link(), 0
        headers = dict(_HEADERS)
        if start and etag is not None:
            headers |= {"range": f"bytes={start}-", "if-range": etag}
        while True:
            reply: Reply | Failure = yield Open(url, headers)
            if isinstance(reply, Failure):
                return setback_of(reply)
            status = reply.status
            log.debug("audio of %s: GET %s %d", self._job.recording_id, link.shown(url), status)
            if status in (OK, PARTIAL) or (status == UNSATISFIABLE and start):
                return reply
            if status in _REDIRECTS:
                redirects += 1
                url = self._redirected(url, reply, redirects)
            elif status in _REFUSED and not self.refused:
                self.refused = True
                yield from self.fetch()
                url, redirects = self._job.link(), 0
            else:
                return (yield from self._refusal(url, reply))

    def _redirected(self, url: str, reply: Reply, count: int) -> link.Link:
        if count > self._limits.redirects:
            raise MediaAccessError(
                f"the store redirects more than {self._limits.redirects} times",
                status_code=reply.status,
            )
        return link.follow(url, reply.headers.get("location"), self._job.hosts)

    def _refusal(self, url: str, reply: Reply) -> Steps[Setback]:
        status = reply.status
        if status in RETRIED_STATUSES:
            hint = hint_of(reply.headers, self._world.wall(), throttled=status == THROTTLED)
            return Setback(f"the store answered {status}", hint=hint)
        body = yield READ
        code = None if isinstance(body, Failure) else answers.code_in(body)
        raise MediaAccessError(
            f"the store answered {status}{f' {code}' if code else ''} for {link.shown(url)}"
            + (", with a fresh link too" if self.refused else ""),
            status_code=status,
            code=code,
        )
