"""Opens a store's manifest, exports it as JSON Lines, and rebuilds it from the sidecars."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import json

from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import TRANSCRIPT, Found, State, Stored, found_of
from telnyx_recordings.archive.stores.store import ERASURES, GENERATION, LINES, SIDECAR, Store
from telnyx_recordings.core.model import decode
from telnyx_recordings.errors import DestinationError, TelnyxRecordingsError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_TRANSCRIPT = re.compile(TRANSCRIPT + r"(-[0-9]+)?")
_BATCH = 1000
"""Recordings per commit of a rebuild. An interrupted rebuild starts over, which is harmless."""


@contextmanager
def open_manifest(
    store: Store, *, dry_run: bool = False, must_exist: bool = False
) -> Generator[Manifest]:
    """Open and lock the manifest of a store; rebuild it if it is missing.

    In a dry run nothing is written: changes to the manifest are rolled back at the end.

    Raises:
        ArchiveLockedError: another archive, verify or purge is using the store.
        ManifestError: the manifest cannot be read.
        DestinationError: with `must_exist`, there is no archive.
    """
    path = store.journal()
    if must_exist and not path.exists() and not _is_archive(store):
        message = f"there is no archive at {store.url}"
        raise DestinationError(message)
    if dry_run:
        with _opened_for_dry_run(store, path) as manifest:
            yield manifest
        return
    store.prepare()
    with store.lock():
        fresh = not path.exists()
        with Manifest(path) as manifest:
            if not fresh and _is_outdated(manifest, store):
                manifest.clear()
                fresh = True
            if fresh or manifest.setting("rebuilding"):
                _rebuild(manifest, store)
            _claim(manifest, store)
            yield manifest


@contextmanager
def _opened_for_dry_run(store: Store, path: Path) -> Generator[Manifest]:
    if path.exists():
        with ExitStack() as stack:
            manifest = stack.enter_context(_readable(path, stack))
            if not _is_outdated(manifest, store):
                yield manifest
                return
    with Manifest(None, dry_run=True) as manifest:
        _rebuild(manifest, store)
        yield manifest


def _readable(path: Path, stack: ExitStack) -> Manifest:
    """Open a manifest to read it; where its disk cannot be written to, a copy for the time being.

    SQLite cannot open it there, for it may have to bring it to its last commit first.
    """
    try:
        return Manifest(path, dry_run=True)
    except DestinationError as error:
        try:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            for each in (path, path.with_name(f"{path.name}-wal")):
                if each.is_file():
                    copyfile(each, folder / each.name)
        except OSError:
            raise error from None
        return Manifest(folder / path.name, dry_run=True)


def _is_outdated(manifest: Manifest, store: Store) -> bool:
    """Tell whether another machine has used the store since this manifest was last used.

    If so, this manifest does not know what was archived, deleted or erased there.
    """
    if not store.is_shared:
        return False
    now = (store.get(GENERATION) or b"").decode("ascii", "replace")
    return bool(now) and now not in (manifest.setting("generations") or "").split()


def _claim(manifest: Manifest, store: Store) -> None:
    """Note, here and in the store, that this manifest is now the one that is up to date.

    If this is killed between the two, the manifest still knows the generation before.
    """
    if store.is_shared:
        before = (manifest.setting("generations") or "").split()[-1:]
        now = secrets.token_hex(16)
        with manifest.commit():
            manifest.set("generations", " ".join([*before, now]))
        store.replace(GENERATION, (now.encode(),))


def _is_archive(store: Store) -> bool:
    keys = store.keys()
    return store.stat(LINES) is not None or any(key.endswith(SIDECAR) for key in keys)


def write_lines(manifest: Manifest, store: Store) -> None:
    """Write `manifest.jsonl`, atomically."""
    with closing(manifest.lines()) as lines:  # an open query would outlive the manifest
        store.replace(LINES, lines)
    manifest.mark_lines_fresh()


def _rebuild(manifest: Manifest, store: Store) -> None:
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
        manifest.execute("DELETE FROM settings WHERE name = 'rebuilding'")


def _import_object(manifest: Manifest, store: Store, key: str) -> bool:
    """Import the object that a sidecar describes; False if this is no sidecar."""
    try:
        fields = json.decode(store.get(key) or b"")
        stored = Stored(**fields["object"])
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
    manifest.execute(
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
