"""The base classes of the clients, the same for every contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Self

from telnyx_recordings.api import AsyncResources, Resources
from telnyx_recordings.config import Config, changed
from telnyx_recordings.core.call.flow import Shared
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.retry import Budget
from telnyx_recordings.core.credentials import hidden
from telnyx_recordings.core.errors import MissingExtraError
from telnyx_recordings.core.notebook import PublicNames


class _Settings(PublicNames):
    """The settings of a client, which can be read, but only be changed in a copy."""

    _caller: Any
    """What sends the requests: a `SyncCaller` or an `AioCaller`."""

    @property
    def _config(self) -> Config:
        config: Config = self._caller.config
        return config

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a client with other settings; it shares connections, retry budget and pacing."""
        default_headers = hidden(default_headers)
        config = changed(
            self._config,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
        )
        return self._copied(self._caller.with_config(config))

    def _copied(self, caller: Any) -> Self:
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy._caller = caller
        return copy

    @property
    def base_url(self) -> str:
        """The base URL, without a trailing slash."""
        return self._config.base_url

    @property
    def timeout(self) -> float:
        """Seconds to wait for a connection, and for each chunk of a response."""
        return self._config.timeout

    @property
    def max_retries(self) -> int:
        """The maximum number of retries per call."""
        return self._config.max_retries

    @property
    def deadline(self) -> float:
        """Seconds for a call in total, with all retries and waits."""
        return self._config.deadline

    @property
    def proxy(self) -> str | None:
        """Host and port of the proxy for requests to the API; None without a proxy."""
        proxy = self._config.network.proxy_for(self._config.base_url)
        return None if proxy is None else proxy.name

    def __repr__(self) -> str:
        """Show the base URL, but no API key."""
        caller = self.__dict__.get("_caller")  # None if the constructor failed
        return f"<{type(self).__name__} of {caller.config.base_url if caller else 'nothing'}>"

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse attributes that do not exist, and would change nothing."""
        kind = type(self)
        is_ours = kind.__module__.partition(".")[0] == __name__.partition(".")[0]
        if isinstance(getattr(kind, name, None), property):
            raise AttributeError(  # noqa: TRY004 - as Python does
                f"{name} cannot be set: use client.with_options({name}=…), or create another client"
            )
        if is_ours and not name.startswith("_") and not hasattr(kind, name):
            from difflib import get_close_matches  # noqa: PLC0415 - for this message only

            close = get_close_matches(name, dir(self), 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise AttributeError(f"{kind.__name__} has no attribute {name!r}{hint}")
        super().__setattr__(name, value)

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled: a client holds a key and connections."""
        raise TypeError(f"{type(self).__name__} cannot be pickled: create one where it is needed")


class BaseClient(_Settings, Resources):
    """A client without its constructor: connections, resources, and their lifetime."""

    def _open(self, config: Config, shared: Shared | None = None) -> None:
        """Set up the transport and the resources; this opens no connection."""
        from telnyx_recordings.transport.sync import SyncCaller  # noqa: PLC0415 - not for async
        from telnyx_recordings.transport.tls import check  # noqa: PLC0415 - likewise

        check(config.network, config.base_url)
        Resources.__init__(self, SyncCaller(shared or _shared(config)))

    def close(self) -> None:
        """Close all connections. A later call opens new ones."""
        self._caller.close()

    def __enter__(self) -> Self:
        """Return this client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()


class AsyncBaseClient(_Settings, AsyncResources):
    """An async client without its constructor."""

    def _open(self, config: Config) -> None:
        """Set up the transport and the resources; this opens no connection.

        Raises:
            MissingExtraError: aiohttp is not installed.
        """
        try:
            from telnyx_recordings.transport.aio import AioCaller  # noqa: PLC0415 - needs an extra
            from telnyx_recordings.transport.tls import check  # noqa: PLC0415 - likewise
        except ImportError as error:
            raise MissingExtraError("AsyncClient", "async") from error

        check(config.network, config.base_url)
        AsyncResources.__init__(self, AioCaller(_shared(config)))

    async def close(self) -> None:
        """Close all connections."""
        await self._caller.close()

    async def __aenter__(self) -> Self:
        """Return this client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self.close()


def _shared(config: Config) -> Shared:
    from telnyx_recordings.transport import ENVIRONMENT  # noqa: PLC0415 - not before there is a client

    return Shared(config=config, environment=ENVIRONMENT, budget=Budget(), pacer=Pacer())
