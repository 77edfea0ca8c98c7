"""The steps that a transfer yields to its driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from telnyx_recordings.core.call.retry import Wait

if TYPE_CHECKING:
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

StepResult = Any
"""The result of a step; see each step."""


class Fetched(Struct, frozen=True):
    """The recording as the API returned it, and the Date header of the response."""

    recording: RecordingResponseData
    date: str | None


class Reply(Protocol):
    """The HTTP status and the headers of a store's response; their names are in any case."""

    status: int
    headers: Mapping[str, str]
