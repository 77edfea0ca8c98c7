"""Sandbox: the class with which programs start and control a local Telnyx."""

import io
import wave
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from telnyx_recordings.sandbox.api import application
from telnyx_recordings.sandbox.calls import Live
from telnyx_recordings.sandbox.clock import Clock, parse, parse_or_none, spell, to_micros
from telnyx_recordings.sandbox.commands import new_take
from telnyx_recordings.sandbox.faults import Side
from telnyx_recordings.sandbox.gateway import Gateway, SeenRequest
from telnyx_recordings.sandbox.routes import API_PATH
from telnyx_recordings.sandbox.rows import (
    FORMATS,
    Format,
    JsonObject,
    Order,
    Recording,
    Transcription,
)
from telnyx_recordings.sandbox.server import ServerThread
from telnyx_recordings.sandbox.state import SandboxOptions, SandboxState
from telnyx_recordings.sandbox.webhooks import Delivery

_ANY_KEY = "KEY_SANDBOX"
_LEGS: Mapping[object, bool] = MappingProxyType({"single": False, "dual": True})


class Sandbox:
    """A local Telnyx, which runs in its own thread inside a `with` block.

    The methods can be called from any thread, also before the block. The same arguments give the
    same ids, rows and audio on every machine; only links, which are dated, differ.

    - `recordings`: number of recordings at the start, of 1 to 20 s each.
    - `seed`: determines the recordings. The first n of a seed are the same for any number.
    - `api_key`: the only key to accept. None accepts every key that begins with `KEY`.
    - `rate_limit`: requests per second before a 429. With None there is no limit.
    - `quirks`: some rows have values that a client may not expect: an unknown status, channel or
      field, a string instead of a number, an empty time, links that are null or missing.
    - `order`: list the `newest` or the `oldest` rows first.
    - `cursor_meta`: list transcriptions with cursors; by default only on request.
    - `port`: the loopback port; 0 for any free one.
    - `at`: the time at which it starts, a datetime or ISO 8601; the recordings are older. None is
      now, so that "yesterday" finds something.
    - `webhook_url`: where events of calls and conferences are posted, unless a call has a URL of
      its own. None posts none.
    - `processing_delay`: seconds from the end of a recording until it is listed.
    - `transcription_delay`: seconds from then until its transcription is complete.
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
        at: datetime | str | None = None,
        webhook_url: str | None = None,
        processing_delay: float = 2.0,
        transcription_delay: float = 5.0,
    ) -> None:
        options = SandboxOptions(
            recordings,
            seed,
            api_key,
            rate_limit,
            quirks,
            order,
            cursor_meta,
            None if at is None else to_micros(at) if isinstance(at, datetime) else parse(at),
            webhook_url,
            processing_delay,
            transcription_delay,
        )
        self._state = SandboxState(options)
        self._gateway = Gateway(self._state, application(self._state))
        self._port = port
        self._server: ServerThread | None = None

    def __enter__(self) -> Self:
        """Start the server; OSError if the port is in use, RuntimeError if it runs already."""
        if self._server is not None:
            raise RuntimeError("this sandbox is already running")
        self._server = ServerThread(self._gateway, self._port)
        self._state.origin = self._server.origin
        self._state.clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and close all connections."""
        self._state.clock.stop()
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
        return self._state.messenger.keys.public_key

    @property
    def clock(self) -> Clock:
        """The clock of links and calls; see `advance`."""
        return self._state.clock

    def advance(self, seconds: float) -> None:
        """Let time pass: calls continue, recordings appear, and events are sent before it returns.

        After `advance(700)` all earlier links have expired.
        """
        self._state.clock.advance(seconds)

    @property
    def deliveries(self) -> Sequence[Delivery]:
        """The events of calls and conferences that were posted, oldest first."""
        return self._state.messenger.deliveries

    def start_call(  # noqa: PLR0913 - one keyword per property
        self,
        *,
        from_: str = "+13125550142",
        to: str = "+13125550199",
        record: bool = False,
        record_format: Format = "mp3",
        record_channels: Literal["single", "dual"] = "dual",
        transcription: bool = False,
        transcript: str | None = None,
        webhook_url: str | None = None,
        client_state: str | None = None,
        **ids: str,
    ) -> Live:
        """Start a call, which is answered at once, and return it.

        `record` records it from its beginning, like `record="record-from-answer"` of the API. The
        recording is saved some seconds after it is stopped, or after `hang_up()`. `transcription`
        transcribes it then; `transcript` is its text, instead of an invented one. `ids` sets
        `call_control_id`, `call_leg_id`, `call_session_id` or `connection_id`. ValueError if the
        id is taken, or the format, the channels or the URL are invalid.
        """
        if record_format not in FORMATS or record_channels not in _LEGS:
            raise ValueError("a recording is mp3 or wav, and single or dual")
        live = self._state.new_live(
            from_=from_,
            to=to,
            transcript=transcript,
            webhook_url=webhook_url,
            client_state=client_state,
            **ids,
        )
        self._state.exchange.start(live)
        if record:
            settings: JsonObject = {
                "format": record_format,
                "channels": record_channels,
                "transcription": transcription,
            }
            self._state.exchange.record(live, new_take(self._state, settings, "DialVerb"), {})
        return live

    def start_conference(
        self,
        name: str | None = None,
        *,
        conference_id: str | None = None,
        webhook_url: str | None = None,
        **ids: str,
    ) -> Live:
        """Start a conference, which can be recorded by its id or name, and return it."""
        live = self._state.new_live(
            kind="conference",
            name=name,
            conference_id=self._state.author.uuid() if conference_id is None else conference_id,
            from_="+13125550142",
            to="+13125550199",
            webhook_url=webhook_url,
            **ids,
        )
        return self._state.exchange.start(live)

    def add_phone_number(self, number_id: str, phone_number: str = "+13125550142") -> None:
        """Add a phone number with voice settings; nothing is recorded."""
        self._state.phone_numbers[number_id] = {
            "id": number_id,
            "phone_number": phone_number,
            "connection_id": self._state.author.connection(),
            "record_type": "voice_settings",
            "call_recording": {
                "inbound_call_recording_enabled": False,
                "inbound_call_recording_channels": "single",
                "inbound_call_recording_format": "wav",
            },
            "tech_prefix_enabled": False,
            "usage_payment_method": "pay-per-minute",
        }

    def add_outbound_voice_profile(self, profile_id: str, name: str = "office") -> None:
        """Add an outbound voice profile; nothing is recorded."""
        self._state.profiles[profile_id] = {
            "id": profile_id,
            "name": name,
            "record_type": "outbound_voice_profile",
            "call_recording": {
                "call_recording_type": "none",
                "call_recording_caller_phone_numbers": [],
                "call_recording_channels": "single",
                "call_recording_format": "wav",
            },
            "enabled": True,
            "whitelisted_destinations": ["US", "CA"],
            "created_at": spell(self._state.start),
            "updated_at": spell(self._state.start),
        }

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

    def add_recording(  # noqa: PLR0913 - one keyword per property
        self,
        *,
        formats: Collection[str] = ("mp3", "wav"),
        conference_region: str | None = None,
        sip_call_id: str | None = None,
        transcript: str | None = None,
        audio: bytes | Path | None = None,
        omit: Collection[str] = (),
        **fields: object,
    ) -> Recording:
        """Add a recording, by default complete and one second newer than the newest.

        `fields` are set as given (`from_` for `from`; datetimes as ISO 8601), and those named in
        `omit` are left out. The audio matches `duration_millis` and `channels` if they are valid.
        Only `formats` have links. `transcript` adds a completed transcription. If `download_urls`
        is given, it is sent unchanged, without the sandbox's own links. `audio` is the content or
        the path of a WAV or MP3 file, served unchanged; give `duration_millis` with an MP3.
        ValueError if the id is taken.
        """
        given = _row(fields)
        own = {} if audio is None else _own_audio(audio, given)
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
        wanted = own or formats
        offered: dict[Format, bool] = {form: True for form in FORMATS if form in wanted}
        recording = Recording(whole, score, offered, conference_region, sip_call_id, own)
        self._state.recordings.add(recording)
        if transcript is not None:
            self._state.transcribe(recording, transcript)
        return recording

    def delete_recording(self, recording_id: str) -> None:
        """Delete a recording, as if another client had; KeyError if it does not exist."""
        if self._state.recordings.remove(recording_id) is None:
            raise KeyError(recording_id)

    def audio(self, recording_id: str, form: Format) -> bytes:
        """Return the audio file of a recording in a format; KeyError if it does not exist."""
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
        self._state.faults.fail(on, times, status, headers or {}, body)

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

        By default the recording is the newest; LookupError if none has the `recording_id`.
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
        events = [self._state.messenger.write(each, recording, sign, given) for each in types]
        deliver = self._state.messenger.deliver
        return deliver(url, events, duplicates=duplicates, out_of_order=out_of_order)

    def _running(self) -> ServerThread:
        if self._server is None:
            raise RuntimeError("the sandbox runs only inside its `with` block")
        return self._server


def _own_audio(audio: bytes | Path, given: dict[str, object]) -> dict[Format, bytes]:
    """Return a file by its format, and set fields that a WAV states unless they are given."""
    content = audio if isinstance(audio, bytes) else audio.read_bytes()
    if content[:4] != b"RIFF":
        if "duration_millis" not in given:
            raise ValueError("give duration_millis with audio that is not a WAV file")
        return {"mp3": content}
    with wave.open(io.BytesIO(content)) as file:
        millis = file.getnframes() * 1000 // file.getframerate()
        given.setdefault("duration_millis", millis)
        given.setdefault("channels", "dual" if file.getnchannels() > 1 else "single")
    return {"wav": content}


def _row(fields: Mapping[str, object]) -> dict[str, object]:
    """Return fields by wire name, with times as ISO 8601."""
    return {
        "from" if name == "from_" else name: (
            value.isoformat() if isinstance(value, datetime) else value
        )
        for name, value in fields.items()
    }
