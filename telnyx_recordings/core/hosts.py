"""Classifies hosts and addresses: loopback, or on the public Internet."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_NAME_OR_ADDRESS = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")

_NAT64 = "64:ff9b::/96"
"""RFC 6052: in IPv6-only networks, the last 32 bits of these are an IPv4 address."""


def is_host(text: str) -> bool:
    """Return whether a text is a host name or an address, in lower case and without brackets."""
    return _NAME_OR_ADDRESS.fullmatch(text) is not None


def address_of(text: str) -> Any:
    """Parse a host that is an IP address; return None for a name."""
    from ipaddress import ip_address  # noqa: PLC0415 - rarely needed

    try:
        return ip_address(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    if host == "localhost":
        return True
    found = address_of(host)
    # From Python 3.13 on, IPv4-mapped loopback is loopback too; that form is not needed.
    is_mapped = getattr(found, "ipv4_mapped", None) is not None
    return found is not None and found.is_loopback and not is_mapped


def may_connect(host: str, address: str) -> bool:
    """Return whether it is safe to connect to the address that a host name resolves to.

    A loopback host must resolve to loopback, any other host to a public address.
    """
    return is_loopback(address) if is_loopback(host) else _is_public(address)


@lru_cache(maxsize=1024)
def _is_public(address: str) -> bool:
    from ipaddress import IPv4Address, IPv6Address, ip_network  # noqa: PLC0415 - likewise

    found = address_of(address)
    if isinstance(found, IPv6Address):
        if found in ip_network(_NAT64):
            found = IPv4Address(int(found) & 0xFFFF_FFFF)
        elif found.sixtofour or found.teredo:  # tunnels: the address inside is not known
            return False
        else:
            found = found.ipv4_mapped or found
    return found is not None and found.is_global and not found.is_multicast
