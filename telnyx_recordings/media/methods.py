"""The methods of clients for audio; modules are imported when they are called."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import io
    from os import PathLike

    from telnyx_recordings.media import aio, sync
    from telnyx_recordings.media.duration import Format
    from telnyx_recordings.media.job import AnyRecording
    from telnyx_recordings.media.sinks import Destination, Writable
    from telnyx_recordings.media.transfer import Downloaded, DownloadedToFile, Progress


class AudioMethods:
    """Gives a client the methods `download` and `open_audio`."""

    @abstractmethod
    def _download_context(self) -> sync.SyncContext:
        """Return what downloads use of this client."""

    @overload
    def download(
        self,
        recording: AnyRecording,
        destination: str | PathLike[str],
        *,
        format: Format | None = None,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded: ...
    @overload
    def download(
        self,
        recording: AnyRecording,
        destination: Writable,
        *,
        format: Format | None = None,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> DownloadedToFile: ...
    def download(
        self,
        recording: AnyRecording,
        destination: Destination,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded | DownloadedToFile:
        """Download a recording's audio: complete, verified and durable, or not at all.

        The file appears only after all its bytes are on disk, and its length, container, duration
        and (if the store reports it) MD5 have been verified. Until then it is ``.<name>.part``,
        from which a later call resumes. Expired links are renewed, and broken connections are
        retried as long as there is progress. The API key is never sent to the store.

        Args:
            recording: a recording, its id, or an object that has it, such as the payload of a
                webhook.
            destination: the path of the file; or a folder, in which it is called
                ``<id>.<format>``; or an open binary file. An open file is written to during the
                download, so its content is valid only if this returns.
            format: ``"wav"`` or ``"mp3"``; by default that of the path's extension, or else WAV if
                available, or else MP3.
            progress: called from time to time with the bytes downloaded so far, and in total (0
                until that is known).
            wait: seconds to wait for audio that is not available yet, as just after a call (Telnyx
                does not know the recording, or has no link to it), or for another download that is
                writing the same file. By default there is no wait.

        Raises:
            MediaUnavailableError: Telnyx offers no such audio, or it is in your own storage.
            MediaAccessError: the store refuses access, even with a fresh link, or the link leads to
                a host that is not allowed.
            MediaIntegrityError: the downloaded data is not the audio; nothing was kept.
            DownloadInterruptedError: six attempts in a row made no progress; call again to resume.
            Conflict: another file has that name. If it holds the same audio, the call succeeds.
            DownloadInProgressError: another download is writing the same file.
            MediaStorageError: the file cannot be written.
            MediaIdError: the id has invalid characters.
            APIError: the recording could not be retrieved; NotFoundError if it does not exist.
        """
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        context = self._download_context()
        return sync.download(
            context, recording, destination, form=format, progress=progress, wait=wait
        )

    def open_audio(
        self,
        recording: AnyRecording,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        wait: float | None = None,
    ) -> io.BufferedReader:
        """Open a recording's audio as a file that downloads while it is read; use it with ``with``.

        The beginning is checked before the first byte is returned, and everything else before the
        end: if reading raises an error at the end, the data is invalid. Broken connections are
        retried, and expired links renewed. The file cannot seek.

        Args:
            recording: a recording, its id, or an object that has it, such as the payload of a
                webhook.
            format: ``"wav"`` or ``"mp3"``; by default WAV if available, or else MP3.
            wait: seconds to wait for audio that is not available yet, as for `download`.

        Raises:
            MediaError: as for `download`; reading raises it too.
            APIError: the recording could not be retrieved; NotFoundError if it does not exist.
        """
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        return sync.open_audio(self._download_context(), recording, form=format, wait=wait)


class AsyncAudioMethods:
    """Gives an async client the methods `download` and `open_audio`."""

    @abstractmethod
    def _download_context(self) -> aio.AsyncContext:
        """Return what downloads use of this client."""

    @overload
    async def download(
        self,
        recording: AnyRecording,
        destination: str | PathLike[str],
        *,
        format: Format | None = None,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded: ...
    @overload
    async def download(
        self,
        recording: AnyRecording,
        destination: Writable,
        *,
        format: Format | None = None,
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> DownloadedToFile: ...
    async def download(
        self,
        recording: AnyRecording,
        destination: Destination,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded | DownloadedToFile:
        """Download a recording's audio: complete, verified and durable, or not at all.

        See `Client.download`. Files are written and hashed in threads, outside the event loop.
        After a cancellation a later call resumes the download.
        """
        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        context = self._download_context()
        return await aio.download(
            context, recording, destination, form=format, progress=progress, wait=wait
        )

    def open_audio(
        self,
        recording: AnyRecording,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        wait: float | None = None,
    ) -> aio.AsyncReader:
        """Open a recording's audio, to be read while it is downloaded; see `Client.open_audio`.

        Examples:
            >>> async with client.open_audio(recording) as audio:
            ...     async for piece in audio:
            ...         player.feed(piece)
        """
        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        return aio.AsyncReader(self._download_context(), recording, form=format, wait=wait)
