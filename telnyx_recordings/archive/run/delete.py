"""Deletes recordings at the source once they are safe here; stops at the first mismatch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from msgspec import json

from telnyx_recordings.archive.context import Account, WorkerContext
from telnyx_recordings.archive.holding import all_of, first_on
from telnyx_recordings.archive.integrity import damage_of, measure
from telnyx_recordings.archive.manifest.manifest import estimated_size
from telnyx_recordings.archive.records import (
    AUDIO,
    TRANSCRIPT,
    Candidate,
    Entry,
    Reason,
    Selection,
    State,
    body_of,
    fields_of,
    found_of,
    recording_of,
    version_of,
)
from telnyx_recordings.archive.results import Deletion
from telnyx_recordings.archive.run.absence import retrieved
from telnyx_recordings.archive.run.copy import start_copy
from telnyx_recordings.archive.run.state import Run
from telnyx_recordings.archive.run.terms import Kept, Terms, audio_objection, duration_of
from telnyx_recordings.archive.stores.store import SIDECAR, Store
from telnyx_recordings.archive.windows import millis, moment
from telnyx_recordings.core.pages import unreadable
from telnyx_recordings.errors import (
    APIResponseError,
    ArchiveError,
    AuthenticationError,
    NotFoundError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)
from telnyx_recordings.media.duration import Format
from telnyx_recordings.models.recording_response_data import RecordingResponseData
from telnyx_recordings.models.transcription_status_enum import TranscriptionStatusEnum

_MAY_CHANGE = frozenset({Reason.AGE, Reason.STATUS, Reason.VERSION, Reason.DURATION})
"""Reasons that may no longer apply at the source."""
_BATCH = 64
"""Recordings whose delete intents share a commit: all are inspected before any is deleted."""
_DELETERS = 8
_MOST_DISAGREEMENT = timedelta(minutes=2)
"""Tolerated difference between this machine's clock and the service's."""
_MOST_PAGES = 20
"""Maximum number of pages of transcripts that are read for a recording."""


def delete_archived(run: Run, selection: Selection) -> None:
    """Delete the recordings that this filter selected, now or in an earlier run with `delete`.

    Each must be verified and old enough, and meet all requirements of `Terms` and `inspect`.

    Raises:
        AuthenticationError, PermissionDeniedError: the key may not do this.
    """
    options = run.options
    run.report_progress("deleting")
    run.holds = all_of(run.store)
    cutoff = run.now - round(options.min_age.total_seconds() * 1000)
    terms = Terms(
        conditions=options.conditions,
        window=selection.window,
        cutoff=cutoff,
        transcripts=options.transcripts,
    )
    with run.manifest.commit():
        run.manifest.select_for_deletion(selection)
    young = run.manifest.count_too_young(run.scope, cutoff)
    run.deletable = count = _plan(run, terms) if options.dry_run else _prepare(run, terms)
    if young:
        run.not_deleted[Reason.TOO_YOUNG] += young
    if options.max_delete is not None and count > options.max_delete:
        run.deletion_stopped = (
            f"{count:,} recordings would be deleted, and max_delete is {options.max_delete:,}: "
            "none was"
        )
    elif options.dry_run:
        run.deleted = count
    else:
        entries = _deletable(run, terms)
        with ThreadPoolExecutor(_DELETERS, thread_name_prefix="telnyx-delete") as deleters:
            while run.deletion_stopped is None and (batch := list(islice(entries, _BATCH))):
                _delete_batch(run, batch, terms, deleters)
                run.report_progress()


def _plan(run: Run, terms: Terms) -> int:
    """Count what may be deleted by the manifest, and sum it up for a dry run."""
    count = size = 0
    ends: list[int] = []
    for candidate in run.manifest.to_delete(run.scope, terms.cutoff, dry_run=True):
        entry = candidate.entry
        if kept := _objection(run, terms, candidate):
            run.keep(entry.id, kept)
            continue
        count += 1
        size += sum(each.size for each in entry.objects) or estimated_size(
            candidate.meta, run.options.formats
        )
        if entry.created is not None:
            times = (*ends, entry.created)
            ends = [min(times), max(times)]
    oldest, newest = map(moment, ends) if ends else (None, None)
    run.to_delete = Deletion(count=count, bytes=size, oldest=oldest, newest=newest)
    return count


def _prepare(run: Run, terms: Terms) -> int:
    """Count what may be deleted by the manifest; copy again what has no certain version."""
    count = 0
    changed: list[Candidate] = []
    for candidate in run.manifest.to_delete(run.scope, terms.cutoff, dry_run=False):
        kept = _objection(run, terms, candidate)
        count += kept is None
        if kept is None and not _is_of_version(candidate.entry, version_of(candidate.meta)):
            changed.append(candidate)
        elif kept is not None and kept.reason in _MAY_CHANGE:
            run.start(partial(_note_change, changed, candidate), version_there, candidate.entry)
    run.drain()
    for each in changed:
        names = {*run.options.formats, *(stored.name for stored in each.entry.objects)}
        forms: tuple[Format, ...] = tuple(form for form in AUDIO if form in names)
        start_copy(run, each.entry.id, None, forms)
    run.drain()
    return count


def _note_change(changed: list[Candidate], candidate: Candidate, version: str | None) -> None:
    if version not in (None, version_of(candidate.meta)):
        changed.append(candidate)


def _deletable(run: Run, terms: Terms) -> Iterator[Candidate]:
    """Yield what may be deleted by the manifest, and note the rest."""
    for candidate in run.manifest.to_delete(run.scope, terms.cutoff, dry_run=False):
        kept = _objection(run, terms, candidate)
        if kept is None and _is_of_version(candidate.entry, version_of(candidate.meta)):
            yield candidate
        elif kept is not None:
            run.keep(candidate.entry.id, kept)


def _not_held(run: Run, entries: Sequence[Entry]) -> list[Entry]:
    """Return what no hold applies to that was placed meanwhile, and note the others."""
    run.holds = all_of(run.store, run.holds)
    free: list[Entry] = []
    for entry in entries:
        kept = _hold_on(run, entry, recording_of(run.manifest.meta(entry.id)))
        if kept is None:
            free.append(entry)
        else:
            run.keep(entry.id, kept)
    return free


def _hold_on(run: Run, entry: Entry, recording: RecordingResponseData) -> Kept | None:
    hold = first_on(run.holds, entry.id, recording)
    return None if hold is None else Kept(Reason.HELD, f"hold {hold.id}: {hold.reason}")


def _objection(run: Run, terms: Terms, candidate: Candidate) -> Kept | None:
    """Return why a recording is kept, as far as the manifest shows; None if it may be deleted."""
    entry = candidate.entry
    recording = recording_of(candidate.meta)
    kept = _hold_on(run, entry, recording) or terms.objection(recording)
    if kept is not None:
        return kept
    lacking = {*run.options.formats} - {each.name for each in entry.objects}
    if lacking and entry.state is State.VERIFIED:
        return Kept(Reason.FORMAT, f"it has no {', '.join(sorted(lacking))} here")
    if not candidate.transcribed:
        return Kept(Reason.TRANSCRIPT, "a transcript is in progress, or not in the archive yet")
    return None


def _is_of_version(entry: Entry, version: str) -> bool:
    """Return whether there is audio, all of it stored with this version of the metadata."""
    return {each.version for each in entry.objects if each.name in AUDIO} == {version}


def _clock_problem(served: str | None, asked: datetime, answered: datetime) -> str | None:
    """Return why the age of recordings cannot be trusted; None if the clocks agree.

    Args:
        served: the service's time, as its `Date` states it.
        asked: this machine's time before the request was made.
        answered: this machine's time after the response had come.
    """
    try:
        moment = parsedate_to_datetime(served or "")
    except ValueError:
        moment = asked.replace(tzinfo=None)
    if moment.tzinfo is None:
        return "the service does not state its time, so the age of recordings is uncertain"
    off = max(asked - moment, moment - answered)
    if off <= _MOST_DISAGREEMENT:
        return None
    side = "ahead of" if asked > moment else "behind"
    return (
        f"this machine's clock is {off} {side} the service's, so the age of recordings is not "
        "certain: set the clock, then run the same command again"
    )


def _delete_batch(
    run: Run, candidates: Sequence[Candidate], terms: Terms, deleters: ThreadPoolExecutor
) -> None:
    sorted_out = _inspect_all(run, candidates, terms)
    if sorted_out is None:
        return
    wanted, gone = _not_held(run, sorted_out[0]), sorted_out[1]
    run.store.assert_locked()
    with run.manifest.commit():
        for entry in (*wanted, *gone):
            run.manifest.set_state(entry.id, State.DELETE_INTENT)
    done = {entry.id for entry in gone}
    first_error: Exception | None = None
    try:
        for id_, error in deleters.map(partial(_delete, run), wanted):
            if error is None:
                done.add(id_)
            else:
                first_error = first_error or error
    finally:
        # After Ctrl-C too: deletions that are certain are committed; the rest stay intents.
        with run.manifest.commit():
            for id_ in done:
                run.manifest.set_state(id_, State.DELETED)
        run.deleted += len(done)
    if isinstance(first_error, AuthenticationError | PermissionDeniedError):
        raise first_error
    if first_error is not None:
        run.deletion_stopped = f"{type(first_error).__name__}: {first_error}"


def _delete(run: Run, entry: Entry) -> tuple[str, TelnyxRecordingsError | None]:
    """Delete a recording that the key has just seen; return the error unless it is gone."""
    try:
        with suppress(APIResponseError):
            if run.account.recordings.delete(entry.id).data.id == entry.id:
                return entry.id, None
        # The response is empty, or about another recording: look it up.
        run.account.recordings.retrieve(entry.id)
    except NotFoundError as error:
        return entry.id, None if run.absence.is_certain(entry.n, error) else error
    except TelnyxRecordingsError as error:
        return entry.id, error
    return entry.id, ArchiveError(
        f"{entry.id}: the response to its deletion is about another recording"
    )


def _inspect_all(
    run: Run, candidates: Sequence[Candidate], terms: Terms
) -> tuple[list[Entry], list[Entry]] | None:
    """Return what may be deleted, and what is gone already; None after a mismatch."""
    asked = run.options.clock()
    wanted: list[Entry] = []
    missing: list[tuple[Entry, NotFoundError]] = []
    for entry, future in _inspections(run, candidates, terms):
        try:
            found: Inspection = future.result()
        except NotFoundError as error:
            missing.append((entry, error))
            continue
        except (AuthenticationError, PermissionDeniedError):
            raise
        except TelnyxRecordingsError as error:
            run.deletion_stopped = run.deletion_stopped or f"{type(error).__name__}: {error}"
            continue
        problem = _clock_problem(found.served, asked, run.options.clock())
        run.deletion_stopped = run.deletion_stopped or problem
        if found.wrong is not None:
            run.deletion_stopped = run.deletion_stopped or f"{entry.id}: {found.wrong}"
            with run.manifest.commit():
                # No longer verified: the next run copies it again, or reports why it cannot.
                run.manifest.set_state(entry.id, State.DISCOVERED, found.wrong, run.number)
            continue
        run.absence.seen(entry.n)
        if found.kept is None:
            wanted.append(entry)
            continue
        run.keep(entry.id, found.kept)
        with run.manifest.commit():
            for id_, created in found.transcripts:
                run.manifest.await_transcript(id_, entry.id, created)
    if run.deletion_stopped is not None:
        return None
    return wanted, _certainly_gone(run, missing)


def _certainly_gone(run: Run, missing: Sequence[tuple[Entry, NotFoundError]]) -> list[Entry]:
    gone: list[Entry] = []
    for entry, error in missing:
        if run.absence.is_certain(entry.n, error):
            gone.append(entry)
        else:
            run.keep(entry.id, Kept(Reason.DOUBTFUL, f"{error}"))
    return gone


def _inspections(
    run: Run, candidates: Sequence[Candidate], terms: Terms
) -> Iterator[tuple[Entry, Any]]:
    futures = [(each.entry, run.submit(inspect, each.entry, terms)) for each in candidates]
    try:
        yield from futures
    finally:
        for _, future in futures:
            future.cancel()


def version_there(context: WorkerContext, entry: Entry) -> str | None:
    """Return the version of a recording's metadata at the source; None if the request fails."""
    recording = retrieved(context.account, entry.id)
    return None if recording is None else version_of(found_of(recording).meta)


class Inspection(NamedTuple):
    """The result of inspecting a recording just before its deletion.

    Attributes:
        served: the time that the service stated.
        wrong: a mismatch, which stops all deletion; None if there is none.
        kept: why it is kept; None if it may be deleted.
        transcripts: the ids and times of transcripts whose content is not in the archive.
    """

    served: str | None
    wrong: str | None = None
    kept: Kept | None = None
    transcripts: tuple[tuple[str, int | None], ...] = ()


def inspect(context: WorkerContext, entry: Entry, terms: Terms) -> Inspection:
    """Check whether a recording may be deleted at the source.

    Every object is read back in full and must match its sidecar; the source must show the very
    metadata that all audio was made from; the audio must last as long as the recording; and the
    archive must have all of its transcripts.

    Raises:
        NotFoundError: the source says that it does not exist.
        APIError: the source could not be reached.
        DestinationError: the destination cannot be read.
    """
    account, store = context.account, context.store
    damages = ((each.key, damage_of(store, entry.id, each)) for each in entry.objects)
    damage = next((f"{key}: {wrong}" for key, wrong in damages if wrong is not None), None)
    response = account.recordings.with_raw_response.retrieve(entry.id)
    found = Inspection(response.headers.get("date"))
    recording = response.parse().data
    wrong = damage or _mismatch(store, entry, recording)
    if wrong is not None:
        return found._replace(wrong=wrong)
    kept = terms.objection(recording)
    for each in entry.objects:
        if kept is None and each.name in AUDIO:
            kept = audio_objection(each.name, measure(store, each), duration_of(recording) or 0)
    if kept is not None:
        return found._replace(kept=kept)
    kept, missing = _transcripts(account, entry, archived=terms.transcripts)
    return found._replace(kept=kept, transcripts=missing)


def _mismatch(store: Store, entry: Entry, recording: RecordingResponseData) -> str | None:
    """Return how a recording differs from what its audio was made from."""
    if recording.id != entry.id:
        return "the API returned another recording"
    version = version_of(found_of(recording).meta)
    if not _is_of_version(entry, version):
        return "it was changed at the source after it was copied"
    for each in entry.objects:
        if each.name in AUDIO and _version_beside(store.get(each.key + SIDECAR)) != version:
            return f"{each.key}{SIDECAR} has other metadata than the source"
    return None


def _version_beside(sidecar: bytes | None) -> str | None:
    metadata = fields_of(sidecar).get("metadata")
    return None if metadata is None else version_of(json.encode(metadata).decode())


def _transcripts(
    account: Account, entry: Entry, *, archived: bool
) -> tuple[Kept | None, tuple[tuple[str, int | None], ...]]:
    """Check that all transcripts of a recording are finished and, if asked, in the archive.

    Returns why it is kept, and the ids and times of transcripts that are not in the archive.
    """
    here = {each.sha256 for each in entry.objects if each.name.startswith(TRANSCRIPT)}
    missing: list[tuple[str, int | None]] = []
    problem: str | None = None
    page = account.recording_transcriptions.list(
        filter={"recording_id": entry.id}, page_number=1, page_size=250
    )
    for _ in range(_MOST_PAGES):
        is_empty = getattr(page.meta, "total_results", None) == 0
        if unreadable(page.operation, page.response) or (
            page.response.data is None and not is_empty
        ):
            return Kept(Reason.TRANSCRIPT, "the list of its transcripts cannot be read"), ()
        for row in page.data:
            if row.recording_id != entry.id or not row.id:
                return Kept(
                    Reason.TRANSCRIPT, "the list of its transcripts has transcripts of others"
                ), ()
            if row.status != TranscriptionStatusEnum.COMPLETED:
                problem = "a transcript is in progress"
            content = sha256(json.format(body_of(row).encode())).hexdigest()
            if archived and content not in here:
                problem = problem or "a transcript is not in the archive yet"
                missing.append((row.id, millis(row.created_at) if row.created_at else None))
        if not page.has_next_page():
            break
        page = page.get_next_page()
    else:
        problem = "the list of its transcripts does not end"
    return None if problem is None else Kept(Reason.TRANSCRIPT, problem), (*missing,)
