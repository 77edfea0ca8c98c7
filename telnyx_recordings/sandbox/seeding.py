"""Rows that look like Telnyx's, with their gaps and spellings, all determined by one seed."""

from collections.abc import Callable
from random import Random

from telnyx_recordings.sandbox.audio.tune import Score
from telnyx_recordings.sandbox.clock import SECOND, spell
from telnyx_recordings.sandbox.rows import (
    Format,
    JsonObject,
    Recording,
    RoomRecording,
    Transcription,
)

_MEAN_GAP = 1800 * SECOND
_MIN_MILLIS = 1000
_MAX_MILLIS = 20_000
_USUAL = ("milliseconds", "Z")
_SPELLINGS = {
    _USUAL: 82,
    ("milliseconds", "+00:00"): 6,
    ("microseconds", "Z"): 6,
    ("seconds", "Z"): 3,
    ("milliseconds", ""): 3,
}
"""How rows spell times, precision and zone, and in what percentage of them."""
_AREAS = ("212", "312", "415", "512", "617", "702")
_REGIONS = ("us", "eu", "ap")
_CALL_STARTERS = ("StartCallRecordingAPI", "DialVerb", "OutboundAPI", "Trunking", "RecordVerb")
_CONFERENCE_STARTERS = ("StartConferenceRecordingAPI", "Conference")
_OPENINGS = ("Good morning, support desk.", "Hello, you have reached billing.", "Hi, it is me.")
_MATTERS = (
    "My parcel has not arrived yet.",
    "I would like to move my appointment to Thursday.",
    "The invoice shows the same item twice.",
    "Could you reset the password of the shared mailbox?",
)
_CLOSINGS = ("Thank you, that was all.", "I will call again tomorrow.", "Have a nice day, goodbye.")


_GAPS = {
    "call_control_id": (0.05, 0.0),
    "connection_id": (0.0, 0.01),
    "duration_millis": (0.01, 0.01),
    "from": (0.02, 0.01),
    "initiated_by": (0.0, 0.05),
    "recording_ended_at": (0.01, 0.0),
    "updated_at": (0.0, 0.01),
}
"""How often a field of a real row is null, and how often it is missing."""
_DUAL = 0.4
_CONFERENCE = 0.2
_NO_CONFERENCE_KEY = 0.5
_SAME_INSTANT = 0.02
_SIP = 0.04
_TRANSCRIBED = 0.6
_IN_PROGRESS = 0.1
_QUIRK = 0.08


class Author:
    """Writes rows that `seed` determines; the n-th is the same for any number of rows."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311 - rows have to be repeatable, not secret
        self._connections = [str(self._random.randrange(10**18, 9 * 10**18)) for _ in range(5)]
        self._lines = [self._number() for _ in range(8)]

    def draft(
        self,
        created: int,
        *,
        recording_id: str | None = None,
        millis: int | None = None,
        dual: bool | None = None,
        spelling: tuple[str, str] = _USUAL,
    ) -> tuple[JsonObject, Score]:
        """Write a complete row without gaps, created at that microsecond, and its score."""
        random = self._random
        score = Score(
            self.uuid() if recording_id is None else recording_id,
            self._length() if millis is None else millis,
            self._happens(_DUAL) if dual is None else dual,
        )
        conference = self._happens(_CONFERENCE)
        ended = created - random.randrange(SECOND // 2, 5 * SECOND)
        fields: JsonObject = {
            "call_control_id": self.control_id(),
            "call_leg_id": self.uuid(),
            "call_session_id": self.uuid(),
            "channels": "dual" if score.dual else "single",
            "conference_id": self.uuid() if conference else None,
            "connection_id": random.choice(self._connections),
            "created_at": spell(created, *spelling),
            "duration_millis": score.millis,
            "from": self._caller(),
            "id": score.recording_id,
            "initiated_by": random.choice(_CONFERENCE_STARTERS if conference else _CALL_STARTERS),
            "record_type": "recording",
            "recording_ended_at": spell(ended, *spelling),
            "recording_started_at": spell(ended - score.millis * 1000, *spelling),
            "source": "conference" if conference else "call",
            "status": "completed",
            "to": random.choice(self._lines),
            "updated_at": spell(created + random.randrange(3 * SECOND), *spelling),
        }
        return fields, score

    def uuid(self) -> str:
        """Write a random (version 4) UUID."""
        digits = f"{self._random.getrandbits(128):032x}"
        variant = "89ab"[int(digits[16], 16) % 4]
        return (
            f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
        )

    def transcription(
        self, recording_id: str, created: int, millis: int, text: str | None
    ) -> Transcription:
        """Write a transcription; without a text it is still in progress."""
        return Transcription(
            {
                "created_at": spell(created),
                "duration_millis": millis,
                "id": self.uuid(),
                "record_type": "recording_transcription",
                "recording_id": recording_id,
                "status": "in-progress" if text is None else "completed",
                "transcription_text": text,
                "updated_at": spell(created + SECOND),
            }
        )

    def control_id(self) -> str:
        """Write the id by which Call Control addresses a call."""
        return f"v3:{self._random.getrandbits(240):060x}"

    def connection(self) -> str:
        """Choose the connection of a call."""
        return self._random.choice(self._connections)

    def room_recording(self, ended: int) -> RoomRecording:
        """Write a recording of a room, which ended at that microsecond."""
        millis = self._length()
        started = ended - millis * 1000
        fields: JsonObject = {
            "codec": "pcm",
            "completed_at": spell(ended + 20 * SECOND, "microseconds"),
            "created_at": spell(started, "microseconds"),
            "duration_secs": millis // 1000,
            "ended_at": spell(ended, "microseconds"),
            "id": self.uuid(),
            "participant_id": self.uuid(),
            "record_type": "room_recording",
            "room_id": self.uuid(),
            "session_id": self.uuid(),
            "started_at": spell(started, "microseconds"),
            "status": "completed",
            "type": "audio",
            "updated_at": spell(ended + 20 * SECOND, "microseconds"),
        }
        return RoomRecording(fields, Score(str(fields["id"]), millis, dual=False))

    def populate(
        self, count: int, newest: int, *, quirks: bool
    ) -> tuple[list[Recording], list[Transcription]]:
        """Write `count` recordings from the newest backwards, and transcriptions for most.

        No recording is younger than `newest`; on average they lie half an hour apart.
        """
        random = self._random
        recordings: list[Recording] = []
        transcriptions: list[Transcription] = []
        created = newest
        spelling = _USUAL
        for _ in range(count):
            # Some rows share an instant, so programs that page by time have to handle that.
            if not self._happens(_SAME_INSTANT):
                created -= int(random.expovariate(1 / _MEAN_GAP))
                spelling = random.choices([*_SPELLINGS], [*_SPELLINGS.values()])[0]
            recording = self._recording(created, spelling, quirks=quirks)
            recordings.append(recording)
            if self._happens(_TRANSCRIBED):
                saved = created + random.randrange(20 * SECOND, 90 * SECOND)
                text = None if self._happens(_IN_PROGRESS) else self.text()
                millis = recording.score.millis
                transcriptions.append(self.transcription(recording.id, saved, millis, text))
        return recordings, transcriptions

    def _recording(self, created: int, spelling: tuple[str, str], *, quirks: bool) -> Recording:
        random = self._random
        fields, score = self.draft(created, spelling=spelling)
        if fields["conference_id"] is None and self._happens(_NO_CONFERENCE_KEY):
            del fields["conference_id"]
        for name, (null, missing) in _GAPS.items():
            chance = random.random()
            if chance < null:
                fields[name] = None
            elif chance < null + missing:
                del fields[name]
        formats: dict[Format, bool] = {"mp3": True, "wav": True}
        if quirks and self._happens(_QUIRK):
            random.choice(_QUIRKS)(fields, formats)
        region = random.choice(_REGIONS) if fields["source"] == "conference" else None
        return Recording(fields, score, formats, region, self.uuid())

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def _length(self) -> int:
        spread = _MAX_MILLIS - _MIN_MILLIS
        return _MIN_MILLIS + int(spread * self._random.random() ** 2)

    def _number(self) -> str:
        return f"+1{self._random.choice(_AREAS)}55501{self._random.randrange(100):02d}"

    def _caller(self) -> str:
        if self._happens(_SIP):
            return f"sip:desk{self._random.randrange(1, 10)}@pbx.example.com"
        return self._number()

    def text(self) -> str:
        """Write the transcript of a call."""
        parts = (_OPENINGS, _MATTERS, _CLOSINGS)
        return " ".join(self._random.choice(part) for part in parts)


Quirk = Callable[[JsonObject, dict[Format, bool]], object]
_QUIRKS: tuple[Quirk, ...] = (
    lambda fields, _: fields.update(status="deleted"),
    lambda fields, _: fields.update(retention={"policy": "standard", "days": 30}),
    lambda fields, _: fields.update(channels="multi"),
    lambda fields, _: fields.update(recording_ended_at=""),
    lambda fields, _: fields.update(duration_millis="unknown"),
    lambda fields, _: fields.update(download_urls=None),
    lambda _, formats: formats.update({"mp3": False}),
    lambda _, formats: formats.pop("mp3"),
)
