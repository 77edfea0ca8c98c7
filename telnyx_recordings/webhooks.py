"""Webhooks: check that a delivery is Telnyx's, over its raw bytes, then read it as a typed event.

Nothing here does I/O: TELNYX_PUBLIC_KEY is read from the environment, and the clock, unless given.
Needs the extra ``webhooks`` (cryptography), which is imported when something is checked or signed.

Source of the rules: Telnyx signs ``timestamp + "|" + body`` with Ed25519.
"""

from __future__ import annotations

import os
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast
from urllib.parse import parse_qsl

import msgspec

from telnyx_recordings import models
from telnyx_recordings.core import codec
from telnyx_recordings.errors import (
    ConfigError,
    MissingExtraError,
    ModelError,
    WebhookReplayError,
    WebhookVerificationError,
)
from telnyx_recordings.models import (
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedWebhookEvent,
    CallRecordingTranscriptionSavedWebhookEvent,
    ConferenceRecordingSavedWebhookEvent,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

__all__ = [
    "MAX_BODY",
    "SIGNATURE_HEADER",
    "TIMESTAMP_HEADER",
    "TOLERANCE",
    "Event",
    "Headers",
    "KeyPair",
    "UnknownEvent",
    "Webhooks",
    "event_id",
    "generate_keys",
    "sign",
    "unsafe_unwrap",
    "unwrap",
    "verify",
]

SIGNATURE_HEADER = "telnyx-signature-ed25519"
TIMESTAMP_HEADER = "telnyx-timestamp"
MAX_BODY = 1 << 20
"""The largest body that is looked at, in bytes."""
TOLERANCE = 300.0
"""Seconds that the timestamp may differ from the clock, either way, as Telnyx recommends."""

_LONGEST_TOLERANCE = 86_400
_KEY_LENGTH = 32
_SIGNATURE_LENGTH = 64
_SPACE = re.compile(r"\s+", re.ASCII)
_STAMP = re.compile(r"[0-9]{1,16}")
_FORM = re.compile(rb"[!-~]*=[!-~]*")
_PRIME = 2**255 - 19


class _Items(Protocol):
    """What mappings, and every framework's own headers class, have in common."""

    def items(self) -> Iterable[tuple[str | bytes, Any]]: ...


Headers: TypeAlias = _Items | Iterable[tuple[str | bytes, str | bytes]]
"""A delivery's headers as any framework has them: a mapping or pairs, names in any case, text or
bytes; a WSGI environ and an ASGI scope's ``headers`` too."""


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An authentic delivery that is none of the events in the contract.

    An event of another product, an old flat shape without ``data``, a form-encoded TeXML callback,
    or what Telnyx sends next year. Its repr shows no contents.

    Attributes:
        body: the bytes that were signed.
        data: what they say: plain JSON values; for a form its fields, the last of each name, as a
            dict; None when they are neither.
        event_type: as the event names it, else None.
        id: the event's own id, by which doubles are dropped, else None.
    """

    body: bytes = field(repr=False)
    data: Any = field(default=None, repr=False)
    event_type: str | None = None
    id: str | None = None


Event: TypeAlias = (
    CallRecordingErrorWebhookEvent
    | CallRecordingSavedWebhookEvent
    | CallRecordingTranscriptionSavedWebhookEvent
    | ConferenceRecordingSavedWebhookEvent
    | UnknownEvent
)
"""What `unwrap` gives; tell them apart with ``isinstance`` or ``match``."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A pair of keys for tests, each in base64 as Telnyx shows the public one."""

    public_key: str
    private_key: str = field(repr=False)


def unwrap(  # noqa: PLR0913 - one keyword a rule of the check
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> Event:
    """Check a delivery, then read it: what is not Telnyx's is never parsed.

    What passes the check always gives an event. A field that does not fit its type is kept in
    ``additional_properties``; a body that is no event of the contract gives an `UnknownEvent`.

    Args:
        body: the raw body, before anything parsed it; text stands for its UTF-8.
        headers: all headers of the request; see `Headers`.
        public_key: base64 of 32 bytes, from TELNYX_PUBLIC_KEY when not given. During a rotation
            several, in a list or with commas between: any of them will do.
        tolerance: seconds, 0 to 86,400.
        now: Unix seconds, or what tells them, in place of the machine's clock.
        seen: called once the signature is good, with a text that is the same for the same bytes
            signed at the same second: returns whether it was called with that before.

    Raises:
        WebhookVerificationError: it is not authentic, not recent, or cannot be checked.
        WebhookReplayError: a kind of it: ``seen`` knew this very delivery.
        ConfigError: there is no usable public key, or the tolerance makes no sense.
        MissingExtraError: cryptography is not installed.
    """
    return unsafe_unwrap(_checked(body, headers, public_key, tolerance, now, seen))


def verify(  # noqa: PLR0913 - one keyword a rule of the check
    body: bytes | str,
    headers: Headers,
    *,
    public_key: str | Sequence[str] | None = None,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] | float | None = None,
    seen: Callable[[str], bool] | None = None,
) -> None:
    """Check a delivery and read nothing; arguments and errors are those of `unwrap`."""
    _checked(body, headers, public_key, tolerance, now, seen)


def unsafe_unwrap(body: bytes | str) -> Event:
    """Read a delivery without any check: for one that was checked before, such as from a queue.

    Raises:
        WebhookVerificationError: the body is a text that has no bytes (a lone surrogate).
    """
    raw = _raw(body)
    try:
        data = msgspec.json.decode(raw)
    except (ValueError, RecursionError):  # a form, or nothing that is known; bad UTF-8 as well
        form = _FORM.fullmatch(raw)
        return UnknownEvent(raw, dict(parse_qsl(raw.decode(), True)) if form else None)
    outer = _fields(data)
    event = _fields(outer.get("data")) or outer
    event_type = _text(event.get("event_type"))
    if event is not outer and (kind := _KINDS.get(event_type or "")):
        try:
            return codec.from_builtins(kind, data, lenient=True)
        except ModelError:  # nested too deeply for us, though not for JSON
            pass
    return UnknownEvent(raw, data, event_type, _text(event.get("id")))


def event_id(event: Event) -> str | None:
    """Return the event's own id: repeated deliveries have the same, so drop doubles by it."""
    if isinstance(event, UnknownEvent):
        return event.id
    return event.data.id if event.data is not None else None


def sign(
    body: bytes | str, *, private_key: str, timestamp: float | None = None
) -> dict[str, str]:
    """Return the headers that Telnyx would send with this body: for tests of your receiver.

    Args:
        body: what will be sent, byte for byte.
        private_key: of `generate_keys`.
        timestamp: Unix seconds; now when not given.

    Raises:
        ConfigError: the private key is not base64 of 32 bytes.
        MissingExtraError: cryptography is not installed.
        WebhookVerificationError: the body is a text that has no bytes (a lone surrogate).
    """
    key = _private_key(private_key)
    stamp = str(int(time.time() if timestamp is None else timestamp))
    signature = key.sign(_signed(stamp, _raw(body)))
    return {SIGNATURE_HEADER: b64encode(signature).decode(), TIMESTAMP_HEADER: stamp}


def generate_keys(seed: bytes | None = None) -> KeyPair:
    """Return a new pair of keys for tests; from the same seed (32 bytes) always the same.

    Raises:
        ConfigError: the seed has another length.
        MissingExtraError: cryptography is not installed.
    """
    private = b64encode(os.urandom(_KEY_LENGTH) if seed is None else seed).decode()
    public = _private_key(private).public_key().public_bytes_raw()
    return KeyPair(b64encode(public).decode(), private)


class Webhooks:
    """What ``client.webhooks`` is: `unwrap` under the names of Telnyx's own SDK."""

    def unwrap(
        self, payload: bytes | str, headers: Headers, *, key: str | bytes | None = None
    ) -> Event:
        """Check a delivery, then read it; see `unwrap` of this module, also for more options.

        Args:
            payload: the raw body.
            headers: all headers of the request.
            key: the public key in base64, or its 32 bytes; from TELNYX_PUBLIC_KEY when not given.

        Raises:
            WebhookVerificationError: it is not authentic, not recent, or cannot be checked.
            ConfigError: there is no usable public key.
            MissingExtraError: cryptography is not installed.
        """
        public_key = b64encode(key).decode() if isinstance(key, bytes) else key
        return unwrap(payload, headers, public_key=public_key)

    def unsafe_unwrap(self, payload: bytes | str) -> Event:
        """Read a delivery without any check; see `unsafe_unwrap` of this module."""
        return unsafe_unwrap(payload)


_KINDS: dict[str, type[Any]] = {
    event_type: getattr(models, name) for event_type, name in models.EVENTS.items()
}


def _checked(
    body: bytes | str,
    headers: Headers,
    public_key: str | Sequence[str] | None,
    tolerance: float,
    now: Callable[[], float] | float | None,
    seen: Callable[[str], bool] | None,
) -> bytes:
    """Return the raw body of a delivery that passes every check."""
    keys = _public_keys(public_key)  # first: a receiver that is set up wrongly must be noticed
    if not 0 <= _number("tolerance", tolerance) <= _LONGEST_TOLERANCE:
        raise ConfigError(f"tolerance must be from 0 to {_LONGEST_TOLERANCE} seconds")
    raw = _raw(body)
    if len(raw) > MAX_BODY:
        raise WebhookVerificationError(f"the body is larger than {MAX_BODY} bytes")
    found = _signature_headers(headers)
    signature = _from_base64(found[SIGNATURE_HEADER], _SIGNATURE_LENGTH)
    if signature is None:
        raise WebhookVerificationError(
            f"the header {SIGNATURE_HEADER} is not base64 of {_SIGNATURE_LENGTH} bytes: "
            "look for a proxy that alters headers"
        )
    stamp = found[TIMESTAMP_HEADER]
    if not _STAMP.fullmatch(stamp):
        raise WebhookVerificationError(
            f"the header {TIMESTAMP_HEADER} is not Unix seconds in plain digits: "
            "look for a proxy that alters headers"
        )
    moment = now() if callable(now) else time.time() if now is None else now
    early = int(stamp) - _number("now", moment)
    if not abs(early) <= tolerance:  # so put, a NaN is refused
        raise WebhookVerificationError(
            f"it was signed more than {tolerance:g} s {'after' if early > 0 else 'before'} now: "
            "an old delivery sent again, or this machine's clock is wrong"
        )
    signed = _signed(stamp, raw)
    if not any(_has_signed(key, signature, signed) for key in keys):
        raise WebhookVerificationError(
            "the signature does not match: the body was changed on its way (pass on the raw "
            "bytes, before anything parses them), or the public key is of another account"
        )
    if seen is not None and seen(sha256(signed).hexdigest()):
        raise WebhookReplayError(
            "this very delivery was here before: answer 200, and do nothing more"
        )
    return raw


def _raw(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if not isinstance(body, str):
        raise TypeError(
            f"the body must be the raw bytes of the request, or their text, not "
            f"{type(body).__name__}: a parsed body cannot be checked any more"
        )
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise WebhookVerificationError(
            "the body is a text that came from no UTF-8: pass on the raw bytes"
        ) from None


def _number(name: str, value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise TypeError(f"{name} must be a number of seconds, not {type(value).__name__}")


def _signed(stamp: str, raw: bytes) -> bytes:
    return stamp.encode() + b"|" + raw


def _signature_headers(headers: Headers) -> dict[str, str]:
    """Return the values of the two headers, each of which must be there once."""
    found: dict[str, str] = {}
    for name, value in _pairs(headers):
        plain = _latin(name).lower()
        wanted = plain.replace("_", "-").removeprefix("http-")  # WSGI: HTTP_TELNYX_TIMESTAMP
        if wanted not in (SIGNATURE_HEADER, TIMESTAMP_HEADER):
            continue
        if wanted in found:
            raise WebhookVerificationError(f"the header {wanted} is there more than once")
        if not isinstance(value, str | bytes):
            raise TypeError(f"a header's value must be str or bytes, not {type(value).__name__}")
        found[wanted] = _latin(value)
    for wanted in (SIGNATURE_HEADER, TIMESTAMP_HEADER):
        if wanted not in found:
            raise WebhookVerificationError(
                f"the header {wanted} is missing: this is not from Telnyx, or a proxy removed it"
            )
    return found


def _pairs(headers: Headers) -> Iterable[tuple[object, object]]:
    items = getattr(headers, "items", None)
    for pair in items() if callable(items) else headers:
        if not isinstance(pair, tuple | list) or len(cast("Sequence[object]", pair)) != 2:  # noqa: PLR2004 - a name and a value
            raise TypeError("headers must be a mapping, or pairs of a name and a value")
        yield cast("tuple[object, object]", tuple(pair))


def _latin(value: object) -> str:
    """Return a header's name or value as text; that of a WSGI environ's other objects is empty."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _from_base64(text: str, length: int) -> bytes | None:
    """Return what canonical base64 says, white space aside; None for all else."""
    packed = _SPACE.sub("", text)
    try:
        raw = b64decode(packed, validate=True)
    except ValueError:
        return None
    # Decoders pass over bits that are set behind the end: only what encodes back is canonical.
    return raw if len(raw) == length and b64encode(raw).decode() == packed else None


def _public_keys(given: object) -> list[Ed25519PublicKey]:
    """Return the usable keys: at least one, and all that were given."""
    _need_cryptography()
    if given is None:
        given = os.environ.get("TELNYX_PUBLIC_KEY", "")
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Sequence) or isinstance(given, bytes | bytearray | memoryview):
        raise TypeError(f"public_key must be str or a list of str, not {type(given).__name__}")
    keys = [_public_key(each) for each in cast("Sequence[object]", given) if each != ""]
    if not keys:
        raise ConfigError(
            "there is no public key: pass public_key=… or set TELNYX_PUBLIC_KEY; the Telnyx "
            "portal shows it under Keys & Credentials"
        )
    return keys


def _public_key(text: object) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PublicKey,
    )

    if not isinstance(text, str):
        raise TypeError(f"a public key must be str, not {type(text).__name__}")
    raw = _from_base64(text, _KEY_LENGTH)
    if raw is None:
        raise ConfigError(
            f"a public key is not base64 of {_KEY_LENGTH} bytes: copy it again from the Telnyx "
            "portal (an API key, which begins with KEY, is something else)"
        )
    if _is_forgeable(raw):
        raise ConfigError("a public key is all zeros or the like, for which anyone can sign")
    return Ed25519PublicKey.from_public_bytes(raw)


def _is_forgeable(key: bytes) -> bool:
    """Tell whether a key is a point of small order, for which signatures are easily made up.

    OpenSSL takes such keys (all zeros, say, as a placeholder). With y the encoded coordinate, the
    order is 4 where y = 0, 1 or 2 where y² = 1, and 8 where dy⁴ + 2y² = 1 (RFC 8032, section 5.1).
    """
    y = int.from_bytes(key, "little") & (2**255 - 1)
    d_times, one_times = -121665, 121666  # d = -121665 / 121666
    eight = d_times * y**4 + one_times * (2 * y * y - 1)
    return y * (y * y - 1) * eight % _PRIME == 0


def _private_key(text: str) -> Ed25519PrivateKey:
    _need_cryptography()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 - an extra
        Ed25519PrivateKey,
    )

    raw = _from_base64(text, _KEY_LENGTH)
    if raw is None:
        raise ConfigError(f"a private key is base64 of {_KEY_LENGTH} bytes, which this is not")
    return Ed25519PrivateKey.from_private_bytes(raw)


def _need_cryptography() -> None:
    """Fail closed: without the library nothing can be checked, so nothing passes."""
    try:
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise MissingExtraError("checking or signing webhooks", "webhooks") from error


def _has_signed(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - an extra

    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _fields(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
