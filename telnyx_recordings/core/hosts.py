"""Which hosts and addresses are this machine, and which the public Internet."""

from __future__ import annotations

from functools import lru_cache

_NAT64 = "64:ff9b::/96"
"""RFC 6052: where there is IPv6 only, the last 32 bits of these are an IPv4 address."""


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Tell whether a host's name or address is this machine itself."""
    if host == "localhost":
        return True
    from ipaddress import IPv6Address, ip_address  # noqa: PLC0415 - seldom needed

    try:
        found = ip_address(host)
    except ValueError:
        return False
    # Python 3.13 began to call IPv4 in IPv6's clothes loopback too; nobody writes it so in earnest.
    is_mapped = isinstance(found, IPv6Address) and found.ipv4_mapped is not None
    return found.is_loopback and not is_mapped


def may_connect(host: str, address: str) -> bool:
    """Tell whether an address that a host's name resolves to is one to connect to.

    A loopback host must be on this machine, every other one on the public Internet.
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
        elif found.sixtofour or found.teredo:  # tunnels: what is inside cannot be told apart
            return False
        else:
            found = found.ipv4_mapped or found
    return found.is_global and not found.is_multicast
