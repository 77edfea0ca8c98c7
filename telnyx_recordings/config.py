"""Loads a client's settings from its arguments, the environment and the contract's defaults."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

from telnyx_recordings._version import __version__
from telnyx_recordings.api.contract import BASE_URL, BASE_URL_VARIABLE, IS_KEY_NEEDED, SCHEMES, SECURITY
from telnyx_recordings.core.config import (
    AfterResponse,
    BeforeRequest,
    Config,
    changed,
    checked_base_url,
)
from telnyx_recordings.core.credentials import ApiKey, Credentials, hidden
from telnyx_recordings.core.errors import ConfigError
from telnyx_recordings.core.network import network

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
    secrets: Mapping[str, str | None] | None = None,
    proxy: object = None,
    ssl_context: Any = None,
    ca_file: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Config:
    """Return the settings of a client; None stands for the environment or the default.

    Raises:
        ConfigError: a setting is missing or invalid.
    """
    credentials = _credentials({"api_key": api_key, **(secrets or {})})
    url = os.environ.get(BASE_URL_VARIABLE) or BASE_URL if base_url is None else base_url
    if not url and base_url is None:
        raise ConfigError(f"there is no base URL: pass base_url=… or set {BASE_URL_VARIABLE}")
    base_url = checked_base_url(url, BASE_URL)
    config = Config(
        credentials=credentials,
        base_url=base_url,
        has_own_url=base_url != BASE_URL,
        headers=_HEADERS,
        network=network(
            proxy, ssl_context, None if ca_file is None else os.fspath(ca_file), os.environ
        ),
    )
    config.network.proxy_for(base_url)  # raises if the setting is invalid
    return changed(config, **settings)


def _credentials(given: Mapping[str, str | None]) -> Credentials:
    keys: dict[str, ApiKey] = {}
    for name, scheme in SCHEMES.items():
        pairs = zip(scheme.arguments, scheme.variables, strict=True)
        parts = [
            hidden(os.environ.get(v, "") if (g := given.get(a)) is None else g) for a, v in pairs
        ]
        if parts[0]:
            keys[name] = ApiKey(scheme, *parts)
    return Credentials(SCHEMES, SECURITY, keys, is_key_needed=IS_KEY_NEEDED)
