"""Holds: what must be neither erased nor deleted until it is released.

Each hold is an object of the archive itself, so that it applies on every machine.
"""

from __future__ import annotations

import getpass
import secrets
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
        numbers = {str(fields.get(name)) for name in ("from", "to")}
        conference = str(fields.get("conference_id"))
        return id_ in self.ids or conference in self.conferences or bool(numbers & {*self.numbers})


def place(store: Store, hold: Hold) -> None:
    """Store a hold durably."""
    store.create(f"{HOLDS}{hold.id}.json", json.format(json.encode(hold)) + b"\n")


def remove(store: Store, hold: Hold) -> None:
    """Remove a hold durably."""
    store.remove(f"{HOLDS}{hold.id}.json")


def all_of(store: Store) -> list[Hold]:
    """Return all holds of an archive, oldest first.

    Raises:
        ArchiveError: a hold cannot be read, so nothing may be erased.
        DestinationError: the archive cannot be read.
    """
    found: list[Hold] = []
    for key in store.keys(HOLDS.rstrip("/")):
        try:
            found.append(json.decode(store.get(key) or b"", type=Hold))
        except ValueError as error:
            raise ArchiveError(
                f"the hold {key} cannot be read, so nothing was erased or deleted: correct or "
                f"remove it ({error})"
            ) from error
    return sorted(found, key=lambda hold: (hold.at, hold.id))


def first_on(holds: Sequence[Hold], id_: str, recording: RecordingResponseData) -> Hold | None:
    """Return the first hold that applies to a recording; None if it is not held."""
    return next((hold for hold in holds if hold.covers(id_, recording)), None)


def new_id() -> str:
    """Return an id for a new hold."""
    return secrets.token_hex(8)


def this_user() -> str:
    """Return who is running this, as user@host."""
    who = "unknown"
    with suppress(OSError, KeyError, ImportError):  # users that a container makes up have no name
        who = getpass.getuser()
    return f"{who}@{socket.gethostname()}"
