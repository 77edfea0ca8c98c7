"""Which of a contract's servers a client uses, and with which variables."""

import pytest

from telnyx_recordings.core.servers import Destination, Server, Variable, place
from telnyx_recordings.errors import ConfigError

REGION = Variable(argument="region", default="eu", values=("eu", "us"))
SERVERS = (
    Server(
        url="https://{region}.example.com/{base-path}/",
        names=("production", "Production server"),
        variables={"region": REGION, "base-path": Variable(argument="base_path", default="v1")},
    ),
    Server(url="http://127.0.0.1:8000/v1", names=("sandbox",)),
    Server(
        url="https://{tenant}.example.com",
        names=("own",),
        variables={"tenant": Variable(argument="tenant")},
    ),
    Server(url="/v1", names=("relative",)),
    Server(url="{any}", names=("any",), variables={"any": Variable(argument="any")}),
)
DEFAULTS = {"region": "eu", "base-path": "v1", "tenant": "", "any": ""}


def test_without_a_choice_the_base_url_is_that_of_the_settings() -> None:
    """The defaults of all variables are known, for servers of single operations."""
    assert place(None, SERVERS, None, {}) == Destination(
        url=None, name="production", values=DEFAULTS
    )
    given = place("https://x.example.com", SERVERS, None, {"region": None})
    assert given == Destination(url=None, name="production", values=DEFAULTS)


@pytest.mark.parametrize(
    ("server", "variables", "url"),
    [
        ("sandbox", {}, "http://127.0.0.1:8000/v1"),
        ("SANDBOX", {}, "http://127.0.0.1:8000/v1"),
        ("production server", {}, "https://eu.example.com/v1"),
        (1, {}, "http://127.0.0.1:8000/v1"),
        (None, {"region": "us"}, "https://us.example.com/v1"),
        (0, {"region": "us", "base_path": "v2/beta"}, "https://us.example.com/v2/beta"),
        ("own", {"tenant": "acme"}, "https://acme.example.com"),
        ("any", {"any": "https://acme.example.com:8443/v1"}, "https://acme.example.com:8443/v1"),
    ],
)
def test_a_server_is_chosen_by_name_or_index(
    server: str | int | None, variables: dict[str, str | None], url: str
) -> None:
    """Its variables are arguments; those that are not given have their defaults."""
    assert place(None, SERVERS, server, variables).url == url


@pytest.mark.parametrize(
    ("server", "variables", "why"),
    [
        ("test", {}, "there is no server 'test': choose one of 'production', 'sandbox', 'own'"),
        (5, {}, "there is no server 5"),
        (-1, {}, "there is no server -1"),
        (True, {}, "there is no server True"),
        (None, {"region": "mars"}, "region must be one of 'eu', 'us', not 'mars'"),
        ("sandbox", {"region": "us"}, "the server 'sandbox' has no region=: choose another server"),
        ("own", {}, "there is no tenant: pass tenant=…"),
        ("own", {"tenant": "evil.com/"}, "tenant='evil.com/' cannot be a part of the URL https://"),
        ("own", {"tenant": "a@evil.com"}, "cannot be a part of the URL"),
        ("own", {"tenant": 7}, "cannot be a part of the URL"),
        (None, {"base_path": "v1?x=1"}, "cannot be a part of the URL"),
        ("relative", {}, "the server 'relative' has no host: pass base_url=…"),
    ],
)
def test_an_impossible_choice_is_refused(
    server: str | int | None, variables: dict[str, str | None], why: str
) -> None:
    """With the possible ones; a value cannot lead to a host that the contract does not show."""
    with pytest.raises(ConfigError) as caught:
        place(None, SERVERS, server, variables)
    assert why in str(caught.value)


def test_a_base_url_and_a_server_exclude_each_other() -> None:
    """Neither is silently ignored."""
    for server, variables in (("sandbox", {}), (None, {"region": "us"})):
        with pytest.raises(ConfigError, match="either base_url=… or a server"):
            place("https://x.example.com", SERVERS, server, variables)
