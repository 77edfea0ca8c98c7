"""The steps that a transfer yields to its driver, and the interface of its sink."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from telnyx_recordings.core.call.retry import Wait

if TYPE_CHECKING:
    from telnyx_recordings.media.digests import Digests
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Fetch(Struct, frozen=True):
    """Retrieve the recording from the API; the result is `Fetched` or a `NotFoundError`."""

    recording_id: str


class Open(Struct, frozen=True):
    """Send a GET request to the store; the result is a `Reply` or a `Failure`."""

    url: str
    headers: dict[str, str]


class Read(Struct, frozen=True):
    """Read the body of the last reply; the result is bytes, empty at the end, or a `Failure`."""


class Local(Struct, frozen=True):
    """Call `work`, which uses the disk or the CPU, but no network; the result is its own."""

    work: Callable[[], object]


Step = Fetch | Open | Read | Local | Wait
READ = Read()


class Fetched(Struct, frozen=True):
    """The recording as the API returned it, and the Date header of the response."""

    recording: RecordingResponseData | None
    date: str | None


class Reply(Protocol):
    """The status and headers of a store's response."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; names in any case."""
        ...


class Version(Struct, frozen=True):
    """A version of the audio in the store.

    Attributes:
        etag: its strong ETag; without one (None) a download cannot be resumed.
        total: its length in bytes; None if not known yet.
        md5: its MD5 in hexadecimal; None if the store does not state it.
    """

    etag: str | None = None
    total: int | None = None
    md5: str | None = None


class ExistingFile(Protocol):
    """A file that already has the final name."""

    @property
    def size(self) -> int:
        """Its size."""
        ...

    def examine(self) -> Digests:
        """Read it and return its digests."""
        ...


class Sink(Protocol):
    """Where the audio goes. Its methods are called one at a time, in any thread.

    Attributes:
        version: the version of the bytes that it has.
        digests: of these bytes, with their size.
        target: the final path, or None.
        existing: the file that already has the final name, or None.
    """

    version: Version
    digests: Digests
    target: Path | None
    existing: ExistingFile | None

    @property
    def is_open(self) -> bool:
        """Whether `close` has anything to do."""
        ...

    def begin(self) -> None:
        """Prepare, and find what an earlier transfer left behind."""
        ...

    def restart(self, version: Version) -> None:
        """Start again from the first byte, with another version; this does not use the disk."""
        ...

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append bytes."""
        ...

    def publish(self) -> bool:
        """Make the audio durable and visible; True if the same audio was already there."""
        ...

    def discard(self) -> None:
        """Remove the bytes: they are not the audio, or not needed."""
        ...

    def close(self) -> None:
        """Release all resources; a later transfer can resume from what is there."""
        ...


StepResult = Any
"""The result of a step; see each step."""
