"""Client and AsyncClient: the API, and in addition audio, archives and webhooks."""

from __future__ import annotations

import os
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from msgspec.structs import replace

from telnyx_recordings.archive.methods import ArchiveMethods, AsyncArchiveMethods
from telnyx_recordings.base import AsyncBaseClient, BaseClient
from telnyx_recordings.config import AfterResponse, BeforeRequest, hidden, load
from telnyx_recordings.errors import ConfigError, MissingExtraError
from telnyx_recordings.media.methods import AsyncAudioMethods, AudioMethods
from telnyx_recordings.refusals import explain

if TYPE_CHECKING:
    from ssl import SSLContext
    from threading import Event

    from telnyx_recordings.archive.context import Account, Connector
    from telnyx_recordings.config import Config
    from telnyx_recordings.media import aio, sync
    from telnyx_recordings.media.own_storage import OwnStorage
    from telnyx_recordings.transport.aio import AioCaller
    from telnyx_recordings.transport.media_aio import MediaSessions
    from telnyx_recordings.transport.media_sync import MediaPool
    from telnyx_recordings.webhooks import Webhooks


_HEADERS = {"x-stainless-lang": "python"}
"""What the official SDK sends too, and programs that were written for it look for."""


class _Client:
    """The constructor of both clients, and what they have besides the API."""

    _open: Callable[..., None]
    _media_hosts: tuple[str, ...]
    _own_storage: OwnStorage | None

    def __init__(  # noqa: PLR0913 - one keyword per setting
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float | None = None,
        *,
        max_retries: int | None = None,
        deadline: float | None = None,
        default_headers: Mapping[str, str] | None = None,
        proxy: str | Literal[False] | None = None,
        ssl_context: SSLContext | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        before_request: BeforeRequest | None = None,
        after_response: AfterResponse | None = None,
        media_hosts: Sequence[str] | None = None,
        own_storage: bool = False,
    ) -> None:
        """Check the settings; this opens no connection."""
        new_pool = self._pool_type()
        api_key, default_headers, proxy = map(hidden, (api_key, default_headers, proxy))
        config = load(
            api_key,
            base_url,
            proxy=proxy,
            ssl_context=ssl_context,
            ca_file=ca_file,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers={**_HEADERS, **(default_headers or {})},
            before_request=before_request,
            after_response=after_response,
            explain=explain,
        )
        self._open(config)
        self._media = new_pool(config.network)
        self._media_hosts = ()
        if media_hosts:
            from telnyx_recordings.media.links import checked_hosts  # noqa: PLC0415 - for programs that download

            self._media_hosts = checked_hosts(media_hosts)
        self._own_storage = _own_storage(config) if own_storage else None

    @abstractmethod
    def _pool_type(self) -> type[MediaPool | MediaSessions]:
        """Return the class of the connections for audio."""

    @property
    def webhooks(self) -> Webhooks:
        """Verifies and parses webhooks; `telnyx_recordings.webhooks` has more options."""
        from telnyx_recordings.webhooks import Webhooks  # noqa: PLC0415 - most programs receive none

        return Webhooks()


class Client(_Client, BaseClient, AudioMethods, ArchiveMethods):
    """A client for call recordings. Safe to share between threads; close it, or use ``with``.

    Examples:
        >>> with Client() as client:
        ...     for recording in client.recordings.list(page_size=250):
        ...         print(recording.id, recording.duration_millis)

    Args:
        api_key: by default from the environment variable TELNYX_API_KEY.
        base_url: by default from TELNYX_BASE_URL, or else ``https://api.telnyx.com/v2``.
        timeout: seconds to wait for a connection, and for each chunk of a response; 30 by default.
        max_retries: maximum number of retries per call; 3 by default.
        deadline: seconds for a call in total, with all retries and waits; 120 by default.
        default_headers: sent with every request.
        proxy: the URL of an HTTP proxy for all requests, such as
            ``http://user:password@host:3128``; False for none. By default from HTTPS_PROXY,
            HTTP_PROXY, ALL_PROXY and NO_PROXY.
        ssl_context: for TLS, for instance with a client certificate; it must verify certificates.
        ca_file: file or folder of the certificates to trust, in place of the system's. By default
            from SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE.
        before_request: called before each attempt with the `Request`, which has no API key in it.
        after_response: called after each attempt with the `Request`, the `Response` or `Failure`,
            and the seconds it took.
        media_hosts: hosts that audio may come from in addition to those of Telnyx, such as
            ``*.example.com``.
        own_storage: read recordings that Telnyx keeps in your own storage (S3, Google Cloud
            Storage, Azure) with your own credentials, which come from the environment, as do proxy
            and certificates: not with `proxy`, `ssl_context` or `ca_file`.

    Raises:
        ConfigError: a setting is missing or invalid.
    """

    _media: MediaPool

    def _pool_type(self) -> type[MediaPool]:
        from telnyx_recordings.transport.media_sync import MediaPool  # noqa: PLC0415 - not for AsyncClient

        return MediaPool

    def _download_context(self) -> sync.SyncContext:
        from telnyx_recordings.media import sync  # noqa: PLC0415 - not every program downloads

        return sync.SyncContext(
            pool=self._media,
            fetch=sync.fetcher(self.recordings.with_raw_response.retrieve),
            timeout=self._config.timeout,
            hosts=self._media_hosts,
            own_storage=self._own_storage,
            sleep=self._caller.sleep or time.sleep,
        )

    def _for_archive(
        self, sleep: Callable[[float], object], heard: Callable[[str | None], object]
    ) -> Account:
        after = self._config.after_response

        def noted(request: Any, outcome: Any, seconds: float) -> None:
            heard(getattr(outcome, "headers", {}).get("date"))  # a failure has none
            if after is not None:
                after(request, outcome, seconds)

        config = replace(self._config, after_response=noted)
        copy = self._copied(self._caller.with_config(config, sleep))
        return cast("Account", copy)  # its `download` has more parameters than an archive uses

    def close(self) -> None:
        """Close all connections. A later call opens new ones."""
        super().close()
        self._media.close()

    def _connector(self, api_key_env: str) -> Connector:
        names = ("base_url", "timeout", "max_retries", "deadline")
        settings = [(name, getattr(self._config, name)) for name in names]
        settings += self._config.network.arguments().items()
        settings += {
            "media_hosts": self._media_hosts,
            "own_storage": self._own_storage is not None,
        }.items()
        return _connect, (("api_key_env", api_key_env), *settings)


class AsyncClient(_Client, AsyncBaseClient, AsyncAudioMethods, AsyncArchiveMethods):
    """A client for call recordings for asyncio. Close it, or use ``async with``.

    It has the arguments of `Client`, and needs the extra ``async`` (aiohttp).

    Examples:
        >>> async with AsyncClient() as client:
        ...     async for recording in client.recordings.list(page_size=250):
        ...         print(recording.id, recording.duration_millis)

    Raises:
        ConfigError: a setting is missing or invalid.
        MissingExtraError: aiohttp is not installed.
    """

    _media: MediaSessions

    def _pool_type(self) -> type[MediaSessions]:
        try:
            from telnyx_recordings.transport.media_aio import MediaSessions  # noqa: PLC0415 - needs an extra
        except ImportError as error:
            raise MissingExtraError("AsyncClient", "async") from error
        return MediaSessions

    def _download_context(self) -> aio.AsyncContext:
        from asyncio import sleep  # noqa: PLC0415 - for downloads only

        from telnyx_recordings.media import aio  # noqa: PLC0415 - not every program downloads

        return aio.AsyncContext(
            pool=self._media,
            fetch=aio.fetcher(self.recordings.with_raw_response.retrieve),
            timeout=self._config.timeout,
            hosts=self._media_hosts,
            own_storage=self._own_storage,
            sleep=sleep,
        )

    def _sync_client(self, stopping: Event) -> Client:
        return _SyncClient(self._caller, self._media_hosts, self._own_storage, stopping)

    async def close(self) -> None:
        """Close all connections."""
        await super().close()
        await self._media.close()


class _SyncClient(Client):
    """A sync client for one archive run, with the settings and shared state of an async client."""

    def __init__(
        self,
        caller: AioCaller,
        media_hosts: tuple[str, ...],
        own_storage: OwnStorage | None,
        stopping: Event,
    ) -> None:
        """Share the state of the async client's caller; this opens no connection."""
        self._open(caller.config, caller.shared)
        self._stopping = stopping
        self._media = self._pool_type()(caller.config.network)
        self._media_hosts = media_hosts
        self._own_storage = own_storage


def _own_storage(config: Config) -> OwnStorage:
    network = config.network
    if network.is_explicit or network.ca_file is not None or network.ssl_context is not None:
        raise ConfigError(
            "own_storage=True cannot be combined with proxy, ca_file or ssl_context, which do "
            "not apply to your storage: set HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE instead"
        )
    try:
        from telnyx_recordings.media.own_storage import OwnStorage  # noqa: PLC0415 - needs an extra
    except ImportError as error:
        raise MissingExtraError("own_storage=True", "archive") from error
    return OwnStorage()


def _connect(*, api_key_env: str, **settings: Any) -> Client:
    """Create a client in a worker, with the API key from its environment."""
    key = os.environ.get(api_key_env)
    if not key:
        raise ConfigError(
            f"the environment of this worker has no {api_key_env}: set it where workers start"
        )
    return Client(key, **settings)
