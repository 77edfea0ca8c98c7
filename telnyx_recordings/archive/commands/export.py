"""Exports recordings from an archive as a bag that can be handed over."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import json

from telnyx_recordings.archive.bags import lists
from telnyx_recordings.archive.bags import vcon as vcons
from telnyx_recordings.archive.bags.bag import Bag, writing
from telnyx_recordings.archive.bags.lists import Item
from telnyx_recordings.archive.filters import Conditions, read_conditions, read_ids
from telnyx_recordings.archive.holding import this_user
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.opening import open_manifest
from telnyx_recordings.archive.records import TRANSCRIPT, Entry, Stored, recording_of
from telnyx_recordings.archive.results import Export, Progress
from telnyx_recordings.archive.run.state import now
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import EXPORTS, Store
from telnyx_recordings.errors import ArchiveError, ConfigError, DestinationError

if TYPE_CHECKING:
    from telnyx_recordings.media.job import AnyRecording
    from telnyx_recordings.models.recording_list_filter import (
        RecordingListFilter,
        RecordingListFilterDict,
    )


def export(  # noqa: PLR0913 - one keyword per choice
    destination: str | PathLike[str],
    out: str | PathLike[str],
    *,
    filter: RecordingListFilter | RecordingListFilterDict | None = None,  # noqa: A002 - as in `archive`
    ids: Sequence[AnyRecording] = (),
    vcon: bool = False,
    zone: tzinfo | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Export:
    """Export recordings from an archive as a BagIt bag, verified while they are copied.

    The bag has the audio, the transcripts and the metadata, `index.csv` for spreadsheets, and
    `index.html`, which plays and searches without a server. It appears only when it is complete,
    after the export is noted under ``exports/`` in the archive.

    Args:
        destination: the archive: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        out: the folder to create, or a zip file if the name ends with ``.zip``.
        filter: which recordings, as for `Client.archive`; each condition is checked on the
            metadata in the archive. All by default.
        ids: these recordings; they must also match the filter.
        vcon: also write each recording as a vCon, the IETF's format of conversations.
        zone: of the local times in the lists; that of this machine by default.
        progress: called from time to time with a `Progress`.

    Raises:
        ArchiveError: an id is not in the archive, nothing matches, or an object is damaged: no
            export is left.
        ArchiveLockedError: an archive, verify or purge is running there.
        DestinationError: there is no archive, or the export exists already or cannot be written.
        ConfigError, ModelError: an argument is invalid.
    """
    if isinstance(ids, str):
        raise ConfigError("ids must be a list, not a single string")
    store, started = open_store(destination), time.monotonic()
    conditions = read_conditions(filter)
    if Path(out).resolve().parent.is_relative_to(store.manifest_path().parent.parent.resolve()):
        raise ConfigError(f"{out} is inside the archive: choose another place for the export")
    with open_manifest(store, must_exist=True) as manifest:
        entries = _chosen(manifest, conditions, read_ids(ids))
        with writing(Path(out)) as bag:
            items: list[Item] = []
            for entry in entries:
                _report(progress, len(items), len(entries), bag, started)
                metadata = json.decode(manifest.meta(entry.id))
                items.append(_add(store, bag, entry, metadata, vcon=vcon))
            _report(progress, len(items), len(entries), bag, started)
            bag.add("index.csv", lists.csv(items, zone))
            bag.add("index.html", lists.html(items, zone))
            at = now()
            sealed = bag.seal({"Bagging-Date": f"{at:%Y-%m-%d}"})
            log = _note(store, at, entries, sealed)
    return Export(
        destination=store.url,
        out=str(out),
        recordings=len(entries),
        files=bag.files,
        bytes=bag.bytes,
        manifest_sha256=sealed,
        log=log,
        seconds=time.monotonic() - started,
    )


def _add(store: Store, bag: Bag, entry: Entry, metadata: dict[str, Any], *, vcon: bool) -> Item:
    """Add a recording to a bag; return it as the lists have it, with paths from there."""
    audio = [each for each in entry.objects if not each.name.startswith(TRANSCRIPT)]
    audio.sort(key=lambda each: each.name != "wav")
    # A bag writes % in a path as %25, which `sha256sum -c` would take literally.
    paths = {each.name: f"recordings/{each.key.replace('%', '_')}" for each in entry.objects}
    for each in entry.objects:
        bag.add(paths[each.name], _verified(store, each))
    bag.add(f"metadata/{entry.id}.json", (json.format(json.encode(metadata)),))
    texts = [each for each in entry.objects if each.name.endswith(".txt")]
    item = Item(
        metadata=metadata,
        audio=[paths[each.name] for each in audio],
        size=audio[0].size if audio else 0,
        sha256=audio[0].sha256 if audio else "",
        transcripts=[paths[each.name] for each in texts],
        texts=[
            b"".join(_verified(store, each)).decode("utf-8", "replace").rstrip("\n")
            for each in texts
        ],
    )
    if vcon and audio:
        first = audio[0]
        content, name = _verified(store, first), PurePosixPath(first.key).name
        document = vcons.chunks(item, first.name, name, content, created=now())
        bag.add(f"vcon/{entry.id}{vcons.SUFFIX}", document)
    return item


def _verified(store: Store, stored: Stored) -> Iterator[bytes]:
    """Yield an object's bytes; raise at the end if they are not what was stored."""
    digest = sha256()
    try:
        for chunk in store.read(stored.key):
            digest.update(chunk)
            yield chunk
    except DestinationError as error:
        raise ArchiveError(f"{stored.key} cannot be read: {error}{_HINT}") from error
    if digest.hexdigest() != stored.sha256:
        raise ArchiveError(f"{stored.key} is damaged: its SHA-256 differs{_HINT}")


_HINT = "; nothing was exported. Repair the archive (verify --repair), then export again"


def _chosen(manifest: Manifest, conditions: Conditions, ids: Sequence[str]) -> list[Entry]:
    """Return the recordings to export, oldest first."""
    if ids:
        found = [manifest.get(id_) for id_ in ids]
        entries = [each for each in found if each is not None and each.objects]
        if missing := sorted({*ids} - {each.id for each in entries}):
            raise ArchiveError(f"not in this archive: {', '.join(missing)}; nothing was exported")
    else:
        entries = list(manifest.with_objects())
    chosen: list[Entry] = []
    for each in entries:
        recording = recording_of(manifest.meta(each.id))
        if conditions.admit(recording) and conditions.objection(recording) is None:
            chosen.append(each)
    if not chosen:
        raise ArchiveError("no recording of this archive matches the filter: nothing was exported")
    return sorted(chosen, key=lambda each: (each.created or 0, each.id))


def _note(store: Store, at: datetime, entries: Sequence[Entry], sealed: str) -> str:
    """Note an export in the archive's log; return the log's key."""
    log = f"{EXPORTS}{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"
    note = {
        "at": at.astimezone(UTC).isoformat(),
        "by": this_user(),
        "manifest_sha256": sealed,
        "ids": [each.id for each in entries],
    }
    store.create(log, json.encode(note) + b"\n")
    return log


def _report(
    progress: Callable[[Progress], None] | None, done: int, todo: int, bag: Bag, started: float
) -> None:
    if progress is not None:
        seconds = time.monotonic() - started
        progress(
            Progress(phase="exporting", todo=todo, done=done, bytes=bag.bytes, seconds=seconds)
        )
