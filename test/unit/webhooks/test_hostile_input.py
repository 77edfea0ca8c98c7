"""Webhooks under attack: any input raises only our own errors, and only signed input passes."""

import json
from base64 import b64encode
from typing import Any

from hypothesis import strategies as st

from hostile_input import hostile
from signed_webhook import BODY, KEY, NOW, headers, signature
from telnyx_recordings import webhooks
from telnyx_recordings.errors import TelnyxRecordingsError, WebhookVerificationError
from telnyx_recordings.models import EVENTS

TEXTS = st.text(st.characters(codec=None))  # surrogates too
NAMES = st.sampled_from(
    ["telnyx-signature-ed25519", "Telnyx-Timestamp", "HTTP_TELNYX_TIMESTAMP", "telnyx_timestamp"]
)
STAMPS = st.one_of(st.just(str(NOW)), st.integers().map(str), TEXTS)
SIGNATURES = st.one_of(
    st.just(signature()), st.binary(min_size=64, max_size=64).map(lambda b: b64encode(b).decode())
)
VALUES = st.one_of(STAMPS, SIGNATURES, st.binary())
HEADERS = st.one_of(
    st.dictionaries(st.one_of(NAMES, TEXTS, st.binary()), VALUES),
    st.lists(st.tuples(st.one_of(NAMES, TEXTS, st.binary()), VALUES)),
    st.builds(headers, SIGNATURES, STAMPS),
)
KEYS = st.one_of(
    st.just(KEY),
    TEXTS,
    st.binary(min_size=32, max_size=32).map(lambda b: b64encode(b).decode()),
    st.lists(st.one_of(st.just(KEY), TEXTS)),
)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=5,
)
PAYLOADS = st.dictionaries(
    st.sampled_from(["recording_id", "from", "channels", "recording_urls", "start_time", "x"]),
    st.one_of(JSON, st.datetimes().map(str)),
)
DATA: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"event_type": st.sampled_from(sorted(EVENTS))},
    optional={"payload": st.one_of(PAYLOADS, JSON), "id": JSON, "occurred_at": JSON},
)
BODIES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"data": DATA}, optional={"meta": JSON, "extra": JSON}
)


@hostile(
    st.one_of(st.just(BODY), st.binary(), TEXTS),
    HEADERS,
    KEYS,
    st.one_of(st.just(NOW), st.floats(), st.integers()),
    st.floats(),
)
def test_webhooks_raise_only_our_own_errors(
    body: Any, sent: Any, key: Any, now: float, tolerance: float
) -> None:
    for limit in (tolerance, webhooks.TOLERANCE):
        try:
            webhooks.unwrap(body, sent, public_key=key, now=now, tolerance=limit)
        except TelnyxRecordingsError:
            continue
        assert body == BODY
        assert abs(now - NOW) <= limit


@hostile(st.one_of(st.binary(), TEXTS))
def test_any_body_that_was_signed_gives_an_event(body: bytes | str) -> None:
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    event = webhooks.unwrap(raw, headers(signature(raw)), public_key=KEY, now=NOW)
    assert event == webhooks.unsafe_unwrap(raw)


@hostile(BODIES)
def test_events_with_any_fields_are_read(whole: dict[str, Any]) -> None:
    event = webhooks.unsafe_unwrap(json.dumps(whole))
    assert type(event).__name__ == EVENTS[whole["data"]["event_type"]]
    assert not isinstance(event, webhooks.UnknownEvent)
    assert webhooks.event_id(event) in (whole["data"].get("id"), None)
    assert json.loads(event.to_json()).keys() == whole.keys()
    assert type(event).__name__ in repr(event)


@hostile(st.data())
def test_any_change_of_a_delivery_is_refused(data: st.DataObject) -> None:
    part = data.draw(st.sampled_from(["body", "signature", "stamp"]))
    body, signed, stamp = bytearray(BODY), signature(), str(NOW)
    if part == "body":
        body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    else:
        text = signed if part == "signature" else stamp
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters().filter(lambda c: c != text[place]))
        text = text[:place] + other + text[place + 1 :]
        signed, stamp = (text, stamp) if part == "signature" else (signed, text)
    try:
        webhooks.verify(bytes(body), headers(signed, stamp), public_key=KEY, now=NOW)
    except WebhookVerificationError:
        return
    raise AssertionError(part)
