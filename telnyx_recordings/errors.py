"""The exception tree: all that this package raises on purpose."""

from __future__ import annotations

from telnyx_recordings.core.errors import (
    APIConnectionError,
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigError,
    ConflictError,
    InternalServerError,
    MissingExtraError,
    ModelError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    TelnyxRecordingsError,
    UnprocessableEntityError,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "ArchiveError",
    "ArchiveLockedError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigError",
    "Conflict",
    "ConflictError",
    "DestinationError",
    "DownloadInterruptedError",
    "InternalServerError",
    "ListingError",
    "ManifestError",
    "MediaAccessError",
    "MediaError",
    "MediaIdError",
    "MediaIntegrityError",
    "MediaStorageError",
    "MediaUnavailableError",
    "MissingExtraError",
    "ModelError",
    "NotFoundError",
    "ObjectConflictError",
    "PermissionDeniedError",
    "RateLimitError",
    "TelnyxRecordingsError",
    "UnprocessableEntityError",
    "WebhookReplayError",
    "WebhookVerificationError",
]


class WebhookVerificationError(TelnyxRecordingsError, ValueError):
    """A webhook cannot be trusted: the message says why, and shows nothing that came with it."""


class WebhookReplayError(WebhookVerificationError):
    """A webhook is authentic, but this very delivery of it was here before."""


class ArchiveError(TelnyxRecordingsError):
    """An archive could not be made, read, checked or thinned out; the message says how to go on."""


class ArchiveLockedError(ArchiveError):
    """Another archive, verify or purge is at work on the same destination."""


class ManifestError(ArchiveError):
    """The archive's journal cannot be read, or is of a later version of this package."""


class ListingError(ArchiveError):
    """The list of recordings cannot be trusted: rows came that the filter should have kept out."""


class DestinationError(ArchiveError):
    """The folder or bucket could not be written or read: full, broken, gone or not permitted.

    Attributes:
        key: the object's name below the destination; empty when it is the destination itself.
    """

    def __init__(self, message: str, *, key: str = "") -> None:
        """Keep the message for people and the key for programs."""
        super().__init__(message)
        self.key = key


class ObjectConflictError(DestinationError):
    """There is another object under this name, with other content; neither is touched."""


class MediaError(TelnyxRecordingsError):
    """A recording's audio could not be had.

    Attributes:
        recording_id: which recording's; None where it is about a file.
    """

    recording_id: str | None = None

    def __str__(self) -> str:
        """Say which recording it is about, where that is known."""
        told = super().__str__()
        return f"recording {self.recording_id}: {told}" if self.recording_id else told


class MediaIdError(MediaError, ValueError):
    """A recording's id is not fit to be part of a path or of a file's name."""


class MediaUnavailableError(MediaError):
    """There is no link to the audio that this package can follow.

    Attributes:
        location: where the audio is, when it is in storage of the account's own, such as
            ``gs://bucket/name``; None when Telnyx names no place at all.
    """

    def __init__(self, message: str, *, location: str | None = None) -> None:
        """Keep the message for people and the place for programs."""
        super().__init__(message)
        self.location = location


class MediaAccessError(MediaError):
    """The object store refuses the audio, or the link leads where this package does not go.

    Attributes:
        status_code: the HTTP status of the store's answer; None when it was not asked.
        code: the store's own code, such as ``AccessDenied``, or None.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, code: str | None = None
    ) -> None:
        """Keep the message for people and the rest for programs."""
        super().__init__(message)
        self.status_code = status_code
        self.code = code


class MediaIntegrityError(MediaError):
    """What came is not the audio, or not all of it: nothing was kept."""


class MediaStorageError(MediaError):
    """The audio could not be written: a full or broken disk, no permission, a file in use.

    Attributes:
        errno: the system's number, as `OSError` has it, or None.
    """

    def __init__(self, message: str, *, errno: int | None = None) -> None:
        """Keep the message for people and the number for programs."""
        super().__init__(message)
        self.errno = errno


class DownloadInterruptedError(MediaError):
    """The store could not be reached, or stopped sending, too often; go on by asking again.

    Attributes:
        done: bytes of the audio that are kept for the next attempt.
        total: bytes of the whole audio; None when not even that is known.
    """

    def __init__(self, message: str, *, done: int = 0, total: int | None = None) -> None:
        """Keep the message for people and the figures for programs."""
        super().__init__(message)
        self.done = done
        self.total = total


class Conflict(MediaError):  # noqa: N818 - ConflictError is the API's 409
    """There is another file under this name, with other content; it was not touched."""
