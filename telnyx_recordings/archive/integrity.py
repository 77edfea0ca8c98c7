"""Checks whether an object is what was stored."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import cast

from telnyx_recordings.archive.records import TRANSCRIPT, Stored, fields_of
from telnyx_recordings.archive.stores.store import SIDECAR, Store, read_back
from telnyx_recordings.errors import DestinationError, MediaIntegrityError
from telnyx_recordings.media import checks
from telnyx_recordings.media.digests import Digests
from telnyx_recordings.media.duration import Format

_OF_ONE_FILE = frozenset(
    {errno.EACCES, errno.EINVAL, errno.EIO, errno.EISDIR, errno.ELOOP, errno.EPERM}
)
"""Errors of the system when one file cannot be read, while others probably can."""


def damage_of(store: Store, id_: str, stored: Stored) -> str | None:
    """Read an object and its sidecar in full; return what is wrong, None if nothing is."""
    if wrong := damage_itself(store, stored):
        return wrong
    if not stored.name.startswith(TRANSCRIPT):
        try:
            data = store.get(stored.key + SIDECAR)
        except DestinationError as error:
            _raise_unless_of_one_file(error)
            data = None
        if data is None or not _describes(data, id_, stored):
            return f"its sidecar {stored.key}{SIDECAR} is missing or does not describe it"
    return None


def measure(store: Store, stored: Stored) -> float | None:
    """Read audio in full; return its duration in milliseconds, None if it cannot be measured."""
    digests = Digests()
    for chunk in store.read(stored.key):
        digests.add(chunk)
    if digests.sha256 != stored.sha256:
        return None
    try:
        form = cast("Format", stored.name)
        seconds = checks.content(digests.head, digests.meter, form, None)
    except MediaIntegrityError:
        return None
    return None if seconds is None else seconds * 1000


def damage_itself(store: Store, stored: Stored) -> str | None:
    """Read an object in full; return what is wrong with it, None if nothing is.

    A bad sector, or a file that may not be read, is damage of that file alone; any other failure
    to read is a DestinationError.
    """
    try:
        return read_back(store, stored.key, stored.size, stored.sha256)
    except DestinationError as error:
        _raise_unless_of_one_file(error)
        return f"it cannot be read: {error.__cause__}"


def _raise_unless_of_one_file(error: DestinationError) -> None:
    if getattr(error.__cause__, "errno", None) not in _OF_ONE_FILE:
        raise error


def _describes(data: bytes, id_: str, stored: Stored) -> bool:
    fields = fields_of(data)
    with suppress(TypeError, LookupError):
        described = fields["object"]
        stated = (fields["id"], described["sha256"], described["size"])
        return bool(stated == (id_, stored.sha256, stored.size))
    return False
