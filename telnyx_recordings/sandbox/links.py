"""Pre-signed links in the form of S3's: they carry their lifetime, and cannot be altered."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from telnyx_recordings.sandbox.times import Clock

LIFETIME = 600
"""Seconds that a link lasts, as Telnyx's do."""
MEDIA_PATH = "/media/"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"


class LinkError(Exception):
    """A link that is not, or no longer, good; the message says why."""


class LinkSigner:
    """Signs and checks links with a secret of its own, dated by `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def revoke_all(self) -> None:
        """Make every link given out so far a bad one."""
        self._secret = secrets.token_bytes(32)

    def at(self, origin: str) -> Callable[[str], str]:
        """Give a function that turns file names, quoted, into links at `origin`, dated now."""
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        date = now.strftime(_DATE_FORMAT)
        query = (
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=SANDBOX%2F{now:%Y%m%d}%2Fus-east-1%2Fs3%2Faws4_request"
            f"&X-Amz-Date={date}&X-Amz-Expires={LIFETIME}"
            "&X-Amz-SignedHeaders=host&X-Amz-Signature="
        )
        lifetime = str(LIFETIME)

        def link(name: str) -> str:
            path = MEDIA_PATH + name
            return origin + path + query + self._signature(path, date, lifetime)

        return link

    def check(self, path: str, query: Mapping[str, str]) -> None:
        """Raise LinkError unless `query` signs `path` (as sent, still quoted) for this moment."""
        date = query.get("X-Amz-Date", "")
        lifetime = query.get("X-Amz-Expires", "")
        signature = query.get("X-Amz-Signature", "")
        good = self._signature(path, date, lifetime)
        if not hmac.compare_digest(good.encode(), signature.encode()):
            raise LinkError("Access Denied")
        signed_at = datetime.strptime(date, _DATE_FORMAT).replace(tzinfo=UTC).timestamp()
        if self._clock.now() >= signed_at + int(lifetime):
            raise LinkError("Request has expired")

    def _signature(self, path: str, date: str, lifetime: str) -> str:
        signed = f"{path}\n{date}\n{lifetime}".encode(errors="surrogateescape")
        # Keyed BLAKE2 is a MAC as HMAC is, at a quarter of the time; a full page needs 500 of them.
        return hashlib.blake2b(signed, key=self._secret, digest_size=32).hexdigest()
