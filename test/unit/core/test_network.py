"""Which proxy a request goes through."""

import pickle
from base64 import b64decode
from typing import Any

import pytest

from telnyx_recordings.core.network import Network, Proxy, network
from telnyx_recordings.errors import ConfigError

API = "https://api.telnyx.com/v2"
PROXY = "http://proxy.example.com:3128"


def proxy_for(url: str, **environment: str) -> Proxy | None:
    """The proxy for a URL, with these variables of the environment."""
    return network(None, None, None, environment).proxy_for(url)


def name_for(url: str, **environment: str) -> str | None:
    """Host and port of the proxy for a URL."""
    proxy = proxy_for(url, **environment)
    return proxy.name if proxy else None


def test_no_proxy_is_used_without_a_setting() -> None:
    assert proxy_for(API) is None
    assert Network().proxy_for(API) is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"HTTPS_PROXY": PROXY}, "proxy.example.com:3128"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, "proxy.example.com:3128"),
        ({"ALL_PROXY": PROXY, "HTTP_PROXY": "http://other"}, "proxy.example.com:3128"),
        ({"HTTPS_PROXY": PROXY, "all_proxy": "http://other"}, "proxy.example.com:3128"),
        ({"HTTPS_PROXY": "", "ALL_PROXY": PROXY}, None),
        ({"https_proxy": " ", "HTTPS_PROXY": PROXY}, None),
        ({"HTTP_PROXY": PROXY}, None),
    ],
)
def test_the_environment_decides_by_scheme(
    environment: dict[str, str], expected: str | None
) -> None:
    assert name_for(API, **environment) == expected


@pytest.mark.parametrize(
    ("text", "url", "name"),
    [
        ("http://proxy:3128", "http://proxy:3128", "proxy:3128"),
        ("HTTP://Proxy:3128/", "http://proxy:3128", "proxy:3128"),
        ("proxy:3128", "http://proxy:3128", "proxy:3128"),
        ("proxy", "http://proxy:80", "proxy:80"),
        ("https://proxy", "https://proxy:443", "proxy:443"),
        (" http://10.0.0.1:8080 ", "http://10.0.0.1:8080", "10.0.0.1:8080"),
        ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128", "[2001:db8::1]:3128"),
        ("user:password@proxy:3128", "http://proxy:3128", "proxy:3128"),
    ],
)
def test_the_url_of_a_proxy_is_parsed(text: str, url: str, name: str) -> None:
    proxy = network(text, None, None, {}).proxy_for(API)
    assert proxy is not None
    assert (proxy.url, proxy.name) == (url, name)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("http://me:secret@proxy", "me:secret"),
        ("http://me@proxy", "me:"),
        ("http://a%40b:c%3A%2Fd@proxy", "a@b:c:/d"),
        ("http://mé:ü@proxy", "mé:ü"),
        ("http://proxy", None),
    ],
)
def test_user_name_and_password_are_decoded(text: str, pair: str | None) -> None:
    proxy = network(text, None, None, {}).proxy_for(API)
    assert proxy is not None
    if pair is None:
        assert proxy.authorization is None
    else:
        assert b64decode(str(proxy.authorization).removeprefix("Basic ")).decode() == pair


def test_a_proxy_shows_no_password() -> None:
    proxy = network("http://me:secret@proxy:1", None, None, {}).proxy_for(API)
    assert repr(proxy) == "<Proxy proxy:1>"
    assert proxy is not None
    assert repr(proxy.authorization) == "'***'"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(proxy)


def test_an_argument_overrides_the_environment() -> None:
    environment = {"HTTPS_PROXY": "http://other", "NO_PROXY": "*"}
    assert network(False, None, None, environment).proxy_for(API) is None  # noqa: FBT003 - as users write it
    found = network(PROXY, None, None, environment).proxy_for(API)
    assert found is not None
    assert found.name == "proxy.example.com:3128"
    with pytest.raises(ConfigError, match="or False, not a int"):
        network(3128, None, None, {}).proxy_for(API)


@pytest.mark.parametrize(
    ("url", "proxy", "is_used"),
    [
        ("http://127.0.0.1:8080/", PROXY, False),
        ("https://localhost/", PROXY, False),
        ("https://[::1]/", PROXY, False),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:3128", True),
        ("https://localhost/", "http://localhost:3128", True),
        ("http://[::1]:8080/", "http://[::1]:3128", True),
        (API, "http://127.0.0.1:3128", True),
    ],
)
def test_a_request_to_this_machine_stays_on_it(url: str, proxy: str, *, is_used: bool) -> None:
    assert (network(proxy, None, None, {}).proxy_for(url) is not None) is is_used


@pytest.mark.parametrize(
    ("entries", "url", "is_exempt"),
    [
        ("*", API, True),
        ("example.com,*", API, True),
        ("telnyx.com", API, True),
        (".telnyx.com", API, True),
        ("*.telnyx.com", API, True),
        ("API.Telnyx.COM", API, True),
        ("api.telnyx.com.", API, True),
        ("api.telnyx.com", "https://API.telnyx.com./v2", True),
        (" , example.com ,\ttelnyx.com ", API, True),
        ("example.com telnyx.com", API, True),
        ("nyx.com", API, False),
        ("www.telnyx.com", API, False),
        ("telnyx.com", "https://telnyx.com/", True),
        (".telnyx.com", "https://telnyx.com/", True),
        ("com", API, True),
        ("", API, False),
        (",", API, False),
        (".", API, False),
        ("telnyx.com:443", API, True),
        ("telnyx.com:8443", API, False),
        ("telnyx.com:8443", "https://api.telnyx.com:8443/v2", True),
        ("10.0.0.1", "https://10.0.0.1/", True),
        ("10.0.0.1:443", "https://10.0.0.1/", True),
        ("10.0.0.1:80", "https://10.0.0.1/", False),
        ("10.0.0.0/8", "https://10.1.2.3/", True),
        ("10.0.0.7/8", "https://10.1.2.3/", True),
        ("10.0.0.0/8", "https://11.1.2.3/", False),
        ("10.0.0.0/8", API, False),
        ("not/anetwork", "https://10.0.0.1/", False),
        ("10.0.0.1", API, False),
        ("0.0.1", "https://10.0.0.1/", False),
        ("2001:db8::1", "https://[2001:db8:0::1]/", True),
        ("[2001:db8::1]", "https://[2001:db8::1]/", True),
        ("[2001:db8::1]:443", "https://[2001:db8::1]/", True),
        ("[2001:db8::1]:80", "https://[2001:db8::1]/", False),
        ("2001:db8::/32", "https://[2001:db8::1]/", True),
        ("2001:db8::/32", "https://10.0.0.1/", False),
    ],
)
def test_hosts_named_by_no_proxy_are_reached_directly(
    entries: str, url: str, *, is_exempt: bool
) -> None:
    assert (proxy_for(url, HTTPS_PROXY=PROXY, NO_PROXY=entries) is None) is is_exempt


def test_http_proxy_is_ignored_in_cgi_programs() -> None:
    url = "http://api.example.com/"
    assert name_for(url, HTTP_PROXY=PROXY) == "proxy.example.com:3128"
    assert name_for(url, HTTP_PROXY=PROXY, REQUEST_METHOD="GET") is None
    assert name_for(url, http_proxy=PROXY, REQUEST_METHOD="GET") == "proxy.example.com:3128"


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        (None, {"ca_file": "ca.pem"}),
        (False, {"ca_file": "ca.pem", "proxy": False}),
        (PROXY, {"ca_file": "ca.pem", "proxy": PROXY}),
    ],
)
def test_a_client_in_another_process_connects_in_the_same_way(
    proxy: Any, expected: dict[str, Any]
) -> None:
    found = network(proxy, None, "ca.pem", {"HTTPS_PROXY": "http://me:secret@proxy"})
    assert found.arguments() == expected


def test_passwords_and_contexts_are_not_sent_to_other_processes() -> None:
    with pytest.raises(ConfigError, match="set HTTPS_PROXY here and where they start"):
        network("http://me:secret@proxy", None, None, {}).arguments()
    with pytest.raises(ConfigError, match="use ca_file, or set SSL_CERT_FILE"):
        network(None, object(), None, {}).arguments()
