"""Calls and conferences in progress, and their recordings until these are saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import RLock
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from telnyx_recordings.sandbox.audio.tune import Score
from telnyx_recordings.sandbox.clock import SECOND, spell
from telnyx_recordings.sandbox.problems import NOT_FOUND, UNPROCESSABLE, ProblemError, invalid
from telnyx_recordings.sandbox.rows import Format, JsonObject, Recording, Transcription
from telnyx_recordings.sandbox.webhooks import transcribed

if TYPE_CHECKING:
    from telnyx_recordings.sandbox.state import SandboxState


@dataclass(slots=True)
class Take:
    """A recording of a call or conference that is not saved yet.

    - `recorded`: its duration in microseconds up to the last pause; pauses do not count.
    - `resumed`: when it last began or continued; None while it is paused, and once it has ended.
    """

    id: str
    format: Format
    dual: bool
    started: int
    initiated_by: str
    track: str = "both"
    transcription: bool = False
    recorded: int = 0
    resumed: int | None = None
    ended: int | None = None

    @property
    def status(self) -> str:
        """The status, in the words of TeXML."""
        if self.ended is not None:
            return "processing"
        return "paused" if self.resumed is None else "in-progress"

    def pause(self, moment: int) -> None:
        """Pause it, unless it is paused."""
        if self.resumed is not None:
            self.recorded += max(moment - self.resumed, 0)
            self.resumed = None


@dataclass(kw_only=True, eq=False)
class Live:
    """A call or a conference.

    - `started`, `ended`: microseconds since 1970; `ended` is None until it ends.
    - `takes`: its recordings that are not saved yet.
    """

    kind: Literal["call", "conference"] = "call"
    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str
    from_: str
    to: str
    started: int
    client_state: str | None = None
    webhook_url: str | None = None
    transcript: str | None = None
    conference_id: str | None = None
    name: str | None = None
    ended: int | None = None
    takes: list[Take] = field(default_factory=list[Take])
    commands: dict[str, Take | None] = field(default_factory=dict[str, "Take | None"])
    end: Callable[[], None] = lambda: None
    """Hang up the call, or end the conference: its recordings end with it."""

    @property
    def id(self) -> str:
        """The id by which commands address it."""
        return self.call_control_id if self.conference_id is None else self.conference_id

    def hang_up(self) -> None:
        """End the call, and its recordings with it."""
        self.end()

    def payload(self) -> JsonObject:
        """Return the fields that every event about it has."""
        return {
            "call_control_id": self.call_control_id,
            "call_leg_id": self.call_leg_id,
            "call_session_id": self.call_session_id,
            "connection_id": self.connection_id,
            "client_state": self.client_state,
        }


class Exchange:
    """Starts, records and ends calls and conferences; refusals raise ProblemError."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._lives: dict[str, Live] = {}
        self._lock = RLock()

    def start(self, live: Live) -> Live:
        """Start a call or conference, which is answered at once."""
        with self._lock:
            if live.id in self._lives:
                raise ValueError(f"there is already a {live.kind} with id {live.id!r}")
            self._lives[live.id] = live
        live.end = lambda: self.end(live)
        if live.kind == "call":
            self._send(
                live, "call.answered", live.started, {**_described(live), "state": "answered"}
            )
        return live

    def get(self, live_id: str, kind: str) -> Live:
        """Return a call or conference in progress by its id, or by the name of a conference."""
        with self._lock:
            named = (each for each in self._lives.values() if each.name == live_id)
            live = self._lives.get(live_id) or next(named, None)
        if live is None or live.kind != kind:
            raise ProblemError(NOT_FOUND, f"There is no {kind} with this id.")
        _check(live)
        return live

    def unsaved(self) -> list[Recording]:
        """Return the recordings that are not saved yet."""
        with self._lock:
            return [self.row(live, take) for live in self._lives.values() for take in live.takes]

    def row(self, live: Live, take: Take) -> Recording:
        """Return a recording that is not saved yet as a row, which has no audio."""
        moment = self._state.clock.moment()
        fields = _fields(live, take, created=take.started, updated=moment, status=take.status)
        return Recording(fields, Score(take.id, 0, take.dual), {})

    def end(self, live: Live, cause: str = "normal_clearing") -> None:
        """Hang up; a second time has no effect."""
        with self._lock:
            if live.ended is not None:
                return
            moment = live.ended = self._state.clock.moment()
            for take in live.takes:
                self._finish(live, take, moment)
        if live.kind == "call":
            payload = {
                **_described(live),
                "state": "hangup",
                "hangup_cause": cause,
                "hangup_source": "caller",
                "sip_hangup_cause": "200",
            }
            self._send(live, "call.hangup", moment, payload)

    def record(self, live: Live, take: Take, body: JsonObject) -> Take:
        """Start a recording."""
        with self._lock:
            if (known := self._repeated(live, body)) is not None:
                return known
            take.resumed = take.started
            live.takes.append(take)
            self._remember(live, body, take)
        longest = body.get("max_length")
        if isinstance(longest, int) and longest > 0:
            self._state.clock.at(
                take.started + longest * SECOND, lambda moment: self._finish(live, take, moment)
            )
        return take

    def change(self, live: Live, body: JsonObject, status: str) -> Take:
        """Pause, resume or stop the recordings of a call, or the one that `body` names."""
        with self._lock:
            if (known := self._repeated(live, body)) is not None:
                return known
            wanted = body.get("recording_id")
            found = [
                each for each in live.takes if each.ended is None and wanted in (None, each.id)
            ]
            if not found:
                raise invalid(
                    f"This {live.kind} has no such recording in progress.", "/recording_id"
                )
            moment = self._state.clock.moment()
            for take in found:
                if status == "stopped":
                    self._finish(live, take, moment)
                elif status == "paused":
                    take.pause(moment)
                elif take.resumed is None:
                    take.resumed = moment
            self._remember(live, body, found[0])
            return found[0]

    def _repeated(self, live: Live, body: Mapping[str, object]) -> Take | None:
        """Return the recording of a command that was carried out before."""
        _check(live)
        return live.commands.get(str(body.get("command_id")))

    def _remember(self, live: Live, body: Mapping[str, object], take: Take) -> None:
        if body.get("command_id"):
            live.commands[str(body["command_id"])] = take
        state = body.get("client_state")
        if isinstance(state, str):
            live.client_state = state

    def _finish(self, live: Live, take: Take, moment: int) -> None:
        with self._lock:
            if take.ended is not None:
                return
            take.pause(moment)
            take.ended = moment
        delay = round(self._state.options.processing_delay * SECOND)
        self._state.clock.at(moment + delay, lambda now: self._save(live, take, now))

    def _save(self, live: Live, take: Take, moment: int) -> None:
        """List a recording that has been processed, and begin to transcribe it."""
        ended = moment if take.ended is None else take.ended
        score = Score(take.id, take.recorded // 1000, take.dual)
        row = _fields(live, take, created=moment, updated=moment, status="completed")
        row |= {"duration_millis": score.millis, "recording_ended_at": spell(ended)}
        recording = Recording(row, score, MappingProxyType({take.format: True}))
        with self._lock:
            live.takes.remove(take)
            self._state.recordings.add(recording)
        sign = self._state.signer.at(self._state.origin)
        saved: JsonObject = {
            **_described(live),
            "recording_id": recording.id,
            "channels": row["channels"],
            "duration_millis": score.millis,
            "format": take.format,
            "recording_started_at": spell(take.started, "microseconds"),
            "recording_ended_at": spell(ended, "microseconds"),
            "recording_urls": {take.format: sign(f"{take.id}.{take.format}")},
            "public_recording_urls": {},
        }
        if live.conference_id is not None:
            saved["conference_id"] = live.conference_id
        self._send(live, f"{live.kind}.recording.saved", moment, saved)
        if take.transcription:
            self._transcribe(live, recording, moment)

    def _transcribe(self, live: Live, recording: Recording, moment: int) -> None:
        begun = self._state.author.transcription(recording.id, moment, recording.score.millis, None)
        self._state.transcriptions.add(begun)
        text = live.transcript or self._state.author.text()

        def complete(now: int) -> None:
            if self._state.transcriptions.remove(begun.id) is None:
                return
            fields = {**begun.fields, "status": "completed", "transcription_text": text}
            done = Transcription({**fields, "updated_at": spell(now)})
            self._state.transcriptions.add(done)
            payload = {**live.payload(), **transcribed(done)}
            self._send(live, "call.recording.transcription.saved", now, payload)

        delay = round(self._state.options.transcription_delay * SECOND)
        self._state.clock.at(moment + delay, complete)

    def _send(self, live: Live, event_type: str, moment: int, payload: JsonObject) -> None:
        url, announce = live.webhook_url, self._state.messenger.announce
        if url is not None:
            self._state.clock.at(moment, lambda now: announce(url, event_type, now, payload))


def _check(live: Live) -> None:
    """Refuse commands to a call or conference that has ended."""
    if live.ended is not None:
        raise ProblemError(
            UNPROCESSABLE,
            f"This {live.kind} is no longer active and takes no more commands.",
            code="90018",
            title=f"{live.kind.capitalize()} has already ended",
        )


def _fields(live: Live, take: Take, *, created: int, updated: int, status: str) -> JsonObject:
    """Return the fields of a recording; those of one that is not saved have no end."""
    fields = {
        **_described(live),
        "channels": "dual" if take.dual else "single",
        "conference_id": live.conference_id,
        "created_at": spell(created),
        "duration_millis": None,
        "id": take.id,
        "initiated_by": take.initiated_by,
        "record_type": "recording",
        "recording_ended_at": None,
        "recording_started_at": spell(take.started),
        "source": live.kind,
        "status": status,
        "updated_at": spell(updated),
    }
    del fields["client_state"], fields["start_time"]
    return fields


def _described(live: Live) -> JsonObject:
    parties = {"from": live.from_, "to": live.to}
    return {**live.payload(), **parties, "start_time": spell(live.started, "microseconds")}
