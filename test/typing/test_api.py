"""Tests that api.py, which only checkers read, speaks of everything that users can call."""

import re
from pathlib import Path

import pytest

from client_resources import resources_of
from telnyx_recordings import AsyncClient, Client, media, webhooks

MENTIONED = set(re.findall(r"\w+", Path(__file__).with_name("api.py").read_text("utf-8")))


def _resources() -> list[object]:
    """The resources of a client, those that are reached through others included."""
    return list(resources_of(Client("KEY")).values())


def _public(*places: object) -> set[str]:
    return {name for place in places for name in dir(place) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("names", "apart_from"),
    [
        pytest.param(_public(Client, AsyncClient), {"recordings_actions"}, id="clients"),
        pytest.param(_public(*_resources()), set[str](), id="resources"),
        pytest.param(set(filter(str.islower, webhooks.__all__)), {"unsafe_unwrap"}, id="webhooks"),
        pytest.param(_public(media), {"Format", "Progress"}, id="media"),
    ],
)
def test_every_public_name_is_checked(names: set[str], apart_from: set[str]) -> None:
    assert names - apart_from - MENTIONED == set()
    assert apart_from <= names
