"""The object store: serves audio for signed links, with ranges, as S3 does."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import cast

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from telnyx_recordings.sandbox.audio.tune import Audio
from telnyx_recordings.sandbox.links import MEDIA_PATH, LinkError
from telnyx_recordings.sandbox.problems import store_problem
from telnyx_recordings.sandbox.rows import FORMATS, Format, Recording
from telnyx_recordings.sandbox.state import State
from telnyx_recordings.sandbox.times import SECOND

_OK = 200
_PARTIAL = 206
_BAD_REQUEST = 400
_FORBIDDEN = 403
_NOT_FOUND = 404
_UNSATISFIABLE = 416
_FORM_OF_ENDING: Mapping[str, Format] = {form: form for form in FORMATS}
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Span:
    """Bytes `start` up to but not including `stop`."""

    start: int
    stop: int


class Media:
    """Serves the audio of the recordings below `/media/`."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._etags: dict[str, str] = {}

    async def answer(self, request: Request) -> Response:
        """Return the audio, a range of it, or an error of S3."""
        if "authorization" in request.headers:
            message = "Only one auth mechanism allowed: the link is signed already"
            return store_problem(_BAD_REQUEST, "InvalidArgument", message)
        path = cast("bytes", request.scope["raw_path"]).decode("latin-1")
        if request.method != "GET":
            return store_problem(_FORBIDDEN, "AccessDenied", "The link is signed for GET alone")
        try:
            self._state.signer.check(path, request.query_params)
        except LinkError as error:
            return store_problem(_FORBIDDEN, "AccessDenied", str(error))
        name = request.url.path.removeprefix(MEDIA_PATH)
        recording_id, _, ending = name.rpartition(".")
        recording = self._state.recordings.get(recording_id)
        form = _FORM_OF_ENDING.get(ending)
        if recording is None or form is None:
            return store_problem(_NOT_FOUND, "NoSuchKey", "The specified key does not exist")
        return await self._serve(request, recording, form)

    async def _serve(self, request: Request, recording: Recording, form: Format) -> Response:
        audio = recording.audio(form)
        etag = await self._etag(f"{recording.id}.{form}", audio)
        created = 0 if recording.created is None else recording.created
        headers = {
            "accept-ranges": "bytes",
            "etag": f'"{etag}"',
            "last-modified": formatdate(created // SECOND, usegmt=True),
        }
        span = _read_range(request.headers, headers, audio.size)
        if span is None:
            span = _Span(0, audio.size)
            status = _OK
        elif span.start >= span.stop:
            headers["content-range"] = f"bytes */{audio.size}"
            message = "The requested range is not satisfiable"
            return store_problem(_UNSATISFIABLE, "InvalidRange", message, headers)
        else:
            headers["content-range"] = f"bytes {span.start}-{span.stop - 1}/{audio.size}"
            status = _PARTIAL
        headers["content-length"] = str(span.stop - span.start)
        return StreamingResponse(_stream(audio, span), status, headers, audio.media_type)

    async def _etag(self, name: str, audio: Audio) -> str:
        """Return the MD5 of the whole file in hexadecimal, which is cached."""
        known = self._etags.get(name)
        if known is None:
            digest = hashlib.md5(usedforsecurity=False)
            async for chunk in _stream(audio, _Span(0, audio.size)):
                digest.update(chunk)
            known = self._etags[name] = digest.hexdigest()
        return known


async def _stream(audio: Audio, span: _Span) -> AsyncIterator[bytes]:
    for chunk in audio.chunks(span.start, span.stop):
        yield chunk
        # A large file must not block other requests.
        await asyncio.sleep(0)


def _read_range(asked: Mapping[str, str], known: Mapping[str, str], size: int) -> _Span | None:
    """Parse a range; None (the whole file) without one, with a stale If-Range, or if malformed."""
    match = _RANGE.fullmatch(asked.get("range", ""))
    condition = asked.get("if-range")
    if match is None or condition not in {None, known["etag"], known["last-modified"]}:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return _Span(max(size - int(last), 0), size) if last else None
    if last and int(last) < int(first):
        return None
    return _Span(int(first), min(int(last) + 1, size) if last else size)
