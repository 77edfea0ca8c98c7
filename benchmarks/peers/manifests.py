"""Manifests of archives: ours, a journal in SQLite, and JSON Lines read into memory."""

from __future__ import annotations

from pathlib import Path

NAME = "manifests"
NEEDS = ("telnyx-recordings",)
OWN = "telnyx_recordings"

_LOOKED_UP = 1_000

_NUMBERS = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?),
made(n, id, sha256) AS (
    SELECT n, printf('%08x-7a35-4d0e-9d1f-%012x', n, n * 7919), printf('%064x', n * 2654435761)
    FROM numbers
)
"""
_RECORDINGS = """
INSERT INTO recordings (n, id, state, created, updated, caller, called, meta, bytes, copied)
SELECT n, id, 'verified', 1750000000000 + n * 20000, '2026-05-08T09:41:18.911Z', '+13125550142',
    '+442079460111', json_object(
        'id', id, 'call_leg_id', id, 'call_session_id', id, 'connection_id', '1494404757140276705',
        'from', '+13125550142', 'to', '+442079460111', 'channels', 'dual', 'source', 'call',
        'status', 'completed', 'record_type', 'recording', 'duration_millis', 92480,
        'recording_started_at', '2026-05-08T09:39:41.021Z',
        'recording_ended_at', '2026-05-08T09:41:13.501Z',
        'created_at', '2026-05-08T09:41:17.208Z', 'updated_at', '2026-05-08T09:41:18.911Z'
    ), 200000, 1
FROM made
"""
_OBJECTS = """
INSERT INTO objects (n, name, key, size, sha256, etag)
SELECT n, 'wav', '2026/05/08/' || id || '.wav', 200000, sha256, '"' || sha256 || '"' FROM made
"""
_MEMBERS = "INSERT INTO members SELECT 1, n FROM made"


def fill(journal: Path, lines: Path, count: int) -> None:
    """Create a manifest of this many verified recordings, as a database and as JSON Lines."""
    from telnyx_recordings.archive.manifest.manifest import Manifest

    with Manifest(journal) as manifest:
        with manifest.commit():
            manifest.begin_run()
            manifest.scope("{}")  # the first, so its number is 1
            for insert in (_RECORDINGS, _OBJECTS, _MEMBERS):
                manifest.database.execute(_NUMBERS + insert, (count,))
        manifest.database.shrink()
        with lines.open("wb") as file:
            file.writelines(manifest.lines())


def open_journal(path: str) -> object:
    """Open it."""
    from telnyx_recordings.archive.manifest.manifest import Manifest

    with Manifest(Path(path)) as manifest:
        return manifest.setting("layout")


def look_up(path: str) -> object:
    """Open it, and look up a thousand recordings by id."""
    from telnyx_recordings.archive.manifest.manifest import Manifest

    with Manifest(Path(path)) as manifest:
        step, numbers = 997, range(1, _LOOKED_UP + 1)
        ids = (f"{n * step:08x}-7a35-4d0e-9d1f-{n * step * 7919:012x}" for n in numbers)
        found = [manifest.get(id_) for id_ in ids]
    if None in found:
        raise RuntimeError("a recording is missing in the manifest")
    return found


def count(path: str) -> object:
    """Open it, and count its recordings by state, as at the end of a run."""
    from telnyx_recordings.archive.manifest.manifest import Manifest
    from telnyx_recordings.archive.records import Selection
    from telnyx_recordings.archive.windows import Window

    with Manifest(Path(path)) as manifest:
        return manifest.tally(Selection(manifest.scope("{}"), Window(0, 1 << 60)), run=2)


def read_lines(path: str) -> object:
    """Read JSON Lines, and keep what decides whether a recording must be downloaded again."""
    from msgspec import json

    known: dict[str, tuple[str, str]] = {}
    with Path(path).open("rb") as file:
        for text in file:
            line = json.decode(text)
            known[line["id"]] = (line["state"], line["objects"][0]["sha256"])
    return known
