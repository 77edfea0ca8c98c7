"""Raw and streaming responses: what the official SDK offers of an HTTP response, and more."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core import pages
from telnyx_recordings.core.call.result import CallResult, parse
from telnyx_recordings.core.errors import APIResponseError
from telnyx_recordings.core.notebook import PublicNames
from telnyx_recordings.core.request.operation import Operation

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """Headers, looked up in any case."""

    __slots__ = ("_by_name",)

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Take headers; of equal names in several cases, the last counts."""
        self._by_name: dict[str, str] = {name.lower(): text for name, text in headers.items()}

    def __getitem__(self, name: str) -> str:
        """Return the value of a header."""
        return self._by_name[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in lower case."""
        return iter(self._by_name)

    def __len__(self) -> int:
        """Return the number of headers."""
        return len(self._by_name)

    def __repr__(self) -> str:
        """Show the names, but not the values, which may be secret."""
        return f"<Headers {', '.join(self._by_name)}>"


class HTTPRequest(Struct, frozen=True, kw_only=True):
    """The request of a response, without the API key.

    Attributes:
        method: the HTTP method.
        url: the whole URL.
        headers: looked up in any case.
        content: the body; empty without one.
    """

    method: str
    url: str
    headers: Headers
    content: bytes

    def __repr__(self) -> str:
        """Show the method, but not the query, headers and body, which may hold secrets."""
        return f"<HTTPRequest {self.method} {self.url.partition('?')[0]}>"


class _HTTPResponse(PublicNames, Generic[T]):
    """Base of all responses.

    Attributes:
        status_code: the HTTP status.
        headers: looked up in any case.
        method: the HTTP method of the request.
        url: the URL of the request.
        http_version: of the connection.
        elapsed: from sending the request to the response; until its first bytes if it is streamed.
        attempts: number of attempts that the call took.
        already_absent: whether a delete found nothing, after an attempt whose response was lost.
    """

    def __init__(self, operation: Operation[Any], result: CallResult, caller: Any) -> None:
        """Wrap the response to an operation of a caller."""
        request, response = result.request, result.response
        self._operation = operation
        self._result = result
        self._caller = caller
        self._is_closed = False
        self._body: bytes | None = response.body if response.stream is None else None
        self.status_code: int = response.status
        self.headers: Mapping[str, str] = Headers(response.headers)
        self.method: str = request.method
        self.url: str = request.url
        self.http_version: str = "HTTP/1.1"
        self.elapsed: timedelta = timedelta(seconds=result.elapsed)
        self.attempts: int = result.attempts
        self.already_absent: bool = result.already_absent

    @property
    def http_request(self) -> HTTPRequest:
        """The request, without the API key."""
        request = self._result.request
        return HTTPRequest(
            method=request.method,
            url=request.url,
            headers=Headers(request.headers),
            content=request.body or b"",
        )

    @property
    def request_id(self) -> str | None:
        """The service's id of the request; give it to the service's support."""
        return self._result.response.request_id

    @property
    def idempotency_key(self) -> str | None:
        """What identifies the request, if the operation has such a field; otherwise None."""
        return self._result.request.idempotency_key or None

    def _parsed(
        self, page: type[pages.Page[Any, Any] | pages.AsyncPage[Any, Any]], body: bytes
    ) -> T:
        """Return the typed response; of a list, its page."""
        response = replace(self._result.response, body=body)
        parsed = parse(self._operation, replace(self._result, response=response))
        if self._operation.paging.styles:
            operation = pages.linked(self._operation, response.headers.get("link"))
            return cast("T", page(parsed, operation, self._caller))
        return cast("T", parsed)

    def _close(self) -> None:
        self._is_closed = True
        if self._result.response.stream is not None:
            self._result.response.stream.close()

    def _json(self, body: bytes) -> Any:
        request = self._result.request
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise APIResponseError(
                f"{request.method} {request.path}: the response is not JSON: {error}",
                method=request.method,
                path=request.path,
            ) from error

    def __repr__(self) -> str:
        """Show the status and the operation, but not the content."""
        return f"<{type(self).__name__} {self.status_code} of {self._operation.name}>"


class Text(str):
    """The text of a response, which can also be called, as in the official SDK."""

    __slots__ = ()

    def __call__(self) -> str:
        """Return the text."""
        return str(self)


class AsyncText(str):
    """The text of a response, which can also be called and awaited, as in the official SDK."""

    __slots__ = ()

    async def __call__(self) -> str:
        """Return the text."""
        return str(self)


class _Read(_HTTPResponse[T]):
    """Base of responses that were read."""

    is_closed = True

    @property
    def content(self) -> bytes:
        """The body."""
        return self._result.response.body


class _Streamed(_HTTPResponse[T]):
    """Base of responses whose body is unread."""

    @property
    def is_closed(self) -> bool:
        """Whether the response was closed, as it is after its ``with`` block."""
        return self._is_closed

    def lift_limits(self) -> None:
        """Let the body be of any size, and take any time, as long as each read is in time."""
        self._result.response.stream.lift_limits()


class _Sync(_HTTPResponse[T]):
    """Base of responses of a `Client`."""

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Yield the body in chunks: as they arrive if it is unread and no size is given.

        Raises:
            APIConnectionError: the body ended early or stalled.
            APIResponseError: it is larger than 16 MiB.
        """
        chunks = self._result.response.stream if self._body is None else [self._body]
        return _split(chunks, _Chunks(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Yield the body as text, in chunks; raise as `iter_bytes`."""
        return _split(self.iter_bytes(chunk_size), _Texts())

    def iter_lines(self) -> Iterator[str]:
        """Yield the lines of the body; raise as `iter_bytes`."""
        return _split(self.iter_text(), _LineSplitter())

    def read(self) -> bytes:
        """Return the whole body; it can be called again."""
        if self._body is None:
            self._body = b"".join(self.iter_bytes())
        return self._body

    def json(self) -> Any:
        """Return the whole body as plain data.

        Raises:
            APIResponseError: the body is not JSON.
        """
        return self._json(self.read())

    def parse(self) -> T:
        """Return the typed response; of a list, its page.

        Raises:
            APIResponseError: the body is not JSON, or has an unexpected shape.
        """
        return self._parsed(pages.Page, self.read())

    def close(self) -> None:
        """Close the response; its connection is closed too unless the body was read to its end."""
        self._close()


class _Async(_HTTPResponse[T]):
    """Base of responses of an `AsyncClient`."""

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Yield the body in chunks; raise as `StreamingResponse.iter_bytes`."""
        chunks = self._result.response.stream if self._body is None else _once(self._body)
        return _split_async(chunks, _Chunks(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Yield the body as text, in chunks; raise as `iter_bytes`."""
        return _split_async(self.iter_bytes(chunk_size), _Texts())

    def iter_lines(self) -> AsyncIterator[str]:
        """Yield the lines of the body; raise as `iter_bytes`."""
        return _split_async(self.iter_text(), _LineSplitter())

    async def read(self) -> bytes:
        """Return the whole body; it can be called again."""
        if self._body is None:
            self._body = b"".join([chunk async for chunk in self.iter_bytes()])
        return self._body

    async def json(self) -> Any:
        """Return the whole body as plain data; raise as `StreamingResponse.json`."""
        return self._json(await self.read())

    async def parse(self) -> T:
        """Return the typed response; of a list, its page; raise as `StreamingResponse.parse`."""
        return self._parsed(pages.AsyncPage, await self.read())

    async def close(self) -> None:
        """Close the response; its connection is closed too unless the body was read to its end."""
        self._close()


class RawResponse(_Read[T], _Sync[T]):
    """An HTTP response that was read; `parse` returns its typed form."""

    @property
    def text(self) -> Text:
        """The body as text."""
        return Text(self._result.response.text)


class AsyncRawResponse(_Read[T], _Async[T]):
    """An HTTP response of an `AsyncClient` that was read; `parse` returns its typed form."""

    @property
    def text(self) -> AsyncText:
        """The body as text."""
        return AsyncText(self._result.response.text)


class StreamingResponse(_Streamed[T], _Sync[T]):
    """A response whose body is read in chunks, inside its ``with`` block."""

    def text(self) -> str:
        """Return the whole body as text."""
        return self.read().decode("utf-8", "replace")


class AsyncStreamingResponse(_Streamed[T], _Async[T]):
    """A response whose body is read in chunks, inside its ``async with`` block."""

    async def text(self) -> str:
        """Return the whole body as text."""
        return (await self.read()).decode("utf-8", "replace")


class _Chunks:
    """Splits bytes into chunks of a size, or leaves them as they come."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._held = b""

    def feed(self, data: bytes = b"", *, is_end: bool = False) -> Iterator[bytes]:
        """Yield the chunks that are complete, and at the end the rest."""
        if self._size is None:
            if data:
                yield data
            return
        self._held += data
        while len(self._held) >= self._size or (is_end and self._held):
            yield self._held[: self._size]
            self._held = self._held[self._size :]


class _Texts:
    """Decodes chunks of UTF-8, whose characters may be cut."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes = b"", *, is_end: bool = False) -> Iterator[str]:
        """Yield the text that is complete, and at the end the rest."""
        if text := self._decoder.decode(data, final=is_end):
            yield text


class _LineSplitter:
    """Splits text into lines, whose ends may be cut."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str = "", *, is_end: bool = False) -> Iterator[str]:
        """Yield the lines that are complete, and at the end the rest."""
        lines = (self._held + text).splitlines(keepends=True)
        self._held = ""
        # The last line may continue, and a carriage return may be followed by a line feed.
        may_continue = lines and (lines[-1].endswith("\r") or lines[-1].splitlines() == lines[-1:])
        if may_continue and not is_end:
            self._held = lines.pop()
        for line in lines:
            yield line.splitlines()[0]


def _split(chunks: Any, splitter: Any) -> Iterator[Any]:
    for chunk in chunks:
        yield from splitter.feed(chunk)
    yield from splitter.feed(is_end=True)


async def _once(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _split_async(chunks: Any, splitter: Any) -> AsyncIterator[Any]:
    async for chunk in chunks:
        for part in splitter.feed(chunk):
            yield part
    for part in splitter.feed(is_end=True):
        yield part
