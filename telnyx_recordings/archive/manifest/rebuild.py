"""Rebuilds a manifest from everything at the destination that names a recording."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, TypeGuard, cast

from msgspec import json

from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.records import TRANSCRIPT, Found, State, Stored, fields_of, found_of
from telnyx_recordings.archive.stores.store import ERASURES, INTERNAL, LINES, SIDECAR, Store
from telnyx_recordings.core.model import decode
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ObjectConflictError, TelnyxRecordingsError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_TRANSCRIPT = re.compile(TRANSCRIPT + r"(-[0-9]+)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BATCH = 1000
"""Recordings per commit of a rebuild. An interrupted rebuild starts over, which is harmless."""
_LONGEST = 16 << 20
"""Maximum bytes of a sidecar or a line: those of the largest response that the client accepts."""
_KEPT_STATES = frozenset({State.DISCOVERED, State.QUARANTINED, State.ERASED})


def rebuild(manifest: Manifest, store: Store, before: Path | None = None) -> None:
    """Fill an empty manifest from sidecars, logs of purges, transcripts, and lists of recordings.

    Recordings count as stored, not as verified: the run that follows reads them back. A recording
    or an object that only a list names is added too, so that its loss is reported as damage; the
    list `before` has the recordings that this manifest had before.

    Raises:
        ObjectConflictError: `manifest.jsonl` is not the list of an archive.
    """
    _refuse_foreign_lines(store)
    with manifest.commit():
        manifest.set("rebuilding", "1")
    others: list[str] = []
    sidecars = (key for key in store.keys("") if key.endswith(SIDECAR))
    while batch := list(islice(sidecars, _BATCH)):
        with manifest.commit():
            others += [key for key in batch if not _import_object(manifest, store, key)]
    purged = _purged(store)
    _import_erased(manifest, [id_ for id_, is_erased in purged.items() if is_erased])
    _import_lines(manifest, store, _lines(store.read(LINES)) if store.stat(LINES) else ())
    if before is not None and before.exists():
        _import_lines(manifest, store, _lines(Files().read(before)))
    with manifest.commit():
        for key in others:
            _import_transcript(manifest, store, key)
    # A purge that was interrupted may have removed everything, but not have noted it in its log.
    with manifest.commit():
        for id_ in purged:
            _erase_if_gone(manifest, store, id_)
    _import_erased(manifest, purged)
    with manifest.commit():
        manifest.unset("rebuilding")


def merge_lines(manifest: Manifest, store: Store) -> None:
    """Add to a manifest what only `manifest.jsonl` names, before that file is rewritten.

    Raises:
        ObjectConflictError: it is not the list of an archive.
    """
    _refuse_foreign_lines(store)
    if store.stat(LINES) is not None:
        _import_lines(manifest, store, _lines(store.read(LINES)), only_new=True)


def _refuse_foreign_lines(store: Store) -> None:
    if not store.stat(LINES):
        return
    with closing(_lines(store.read(LINES))) as lines:
        first = next(lines, None)
    if first is not None and not (_is_id(first.get("id")) and "objects" in first):
        raise ObjectConflictError(
            f"{LINES} in {store.url} is not the list of an archive, and is not replaced: move it "
            "away, or choose another destination",
            key=LINES,
        )


def _import_object(manifest: Manifest, store: Store, key: str) -> bool:
    """Import the object that a sidecar describes, even if it is lost; False if it is no sidecar."""
    try:
        fields = json.decode(_small(store, key))
        stored = _object_of(fields["object"])
        found = _found_of(fields["metadata"])
        belongs = found.id == fields["id"] and key == stored.key + SIDECAR
    except (ValueError, TypeError, LookupError, OverflowError, TelnyxRecordingsError):
        return False
    if not belongs:
        return False
    manifest.restore(found, State.STORED)
    manifest.add_objects(found.id, (stored,))
    layout = fields.get("layout")
    if isinstance(layout, str) and manifest.setting("layout") is None:
        manifest.set("layout", layout)
    return True


def _small(store: Store, key: str) -> bytes:
    """Return the content of a file; nothing if it is too large for a sidecar."""
    found = store.stat(key)
    return (store.get(key) or b"") if found is not None and found.size <= _LONGEST else b""


def _found_of(metadata: Any) -> Found:
    return found_of(decode.from_builtins(RecordingResponseData, metadata, lenient=True))


def _object_of(fields: Any) -> Stored:
    """Return an object from its description.

    Raises:
        ValueError, TypeError, LookupError: the description is invalid.
    """
    name, key, size, sha256 = (fields[each] for each in ("name", "key", "size", "sha256"))
    etag = fields.get("etag")
    is_valid = (
        _is_key(key)
        and isinstance(name, str)
        and key.endswith(f".{name}")
        and isinstance(size, int)
        and _SHA256.fullmatch(sha256)
    )
    if not is_valid:
        raise ValueError("this does not describe an object")
    return Stored(name, key, size, sha256, etag if isinstance(etag, str) else None)


def _is_key(key: object) -> bool:
    """Return whether this can be the key of an object of an archive."""
    if not isinstance(key, str) or not key.isprintable() or f"{key}/".startswith(INTERNAL):
        return False
    return all(part and not part.startswith(".") for part in key.split("/"))


def _is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


def _import_lines(
    manifest: Manifest,
    store: Store,
    lines: Iterable[dict[str, Any]],
    *,
    only_new: bool = False,
) -> None:
    """Import recordings, and objects of known ones, that nothing else names."""
    remaining = iter(lines)
    while batch := list(islice(remaining, _BATCH)):
        with manifest.commit():
            for fields in batch:
                if _is_id(fields.get("id")):
                    _import_line(manifest, store, fields, only_new=only_new)


def _import_line(
    manifest: Manifest, store: Store, fields: dict[str, Any], *, only_new: bool
) -> None:
    id_ = fields["id"]
    known = manifest.get(id_)
    if known is not None and (only_new or known.state is State.ERASED):
        return
    state, reason = fields.get("state"), fields.get("reason")
    if known is None:
        is_kept = state in _KEPT_STATES
        found = Found(id_, None, "{}")
        if state != State.ERASED:
            try:
                found = _found_of(fields.get("metadata"))._replace(id=id_)
            except (ValueError, TypeError, OverflowError, TelnyxRecordingsError):
                reason = reason or "its metadata is lost"
        restored = State(str(state)) if is_kept else State.STORED
        manifest.restore(found, restored, reason if isinstance(reason, str) else None)
    there = {each.name for each in known.objects} if known is not None else set[str]()
    manifest.add_objects(id_, _objects_of(fields, store, there))
    if state in (State.DELETED, State.DELETE_INTENT):
        manifest.restore_intent(id_)


def _objects_of(fields: dict[str, Any], store: Store, there: set[str]) -> Iterator[Stored]:
    """Yield the objects of a line; not those that are there, nor those of another recording."""
    described: Any = fields.get("objects")
    for each in cast("list[object]", described) if isinstance(described, list) else ():
        try:
            stored = _object_of(each)
        except (ValueError, TypeError, LookupError):
            continue
        if stored.name in there:
            continue
        owner = fields["id"]
        if not stored.name.startswith(TRANSCRIPT):
            owner = fields_of(_small(store, stored.key + SIDECAR)).get("id", owner)
        if owner == fields["id"]:
            yield stored


def _import_transcript(manifest: Manifest, store: Store, key: str) -> None:
    """Import a transcript, as JSON and as text, if its recording is known and does not list it."""
    name = _TRANSCRIPT.search(key)
    if name is None:
        return
    data = _small(store, key)
    recording = str(fields_of(data).get("recording_id", ""))
    entry = manifest.get(recording)
    if entry is None or entry.state is State.ERASED:
        return
    there = {each.name for each in entry.objects}
    text = key.removesuffix(SIDECAR) + ".txt"
    for form, each, content in (("json", key, data), ("txt", text, store.get(text))):
        if content is not None and f"{name[0]}.{form}" not in there:
            sha256 = hashlib.sha256(content).hexdigest()
            stored = Stored(f"{name[0]}.{form}", each, len(content), sha256)
            manifest.add_objects(recording, (stored,))


def _purged(store: Store) -> dict[str, bool]:
    """Return the ids in the logs of purges, and whether a log says that they were erased."""
    found: dict[str, bool] = {}
    for key in store.keys(ERASURES):
        for fields in _lines(store.read(key)):
            if _is_id(id_ := fields.get("id")):
                found[id_] = found.get(id_, False) or fields.get("erased") is True
    return found


def _import_erased(manifest: Manifest, ids: Iterable[str]) -> None:
    """Note recordings that were purged here, unless any of their files still exists."""
    with manifest.commit():
        for id_ in ids:
            if manifest.get(id_) is None:
                manifest.restore(Found(id_, None, "{}"), State.ERASED)


def _erase_if_gone(manifest: Manifest, store: Store, id_: str) -> None:
    """Delete a recording that has no files left."""
    entry = manifest.get(id_)
    if entry is not None and entry.state is not State.ERASED:
        keys = [each.key for each in entry.objects]
        if not any(store.stat(key) or store.stat(key + SIDECAR) for key in keys):
            manifest.erase(id_)


def _lines(chunks: Iterator[bytes]) -> Generator[dict[str, Any]]:
    """Yield the objects of a file of JSON Lines; an empty one for any other line."""
    pending = b""
    for chunk in chunks:
        *whole, pending = (pending + chunk).split(b"\n")
        if len(pending) > _LONGEST:
            pending = b"x"  # no line of ours is this long
        yield from map(fields_of, filter(bytes.strip, whole))
    if pending.strip():
        yield fields_of(pending)
