"""The attributes of a client: settings that can be read, and names that do not exist."""

from typing import Any

import pytest

from callers import KEY, with_variables
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.errors import ConfigError

each_kind = pytest.mark.parametrize("kind", [Client, AsyncClient])

URL = "https://api.example.com/v2"


@each_kind
def test_settings_can_be_read(kind: Any) -> None:
    client = kind(KEY, URL, 7.5, max_retries=2, deadline=60)
    assert (client.base_url, client.timeout, client.max_retries) == (URL, 7.5, 2)
    assert client.deadline == 60.0
    assert client.with_options(timeout=1).timeout == 1.0


@each_kind
@pytest.mark.parametrize("name", ["timeout", "max_retries", "base_url", "recordings", "webhooks"])
def test_settings_cannot_be_set(kind: Any, name: str) -> None:
    client = kind(KEY, URL)
    with pytest.raises(AttributeError, match=f"^{name} cannot be set: use client.with_options"):
        setattr(client, name, 5)


@each_kind
@pytest.mark.parametrize(
    ("name", "close"), [("timout", "timeout"), ("max_retrys", "max_retries"), ("zzz", None)]
)
def test_misspelled_attributes_are_an_error(kind: Any, name: str, close: str | None) -> None:
    client = kind(KEY, URL)
    with pytest.raises(AttributeError) as raised:
        setattr(client, name, 5)
    hint = f"; did you mean {close!r}?" if close else ""
    assert str(raised.value) == f"{kind.__name__} has no attribute {name!r}{hint}"
    with pytest.raises(AttributeError, match=name):
        getattr(client, name)


class OwnClient(Client):
    """A client with an attribute of its own."""

    def __init__(self) -> None:
        super().__init__(KEY, URL)
        self.account = "main"


def test_subclasses_may_have_attributes_of_their_own() -> None:
    assert OwnClient().account == "main"


@each_kind
def test_methods_can_be_replaced(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = kind(KEY, URL)
    monkeypatch.setattr(client, "download", print)
    assert client.download is print


@each_kind
def test_dir_has_public_names_only(kind: Any) -> None:
    names = dir(kind(KEY, URL))
    assert {"recordings", "download", "archive", "timeout", "base_url", "close"} <= set(names)
    assert [name for name in names if name.startswith("_")] == []


@each_kind
@pytest.mark.parametrize(
    "settings",
    [
        {"max_retries": -1},
        {"base_url": "nonsense"},
        {"timeout": "soon"},
        {"proxy": "ftp://me:CANARY@proxy"},
        {"api_key": "CANARY key with\nline"},
        {"default_headers": {"Host": "CANARY"}},
    ],
)
def test_an_error_of_a_setting_shows_no_secret(kind: Any, settings: dict[str, Any]) -> None:
    given = {
        "api_key": "CANARY_KEY",
        "base_url": URL,
        "proxy": "http://me:CANARY@proxy",
        "default_headers": {"x-secret": "CANARY"},
        **settings,
    }
    with pytest.raises(ConfigError) as raised:
        kind(**given)
    trace = raised.value.__traceback__
    assert trace is not None
    raised.value.__traceback__ = trace.tb_next  # without this frame
    text = with_variables(raised.value)
    assert "client.py" in text
    assert "CANARY" not in text
