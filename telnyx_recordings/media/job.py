"""The job of a download: the recording, the format of its audio, and the link to it."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.operation import seconds
from telnyx_recordings.errors import MediaIdError, MediaIntegrityError, MediaUnavailableError
from telnyx_recordings.media import links as link
from telnyx_recordings.media.duration import Format
from telnyx_recordings.media.links import Link
from telnyx_recordings.media.steps import Fetched
from telnyx_recordings.models.recording_response_data import RecordingResponseData

if TYPE_CHECKING:
    from telnyx_recordings.api import HasRecordingId

AnyRecording: TypeAlias = "str | encode.HasId | HasRecordingId"
"""The id of a recording, or an object that has it."""
_PREFERRED: tuple[Format, ...] = ("wav", "mp3")
_ENOUGH_TIME = 60.0
"""Seconds that a link must still be valid; otherwise a fresh one is fetched before use."""


def _id_of(recording: AnyRecording) -> str:
    """Return the id of a recording, which is safe in a path and a file name.

    Raises:
        MediaIdError: there is no id, or it is invalid.
        TypeError: it is neither a recording nor an id.
    """
    try:
        found = encode.id_of("recording_id", recording)
        if not isinstance(found, str):
            kind = type(recording).__name__
            raise TypeError(f"Expected a recording or its id, not a {kind}")
        return encode.identifier("recording_id", found)
    except ValueError as error:
        raise MediaIdError(str(error)) from None


class DownloadJob:
    """The audio of a recording: its format, and its present link.

    Attributes:
        patience: seconds to wait for a recording or a link that does not exist yet.
    """

    def __init__(
        self,
        recording: AnyRecording,
        form: Format | None,
        *,
        hosts: tuple[str, ...] = (),
        own_storage: bool = False,
        wait: float | None = None,
    ) -> None:
        """Take a recording or its id; `wait` is how long to wait for its first link.

        Raises:
            MediaIdError: there is no id, or it is invalid.
            ValueError: the format or the wait is invalid.
            TypeError: it is neither a recording nor an id.
        """
        if form is not None and form not in _PREFERRED:
            raise ValueError(f"format must be 'wav', 'mp3' or None, not {form!r}")
        self.recording = recording if isinstance(recording, RecordingResponseData) else None
        self.recording_id: str = _id_of(recording)
        self.patience: float = 0.0 if wait is None or wait == 0 else seconds("wait", wait)
        self.hosts = hosts
        self._own_storage = own_storage
        self._wanted: tuple[Format, ...] = (form,) if form is not None else _PREFERRED
        self._ahead = 0.0

    @cached_property
    def format(self) -> Format:
        """The format, which is chosen on first access.

        Raises:
            MediaUnavailableError: there is no audio in the wanted format, or in any.
        """
        return self._choose()

    @property
    def has_link(self) -> bool:
        """Whether there is a link, valid or not, without retrieving the recording."""
        return any(form in self._urls() for form in self._wanted)

    @property
    def duration_millis(self) -> int | None:
        """The duration of the recording, if known."""
        return self.recording.duration_millis if self.recording is not None else None

    def take(self, fetched: Fetched, wall: float) -> None:
        """Store the retrieved recording; `wall` is this machine's Unix time.

        Raises:
            MediaIntegrityError: the response has another recording, or one without an id.
        """
        if fetched.recording.id != self.recording_id:
            raise MediaIntegrityError(
                f"Telnyx returned the recording {fetched.recording.id!r} instead"
            )
        self.recording = fetched.recording
        try:
            now = parsedate_to_datetime(fetched.date or "").timestamp()
        except (ValueError, TypeError, OverflowError):
            return
        self._ahead = now - wall  # a wrong clock here must not make valid links look expired

    def link(self) -> Link:
        """Return the link to use.

        Raises:
            MediaUnavailableError: there is no link, or it leads to the user's own storage.
            MediaAccessError: it leads to a host that is not allowed.
        """
        form = self.format
        url = self._urls().get(form)
        if url is None:
            raise MediaUnavailableError(f"Telnyx no longer offers its audio as {form}")
        if self._own_storage and link.is_own(url, self.hosts):
            return url
        return link.checked(url, self.hosts)

    def is_about_to_expire(self, wall: float) -> bool:
        """Return whether the link expires within a minute; `wall` is this machine's Unix time."""
        expires = link.expiry(self._urls().get(self.format) or "")
        return expires is not None and expires - (wall + self._ahead) < _ENOUGH_TIME

    def _choose(self) -> Format:
        urls = self._urls()
        for form in self._wanted:
            if form in urls:
                return form
        what = f"{self._wanted[0]} audio" if len(self._wanted) == 1 else "audio"
        others = f" (only {', '.join(urls)})" if urls else ""
        status = self.recording.status if self.recording is not None else None
        state = f"; its status is {status}" if status not in (None, "completed") else ""
        raise MediaUnavailableError(
            f"Telnyx offers no {what} for it{others}{state}: audio can take a few seconds to "
            "appear after a call; if the recording was deleted, it never will"
        )

    def _urls(self) -> Mapping[Format, Link]:
        links = self.recording.download_urls if self.recording is not None else None
        if links is None:
            return {}
        offered: dict[Format, str | None] = {"wav": links.wav, "mp3": links.mp3}
        return {form: Link(url) for form, url in offered.items() if url}
