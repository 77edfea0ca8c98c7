"""The recordings and transcriptions of a sandbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal
from urllib.parse import quote

import msgspec

from telnyx_recordings.sandbox.audio.mp3 import mp3
from telnyx_recordings.sandbox.audio.tune import Audio, Score
from telnyx_recordings.sandbox.audio.wav import wav
from telnyx_recordings.sandbox.times import parse_or_none

JsonObject = dict[str, object]
Format = Literal["mp3", "wav"]
Sign = Callable[[str], str]
"""Makes a link from a quoted file name, such as `<id>.wav`."""

FORMATS: Mapping[Format, Callable[[Score], Audio]] = MappingProxyType({"mp3": mp3, "wav": wav})


@dataclass(frozen=True)
class Row:
    """A resource."""

    fields: Mapping[str, object]
    """The fields that are sent; the links of a recording are added to them."""

    @property
    def id(self) -> str:
        """The resource's id."""
        return str(self.fields["id"])

    @cached_property
    def created(self) -> int | None:
        """`created_at` in microseconds since 1970, or None."""
        return parse_or_none(self.fields.get("created_at"))

    @cached_property
    def json(self) -> bytes:
        """The fields as JSON."""
        return msgspec.json.encode(dict(self.fields))


class Transcription(Row):
    """A transcription."""


@dataclass(frozen=True)
class Recording(Row):
    """A recording: the fields that are sent, and properties that are not.

    If there is `download_urls` among the fields, it is sent instead of the sandbox's own links.
    """

    score: Score
    """The content of the audio, independent of `duration_millis`."""
    formats: Mapping[Format, bool] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(FORMATS, True))
    )
    """The formats in `download_urls`; False stands for null."""
    conference_region: str | None = None
    """For filters only; it is not sent."""
    sip_call_id: str | None = None
    """For filters only; it is not sent."""

    @property
    def id(self) -> str:
        """The id, which may be missing in the fields."""
        return self.score.recording_id

    @cached_property
    def started(self) -> int | None:
        """`recording_started_at` in microseconds since 1970, or None."""
        return parse_or_none(self.fields.get("recording_started_at"))

    @cached_property
    def ended(self) -> int | None:
        """`recording_ended_at` in microseconds since 1970, or None."""
        return parse_or_none(self.fields.get("recording_ended_at"))

    @cached_property
    def _quoted_id(self) -> str:
        return quote(self.id, safe="")

    def audio(self, form: Format) -> Audio:
        """Return the audio in a format."""
        return FORMATS[form](self.score)

    def encode(self, sign: Sign) -> bytes:
        """Return the row as JSON with signed links; everything but the links is cached."""
        if "download_urls" in self.fields:
            return self.json
        links = ",".join(
            f'"{form}":"{sign(f"{self._quoted_id}.{form}")}"' if present else f'"{form}":null'
            for form, present in self.formats.items()
        )
        return b'%b,"download_urls":{%b}}' % (self.json[:-1], links.encode())
