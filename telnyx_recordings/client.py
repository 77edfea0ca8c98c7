"""Client and AsyncClient: settings, transport and resources, wired together."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn, Self

from telnyx_recordings import __version__
from telnyx_recordings.api import AsyncResources, Resources
from telnyx_recordings.archive.method import ArchiveMethod
from telnyx_recordings.config import AfterResponse, BeforeRequest, Config, changed, load
from telnyx_recordings.core.flow import Settings, Shared, World
from telnyx_recordings.core.pacing import Pacer
from telnyx_recordings.core.retry import Budget
from telnyx_recordings.errors import ConfigError, MissingExtraError
from telnyx_recordings.media.methods import AsyncAudio, Audio

if TYPE_CHECKING:
    from telnyx_recordings.archive.tasks import Elsewhere
    from telnyx_recordings.media import aio, sync
    from telnyx_recordings.webhooks import Webhooks

_USER_AGENT = f"telnyx-recordings/{__version__} python/{platform.python_version()}"


class Client(Resources, Audio, ArchiveMethod):
    """Talks to Telnyx about recordings. Safe to share between threads; close it or use ``with``.

    >>> with Client() as client:
    ...     for recording in client.recordings.list(page_size=250):
    ...         print(recording.id, recording.duration_millis)

    Args:
        api_key: from TELNYX_API_KEY when not given.
        base_url: from TELNYX_BASE_URL when not given, else ``https://api.telnyx.com/v2``.
        timeout: seconds that an attempt may take to connect, and between two pieces of an answer.
        max_retries: how often a call is tried again at most.
        deadline: seconds that a call may take in all, waits and attempts together.
        default_headers: sent with every call.
        before_request: called before each attempt, with the request; it has no key in it.
        after_response: called after each attempt: the request, its answer or failure, and seconds.
        media_hosts: hosts that audio may come from besides Telnyx's, such as ``*.example.com``.

    Raises:
        ConfigError: a setting is missing or cannot be used.
    """

    def __init__(  # noqa: PLR0913 - one keyword a setting
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        *,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        before_request: BeforeRequest | None = None,
        after_response: AfterResponse | None = None,
        media_hosts: Sequence[str] | None = None,
    ) -> None:
        """Check the settings; nothing is sent yet."""
        from telnyx_recordings.transport.media_sync import MediaPool  # noqa: PLC0415 - not for AsyncClient
        from telnyx_recordings.transport.sync import WORLD, SyncCaller  # noqa: PLC0415 - likewise

        config = load(
            api_key,
            base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            before_request=before_request,
            after_response=after_response,
            media_hosts=media_hosts,
        )
        self._config = config
        self._sync = SyncCaller(config, _shared(config, WORLD))
        self._media = MediaPool()
        super().__init__(self._sync)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other settings; connections, retry budget and pace stay shared."""
        copy = object.__new__(type(self))
        copy._config = _with(self._config, timeout, max_retries, deadline, default_headers)
        copy._sync = self._sync.configured(copy._config, _settings(copy._config))
        copy._media = self._media
        Resources.__init__(copy, copy._sync)
        return copy

    @property
    def webhooks(self) -> Webhooks:
        """Checks webhooks and reads them; the module `telnyx_recordings.webhooks` has more."""
        return _webhooks()

    def _audio_port(self) -> sync.Port:
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        return sync.Port(
            pool=self._media,
            fetch=sync.fetcher(self.recordings.with_raw_response.retrieve),
            timeout=self._config.timeout,
            hosts=self._config.media_hosts,
        )

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self._sync.close()
        self._media.close()

    def __enter__(self) -> Self:
        """Return this client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        self.close()

    def __repr__(self) -> str:
        """Show where it talks to, and no key."""
        return f"<Client of {self._config.base_url}>"

    def _elsewhere(self, api_key_env: str, url: str) -> Elsewhere:
        from telnyx_recordings.archive.tasks import Elsewhere  # noqa: PLC0415 - for clusters only

        names = ("base_url", "timeout", "max_retries", "deadline", "media_hosts")
        settings = tuple((name, getattr(self._config, name)) for name in names)
        return Elsewhere(_connect, (("api_key_env", api_key_env), *settings), url)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it holds a key and connections."""
        message = "a Client is not pickled: make one where it is needed"
        raise TypeError(message)


class AsyncClient(AsyncResources, AsyncAudio):
    """Talks to Telnyx about recordings from asyncio. Close it or use ``async with``.

    >>> async with AsyncClient() as client:
    ...     async for recording in client.recordings.list(page_size=250):
    ...         print(recording.id, recording.duration_millis)

    It takes what `Client` takes, and needs the extra ``async`` (aiohttp).

    Raises:
        ConfigError: a setting is missing or cannot be used.
        MissingExtraError: aiohttp is not installed.
    """

    def __init__(  # noqa: PLR0913 - one keyword a setting
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        *,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        before_request: BeforeRequest | None = None,
        after_response: AfterResponse | None = None,
        media_hosts: Sequence[str] | None = None,
    ) -> None:
        """Check the settings; nothing is sent yet."""
        try:
            from telnyx_recordings.transport.aio import WORLD, AioCaller  # noqa: PLC0415 - needs an extra
            from telnyx_recordings.transport.media_aio import MediaSessions  # noqa: PLC0415 - likewise
        except ImportError as error:
            raise MissingExtraError("AsyncClient", "async") from error

        config = load(
            api_key,
            base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            before_request=before_request,
            after_response=after_response,
            media_hosts=media_hosts,
        )
        self._config = config
        self._aio = AioCaller(config, _shared(config, WORLD))
        self._media = MediaSessions()
        super().__init__(self._aio)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other settings; connections, retry budget and pace stay shared."""
        copy = object.__new__(type(self))
        copy._config = _with(self._config, timeout, max_retries, deadline, default_headers)
        copy._aio = self._aio.configured(copy._config, _settings(copy._config))
        copy._media = self._media
        AsyncResources.__init__(copy, copy._aio)
        return copy

    @property
    def webhooks(self) -> Webhooks:
        """Checks webhooks and reads them; the module `telnyx_recordings.webhooks` has more."""
        return _webhooks()

    def _audio_port(self) -> aio.Port:
        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        return aio.Port(
            pool=self._media,
            fetch=aio.fetcher(self.recordings.with_raw_response.retrieve),
            timeout=self._config.timeout,
            hosts=self._config.media_hosts,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._aio.close()
        await self._media.close()

    async def __aenter__(self) -> Self:
        """Return this client."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self.close()

    def __repr__(self) -> str:
        """Show where it talks to, and no key."""
        return f"<AsyncClient of {self._config.base_url}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it holds a key and connections."""
        message = "an AsyncClient is not pickled: make one where it is needed"
        raise TypeError(message)


def _webhooks() -> Webhooks:
    from telnyx_recordings.webhooks import Webhooks  # noqa: PLC0415 - most programs receive none

    return Webhooks()


def _connect(*, api_key_env: str, **settings: Any) -> Client:
    """Make a client in a worker, whose environment holds the key.

    Raises:
        ConfigError: it does not.
    """
    key = os.environ.get(api_key_env)
    if not key:
        message = f"this worker's environment has no {api_key_env}: set it where workers start"
        raise ConfigError(message)
    return Client(key, **settings)


def _settings(config: Config) -> Settings:
    headers = {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": _USER_AGENT,
        **config.default_headers,
    }
    return Settings(
        base_url=config.base_url,
        headers=headers,
        timeout=config.timeout,
        max_retries=config.max_retries,
        deadline=config.deadline,
    )


def _shared(config: Config, world: World) -> Shared:
    return Shared(settings=_settings(config), world=world, budget=Budget(), pacer=Pacer())


def _with(
    config: Config,
    timeout: float | None,
    max_retries: int | None,
    deadline: float | None,
    default_headers: Mapping[str, str] | None,
) -> Config:
    headers = {**config.default_headers, **default_headers} if default_headers else None
    return changed(
        config,
        timeout=timeout,
        max_retries=max_retries,
        deadline=deadline,
        default_headers=headers,
    )
