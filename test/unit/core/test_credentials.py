"""Secrets of a client: checked, hidden, and taken out of what a server repeats."""

import pickle

import pytest

from telnyx_recordings.core.credentials import ApiKey, Credentials, Scheme
from telnyx_recordings.errors import ConfigError


@pytest.mark.parametrize("parts", [("us:er", "word"), ("user", "wo\nrd"), ("us\x00er", "word")])
def test_a_user_name_with_a_colon_is_refused(parts: tuple[str, str]) -> None:
    scheme = Scheme(kind="basic", arguments=("username", "password"), variables=())
    with pytest.raises(ConfigError, match="a colon, or it or the password a control character"):
        ApiKey(scheme, *parts)


def test_a_secret_is_neither_shown_nor_pickled() -> None:
    key = ApiKey(Scheme(kind="query", name="key", arguments=("key",), variables=()), "hush-hush")
    assert repr(key) == "ApiKey(***)"
    with pytest.raises(TypeError, match="an API key cannot be pickled"):
        pickle.dumps(key)
    assert (key.headers(), key.query()) == ({}, "key=hush-hush")


def test_a_client_without_a_key_may_call_what_is_public() -> None:
    """Other calls are refused with all ways to give a key."""
    schemes = {
        name: Scheme(kind="bearer", arguments=(name,), variables=(f"X_{name}",)) for name in "ab"
    }
    keys = Credentials(schemes, (("a",), ("b",)), {}, is_key_needed=False)
    assert keys.headers((), {}) == {}
    assert keys.headers((("a",), ()), {}) == {}
    with pytest.raises(ConfigError, match="pass a=… or set X_a; otherwise pass b=… or set X_b"):
        keys.headers(None, {})


def test_the_key_in_a_whole_authorization_is_taken_out_of_a_body() -> None:
    scheme = Scheme(kind="header", name="Authorization", arguments=("key",), variables=())
    assert ApiKey(scheme, "Bearer hush-hush").scrub(b"no hush-hush here") == b"no *** here"
