"""Presigned URLs in the format of S3, with a lifetime and a signature."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from telnyx_recordings.sandbox.times import Clock

LIFETIME = 600
"""Lifetime of a link in seconds, as at Telnyx."""
MEDIA_PATH = "/media/"
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"


class LinkError(Exception):
    """A link that is invalid or has expired; the message says which."""


class LinkSigner:
    """Signs and checks links with its own secret and a clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._secret = secrets.token_bytes(32)

    def revoke_all(self) -> None:
        """Invalidate all links so far."""
        self._secret = secrets.token_bytes(32)

    def at(self, origin: str) -> Callable[[str], str]:
        """Return a function that makes a link at `origin` from a quoted file name, dated now."""
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
        """Raise LinkError unless `query` is a valid signature of `path` (still quoted)."""
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
        # Keyed BLAKE2 is a MAC too, and four times as fast as HMAC; a full page has 500 links.
        return hashlib.blake2b(signed, key=self._secret, digest_size=32).hexdigest()
