"""Opens a store's manifest, writes it for people, and rebuilds it from files beside the audio."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import json

from telnyx_recordings.archive.manifest import Found, Manifest, State, Stored
from telnyx_recordings.archive.store import ERASURES, GENERATION, LINES, SIDE, Store
from telnyx_recordings.archive.tasks import TRANSCRIPT, found_of
from telnyx_recordings.errors import DestinationError, TelnyxRecordingsError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_TRANSCRIPT = re.compile(TRANSCRIPT + r"(-[0-9]+)?")
_TOGETHER = 1000
"""Recordings a commit; a rebuild that is interrupted begins anew, which does no harm."""


@contextmanager
def opened(
    store: Store, *, rehearsal: bool = False, made_before: bool = False
) -> Generator[Manifest]:
    """Open and lock the manifest of a store; one that is missing is rebuilt.

    In a rehearsal nothing is written: what is done to the manifest is undone at the end.

    Raises:
        ArchiveLockedError: somebody else is at work there.
        ManifestError: it cannot be read.
        DestinationError: with `made_before`, there is no archive there.
    """
    path = store.journal()
    if made_before and not path.exists() and not _is_archive(store):
        message = f"there is no archive at {store.url}"
        raise DestinationError(message)
    if rehearsal:
        with _rehearsed(store, path) as manifest:
            yield manifest
        return
    store.prepare()
    with store.lock():
        fresh = not path.exists()
        with Manifest(path) as manifest:
            if not fresh and _is_overtaken(manifest, store):
                manifest.clear()
                fresh = True
            if fresh or manifest.setting("rebuilding"):
                _rebuild(manifest, store)
            _claim(manifest, store)
            yield manifest


@contextmanager
def _rehearsed(store: Store, path: Path) -> Generator[Manifest]:
    if path.exists():
        with Manifest(path, rehearsal=True) as manifest:
            if not _is_overtaken(manifest, store):
                yield manifest
                return
    with Manifest(None, rehearsal=True) as manifest:
        _rebuild(manifest, store)
        yield manifest


def _is_overtaken(manifest: Manifest, store: Store) -> bool:
    """Tell whether another machine has worked on the store since this manifest was last used.

    What it archived, deleted and erased is not known here then.
    """
    if not store.is_shared:
        return False
    now = (store.get(GENERATION) or b"").decode("ascii", "replace")
    return bool(now) and now not in (manifest.setting("generations") or "").split()


def _claim(manifest: Manifest, store: Store) -> None:
    """Note here and there that this manifest is the one that knows the store from now on.

    Killed between the two, it still knows the generation before.
    """
    if store.is_shared:
        before = (manifest.setting("generations") or "").split()[-1:]
        now = secrets.token_hex(16)
        with manifest.commit():
            manifest.set("generations", " ".join([*before, now]))
        store.replace(GENERATION, (now.encode(),))


def _is_archive(store: Store) -> bool:
    keys = store.keys()
    return store.stat(LINES) is not None or any(key.endswith(SIDE) for key in keys)


def write_lines(manifest: Manifest, store: Store) -> None:
    """Write `manifest.jsonl`: whole, or not at all."""
    with closing(manifest.lines()) as lines:  # a query left open would outlive the manifest
        store.replace(LINES, lines)
    manifest.note_fresh_lines()


def _rebuild(manifest: Manifest, store: Store) -> None:
    """Fill an empty manifest with what lies at the destination.

    All of it counts as stored and not as verified: the run that follows reads it again. What was
    purged is known from `manifest.jsonl`, so that it is not fetched again.
    """
    with manifest.commit():
        manifest.set("rebuilding", "1")
    others: list[str] = []
    sides = (key for key in store.keys("") if key.endswith(SIDE))
    while batch := list(islice(sides, _TOGETHER)):
        with manifest.commit():
            others += [key for key in batch if not _take_in(manifest, store, key)]
    with manifest.commit():
        for key in others:
            _take_in_transcript(manifest, store, key)
        _take_in_ends(manifest, store)
        manifest.execute("DELETE FROM settings WHERE name = 'rebuilding'")


def _take_in(manifest: Manifest, store: Store, key: str) -> bool:
    """Take in the object that a side file describes, if this is one."""
    try:
        fields = json.decode(store.get(key) or b"")
        stored = Stored(**fields["object"])
        found = found_of(RecordingResponseData.from_dict(fields["metadata"]))
        belongs = found.id == fields["id"] and key == stored.key + SIDE
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
    manifest.execute(
        "INSERT OR IGNORE INTO recordings (id, state, created, updated, caller, called, meta) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (found.id, State.STORED, *found[1:]),
    )
    manifest.add_objects(found.id, (stored,))


def _take_in_transcript(manifest: Manifest, store: Store, key: str) -> None:
    """Take in a transcript and its text, if this is one and its recording is known."""
    name = _TRANSCRIPT.search(key)
    data = store.get(key) or b""
    try:
        recording = str(json.decode(data)["recording_id"])
    except (ValueError, TypeError, LookupError):
        return
    if name is None or manifest.get(recording) is None:
        return
    text = key.removesuffix(SIDE) + ".txt"
    for form, each, content in (("json", key, data), ("txt", text, store.get(text))):
        if content is not None:
            sha256 = hashlib.sha256(content).hexdigest()
            stored = Stored(f"{name[0]}.{form}", each, len(content), sha256)
            manifest.add_objects(recording, (stored,))


def _take_in_ends(manifest: Manifest, store: Store) -> None:
    """Take in what no audio can tell: what was purged here, and what was deleted at the source."""
    for key in store.keys(ERASURES):
        for fields in _lines(store, key):
            manifest.execute(
                "INSERT OR IGNORE INTO recordings (id, state) VALUES (?, 'erased')",
                (str(fields.get("id")),),
            )
    for fields in _lines(store, LINES):
        if fields.get("state") == State.DELETED:
            manifest.execute(
                "UPDATE recordings SET state = 'delete_intent' WHERE id = ? AND state = 'stored'",
                (str(fields.get("id")),),
            )


def _lines(store: Store, key: str) -> Iterator[dict[str, Any]]:
    for line in (store.get(key) or b"").splitlines():
        with suppress(ValueError):
            fields = json.decode(line)
            if isinstance(fields, dict):
                yield fields
