"""The state of a sandbox, shared by its routes and the methods of `Sandbox`."""

from collections.abc import Iterable
from dataclasses import dataclass

from telnyx_recordings.sandbox.faults import Faults
from telnyx_recordings.sandbox.object_store import LinkSigner
from telnyx_recordings.sandbox.rows import JsonObject, Order, Recording, Timeline, Transcription
from telnyx_recordings.sandbox.seeding import NEWEST, Author
from telnyx_recordings.sandbox.times import SECOND, Clock


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a sandbox."""

    recordings: int = 100
    seed: int = 0
    api_key: str | None = None
    rate_limit: int | None = None
    quirks: bool = False
    order: Order = "newest"
    cursor_meta: bool = False


class State:
    """The rows, and the credentials, clock, link signer and faults."""

    def __init__(self, options: Options) -> None:
        recordings, transcriptions = Author(f"rows {options.seed}").populate(
            options.recordings, quirks=options.quirks
        )
        self.options = options
        self.recordings: Timeline[Recording] = Timeline(recordings, options.order)
        self.transcriptions: Timeline[Transcription] = Timeline(transcriptions, options.order)
        self.credentials: dict[str, JsonObject] = {}
        self.clock: Clock = Clock()
        self.signer: LinkSigner = LinkSigner(self.clock)
        self.faults: Faults = Faults()
        self.author: Author = Author(f"added {options.seed}")

    def next_instant(self) -> int:
        """Microseconds of one second after the newest recording."""
        newest = self.recordings.newest()
        created = None if newest is None else newest.created
        return NEWEST if created is None else created + SECOND

    def drift(self, page: Iterable[Recording]) -> None:
        """Add and delete rows after a page was sent, as configured."""
        for _ in range(self.faults.inserted_per_page):
            self.recordings.add(Recording(*self.author.draft(self.next_instant())))
        for recording in list(page)[: self.faults.deleted_per_page]:
            self.recordings.remove(recording.id)

    def transcribe(self, recording: Recording, text: str) -> Transcription:
        """Add a completed transcription of a recording, made a minute after it."""
        created = NEWEST if recording.created is None else recording.created
        transcription = self.author.transcription(
            recording.id, created + 60 * SECOND, recording.score.millis, text
        )
        self.transcriptions.add(transcription)
        return transcription
