"""What a transfer asks of its driver, as small values, and what it writes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from telnyx_recordings.core.retry import Wait

if TYPE_CHECKING:
    from telnyx_recordings.media.digests import Digests
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Fetch(Struct, frozen=True):
    """Fetch the recording from the API; told `Fetched`, or a `NotFoundError`."""

    recording_id: str


class Open(Struct, frozen=True):
    """Ask the store for the audio; told a `Reply`, or a `Failure`."""

    url: str
    headers: dict[str, str]


class Read(Struct, frozen=True):
    """Read on in the body of the last reply; told bytes, none at its end, or a `Failure`."""


class Local(Struct, frozen=True):
    """Do this: it uses the disk or much of a processor, but no network; told its result."""

    work: Callable[[], object]


Step = Fetch | Open | Read | Local | Wait
READ = Read()


class Fetched(Struct, frozen=True):
    """A recording as the API has it now, and the Date header of that answer."""

    recording: RecordingResponseData | None
    date: str | None


class Reply(Protocol):
    """The head of a store's answer."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        ...


class Version(Struct, frozen=True):
    """One version of the audio, as the store tells it from others.

    Attributes:
        etag: its strong ETag, None when it has none: then nothing can be resumed.
        total: its length, None when that is not known yet.
        md5: its MD5 in hexadecimal, None when the store does not state it.
    """

    etag: str | None = None
    total: int | None = None
    md5: str | None = None


class There(Protocol):
    """A file that has the final name already."""

    @property
    def size(self) -> int:
        """Its size."""
        ...

    def examine(self) -> Digests:
        """Read it, and return its digests."""
        ...


class Sink(Protocol):
    """Where the audio goes. Its methods are called one at a time, in any thread.

    Attributes:
        version: what the bytes that it has are of.
        digests: of those bytes; their size, too.
        target: the final path, None when there is none.
        there: what is already there, None when nothing is.
    """

    version: Version
    digests: Digests
    target: Path | None
    there: There | None

    @property
    def is_open(self) -> bool:
        """Whether `close` has anything to do."""
        ...

    def begin(self) -> None:
        """Make ready; find what an earlier transfer left."""
        ...

    def restart(self, version: Version) -> None:
        """Begin from the first byte again, with this version of the audio; touches no disk."""
        ...

    def write(self, pieces: Sequence[bytes]) -> None:
        """Take the bytes that follow."""
        ...

    def publish(self) -> bool:
        """Make the audio durable and visible; True when the same was already there."""
        ...

    def discard(self) -> None:
        """Throw away what there is: it is not the audio, or not needed."""
        ...

    def close(self) -> None:
        """Let go of everything; a later transfer may go on from what is there."""
        ...


Told = Any
"""What a step is answered with; each step says."""
