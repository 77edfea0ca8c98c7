"""Repairs an archive: a damaged file is kept until its replacement is verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from hashlib import sha256
from os import PathLike
from threading import Event
from typing import TYPE_CHECKING, cast

from msgspec import json
from msgspec.structs import replace

from telnyx_recordings.archive import tasks
from telnyx_recordings.archive.commands.verify import DamagedObject, read_all
from telnyx_recordings.archive.context import Account, WorkerContext
from telnyx_recordings.archive.integrity import damage_itself
from telnyx_recordings.archive.layout import LAYOUT
from telnyx_recordings.archive.manifest.opening import open_manifest, write_lines
from telnyx_recordings.archive.records import (
    TRANSCRIPT,
    Stored,
    body_of,
    found_of,
    recording_of,
    sidecar,
    text_of,
)
from telnyx_recordings.archive.results import Damage, Progress, Verification
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import SIDECAR, Store, read_back
from telnyx_recordings.errors import (
    ArchiveError,
    AuthenticationError,
    ConfigError,
    DestinationError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)

if TYPE_CHECKING:
    from telnyx_recordings.media import Format

ASIDE = ".damaged"
"""Suffix of a damaged object while it is downloaded again."""


def repair(
    destination: str | PathLike[str],
    client: Account,
    *,
    workers: int = 8,
    progress: Callable[[Progress], None] | None = None,
) -> Verification:
    """Do what `verify` does, and download again what is damaged or missing.

    A damaged file is replaced only after its audio was downloaded, checked and read back. What
    cannot be repaired, for example because it was deleted at the source, stays as it is, and is
    in `Verification.damaged`.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        client: a `Client` of the account that was archived.
        workers: number of objects to read, or to download, at the same time.
        progress: called from time to time with a `Progress`.

    Raises:
        ArchiveLockedError: an archive, verify or purge is running there.
        ManifestError: the manifest cannot be read.
        DestinationError: there is no archive, or it cannot be read or written.
        AuthenticationError, PermissionDeniedError: the API key is wrong or lacks permission.
    """
    store = open_store(destination)
    done: list[Damage] = []
    left: list[Damage] = []
    with open_manifest(store, must_exist=True, may_be_empty=True) as manifest:
        found, damaged = read_all(store, manifest, workers, progress)
        found = replace(found, strangers=_without_replaced(store, found, damaged))
        template = manifest.setting("layout") or LAYOUT
        context = WorkerContext(client, store, template, Event())
        jobs = [(each, manifest.meta(each.id)) for each in damaged]
        with ThreadPoolExecutor(workers, thread_name_prefix="telnyx-repair") as pool:
            try:
                outcomes = pool.map(partial(_attempt, context), jobs)
                for each, outcome in zip(damaged, outcomes, strict=True):
                    if isinstance(outcome, Stored):
                        store.assert_locked()
                        with manifest.commit():
                            manifest.add_objects(each.id, (outcome,))
                        done.append(Damage(each.id, each.stored.key, each.wrong))
                    else:
                        why = f"{each.wrong}; it could not be repaired: {outcome}"
                        left.append(Damage(each.id, each.stored.key, why))
            except BaseException:
                context.stopping.set()
                pool.shutdown(cancel_futures=True)
                raise
        if manifest.has_stale_lines:
            write_lines(manifest, store)
    return replace(found, damaged=tuple(left), repaired=tuple(done))


def _attempt(
    context: WorkerContext, job: tuple[DamagedObject, str]
) -> Stored | TelnyxRecordingsError:
    """Repair an object or its sidecar; return the stored object, or the error that remains."""
    (id_, stored, _), meta = job
    try:
        if stored.name.startswith(TRANSCRIPT):
            _write_again(context, id_, stored)
        elif damage_itself(context.store, stored):
            return _fetch_again(context, id_, stored)
        else:
            found = found_of(recording_of(meta))
            context.store.replace(stored.key + SIDECAR, (sidecar(found, stored, context.template),))
    except (AuthenticationError, ConfigError, PermissionDeniedError):
        raise
    except TelnyxRecordingsError as error:
        return error
    return stored


def _without_replaced(
    store: Store, found: Verification, damaged: Sequence[DamagedObject]
) -> tuple[str, ...]:
    """Remove damaged copies whose objects are repaired; return the unknown files that are left.

    A repair that was killed just before its end leaves them.
    """
    unsure = {*found.strangers, *(each.stored.key for each in damaged)}
    left: list[str] = []
    for key in found.strangers:
        repaired = key.removesuffix(ASIDE)
        if key.endswith(ASIDE) and repaired not in unsure and store.stat(repaired) is not None:
            store.remove(key)
        else:
            left.append(key)
    return tuple(left)


def _fetch_again(context: WorkerContext, id_: str, stored: Stored) -> Stored:
    store, aside = context.store, stored.key + ASIDE
    recording = tasks.checked(context, id_)
    store.move(stored.key, aside)
    try:
        fresh = tasks.copy_audio(context, recording, stored.key, cast("Format", stored.name))
    except BaseException:
        store.move(aside, stored.key)
        raise
    store.replace(fresh.key + SIDECAR, (sidecar(found_of(recording), fresh, context.template),))
    if wrong := read_back(store, fresh.key, fresh.size, fresh.sha256):
        raise ArchiveError(f"the new download is damaged too: {wrong}")
    store.remove(aside)
    return fresh


def _write_again(context: WorkerContext, id_: str, stored: Stored) -> None:
    """Write a transcript's file again, if its exact content is still available."""
    for each in _versions(context, id_, stored):
        if sha256(each).hexdigest() == stored.sha256:
            context.store.replace(stored.key, (each,))
            return
    raise ArchiveError("its transcript at Telnyx has changed, or no longer exists")


def _versions(context: WorkerContext, id_: str, stored: Stored) -> Iterator[bytes]:
    """Yield possible contents of a transcript's file: from its other file, and from the source."""
    is_text = stored.name.endswith(".txt")
    if is_text:
        text = b""
        with suppress(ValueError, AttributeError, DestinationError):  # it may be damaged as well
            beside = context.store.get(stored.key.removesuffix(".txt") + ".json")
            text = text_of(json.decode(beside or b""))
        yield text
    for each in context.account.recording_transcriptions.list(filter={"recording_id": id_}):
        body = body_of(each)
        if is_text:
            yield text_of(json.decode(body))
        else:
            yield json.format(body.encode())
