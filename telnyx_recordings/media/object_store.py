"""Requests audio from the object store: fresh links, redirects, ranges, errors, and headers."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator, Mapping
from typing import Final, TypeVar

from msgspec import Struct

from telnyx_recordings.core.call.body_limits import PATIENCE
from telnyx_recordings.core.call.flow import Environment
from telnyx_recordings.core.call.retry import RETRIED_STATUSES, THROTTLED, Wait, backoff, hint_of
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import MediaAccessError, MediaIntegrityError, NotFoundError
from telnyx_recordings.media import checks, links
from telnyx_recordings.media.digests import md5_in
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.steps import READ, Fetch, Fetched, Open, Reply, Step, StepResult

T = TypeVar("T")
Steps = Generator[Step, StepResult, T]

log: Final = logging.getLogger("telnyx_recordings")

_REFUSED = frozenset({400, 401, 403})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "telnyx-recordings"}


OK, PARTIAL, UNSATISFIABLE = 200, 206, 416

_STRONG = re.compile(r'"[\x21\x23-\x7e]{1,256}"')
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.ASCII)
_NO_RANGE = re.compile(r"bytes \*/([0-9]{1,18})", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_NOT_AUDIO = re.compile(r"(?:text|application)/(?:.*\+)?(?:html|xhtml|xml|json)", re.IGNORECASE)
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")


class Version(Struct, frozen=True):
    """A version of the audio in the store.

    Attributes:
        etag: its strong ETag; without one (None) a download cannot be resumed.
        total: its length in bytes; None if not known yet.
        md5: its MD5 in hexadecimal; None if the store does not report it.
    """

    etag: str | None = None
    total: int | None = None
    md5: str | None = None


class ResponseHead(Struct, frozen=True):
    """The version and the range that a response states in its headers.

    Attributes:
        version: of the audio.
        start: the offset of the body in the audio.
        length: of the body; None if it is not stated.
        chunked: whether the body has a chunked encoding, and so a marked end.
    """

    version: Version
    start: int
    length: int | None
    chunked: bool

    def continues(self, version: Version, size: int) -> bool:
        """Return whether the body continues a version after its first `size` bytes."""
        return (
            self.start == size > 0
            and self.length is not None
            and version.etag is not None
            and version.etag == self.version.etag
            and version.total in (None, self.version.total)
        )


class Limits(Struct, frozen=True, kw_only=True):
    """The limits of a transfer.

    Attributes:
        attempts: maximum number of attempts in a row without progress.
        redirects: maximum number of redirects.
        patience: seconds after which a rate under 1 KiB/s counts as a stall.
        largest: maximum size of the audio in bytes.
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
        MediaAccessError: the certificate of the store is invalid, or a proxy refuses to connect.
        MediaIntegrityError: the response is not valid HTTP.
    """
    if failure.kind in ("tls", "proxy"):
        raise MediaAccessError(failure.message)
    if failure.kind == "protocol":
        raise MediaIntegrityError(failure.message)
    return Setback(failure.message)


class AudioSource:
    """The source of one recording's audio: its links, and the requests to the store.

    Attributes:
        refused: whether the store refused a link and has sent no byte since.
    """

    def __init__(self, job: DownloadJob, environment: Environment, limits: Limits) -> None:
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

    def find(self, until: float) -> Steps[None]:
        """Retrieve the recording until it has a link, or `until` that time.

        Raises:
            NotFoundError: the recording still does not exist then.
        """
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

    def request(self, start: int, etag: str | None) -> Steps[Reply | Setback]:
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
                if redirects > self._limits.redirects:
                    raise MediaAccessError(
                        f"the store redirects more than {self._limits.redirects} times",
                        status_code=status,
                    )
                url = links.follow(url, reply.headers.get("location"), self._job.hosts)
            elif status in _REFUSED and not self.refused:
                self.refused = True
                yield from self.fetch()
                url, redirects = self._job.link(), 0
            else:
                return (yield from self._refusal(url, reply))

    def _refusal(self, url: str, reply: Reply) -> Steps[Setback]:
        status = reply.status
        if status in RETRIED_STATUSES:
            hint = hint_of(reply.headers, self._environment.wall(), throttled=status == THROTTLED)
            return Setback(f"the store returned {status}", hint=hint)
        body = yield READ
        # The rest of the body may contain keys.
        match = None if isinstance(body, Failure) else _CODE.search(body)
        code = match[1].decode() if match else None
        raise MediaAccessError(
            f"the store returned {status}{f' {code}' if code else ''} for {links.shown(url)}"
            + (", with a fresh link too" if self.refused else ""),
            status_code=status,
            code=code,
        )


def parse_head(status: int, headers: Mapping[str, str]) -> ResponseHead:
    """Parse the headers of a 200, 206 or 416; an inconsistent 206 has no length."""
    value = headers.get("etag") or ""
    etag = value if _STRONG.fullmatch(value) else None
    start, length, total = 0, _length_in(headers), None
    if status == PARTIAL:
        match = _RANGE.fullmatch(headers.get("content-range") or "")
        first, last, whole = map(int, match.groups()) if match else (0, -1, 0)
        valid = first <= last < whole and length in (None, last - first + 1)
        start, length, total = first, last - first + 1 if valid else None, whole
    elif status == UNSATISFIABLE:
        match = _NO_RANGE.fullmatch(headers.get("content-range") or "")
        length, total = None, int(match[1]) if match else None
    else:
        total = length
    md5 = None if _is_encrypted(headers) else md5_in(etag)
    return ResponseHead(
        version=Version(etag, total, md5),
        start=start,
        length=length,
        chunked="chunked" in (headers.get("transfer-encoding") or "").lower(),
    )


def _length_in(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length; None if there is none.

    Raises:
        MediaIntegrityError: it is not a number, or there are several different ones.
    """
    values = {each.strip() for each in (headers.get("content-length") or "").split(",")} - {""}
    if not values:
        return None
    if len(values) > 1 or not _LENGTH.fullmatch(value := values.pop()):
        raise MediaIntegrityError("the store's response has an invalid Content-Length")
    return int(value)


def check_head(headers: Mapping[str, str], head: ResponseHead, largest: int) -> None:
    """Check that a response is the stored audio, as far as its headers show.

    Raises:
        MediaIntegrityError: it is encoded, a web page, too large, or of unknown length.
    """
    encoding = headers.get("content-encoding") or "identity"
    if encoding.strip().lower() != "identity":
        raise MediaIntegrityError(
            "the store sent the audio compressed, although it was asked not to"
        )
    media_type = (headers.get("content-type") or "").partition(";")[0].strip()
    if _NOT_AUDIO.fullmatch(media_type):
        raise MediaIntegrityError(f"the store sent {media_type} instead of audio")
    version = head.version
    if head.length is None and not (head.chunked and version.etag):
        raise MediaIntegrityError("the store does not report the length of the audio")
    size = version.total or 0
    if size > largest:
        raise MediaIntegrityError(
            f"the store offers {size:,} bytes, more than this recording can have ({largest:,})"
        )


def _is_encrypted(headers: Mapping[str, str]) -> bool:
    """Return whether the ETag is that of encrypted bytes: with KMS, or a customer key."""
    return (headers.get("x-amz-server-side-encryption") or "").lower().startswith("aws:kms") or (
        headers.get("x-amz-server-side-encryption-customer-algorithm") is not None
    )
