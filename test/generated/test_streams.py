"""Streams of generated packages: parsed by the standard's rules, read from a real server."""

import asyncio
import gc
import gzip
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

import pytest

from behaviours import Feed, Raw, Reply, head
from callers import Held
from fakes import AT_ONCE, Behaviour, Server
from runtime import streams
from runtime.streams import Event, EventParser, TextParser, open_async_stream, open_stream
from telnyx_recordings.config import load
from telnyx_recordings.core.call.flow import Shared
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.retry import Budget
from telnyx_recordings.core.request.operation import CallOptions, Operation
from telnyx_recordings.errors import (
    APIConnectionError,
    APIResponseError,
    APITimeoutError,
    NotFoundError,
)
from telnyx_recordings.transport import ENVIRONMENT
from telnyx_recordings.transport.aio import AioCaller
from telnyx_recordings.transport.sync import SyncCaller

EVENTS = "text/event-stream"
LINES = "application/x-ndjson"
SEQUENCE = "application/json-seq"
JSON = {EVENTS: {"": dict[str, int]}, LINES: {"": dict[str, int]}, SEQUENCE: {"": dict[str, int]}}


def parsed(data: bytes, *cuts: int, types: dict[str, Any] | None = None) -> list[Event[Any]]:
    """Return the events of a body that arrives in chunks cut at these places."""
    parser = EventParser(types or {"": str})
    places = [0, *cuts, len(data)]
    chunks = [data[start:end] for start, end in pairwise(places)]
    return [each for chunk in chunks if chunk for each in parser.feed(chunk)]


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b"data: a\n\n", [Event(data="a")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Event(data=each) for each in "abc"]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event(data="a")]),
        (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
        (b":comment\n\n: more\ndata:a\ndata\ndata:  b\n\n", [Event(data="a\n\n b")]),
        (b"data\n\n", [Event(data="")]),
        (b"data: a", []),
        (b"data: a\n", []),
        (b"event: go\n\ndata: a\n\n", [Event(data="a")]),
        (b"event: go\ndata: a\n\ndata: b\n\n", [Event(data="a", event="go"), Event(data="b")]),
        (b"id: 1\ndata: a\n\ndata: b\n\n", [Event(data="a", id="1"), Event(data="b", id="1")]),
        (b"id: 1\nid: 2\0\ndata: a\n\nid\ndata: b\n\n", [Event(data="a", id="1"), Event(data="b")]),
        (
            b"retry: 10\ndata: a\n\nretry: 1x\ndata: b\n\n",
            [Event(data="a", retry=10), Event(data="b")],
        ),
        (b"retry: " + b"9" * 9999 + b"\ndata: a\n\n", [Event(data="a")]),
        (b"unknown: 1\nDATA: 2\n data: 3\ndata: a\n\n", [Event(data="a")]),
        (b"data: \xff\xc3\xa4\n\n", [Event(data="\N{REPLACEMENT CHARACTER}\xe4")]),
        ("data: \x85 \u2028 \x0b\n\n".encode(), [Event(data="\x85 \u2028 \x0b")]),
    ],
)
def test_events_are_the_same_wherever_chunks_are_cut(body: bytes, events: list[Event[Any]]) -> None:
    assert parsed(body) == events
    assert parsed(body, *range(1, min(len(body), 200))) == events
    for place in range(1, min(len(body), 200)):
        assert parsed(body, place) == events


def test_line_that_ends_with_a_carriage_return_is_read_at_once() -> None:
    parser = EventParser({"": str})
    assert [*parser.feed(b"data: a\r\r")] == [Event(data="a")]
    assert [*parser.feed(b"\ndata: b\n\n")] == [Event(data="b")]


def test_data_has_the_type_of_its_event_name() -> None:
    types = {"": str, "row": dict[str, int], "count": int}
    body = b'event: row\ndata: {"a":\ndata: 1}\n\nevent: count\ndata: 7\n\nevent: x\ndata: {\n\n'
    assert [each.data for each in parsed(body, types=types)] == [{"a": 1}, 7, "{"]


def test_empty_json_events_are_skipped_and_done_ends_the_stream() -> None:
    body = b'event: ping\ndata:\n\ndata: {"a": 1}\n\ndata: [DONE]\n\ndata: junk\n\n'
    assert [each.data for each in parsed(body, types={"": dict[str, int]})] == [{"a": 1}]
    assert [each.data for each in parsed(b"data: [DONE]\n\n")] == ["[DONE]"]


@pytest.mark.parametrize(
    ("separator", "body", "items"),
    [
        (b"\n", b'{"a": 1}\n\r\n{"a": 2}\r\n{"a": 3}', [{"a": 1}, {"a": 2}, {"a": 3}]),
        (b"\n", b"1\n2", [1, 2]),
        (b"\n", b'"\xe2\x80\xa8"\nnull\n', ["\u2028", None]),
        (b"\x1e", b'\x1e{"a":\n1}\n\x1e2\n\x1e\x1e"b"', [{"a": 1}, 2, "b"]),
        (b"\n", b"", []),
    ],
)
def test_json_texts_are_the_same_wherever_chunks_are_cut(
    separator: bytes, body: bytes, items: list[Any]
) -> None:
    for place in range(len(body) + 1):
        parser = TextParser({"": Any}, separator)
        found = [*parser.feed(body[:place]), *parser.feed(body[place:])]
        assert [*found, *parser.end(is_framed=True)] == items


def test_sequence_does_not_wait_for_the_next_record() -> None:
    parser = TextParser({"": Any}, b"\x1e")
    assert [*parser.feed(b'\x1e{"a":\n')] == []
    assert [*parser.feed(b"1}\n")] == [{"a": 1}]


class Read(NamedTuple):
    """What a stream gave: its items, how it ended, and what it knows of the place."""

    items: list[Any]
    error: Exception | None = None
    last_event_id: str = ""
    retry: int | None = None


def operation(accept: str = EVENTS, **options: Any) -> Operation[Any]:
    """Describe a call whose responses are streams, or else JSON."""
    found: CallOptions = {"max_retries": 0, **options}  # type: ignore[typeddict-item]  # any of them
    return Operation(
        name="feed.read",
        method="GET",
        path="/feed/{id}",
        path_params={"id": "a-b"},
        result=str if accept else Any,
        safe_to_retry=True,
        accept=accept,
        options=found,
    )


def callers(server: Server, held: Held | None = None) -> Shared:
    """Return the state of a client of a server."""
    config, environment = load("KEY", server.base_url), held.environment() if held else ENVIRONMENT
    return Shared(config=config, environment=environment, budget=Budget(), pacer=Pacer())


def read_sync(
    server: Server,
    call: Operation[Any],
    types: Any,
    leave: Callable[[int], object] = bool,
    held: Held | None = None,
) -> Read:
    caller = SyncCaller(callers(server, held))
    items: list[Any] = []
    stream: Any = None
    try:
        stream = open_stream(caller, call, types)
        for each in stream:
            items.append(each)
            if leave(len(items)) is None:
                break
    except Exception as error:  # noqa: BLE001 - it is what the test asks about
        return Read(items, error, *place(stream))
    finally:
        caller.close()
    return Read(items, None, *place(stream))


def read_async(
    server: Server,
    call: Operation[Any],
    types: Any,
    leave: Callable[[int], object] = bool,
    held: Held | None = None,
) -> Read:
    async def run() -> Read:
        caller = AioCaller(callers(server, held))
        items: list[Any] = []
        stream: Any = None
        try:
            stream = await open_async_stream(caller, call, types)
            async for each in stream:
                items.append(each)
                if leave(len(items)) is None:
                    break
        except Exception as error:  # noqa: BLE001 - it is what the test asks about
            return Read(items, error, *place(stream))
        finally:
            await caller.close()
        return Read(items, None, *place(stream))

    return asyncio.run(asyncio.wait_for(run(), AT_ONCE))


def place(stream: Any) -> tuple[str, int | None]:
    """Return where a stream of events is."""
    return getattr(stream, "last_event_id", ""), getattr(stream, "retry", None)


Reader = Callable[..., Read]
both = pytest.mark.parametrize("read", [read_sync, read_async])


def served(
    read: Reader, behaviour: Behaviour, call: Operation[Any] | None = None, types: Any = None
) -> Read:
    """Read what a server does."""
    with Server(behaviour) as server:
        return read(server, call or operation(), types or JSON)


@both
def test_slow_stream_gives_each_event_as_it_arrives(read: Reader) -> None:
    pieces = (b"id: 7\nda", b'ta: {"a": 1}\n', b"\nretry: 50\n", b'data: {"a": 2}\n\n')
    found = served(read, Feed(pieces, seconds=0.05))
    assert [each.data for each in found.items] == [{"a": 1}, {"a": 2}]
    assert found[1:] == (None, "7", 50)


@both
@pytest.mark.parametrize("ending", ["cut", "closed"])
def test_stream_that_breaks_off_raises_and_keeps_its_place(read: Reader, ending: Any) -> None:
    pieces = (b'id: 1\ndata: {"a": 1}\n\n', b'id: 2\ndata: {"a"')
    found = served(read, Feed(pieces, ending=ending))
    assert [each.id for each in found.items] == ["1"]
    assert found.last_event_id == "1"
    assert type(found.error) is APIConnectionError
    assert str(found.error).startswith("GET /feed/a-b: ")


@both
def test_incomplete_event_at_a_clean_end_is_dropped(read: Reader) -> None:
    found = served(read, Feed((b'data: {"a": 1}\n\ndata: {"a"',)))
    assert (len(found.items), found.error) == (1, None)


@both
@pytest.mark.parametrize("last", [b'{"a"', b"12"])
def test_lines_that_break_off_raise(read: Reader, last: bytes) -> None:
    found = served(read, Feed((b"1\n", last), LINES, "closed"), types={LINES: {"": Any}})
    assert (found.items, type(found.error)) == ([1], APIConnectionError)


@both
@pytest.mark.parametrize(("kind", "last"), [(LINES, b'{"a": 2}'), (SEQUENCE, b'\x1e{"a": 2}\n')])
def test_lines_and_sequences_are_typed(read: Reader, kind: str, last: bytes) -> None:
    first = b'{"a": 1}\n' if kind == LINES else b'\x1e{"a": 1}\n'
    for ending in ("whole", "closed"):
        found = served(read, Feed((first, last), f"{kind}; charset=utf-8", ending), operation(kind))
        assert (found.items, found.error) == ([{"a": 1}, {"a": 2}], None)


@both
@pytest.mark.parametrize(
    ("media_type", "junk"),
    [(EVENTS, b"data: {junk\n\n"), (LINES, b"{junk\n"), (EVENTS, b"data: \xff\0\n\n")],
)
def test_junk_is_an_error_that_names_the_call(read: Reader, media_type: str, junk: bytes) -> None:
    found = served(read, Feed((junk,), media_type, "held"))
    assert type(found.error) is APIResponseError
    assert "GET /feed/a-b: an item of the stream cannot be read" in str(found.error)


@both
@pytest.mark.parametrize("media_type", [EVENTS, LINES])
def test_endless_item_ends_with_a_clear_error(
    read: Reader, media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "LARGEST", 100_000)
    found = served(read, Feed((b"x" * 60_000,) * 2, media_type, "held"))
    assert type(found.error) is APIResponseError
    assert "an item of the stream is larger than 100,000 bytes" in str(found.error)


def test_data_on_many_lines_counts_as_one_item(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LARGEST", 1000)
    with pytest.raises(streams.TooLargeError):
        parsed(b"data: 0123456789\n" * 100)
    assert len(parsed(b"data: 0123456789\n\n" * 100)) == 100


@both
def test_other_type_is_no_stream(read: Reader) -> None:
    found = served(read, Reply(200, "<html>", {"content-type": "text/html"}))
    assert type(found.error) is APIResponseError
    assert "the response is not a stream: it is text/html; check the base URL" in str(found.error)


@both
def test_error_status_raises_before_the_first_item(read: Reader) -> None:
    found = served(read, Reply(404, {"errors": [{"code": "1", "title": "gone"}]}))
    assert (found.items, type(found.error)) == ([], NotFoundError)


@both
def test_compressed_stream_is_read(read: Reader) -> None:
    zipped = gzip.compress(b'data: {"a": 1}\n\n')
    response = head(200, {"content-type": EVENTS, "content-encoding": "gzip"}) + zipped
    found = served(read, Raw(response))
    assert ([each.data for each in found.items], found.error) == ([{"a": 1}], None)


@both
def test_stream_outlives_the_deadline_of_its_call(read: Reader) -> None:
    held = Held()

    def wait_long(_: int) -> bool:
        held.now += 1000
        return True

    with Server(Feed((b'data: {"a": 1}\n\n',) * 4, seconds=0.05)) as server:
        found = read(server, operation(), JSON, wait_long, held)
    assert (len(found.items), found.error) == (4, None)


@both
def test_silence_ends_a_stream_after_the_timeout_of_a_read(read: Reader) -> None:
    feed = Feed((b'id: 3\ndata: {"a": 1}\n\n',), ending="held")
    found = served(read, feed, operation(timeout=0.5, deadline=20.0))
    assert (len(found.items), found.last_event_id) == (1, "3")
    assert type(found.error) is APITimeoutError


@both
def test_stream_larger_than_a_response_may_be_is_read(
    read: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telnyx_recordings.core.call.body_limits.LARGEST_ANSWER", 1000)
    found = served(read, Feed((b'data: {"a": 1}\n\n' * 4000,) * 4))
    assert (len(found.items), found.error) == (16_000, None)


@both
def test_connection_is_closed_when_the_loop_is_left(read: Reader) -> None:
    feed = Feed((b'data: {"a": 1}\n\n' * 3,), ending="held")
    with Server(feed) as server:
        found = read(server, operation(), JSON, {1: True, 2: None}.get)
        assert (len(found.items), found.error) == (2, None)
        assert feed.gone.wait(AT_ONCE)


def test_connection_is_closed_at_every_way_out_of_a_sync_stream() -> None:
    for leave in (leave_by_break, leave_by_error, leave_by_close, leave_by_with, leave_unread):
        feed = Feed((b'data: {"a": 1}\n\n' * 3,), ending="held")
        with Server(feed) as server:
            caller = SyncCaller(callers(server))
            kept = leave(open_stream(caller, operation(), JSON))
            gc.collect()
            assert feed.gone.wait(AT_ONCE), leave.__name__
            assert kept is None or [*kept] == []
            caller.close()


def leave_by_break(stream: Any) -> Any:
    for _ in stream:
        break
    return stream


def leave_by_error(stream: Any) -> Any:
    with suppress(KeyError):
        for _ in stream:
            raise KeyError
    return stream


def leave_by_close(stream: Any) -> Any:
    assert next(stream).data == {"a": 1}
    stream.close()
    stream.close()
    return stream


def leave_by_with(stream: Any) -> Any:
    with stream as same:
        assert same.response.status_code == 200
    return stream


def leave_unread(stream: Any) -> Any:
    del stream


def test_connection_is_closed_at_every_way_out_of_an_async_stream() -> None:
    async def run(server: Server, feed: Feed, leave: Any) -> None:
        caller = AioCaller(callers(server))
        kept = await leave(await open_async_stream(caller, operation(), JSON))
        gc.collect()
        gone = await asyncio.to_thread(feed.gone.wait, AT_ONCE)
        assert gone, leave.__name__
        assert kept is None or [each async for each in kept] == []
        await caller.close()

    ways = (leave_by_async_break, leave_by_async_close, leave_by_async_with, leave_async_unread)
    for leave in ways:
        feed = Feed((b'data: {"a": 1}\n\n' * 3,), ending="held")
        with Server(feed) as server:
            asyncio.run(run(server, feed, leave))


async def leave_by_async_break(stream: Any) -> Any:
    async for _ in stream:
        break
    return stream


async def leave_by_async_close(stream: Any) -> Any:
    assert (await anext(stream)).data == {"a": 1}
    await stream.close()
    await stream.close()
    return stream


async def leave_by_async_with(stream: Any) -> Any:
    async with stream as same:
        assert same.response.status_code == 200
    return stream


async def leave_async_unread(stream: Any) -> Any:
    del stream


def test_stream_that_was_read_leaves_its_connection_for_the_next_call() -> None:
    with Server(Feed((b'data: {"a": 1}\n\n',))) as server:
        caller = SyncCaller(callers(server))
        for _ in range(2):
            assert len([*open_stream(caller, operation(), JSON)]) == 1
        caller.close()
        assert server.accepted == 1


def test_response_that_is_no_stream_has_its_usual_type() -> None:
    async def run(server: Server) -> Any:
        caller = AioCaller(callers(server))
        try:
            return await open_async_stream(caller, operation(""), JSON)
        finally:
            await caller.close()

    with Server(Reply(200, [1, 2])) as server:
        caller = SyncCaller(callers(server))
        assert open_stream(caller, operation(""), JSON) == [1, 2]
        caller.close()
        assert asyncio.run(run(server)) == [1, 2]
