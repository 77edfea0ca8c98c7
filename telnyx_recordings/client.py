"""Client and AsyncClient: settings, transport and resources, wired together."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from types import TracebackType
from typing import NoReturn, Self

from telnyx_recordings import __version__
from telnyx_recordings.api import AsyncResources, Resources
from telnyx_recordings.config import AfterResponse, BeforeRequest, Config, changed, load
from telnyx_recordings.core.flow import Settings, Shared, World
from telnyx_recordings.core.pacing import Pacer
from telnyx_recordings.core.retry import Budget
from telnyx_recordings.errors import MissingExtraError

_USER_AGENT = f"telnyx-recordings/{__version__} python/{platform.python_version()}"


class Client(Resources):
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
    ) -> None:
        """Check the settings; nothing is sent yet."""
        from telnyx_recordings.transport.sync import (  # noqa: PLC0415 - not for AsyncClient
            WORLD,
            SyncCaller,
        )

        config = load(
            api_key,
            base_url,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            before_request=before_request,
            after_response=after_response,
        )
        self._config = config
        self._sync = SyncCaller(config, _shared(config, WORLD))
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
        Resources.__init__(copy, copy._sync)
        return copy

    def close(self) -> None:
        """Close all connections; a later call opens new ones."""
        self._sync.close()

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

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: it holds a key and connections."""
        message = "a Client is not pickled: make one where it is needed"
        raise TypeError(message)


class AsyncClient(AsyncResources):
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
    ) -> None:
        """Check the settings; nothing is sent yet."""
        try:
            from telnyx_recordings.transport.aio import (  # noqa: PLC0415 - needs an extra
                WORLD,
                AioCaller,
            )
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
        )
        self._config = config
        self._aio = AioCaller(config, _shared(config, WORLD))
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
        AsyncResources.__init__(copy, copy._aio)
        return copy

    async def close(self) -> None:
        """Close all connections."""
        await self._aio.close()

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
