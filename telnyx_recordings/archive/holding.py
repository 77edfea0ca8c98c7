"""Holds: recordings that must not be erased or deleted until they are released.

Each hold is an object of the archive itself, so that it applies on every machine.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from msgspec import Struct, json

from telnyx_recordings.archive.stores.store import HOLDS, Store
from telnyx_recordings.errors import ArchiveError
from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Hold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hold on all recordings that any of its values applies to, present and future ones.

    Attributes:
        id: of the hold.
        reason: why the recordings are held.
        at: when the hold was placed.
        by: who placed it, as user@host.
        numbers: numbers that called or were called.
        ids: ids of recordings.
        conferences: ids of conferences.
    """

    id: str
    reason: str
    at: datetime
    by: str
    numbers: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    conferences: tuple[str, ...] = ()

    def covers(self, id_: str, recording: RecordingResponseData) -> bool:
        """Return whether the hold applies to a recording with this metadata."""
        fields = recording.to_dict()
        numbers = {bare_number(str(fields.get(name))) for name in ("from", "to")}
        is_theirs = not numbers.isdisjoint(map(bare_number, self.numbers))
        return id_ in self.ids or str(fields.get("conference_id")) in self.conferences or is_theirs


def bare_number(number: str) -> str:
    """Return a number without punctuation and leading zeros: a hold may apply to too many."""
    return _MARKS.sub("", number).lstrip("0")


_MARKS = re.compile(r"[\s().+-]")


def place(store: Store, hold: Hold) -> None:
    """Store a hold durably."""
    store.create(key_of(hold), json.format(json.encode(hold)) + b"\n")


def key_of(hold: Hold) -> str:
    """Return the key of a hold's object."""
    return f"{HOLDS}{hold.id}.json"


def all_of(store: Store, known: Sequence[Hold] = ()) -> list[Hold]:
    """Return all holds of an archive, oldest first.

    Args:
        store: the archive.
        known: holds that were read before, which never change and are not read again.

    Raises:
        ArchiveError: a hold cannot be read, so nothing may be erased.
        DestinationError: the archive cannot be read.
    """
    read = {key_of(hold): hold for hold in known}
    for _ in range(_ATTEMPTS):
        keys = list(store.keys(HOLDS.rstrip("/")))
        found = [read.get(key) or _read(key, store.get(key)) for key in keys]
        there = [each for each in found if each is not None]
        if len(there) == len(found):
            break
    else:
        raise ArchiveError(f"the holds of {store.url} keep changing: run this again")
    return sorted(there, key=lambda hold: (hold.at, hold.id))


_ATTEMPTS = 5
"""Attempts to list the holds: a release in the meantime may replace one by another."""


def _read(key: str, content: bytes | None) -> Hold | None:
    try:
        return None if content is None else json.decode(content, type=Hold)
    except ValueError as error:
        raise ArchiveError(
            f"the hold {key} cannot be read, so nothing was erased or deleted: correct or "
            f"remove it ({error})"
        ) from error


def first_on(holds: Sequence[Hold], id_: str, recording: RecordingResponseData) -> Hold | None:
    """Return the first hold that applies to a recording; None if it is not held."""
    return next((hold for hold in holds if hold.covers(id_, recording)), None)


def this_user() -> str:
    """Return who is running this, as user@host."""
    who = "unknown"
    with suppress(OSError, KeyError, ImportError):  # a user that only a container knows has no name
        who = getpass.getuser()
    return f"{who}@{socket.gethostname()}"
