"""Parses the headers of a store's response: the version of the audio, and the range of bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from telnyx_recordings.errors import MediaIntegrityError
from telnyx_recordings.media.digests import md5_in
from telnyx_recordings.media.steps import Version

OK, PARTIAL, UNSATISFIABLE = 200, 206, 416

_STRONG = re.compile(r'"[\x21\x23-\x7e]{1,256}"')
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.ASCII)
_NO_RANGE = re.compile(r"bytes \*/([0-9]{1,18})", re.ASCII)
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
_NOT_AUDIO = re.compile(r"(?:text|application)/(?:.*\+)?(?:html|xhtml|xml|json)", re.IGNORECASE)
_CODE = re.compile(rb"<Code>([A-Za-z0-9.]{1,64})</Code>")


class ResponseHead(Struct, frozen=True):
    """What a response states about its body.

    Attributes:
        version: of the audio.
        start: the offset of the body in the audio.
        length: of the body; None if it is not stated.
        chunked: whether the body has a chunked encoding, and so a marked end.
    """

    version: Version
    start: int
    length: int | None
    chunked: bool

    def continues(self, version: Version, size: int) -> bool:
        """Tell whether the body is what follows the first `size` bytes of a version."""
        return (
            self.start == size > 0
            and self.length is not None
            and version.etag is not None
            and version.etag == self.version.etag
            and version.total in (None, self.version.total)
        )


def read(status: int, headers: Mapping[str, str]) -> ResponseHead:
    """Parse the headers of a 200, 206 or 416; an inconsistent 206 has no length."""
    said = headers.get("etag") or ""
    etag = said if _STRONG.fullmatch(said) else None
    start, length, total = 0, length_of(headers), None
    if status == PARTIAL:
        match = _RANGE.fullmatch(headers.get("content-range") or "")
        first, last, whole = map(int, match.groups()) if match else (0, -1, 0)
        sound = first <= last < whole and length in (None, last - first + 1)
        start, length, total = first, last - first + 1 if sound else None, whole
    elif status == UNSATISFIABLE:
        match = _NO_RANGE.fullmatch(headers.get("content-range") or "")
        length, total = None, int(match[1]) if match else None
    else:
        total = length
    md5 = None if _is_encrypted(headers) else md5_in(etag)
    return ResponseHead(
        version=Version(etag, total, md5),
        start=start,
        length=length,
        chunked="chunked" in (headers.get("transfer-encoding") or "").lower(),
    )


def length_of(headers: Mapping[str, str]) -> int | None:
    """Return the Content-Length; None if there is none.

    Raises:
        MediaIntegrityError: it is not a number, or there are several different ones.
    """
    said = {each.strip() for each in (headers.get("content-length") or "").split(",")} - {""}
    if not said:
        return None
    if len(said) > 1 or not _LENGTH.fullmatch(value := said.pop()):
        raise MediaIntegrityError("the store's answer has a Content-Length that cannot be")
    return int(value)


def refuse(headers: Mapping[str, str], answer: ResponseHead, largest: int) -> None:
    """Reject a response that is not, or cannot be shown to be, the stored audio.

    Raises:
        MediaIntegrityError: the message says why.
    """
    encoding = headers.get("content-encoding") or "identity"
    if encoding.strip().lower() != "identity":
        raise MediaIntegrityError("the store sent the audio in another encoding than asked for")
    kind = (headers.get("content-type") or "").partition(";")[0].strip()
    if _NOT_AUDIO.fullmatch(kind):
        raise MediaIntegrityError(f"the store sent {kind} in place of audio")
    version = answer.version
    if answer.length is None and not (answer.chunked and version.etag):
        raise MediaIntegrityError("the store does not say how long the audio is")
    size = version.total or 0
    if size > largest:
        raise MediaIntegrityError(
            f"the store offers {size:,} bytes, more than this recording can have ({largest:,})"
        )


def code_in(body: bytes) -> str | None:
    """Return the error code in a store's response; the rest may contain keys, and is ignored."""
    match = _CODE.search(body)
    return match[1].decode() if match else None


def _is_encrypted(headers: Mapping[str, str]) -> bool:
    """Tell whether the ETag is that of encrypted bytes: with KMS, or a customer key."""
    return (headers.get("x-amz-server-side-encryption") or "").lower().startswith("aws:kms") or (
        headers.get("x-amz-server-side-encryption-customer-algorithm") is not None
    )
