"""Events that the sandbox posts to a receiver, signed as Telnyx signs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

import msgspec
import urllib3

from telnyx_recordings import webhooks
from telnyx_recordings.sandbox.clock import SECOND, spell
from telnyx_recordings.sandbox.rows import FORMATS, JsonObject, Recording, Sign, Transcription
from telnyx_recordings.sandbox.seeding import Author

if TYPE_CHECKING:
    from telnyx_recordings.sandbox.state import SandboxState

_SPOKEN = "Hello, this is the sandbox."
_REASON = "The storage could not be reached"
_CALL = ("call_control_id", "call_leg_id", "call_session_id", "connection_id")
_SAVED = ("channels", "duration_millis", "from", "to", "recording_started_at", "recording_ended_at")
_TIMEOUT = 10.0
"""Seconds to wait for a receiver's response."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that was posted once.

    - `event_id`, `event_type`: as in its body's `data`. A repeated delivery has the same id.
    - `attempt`: counted from 1, as in its body's `meta`.
    - `headers`, `body`: what was sent.
    - `status`: of the receiver's response; None if there was none within 10 s.
    """

    event_id: str
    event_type: str
    attempt: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int | None


class Messenger:
    """Writes, signs and posts events about the recordings of `state`."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._author = Author(f"events {state.options.seed}")
        self._written = 0
        self._deliveries: list[Delivery] = []
        self._lock = Lock()

    def deliver(
        self, url: str, events: Sequence[JsonObject], *, duplicates: int, out_of_order: bool
    ) -> list[Delivery]:
        """Post each event once and then `duplicates` times more; in reverse if `out_of_order`."""
        attempts = [(event, n) for event in events for n in range(1, duplicates + 2)]
        if out_of_order:
            attempts.reverse()
        with urllib3.PoolManager(retries=False, timeout=_TIMEOUT) as http:
            return [self._post(http, url, event, attempt) for event, attempt in attempts]

    def write(
        self, event_type: str, recording: Recording, sign: Sign, given: Mapping[str, object]
    ) -> JsonObject:
        """Write the `data` of an event about a recording; `given` fields are set unchanged."""
        row: JsonObject = msgspec.json.decode(recording.encode(sign), type=JsonObject)
        payload: JsonObject = {"client_state": None} | _picked(row, _CALL)
        match event_type:
            case "call.recording.saved" | "conference.recording.saved":
                payload |= _saved(recording, row)
            case "call.recording.transcription.saved":
                payload |= transcribed(self._transcription_of(recording))
            case "call.recording.error":
                payload["reason"] = _REASON
            case "call.answered" | "call.hangup":
                payload |= {**_picked(row, ("from", "to")), "state": event_type[5:]}
                if event_type == "call.hangup":
                    payload |= {"hangup_cause": "normal_clearing", "hangup_source": "caller"}
            case "call.transcription":
                part = {"transcript": _SPOKEN, "confidence": 0.9, "is_final": True}
                payload["transcription_data"] = part
            case "call.analyzed":
                payload["recordings"] = [_analyzed(recording, row)]
            case "call.conversation_insights.generated":
                insight = {"insight_id": self._author.uuid(), "result": _SPOKEN}
                payload["results"] = [insight]
            case _:
                payload["recording_id"] = recording.id
        if event_type == "conference.recording.saved":
            payload["conference_id"] = row.get("conference_id") or self._author.uuid()
        self._written += 1  # seconds that lie between events, so that each is later than the last
        created = self._state.start if recording.created is None else recording.created
        moment = created + self._written * SECOND
        return self._event(event_type, moment, payload | dict(given))

    def announce(self, url: str, event_type: str, moment: int, payload: JsonObject) -> None:
        """Post an event of a call or conference to a receiver once, and keep the delivery."""
        event = self._event(event_type, moment, payload)
        found = self.deliver(url, [event], duplicates=0, out_of_order=False)
        with self._lock:
            self._deliveries += found

    @property
    def deliveries(self) -> list[Delivery]:
        """The events of calls and conferences that were posted, oldest first."""
        with self._lock:
            return list(self._deliveries)

    def _event(self, event_type: str, moment: int, payload: JsonObject) -> JsonObject:
        return {
            "record_type": "event",
            "event_type": event_type,
            "id": self._author.uuid(),
            "occurred_at": spell(moment, "microseconds"),
            "payload": payload,
        }

    @cached_property
    def keys(self) -> webhooks.KeyPair:
        """The keys that sign events, which follow from the sandbox's seed."""
        seed = sha256(f"webhooks {self._state.options.seed}".encode()).digest()
        return webhooks.generate_keys(seed)

    def _transcription_of(self, recording: Recording) -> Transcription:
        for each in self._state.transcriptions:
            if each.fields.get("recording_id") == recording.id:
                return each
        return self._state.transcribe(recording, _SPOKEN)

    def _post(
        self, http: urllib3.PoolManager, url: str, event: JsonObject, attempt: int
    ) -> Delivery:
        whole = {"data": event, "meta": {"attempt": attempt, "delivered_to": url}}
        # Indented, so that a receiver that verifies a re-encoded body fails.
        body = msgspec.json.format(msgspec.json.encode(whole), indent=2)
        signed = webhooks.sign(
            body, private_key=self.keys.private_key, timestamp=self._state.clock.now()
        )
        headers = {"content-type": "application/json", "user-agent": "telnyx-webhooks", **signed}
        try:
            status = http.request("POST", url, body=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            status = None
        event_id, event_type = str(event["id"]), str(event["event_type"])
        return Delivery(event_id, event_type, attempt, headers, body, status)


def _picked(row: JsonObject, names: Sequence[str]) -> JsonObject:
    return {name: row[name] for name in names if name in row}


def _saved(recording: Recording, row: JsonObject) -> JsonObject:
    offered = [form for form in FORMATS if recording.formats.get(form)]
    return {
        "recording_id": recording.id,
        **_picked(row, _SAVED),
        "format": offered[0] if offered else None,
        "recording_urls": row["download_urls"],
        "public_recording_urls": {},
    }


def _analyzed(recording: Recording, row: JsonObject) -> JsonObject:
    saved = _saved(recording, row)
    return {
        "id": recording.id,
        "channels": row.get("channels"),
        "format": saved["format"],
        "start_time": row.get("recording_started_at"),
        "end_time": row.get("recording_ended_at"),
        "download_urls": row["download_urls"],
    }


def transcribed(transcription: Transcription) -> JsonObject:
    """Return what an event about a completed transcription has in addition to the call's ids."""
    return {
        **_picked(dict(transcription.fields), ("recording_id", "status", "transcription_text")),
        "recording_transcription_id": transcription.id,
        "calling_party_type": "pstn",
    }
