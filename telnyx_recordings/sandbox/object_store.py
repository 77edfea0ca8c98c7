"""The object store: signed links, and the audio behind them, with ranges, as in S3."""

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from telnyx_recordings.sandbox.audio.tune import Audio
from telnyx_recordings.sandbox.clock import SECOND, Clock
from telnyx_recordings.sandbox.problems import BAD_REQUEST, NOT_FOUND, store_problem
from telnyx_recordings.sandbox.rows import FORMATS, Format

LIFETIME = 600
"""Lifetime of a link in seconds, as at Telnyx."""
MEDIA_PATH = "/media/"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
AudioOf = Callable[[str, Format], tuple[Audio, int | None] | None]
"""Returns the audio with an id, and its time of creation in microseconds since 1970."""
_OK = 200
_PARTIAL = 206
_FORBIDDEN = 403
_UNSATISFIABLE = 416
_FORM_OF_ENDING: Mapping[str, Format] = {form: form for form in FORMATS}
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)


class LinkSigner:
    """Signs and checks links with its own secret and a clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def revoke_all(self) -> None:
        """Invalidate all links so far."""
        self._secret = secrets.token_bytes(32)

    def at(self, origin: str) -> Callable[[str], str]:
        """Return a function that creates a link at `origin` from a quoted file name, dated now."""
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        date = now.strftime(_DATE_FORMAT)
        query = (
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=SANDBOX%2F{now:%Y%m%d}%2Fus-east-1%2Fs3%2Faws4_request"
            f"&X-Amz-Date={date}&X-Amz-Expires={LIFETIME}"
            "&X-Amz-SignedHeaders=host&X-Amz-Signature="
        )
        lifetime = str(LIFETIME)

        def link(name: str) -> str:
            path = MEDIA_PATH + name
            return origin + path + query + self._signature(path, date, lifetime)

        return link

    def refusal(self, path: str, query: Mapping[str, str]) -> str | None:
        """Return what is wrong with `query` as a signature of `path` (still quoted), if any."""
        date = query.get("X-Amz-Date", "")
        lifetime = query.get("X-Amz-Expires", "")
        signature = query.get("X-Amz-Signature", "")
        good = self._signature(path, date, lifetime)
        if not hmac.compare_digest(good.encode(), signature.encode()):
            return "Access Denied"
        signed_at = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC).timestamp()
        is_expired = self._clock.now() >= signed_at + int(lifetime)
        return "Request has expired" if is_expired else None

    def _signature(self, path: str, date: str, lifetime: str) -> str:
        signed = f"{path}\n{date}\n{lifetime}".encode(errors="surrogateescape")
        # Keyed BLAKE2 is a MAC too, and four times as fast as HMAC; a full page has 500 links.
        return hashlib.blake2b(signed, key=self._secret, digest_size=32).hexdigest()


class Media:
    """Serves the audio of the recordings below `/media/`."""

    def __init__(self, signer: LinkSigner, audio_of: AudioOf) -> None:
        self._signer = signer
        self._audio_of = audio_of
        self._etags: dict[str, str] = {}

    async def respond(self, request: Request) -> Response:
        """Return the audio, a range of it, or an error of S3."""
        if "authorization" in request.headers:
            message = "Only one auth mechanism allowed: the link is signed already"
            return store_problem(BAD_REQUEST, "InvalidArgument", message)
        path = cast("bytes", request.scope["raw_path"]).decode("latin-1")
        if request.method != "GET":
            return store_problem(_FORBIDDEN, "AccessDenied", "The link is signed for GET alone")
        if refusal := self._signer.refusal(path, request.query_params):
            return store_problem(_FORBIDDEN, "AccessDenied", refusal)
        name = request.url.path.removeprefix(MEDIA_PATH)
        recording_id, _, ending = name.rpartition(".")
        form = _FORM_OF_ENDING.get(ending)
        found = None if form is None else self._audio_of(recording_id, form)
        if found is None:
            return store_problem(NOT_FOUND, "NoSuchKey", "The specified key does not exist")
        audio, created = found
        return await self._serve(request, name, audio, created or 0)

    async def _serve(self, request: Request, name: str, audio: Audio, created: int) -> Response:
        etag = await self._etag(name, audio)
        headers = {
            "accept-ranges": "bytes",
            "etag": f'"{etag}"',
            "last-modified": formatdate(created // SECOND, usegmt=True),
        }
        span = _read_range(request.headers, headers, audio.size)
        status = _OK if span is None else _PARTIAL
        if span is None:
            span = range(audio.size)
        elif not span:
            headers["content-range"] = f"bytes */{audio.size}"
            message = "The requested range is not satisfiable"
            return store_problem(_UNSATISFIABLE, "InvalidRange", message, headers)
        else:
            headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{audio.size}"
        headers["content-length"] = str(len(span))
        return StreamingResponse(_stream(audio, span), status, headers, audio.media_type)

    async def _etag(self, name: str, audio: Audio) -> str:
        """Return the MD5 of the whole file in hexadecimal, which is cached."""
        known = self._etags.get(name)
        if known is None:
            digest = hashlib.md5(usedforsecurity=False)
            async for chunk in _stream(audio, range(audio.size)):
                digest.update(chunk)
            known = self._etags[name] = digest.hexdigest()
        return known


async def _stream(audio: Audio, span: range) -> AsyncIterator[bytes]:
    for chunk in audio.chunks(span.start, span.stop):
        yield chunk
        # A large file must not block other requests.
        await asyncio.sleep(0)


def _read_range(asked: Mapping[str, str], known: Mapping[str, str], size: int) -> range | None:
    """Parse a range; None (the whole file) without one, with a stale If-Range, or if malformed."""
    match = _RANGE.fullmatch(asked.get("range", ""))
    condition = asked.get("if-range")
    if match is None or condition not in {None, known["etag"], known["last-modified"]}:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return range(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last) + 1, size) if last else size)
