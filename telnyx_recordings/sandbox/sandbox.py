"""Sandbox: the class with which programs start and control a local Telnyx."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType, TracebackType
from typing import Self

from telnyx_recordings.sandbox.api import API_PATH, Api
from telnyx_recordings.sandbox.faults import Failure, Side
from telnyx_recordings.sandbox.gateway import Gateway, SeenRequest
from telnyx_recordings.sandbox.rows import FORMATS, Format, Order, Recording, Transcription
from telnyx_recordings.sandbox.server import ServerThread
from telnyx_recordings.sandbox.state import Options, State
from telnyx_recordings.sandbox.times import Clock, parse_or_none
from telnyx_recordings.sandbox.webhooks import Delivery, Messenger

_ANY_KEY = "KEY_SANDBOX"
_LEGS: Mapping[object, bool] = MappingProxyType({"single": False, "dual": True})


class Sandbox:
    """A local Telnyx, which runs in its own thread inside a `with` block.

    The methods can be called from any thread, also before the block. The same arguments give the
    same ids, rows and audio on every machine; only links, which are dated, differ.

    - `recordings`: number of recordings at the start, of 1 to 20 s each.
    - `seed`: determines the recordings. The first n of a seed are the same for any number.
    - `api_key`: the only key to accept. None accepts every key that begins with `KEY`.
    - `rate_limit`: requests per second before a 429. None never gives a 429.
    - `quirks`: some rows have values that a client may not expect: an unknown status, channel or
      field, a string instead of a number, an empty time, links that are null or missing.
    - `order`: list the `newest` or the `oldest` rows first.
    - `cursor_meta`: list transcriptions with cursors; by default only on request.
    - `port`: the loopback port; 0 for any free one.
    """

    def __init__(  # noqa: PLR0913 - one keyword per option
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
        self._gateway = Gateway(self._state, Api(self._state).starlette())
        self._messenger = Messenger(self._state)
        self._port = port
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        """Start the server; OSError if the port is in use, RuntimeError if it runs already."""
        if self._server is not None:
            raise RuntimeError("this sandbox is already running")
        self._server = ServerThread(self._gateway, self._port)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server and close all connections."""
        self._running().stop()
        self._server = None

    @property
    def base_url(self) -> str:
        """The base URL, such as `http://127.0.0.1:40123/v2`; RuntimeError outside the block."""
        return self._running().origin + API_PATH

    @property
    def api_key(self) -> str:
        """An API key that is accepted."""
        wanted = self._state.options.api_key
        return _ANY_KEY if wanted is None else wanted

    @property
    def public_key(self) -> str:
        """The public key of its webhooks, determined by the seed (needs the extra `webhooks`)."""
        return self._messenger.public_key

    @property
    def clock(self) -> Clock:
        """The clock of links; after `clock.advance(700)` all earlier links have expired."""
        return self._state.clock

    @property
    def recordings(self) -> Sequence[Recording]:
        """The recordings, in the order of the list; always current."""
        return self._state.recordings

    @property
    def transcriptions(self) -> Sequence[Transcription]:
        """The transcriptions, in the order of the list; always current."""
        return self._state.transcriptions

    @property
    def requests(self) -> list[SeenRequest]:
        """The requests so far, oldest first (at most the last 10,000)."""
        return self._gateway.requests

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
        """Add a recording, by default complete and one second newer than the newest.

        `fields` are set as given (`from_` for `from`; datetimes as ISO 8601), and those named in
        `omit` are left out. The audio matches `duration_millis` and `channels` if they are valid.
        Only `formats` have links. `transcript` adds a completed transcription. If `download_urls`
        is given, it is sent unchanged, without the sandbox's own links. ValueError if the id is
        taken.
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
        """Delete a recording, as if another client had; KeyError if there is none."""
        if self._state.recordings.remove(recording_id) is None:
            raise KeyError(recording_id)

    def audio(self, recording_id: str, form: Format) -> bytes:
        """Return the audio file of a recording in a format; KeyError if there is none."""
        recording = self._state.recordings.get(recording_id)
        if recording is None:
            raise KeyError(recording_id)
        return b"".join(recording.audio(form).chunks())

    def expire_links(self) -> None:
        """Make all links so far give 403; later links are valid."""
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
        """Respond to the next `times` requests with `status`, without processing them.

        `on` is `api`, or `media` for downloads. `body` is sent as text/html; by default the body is
        an error in the format of Telnyx or S3.
        """
        self._state.faults.fail(on, Failure(status, headers or {}, body), times)

    def delay(self, seconds: float) -> None:
        """Delay each response from now on by `seconds`."""
        self._state.faults.delay = seconds

    def drift(self, *, insert: int = 0, delete: int = 0) -> None:
        """After each page of recordings, add `insert` new ones and delete the first `delete`."""
        self._state.faults.inserted_per_page = insert
        self._state.faults.deleted_per_page = delete

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
        """Post one or more events about a recording to `url`; return the deliveries, in order.

        By default the recording is the newest; LookupError if there is none with `recording_id`.
        `payload` sets fields as in `add_recording`. Each event is sent `duplicates` times more,
        with the same id. `out_of_order` reverses the order. `clock` dates the signatures. For a
        transcription event, the transcription is added if there is none. RuntimeError outside the
        block; MissingExtraError without the extra `webhooks`.
        """
        sign = self._state.signer.at(self._running().origin)
        rows = self._state.recordings
        recording = rows.newest() if recording_id is None else rows.get(recording_id)
        if recording is None:
            raise LookupError("there is no such recording")
        types = [event_type] if isinstance(event_type, str) else event_type
        given = _row(payload)
        events = [self._messenger.write(each, recording, sign, given) for each in types]
        return self._messenger.deliver(
            url, events, duplicates=duplicates, out_of_order=out_of_order
        )

    def _running(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("the sandbox runs only inside its `with` block")
        return self._server


def _row(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields by wire name, with times as ISO 8601."""
    return {
        "from" if name == "from_" else name: (
            value.isoformat() if isinstance(value, datetime) else value
        )
        for name, value in fields.items()
    }
