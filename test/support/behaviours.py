"""What a fake server does with a request: one named behaviour a class, good ones and bad ones."""

import gzip
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote

from fakes import AT_ONCE, Behaviour, Line, Received

_PIECE = 65_536


def head(status: int, headers: Mapping[str, str | int]) -> bytes:
    """The first line and the headers of an answer."""
    lines = [f"HTTP/1.1 {status} Status", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def encoded(body: object) -> bytes:
    """A body's bytes: bytes as they are, text as UTF-8, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


@dataclass(frozen=True)
class Reply:
    """Answers as it should."""

    status: int = 200
    body: object = field(default_factory=dict[str, object])
    headers: Mapping[str, str | int] = field(default_factory=dict[str, str | int])

    def __call__(self, line: Line, _request: Received) -> bool:
        content = encoded(self.body)
        length = {} if self.status == 204 else {"content-length": len(content)}
        line.send(head(self.status, {**length, **self.headers}) + content)
        return True


@dataclass(frozen=True)
class Raw:
    """Sends these bytes and closes, or resets, the connection."""

    data: bytes
    resets: bool = False

    def __call__(self, line: Line, _request: Received) -> bool:
        line.send(self.data)
        if self.resets:
            line.reset()
        return False


HANG_UP = Raw(b"")
RESET = Raw(b"", resets=True)
RESET_IN_BODY = Raw(head(200, {"content-length": 1000}) + b'{"data": ', resets=True)
HALF_HEADERS = Raw(b"HTTP/1.1 200 OK\r\ncontent-type: applic")
SHORT_BODY = Raw(head(200, {"content-length": 1000}) + b'{"data": {}}')
ENDLESS_CHUNKS = Raw(head(200, {"transfer-encoding": "chunked"}) + b'c\r\n{"data": {}}\r\n')
TWO_LENGTHS = Raw(b'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 12\r\n\r\n{"data": {}}')


class Silence:
    """Takes the request and never replies."""

    def __call__(self, line: Line, _request: Received) -> bool:
        line.wait_for_the_end()
        return False


def drip(line: Line, data: bytes, seconds: float) -> bool:
    """Send bytes one by one."""
    for byte in data:
        line.pause(seconds)
        if not line.is_open:
            break
        line.send(bytes([byte]))
    return False


@dataclass(frozen=True)
class Drip:
    """Sends an answer a byte at a time, from its first byte or from its body on."""

    seconds: float
    from_body: bool = True

    def __call__(self, line: Line, _request: Received) -> bool:
        start = head(200, {"content-length": 1_000_000})
        if self.from_body:
            line.send(start)
            start = b""
        return drip(line, start + b" " * 1_000_000, self.seconds)


@dataclass(frozen=True)
class Flood:
    """Sends a body of a size, in chunks, compressed on request."""

    size: int
    zipped: bool = False
    encoding: str = "gzip"

    def __call__(self, line: Line, _request: Received) -> bool:
        headers = {"transfer-encoding": "chunked"}
        content = b" " * self.size
        if self.zipped:
            headers["content-encoding"] = self.encoding
            content = gzip.compress(content)
        line.send(head(200, headers))
        for start in range(0, len(content), _PIECE):
            piece = content[start : start + _PIECE]
            line.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        line.send(b"0\r\n\r\n")
        return True


@dataclass(frozen=True)
class Feed:
    """Streams pieces, and ends as stated: whole, cut, closed, or held open.

    A `cut` body lacks its last chunk; a `closed` one has neither a length nor chunks.
    """

    pieces: tuple[bytes, ...]
    media_type: str = "text/event-stream"
    ending: Literal["whole", "cut", "closed", "held"] = "whole"
    seconds: float = 0.0
    gone: threading.Event = field(default_factory=threading.Event)
    """Set when the client has closed a connection that was held open."""

    def __call__(self, line: Line, _request: Received) -> bool:
        is_chunked = self.ending != "closed"
        headers = {"transfer-encoding": "chunked"} if is_chunked else {"connection": "close"}
        try:
            line.send(head(200, {"content-type": self.media_type, **headers}))
            for each in self.pieces:
                line.pause(self.seconds)
                line.send(b"%x\r\n%b\r\n" % (len(each), each) if is_chunked else each)
            if self.ending == "held":
                line.wait_for_the_end()
            elif self.ending == "whole":
                line.send(b"0\r\n\r\n")
        finally:  # also after a reset, which a close with unread data may be
            if self.ending == "held":
                self.gone.set()
        return self.ending == "whole"


class Echo:
    """Shows the request's Authorization header in the body of an error."""

    def __call__(self, line: Line, request: Received) -> bool:
        told = {"code": "10009", "title": "bad key", "detail": request.headers["authorization"]}
        return Reply(401, {"errors": [told]})(line, request)


@dataclass
class Pages:
    """Lists rows with the ids r0, r1, …, as Telnyx does, with page numbers in its meta.

    Pages from the number `until` on are answered by another behaviour.
    """

    rows: int
    page_size: int = 10
    seconds: float = 0.0
    until: int = 10**9
    then: Behaviour = field(default_factory=Silence)

    def __call__(self, line: Line, request: Received) -> bool:
        line.pause(self.seconds)
        number = int(request.query.get("page[number]", 1))
        size = int(request.query.get("page[size]", self.page_size))
        if number >= self.until:
            return self.then(line, request)
        ids = range((number - 1) * size, min(number * size, self.rows))
        meta = {
            "page_number": number,
            "page_size": size,
            "total_pages": -(-self.rows // size),
            "total_results": self.rows,
        }
        answer = {"data": [{"id": f"r{each}"} for each in ids], "meta": meta}
        return Reply(200, answer)(line, request)


@dataclass
class Shelf:
    """Holds recordings that can be fetched and deleted; what is gone answers 404."""

    ids: set[str]

    def __call__(self, line: Line, request: Received) -> bool:
        return Reply(*self.apply(request))(line, request)

    def apply(self, request: Received) -> tuple[int, object]:
        """Do what is asked and return status and body."""
        if request.method == "POST":
            self.ids -= set(request.json["ids"])
            return 200, {"status": "ok"}
        found = unquote(request.path).rpartition("/")[2]
        if found not in self.ids:
            return 404, {"errors": [{"code": "10005", "title": "Not found"}]}
        if request.method == "DELETE":
            self.ids.remove(found)
        return 200, {"data": {"id": found}}


@dataclass
class Applied:
    """Does what is asked of a shelf, and then behaves otherwise."""

    shelf: Shelf
    then: Behaviour

    def __call__(self, line: Line, request: Received) -> bool:
        self.shelf.apply(request)
        return self.then(line, request)


@dataclass
class HalfApplied:
    """Deletes only the first half of the ids from a shelf, and answers 500."""

    shelf: Shelf

    def __call__(self, line: Line, request: Received) -> bool:
        ids = request.json["ids"]
        self.shelf.ids -= set(ids[: len(ids) // 2])
        return Reply(500)(line, request)


class EchoedId:
    """Answers with a recording whose id is the last part of the path."""

    def __call__(self, line: Line, request: Received) -> bool:
        return Reply(200, {"data": {"id": request.path.rpartition("/")[2]}})(line, request)


@dataclass(frozen=True)
class Interim:
    """Sends heads of interim responses, waits, and then does what another behaviour does."""

    heads: bytes
    then: Behaviour
    seconds: float = 0.05

    def __call__(self, line: Line, request: Received) -> bool:
        line.send(self.heads)
        line.pause(self.seconds)
        return self.then(line, request)


@dataclass
class Residue:
    """Sends bytes behind a response, in one piece with it, or once `may_send` is set."""

    behind: bytes
    response: bytes = field(
        default_factory=lambda: response(200, {"data": {"id": "first"}}), repr=False
    )
    may_send: threading.Event | None = None
    sent: threading.Event = field(default_factory=threading.Event)

    def __call__(self, line: Line, _request: Received) -> bool:
        if self.may_send is None:
            line.send(self.response + self.behind)
        else:
            line.send(self.response)
            self.may_send.wait(AT_ONCE)
            line.send(self.behind)
        self.sent.set()
        return True


def response(status: int, body: object, **headers: str) -> bytes:
    """The bytes of a response; underscores in names of headers stand for hyphens."""
    content = encoded(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return head(status, {"content-length": len(content), **named}) + content
