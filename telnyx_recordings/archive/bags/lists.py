"""Lists the recordings of an export: `index.csv` for spreadsheets, `index.html` for listening."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import quote

from telnyx_recordings.core.model.shape import parse_time

_COLUMNS = (
    *("id", "start_utc", "start_local", "duration_seconds", "from", "to", "direction", "channels"),
    *("file", "bytes", "sha256", "transcript"),
)
_FORMULA = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
"""Text that a spreadsheet may interpret as a formula."""
_TO_QUOTE = re.compile(r'[,"\r\n]')


class Item(NamedTuple):
    """A recording of an export.

    Attributes:
        metadata: the recording, as Telnyx states it.
        audio: the paths of its audio, relative to the lists.
        size: of the first file, in bytes.
        sha256: of the first file.
        transcripts: the paths of its transcripts as text.
        texts: their texts.
    """

    metadata: dict[str, Any]
    audio: Sequence[str]
    size: int
    sha256: str
    transcripts: Sequence[str]
    texts: Sequence[str]

    @property
    def start(self) -> datetime | None:
        """When the recording started, or was created."""
        for name in ("recording_started_at", "created_at"):
            moment = parse_time(self.metadata.get(name))
            if isinstance(moment, datetime):
                return moment
        return None

    @property
    def seconds(self) -> float | None:
        """The duration that Telnyx states."""
        millis = self.metadata.get("duration_millis")
        return millis / 1000 if isinstance(millis, int) else None


def csv(items: Iterable[Item], zone: tzinfo | None) -> Iterator[bytes]:
    """Yield `index.csv`: UTF-8 with a byte-order mark, which spreadsheets need."""
    yield b"\xef\xbb\xbf" + ",".join(_COLUMNS).encode() + b"\r\n"
    for item in items:
        start, fields = item.start, item.metadata
        cells: tuple[object, ...] = (
            fields.get("id"),
            start and start.astimezone(UTC).isoformat(),
            start and start.astimezone(zone).isoformat(),
            item.seconds,
            *(fields.get(name) for name in ("from", "to", "direction", "channels")),
            item.audio[0],
            item.size,
            item.sha256,
            item.transcripts[0] if item.transcripts else None,
        )
        yield ",".join(map(_cell, cells)).encode() + b"\r\n"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    if _FORMULA.match(text):
        text = f"'{text}"
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def html(items: Iterable[Item], zone: tzinfo | None) -> Iterator[bytes]:
    """Yield `index.html`: it needs no server or network, and shows the list without JavaScript."""
    folder = files(__package__ or "")
    style = folder.joinpath("player.css").read_text("utf-8")
    script = folder.joinpath("player.js").read_text("utf-8")
    before, _, after = folder.joinpath("player.html").read_text("utf-8").partition("<!--rows-->")
    for name, text in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        before = before.replace(f"/*{name}*/", text).replace(f"{name}-hash", digest)
        after = after.replace(f"/*{name}*/", text)
    yield before.encode()
    for item in items:
        yield _row(item, zone).encode()
    yield after.encode()


def _row(item: Item, zone: tzinfo | None) -> str:
    start, fields = item.start, item.metadata
    when = "" if start is None else f"{start.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    lasts = "" if item.seconds is None else f"{int(item.seconds) // 60}:{item.seconds % 60:04.1f}"
    cells = (when, lasts, *(fields.get(each) or "" for each in ("from", "to", "channels", "id")))
    listen = "".join(
        f'<audio controls preload="none" src="{escape(quote(path))}"></audio>'
        for path in item.audio
    )
    said = "".join(f"<p>{escape(text)}</p>" for text in item.texts)
    shown = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
    return (
        f'<tbody><tr>{shown}</tr><tr><td colspan="{len(cells)}">{listen}{said}</td></tr></tbody>\n'
    )
