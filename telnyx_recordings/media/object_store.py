"""Requests audio from the object store: fresh links, redirects, and refusals."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import Final, TypeVar

from msgspec import Struct

from telnyx_recordings.core.call.body_limits import PATIENCE
from telnyx_recordings.core.call.flow import Environment
from telnyx_recordings.core.call.retry import (
    RETRIED_STATUSES,
    THROTTLED,
    Wait,
    backoff,
    hint_of,
)
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import MediaAccessError, MediaIntegrityError, NotFoundError
from telnyx_recordings.media import checks, links
from telnyx_recordings.media import response as responses
from telnyx_recordings.media.job import Job
from telnyx_recordings.media.response import OK, PARTIAL, UNSATISFIABLE
from telnyx_recordings.media.steps import READ, Fetch, Fetched, Open, Reply, Step, StepResult

T = TypeVar("T")
Steps = Generator[Step, StepResult, T]

log: Final = logging.getLogger("telnyx_recordings")

_REFUSED = frozenset({400, 401, 403})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "telnyx-recordings"}


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of a transfer.

    Attributes:
        attempts: the most attempts in a row without progress.
        redirects: the most redirects that are followed.
        patience: seconds after which a rate under 1 KiB/s counts as a stall.
        largest: the most bytes that audio may have.
    """

    attempts: int = 6
    redirects: int = 3
    patience: float = PATIENCE
    largest: int = checks.LARGEST


class Setback(Struct, frozen=True):
    """An attempt that failed in a way that allows another one.

    Attributes:
        message: the reason.
        hint: seconds that the store asks to wait, or None.
        slow: whether it was a stall, which is progress only if many bytes came.
        at_once: whether the next attempt needs no wait.
    """

    message: str
    hint: float | None = None
    slow: bool = False
    at_once: bool = False


def setback_of(failure: Failure) -> Setback:
    """Return the setback for a network failure.

    Raises:
        MediaAccessError: the certificate of the store is invalid.
        MediaIntegrityError: the response is not valid HTTP.
    """
    if failure.kind == "tls":
        raise MediaAccessError(failure.message)
    if failure.kind == "protocol":
        raise MediaIntegrityError(failure.message)
    return Setback(failure.message)


class AudioSource:
    """The source of one recording's audio: its links, and the requests to the store.

    Attributes:
        refused: whether the store refused a link and has sent no byte since.
    """

    def __init__(self, job: Job, environment: Environment, limits: Limits) -> None:
        """Take the job."""
        self.refused: bool = False
        self._job = job
        self._environment = environment
        self._limits = limits

    def fetch(self) -> Steps[None]:
        """Retrieve the recording, for a fresh link."""
        fetched: Fetched | NotFoundError = yield Fetch(self._job.recording_id)
        if isinstance(fetched, NotFoundError):
            raise fetched
        self._job.take(fetched, self._environment.wall())

    def find(self) -> Steps[None]:
        """Retrieve the recording until it has a link, or the caller's wait is over.

        Raises:
            NotFoundError: the recording still does not exist then.
        """
        until = self._environment.clock() + self._job.patience
        attempt = 0
        while not self._job.has_link:
            left = until - self._environment.clock()
            try:
                yield from self.fetch()
            except NotFoundError:
                if left <= 0:
                    raise
            if left <= 0 or self._job.has_link:
                return
            attempt += 1
            log.debug("audio of %s: not ready yet", self._job.recording_id)
            yield Wait(min(left, backoff(attempt, self._environment.chance(), throttled=True)))

    def ask(self, start: int, etag: str | None) -> Steps[Reply | Setback]:
        """Request the bytes after the first `start` of a version; with 0 all of any version.

        Returns:
            A reply with status 200 or 206 (or 416 to a range), or the setback.

        Raises:
            MediaAccessError: the store refuses the request, even with a fresh link.
        """
        if self._job.is_about_to_expire(self._environment.wall()):
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
            log.debug("audio of %s: GET %s %d", self._job.recording_id, links.shown(url), status)
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

    def _redirected(self, url: str, reply: Reply, count: int) -> links.Link:
        if count > self._limits.redirects:
            raise MediaAccessError(
                f"the store redirects more than {self._limits.redirects} times",
                status_code=reply.status,
            )
        return links.follow(url, reply.headers.get("location"), self._job.hosts)

    def _refusal(self, url: str, reply: Reply) -> Steps[Setback]:
        status = reply.status
        if status in RETRIED_STATUSES:
            hint = hint_of(reply.headers, self._environment.wall(), throttled=status == THROTTLED)
            return Setback(f"the store answered {status}", hint=hint)
        body = yield READ
        code = None if isinstance(body, Failure) else responses.code_in(body)
        raise MediaAccessError(
            f"the store answered {status}{f' {code}' if code else ''} for {links.shown(url)}"
            + (", with a fresh link too" if self.refused else ""),
            status_code=status,
            code=code,
        )
