"""What workers do: copy a recording, read it again, write a transcript. Never commit or delete.

Tasks are module-level functions of plain values, so that any executor can run them anywhere, and
twice as well as once. What they need of the account and the destination they get of a `Site`.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from msgspec import json

from telnyx_recordings.archive.layout import Layout, check_id
from telnyx_recordings.archive.manifest import Entry, Found, State, Stored
from telnyx_recordings.archive.sites import Site
from telnyx_recordings.archive.store import SIDE, Store, reread
from telnyx_recordings.archive.walk import millis
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
from telnyx_recordings.media.together import sync_folder
from telnyx_recordings.models.recording_response_data import RecordingResponseData

if TYPE_CHECKING:
    from telnyx_recordings.media import Format
    from telnyx_recordings.models.recording_transcription import RecordingTranscription

TRANSCRIPT = "transcript"

_FINAL = (ArchiveError, Conflict, MediaIdError, MediaIntegrityError)
"""What another try would meet again: no file name, other content there, audio that is none."""
_QUERY = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s?#]+)\?[^\s#]*", re.IGNORECASE)
_MAY_COME = 24 * 60 * 60 * 1000  # milliseconds


@cache
def _layout(template: str) -> Layout:
    return Layout(template)


class Outcome(NamedTuple):
    """What came of copying a recording: `stored`, `quarantined`, or `discovered` to try again."""

    id: str
    state: State
    reason: str | None
    found: Found | None
    objects: tuple[Stored, ...]


def found_of(recording: RecordingResponseData) -> Found:
    """Return what the manifest keeps of a recording: everything but the links to its audio."""
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
    """Return what the archive keeps of a transcription, as JSON; what was said stays as it is."""
    fields = transcription.to_dict()
    said = {name: text for name, text in fields.items() if name == "transcription_text"}
    return json.encode(_unsigned(fields) | said).decode()


def _unsigned(value: Any) -> Any:
    """Return data in which no link has a query: what signs a link is as good as a password."""
    if isinstance(value, str):
        return _QUERY.sub(r"\1", value)
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return {name: _unsigned(each) for name, each in fields.items()}
    if isinstance(value, list):
        return [_unsigned(each) for each in cast("list[object]", value)]
    return value


def copy(
    site: Site,
    id_: str,
    recording: RecordingResponseData | None,
    template: str,
    formats: tuple[Format, ...],
) -> Outcome:
    """Copy a recording's audio and describe it beside; `recording` when its links are fresh.

    Raises:
        DestinationError: the destination is full or broken; nothing else would fare better.
        AuthenticationError, PermissionDeniedError, ConfigError: the key is missing or not good.
    """
    try:
        # Audio and what describes it share a folder, and one wait for it.
        with sync_folder.put_off():
            return _copied(site, id_, recording, template, formats)
    except OSError as error:
        message = f"what was copied cannot be kept: {error.strerror or error}"
        raise DestinationError(message) from error


def _copied(
    site: Site,
    id_: str,
    recording: RecordingResponseData | None,
    template: str,
    formats: tuple[Format, ...],
) -> Outcome:
    objects: list[Stored] = []
    found: Found | None = None
    state, reason = State.STORED, None
    try:
        recording = _known(site, id_, recording)
        found = found_of(recording)
        for form in formats:
            objects += [_one(site, recording, _layout(template).key(recording, form), form)]
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
            site.store().replace(each.key + SIDE, (side_file(found, each, template),))
    return Outcome(id_, state, reason, found, tuple(objects))


def _known(site: Site, id_: str, recording: RecordingResponseData | None) -> RecordingResponseData:
    check_id(id_)
    if recording is None:
        recording = site.account().recordings.retrieve(id_).data
    if recording is None or recording.id != id_:
        message = "the API answered with another recording"
        raise ArchiveError(message)
    return recording


def _verdict(error: TelnyxRecordingsError, found: Found | None) -> tuple[State, str]:
    """Return whether to try a recording again that could not be copied, and why it could not."""
    if isinstance(error, NotFoundError):
        return State.QUARANTINED, "it was gone at the source before it was copied"
    again = not isinstance(error, _FINAL)
    if isinstance(error, MediaUnavailableError) and found is not None:
        # The audio of a call that has just ended may come yet; that of an old one will not.
        again = found.created is None or found.created > time.time() * 1000 - _MAY_COME
    return (State.DISCOVERED if again else State.QUARANTINED), f"{type(error).__name__}: {error}"


def _one(site: Site, recording: RecordingResponseData, key: str, form: Format) -> Stored:
    account = site.account()
    got, kept = site.store().receive(
        key,
        lambda path: account.download(
            recording, path, format=form, progress=lambda _done, _total: site.watch()
        ),
    )
    if kept.size != got.size:
        message = f"{key} has {kept.size:,} bytes, but {got.size:,} were fetched"
        raise DestinationError(message, key=key)
    return Stored(form, key, got.size, got.sha256, kept.etag or got.etag)


def side_file(found: Found, stored: Stored, template: str) -> bytes:
    """Return what lies beside an object: enough to rebuild the manifest of it."""
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


def confirm(site: Site, id_: str, objects: tuple[Stored, ...]) -> tuple[str, str | None]:
    """Look whether objects are what was stored; return the id, and what is wrong if anything is.

    Raises:
        DestinationError: the destination cannot be read.
    """
    store = site.store()
    for each in objects:
        if wrong := store.differs(each.key, each.size, each.sha256, each.etag):
            return id_, f"{each.key}: {wrong}"
    return id_, None


def inspect(site: Site, entry: Entry) -> str | None:
    """Look whether a recording can be deleted at the source; return why not, None if it can.

    Every object is read whole, now; the file beside it must say the same; and the source must
    show the recording as it was when it was copied.

    Raises:
        NotFoundError: there is nothing to delete.
        APIError: the source could not be asked.
        DestinationError: the destination cannot be read.
    """
    account, store = site.account(), site.store()
    for each in entry.objects:
        if wrong := damage_of(store, entry.id, each):
            return f"{each.key}: {wrong}"
    recording = account.recordings.retrieve(entry.id).data
    if recording is None or recording.id != entry.id:
        return "the API answered with another recording"
    if found_of(recording).updated != entry.updated:
        return "it was changed at the source since it was copied"
    return None


def damage_of(store: Store, id_: str, stored: Stored) -> str | None:
    """Read an object whole, now, and the file beside it; return what is wrong, None if all is well.

    Raises:
        DestinationError: the destination cannot be read.
    """
    if wrong := reread(store, stored.key, stored.size, stored.sha256):
        return wrong
    if not stored.name.startswith(TRANSCRIPT):
        side = store.get(stored.key + SIDE)
        if side is None or not _describes(side, id_, stored):
            return f"the file beside it, {stored.key}{SIDE}, is missing or does not describe it"
    return None


def _describes(side: bytes, id_: str, stored: Stored) -> bool:
    """Tell whether a side file is that of an object."""
    try:
        fields = json.decode(side)
        return bool(
            fields["id"] == id_
            and fields["object"]["sha256"] == stored.sha256
            and fields["object"]["size"] == stored.size
        )
    except (ValueError, TypeError, LookupError):
        return False


def write_transcript(
    site: Site, template: str, meta: str, body: str
) -> tuple[str, str, tuple[Stored, ...]]:
    """Write a transcription as JSON and text beside the audio; return both ids and the objects.

    A recording can have several: a later one gets a number.

    Raises:
        DestinationError: the destination is full or broken.
    """
    store, layout = site.store(), _layout(template)
    recording = RecordingResponseData.from_json(meta)
    fields = json.decode(body)
    texts = {"json": json.format(body.encode()), "txt": _text(fields).encode()}
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


def _text(fields: Mapping[str, Any]) -> str:
    text = fields.get("transcription_text")
    return f"{text}\n" if isinstance(text, str) else ""
