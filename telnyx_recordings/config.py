"""Config: a client's settings, from its arguments or the environment, checked once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from telnyx_recordings.core.operation import Request, Response
from telnyx_recordings.core.retry import Failure
from telnyx_recordings.errors import ConfigError

BASE_URL = "https://api.telnyx.com/v2"
TIMEOUT = 30.0
MAX_RETRIES = 3
DEADLINE = 120.0

BeforeRequest = Callable[[Request], None]
AfterResponse = Callable[[Request, Response | Failure, float], None]

_KEY = re.compile(r"[\x21-\x7e]+")
_LONGEST_SHOWN = 200


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
    """

    api_key: ApiKey
    base_url: str
    timeout: float = TIMEOUT
    max_retries: int = MAX_RETRIES
    deadline: float = DEADLINE
    default_headers: Mapping[str, str] = {}
    before_request: BeforeRequest | None = None
    after_response: AfterResponse | None = None


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
    for name in ("timeout", "deadline"):
        if name in given:
            given[name] = _positive(name, given[name])
    retries = given.get("max_retries", MAX_RETRIES)
    if not isinstance(retries, int) or isinstance(retries, bool) or retries < 0:
        message = f"max_retries must be a whole number from 0, not {retries!r}"
        raise ConfigError(message)
    return replace(config, **given)


def _positive(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    message = f"{name} must be a number of seconds above 0, not {value!r}"
    raise ConfigError(message)


def _checked_base_url(url: str) -> str:
    """Return the base URL without a slash at its end.

    Raises:
        ConfigError: it is no URL, or one to which the key must not be sent.
    """
    shown = url[:_LONGEST_SHOWN]
    if re.search(r"[^\x21-\x7e]", url):
        message = f"the base URL has spaces, control or non-ASCII characters: {shown!r}"
        raise ConfigError(message)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        message = f"the base URL cannot be read: {error}"
        raise ConfigError(message) from error
    if parts.scheme not in ("http", "https") or not host:
        message = f"the base URL must look like {BASE_URL}"
        raise ConfigError(message)
    if "@" in parts.netloc or parts.query or parts.fragment:
        message = "the base URL must have no user name, query or fragment"
        raise ConfigError(message)
    if parts.scheme == "http" and not _is_loopback(host):
        message = f"the base URL must be https: over http anyone on the way to {host} reads the key"
        raise ConfigError(message)
    return url.rstrip("/")


def _is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    if host == "localhost":
        return True
    from ipaddress import ip_address  # noqa: PLC0415 - seldom needed

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
