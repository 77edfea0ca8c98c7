"""Requests of what a contract may ask for beside Telnyx's: styles, forms, servers and secrets."""

from __future__ import annotations

import json
import pickle
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import pytest

from telnyx_recordings.core.call.build import prepare
from telnyx_recordings.core.config import Config
from telnyx_recordings.core.credentials import ApiKey, Credentials, Scheme
from telnyx_recordings.core.request import body as forms
from telnyx_recordings.core.request import values
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.core.request.values import Part, Styled
from telnyx_recordings.errors import ConfigError, ModelError
from telnyx_recordings.models import RecordingListFilter


def operation(**changes: Any) -> Operation[Any]:
    """An operation that sends something."""
    facts: dict[str, Any] = {
        "name": "things.create",
        "method": "POST",
        "path": "/things",
        "result": None,
        "safe_to_retry": False,
    }
    return Operation(**{**facts, **changes})


def too_deep() -> RecordingListFilter:
    """A model that nothing can be made of."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    return RecordingListFilter(additional_properties={"x": deep})


def test_an_empty_list_is_not_sent() -> None:
    """Whether its items would stand alone or together."""
    for explode in (True, False):
        assert list(values.in_query("x", Styled([], "form", explode))) == []


def test_a_path_may_hold_json_and_lists() -> None:
    """In the style that the contract says."""
    assert values.in_path("x", Styled({"a": 1}, "json")) == quote('{"a":1}', safe="")
    assert values.in_path("x", Styled(["a", "b/c"], "matrix", explode=False)) == ";x=a,b%2Fc"


def test_a_date_is_a_day() -> None:
    """Of a moment its own, and in a list too."""
    moment = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert values.day([moment, date(2026, 3, 2), "2026-03-03"]) == [
        "2026-03-01",
        "2026-03-02",
        "2026-03-03",
    ]
    assert values.day(None) is None


def test_a_body_of_text_is_sent_as_it_is() -> None:
    """It has no fields to which others could be added, and must be Unicode."""
    text = operation(media_type="text/plain", body="Grüße")
    assert forms.content(text) == ("Grüße".encode(), "text/plain")
    with pytest.raises(TypeError, match="extra_body cannot be added to a body of text/plain"):
        forms.content(
            operation(media_type="text/plain", body="a", options={"extra_body": {"b": 1}})
        )
    with pytest.raises(ModelError, match="the body cannot be sent: a string is not valid Unicode"):
        forms.content(operation(media_type="text/plain", body="\ud800"))


def test_a_form_that_cannot_be_written_says_why() -> None:
    """With an error of ours."""
    with pytest.raises(ModelError, match="nested too deeply"):
        forms.content(operation(media_type=forms.FORM, body=too_deep()))
    with pytest.raises(ModelError, match="is not a media type"):
        forms.content(
            operation(
                media_type="multipart/form-data",
                body={"file": ("a.bin", b"", "text/\nplain")},
            )
        )


def test_a_part_of_a_form_may_have_a_style() -> None:
    """Then its items are written as in a query, but not percent-encoded."""
    body, boundary = forms.multipart(
        {"tags": ["a b", "c"]}, {"tags": Part(style="pipeDelimited", explode=False)}
    )
    head = b'Content-Disposition: form-data; name="tags"'
    assert body == f"--{boundary}\r\n".encode() + head + b"\r\n\r\na b|c\r\n" + (
        f"--{boundary}--\r\n".encode()
    )


@pytest.mark.parametrize("parts", [("us:er", "word"), ("user", "wo\nrd"), ("us\x00er", "word")])
def test_a_user_name_that_would_be_another_is_refused(parts: tuple[str, str]) -> None:
    """What follows its first colon would be taken for the password."""
    scheme = Scheme(kind="basic", arguments=("username", "password"), variables=())
    with pytest.raises(ConfigError, match="a colon, or it or the password a control character"):
        ApiKey(scheme, *parts)


def test_a_secret_is_neither_shown_nor_pickled() -> None:
    """Of no kind of scheme."""
    key = ApiKey(Scheme(kind="query", name="key", arguments=("key",), variables=()), "hush-hush")
    assert repr(key) == "ApiKey(***)"
    with pytest.raises(TypeError, match="an API key cannot be pickled"):
        pickle.dumps(key)
    assert (key.headers(), key.query()) == ({}, "key=hush-hush")


def test_the_key_in_a_whole_authorization_is_taken_out_of_a_body() -> None:
    """Also where a server echoes the key without the word before it."""
    scheme = Scheme(kind="header", name="Authorization", arguments=("key",), variables=())
    assert ApiKey(scheme, "Bearer hush-hush").scrub(b"no hush-hush here") == b"no *** here"


def test_an_operation_may_be_on_a_server_of_its_own() -> None:
    """Unless the client is told of another service, such as a sandbox, which then has both."""
    settings: dict[str, Any] = {"credentials": Credentials({}, (), {})}
    elsewhere = operation(server="https://files.example.com/v1")
    usual = Config(base_url="https://api.example.com/v2", **settings)
    request = prepare(elsewhere, usual, 0.0)
    assert (request.url, request.origin) == (
        "https://files.example.com/v1/things",
        "https://files.example.com",
    )
    local = Config(base_url="http://127.0.0.1:8000/v2", has_own_url=True, **settings)
    request = prepare(elsewhere, local, 0.0)
    assert (request.url, request.origin) == ("http://127.0.0.1:8000/v1/things", "")


def test_an_error_has_its_message() -> None:
    """Under the name that the official SDK has for it."""
    assert ModelError("no such thing").message == "no such thing"
    assert json.loads(json.dumps(ConfigError("why").message)) == "why"
