"""The request of an operation, built with a client's settings."""

from typing import Any

from callers import operation
from telnyx_recordings.core.call.build import prepare
from telnyx_recordings.core.config import Config
from telnyx_recordings.core.credentials import Credentials


def test_an_operation_may_be_on_a_server_of_its_own() -> None:
    settings: dict[str, Any] = {"credentials": Credentials({}, (), {})}
    elsewhere = operation(server="https://files.example.com/v1")
    usual = Config(base_url="https://api.example.com/v2", **settings)
    request = prepare(elsewhere, usual, 0.0)
    assert (request.url, request.origin) == (
        "https://files.example.com/v1/things",
        "https://files.example.com",
    )
    chosen = Config(
        base_url="https://us.example.com", server="b", variables={"region": "us"}, **settings
    )
    for servers, url in (
        ({"a": "https://a.example.com", "b": "https://b.{region}.example.com"}, "https://b.us"),
        ({"a": "https://a.{region}.example.com", "c": "https://c.example.com"}, "https://a.us"),
    ):
        assert prepare(operation(server=servers), chosen, 0.0).origin == f"{url}.example.com"
    local = Config(base_url="http://127.0.0.1:8000/v2", has_own_url=True, **settings)
    request = prepare(elsewhere, local, 0.0)
    assert (request.url, request.origin) == ("http://127.0.0.1:8000/v1/things", "")
