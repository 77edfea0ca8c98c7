"""Erases recordings from an archive, and keeps a log of what was erased."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import json

from telnyx_recordings.archive import holding
from telnyx_recordings.archive.filters import listed, read_ids
from telnyx_recordings.archive.holding import Hold
from telnyx_recordings.archive.layout import LAYOUT, Layout
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.archive.manifest.opening import open_manifest, write_lines
from telnyx_recordings.archive.policy import Rule, read_policy, rule_for
from telnyx_recordings.archive.records import AUDIO, Entry, State, fields_of, recording_of
from telnyx_recordings.archive.results import Erasure, Purge
from telnyx_recordings.archive.run.state import check_flag, now
from telnyx_recordings.archive.stores import open_store
from telnyx_recordings.archive.stores.store import ERASURES, SIDECAR, Store
from telnyx_recordings.archive.windows import millis, moment
from telnyx_recordings.core.model.shape import with_zone
from telnyx_recordings.errors import ArchiveError, ConfigError, DestinationError

if TYPE_CHECKING:
    from telnyx_recordings.media.job import AnyRecording

_UNFINISHED = "purge"
"""The setting with the key of the log of a purge that has not ended."""


def purge(  # noqa: PLR0913 - one keyword per condition
    destination: str | PathLike[str],
    *,
    older_than: timedelta | datetime | None = None,
    numbers: Sequence[str] = (),
    ids: Sequence[AnyRecording] = (),
    policy: str | PathLike[str] | None = None,
    dry_run: bool = True,
    clock: Callable[[], datetime] = now,
) -> Purge:
    """Erase recordings from an archive: audio, transcripts, sidecars and metadata.

    Erases what meets all given conditions. A dry run, the default, only reports it. The manifest
    keeps the bare id, so that the recording is not archived again. A log under ``erasures/`` says
    what was erased, when and why, by id and SHA-256, without numbers or names. Recordings at Telnyx
    are not deleted. What is on hold is never erased.

    Args:
        destination: a folder, or a bucket as ``s3://``, ``gs://`` or ``az://``.
        older_than: an age, or a time: erase recordings created before it.
        numbers: erase calls from or to these numbers, spelled as in the recordings;
            `Purge.missing` has those that match nothing.
        ids: erase these recordings; `Purge.missing` has those that were never in the archive.
        policy: a TOML file with rules; erase what the first rule that applies no longer keeps.
        dry_run: erase nothing.
        clock: the current time.

    Raises:
        ConfigError: no condition was given.
        ArchiveLockedError: an archive, verify or purge is running there.
        DestinationError: there is no archive, or something could not be removed. What was removed
            is logged; run the same purge again to continue.
    """
    check_flag("dry_run", dry_run)
    store = open_store(destination)
    if isinstance(numbers, str) or isinstance(ids, str):
        raise ConfigError("numbers and ids must be lists, not a single string")
    numbers, wanted = listed("numbers", numbers), read_ids(ids)
    if older_than is None and not numbers and not wanted and policy is None:
        raise ConfigError("a purge needs a condition: older_than, numbers or ids, or a policy")
    rules = None if policy is None else read_policy(policy)
    at = clock()
    cutoff = None if older_than is None else _cutoff(older_than, at)
    with open_manifest(store, dry_run=dry_run, must_exist=True) as manifest:
        if not dry_run:
            _finish_earlier(store, manifest)
        missing = [id_ for id_ in wanted if manifest.get(id_) is None]
        missing += [each for each in dict.fromkeys(numbers) if not any(manifest.of_numbers([each]))]
        given = {
            "older_than": older_than is not None,
            "numbers": bool(numbers),
            "ids": bool(wanted),
        }
        why = [name for name, is_given in given.items() if is_given]
        entries = _chosen(manifest, cutoff, numbers, wanted)
        if rules is None:
            chosen = [_Chosen(entry, why) for entry in entries]
        else:
            entries = entries if why else manifest.not_erased()
            chosen = list(_by_policy(manifest, rules, entries, at, why))
        holds = holding.all_of(store)
        held = [each.entry.id for each in chosen if _is_held(holds, manifest, each.entry)]
        kept = {*held}
        erased = [each for each in chosen if each.entry.id not in kept]
        log, locked = None, list[str]()
        if erased and not dry_run:
            log, held_since, locked = _carry_out(store, manifest, erased, at)
            held += held_since
            kept = {*held, *locked}
            erased = [each for each in erased if each.entry.id not in kept]
    return Purge(
        destination=store.url,
        erased=tuple(
            Erasure(
                id=entry.id,
                created_at=_created(entry),
                objects=len(entry.objects),
                bytes=sum(stored.size for stored in entry.objects),
            )
            for entry, _, _ in erased
        ),
        missing=tuple(missing),
        held=tuple(held),
        locked=tuple(locked),
        rules=dict(Counter(each.rule for each in erased if each.rule is not None)),
        dry_run=dry_run,
        log=log,
    )


class _Chosen(NamedTuple):
    """A recording to erase, the conditions that chose it, and the rule of a policy if one did."""

    entry: Entry
    why: Sequence[str]
    rule: str | None = None


def _is_held(holds: Sequence[Hold], manifest: Manifest, entry: Entry) -> bool:
    """Return whether a hold applies to a recording with the metadata in the manifest."""
    return bool(holds) and (
        holding.first_on(holds, entry.id, recording_of(manifest.meta(entry.id))) is not None
    )


def _by_policy(
    manifest: Manifest,
    rules: Sequence[Rule],
    entries: Iterable[Entry],
    at: datetime,
    why: Sequence[str],
) -> Iterator[_Chosen]:
    """Yield the recordings that the first rule that applies to them no longer keeps."""
    for entry in entries:
        rule = rule_for(rules, recording_of(manifest.meta(entry.id)))
        if rule is None or entry.created is None:
            continue
        if entry.created < millis(at - rule.keep):
            yield _Chosen(entry, (*why, f"policy: {rule.name}"), rule.name)


def _carry_out(
    store: Store, manifest: Manifest, chosen: Sequence[_Chosen], at: datetime
) -> tuple[str, list[str], list[str]]:
    """Log what is to be erased, erase it, and log that it was.

    Returns the log's key, and the ids of recordings that are not erased: those that were put on
    hold meanwhile, and those that are locked by the bucket.
    """
    log = f"{ERASURES}{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.jsonl"
    lines = [_line(each.entry, at, each.why) for each in chosen]
    store.create(log, _encoded(lines))
    with manifest.commit():
        manifest.set(_UNFINISHED, log)
    holds: list[Hold] = []
    held: list[str] = []
    locked: list[str] = []
    try:
        for each, line in zip(chosen, lines, strict=True):
            holds = holding.all_of(store, holds)
            if _is_held(holds, manifest, each.entry):
                held.append(each.entry.id)
                continue
            line["erased"] = _erase(store, manifest, each.entry)
            if not line["erased"]:
                locked.append(each.entry.id)
    except BaseException as error:
        error.add_note("what was erased is logged: run the same purge again to continue")
        raise
    finally:  # also after an error: what was erased so far is logged
        _settle(store, manifest, log, lines)
    return log, held, locked


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
        if entry is None or entry.state is State.ERASED:
            line["erased"] = True
        elif not _is_held(holding.all_of(store), manifest, entry):
            line["erased"] = _erase(store, manifest, entry)
    _settle(store, manifest, log, lines)


def _erase(store: Store, manifest: Manifest, entry: Entry) -> bool:
    """Remove everything of a recording; return False if the bucket forbids it.

    A bucket does that by an object lock, or by a policy. Sidecars go last, as they say whose the
    rest is.
    """
    store.assert_locked()
    keys = {each.key for each in entry.objects}
    audio = {f"{each.key}{SIDECAR}" for each in entry.objects if each.name in AUDIO}
    try:
        for stem in _stems(store, manifest, entry):
            keys.update(store.related(stem))
        if any(map(store.is_locked, sorted(keys | audio))):
            return False
        for key in sorted(keys | audio, key=lambda key: (key in audio, key)):
            store.remove(key)
    except DestinationError as error:
        if type(error.__cause__).__name__ != "PermissionDeniedError":
            raise
        return False
    with manifest.commit():
        manifest.erase(entry.id)
    return True


def _stems(store: Store, manifest: Manifest, entry: Entry) -> set[str]:
    """Return the keys of a recording's objects without their formats, also of unknown objects."""
    stems = {each.key.removesuffix(f".{each.name}") for each in entry.objects}
    recording = recording_of(manifest.meta(entry.id))
    with suppress(ArchiveError):  # an id that is not a valid file name has no objects
        key = Layout(manifest.setting("layout") or LAYOUT).key(recording, "wav")
        stem = key.removesuffix(".wav")
        if stem not in stems:
            sidecars = [fields_of(store.get(f"{stem}.{name}{SIDECAR}")) for name in AUDIO]
            # What is not in the manifest may be of another recording, as a sidecar then states.
            if all(each.get("id", entry.id) == entry.id for each in sidecars):
                stems.add(stem)
    return stems


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
        found = (manifest.get(id_) for id_ in ids)
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


def _cutoff(older_than: object, at: datetime) -> int:
    """Return the time before which recordings are erased.

    Raises:
        ConfigError: it is neither an age nor a time, or a negative age, which would erase all.
    """
    if isinstance(older_than, timedelta) and older_than >= timedelta(0):
        return millis(at - older_than)
    if isinstance(older_than, datetime):
        return millis(with_zone(older_than))
    raise ConfigError(
        f"older_than must be an age such as timedelta(days=30), or a datetime, not {older_than!r}"
    )


def _created(entry: Entry) -> datetime | None:
    return None if entry.created is None else moment(entry.created)
