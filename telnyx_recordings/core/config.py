"""Config: a client's settings, validated once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core.credentials import Credentials
from telnyx_recordings.core.errors import APIStatusError, ConfigError
from telnyx_recordings.core.hosts import is_host, is_loopback
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.core.network import Network
from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.operation import Operation, count, seconds

TIMEOUT = 30.0
MAX_RETRIES = 3
DEADLINE = 120.0

BeforeRequest = Callable[[Request], None]
AfterResponse = Callable[[Request, Response | Failure, float], None]
Explain = Callable[[Operation[Any], int, str | None, str], tuple[type[APIStatusError], str] | None]
"""Returns the exception and the advice for an error response, by its status, code and text."""


class Config(Struct, frozen=True, kw_only=True):
    """A client's settings.

    Attributes:
        credentials: sent only to the host of base_url.
        base_url: without a trailing slash.
        server: the name of the contract's server that base_url is, if it has several.
        variables: the values of variables in the URLs of servers.
        has_own_url: whether the base URL is not the contract's, as for a sandbox; then it is also
            used for operations with a server of their own.
        timeout: seconds to wait for a connection, and for each chunk of a response.
        max_retries: maximum number of retries per call.
        deadline: seconds for a call in total, with all retries and waits.
        headers: sent with every request.
        network: how connections are made: proxies and trusted certificates.
        before_request: called before each attempt with the request, which has no API key in it.
        after_response: called after each attempt with the request, the response or failure, and
            the seconds it took.
        explain: what an error response means to this service, if not what it means everywhere.
    """

    credentials: Credentials
    base_url: str
    server: str = ""
    variables: Mapping[str, str] = {}
    has_own_url: bool = False
    timeout: float = TIMEOUT
    max_retries: int = MAX_RETRIES
    deadline: float = DEADLINE
    headers: Mapping[str, str] = {}
    network: Network = Network()
    before_request: BeforeRequest | None = None
    after_response: AfterResponse | None = None
    explain: Explain | None = None

    def __repr__(self) -> str:
        """Show the base URL, but not the headers, which may hold secrets."""
        return f"<Config of {self.base_url}>"


def changed(config: Config, **settings: Any) -> Config:
    """Return a copy with the settings that are not None; ``default_headers`` are added.

    Raises:
        ConfigError: a setting is invalid.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        for name in ("timeout", "deadline"):
            if name in given:
                given[name] = seconds(name, given[name])
        if "max_retries" in given:
            count("max_retries", given["max_retries"])
        if "default_headers" in given:
            headers: object = given.pop("default_headers")
            if not isinstance(headers, Mapping):
                kind = type(headers).__name__
                raise TypeError(f"default_headers must be a mapping, not a {kind}")
            own = encode.own_headers("default_headers", cast("Mapping[str, Any]", headers))
            given["headers"] = {**config.headers, **own}
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return replace(config, **given)


def checked_base_url(url: str, default: str) -> str:
    """Return the base URL without a trailing slash; only the contract's own may use http.

    Raises:
        ConfigError: it is not a URL, or not one that the API key may be sent to.
    """
    if re.search(r"[^\x21-\x7e]", url):
        raise ConfigError("the base URL has spaces, control or non-ASCII characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigError("the base URL is invalid: its host or port cannot be parsed") from None
    if parts.scheme not in ("http", "https") or not host or not is_host(host):
        raise ConfigError(f"the base URL must look like {default or 'https://api.example.com'}")
    if "@" in parts.netloc or "?" in url or "#" in url:
        raise ConfigError("the base URL must have no user name, query or fragment")
    if parts.scheme == "http" and url != default and not is_loopback(host):
        raise ConfigError(
            f"the base URL must use https: over http, others can read the API key sent to {host}"
        )
    return url.rstrip("/")
