"""The sandbox as a program uses it: where it is, what it holds, and what it shall do next."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self

from telnyx_recordings.sandbox.app import API_PATH, Api
from telnyx_recordings.sandbox.faults import Failure, Side
from telnyx_recordings.sandbox.gate import Gate, SeenRequest
from telnyx_recordings.sandbox.records import FORMATS, Format, Recording, Transcription
from telnyx_recordings.sandbox.server import ServerThread
from telnyx_recordings.sandbox.state import Options, State
from telnyx_recordings.sandbox.timeline import Order
from telnyx_recordings.sandbox.times import Clock, parse_or_none
from telnyx_recordings.sandbox.webhooks import Delivery, Messenger

_ANY_KEY = "KEY_SANDBOX"
_LEGS: Mapping[object, bool] = MappingProxyType({"single": False, "dual": True})


class Sandbox:
    """A local Telnyx, serving inside a `with` block from a thread of its own.

    Its methods may be called from any thread, and also before the block: rows added then are there
    from the start. The same arguments give the same ids, rows and audio, anywhere; only links,
    which are dated, differ.

    - `recordings`: how many to begin with; they last 1 to 20 s each.
    - `seed`: what they follow from. The first n of a seed are the same for any number.
    - `api_key`: the one key to accept. None accepts every key that begins with `KEY`.
    - `rate_limit`: requests a second before 429. None never answers 429.
    - `quirks`: give some rows what a client may not expect: an unknown status, channel or
      field, a text for a number, an empty time, links that are null or not there.
    - `order`: list the `newest` or the `oldest` rows first.
    - `cursor_meta`: list transcriptions with cursors, which else come on request only.
    - `port`: the loopback port to serve on. 0 is any free one.
    """

    def __init__(  # noqa: PLR0913 - each is one independent, named choice with a default
        self,
        recordings: int = 100,
        seed: int = 0,
        *,
        api_key: str | None = None,
        rate_limit: int | None = None,
        quirks: bool = False,
        order: Order = "newest",
        cursor_meta: bool = False,
        port: int = 0,
    ) -> None:
        options = Options(recordings, seed, api_key, rate_limit, quirks, order, cursor_meta)
        self._state = State(options)
        self._gate = Gate(self._state, Api(self._state).starlette())
        self._messenger = Messenger(self._state)
        self._port = port
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        """Serve; OSError when the port is taken, RuntimeError when it is serving already."""
        if self._server is not None:
            raise RuntimeError("this sandbox is serving already")
        self._server = ServerThread(self._gate, self._port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop serving; open connections are closed."""
        self._running().stop()
        self._server = None

    @property
    def base_url(self) -> str:
        """Where the API is, such as `http://127.0.0.1:40123/v2`; RuntimeError outside the block."""
        return self._running().origin + API_PATH

    @property
    def api_key(self) -> str:
        """A key that is accepted."""
        wanted = self._state.options.api_key
        return _ANY_KEY if wanted is None else wanted

    @property
    def public_key(self) -> str:
        """The key to check its webhooks with, always the same for a seed (extra `webhooks`)."""
        return self._messenger.public_key

    @property
    def clock(self) -> Clock:
        """The clock by which links are dated and expire; `clock.advance(700)` outlives them all."""
        return self._state.clock

    @property
    def recordings(self) -> Sequence[Recording]:
        """The recordings in listing order, live: what is added or deleted shows at once."""
        return self._state.recordings

    @property
    def transcriptions(self) -> Sequence[Transcription]:
        """The transcriptions in listing order, live."""
        return self._state.transcriptions

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests so far, oldest first (at most the last 10,000)."""
        return self._gate.requests

    def add_recording(
        self,
        *,
        formats: Collection[str] = ("mp3", "wav"),
        conference_region: str | None = None,
        sip_call_id: str | None = None,
        transcript: str | None = None,
        omit: Collection[str] = (),
        **fields: object,
    ) -> Recording:
        """Add a recording, complete by default and one second newer than the newest.

        `fields` are set as given (`from_` for `from`; datetimes are spelled in ISO 8601), those
        named in `omit` are left out. The audio follows `duration_millis` and `channels` where they
        make sense. A format not in `formats` has no link. `transcript` adds a completed
        transcription. `download_urls`, when given, is sent as it is, without links of the
        sandbox's own. ValueError when the id is taken.
        """
        given = _row(fields)
        created = parse_or_none(given.get("created_at"))
        millis = given.get("duration_millis")
        recording_id = given.get("id")
        row, score = self._state.author.draft(
            self._state.next_instant() if created is None else created,
            recording_id=recording_id if isinstance(recording_id, str) else None,
            millis=millis if isinstance(millis, int) and millis >= 0 else None,
            dual=_LEGS.get(given.get("channels")),
        )
        whole = {name: value for name, value in (row | given).items() if name not in omit}
        offered: dict[Format, bool] = {form: True for form in FORMATS if form in formats}
        recording = Recording(whole, score, offered, conference_region, sip_call_id)
        self._state.recordings.add(recording)
        if transcript is not None:
            self._state.transcribe(recording, transcript)
        return recording

    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording as if somebody else had; KeyError when there is none."""
        if self._state.recordings.remove(recording_id) is None:
            raise KeyError(recording_id)

    def audio(self, recording_id: str, form: Format) -> bytes:
        """Give the whole file that the link of that format leads to; KeyError when gone."""
        recording = self._state.recordings.get(recording_id)
        if recording is None:
            raise KeyError(recording_id)
        return b"".join(recording.audio(form).chunks())

    def expire_links(self) -> None:
        """Make all links given out so far answer 403; later ones are good."""
        self._state.signer.revoke_all()

    def fail_next(
        self,
        status: int = 503,
        *,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
        on: Side = "api",
    ) -> None:
        """Answer the next `times` requests with `status`, without doing what they ask.

        `on` is the `api` or the `media` (download) side. `body` is sent as text/html; without it
        comes an error in Telnyx's or S3's own form.
        """
        self._state.faults.fail(on, Failure(status, headers or {}, body), times)

    def delay(self, seconds: float) -> None:
        """Hold each answer from now on back for `seconds`; 0 ends it."""
        self._state.faults.delay = seconds

    def drift(self, *, insert: int = 0, delete: int = 0) -> None:
        """After each page of recordings add `insert` new ones, delete the page's first `delete`."""
        self._state.faults.inserted_a_page = insert
        self._state.faults.deleted_a_page = delete

    def send_webhook(
        self,
        url: str,
        event_type: str | Sequence[str] = "call.recording.saved",
        *,
        recording_id: str | None = None,
        duplicates: int = 0,
        out_of_order: bool = False,
        **payload: object,
    ) -> list[Delivery]:
        """Post an event, or several, about a recording to `url`; return what was sent, in order.

        The recording is the newest unless `recording_id` names one; LookupError when it is not
        there. `payload` sets fields as in `add_recording`. Each event is sent once and `duplicates`
        times more, with the same id. `out_of_order` sends the last first. The signatures are dated
        by `clock`. A transcription that an event tells of is added if there is none. RuntimeError
        outside the block; MissingExtraError without the extra `webhooks`.
        """
        sign = self._state.signer.at(self._running().origin)
        rows = self._state.recordings
        recording = rows.newest() if recording_id is None else rows.get(recording_id)
        if recording is None:
            raise LookupError("there is no such recording to tell of")
        types = [event_type] if isinstance(event_type, str) else event_type
        given = _row(payload)
        events = [self._messenger.write(each, recording, sign, given) for each in types]
        return self._messenger.deliver(
            url, events, duplicates=duplicates, out_of_order=out_of_order
        )

    def _running(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("the sandbox serves inside its `with` block only")
        return self._server


def _row(fields: Mapping[str, object]) -> dict[str, object]:
    """Give fields by wire name, with times spelled out."""
    return {
        "from" if name == "from_" else name: (
            value.isoformat() if isinstance(value, datetime) else value
        )
        for name, value in fields.items()
    }
