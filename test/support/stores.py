"""Object stores that serve one file of audio, well or badly: one named behaviour a class."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from behaviours import drip, head
from fakes import Line, Received

SECRET = "CANARY5ecret"


def md5_etag(audio: bytes) -> str:
    """The ETag of an object that was put in one piece."""
    return f'"{hashlib.md5(audio, usedforsecurity=False).hexdigest()}"'


@dataclass
class Store:
    """Serves one object as S3 does, with ranges; the base of stores that do not."""

    audio: bytes
    etag: str | None = ""
    """Empty for the MD5; None for no ETag."""
    kind: str = "audio/wav"
    more: Mapping[str, str] = field(default_factory=dict[str, str])
    ranges: Literal["obeyed", "ignored", "unconditional"] = "obeyed"
    """Unconditional ranges are those of any version, whatever If-Range names."""

    def __call__(self, line: Line, request: Received) -> bool:
        start, part = self.range(request)
        return self.serve(line, start, part=part)

    def range(self, request: Received, /) -> tuple[int, bool]:
        """Where to begin, and whether that is a part."""
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
        is_current = request.headers.get("if-range", self.tag) == self.tag
        wanted = self.ranges == "unconditional" or (self.ranges == "obeyed" and is_current)
        return (int(match[1]), True) if match and wanted else (0, False)

    @property
    def tag(self) -> str | None:
        """The ETag to send."""
        return md5_etag(self.audio) if self.etag == "" else self.etag

    def headers(self, start: int, *, part: bool) -> dict[str, str | int]:
        """What to say of the bytes from `start` on."""
        said: dict[str, str | int] = {"content-type": self.kind, "accept-ranges": "bytes"}
        if self.tag is not None:
            said["etag"] = self.tag
        if part:
            said["content-range"] = f"bytes {start}-{len(self.audio) - 1}/{len(self.audio)}"
        return {**said, "content-length": len(self.audio) - start, **self.more}

    def serve(self, line: Line, start: int, /, *, part: bool) -> bool:
        """Answer with the bytes from `start` on."""
        if part and start >= len(self.audio):
            total: dict[str, str | int] = {"content-range": f"bytes */{len(self.audio)}"}
            line.send(head(416, {**total, "content-length": 0}))
            return True
        line.send(head(206 if part else 200, self.headers(start, part=part)))
        return self.send(line, self.audio[start:])

    def send(self, line: Line, body: bytes) -> bool:
        """Send the body; True when the connection goes on."""
        line.send(body)
        return True


@dataclass
class ResetsAfter(Store):
    """Resets the connection after so many bytes of each answer."""

    size: int = 0

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body[: self.size])
        line.reset()
        return False


@dataclass
class EndsAfter(ResetsAfter):
    """Closes the connection properly after so many bytes, of more that were promised."""

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body[: self.size])
        return False


@dataclass
class StallsAfter(ResetsAfter):
    """Sends nothing more after so many bytes, for as long as the client waits."""

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body[: self.size])
        line.receive()  # returns when the client hangs up
        return False


@dataclass
class WithoutLength(Store):
    """Does not say how long the body is: its end is the connection's."""

    def headers(self, start: int, *, part: bool) -> dict[str, str | int]:
        said = super().headers(start, part=part)
        del said["content-length"]
        return said

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body)
        return False


@dataclass
class InChunks(WithoutLength):
    """Sends chunks; the last one only if there is to be an end, after so many bytes."""

    size: int = 1 << 40
    ends: bool = True

    def headers(self, start: int, *, part: bool) -> dict[str, str | int]:
        return {**super().headers(start, part=part), "transfer-encoding": "chunked"}

    def send(self, line: Line, body: bytes) -> bool:
        body = body[: self.size]
        for place in range(0, len(body), 10_000):
            piece = body[place : place + 10_000]
            line.send(b"%x\r\n%b\r\n" % (len(piece), piece))
        if self.ends:
            line.send(b"0\r\n\r\n")
        return self.ends


@dataclass
class InEndlessChunks(InChunks):
    """Sends chunks for as long as they are taken, beginning with the audio."""

    def send(self, line: Line, body: bytes) -> bool:
        while True:
            line.send(b"%x\r\n%b\r\n" % (len(body), body))


@dataclass
class SaysTooMuch(Store):
    """Sends more bytes than it promised."""

    def send(self, line: Line, body: bytes) -> bool:
        line.send(body + b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc")
        return True


@dataclass
class SaysAsManyAs(Store):
    """Gives these Content-Lengths."""

    lengths: Sequence[int] = ()

    def __call__(self, line: Line, _request: Received) -> bool:
        said = "".join(f"content-length: {each}\r\n" for each in self.lengths)
        line.send(f"HTTP/1.1 200 OK\r\n{said}content-type: {self.kind}\r\n\r\n".encode())
        line.send(self.audio)
        return False


@dataclass
class Drips(Store):
    """Sends a byte now and then."""

    def send(self, line: Line, body: bytes) -> bool:
        return drip(line, body, 0.01)


@dataclass
class DripsHead(Store):
    """Sends a byte of the answer's head now and then."""

    def serve(self, line: Line, _start: int, /, *, part: bool) -> bool:
        del part
        return drip(line, head(200, {f"x-{n}": n for n in range(1000)}), 0.01)


@dataclass
class SaysRange(Store):
    """Answers a range with another: its start is moved by `first`, the total by `total`."""

    first: int = 0
    total: int = 0

    def headers(self, start: int, *, part: bool) -> dict[str, str | int]:
        said = super().headers(start, part=part)
        if part:
            last, total = len(self.audio) - 1, len(self.audio) + self.total
            said["content-range"] = f"bytes {start + self.first}-{last}/{total}"
            said["content-length"] = len(self.audio) - start - self.first
        return said

    def serve(self, line: Line, start: int, /, *, part: bool) -> bool:
        line.send(head(206 if part else 200, self.headers(start, part=part)))
        return self.send(line, self.audio[start + (self.first if part else 0) :])


@dataclass
class GivesLittle(Store):
    """Answers a range with no more than so many bytes of it."""

    size: int = 0

    def headers(self, start: int, *, part: bool) -> dict[str, str | int]:
        said = super().headers(start, part=part)
        if part:
            stop = min(start + self.size, len(self.audio))
            said["content-range"] = f"bytes {start}-{stop - 1}/{len(self.audio)}"
            said["content-length"] = stop - start
        return said

    def serve(self, line: Line, start: int, /, *, part: bool) -> bool:
        line.send(head(206 if part else 200, self.headers(start, part=part)))
        return self.send(line, self.audio[start : start + self.size] if part else self.audio)


@dataclass
class FlipsBit(Store):
    """Sends one bit other than it is; the ETag is the true MD5."""

    place: int = 1000

    def send(self, line: Line, body: bytes) -> bool:
        damaged = bytearray(body)
        damaged[self.place] ^= 1
        line.send(bytes(damaged))
        return True


@dataclass
class Refuses:
    """Answers a status, as S3 does with XML, in which there are things that nobody may be shown."""

    status: int = 403
    code: str = "AccessDenied"
    headers: Mapping[str, str | int] = field(default_factory=dict[str, str | int])

    def __call__(self, line: Line, _request: Received) -> bool:
        body = f"<Error><Code>{self.code}</Code><Owner>{SECRET}</Owner></Error>".encode()
        said = {"content-type": "application/xml", "content-length": len(body), **self.headers}
        line.send(head(self.status, said) + body)
        return True


@dataclass
class Redirects:
    """Redirects to where it is told, the range and all."""

    location: str
    status: int = 302

    def __call__(self, line: Line, request: Received) -> bool:
        location = self.location.format(target=request.target)
        line.send(head(self.status, {"location": location, "content-length": 0}))
        return True
