"""Classifies hosts and addresses: loopback, or on the public Internet."""

from __future__ import annotations

import re
from functools import lru_cache

_NAME_OR_ADDRESS = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")

_NAT64 = "64:ff9b::/96"
"""RFC 6052: in IPv6-only networks, the last 32 bits of these are an IPv4 address."""


def is_host(text: str) -> bool:
    """Return whether a text is a host name or an address, in lower case and without brackets."""
    return _NAME_OR_ADDRESS.fullmatch(text) is not None


def is_address(host: str) -> bool:
    """Return whether a host is an address, and not a name."""
    from ipaddress import ip_address  # noqa: PLC0415 - rarely needed

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    if host == "localhost":
        return True
    from ipaddress import IPv6Address, ip_address  # noqa: PLC0415 - rarely needed

    try:
        found = ip_address(host)
    except ValueError:
        return False
    # From Python 3.13 on, IPv4-mapped loopback is loopback too; that form is not needed.
    is_mapped = isinstance(found, IPv6Address) and found.ipv4_mapped is not None
    return found.is_loopback and not is_mapped


def may_connect(host: str, address: str) -> bool:
    """Return whether it is safe to connect to the address that a host name resolves to.

    A loopback host must resolve to loopback, any other host to a public address.
    """
    return is_loopback(address) if is_loopback(host) else _is_public(address)


@lru_cache(maxsize=1024)
def _is_public(address: str) -> bool:
    from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network  # noqa: PLC0415 - likewise

    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found in ip_network(_NAT64):
            found = IPv4Address(int(found) & 0xFFFF_FFFF)
        elif found.sixtofour or found.teredo:  # tunnels: the address inside is not known
            return False
        else:
            found = found.ipv4_mapped or found
    return found.is_global and not found.is_multicast
