"""What the sandbox keeps: recordings and transcriptions, each with the row that is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

import msgspec

from telnyx_recordings.sandbox.audio import Audio, Score
from telnyx_recordings.sandbox.mp3 import mp3
from telnyx_recordings.sandbox.times import parse_or_none
from telnyx_recordings.sandbox.wav import wav

JsonObject = dict[str, object]
Format = Literal["mp3", "wav"]
Sign = Callable[[str], str]
"""Turns a file's name, such as `<id>.wav`, quoted for a URL, into a link to it."""

FORMATS: Mapping[Format, Callable[[Score], Audio]] = MappingProxyType({"mp3": mp3, "wav": wav})


@dataclass(frozen=True)
class Row:
    """One resource, as it is sent."""

    fields: Mapping[str, object]
    """What is sent, by name; a recording's links come on top."""

    @property
    def id(self) -> str:
        """The resource's id."""
        return str(self.fields["id"])

    @cached_property
    def created(self) -> int | None:
        """`created_at` in microseconds since 1970; None where there is no such time."""
        return parse_or_none(self.fields.get("created_at"))

    @cached_property
    def json(self) -> bytes:
        """The fields as JSON."""
        return msgspec.json.encode(dict(self.fields))


class Transcription(Row):
    """One transcription."""


@dataclass(frozen=True)
class Recording(Row):
    """One recording: the row that is sent, and what the row does not show.

    A `download_urls` among the fields is sent as it stands, without links of the sandbox's own.
    """

    score: Score
    """What its audio plays, whatever the row says of its length."""
    formats: Mapping[Format, bool] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(FORMATS, True))
    )
    """Formats in `download_urls`; False stands for a null in the link's place."""
    conference_region: str | None = None
    """Can be filtered by, but is not known to be part of the row."""
    sip_call_id: str | None = None
    """Can be filtered by, but is not known to be part of the row."""

    @property
    def id(self) -> str:
        """The recording's id, which its row may lack."""
        return self.score.recording_id

    @cached_property
    def started(self) -> int | None:
        """`recording_started_at` in microseconds since 1970; None where there is no such time."""
        return parse_or_none(self.fields.get("recording_started_at"))

    @cached_property
    def ended(self) -> int | None:
        """`recording_ended_at` in microseconds since 1970; None where there is no such time."""
        return parse_or_none(self.fields.get("recording_ended_at"))

    @cached_property
    def _quoted_id(self) -> str:
        return quote(self.id, safe="")

    def audio(self, form: Format) -> Audio:
        """Give its audio file in one format."""
        return FORMATS[form](self.score)

    def encode(self, sign: Sign) -> bytes:
        """Give the row as JSON, with links by `sign`; all but the links is encoded only once."""
        if "download_urls" in self.fields:
            return self.json
        links = ",".join(
            f'"{form}":"{sign(f"{self._quoted_id}.{form}")}"' if present else f'"{form}":null'
            for form, present in self.formats.items()
        )
        return b'%b,"download_urls":{%b}}' % (self.json[:-1], links.encode())
