"""Opens the manifest of a store, and exports it as JSON Lines."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import NamedTuple

from msgspec import json

from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.rebuild import merge_lines, rebuild
from telnyx_recordings.archive.stores.store import (
    ERASURES,
    GENERATION,
    LINES,
    SIDECAR,
    Store,
    as_destination_error,
)
from telnyx_recordings.disk.files import Files
from telnyx_recordings.errors import ArchiveLockedError, DestinationError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
"""Seconds between attempts to lock a store; each pause is half as long again as the one before."""


@contextmanager
def open_manifest(  # noqa: PLR0913 - one keyword per choice
    store: Store,
    *,
    dry_run: bool = False,
    must_exist: bool = False,
    may_be_empty: bool = False,
    wait: float = 0.0,
    sleep: Callable[[float], object] = time.sleep,
) -> Generator[Manifest]:
    """Open and lock the manifest of a store; rebuild it if it is missing.

    In a dry run nothing is written: changes to the manifest are rolled back at the end.

    Args:
        store: the destination.
        dry_run: write nothing.
        must_exist: refuse a destination without an archive.
        may_be_empty: allow a bucket that was emptied: all of it is damage, and can be repaired.
        wait: seconds to wait for another archive, verify, repair or purge to end.
        sleep: sleeps meanwhile.

    Raises:
        ArchiveLockedError: another archive, verify, repair or purge is using the store.
        ManifestError: the manifest cannot be read.
        DestinationError: this is not the archive that the manifest is about; or with `must_exist`,
            there is no archive.
    """
    if must_exist and not exists(store):
        raise DestinationError(f"there is no archive at {store.url}")
    if not dry_run:
        store.prepare()
    opened = _opened_for_dry_run if dry_run else _opened
    with ExitStack() as stack:
        _lock(store, stack, wait, sleep, create=not dry_run)
        yield stack.enter_context(opened(store, may_be_empty=may_be_empty))


def _lock(
    store: Store,
    stack: ExitStack,
    wait: float,
    sleep: Callable[[float], object],
    *,
    create: bool,
) -> None:
    """Hold the lock of a store until the stack ends; wait for it that many seconds."""
    end, pause = time.monotonic() + wait, _FIRST_PAUSE
    while True:
        try:
            stack.enter_context(store.lock(create=create))
        except ArchiveLockedError:
            left = end - time.monotonic()
            if left <= 0:
                raise
            sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
        else:
            return


@contextmanager
def _opened(store: Store, *, may_be_empty: bool) -> Generator[Manifest]:
    path = store.manifest_path()
    with Manifest(path, guard=store.assert_locked) as manifest:
        identity, is_outdated = _identity(manifest, store, may_be_empty=may_be_empty)
        before = path.with_name("before.jsonl")
        unwritable = f"{before} cannot be written"
        if is_outdated:
            with closing(manifest.lines()) as lines, as_destination_error("", unwritable):
                Files().replace(before, lines)
            manifest.clear()
        if manifest.needs_rebuild:
            rebuild(manifest, store, before)
        if before.exists():
            with as_destination_error("", unwritable):
                Files().unlink(before)
        _claim(manifest, store, identity)
        yield manifest


@contextmanager
def _opened_for_dry_run(store: Store, *, may_be_empty: bool) -> Generator[Manifest]:
    path = store.manifest_path()
    if path.exists():
        with ExitStack() as stack:
            manifest = stack.enter_context(_readable(path, stack))
            _, is_outdated = _identity(manifest, store, may_be_empty=may_be_empty)
            if not is_outdated and not manifest.needs_rebuild:
                yield manifest
                return
    with Manifest(None, dry_run=True) as manifest:
        rebuild(manifest, store)
        yield manifest


def _readable(path: Path, stack: ExitStack) -> Manifest:
    """Open a manifest for reading; on a read-only disk, open a temporary copy.

    SQLite cannot open a file there, since it may have to apply the write-ahead log first.
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


class _Claim(NamedTuple):
    """What a store states about its archive.

    Attributes:
        archive: identifies the archive; None if none was begun here.
        generation: names the manifest that is up to date.
    """

    archive: str | None
    generation: str


def _claim_of(store: Store) -> _Claim | None:
    """Return the claim in a store; None if there is none."""
    data = store.get(GENERATION)
    if data is None:
        return None
    try:
        fields = json.decode(data)
        return _Claim(str(fields["archive"]), str(fields["generation"]))
    except (ValueError, TypeError, LookupError):  # earlier versions wrote a bare generation
        return _Claim(None, data.decode("ascii", "replace").strip())


def _identity(manifest: Manifest, store: Store, *, may_be_empty: bool) -> tuple[str | None, bool]:
    """Return the identity of the archive in a store, and whether the manifest is outdated.

    The identity is None if there is none yet. The manifest is outdated if another machine has used
    the store since: it does not know what was archived, deleted or erased there.

    Raises:
        DestinationError: the manifest lists another archive, or one that is gone.
    """
    known = manifest.setting("archive")
    if not store.is_shared:
        return known, False  # the manifest is in the archive itself
    found, generations = _claim_of(store), manifest.setting("generations")
    if found is None:
        if (known or generations) and not may_be_empty:
            raise DestinationError(
                f"{store.url} is empty, or is a different bucket of that name: the archive that "
                f"{store.manifest_path()} lists is not there. Nothing was done. Check the bucket "
                "and the endpoint. To download what is still at Telnyx, repair the archive; to "
                "begin a new one, move that file away"
            )
        return known, False
    if found.archive is not None and known not in (None, found.archive):
        raise DestinationError(
            f"{store.url} has a different archive from the one that {store.manifest_path()} lists. "
            "Nothing was done. Check the destination and the endpoint. To use the archive that is "
            "there, move that file away"
        )
    is_outdated = generations is not None and found.generation not in generations.split()
    return found.archive or known, is_outdated


def _claim(manifest: Manifest, store: Store, identity: str | None) -> None:
    """Note, here and in the store, that this manifest is now the one that is up to date.

    If this is killed between the two, the manifest still knows the generation before.
    """
    archive, generation = identity or secrets.token_hex(16), secrets.token_hex(16)
    if not store.is_shared:
        if identity is None:
            with manifest.commit():
                manifest.set("archive", archive)
        return
    before = (manifest.setting("generations") or "").split()[-1:]
    with manifest.commit():
        manifest.set("archive", archive)
        manifest.set("generations", " ".join([*before, generation]))
    store.replace(GENERATION, (json.encode({"archive": archive, "generation": generation}),))


def exists(store: Store) -> bool:
    """Return whether there is an archive: a manifest on this machine, or traces in the store."""
    if store.manifest_path().exists() or store.stat(LINES) is not None:
        return True
    keys = store.keys()
    return any(key.endswith(SIDECAR) or key.startswith(ERASURES) for key in keys)


def write_lines(manifest: Manifest, store: Store) -> None:
    """Write `manifest.jsonl` atomically; recordings that only the existing file names are kept.

    Raises:
        ObjectConflictError: the existing file is not the list of an archive.
    """
    if _written(store) != manifest.lines_written:  # by something else than this manifest
        merge_lines(manifest, store)
    with closing(manifest.lines()) as lines:  # an open query would outlive the manifest
        store.replace(LINES, lines)
    manifest.mark_lines_fresh(_written(store) or "")


def _written(store: Store) -> str | None:
    found = store.stat(LINES)
    return None if found is None else f"{found.size} {found.etag or ''}"
