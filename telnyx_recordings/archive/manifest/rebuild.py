"""Rebuilds a manifest from the sidecars and logs of its archive."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from msgspec import json

from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import TRANSCRIPT, Found, State, Stored, found_of
from telnyx_recordings.archive.stores.store import ERASURES, LINES, SIDECAR, Store
from telnyx_recordings.core.model import decode
from telnyx_recordings.errors import TelnyxRecordingsError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_TRANSCRIPT = re.compile(TRANSCRIPT + r"(-[0-9]+)?")
_BATCH = 1000
"""Recordings per commit of a rebuild. An interrupted rebuild starts over, which is harmless."""


def rebuild(manifest: Manifest, store: Store) -> None:
    """Fill an empty manifest from what is at the destination.

    Recordings count as stored, not as verified: the run that follows reads them back. The logs of
    purges tell what was erased, so that it is not archived again.
    """
    with manifest.commit():
        manifest.set("rebuilding", "1")
    others: list[str] = []
    sidecars = (key for key in store.keys("") if key.endswith(SIDECAR))
    while batch := list(islice(sidecars, _BATCH)):
        with manifest.commit():
            others += [key for key in batch if not _import_object(manifest, store, key)]
    with manifest.commit():
        for key in others:
            _import_transcript(manifest, store, key)
        _import_deletions(manifest, store)
        manifest.database.execute("DELETE FROM settings WHERE name = 'rebuilding'")


def _import_object(manifest: Manifest, store: Store, key: str) -> bool:
    """Import the object that a sidecar describes; False if this is no sidecar."""
    try:
        fields = json.decode(store.get(key) or b"")
        stored = Stored(**fields["object"])._replace(version=None)
        found = found_of(
            decode.from_builtins(RecordingResponseData, fields["metadata"], lenient=True)
        )
        belongs = found.id == fields["id"] and key == stored.key + SIDECAR
    except (ValueError, TypeError, LookupError, TelnyxRecordingsError):
        return False
    if not belongs or store.stat(stored.key) is None:
        return False
    _note(manifest, found, stored)
    layout = fields.get("layout")
    if isinstance(layout, str) and manifest.setting("layout") is None:
        manifest.set("layout", layout)
    return True


def _note(manifest: Manifest, found: Found, stored: Stored) -> None:
    manifest.database.execute(
        "INSERT OR IGNORE INTO recordings (id, state, created, updated, caller, called, meta) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (found.id, State.STORED, *found[1:]),
    )
    manifest.add_objects(found.id, (stored,))


def _import_transcript(manifest: Manifest, store: Store, key: str) -> None:
    """Import a transcript, as JSON and as text, if its recording is known."""
    name = _TRANSCRIPT.search(key)
    data = store.get(key) or b""
    try:
        recording = str(json.decode(data)["recording_id"])
    except (ValueError, TypeError, LookupError):
        return
    if name is None or manifest.get(recording) is None:
        return
    text = key.removesuffix(SIDECAR) + ".txt"
    for form, each, content in (("json", key, data), ("txt", text, store.get(text))):
        if content is not None:
            sha256 = hashlib.sha256(content).hexdigest()
            stored = Stored(f"{name[0]}.{form}", each, len(content), sha256)
            manifest.add_objects(recording, (stored,))


def _import_deletions(manifest: Manifest, store: Store) -> None:
    """Import what was purged here, and what was deleted at the source."""
    for key in store.keys(ERASURES):
        for fields in _lines(store, key):
            manifest.database.execute(
                "INSERT OR IGNORE INTO recordings (id, state) VALUES (?, 'erased')",
                (str(fields.get("id")),),
            )
    for fields in _lines(store, LINES):
        if fields.get("state") == State.DELETED:
            manifest.database.execute(
                "UPDATE recordings SET state = 'delete_intent' WHERE id = ? AND state = 'stored'",
                (str(fields.get("id")),),
            )


def _lines(store: Store, key: str) -> Iterator[dict[str, Any]]:
    for line in (store.get(key) or b"").splitlines():
        with suppress(ValueError):
            fields = json.decode(line)
            if isinstance(fields, dict):
                yield fields
