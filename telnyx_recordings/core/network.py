"""How connections are made: through which proxy, and which certificates are trusted."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from telnyx_recordings.core.credentials import Hidden
from telnyx_recordings.core.errors import ConfigError
from telnyx_recordings.core.hosts import address_of, is_host, is_loopback

_PORTS = {"http": 80, "https": 443}
_WITHOUT_SCHEME = re.compile(r"(?![a-z][a-z0-9+.-]*://)", re.IGNORECASE)


class Proxy(Struct, frozen=True, kw_only=True):
    """An HTTP proxy.

    Attributes:
        url: without user name and password.
        name: host and port, for messages.
        authorization: the value of the header Proxy-Authorization; None without a user name.
    """

    url: str
    name: str
    authorization: str | None = None

    def __repr__(self) -> str:
        """Show the proxy, but no user name and password."""
        return f"<Proxy {self.name}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError("a proxy cannot be pickled: it may hold a password")


class Network(Struct, frozen=True, kw_only=True):
    """How connections are made.

    Attributes:
        proxies: by the scheme of the request; where the setting is invalid, the reason instead.
        is_explicit: whether the proxies, or that there are none, come from an argument.
        exempt: hosts that are connected to directly, as in NO_PROXY.
        ssl_context: for TLS; None for one that verifies certificates.
        ca_file: certificates to trust, in a file or folder; None for those of the system.
    """

    proxies: Mapping[str, Proxy | str] = {}
    is_explicit: bool = False
    exempt: tuple[str, ...] = ()
    ssl_context: Any = None
    ca_file: str | None = None

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy that requests to this URL go through; None for no proxy.

        A request to this machine goes through a proxy only if that is on this machine, too: no
        other one could reach it, and over plain HTTP it could read the API key.

        Raises:
            ConfigError: the setting of the proxy is invalid.
        """
        parts = urlsplit(url)
        proxy = self.proxies.get(parts.scheme)
        if proxy is None:
            return None
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        if any(_matches(host.rstrip("."), port, each.lower()) for each in self.exempt if each):
            return None
        if isinstance(proxy, str):
            raise ConfigError(proxy)
        may_reach = not is_loopback(host) or is_loopback(urlsplit(proxy.url).hostname or "")
        return proxy if may_reach else None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of a client that connects in the same way, in another process.

        A client that takes its proxy from the environment does so there, too.

        Raises:
            ConfigError: an argument cannot be sent to another process, or should not.
        """
        if self.ssl_context is not None:
            raise ConfigError(
                "an ssl_context cannot be sent to other processes: use ca_file, or set "
                "SSL_CERT_FILE where they start"
            )
        found: dict[str, Any] = {"ca_file": self.ca_file}
        if self.is_explicit:
            proxy = self.proxies.get("https")
            if isinstance(proxy, Proxy) and proxy.authorization is not None:
                raise ConfigError(
                    "a proxy with a password is not sent to other processes: leave out proxy=…, "
                    "and set HTTPS_PROXY here and where they start"
                )
            found["proxy"] = proxy.url if isinstance(proxy, Proxy) else False
        return found


def network(
    proxy: object, ssl_context: Any, ca_file: str | None, environment: Mapping[str, str]
) -> Network:
    """Return how connections are made.

    Args:
        proxy: the URL of a proxy for all requests; False for none; None for the environment.
        ssl_context: for TLS, or None.
        ca_file: certificates to trust, or None.
        environment: variables such as HTTPS_PROXY; names in lower case have precedence.
    """
    proxies: dict[str, Proxy | str] = {}
    exempt: tuple[str, ...] = ()
    if proxy is None:
        for scheme in _PORTS:
            name = _variable(environment, f"{scheme}_proxy") or _variable(environment, "all_proxy")
            if name and environment[name].strip():
                proxies[scheme] = _parsed(name, environment[name])
        name = _variable(environment, "no_proxy")
        exempt = tuple(re.split(r"[\s,]+", environment[name].strip())) if name else ()
    elif isinstance(proxy, str):
        proxies = dict.fromkeys(_PORTS, _parsed("proxy", proxy))
    elif proxy is not False:
        kind = type(proxy).__name__
        reason = (
            f"proxy must be a URL such as http://user:password@host:3128, or False, not a {kind}"
        )
        proxies = dict.fromkeys(_PORTS, reason)
    return Network(
        proxies=proxies,
        is_explicit=proxy is not None,
        exempt=exempt,
        ssl_context=ssl_context,
        ca_file=ca_file,
    )


def _variable(environment: Mapping[str, str], name: str) -> str | None:
    """Return the name of the variable that is set, in lower or upper case."""
    if name in environment:
        return name
    if name == "http_proxy" and "REQUEST_METHOD" in environment:
        return None  # in a CGI program, HTTP_PROXY is a header that anyone may send
    return name.upper() if name.upper() in environment else None


def _parsed(setting: str, text: str) -> Proxy | str:
    """Return the proxy of a setting; if it is invalid, the reason, without the URL."""
    text = text.strip()
    whole = f"http://{text}" if _WITHOUT_SCHEME.match(text) else text
    invalid = f"{setting} must look like http://user:password@host:3128"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return invalid
    if parts.scheme.startswith("socks"):
        return (
            f"{setting} is a SOCKS proxy, which is not supported: use the URL of an HTTP proxy, "
            "such as http://host:3128, or Client(proxy=False) for none"
        )
    if parts.scheme not in _PORTS or not is_host(host) or parts.path.strip("/") or "?" in whole:
        return invalid
    place = f"[{host}]" if ":" in host else host
    name = f"{place}:{port or _PORTS[parts.scheme]}"
    authorization = None
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = Hidden(f"Basic {b64encode(pair.encode()).decode()}")
    return Proxy(url=f"{parts.scheme}://{name}", name=name, authorization=authorization)


def _matches(host: str, port: int, entry: str) -> bool:
    """Return whether an entry of NO_PROXY names a host.

    An entry is ``*``, an address, a network such as ``10.0.0.0/8``, or a domain, which stands for
    its subdomains, too; all but networks may end in a port.
    """
    if entry == "*":
        return True
    address = address_of(host)
    if "/" in entry:
        from ipaddress import ip_network  # noqa: PLC0415 - rarely needed

        try:
            return address is not None and address in ip_network(entry, strict=False)
        except ValueError:
            return False
    name, colon, number = entry.rpartition(":")
    if colon and (name.endswith("]") or ":" not in name):  # not a part of an IPv6 address
        if number != str(port):
            return False
        entry = name
    entry = entry.strip("[]")
    if (exempt := address_of(entry)) is not None:
        return bool(address == exempt)
    entry = entry.removeprefix("*").strip(".")
    is_inside = host == entry or host.endswith(f".{entry}")
    return is_inside and bool(entry) and address is None
