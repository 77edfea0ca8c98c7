"""Erases what an archive should not have any more, and logs it; the log outlives the audio."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import Any

from msgspec import Struct, json, to_builtins

from telnyx_recordings.archive.coordinator import now
from telnyx_recordings.archive.manifest import Entry, Manifest, State
from telnyx_recordings.archive.rebuild import opened, write_lines
from telnyx_recordings.archive.report import size
from telnyx_recordings.archive.store import ERASURES, SIDE, Store, open_store
from telnyx_recordings.archive.walk import millis, moment
from telnyx_recordings.errors import ConfigError


class Erasure(Struct, frozen=True, kw_only=True):
    """A recording that was, or would be, erased.

    Attributes:
        id: which.
        created_at: when it was created; None when that is not known.
        objects: how many files it had, audio and transcripts.
        bytes: how many bytes they had.
    """

    id: str
    created_at: datetime | None
    objects: int
    bytes: int


class Purge(Struct, frozen=True, kw_only=True):
    """What was erased, or for a dry run would be; ``print`` shows it as a table.

    Attributes:
        destination: the folder or bucket.
        erased: the recordings.
        missing: ids that were given and that the archive has never had.
        dry_run: nothing was erased.
        log: the key of the log, None when nothing was erased.
    """

    destination: str
    erased: tuple[Erasure, ...] = ()
    missing: tuple[str, ...] = ()
    dry_run: bool = True
    log: str | None = None

    @property
    def bytes(self) -> int:
        """How many bytes the recordings' files had."""
        return sum(each.bytes for each in self.erased)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``json.dumps`` takes."""
        fields: dict[str, Any] = to_builtins(self)
        return fields | {"bytes": self.bytes}

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.encode(self.to_dict()).decode()

    def __str__(self) -> str:
        """Return it as a table."""
        what = "would be erased" if self.dry_run else "erased"
        lines = [
            f"Purge {self.destination}" + (" (dry run)" if self.dry_run else ""),
            f"  {what}  {len(self.erased):>9,}  {size(self.bytes):>10}",
        ]
        lines += [f"  {each.id}  {each.created_at}" for each in self.erased[:_SHOWN]]
        if len(self.erased) > _SHOWN:
            lines.append(f"  and {len(self.erased) - _SHOWN:,} more")
        if self.missing:
            lines.append(f"  not in this archive: {', '.join(self.missing)}")
        if self.log:
            lines.append(f"  log: {self.log}")
        return "\n".join(lines)


_SHOWN = 10


def purge(
    destination: str | PathLike[str],
    *,
    older_than: timedelta | datetime | None = None,
    numbers: Sequence[str] = (),
    ids: Sequence[str] = (),
    dry_run: bool = True,
) -> Purge:
    """Erase recordings from an archive: audio, transcripts, the files beside them, their metadata.

    What meets all conditions that are given is erased. A dry run, the default, only tells what
    that is. The manifest keeps the bare id, so that no later archive fetches the recording again.
    A log under ``erasures/`` says what was erased, when and why, by id and SHA-256, without
    numbers or names. Recordings at Telnyx are not touched.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        older_than: erase what was created longer ago than this, or before this moment.
        numbers: erase what one of these called or was called by, as the recordings spell them.
        ids: erase these recordings; `Purge.missing` has those that were never archived here.
        dry_run: erase nothing.

    Raises:
        ConfigError: there is no condition.
        ArchiveLockedError: an archive, verify or purge is at work there.
        DestinationError: there is no archive there; or something could not be removed: what was is
            logged, and the same purge goes on from there.
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
        message = "numbers and ids are lists, not a single text"
        raise ConfigError(message)
    if older_than is None and not numbers and not ids:
        message = "a purge needs a condition: older_than, numbers or ids"
        raise ConfigError(message)
    at = clock()
    cutoff = None if older_than is None else _cutoff(older_than, at)
    with opened(store, rehearsal=dry_run, made_before=True) as manifest:
        missing = tuple(id_ for id_ in dict.fromkeys(ids) if manifest.get(id_) is None)
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
        missing=missing,
        dry_run=dry_run,
        log=log,
    )


def _carry_out(
    store: Store, manifest: Manifest, entries: Sequence[Entry], at: datetime, why: Sequence[str]
) -> str:
    """Log what is about to be erased, erase it, and log that it is; return the log's key."""
    log = f"{ERASURES}{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"
    lines = [_line(entry, at, why) for entry in entries]
    store.create(log, _encoded(lines))
    try:
        for entry, line in zip(entries, lines, strict=True):
            for each in entry.objects:
                store.remove(each.key)
                store.remove(each.key + SIDE)
            with manifest.commit():
                manifest.erase(entry.id)
            line["erased"] = True
    except BaseException as error:
        error.add_note(
            "what was erased is logged: run the same purge again and it goes on from here"
        )
        raise
    finally:  # also of a purge that breaks off: what is gone is gone
        store.replace(log, (_encoded(lines),))
        manifest.shrink()
        write_lines(manifest, store)
    return log


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
    """Give what meets all conditions, by the one that leaves least to look at."""
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
