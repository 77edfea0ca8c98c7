"""Decides whether a recording is certainly gone at the source.

A 404 alone does not prove it: proxies send it, and so does Telnyx to the key of another account.
"""

from __future__ import annotations

from telnyx_recordings.archive.context import Account
from telnyx_recordings.archive.manifest.manifest import Manifest
from telnyx_recordings.errors import (
    APIConnectionError,
    APIResponseError,
    InternalServerError,
    NotFoundError,
    RateLimitError,
)
from telnyx_recordings.models.recording_response_data import RecordingResponseData

_LOOKED_UP = 20
"""Maximum number of known recordings to look up before a key counts as one of another account."""


def retrieved(account: Account, id_: str) -> RecordingResponseData | None:
    """Return a recording at the source; None if the request fails, which proves nothing."""
    try:
        recording = account.recordings.retrieve(id_).data
    except (
        APIConnectionError,
        APIResponseError,
        InternalServerError,
        NotFoundError,
        RateLimitError,
    ):
        return None
    return recording if recording.id == id_ else None


class Absence:
    """Tracks whether a run's API key has access to this archive's recordings."""

    def __init__(self, account: Account, manifest: Manifest) -> None:
        """Take the source and the manifest, before the run adds anything to it."""
        self._account = account
        self._manifest = manifest
        self._newest = manifest.newest()
        self._sees_known: bool | None = None

    def seen(self, n: int) -> None:
        """Note that the key sees a recording of the manifest."""
        if n <= self._newest:
            self._sees_known = True

    def is_certain(self, n: int, error: NotFoundError) -> bool:
        """Return whether an error means that a recording of the manifest is gone.

        It must have the shape of Telnyx's errors, and the key must see at least one recording that
        this archive already had. A recording that this run has listed itself needs no such proof.

        Raises:
            AuthenticationError, PermissionDeniedError: the key is refused.
        """
        codes = [each.get("code") for each in error.errors]
        # Telnyx's errors have a code of digits, as text.
        if not any(isinstance(code, str) and code.isascii() and code.isdigit() for code in codes):
            return False
        if n <= self._newest and self._sees_known is None:
            ids = self._manifest.not_deleted(self._newest, _LOOKED_UP)
            self._sees_known = any(retrieved(self._account, id_) for id_ in ids)
        return n > self._newest or bool(self._sees_known)
