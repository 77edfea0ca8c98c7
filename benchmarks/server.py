"""A loopback Telnyx and store that respond at once, unless they are configured to be slow.

It is a separate process that creates its responses before the first request. `python -m
benchmarks.server ARGUMENTS` prints its base URL and ends with its standard input.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import unquote

from benchmarks import loopback
from benchmarks.audio import Audio
from benchmarks.peers import PAGE_SIZE
from benchmarks.rows import audible, compact, meta, rows

_LIST = re.compile(rb"GET /v2/recordings[? ]")
_RETRIEVE = re.compile(rb"GET /v2/recordings/([^ ?]+)")
_AUDIO = re.compile(rb"GET /audio/")
_PAGE_NUMBER = re.compile(rb"page(?:\[|%5B)number(?:\]|%5D)=(\d+)", re.IGNORECASE)
_CREATED = re.compile(rb"created_at(?:\]|%5D)(?:\[|%5B)([gl]te)(?:\]|%5D)=([^& ]+)", re.IGNORECASE)
_RECEIVED = 65_536


@dataclass(frozen=True, slots=True)
class Offer:
    """The content of a server, and its delays.

    Attributes:
        recordings: number of recordings.
        audio_bytes: size of the audio of each; 0 for links that lead to another host.
        seconds_a_page: delay of each page of the list.
        seconds_to_audio: delay of each download.
    """

    recordings: int
    audio_bytes: int = 0
    seconds_a_page: float = 0.0
    seconds_to_audio: float = 0.0


def serving(offer: Offer) -> AbstractContextManager[str]:
    """Return a context manager that serves, and whose value is the base URL."""
    return loopback.started("benchmarks.server", json.dumps(asdict(offer)))


class Responses:
    """Complete HTTP responses, or their pieces, created before the first request."""

    def __init__(self, offer: Offer, origin: str) -> None:
        """Create them, with links to an origin."""
        self._offer = offer
        self._audio = Audio(offer.audio_bytes) if offer.audio_bytes else None
        data = list(rows(offer.recordings))
        if self._audio is not None:
            data = [audible(row, f"{origin}/audio", self._audio.millis) for row in data]
        self._rows = [compact(row) for row in data]
        self._created = [datetime.fromisoformat(row["created_at"]) for row in data]
        everything = range(0, len(data), PAGE_SIZE)
        self._pages = [self._page(number, 0, len(data)) for number, _ in enumerate(everything, 1)]
        self._numbers = {row["id"].encode(): number for number, row in enumerate(data)}
        self._no_transcripts = _answer(compact({"data": [], "meta": meta(0)}))

    def handle(self, connection: socket.socket) -> None:
        """Respond to the requests of a connection."""
        pending = b""
        with connection, suppress(ConnectionError):  # a client may disconnect at any time
            while piece := connection.recv(_RECEIVED):
                pending += piece
                while b"\r\n\r\n" in pending:  # all requests are GET, without a body
                    request, _, pending = pending.partition(b"\r\n\r\n")
                    for each in self._response(request):
                        connection.sendall(each)

    def _response(self, request: bytes) -> Iterator[bytes | memoryview]:
        """Yield the pieces of the response to a request, each after its delay."""
        if self._audio is not None and _AUDIO.match(request):
            time.sleep(self._offer.seconds_to_audio)
            yield from self._audio.response
        elif found := _RETRIEVE.match(request):
            row = self._rows[self._numbers.get(found[1], 0)]
            yield _answer(b'{"data":' + row + b"}")
        elif not _LIST.match(request):
            yield self._no_transcripts
        else:
            time.sleep(self._offer.seconds_a_page)
            found = _PAGE_NUMBER.search(request)
            number = int(found[1]) if found else 1
            low, high = self._range(request)
            whole = high - low == len(self._rows)
            yield self._pages[number - 1] if whole else self._page(number, low, high)

    def _range(self, request: bytes) -> tuple[int, int]:
        """Return the range of rows that a request selects; rows are ordered by creation."""
        asked = {
            name.lower(): datetime.fromisoformat(unquote(value.decode()))
            for name, value in _CREATED.findall(request)
        }
        low, high = 0, len(self._rows)
        if b"gte" in asked:
            low = bisect_left(self._created, asked[b"gte"])
        if b"lte" in asked:
            high = bisect_right(self._created, asked[b"lte"])
        return low, max(low, high)

    def _page(self, number: int, low: int, high: int) -> bytes:
        first = low + (number - 1) * PAGE_SIZE
        data = b",".join(self._rows[first : min(first + PAGE_SIZE, high)])
        about = compact(meta(high - low, number=number))
        return _answer(b'{"data":[' + data + b'],"meta":' + about + b"}")


def _answer(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nx-request-id: 5d1c3a9e-loopback\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    offer = Offer(**json.loads(sys.argv[1]))
    loopback.serve(lambda origin: Responses(offer, origin).handle, "/v2")
