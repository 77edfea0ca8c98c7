"""TLS: which certificates are trusted, and that they are verified."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from urllib.parse import urlsplit

from telnyx_recordings.core.errors import ConfigError
from telnyx_recordings.core.hosts import is_loopback
from telnyx_recordings.core.network import Network

_SYSTEM = ("SSL_CERT_FILE", "SSL_CERT_DIR")  # which OpenSSL reads itself
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
HELP = (
    "for a certificate authority of your own, pass ca_file=… or set SSL_CERT_FILE (SSL_CERT_DIR, "
    "REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE work too)"
)


def context_for(network: Network, host: str) -> ssl.SSLContext:
    """Return the TLS context for connections to a host.

    Raises:
        ConfigError: the context of the user does not verify certificates, and the host is not this
            machine; or the certificates to trust cannot be read.
    """
    context: ssl.SSLContext | None = network.ssl_context
    if context is None:
        return _verifying(network.ca_file, *map(os.environ.get, (*_SYSTEM, *_BUNDLES)))
    is_verifying = context.verify_mode == ssl.CERT_REQUIRED and context.check_hostname
    if not is_verifying and not is_loopback(host):
        raise ConfigError(
            "ssl_context does not verify certificates (verify_mode, check_hostname), so others "
            f"could read what is sent to {host}: this is allowed only for a server on this machine"
        )
    return context


def check(network: Network, base_url: str) -> None:
    """Check the settings for TLS, as far as they are arguments of a client.

    Raises:
        ConfigError: one of them is invalid.
    """
    if network.ssl_context is not None:
        if network.ca_file is not None:
            raise ConfigError(
                "ca_file and ssl_context exclude each other: call "
                "ssl_context.load_verify_locations(…) instead of passing ca_file"
            )
        if not isinstance(network.ssl_context, ssl.SSLContext):
            kind = type(network.ssl_context).__name__
            raise ConfigError(f"ssl_context must be an ssl.SSLContext, not a {kind}")
    if network.ssl_context is not None or network.ca_file is not None:
        context_for(network, urlsplit(base_url).hostname or "")


@lru_cache(8)  # all certificates are read, which takes milliseconds
def _verifying(
    ca_file: str | None, file: str | None, folder: str | None, *bundles: str | None
) -> ssl.SSLContext:
    named = [("ca_file", ca_file)]
    if not file and not folder:
        named += zip(_BUNDLES, bundles, strict=True)
    setting, path = next(((name, path) for name, path in named if path), ("", None))
    try:
        is_folder = path is not None and os.path.isdir(path)  # noqa: PTH112 - pathlib is not loaded
        context = ssl.create_default_context(
            cafile=None if is_folder else path, capath=path if is_folder else None
        )
    except OSError as error:  # ssl.SSLError, if it holds no certificate, among them
        why = error.strerror or "it holds no certificate"
        raise ConfigError(f"{setting}: no certificates can be read from {path}: {why}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.hostname_checks_common_name = False  # only subjectAltName counts
    return context
