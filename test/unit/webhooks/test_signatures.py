"""Signatures of webhooks: every delivery that Telnyx signed is accepted, and no other."""

import pickle
import sys
from base64 import b64decode, b64encode
from email.message import Message
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from starlette.datastructures import Headers as StarletteHeaders

import processes
from signed_webhook import BODY, KEY, NOW, SEED, headers, signature
from telnyx_recordings import AsyncClient, Client, webhooks
from telnyx_recordings.errors import (
    ConfigError,
    TelnyxRecordingsError,
    WebhookReplayError,
    WebhookVerificationError,
)

OTHER = webhooks.generate_keys(b"o" * 32)


def refusal(
    body: Any = BODY, sent: Any = None, key: Any = KEY, now: Any = NOW, **options: Any
) -> str:
    """Return why a delivery is refused; the message must not contain any of its data."""
    sent = headers() if sent is None else sent
    with pytest.raises(WebhookVerificationError) as caught:
        webhooks.verify(body, sent, public_key=key, now=now, **options)
    message = str(caught.value)
    for secret in (signature(), KEY, "call.bridged", "e-1"):
        assert secret not in message
    return message


def test_signatures_of_telnyx_are_accepted() -> None:
    event = webhooks.unwrap(BODY, headers(), public_key=KEY, now=NOW)
    assert event == webhooks.UnknownEvent(
        BODY, {"data": {"event_type": "call.bridged", "id": "e-1"}}, "call.bridged", "e-1"
    )


def test_a_recorded_delivery_is_accepted() -> None:
    written = {
        "telnyx-signature-ed25519": "QP4Fc60TWrP0lJW5uP6/hkL2HXYC5lc7wd31XgvqFiEFWaGvnYOzjbzg"
        "/P8HuhXZdJ+i5RPc5VOUeKTgjeyrCA==",
        "telnyx-timestamp": "1773500640",
    }
    key = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    webhooks.verify(b'{"data":{}}', written, public_key=key, now=1_773_500_640)


def _message() -> Message:
    made = Message()
    for name, value in headers().items():
        made[name] = value
    return made


ENVIRON = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers().items()}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({name.upper(): value for name, value in headers().items()}, id="upper case"),
        pytest.param({name.lower(): value for name, value in headers().items()}, id="lower case"),
        pytest.param([["Host", "x.example"], *headers().items()], id="pairs"),
        pytest.param(zip(headers(), headers().values(), strict=True), id="once only"),
        pytest.param(StarletteHeaders(headers()).raw, id="ASGI scope"),
        pytest.param({"wsgi.input": object(), **ENVIRON}, id="WSGI environ"),
        pytest.param(StarletteHeaders(headers()), id="starlette"),
        pytest.param(_message(), id="http.server"),
        pytest.param(headers(f" {signature()[:20]}\r\n\t{signature()[20:]} "), id="folded"),
    ],
)
def test_headers_may_have_any_form(sent: Any) -> None:
    webhooks.verify(BODY, sent, public_key=KEY, now=NOW)


def test_a_text_stands_for_its_utf_8() -> None:
    body = '{"text": "Grüße ☎"}'
    signed = headers(signature(body.encode()))
    webhooks.verify(body, signed, public_key=KEY, now=NOW)


@pytest.mark.parametrize("offset", [-300, -299.5, 0, 299.5, 300])
def test_a_clock_may_differ_by_five_minutes(offset: float) -> None:
    webhooks.verify(BODY, headers(), public_key=KEY, now=NOW + offset)
    webhooks.verify(BODY, headers(), public_key=KEY, now=lambda: NOW + offset)


@pytest.mark.parametrize(
    ("offset", "words"), [(300.1, "300 s before now"), (-3600, "300 s after now")]
)
def test_a_delivery_from_another_time_is_refused(offset: float, words: str) -> None:
    assert words in refusal(now=NOW + offset)
    webhooks.verify(BODY, headers(), public_key=KEY, now=NOW + offset, tolerance=3600)


def test_the_local_clock_is_used_by_default() -> None:
    pair = webhooks.generate_keys()
    fresh = webhooks.sign(BODY, private_key=pair.private_key)
    webhooks.verify(BODY, fresh, public_key=pair.public_key)
    assert "before now" in refusal(sent=headers(), now=None)


@pytest.mark.parametrize("now", [float("nan"), float("inf"), 10**400, -(10**400)])
def test_a_clock_that_returns_nan_refuses_everything(now: float) -> None:
    assert "clock is wrong" in refusal(now=now)


@pytest.mark.parametrize(
    "stamp",
    [
        "",
        " ",
        "+1773500640",
        "1773500640.0",
        "1_773_500_640",
        "17735006४0",
        "1773500640\n",
        "9" * 99,
    ],
)
def test_a_timestamp_is_plain_digits(stamp: str) -> None:
    assert "plain digits" in refusal(sent=headers(signature(stamp=stamp), stamp))


GOOD = signature()


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param("", id="empty"),
        pytest.param(GOOD[:-4], id="62 bytes"),
        pytest.param(GOOD.rstrip("="), id="no padding"),
        pytest.param(GOOD + "=", id="too much padding"),
        pytest.param(f"{GOOD[:-3]}{chr(ord(GOOD[-3]) + 1)}==", id="bits behind the end"),
        pytest.param(f"{GOOD[:40]}-_{GOOD[42:]}", id="URL alphabet"),
        pytest.param(f"{GOOD[:40]}\xa0{GOOD[40:]}", id="white space that is not ASCII"),
        pytest.param(f"{GOOD[:40]}\0{GOOD[40:]}", id="a stray byte"),
        pytest.param(f"{GOOD},{GOOD}", id="two"),
        pytest.param(b64encode(GOOD.encode()).decode(), id="encoded twice"),
    ],
)
def test_a_signature_is_canonical_base64_of_64_bytes(signed: str) -> None:
    assert "not base64 of 64 bytes" in refusal(sent=headers(signed))


def test_both_signature_headers_must_be_present_once() -> None:
    for name, value in headers().items():
        rest = {key: each for key, each in headers().items() if key != name}
        assert f"{name.lower()} is missing" in refusal(sent=rest)
        twice = [*headers().items(), (name.lower(), value)]
        assert f"{name.lower()} is there more than once" in refusal(sent=twice)


@pytest.mark.parametrize(
    "body", [b"", BODY[:-1], BODY + b" ", BODY.replace(b"e-1", b"e-2"), b" ".join(BODY.split())]
)
def test_a_changed_body_is_refused(body: bytes) -> None:
    assert "does not match" in refusal(body)


def test_a_changed_timestamp_is_refused() -> None:
    assert "does not match" in refusal(sent=headers(stamp=str(NOW + 1)))


def test_a_body_has_a_mebibyte_at_most() -> None:
    largest = b" " * webhooks.MAX_BODY
    webhooks.verify(largest, headers(signature(largest)), public_key=KEY, now=NOW)
    larger = largest + b" "
    assert "larger than 1048576 bytes" in refusal(larger, headers(signature(larger)))
    assert "larger than" in refusal("ü" * (webhooks.MAX_BODY // 2 + 1))


def test_a_body_with_lone_surrogates_is_refused() -> None:
    assert "cannot be encoded" in refusal("\ud800")


def test_unauthentic_bodies_are_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[object] = []
    monkeypatch.setattr(webhooks, "unsafe_unwrap", parsed.append)
    with pytest.raises(WebhookVerificationError):
        webhooks.unwrap(BODY, headers(signature(b"else")), public_key=KEY, now=NOW)
    assert parsed == []


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([OTHER.public_key, KEY], id="a list"),
        pytest.param((KEY, OTHER.public_key, ""), id="a tuple, one of them empty"),
        pytest.param(f"{OTHER.public_key}, {KEY},", id="with commas"),
        pytest.param(f"  {KEY[:20]}\n{KEY[20:]}\n", id="wrapped"),
    ],
)
def test_several_keys_can_be_valid(keys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    webhooks.verify(BODY, headers(), public_key=keys, now=NOW)
    monkeypatch.setenv("TELNYX_PUBLIC_KEY", keys if isinstance(keys, str) else ",".join(keys))
    webhooks.verify(BODY, headers(), now=NOW)


def test_the_key_of_another_account_is_refused() -> None:
    assert "another account" in refusal(key=OTHER.public_key)
    assert "another account" in refusal(key=[OTHER.public_key, OTHER.public_key])


@pytest.mark.parametrize("key", ["", " ", ",", [], (), [""]])
def test_deliveries_are_refused_without_a_key(key: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELNYX_PUBLIC_KEY", KEY)
    with pytest.raises(ConfigError, match="TELNYX_PUBLIC_KEY"):
        webhooks.verify(BODY, headers(), public_key=key, now=NOW)
    monkeypatch.delenv("TELNYX_PUBLIC_KEY")
    with pytest.raises(ConfigError, match="TELNYX_PUBLIC_KEY"):
        webhooks.verify(BODY, headers(), now=NOW)


@pytest.mark.parametrize(
    "key", ["KEY0123456789_abcdef", KEY[:-4], KEY[:-1], KEY[:-2] + "9=", KEY + KEY, f"{KEY},x"]
)
def test_invalid_keys_are_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="not base64 of 32 bytes") as caught:
        webhooks.verify(b"", {}, public_key=key)
    assert key not in str(caught.value)


PRIME = 2**255 - 19
Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7


@pytest.mark.parametrize(
    ("y", "sign"),
    list(product([0, 1, PRIME - 1, PRIME, PRIME + 1, Y_OF_ORDER_8, PRIME - Y_OF_ORDER_8], [0, 1])),
)
def test_keys_of_small_order_are_refused(y: int, sign: int) -> None:
    key = b64encode((y | sign << 255).to_bytes(32, "little")).decode()
    with pytest.raises(ConfigError, match="anyone can sign"):
        webhooks.verify(BODY, headers(), public_key=key, now=NOW)


def test_the_library_alone_would_take_a_forged_signature() -> None:
    """The reason for the test above: with such a key, one signature fits every message."""
    weak = (1).to_bytes(32, "little")
    forged = weak + bytes(32)
    for message in (b"anything", b"at all"):
        Ed25519PublicKey.from_public_bytes(weak).verify(forged, message)


@pytest.mark.parametrize("tolerance", [-1, 86_401, float("inf"), float("nan"), 10**400])
def test_invalid_tolerances_are_refused(tolerance: float) -> None:
    with pytest.raises(ConfigError, match="tolerance"):
        webhooks.verify(BODY, headers(), public_key=KEY, tolerance=tolerance, now=NOW)


def test_the_replay_hook_sees_authentic_deliveries_only() -> None:
    asked: list[str] = []

    def seen(delivery: str) -> bool:
        asked.append(delivery)
        return asked.count(delivery) > 1

    options: dict[str, Any] = {"public_key": KEY, "now": NOW, "seen": seen}
    with pytest.raises(WebhookVerificationError):
        webhooks.verify(BODY + b" ", headers(), **options)
    assert asked == []
    webhooks.verify(BODY, headers(), **options)
    later = str(NOW + 1)
    webhooks.verify(BODY, headers(signature(stamp=later), later), **options)
    assert len(set(asked)) == 2
    with pytest.raises(WebhookReplayError, match="respond with 200"):
        webhooks.unwrap(BODY, headers(), **options)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param({"body": {"data": {}}}, "raw bytes", id="a parsed body"),
        pytest.param({"body": bytearray(BODY)}, "raw bytes", id="a bytearray"),
        pytest.param({"headers": None}, "iterable", id="no headers"),
        pytest.param({"headers": ["telnyx-timestamp"]}, "pairs", id="names alone"),
        pytest.param({"headers": {"telnyx-timestamp": NOW}}, "value", id="a number as header"),
        pytest.param({"public_key": KEY.encode()}, "public_key", id="a key as bytes"),
        pytest.param({"public_key": [KEY.encode()]}, "public key", id="keys as bytes"),
        pytest.param({"public_key": 7}, "public_key", id="a number as key"),
        pytest.param({"tolerance": "300"}, "tolerance", id="a text as tolerance"),
        pytest.param({"tolerance": True}, "tolerance", id="a flag as tolerance"),
        pytest.param({"now": "noon"}, "now", id="a text as time"),
        pytest.param({"now": lambda: None}, "now", id="a clock that tells nothing"),
    ],
)
def test_a_wrong_type_is_a_type_error(arguments: dict[str, Any], words: str) -> None:
    right: dict[str, Any] = {"body": BODY, "headers": headers(), "public_key": KEY, "now": NOW}
    with pytest.raises(TypeError, match=words):
        webhooks.verify(**(right | arguments))


def test_errors_are_one_family() -> None:
    for kind in (WebhookReplayError, WebhookVerificationError):
        assert issubclass(kind, TelnyxRecordingsError)
        assert issubclass(kind, ValueError)
        copy = pickle.loads(pickle.dumps(kind("why")))
        assert (type(copy), str(copy)) == (kind, "why")


def test_deliveries_are_refused_without_the_library() -> None:
    program = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from telnyx_recordings import errors, webhooks\n"
        "for call in (lambda: webhooks.unwrap(b'{}', {}, public_key='A' * 43 + '='),\n"
        "             lambda: webhooks.sign(b'', private_key='A' * 43 + '='),\n"
        "             webhooks.generate_keys):\n"
        "    try: call()\n"
        "    except errors.MissingExtraError as error: print(error)\n"
    )
    done = processes.run(sys.executable, "-c", program, check=True)
    assert done.stdout.count("pip install 'cryptography>=50'") == 3


def test_signed_bodies_pass_verification() -> None:
    for body in (BODY, BODY.decode()):
        signed = webhooks.sign(body, private_key=OTHER.private_key, timestamp=NOW + 0.9)
        assert signed["telnyx-timestamp"] == str(NOW)
        webhooks.verify(body, signed, public_key=OTHER.public_key, now=NOW)


def test_keys_follow_from_a_seed_and_are_not_shown() -> None:
    assert webhooks.generate_keys(SEED).public_key == KEY
    assert webhooks.generate_keys() != webhooks.generate_keys()
    assert OTHER.private_key not in repr(OTHER)
    for seed in (b"", b"s" * 31, b"s" * 33):
        with pytest.raises(ConfigError, match="private key"):
            webhooks.generate_keys(seed)


@pytest.mark.parametrize("client_class", [Client, AsyncClient])
@pytest.mark.parametrize("key", [KEY, b64decode(KEY)])
def test_clients_unwrap_as_the_official_one_does(
    client_class: type[Client | AsyncClient], key: str | bytes
) -> None:
    pair = webhooks.generate_keys(SEED)
    signed = webhooks.sign(BODY, private_key=pair.private_key)
    client = client_class("KEY0")
    event = client.webhooks.unwrap(BODY, headers=signed, key=key)
    assert event == client.webhooks.unsafe_unwrap(BODY)
    with pytest.raises(ConfigError):
        client.webhooks.unwrap(BODY, signed)
