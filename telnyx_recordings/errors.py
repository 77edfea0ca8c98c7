"""All exceptions that this package raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings.core import errors as _core
from telnyx_recordings.core.errors import *  # noqa: F403 - every exception is public

EXTRAS = _core.EXTRAS
EXTRAS.update(
    archive=("obstore>=0.8",),
    browse=("jinja2>=3.1.6", "starlette>=1.3.1", "uvicorn>=0.30"),
    cli=("click>=8.4", "rich>=13.7"),
    dask=("distributed>=2026.1.1", "obstore>=0.8"),
    sandbox=("starlette>=1.3.1", "uvicorn>=0.30"),
    webhooks=("cryptography>=50",),
)


class CallEndedError(_core.NotFoundError, _core.UnprocessableEntityError):
    """404 or 422: a command came too late, because its call or conference has ended.

    A 404 is also the response if there never was one with this id.
    """


class WebhookVerificationError(_core.TelnyxRecordingsError, ValueError):
    """A webhook is not authentic; the message has the reason, but none of the content."""


class WebhookReplayError(WebhookVerificationError):
    """A webhook is authentic, but this delivery was seen before."""


class ArchiveError(_core.TelnyxRecordingsError):
    """An archive could not be written, read, verified or purged; the message states what to do."""


class ArchiveLockedError(ArchiveError):
    """Another archive, verify or purge is using the same destination."""


class ManifestError(ArchiveError):
    """The manifest is damaged, or of a later version of this package."""


class ListingError(ArchiveError):
    """The list of recordings cannot be trusted: it has rows that the filter excludes."""


class DestinationError(ArchiveError):
    """The folder or bucket could not be written or read: full, broken, missing or not permitted.

    Attributes:
        key: of the object; empty if it is about the destination itself.
    """

    def __init__(self, message: str, *, key: str = "") -> None:
        """Take the message and the key."""
        super().__init__(message)
        self.key = key


class ObjectConflictError(DestinationError):
    """An object with other content already has this key; it was not changed."""


class MediaError(_core.TelnyxRecordingsError):
    """The audio of a recording could not be downloaded, read or split.

    Attributes:
        recording_id: of the recording; None if the error is about a file.
    """

    recording_id: str | None = None

    def __str__(self) -> str:
        """Return the message, with the recording's id if there is one."""
        message = super().__str__()
        return f"recording {self.recording_id}: {message}" if self.recording_id else message


class MediaIdError(MediaError, ValueError):
    """The id of a recording is not safe in a path or a file name."""


class MediaUnavailableError(MediaError):
    """Telnyx offers no link to the audio, or none that can be downloaded.

    Attributes:
        location: where the audio is, if it is in your own storage, such as
            ``gs://bucket/name``; otherwise None.
    """

    def __init__(self, message: str, *, location: str | None = None) -> None:
        """Take the message and the location."""
        super().__init__(message)
        self.location = location


class MediaAccessError(MediaError):
    """The object store denies access to the audio, or the link leads to a host that is not allowed.

    Attributes:
        status_code: the HTTP status of the store's response; None if no request was sent.
        code: the store's error code, such as ``AccessDenied``, or None.
    """

    def __init__(
        self, message: str, *, status_code: int | None = None, code: str | None = None
    ) -> None:
        """Take the message and the attributes."""
        super().__init__(message)
        self.status_code = status_code
        self.code = code


class MediaIntegrityError(MediaError):
    """The downloaded data is not the complete audio; nothing was kept."""


class MediaStorageError(MediaError):
    """The audio could not be written: a full or broken disk, no permission, an invalid name.

    Attributes:
        errno: the error number of the `OSError`, or None.
    """

    def __init__(self, message: str, *, errno: int | None = None) -> None:
        """Take the message and the error number."""
        super().__init__(message)
        self.errno = errno


class DownloadInProgressError(MediaError):
    """Another download, of this process or another, is writing the same file."""


class DownloadInterruptedError(MediaError):
    """The download failed too often in a row; call `download` again to resume it.

    Attributes:
        done: bytes downloaded so far, which are kept.
        total: bytes of the whole audio; None if unknown.
    """

    def __init__(self, message: str, *, done: int = 0, total: int | None = None) -> None:
        """Take the message and the numbers of bytes."""
        super().__init__(message)
        self.done = done
        self.total = total


class Conflict(MediaError):  # noqa: N818 - ConflictError is the API's 409
    """A file with other content already has this name; it was not changed."""


if not TYPE_CHECKING:  # type checkers take all public names
    __all__ = [
        name
        for name, each in globals().items()
        if isinstance(each, type) and issubclass(each, _core.TelnyxRecordingsError)
    ]
