"""Config: a client's settings, from its arguments or the environment, checked once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, cast
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core import encode
from telnyx_recordings.core.hosts import is_loopback
from telnyx_recordings.core.operation import Request, Response, count, seconds
from telnyx_recordings.core.retry import Failure
from telnyx_recordings.errors import ConfigError

BASE_URL = "https://api.telnyx.com/v2"
TIMEOUT = 30.0
MAX_RETRIES = 3
DEADLINE = 120.0

BeforeRequest = Callable[[Request], None]
AfterResponse = Callable[[Request, Response | Failure, float], None]

_KEY = re.compile(r"[\x21-\x7e]+")
_NAME_OR_ADDRESS = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+")


class ApiKey:
    """Holds the API key so that it cannot be shown or pickled by accident."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        """Check that it can go into a header."""
        if not _KEY.fullmatch(secret):
            message = (
                "the API key is empty or has spaces, control or non-ASCII characters: "
                "copy it again from the Telnyx portal"
            )
            raise ConfigError(message)
        self._secret = secret

    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._secret}"

    def scrub(self, body: bytes) -> bytes:
        """Return an error's body without the key, should a server have echoed it."""
        return body.replace(self._secret.encode(), b"***")

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "ApiKey(***)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        message = "an API key is not pickled: pass the name of an environment variable instead"
        raise TypeError(message)


class Config(Struct, frozen=True, kw_only=True):
    """A client's settings.

    Attributes:
        api_key: sent to base_url's host only.
        base_url: without a slash at its end.
        timeout: seconds that an attempt may take to connect, and between two pieces of an answer.
        max_retries: how often a call is tried again at most.
        deadline: seconds that a call may take in all, waits and attempts together.
        default_headers: sent with every call.
        before_request: called before each attempt, with the request; it has no key in it.
        after_response: called after each attempt, with the request, its answer, and seconds.
        media_hosts: hosts that audio may come from, besides Telnyx's stores.
    """

    api_key: ApiKey
    base_url: str
    timeout: float = TIMEOUT
    max_retries: int = MAX_RETRIES
    deadline: float = DEADLINE
    default_headers: Mapping[str, str] = {}
    before_request: BeforeRequest | None = None
    after_response: AfterResponse | None = None
    media_hosts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show where it leads, without the headers: they may hold secrets."""
        return f"<Config of {self.base_url}>"


def load(api_key: str | None, base_url: str | None, **settings: Any) -> Config:
    """Return the settings of a client; what is None comes from the environment or the defaults.

    Raises:
        ConfigError: a setting is missing or cannot be used.
    """
    key = os.environ.get("TELNYX_API_KEY", "") if api_key is None else api_key
    if not key:
        message = "there is no API key: pass api_key=… or set TELNYX_API_KEY"
        raise ConfigError(message)
    url = os.environ.get("TELNYX_BASE_URL") or BASE_URL if base_url is None else base_url
    return changed(Config(api_key=ApiKey(key), base_url=_checked_base_url(url)), **settings)


def changed(config: Config, **settings: Any) -> Config:
    """Return the settings with those that are not None changed.

    Raises:
        ConfigError: one cannot be used.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        for name in ("timeout", "deadline"):
            if name in given:
                given[name] = seconds(name, given[name])
        if "max_retries" in given:
            count("max_retries", given["max_retries"])
        if "default_headers" in given:
            given["default_headers"] = encode.headers(_mapping(given["default_headers"]))
    except ValueError as error:
        raise ConfigError(str(error)) from None
    if "media_hosts" in given:
        given["media_hosts"] = _checked_hosts(given["media_hosts"])
    return replace(config, **given)


def _mapping(headers: object) -> Mapping[str, Any]:
    if isinstance(headers, Mapping):
        return cast("Mapping[str, Any]", headers)
    message = f"default_headers must be a mapping, not a {type(headers).__name__}"
    raise TypeError(message)


def _checked_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    given = hosts if not isinstance(hosts, str) else (hosts,)
    checked = tuple(str.lower(each) for each in given)
    for each in checked:
        if not _HOST.fullmatch(each):
            message = (
                f"media_hosts takes names such as media.example.com or *.example.com, not {each!r}"
            )
            raise ConfigError(message)
    return checked


def _checked_base_url(url: str) -> str:
    """Return the base URL without a slash at its end.

    Raises:
        ConfigError: it is no URL, or one to which the key must not be sent.
    """
    if re.search(r"[^\x21-\x7e]", url):
        message = "the base URL has spaces, control or non-ASCII characters"
        raise ConfigError(message)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        message = "the base URL cannot be read: its host or port is none"
        raise ConfigError(message) from None
    if parts.scheme not in ("http", "https") or not host or not _NAME_OR_ADDRESS.fullmatch(host):
        message = f"the base URL must look like {BASE_URL}"
        raise ConfigError(message)
    if "@" in parts.netloc or "?" in url or "#" in url:
        message = "the base URL must have no user name, query or fragment"
        raise ConfigError(message)
    if parts.scheme == "http" and not is_loopback(host):
        message = f"the base URL must be https: over http anyone on the way to {host} reads the key"
        raise ConfigError(message)
    return url.rstrip("/")
