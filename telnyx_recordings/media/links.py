"""Links to audio: which are allowed, and when they expire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from telnyx_recordings.core.hosts import is_loopback
from telnyx_recordings.errors import ConfigError, MediaAccessError, MediaUnavailableError

_LONGEST = 8192
_PLAIN = re.compile(r"[\x21-\x7e]+")
_HTTPS_PORT = 443
_HOST = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+")

_S3 = re.compile(
    r"(?:[a-z0-9][a-z0-9.-]*\.)?"  # the bucket, when it stands in the host
    r"s3(?:-fips)?(?:\.dualstack)?(?:[.-][a-z]{2}(?:-[a-z]+)+-[0-9]{1,2})?"
    r"\.amazonaws\.com(?:\.cn)?"
)
"""Not all of amazonaws.com: every virtual machine has a name there."""
_TELNYX = re.compile(r"(?:[a-z0-9-]+\.)*telnyx\.com")
_OTHER_SCHEMES = frozenset({"gs", "s3", "s3a", "az", "azure", "abfs", "abfss", "wasb", "wasbs"})
_OTHER_STORES = (".blob.core.windows.net", "storage.googleapis.com", "storage.cloud.google.com")

_DATE = re.compile(r"[?&]X-Amz-Date=([0-9]{8}T[0-9]{6}Z)(?=[&#]|$)")
_EXPIRES = re.compile(r"[?&]X-Amz-Expires=([0-9]{1,9})(?=[&#]|$)")
_LONGEST_LIFE = 604_800  # a week, S3's own limit


class Link(str):
    """A link whose repr hides its signature, for error trackers that record variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show the location, but not the signature."""
        return repr(f"{shown(self)}?***")


def checked_hosts(hosts: Iterable[str]) -> tuple[str, ...]:
    """Return hosts that audio may come from, in lower case.

    Raises:
        ConfigError: one is not a host name.
    """
    given = hosts if not isinstance(hosts, str) else (hosts,)
    names = tuple(str.lower(each) for each in given)
    for each in names:
        if not _HOST.fullmatch(each):
            raise ConfigError(
                f"media_hosts takes names such as media.example.com or *.example.com, not {each!r}"
            )
    return names


def is_own(url: str, hosts: Sequence[str] = ()) -> bool:
    """Return whether a link leads to the user's own storage, which needs its credentials."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    known = host.endswith(_OTHER_STORES) and not _is_allowed(host, hosts)
    return parts.scheme in _OTHER_SCHEMES or known


def checked(url: str, hosts: Sequence[str] = (), *, after: str | None = None) -> Link:
    """Return the link if it is allowed.

    Args:
        url: the link.
        hosts: hosts to allow in addition to Telnyx's stores; ``*.`` stands for all subdomains.
        after: the link that redirected to it, if any.

    Raises:
        MediaUnavailableError: it leads to the user's own storage.
        MediaAccessError: it leads to another host that is not allowed.
    """
    url = Link(url)
    if not _PLAIN.fullmatch(url) or "\\" in url or len(url) > _LONGEST:
        raise MediaAccessError("the link to the audio is not a valid URL")
    try:
        parts = urlsplit(
            url.partition("?")[0]
        )  # tracebacks may show variables, but not the signature
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise MediaAccessError("the link to the audio is not a valid URL") from None
    place = shown(url)
    local = is_loopback(host)
    if is_own(parts.geturl(), hosts):
        raise MediaUnavailableError(
            f"the audio is in your own storage, at {place}: create the client with "
            "own_storage=True (or use --own-storage) to read it with your credentials",
            location=place,
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise MediaAccessError(f"the link to the audio leads to {place}, which is not https")
    if "@" in parts.netloc:
        raise MediaAccessError(f"the link to the audio has a user name in it: {place}")
    if port not in (None, _HTTPS_PORT) and not local:
        raise MediaAccessError(f"the link to the audio names port {port}: {place}")
    if not local and not _is_allowed(host, hosts):
        raise MediaAccessError(
            f"the link to the audio leads to {place}, and {host or 'that'} is not a Telnyx host: "
            "if you trust it, add it to the client's media_hosts"
        )
    if local and after is not None and not is_loopback(urlsplit(after).hostname or ""):
        raise MediaAccessError(f"the store redirects into this machine, to {place}")
    return url


def follow(url: str, location: str | None, hosts: Sequence[str]) -> Link:
    """Return the target of a redirect, checked like a link.

    Raises:
        MediaAccessError: there is no link, or it is not allowed.
    """
    if not location:
        raise MediaAccessError("the store sent a redirect without a location")
    url, location = Link(url), Link(location)
    try:
        target = Link(urljoin(url, location))
    except ValueError:
        raise MediaAccessError("the store sent a redirect to an invalid URL") from None
    return checked(target, hosts, after=url)


def shown(url: str) -> str:
    """Return a link without user name and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an unreadable link"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def expiry(url: str) -> float | None:
    """Return when a link signed as S3 does expires, in Unix time; None for any other link."""
    date, expires = _DATE.search(url), _EXPIRES.search(url)
    if date is None or expires is None:
        return None
    try:
        signed = datetime.fromisoformat(date[1]).timestamp()
    except (ValueError, OverflowError):
        return None
    seconds = int(expires[1])
    return signed + seconds if 0 < seconds <= _LONGEST_LIFE else None


def _is_allowed(host: str, hosts: Sequence[str]) -> bool:
    if _S3.fullmatch(host) or _TELNYX.fullmatch(host):
        return True
    return any(
        host.endswith(each.removeprefix("*")) if each.startswith("*.") else host == each
        for each in hosts
    )
