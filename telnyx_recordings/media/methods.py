"""What clients offer of audio, as methods; nothing is loaded before one of them is called."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import io

    from telnyx_recordings.media import aio, sync
    from telnyx_recordings.media.checks import Format
    from telnyx_recordings.media.job import Downloaded, Progress
    from telnyx_recordings.media.target import Destination
    from telnyx_recordings.models.recording_response_data import RecordingResponseData


class Audio:
    """Downloads and reads audio."""

    @abstractmethod
    def _audio_port(self) -> sync.Port:
        """Return what fetching audio needs of this client."""

    def download(
        self,
        recording: RecordingResponseData | str,
        destination: Destination,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded:
        """Download a recording's audio, checked, whole and durable, or not at all.

        The file appears under its name when every byte is there, its length, container, duration
        and (where the store states it) MD5 are right, and it is on disk; until then it is
        ``.<name>.part`` beside it, where a later call goes on. Links that run out are fetched
        anew, connections that break are made again, as long as there is progress. The key is not
        sent to the store.

        Args:
            recording: a recording, or its id.
            destination: the file's path; or a folder, where it is called ``<id>.<format>``; or a
                file that is open for writing bytes. Bytes go to an open file as they come, so
                that it holds good audio only if this returns.
            format: ``"wav"`` or ``"mp3"``; None takes what the path's ending says, else WAV where
                there is one, else MP3.
            progress: called with the bytes that are there and those of the whole (0 until that is
                known), now and then.
            wait: seconds to wait for audio that is not ready yet, as after a hang-up: for a
                recording that Telnyx does not know yet, or that has no link. None waits for none.

        Raises:
            MediaUnavailableError: Telnyx offers no such audio, or it is in storage of your own.
            MediaAccessError: the store refuses it, with a fresh link too, or the link leads where
                audio is not looked for.
            MediaIntegrityError: what came is not the audio; nothing was kept.
            DownloadInterruptedError: six attempts in a row got no further; call again to go on.
            Conflict: there is another file under that name. The same audio is success.
            MediaStorageError: it cannot be written there, or another download is writing it.
            MediaIdError: the id has characters that no id has.
            APIError: the recording could not be fetched; NotFoundError if there is none.
        """
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        port = self._audio_port()
        return sync.download(
            port, recording, destination, form=format, progress=progress, wait=wait
        )

    def open_audio(
        self,
        recording: RecordingResponseData | str,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        wait: float | None = None,
    ) -> io.BufferedReader:
        """Open a recording's audio to be read as it comes; close it, or use ``with``.

        The beginning is checked before the first byte is given, everything else before the end is
        told: an error in place of the end means that what was read is not good. Broken connections
        and links that run out are seen to. It cannot seek.

        Args:
            recording: a recording, or its id.
            format: ``"wav"`` or ``"mp3"``; None takes WAV where there is one, else MP3.
            wait: seconds to wait for audio that is not ready yet, as for `download`.

        Raises:
            MediaError: as for `download`; reading raises it too.
            APIError: the recording could not be fetched; NotFoundError if there is none.
        """
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        return sync.open_audio(self._audio_port(), recording, form=format, wait=wait)


class AsyncAudio:
    """Downloads and reads audio, from asyncio."""

    @abstractmethod
    def _audio_port(self) -> aio.Port:
        """Return what fetching audio needs of this client."""

    async def download(
        self,
        recording: RecordingResponseData | str,
        destination: Destination,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        progress: Progress | None = None,
        wait: float | None = None,
    ) -> Downloaded:
        """Download a recording's audio, checked, whole and durable, or not at all.

        See `Client.download`. Files are written and hashed in threads, beside the event loop.
        After a cancellation a later call goes on where this one was.
        """
        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        port = self._audio_port()
        return await aio.download(
            port, recording, destination, form=format, progress=progress, wait=wait
        )

    def open_audio(
        self,
        recording: RecordingResponseData | str,
        *,
        format: Format | None = None,  # noqa: A002 - what the API calls it
        wait: float | None = None,
    ) -> aio.AsyncReader:
        """Open a recording's audio to be read as it comes; see `Client.open_audio`.

        Examples:
            >>> async with client.open_audio(recording) as audio:
            ...     async for piece in audio:
            ...         player.feed(piece)
        """
        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        return aio.AsyncReader(self._audio_port(), recording, form=format, wait=wait)
