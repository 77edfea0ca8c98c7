"""A client's settings: where they come from, and what is refused before anything is sent."""

import copy
import pickle
from typing import Any

import pytest

from telnyx_recordings.config import Config, changed, load
from telnyx_recordings.errors import ConfigError

KEY = "KEY0123456789_SECRET"


def config(**settings: Any) -> Config:
    """The settings of a client, with changes."""
    return load(KEY, "https://api.example.com/v2", **settings)


def said(made: Config) -> str:
    """The value of the Authorization header."""
    return made.credentials.headers(None, {})["authorization"]


def test_the_defaults_are_those_of_the_contract() -> None:
    made = load(KEY, None)
    assert made.base_url == "https://api.telnyx.com/v2"
    assert (made.max_retries, made.deadline, made.timeout) == (3, 120.0, 30.0)
    assert said(made) == f"Bearer {KEY}"


def test_the_environment_is_asked_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELNYX_API_KEY", "KEY_FROM_OUTSIDE")
    monkeypatch.setenv("TELNYX_BASE_URL", "https://api.telnyx.eu/v2/")
    made = load(None, None)
    assert (said(made), made.base_url) == ("Bearer KEY_FROM_OUTSIDE", "https://api.telnyx.eu/v2")
    made = load(KEY, "https://api.telnyx.ca/v2")
    assert (said(made), made.base_url) == (f"Bearer {KEY}", "https://api.telnyx.ca/v2")


def test_empty_environment_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELNYX_BASE_URL", "")
    assert load(KEY, None).base_url == "https://api.telnyx.com/v2"
    monkeypatch.setenv("TELNYX_API_KEY", "")
    with pytest.raises(ConfigError, match="there is no API key: pass api_key=… or set TELNYX_API"):
        load(None, None)


@pytest.mark.parametrize("key", ["KEY ", " KEY", "KEY\n", "\tKEY\r\n"])
def test_white_space_around_a_key_is_removed(key: str) -> None:
    assert said(load(key, None)) == "Bearer KEY"


def test_a_key_may_have_spaces() -> None:
    """The tests of the official SDK use one."""
    assert said(load("My API Key", None)) == "Bearer My API Key"


@pytest.mark.parametrize("key", ["", " ", "KEY\r\nX: y", "K\x00", "K\tEY", "K\x7fEY", "KÉY"])
def test_a_key_that_is_invalid_in_a_header_is_refused(key: str) -> None:
    with pytest.raises(ConfigError, match="API key") as caught:
        load(key, None)
    assert "KÉY" not in str(caught.value)


def test_the_key_is_not_shown_and_not_pickled() -> None:
    made = config(default_headers={"x-secret": "CANARY"})
    for shown in (repr(made), str(made), repr(made.credentials), f"{made.credentials}"):
        assert KEY not in shown
        assert "CANARY" not in shown
    for thing in (made, made.credentials):
        with pytest.raises(TypeError, match="an API key cannot be pickled"):
            pickle.dumps(thing)
        with pytest.raises(TypeError, match="an API key cannot be pickled"):
            copy.deepcopy(thing)
    assert copy.copy(made).credentials is made.credentials


def test_an_echoed_key_is_taken_out_of_a_body() -> None:
    assert load(KEY, None).credentials.scrub(f"{{'authorization': 'Bearer {KEY}'}}".encode()) == (
        b"{'authorization': 'Bearer ***'}"
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080/v2",
        "http://127.0.0.1:1/v2",
        "http://127.9.9.9/v2",
        "http://[::1]:80/v2",
        "https://api.example.com",
        "https://api.example.com:8443/a/b/",
    ],
)
def test_base_urls_are_https_or_on_this_machine(url: str) -> None:
    assert load(KEY, url).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "api.example.com", "ftp://api.example.com", "file:///etc/passwd", "https://", "//x"),
        *("http://api.example.com/v2", "http://localhost.example.com", "http://169.254.169.254"),
        *("https://user:CANARY@api.example.com", "https://CANARY@x", "https://x/v2?key=CANARY"),
        *("https://x/#CANARY", "https://x\n/CANARY", "https://x y", "https://é.example"),
        *("https://[::1", "https://x:99999999/", "https://x:port/", "https://x?", "https://a..b"),
    ],
)
def test_insecure_and_invalid_base_urls_are_refused(url: str) -> None:
    """The key would be sent where it does not belong; secrets in the URL are not shown."""
    with pytest.raises(ConfigError, match="base URL") as caught:
        load(KEY, url)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("name", ["timeout", "deadline"])
@pytest.mark.parametrize(
    "value", [0, -1, float("inf"), float("nan"), 10**400, True, "30", "x", (1, 2)]
)
def test_invalid_timeouts_are_refused(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{name} must be a number of seconds above 0"):
        config(**{name: value})


@pytest.mark.parametrize("value", [-1, 1.5, "3", True])
def test_retries_are_a_whole_number(value: object) -> None:
    with pytest.raises(ConfigError, match="max_retries must be a whole number from 0"):
        config(max_retries=value)
    assert config(max_retries=0).max_retries == 0


@pytest.mark.parametrize("headers", [{"x a": "1"}, {"x-a": "a\nb"}, {"x-a": "é"}])
def test_invalid_default_headers_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="characters that a header cannot carry"):
        config(default_headers=headers)


@pytest.mark.parametrize("settings", [{"default_headers": "x-a: 1"}, {"default_headers": 5}])
def test_a_setting_of_another_type_is_a_type_error(settings: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        config(**settings)


def test_changing_one_setting_keeps_the_others() -> None:
    first = config(timeout=5, max_retries=1)
    second = changed(first, timeout=None, deadline=7)
    assert (second.timeout, second.max_retries, second.deadline) == (5.0, 1, 7.0)
    assert second.credentials is first.credentials
