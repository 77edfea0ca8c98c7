"""Recordings and transcriptions, and their order in lists."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from threading import RLock
from types import MappingProxyType
from typing import Literal, TypeVar, overload
from urllib.parse import quote

import msgspec

from telnyx_recordings.sandbox.audio.mp3 import mp3
from telnyx_recordings.sandbox.audio.tune import Audio, Score
from telnyx_recordings.sandbox.audio.wav import wav
from telnyx_recordings.sandbox.clock import parse_or_none

JsonObject = dict[str, object]
Format = Literal["mp3", "wav"]
Order = Literal["newest", "oldest"]
Sign = Callable[[str], str]
"""Creates a link from a quoted file name, such as `<id>.wav`."""

_BEFORE_ALL_TIME = -(2**63)
_MEDIA_TYPES = MappingProxyType({"mp3": "audio/mpeg", "wav": "audio/wav"})
FORMATS: Mapping[Format, Callable[[Score], Audio]] = MappingProxyType({"mp3": mp3, "wav": wav})


@dataclass(frozen=True)
class SandboxRow:
    """A resource that the sandbox serves."""

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


class Transcription(SandboxRow):
    """A transcription."""


@dataclass(frozen=True)
class Recording(SandboxRow):
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
    own: Mapping[Format, bytes] = field(default_factory=lambda: MappingProxyType({}))
    """Audio in place of that of the score."""

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

    @property
    def offered(self) -> Collection[Format]:
        """The formats in which there is audio."""
        return self.own or FORMATS

    def audio(self, form: Format) -> Audio:
        """Return the audio in a format."""
        given = self.own.get(form)
        if given is not None:
            return Audio(_MEDIA_TYPES[form], given, lambda _: b"", 1, len(given))
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


@dataclass(frozen=True)
class RoomRecording(SandboxRow):
    """A recording of a room, whose file is a WAV here."""

    score: Score
    offered: Collection[Format] = frozenset({"wav"})

    def audio(self, form: Format) -> Audio:
        """Return the audio in a format."""
        return FORMATS[form](self.score)

    def encode(self, sign: Sign) -> bytes:
        """Return the row as JSON, with a signed link and the size of the file."""
        audio = self.audio("wav")
        links = {"download_url": sign(f"{self.id}.wav"), "size_mb": round(audio.size / 1e6, 3)}
        return msgspec.json.encode({**self.fields, **links})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Inclusive bounds in microseconds since 1970; None is no bound."""

    gte: int | None = None
    lte: int | None = None

    def holds(self, moment: int | None) -> bool:
        """Return whether a time is within the bounds; a missing time is not."""
        return (
            moment is not None
            and (self.gte is None or self.gte <= moment)
            and (self.lte is None or moment <= self.lte)
        )


RowT = TypeVar("RowT", bound=SandboxRow)
Place = tuple[int, str]
"""The sort key of a row: microseconds since 1970, and its id."""


def place_of(row: SandboxRow) -> Place:
    """Return the sort key of a row; rows without a time come first."""
    return (_BEFORE_ALL_TIME if row.created is None else row.created, row.id)


class Timeline(Sequence[RowT]):
    """A live sequence of rows with unique ids, in the order of the list."""

    def __init__(self, rows: Iterable[RowT], order: Order) -> None:
        self._rows = sorted(rows, key=place_of)
        self._by_id = {row.id: row for row in self._rows}
        self._step = -1 if order == "newest" else 1
        self._lock = RLock()

    def add(self, row: RowT) -> None:
        """Insert a row; ValueError if its id is taken."""
        with self._lock:
            if row.id in self._by_id:
                raise ValueError(f"there is already a row with id {row.id!r}")
            self._rows.insert(self._place(place_of(row)), row)
            self._by_id[row.id] = row

    def remove(self, row_id: str) -> RowT | None:
        """Remove a row and return it; None if no row has the id."""
        with self._lock:
            row = self._by_id.pop(row_id, None)
            if row is not None:
                del self._rows[self._place(place_of(row))]
            return row

    def get(self, row_id: str) -> RowT | None:
        """Return a row by its id."""
        with self._lock:
            return self._by_id.get(row_id)

    def newest(self) -> RowT | None:
        """Return the newest row; None if there are none."""
        with self._lock:
            return self._rows[-1] if self._rows else None

    def select(
        self, created: Bounds = Bounds(), keep: Callable[[RowT], bool] | None = None
    ) -> list[RowT]:
        """Return the rows for which `keep` is true and that were created within the bounds."""
        with self._lock:
            low, high = 0, len(self._rows)
            if created != Bounds():
                gte = _BEFORE_ALL_TIME + 1 if created.gte is None else created.gte
                low = self._place((gte, ""))
            if created.lte is not None:
                high = self._place((created.lte + 1, ""))
            found = self._rows[low:high][:: self._step]
        return found if keep is None else [row for row in found if keep(row)]

    def _place(self, key: Place) -> int:
        return bisect_left(self._rows, key, key=place_of)

    def __len__(self) -> int:
        """Return the number of rows."""
        with self._lock:
            return len(self._rows)

    def __iter__(self) -> Iterator[RowT]:
        """Iterate over the present rows; later changes do not affect the iteration."""
        return iter(self.select())

    @overload
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | list[RowT]:
        """Return the row or rows at an index."""
        return self.select()[index]
