"""Loads a client's settings from its arguments, the environment and the contract's defaults."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from telnyx_recordings._version import __version__
from telnyx_recordings.api.contract import (
    BASE_URL,
    BASE_URL_VARIABLE,
    IS_KEY_NEEDED,
    SCHEMES,
    SECURITY,
)
from telnyx_recordings.core.config import (
    AfterResponse,
    BeforeRequest,
    Config,
    changed,
    checked_base_url,
)
from telnyx_recordings.core.credentials import ApiKey, Credentials, Grant, Scheme, hidden
from telnyx_recordings.core.errors import ConfigError
from telnyx_recordings.core.network import network

if TYPE_CHECKING:
    from telnyx_recordings.core.servers import Destination

_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": f"telnyx-recordings/{__version__} python/{platform.python_version()}",
}

__all__ = ["AfterResponse", "BeforeRequest", "Config", "changed", "hidden", "load"]


def load(  # noqa: PLR0913 - one keyword per setting
    api_key: str | None,
    base_url: str | None,
    *,
    place: Destination | None = None,
    secrets: Mapping[str, Any] | None = None,
    proxy: object = None,
    ssl_context: Any = None,
    ca_file: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Config:
    """Return the settings of a client; None stands for the environment or the default.

    Raises:
        ConfigError: a setting is missing or invalid.
    """
    own_url = BASE_URL if place is None or place.url is None else place.url
    if base_url is None:
        base_url = own_url if place and place.url else os.environ.get(BASE_URL_VARIABLE) or BASE_URL
        if not base_url:
            raise ConfigError(f"there is no base URL: pass base_url=… or set {BASE_URL_VARIABLE}")
    base_url = checked_base_url(base_url, own_url)
    config = Config(
        credentials=_credentials({"api_key": api_key, **(secrets or {})}, base_url, own_url),
        base_url=base_url,
        server=place.name if place else "",
        variables=place.values if place else {},
        has_own_url=base_url != own_url,
        headers=_HEADERS,
        network=network(
            proxy, ssl_context, None if ca_file is None else os.fspath(ca_file), os.environ
        ),
    )
    config.network.proxy_for(base_url)  # raises if the setting is invalid
    return changed(config, **settings)


def _credentials(given: Mapping[str, Any], base_url: str, own_url: str) -> Credentials:
    keys: dict[str, ApiKey] = {}
    tokens: dict[str, Any] = {}
    for name, scheme in SCHEMES.items():
        parts = _settings(scheme, given)
        is_given = any(given.get(each) for each in scheme.arguments)
        if (grant := scheme.grant) is not None and not is_given:
            from telnyx_recordings.core.call.tokens import tokens_of  # noqa: PLC0415 - rarely used

            found = tokens_of(name, grant, _settings(grant, given), base_url, own_url)
            is_asked = any(given.get(each) for each in grant.arguments)
            if found is not None and (is_asked or not parts[0]):
                tokens[name] = found
                keys[found.name] = found.client
                continue
        if parts[0]:
            keys[name] = ApiKey(scheme, *parts)
    return Credentials(SCHEMES, SECURITY, keys, tokens=tokens, is_key_needed=IS_KEY_NEEDED)


def _settings(source: Scheme | Grant, given: Mapping[str, Any]) -> list[Any]:
    """Return what a client was given for a scheme, or what the environment has for it."""
    pairs = zip(source.arguments, source.variables, strict=True)
    return [hidden(os.environ.get(v, "") if (g := given.get(a)) is None else g) for a, v in pairs]
