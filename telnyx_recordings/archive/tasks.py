"""The tasks of workers: copy a recording, read it back, write a transcript.

Tasks are module-level functions of plain values, so that any executor can run them in any process.
They are idempotent, and neither commit nor delete.
"""

from __future__ import annotations

import hashlib
import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from msgspec import json

from telnyx_recordings.archive.context import WorkerContext
from telnyx_recordings.archive.layout import Layout, check_id
from telnyx_recordings.archive.records import (
    AUDIO,
    TRANSCRIPT,
    Entry,
    Found,
    State,
    Stored,
    fields_of,
    found_of,
    recording_of,
    sidecar,
    text_of,
    version_of,
)
from telnyx_recordings.archive.stores.store import SIDECAR, Store, as_destination_error
from telnyx_recordings.disk.fsync import sync_folder
from telnyx_recordings.errors import (
    ArchiveError,
    AuthenticationError,
    ConfigError,
    Conflict,
    DestinationError,
    MediaIdError,
    MediaIntegrityError,
    MediaStorageError,
    MediaUnavailableError,
    NotFoundError,
    ObjectConflictError,
    PermissionDeniedError,
    TelnyxRecordingsError,
)
from telnyx_recordings.models.recording_response_data import RecordingResponseData

if TYPE_CHECKING:
    from telnyx_recordings.media import Format


_FINAL = (ArchiveError, Conflict, MediaIdError, MediaIntegrityError)
"""Errors that would occur again on a retry, such as a name that is taken or invalid audio."""
_AUDIO_MAY_COME = 24 * 60 * 60 * 1000
"""Milliseconds after a recording was created in which missing audio may still become available."""


@cache
def _layout(template: str) -> Layout:
    return Layout(template)


class Outcome(NamedTuple):
    """The outcome of copying a recording; its state is `discovered` if it is to be retried."""

    id: str
    state: State
    reason: str | None
    found: Found | None
    objects: tuple[Stored, ...]
    missing: NotFoundError | None = None
    """The error if the source says that the recording does not exist."""


def copy(
    context: WorkerContext,
    id_: str,
    recording: RecordingResponseData | None,
    formats: tuple[Format, ...],
    known: tuple[str, ...],
) -> Outcome:
    """Copy a recording's audio, and write a sidecar beside each file.

    `recording` is the recording if its links are fresh; None to fetch it. `known` are the keys of
    the objects that the manifest has.

    Raises:
        DestinationError: the destination is full or broken, so other copies would fail too.
        AuthenticationError, PermissionDeniedError, ConfigError: the API key is missing or wrong.
    """
    objects: list[Stored] = []
    found: Found | None = None
    # Audio and sidecar are in one folder, which is synced once for both.
    with as_destination_error("", "a folder cannot be synced"), sync_folder.deferred():
        try:
            recording = checked(context, id_, recording)
            found = found_of(recording)
            for form in formats:
                key = _key(context.template, recording, form)
                stored = copy_audio(context, recording, key, form)
                content = sidecar(found, stored, context.template)
                write_sidecar(context.store, id_, key, content, is_ours=key in known)
                objects.append(stored)
        except (AuthenticationError, ConfigError, PermissionDeniedError):
            raise
        except TelnyxRecordingsError as error:
            if isinstance(error, DestinationError) and not isinstance(error, ObjectConflictError):
                raise
            if isinstance(error, MediaStorageError):
                raise DestinationError(str(error)) from error
            state, reason = _verdict(error, found)
            missing = error if isinstance(error, NotFoundError) else None
            return Outcome(id_, state, reason, found, tuple(objects), missing)
    return Outcome(id_, State.STORED, None, found, tuple(objects))


def _key(template: str, recording: RecordingResponseData, form: Format) -> str:
    """Return the key of a recording's audio; ArchiveError if one of its values is invalid."""
    try:
        return _layout(template).key(recording, form)
    except (ValueError, OverflowError) as error:  # such as a time before the year 1 in UTC
        raise ArchiveError(f"the key cannot be created: {error}") from error


def write_sidecar(store: Store, id_: str, key: str, content: bytes, *, is_ours: bool) -> None:
    """Write the sidecar of an object; replace another one only if it is of the same recording.

    If the manifest has that object, `is_ours`, its sidecar is replaced without a look at it.

    Raises:
        ObjectConflictError: another file has that name, or the object is of another recording.
    """
    if is_ours:
        store.replace(key + SIDECAR, (content,))
        return
    try:
        store.create(key + SIDECAR, content)
    except ObjectConflictError:
        fields = fields_of(store.get(key + SIDECAR))
        if fields.get("id") != id_ or "object" not in fields:
            raise
        store.replace(key + SIDECAR, (content,))


def checked(
    context: WorkerContext, id_: str, recording: RecordingResponseData | None = None
) -> RecordingResponseData:
    """Return a recording, fetched unless it is given; ArchiveError if it is another one."""
    check_id(id_)
    if recording is None:
        recording = context.account.recordings.retrieve(id_).data
    if recording.id != id_:
        raise ArchiveError("the API returned another recording")
    return recording


def _verdict(error: TelnyxRecordingsError, found: Found | None) -> tuple[State, str]:
    """Return the state of a recording that could not be copied, and the reason."""
    if isinstance(error, NotFoundError):
        return State.QUARANTINED, "it was gone at the source before it was copied"
    retry = not isinstance(error, _FINAL)
    if isinstance(error, MediaUnavailableError) and found is not None:
        # The audio of a recent call may still become available; that of an old one will not.
        retry = found.created is None or found.created > time.time() * 1000 - _AUDIO_MAY_COME
    return (State.DISCOVERED if retry else State.QUARANTINED), f"{type(error).__name__}: {error}"


def copy_audio(
    context: WorkerContext, recording: RecordingResponseData, key: str, form: Format
) -> Stored:
    """Download a recording's audio to its place.

    Raises:
        MediaError, APIError: the audio is not available, or not now.
        DestinationError: the destination is full or broken.
    """
    account = context.account
    downloaded, info = context.store.receive(
        key,
        lambda path: account.download(
            recording, path, format=form, progress=lambda _done, _total: context.check_stopped()
        ),
        owner=str(recording.id),
    )
    if info.size != downloaded.size:
        raise DestinationError(
            f"{key} has {info.size:,} bytes, but {downloaded.size:,} were downloaded", key=key
        )
    etag, version = info.etag or downloaded.etag, version_of(found_of(recording).meta)
    return Stored(form, key, downloaded.size, downloaded.sha256, etag, version)


def confirm(context: WorkerContext, objects: tuple[Stored, ...]) -> str | None:
    """Compare objects with what was stored; return what is wrong, None if nothing is."""
    for each in objects:
        if wrong := context.store.differs(each.key, each.size, each.sha256, each.etag):
            return f"{each.key}: {wrong}"
    return None


def confirm_whole(context: WorkerContext, entry: Entry, meta: str) -> str | None:
    """Do what `confirm` does, and restore lost sidecars."""
    store = context.store
    if wrong := confirm(context, entry.objects):
        return wrong
    try:
        for each in entry.objects:
            if each.name in AUDIO and store.stat(each.key + SIDECAR) is None:
                content = sidecar(found_of(recording_of(meta)), each, context.template)
                write_sidecar(store, entry.id, each.key, content, is_ours=False)
    except ObjectConflictError as error:
        return str(error)
    return None


def write_transcript(
    context: WorkerContext, meta: str, body: str
) -> tuple[str, str, tuple[Stored, ...]]:
    """Write a transcription beside the audio, as JSON and text; return both ids and the objects.

    If a recording has several, later ones get a number.
    """
    store, layout = context.store, _layout(context.template)
    recording = recording_of(meta)
    fields = json.decode(body)
    texts = {"json": json.format(body.encode()), "txt": text_of(fields)}
    number = 1
    while True:
        name = TRANSCRIPT if number == 1 else f"{TRANSCRIPT}-{number}"
        keys = {form: layout.key(recording, f"{name}.{form}") for form in texts}
        try:
            for form, data in texts.items():
                store.create(keys[form], data)
        except ObjectConflictError:
            number += 1
            continue
        objects = tuple(
            Stored(f"{name}.{form}", keys[form], len(data), hashlib.sha256(data).hexdigest())
            for form, data in texts.items()
        )
        return str(fields["id"]), str(recording.id), objects
