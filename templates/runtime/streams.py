"""Streams: server-sent events and JSON texts, each decoded to its type while the response arrives.

A stream can be iterated once. It is closed, and its connection with it, at its end, when the loop
is left, at an error, by `close`, and when its `with` block ends. `timeout` is for each read; the
deadline of the call ends with the headers of the response. No more than one item is in memory.

A stream does not reconnect. Send ``extra_headers={"Last-Event-ID": stream.last_event_id}`` with
the next request to continue where an `EventStream` broke off.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from typing import Any, Generic, Self, TypeVar

from msgspec import Struct

from telnyx_recordings.core.call.body_limits import LARGEST_ANSWER
from telnyx_recordings.core.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    ModelError,
    without_frames,
)
from telnyx_recordings.core.model import decode
from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.core.resource import AsyncCaller, Caller
from telnyx_recordings.core.responses import AsyncStreamingResponse, StreamingResponse

T = TypeVar("T")
Item = TypeVar("Item")

_EVENTS = "text/event-stream"
_SEQUENCE = "json-seq"
_BOM = b"\xef\xbb\xbf"
_DONE = b"[DONE]"
_DIGITS = 15
_SMALL = 4096
LARGEST = LARGEST_ANSWER


class Event(Struct, Generic[T], frozen=True, kw_only=True):
    """A server-sent event.

    Attributes:
        data: of its type, decoded from JSON unless it is plain text.
        event: the name of the event.
        id: the id of this or of the latest event that had one; empty without.
        retry: milliseconds to wait before reconnecting, if this event states them.
    """

    data: T
    event: str = "message"
    id: str = ""
    retry: int | None = None


class BrokenOffError(Exception):
    """The connection ended within an item."""


class TooLargeError(Exception):
    """An item is larger than allowed."""


class EventParser:
    """Parses server-sent events, by the rules of the HTML standard."""

    def __init__(self, types: Mapping[str, Any]) -> None:
        """Take the type of the data by the name of the event, and that of all others by ""."""
        self._types = types
        self.last_event_id = ""
        self.retry: int | None = None
        self.has_ended = False
        self._is_first_line = True
        self._is_after_return = False
        self._line = bytearray()
        self._id = ""
        self._clear()

    def _clear(self) -> None:
        self._data = bytearray()
        self._event = ""
        self._own_retry: int | None = None

    def feed(self, chunk: bytes) -> Iterator[Event[Any]]:
        """Yield the events that are complete."""
        if self._is_after_return:  # a line feed would belong to the line that was read already
            chunk = chunk.removeprefix(b"\n")
        for part in chunk.splitlines(keepends=True):
            self._line += part
            if len(self._line) + len(self._data) > LARGEST:
                raise TooLargeError
            if part[-1] in b"\r\n":
                line = bytes(self._line).rstrip(b"\r\n")
                self._line.clear()
                yield from self._parse(line)
                if self.has_ended:
                    return
        self._is_after_return = chunk.endswith(b"\r")

    def _parse(self, line: bytes) -> Iterator[Event[Any]]:
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            yield from self._dispatch()
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        match name:
            case b"data":
                self._data += value + b"\n"
            case b"event":
                self._event = value.decode("utf-8", "replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
            case b"retry" if value.isdigit() and len(value) <= _DIGITS:
                self.retry = self._own_retry = int(value)
            case _:  # a comment, or a field that the standard does not have
                pass

    def _dispatch(self) -> Iterator[Event[Any]]:
        self.last_event_id = self._id
        has_data, data, name = bool(self._data), bytes(self._data[:-1]), self._event or "message"
        retry = self._own_retry
        self._clear()
        type_ = self._types.get(name, self._types[""])
        if not has_data or (type_ is not str and not data.strip()):  # to keep the connection alive
            return
        if type_ is not str and data.strip() == _DONE:
            self.has_ended = True
            return
        text = data.decode("utf-8", "replace")
        found = text if type_ is str else decode.from_json(type_, text, lenient=True)
        yield Event(data=found, event=name, id=self.last_event_id, retry=retry)

    def end(self, *, is_framed: bool) -> Iterator[Event[Any]]:
        """Drop an incomplete event; this is an error unless HTTP states that the body is whole."""
        if not is_framed and (self._data or (self._line and not self._line.startswith(b":"))):
            raise BrokenOffError
        return iter(())


class TextParser:
    """Parses JSON texts, each on a line of its own or after a record separator."""

    has_ended = False

    def __init__(self, types: Mapping[str, Any], separator: bytes) -> None:
        """Take the type, by ""."""
        self._type = types[""]
        self._separator = separator
        self._held = bytearray()
        self._next_try = 0

    def feed(self, chunk: bytes) -> Iterator[Any]:
        """Yield the texts that are complete."""
        *parts, last = chunk.split(self._separator)
        for part in parts:
            self._hold(part)
            yield from self._take()
        self._hold(last)
        size = len(self._held)
        if last.endswith(b"\n") and (size < _SMALL or size >= self._next_try):
            # A sequence usually ends its texts with line feeds: do not wait for the next one.
            try:
                yield from self._take()
            except ModelError:
                self._next_try = 2 * size

    def _hold(self, part: bytes) -> None:
        self._held += part
        if len(self._held) > LARGEST:
            raise TooLargeError

    def _take(self) -> list[Any]:
        text = bytes(self._held).strip()
        found = [decode.from_json(self._type, text, lenient=True)] if text else []
        self._held.clear()
        self._next_try = 0
        return found

    def end(self, *, is_framed: bool) -> Iterator[Any]:
        """Yield the last text; a half one is an error of its own if HTTP does not state the end."""
        if not is_framed and (text := self._held.strip()):
            if text[0] not in b'{["' and not self._held[-1:].isspace():
                raise BrokenOffError  # more digits may have been lost
            try:
                decode.decode_tolerantly(bytes(text))
            except ValueError:
                raise BrokenOffError from None
        yield from self._take()


_Parser = EventParser | TextParser
Types = Mapping[str, Mapping[str, Any]]
"""For each media type of streams the types of their items, by the names of events."""


class _Source:
    """What a stream knows of its call."""

    def __init__(
        self,
        operation: Operation[Any],
        response: StreamingResponse[Any] | AsyncStreamingResponse[Any],
        types: Types,
    ) -> None:
        self._method = operation.method
        self._path = encode.path(operation.path, operation.path_params)
        content_type = response.headers.get("content-type", "")
        self._media_type = content_type.partition(";")[0].strip().lower()
        headers = response.headers
        self.is_framed = "content-length" in headers or "transfer-encoding" in headers
        self.parser: _Parser | None = None
        if (own := types.get(self._media_type)) is not None:
            separator = b"\x1e" if self._media_type.endswith(_SEQUENCE) else b"\n"
            is_events = self._media_type == _EVENTS
            self.parser = EventParser(own) if is_events else TextParser(own, separator)
        accepted = {each.partition(";")[0].lower() for each in operation.accept.split(", ")}
        self._is_only_streams = accepted <= types.keys()

    def checked(self, result: Any) -> Any:
        """Return the result of a response that is no stream.

        Raises:
            APIResponseError: the operation returns streams only.
        """
        if self._is_only_streams and isinstance(result, str):
            what = ascii(self._media_type)[1:-1] or "without a Content-Type"
            raise self._error(
                APIResponseError,
                f"the response is not a stream: it is {what}; check the base URL, and for a proxy"
                " in between",
            )
        return result

    def failure(self, error: Exception) -> APIError:
        """Return the exception for an item that cannot be read."""
        without_frames(error)
        if isinstance(error, BrokenOffError):
            return self._error(APIConnectionError, "the stream broke off in the middle of an item")
        if isinstance(error, TooLargeError):
            what = f"an item of the stream is larger than {LARGEST:,} bytes"
        else:
            what = f"an item of the stream cannot be read: {error}"
        return self._error(APIResponseError, what)

    def _error(self, kind: type[APIError], what: str) -> APIError:
        return kind(f"{self._method} {self._path}: {what}", method=self._method, path=self._path)


_ERRORS = (ModelError, BrokenOffError, TooLargeError)


def _read(
    stack: ExitStack, response: StreamingResponse[Any], source: _Source, parser: _Parser
) -> Generator[Any]:
    with stack:
        try:
            for chunk in response.iter_bytes():
                yield from parser.feed(chunk)
                if parser.has_ended:
                    return
            yield from parser.end(is_framed=source.is_framed)
        except _ERRORS as error:
            raise source.failure(error) from error


async def _read_async(
    stack: AsyncExitStack, response: AsyncStreamingResponse[Any], source: _Source, parser: _Parser
) -> AsyncGenerator[Any]:
    async with stack:
        try:
            async for chunk in response.iter_bytes():
                for item in parser.feed(chunk):
                    yield item
                if parser.has_ended:
                    return
            for item in parser.end(is_framed=source.is_framed):
                yield item
        except _ERRORS as error:
            raise source.failure(error) from error


class _Base(Generic[Item]):
    """Base of all streams."""

    def __init__(self, stack: Any, response: Any, items: Any, parser: _Parser) -> None:
        self.response = response
        self._stack = stack
        self._items = items
        self._parser = parser


class _Stream(_Base[Item]):
    """Base of the streams of a `Client`.

    Attributes:
        response: the HTTP response, with its status and headers.
    """

    response: StreamingResponse[Any]

    def __iter__(self) -> Iterator[Item]:
        """Yield the items as they arrive; close the stream when the loop is left.

        Raises:
            APIConnectionError: the stream broke off (APITimeoutError: nothing came in time).
            APIResponseError: an item cannot be read, or is larger than 16 MiB.
        """
        try:
            yield from self._items
        finally:
            self.close()

    def __next__(self) -> Item:
        """Return the next item; raise as iterating does."""
        item: Item = next(self._items)
        return item

    def close(self) -> None:
        """Close the stream and its connection."""
        self._items.close()
        self._stack.close()

    def __enter__(self) -> Self:
        """Return the stream, which is closed when its ``with`` block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the stream."""
        self.close()


class _AsyncStream(_Base[Item]):
    """Base of the streams of an `AsyncClient`.

    Attributes:
        response: the HTTP response, with its status and headers.
    """

    response: AsyncStreamingResponse[Any]

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Yield the items as they arrive; close the stream when the loop is left.

        Raises:
            APIConnectionError: the stream broke off (APITimeoutError: nothing came in time).
            APIResponseError: an item cannot be read, or is larger than 16 MiB.
        """
        try:
            async for item in self._items:
                yield item
        finally:
            await self.close()

    async def __anext__(self) -> Item:
        """Return the next item; raise as iterating does."""
        item: Item = await anext(self._items)
        return item

    async def close(self) -> None:
        """Close the stream and its connection."""
        await self._items.aclose()
        await self._stack.aclose()

    async def __aenter__(self) -> Self:
        """Return the stream, which is closed when its ``async with`` block ends."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the stream."""
        await self.close()


class _Ids:
    """What streams of events have in addition to their items."""

    _parser: _Parser

    @property
    def last_event_id(self) -> str:
        """The id of the latest event that had one, to continue from; empty without."""
        return getattr(self._parser, "last_event_id", "")

    @property
    def retry(self) -> int | None:
        """Milliseconds to wait before reconnecting, as stated by the server; None without."""
        return getattr(self._parser, "retry", None)


class EventStream(_Ids, _Stream[Event[T]], Generic[T]):
    """Server-sent events, as they arrive."""


class AsyncEventStream(_Ids, _AsyncStream[Event[T]], Generic[T]):
    """Server-sent events, as they arrive."""


class JsonStream(_Stream[T], Generic[T]):
    """The JSON texts of a response, each decoded to its type as it arrives."""


class AsyncJsonStream(_AsyncStream[T], Generic[T]):
    """The JSON texts of a response, each decoded to its type as it arrives."""


def open_stream(caller: Caller, operation: Operation[Any], types: Types) -> Any:
    """Send the request; return a stream if the response is one, otherwise the typed response."""
    with ExitStack() as stack:
        response = stack.enter_context(caller.stream(operation))
        source = _Source(operation, response, types)
        if (parser := source.parser) is None:
            return source.checked(response.parse())
        response.lift_limits()
        kind: Any = EventStream if isinstance(parser, EventParser) else JsonStream
        kept = stack.pop_all()
        return kind(kept, response, _read(kept, response, source, parser), parser)


async def open_async_stream(caller: AsyncCaller, operation: Operation[Any], types: Types) -> Any:
    """Send the request; return a stream if the response is one, otherwise the typed response."""
    async with AsyncExitStack() as stack:
        response = await stack.enter_async_context(caller.stream(operation))
        source = _Source(operation, response, types)
        if (parser := source.parser) is None:
            return source.checked(await response.parse())
        response.lift_limits()
        kind: Any = AsyncEventStream if isinstance(parser, EventParser) else AsyncJsonStream
        kept = stack.pop_all()
        return kind(kept, response, _read_async(kept, response, source, parser), parser)
