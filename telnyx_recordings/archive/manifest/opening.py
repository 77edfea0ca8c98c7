"""Opens the manifest of a store, and exports it as JSON Lines."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.rebuild import rebuild
from telnyx_recordings.archive.stores.store import GENERATION, LINES, SIDECAR, Store
from telnyx_recordings.errors import DestinationError


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
    path = store.manifest_path()
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
                rebuild(manifest, store)
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
        rebuild(manifest, store)
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
