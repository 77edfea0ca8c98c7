"""Erases recordings from an archive, and keeps a log of what was erased."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import Any

from msgspec import json

from telnyx_recordings.archive.layout import LAYOUT, Layout
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.opening import open_manifest, write_lines
from telnyx_recordings.archive.records import AUDIO, Entry, State
from telnyx_recordings.archive.results import Erasure, Purge
from telnyx_recordings.archive.run.state import now
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import ERASURES, SIDECAR, Store
from telnyx_recordings.archive.windows import millis, moment
from telnyx_recordings.core.model import decode
from telnyx_recordings.errors import ArchiveError, ConfigError
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_UNFINISHED = "purge"
"""The setting with the key of the log of a purge that has not ended."""


def purge(
    destination: str | PathLike[str],
    *,
    older_than: timedelta | datetime | None = None,
    numbers: Sequence[str] = (),
    ids: Sequence[str] = (),
    dry_run: bool = True,
) -> Purge:
    """Erase recordings from an archive: audio, transcripts, sidecars and metadata.

    Erases what meets all given conditions. A dry run, the default, only reports it. The manifest
    keeps the bare id, so that the recording is not archived again. A log under ``erasures/`` says
    what was erased, when and why, by id and SHA-256, without numbers or names. Recordings at Telnyx
    are not deleted.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        older_than: an age, or a time: erase recordings created before it.
        numbers: erase calls from or to these numbers, spelled as in the recordings;
            `Purge.missing` has those that match nothing.
        ids: erase these recordings; `Purge.missing` has those that were never in the archive.
        dry_run: erase nothing.

    Raises:
        ConfigError: no condition was given.
        ArchiveLockedError: an archive, verify or purge is running there.
        DestinationError: there is no archive, or something could not be removed. What was removed
            is logged; run the same purge again to continue.
    """
    return purge_store(
        open_store(destination),
        older_than=older_than,
        numbers=numbers,
        ids=ids,
        dry_run=dry_run,
    )


def purge_store(  # noqa: PLR0913 - as `purge`
    store: Store,
    *,
    older_than: timedelta | datetime | None = None,
    numbers: Sequence[str] = (),
    ids: Sequence[str] = (),
    dry_run: bool = True,
    clock: Callable[[], datetime] = now,
) -> Purge:
    """Do what `purge` does, on a store."""
    if isinstance(numbers, str) or isinstance(ids, str):
        message = "numbers and ids must be lists, not a single string"
        raise ConfigError(message)
    if older_than is None and not numbers and not ids:
        message = "a purge needs a condition: older_than, numbers or ids"
        raise ConfigError(message)
    at = clock()
    cutoff = None if older_than is None else _cutoff(older_than, at)
    with open_manifest(store, dry_run=dry_run, must_exist=True) as manifest:
        if not dry_run:
            _finish_earlier(store, manifest)
        missing = [id_ for id_ in dict.fromkeys(ids) if manifest.get(id_) is None]
        missing += [each for each in dict.fromkeys(numbers) if not any(manifest.of_numbers([each]))]
        entries = list(_chosen(manifest, cutoff, numbers, ids))
        log = None
        if entries and not dry_run:
            why = [
                name
                for name, given in (
                    ("older_than", older_than is not None),
                    ("numbers", bool(numbers)),
                    ("ids", bool(ids)),
                )
                if given
            ]
            log = _carry_out(store, manifest, entries, at, why)
    return Purge(
        destination=store.url,
        erased=tuple(_erasure(entry) for entry in entries),
        missing=tuple(missing),
        dry_run=dry_run,
        log=log,
    )


def _carry_out(
    store: Store, manifest: Manifest, entries: Sequence[Entry], at: datetime, why: Sequence[str]
) -> str:
    """Log what is to be erased, erase it, and log that it was; return the log's key."""
    log = f"{ERASURES}{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"
    lines = [_line(entry, at, why) for entry in entries]
    store.create(log, _encoded(lines))
    with manifest.commit():
        manifest.set(_UNFINISHED, log)
    try:
        for entry, line in zip(entries, lines, strict=True):
            _erase(store, manifest, entry)
            line["erased"] = True
    except BaseException as error:
        error.add_note("what was erased is logged: run the same purge again to continue")
        raise
    finally:  # also after an error: what was erased so far is logged
        _settle(store, manifest, log, lines)
    return log


def _finish_earlier(store: Store, manifest: Manifest) -> None:
    """Finish a purge that was killed: erase what is left of it, and correct its log."""
    log = manifest.setting(_UNFINISHED)
    if log is None:
        return
    lines: list[dict[str, Any]] = [
        json.decode(line) for line in (store.get(log) or b"").splitlines()
    ]
    for line in lines:
        entry = manifest.get(str(line["id"]))
        if entry is not None and entry.state is not State.ERASED:
            _erase(store, manifest, entry)
        line["erased"] = True
    _settle(store, manifest, log, lines)


def _erase(store: Store, manifest: Manifest, entry: Entry) -> None:
    """Remove everything of a recording; its sidecars last, as they say whose the rest is."""
    store.assert_locked()
    keys = {each.key for each in entry.objects}
    for stem in _stems(store, manifest, entry):
        keys.update(store.related(stem))
    audio = {f"{each.key}{SIDECAR}" for each in entry.objects if each.name in AUDIO}
    for key in sorted(keys | audio, key=lambda key: (key in audio, key)):
        store.remove(key)
    with manifest.commit():
        manifest.erase(entry.id)


def _stems(store: Store, manifest: Manifest, entry: Entry) -> set[str]:
    """Return the keys of a recording's objects without their formats, also of unknown objects."""
    stems = {each.key.removesuffix(f".{each.name}") for each in entry.objects}
    recording = decode.from_json(RecordingResponseData, manifest.meta(entry.id), lenient=True)
    with suppress(ArchiveError):  # an id that cannot be a file name has no objects
        key = Layout(manifest.setting("layout") or LAYOUT).key(recording, "wav")
        stem = key.removesuffix(".wav")
        if stem in stems or not _is_of_another(store, stem, entry.id):
            stems.add(stem)
    return stems


def _is_of_another(store: Store, stem: str, id_: str) -> bool:
    """Return whether a sidecar says that the files of a stem are of another recording."""
    for name in AUDIO:
        with suppress(ValueError, TypeError, LookupError):
            if json.decode(store.get(f"{stem}.{name}{SIDECAR}") or b"")["id"] != id_:
                return True
    return False


def _settle(store: Store, manifest: Manifest, log: str, lines: Sequence[dict[str, Any]]) -> None:
    """Correct the log of a purge, and remove all copies of what was erased."""
    store.replace(log, (_encoded(lines),))
    store.sweep(everything=True)
    manifest.vacuum()
    write_lines(manifest, store)
    with manifest.commit():
        manifest.unset(_UNFINISHED)


def _line(entry: Entry, at: datetime, why: Sequence[str]) -> dict[str, Any]:
    created = _created(entry)
    return {
        "id": entry.id,
        "created_at": None if created is None else created.isoformat(),
        "at": at.astimezone(UTC).isoformat(),
        "conditions": list(why),
        "deleted_at_source": entry.state is State.DELETED,
        "objects": [
            {"name": each.name, "size": each.size, "sha256": each.sha256} for each in entry.objects
        ],
        "erased": False,
    }


def _encoded(lines: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.encode(line) + b"\n" for line in lines)


def _chosen(
    manifest: Manifest, cutoff: int | None, numbers: Sequence[str], ids: Sequence[str]
) -> Iterator[Entry]:
    """Yield what meets all conditions, starting from the most selective one."""
    of_numbers = {entry.id for entry in manifest.of_numbers(numbers)} if numbers else None
    if ids:
        found = (manifest.get(id_) for id_ in dict.fromkeys(ids))
        entries: Iterator[Entry] = (each for each in found if each is not None)
    elif numbers:
        entries = manifest.of_numbers(numbers)
    else:
        entries = manifest.aged(cutoff or 0)
    for entry in entries:
        old = cutoff is None or (entry.created is not None and entry.created < cutoff)
        theirs = of_numbers is None or entry.id in of_numbers
        if old and theirs and entry.state is not State.ERASED:
            yield entry


def _cutoff(older_than: timedelta | datetime, at: datetime) -> int:
    if isinstance(older_than, timedelta):
        older_than = at - older_than
    return millis(older_than if older_than.tzinfo else older_than.replace(tzinfo=UTC))


def _created(entry: Entry) -> datetime | None:
    return None if entry.created is None else moment(entry.created)


def _erasure(entry: Entry) -> Erasure:
    return Erasure(
        id=entry.id,
        created_at=_created(entry),
        objects=len(entry.objects),
        bytes=sum(each.size for each in entry.objects),
    )
