"""The tasks of workers: copy a recording, read it back, write a transcript.

Tasks are module-level functions of plain values, so that any executor can run them in any process.
They are idempotent, and neither commit nor delete. A `WorkerContext` gives them client and store.
"""

from __future__ import annotations

import errno
import hashlib
import re
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from msgspec import json

from telnyx_recordings.archive.context import WorkerContext
from telnyx_recordings.archive.layout import Layout, check_id
from telnyx_recordings.archive.records import Entry, Found, State, Stored
from telnyx_recordings.archive.stores.store import SIDECAR, Store, read_back
from telnyx_recordings.archive.windows import millis
from telnyx_recordings.core.model import decode
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
    from telnyx_recordings.models.recording_transcription import RecordingTranscription

TRANSCRIPT = "transcript"

_FINAL = (ArchiveError, Conflict, MediaIdError, MediaIntegrityError)
"""Errors that a retry would meet again, such as a name that is taken or invalid audio."""
_OF_ONE_FILE = frozenset({errno.EACCES, errno.EIO, errno.EISDIR, errno.ELOOP, errno.EPERM})
"""What the system answers when one file cannot be read, and others may well be."""
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#]+)\?[^\s#]*", re.IGNORECASE)
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


def found_of(recording: RecordingResponseData) -> Found:
    """Return what the manifest keeps of a recording: everything except the links to its audio."""
    fields = recording.to_dict()
    fields.pop("download_urls", None)
    updated = fields.get("updated_at")
    return Found(
        id=str(recording.id),
        created=millis(recording.created_at) if recording.created_at else None,
        updated=None if updated is None else str(updated),
        caller=recording.from_,
        called=recording.to,
        meta=json.encode(_unsigned(fields)).decode(),
    )


def body_of(transcription: RecordingTranscription) -> str:
    """Return what the archive keeps of a transcription, as JSON, with its text unchanged."""
    fields = transcription.to_dict()
    said = {name: text for name, text in fields.items() if name == "transcription_text"}
    return json.encode(_unsigned(fields) | said).decode()


def _unsigned(value: Any) -> Any:
    """Return data without the queries of links: a signed link gives access to whoever has it."""
    if isinstance(value, str):
        return _QUERY.sub(r"\1", value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _unsigned(each) for name, each in fields.items()}
    if isinstance(value, list):
        return [_unsigned(each) for each in cast("list[object]", value)]
    return value


def copy(
    context: WorkerContext,
    id_: str,
    recording: RecordingResponseData | None,
    template: str,
    formats: tuple[Format, ...],
) -> Outcome:
    """Copy a recording's audio, and write a sidecar beside each file.

    Args:
        context: gives client and store.
        id_: of the recording.
        recording: the recording if its links are fresh; None to fetch it.
        template: the archive's layout.
        formats: which audio to copy.

    Raises:
        DestinationError: the destination is full or broken, so other copies would fail too.
        AuthenticationError, PermissionDeniedError, ConfigError: the API key is missing or wrong.
    """
    try:
        # Audio and sidecar are in one folder, which is synced once for both.
        with sync_folder.deferred():
            return _copied(context, id_, recording, template, formats)
    except OSError as error:
        message = f"a folder cannot be synced: {error.strerror or error}"
        raise DestinationError(message) from error


def _copied(
    context: WorkerContext,
    id_: str,
    recording: RecordingResponseData | None,
    template: str,
    formats: tuple[Format, ...],
) -> Outcome:
    objects: list[Stored] = []
    found: Found | None = None
    state, reason = State.STORED, None
    try:
        recording = _checked(context, id_, recording)
        found = found_of(recording)
        for form in formats:
            key = _layout(template).key(recording, form)
            objects.append(copy_audio(context, recording, key, form))
    except (AuthenticationError, ConfigError, PermissionDeniedError):
        raise
    except TelnyxRecordingsError as error:
        if isinstance(error, DestinationError) and not isinstance(error, ObjectConflictError):
            raise
        if isinstance(error, MediaStorageError):
            raise DestinationError(str(error)) from error
        state, reason = _verdict(error, found)
    if found is not None:
        for each in objects:
            context.store().replace(each.key + SIDECAR, (sidecar(found, each, template),))
    return Outcome(id_, state, reason, found, tuple(objects))


def _checked(
    context: WorkerContext, id_: str, recording: RecordingResponseData | None
) -> RecordingResponseData:
    check_id(id_)
    if recording is None:
        recording = context.account().recordings.retrieve(id_).data
    if recording is None or recording.id != id_:
        message = "the API returned another recording"
        raise ArchiveError(message)
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
        MediaError, APIError: it cannot be had, or not now.
        DestinationError: the destination is full or broken.
    """
    account = context.account()
    downloaded, info = context.store().receive(
        key,
        lambda path: account.download(
            recording, path, format=form, progress=lambda _done, _total: context.check_stopped()
        ),
    )
    if info.size != downloaded.size:
        message = f"{key} has {info.size:,} bytes, but {downloaded.size:,} were downloaded"
        raise DestinationError(message, key=key)
    return Stored(form, key, downloaded.size, downloaded.sha256, info.etag or downloaded.etag)


def sidecar(found: Found, stored: Stored, template: str) -> bytes:
    """Return the sidecar of an object: enough to rebuild its manifest entry."""
    return json.format(
        json.encode(
            {
                "id": found.id,
                "object": stored._asdict(),
                "layout": template,
                "metadata": json.decode(found.meta),
            }
        )
    )


def confirm(
    context: WorkerContext, id_: str, objects: tuple[Stored, ...]
) -> tuple[str, str | None]:
    """Compare objects with what was stored; return the id, and what is wrong if anything is.

    Raises:
        DestinationError: the destination cannot be read.
    """
    store = context.store()
    for each in objects:
        if wrong := store.differs(each.key, each.size, each.sha256, each.etag):
            return id_, f"{each.key}: {wrong}"
    return id_, None


def inspect(context: WorkerContext, entry: Entry) -> str | None:
    """Check whether a recording may be deleted at the source; return why not, None if it may.

    Every object is read back in full and must match its sidecar, and the source must show the
    recording unchanged since it was copied.

    Raises:
        NotFoundError: the recording is already gone.
        APIError: the source could not be reached.
        DestinationError: the destination cannot be read.
    """
    account, store = context.account(), context.store()
    for each in entry.objects:
        if wrong := damage_of(store, entry.id, each):
            return f"{each.key}: {wrong}"
    recording = account.recordings.retrieve(entry.id).data
    if recording is None or recording.id != entry.id:
        return "the API returned another recording"
    if found_of(recording).updated != entry.updated:
        return "it was changed at the source after it was copied"
    return None


def damage_of(store: Store, id_: str, stored: Stored) -> str | None:
    """Read an object and its sidecar in full; return what is wrong with them, None if nothing is.

    Raises:
        DestinationError: the destination cannot be read.
    """
    if wrong := damage_itself(store, stored):
        return wrong
    if not stored.name.startswith(TRANSCRIPT):
        with suppress(_DamagedFileError), _damaged_where_unreadable():
            data = store.get(stored.key + SIDECAR)
            if data is not None and _describes(data, id_, stored):
                return None
        return f"its sidecar {stored.key}{SIDECAR} is missing or does not describe it"
    return None


def damage_itself(store: Store, stored: Stored) -> str | None:
    """Read an object in full; return what is wrong with it, None if nothing is.

    A bad sector, or a file that may not be read, is damage of that file alone.

    Raises:
        DestinationError: the destination cannot be read.
    """
    try:
        with _damaged_where_unreadable():
            return read_back(store, stored.key, stored.size, stored.sha256)
    except _DamagedFileError as error:
        return f"it cannot be read: {error}"


class _DamagedFileError(Exception):
    """One file cannot be read, and others may well be."""


@contextmanager
def _damaged_where_unreadable() -> Generator[None]:
    try:
        yield
    except DestinationError as error:
        if getattr(error.__cause__, "errno", None) in _OF_ONE_FILE:
            raise _DamagedFileError(str(error.__cause__)) from error
        raise


def _describes(data: bytes, id_: str, stored: Stored) -> bool:
    """Tell whether data is the sidecar of an object."""
    try:
        fields = json.decode(data)
        return bool(
            fields["id"] == id_
            and fields["object"]["sha256"] == stored.sha256
            and fields["object"]["size"] == stored.size
        )
    except (ValueError, TypeError, LookupError):
        return False


def write_transcript(
    context: WorkerContext, template: str, meta: str, body: str
) -> tuple[str, str, tuple[Stored, ...]]:
    """Write a transcription beside the audio, as JSON and text; return both ids and the objects.

    If a recording has several, later ones get a number.

    Raises:
        DestinationError: the destination is full or broken.
    """
    store, layout = context.store(), _layout(template)
    recording = decode.from_json(RecordingResponseData, meta, lenient=True)
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


def text_of(fields: Mapping[str, Any]) -> bytes:
    """Return what is in a transcript's text file."""
    text = fields.get("transcription_text")
    return f"{text}\n".encode() if isinstance(text, str) else b""
