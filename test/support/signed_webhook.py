"""Deliveries signed as Telnyx documents it, by a library and with none of our own code."""

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED = bytes(range(32))
SECRET = Ed25519PrivateKey.from_private_bytes(SEED)
KEY = b64encode(SECRET.public_key().public_bytes_raw()).decode()
NOW = 1_773_500_640
BODY = b'{\n  "data": {"event_type": "call.bridged", "id": "e-1"}\n}\n'


def signature(body: bytes = BODY, stamp: str = str(NOW)) -> str:
    """Sign as Telnyx documents it, with none of our code."""
    return b64encode(SECRET.sign(stamp.encode() + b"|" + body)).decode()


def headers(signed: str | None = None, stamp: str = str(NOW)) -> dict[str, str]:
    """Return the two headers as Telnyx sends them."""
    value = signature() if signed is None else signed
    return {"Telnyx-Signature-Ed25519": value, "Telnyx-Timestamp": stamp}
