"""The state of a sandbox, shared by its routes and the methods of `Sandbox`."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from telnyx_recordings.sandbox.audio.tune import Audio
from telnyx_recordings.sandbox.calls import Exchange, Live, Take
from telnyx_recordings.sandbox.clock import SECOND, Clock
from telnyx_recordings.sandbox.faults import Faults
from telnyx_recordings.sandbox.object_store import LinkSigner
from telnyx_recordings.sandbox.rows import (
    Format,
    JsonObject,
    Order,
    Recording,
    RoomRecording,
    Sign,
    Timeline,
    Transcription,
)
from telnyx_recordings.sandbox.seeding import Author
from telnyx_recordings.sandbox.webhooks import Messenger

_MOST_ROOMS = 10
_BEFORE_NOW = 3600 * SECOND
"""No seeded row is younger than this."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """The options of a sandbox."""

    recordings: int = 100
    seed: int = 0
    api_key: str | None = None
    rate_limit: int | None = None
    quirks: bool = False
    order: Order = "newest"
    cursor_meta: bool = False
    at: int | None = None
    webhook_url: str | None = None
    processing_delay: float = 2.0
    transcription_delay: float = 5.0


def check_webhook_url(url: str | None) -> None:
    """Check where events are posted; ValueError if that is not a web address."""
    if url is not None and not url.startswith(("http://", "https://")):
        raise ValueError(f"the webhook URL must begin with http:// or https://: {url!r}")


class SandboxState:
    """The rows, and the settings, clock, link signer and faults."""

    def __init__(self, options: SandboxOptions) -> None:
        check_webhook_url(options.webhook_url)
        for delay in (options.processing_delay, options.transcription_delay):
            if not math.isfinite(delay):
                raise ValueError(f"a delay must be a number of seconds, not {delay}")
        self.options = options
        self.clock: Clock = Clock(options.at)
        self.origin = ""
        """Where the sandbox is served, for links in events."""
        start = options.at
        if start is None:
            start = (self.clock.moment() - _BEFORE_NOW) // (60 * SECOND) * 60 * SECOND
        self.start: int = start
        seeded = Author(f"rows {options.seed}")
        recordings, transcriptions = seeded.populate(
            options.recordings, start, quirks=options.quirks
        )
        self.recordings: Timeline[Recording] = Timeline(recordings, options.order)
        self.transcriptions: Timeline[Transcription] = Timeline(transcriptions, options.order)
        rooms = Author(f"rooms {options.seed}")
        self.rooms: Timeline[RoomRecording] = Timeline(
            [
                rooms.room_recording(start - 600 * SECOND * number)
                for number in range(min(options.recordings, _MOST_ROOMS))
            ],
            "newest",
        )
        self.credentials: dict[str, JsonObject] = {}
        self.phone_numbers: dict[str, JsonObject] = {}
        self.profiles: dict[str, JsonObject] = {}
        self.dialed: dict[str, tuple[Live, Take | None]] = {}
        """The calls of POST /calls, by the id of the command."""
        self.signer: LinkSigner = LinkSigner(self.clock)
        self.faults: Faults = Faults()
        self.author: Author = Author(f"added {options.seed}")
        self._calls = Author(f"calls {options.seed}")
        self.messenger: Messenger = Messenger(self)
        self.exchange: Exchange = Exchange(self)

    def next_instant(self) -> int:
        """Return the time one second after the newest recording, in microseconds."""
        newest = self.recordings.newest()
        created = None if newest is None else newest.created
        return self.start if created is None else created + SECOND

    def drift(self, page: Iterable[Recording]) -> None:
        """Add and delete rows after a page was sent, as configured."""
        for _ in range(self.faults.inserted_per_page):
            self.recordings.add(Recording(*self.author.draft(self.next_instant())))
        for recording in list(page)[: self.faults.deleted_per_page]:
            self.recordings.remove(recording.id)

    def transcribe(self, recording: Recording, text: str) -> Transcription:
        """Add a completed transcription of a recording, made a minute after it."""
        created = self.start if recording.created is None else recording.created
        transcription = self.author.transcription(
            recording.id, created + 60 * SECOND, recording.score.millis, text
        )
        self.transcriptions.add(transcription)
        return transcription

    def new_live(self, **fields: Any) -> Live:
        """Return a call or conference that begins now, with ids of its own where none are given.

        Raises:
            ValueError: its URL for events is invalid.
        """
        if fields["webhook_url"] is None:
            fields["webhook_url"] = self.options.webhook_url
        check_webhook_url(fields["webhook_url"])
        own: dict[str, Any] = {
            "call_control_id": self._calls.control_id(),
            "call_leg_id": self._calls.uuid(),
            "call_session_id": self._calls.uuid(),
            "connection_id": self._calls.connection(),
            "started": self.clock.moment(),
        }
        return Live(**(own | fields))

    def sign(self, request: Request) -> Sign:
        """Return a function that creates links to the host of a request."""
        return self.signer.at(f"{request.url.scheme}://{request.url.netloc}")

    def audio_of(self, name: str, form: Format) -> tuple[Audio, int | None] | None:
        """Return the audio of a recording of a call, conference or room, and when it was made."""
        row = self.recordings.get(name) or self.rooms.get(name)
        if row is None or form not in row.offered:
            return None
        return row.audio(form), row.created
