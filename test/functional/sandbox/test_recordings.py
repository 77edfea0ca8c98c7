"""Tests that the sandbox retrieves, deletes, refuses and counts as Telnyx does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox_caller import Caller, calling
from telnyx_recordings.sandbox import Sandbox

COUNT = 30


@pytest.fixture(scope="module")
def reader() -> Iterator[Caller]:
    """A sandbox that no test changes."""
    with calling(Sandbox(COUNT, 7)) as caller:
        yield caller


def test_a_recording_is_retrieved_by_its_id(call: Caller) -> None:
    for row in call("GET", "/recordings").body["data"]:
        answer = call("GET", f"/recordings/{row['id']}")
        assert answer.status == 200
        assert _without_signatures(answer.body["data"]) == _without_signatures(row)


def _without_signatures(row: dict[str, Any]) -> dict[str, Any]:
    links = {form: link.partition("?")[0] for form, link in row["download_urls"].items()}
    return row | {"download_urls": links}


@pytest.mark.parametrize("resource", ["recordings", "recording_transcriptions"])
def test_a_deleted_row_is_returned_once(call: Caller, resource: str) -> None:
    before = call("GET", f"/{resource}").ids
    answer = call("DELETE", f"/{resource}/{before[1]}")
    assert (answer.status, answer.body["data"]["id"]) == (200, before[1])
    assert call("GET", f"/{resource}").ids == [one for one in before if one != before[1]]
    for method in ("GET", "DELETE"):
        again = call(method, f"/{resource}/{before[1]}")
        assert (again.status, again.error["code"]) == (404, "10005")


def test_a_batch_deletion_ignores_missing_ids(call: Caller) -> None:
    before = call("GET", "/recordings").ids
    body = json.dumps({"ids": [before[0], "unknown", before[3]]}).encode()
    for _ in range(2):
        answer = call("POST", "/recordings/actions/delete", body=body)
        assert (answer.status, answer.body) == (200, {"status": "ok"})
        assert call("GET", "/recordings").ids == [before[1], before[2], before[4]]


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"", 400, "/"),
        (b"ids", 400, "/"),
        (b'["a"]', 400, "/"),
        (b'{"ids": ' + b"[" * 100_000, 400, "/"),
        (b"{}", 422, "/ids"),
        (b'{"ids": []}', 422, "/ids"),
        (b'{"ids": "a"}', 422, "/ids"),
        (b'{"ids": ["a", 5]}', 422, "/ids/1"),
    ],
    ids=str,
)
def test_an_invalid_batch_deletes_nothing(
    call: Caller, body: bytes, status: int, pointer: str
) -> None:
    answer = call("POST", "/recordings/actions/delete", body=body)
    assert answer.status == status
    assert answer.error["source"] == {"pointer": pointer}
    assert len(call.box.recordings) == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/recordings/nothing"),
        ("GET", "/recordings/"),
        ("GET", "/recordings/a%2Fb"),
        ("GET", "/nothing"),
        ("GET", "/recording_transcriptions/nothing"),
    ],
)
def test_unknown_resources_and_paths_are_error_10005(
    reader: Caller, method: str, path: str
) -> None:
    answer = reader(method, path)
    assert (answer.status, answer.error["code"]) == (404, "10005")


def test_a_wrong_method_is_405(reader: Caller) -> None:
    answer = reader("PUT", "/recordings")
    assert (answer.status, answer.error["code"]) == (405, "405")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic KEY1"}]
)
def test_requests_without_a_valid_scheme_and_key_are_401(
    reader: Caller, sent: dict[str, str]
) -> None:
    for path in ("/recordings", "/nothing"):
        answer = reader("GET", path, headers=sent)
        assert (answer.status, answer.error["code"]) == (401, "10009")


def test_any_key_that_begins_with_key_is_accepted_by_default(reader: Caller) -> None:
    statuses = {
        key: reader("GET", "/recordings", headers={"Authorization": f"Bearer {key}"}).status
        for key in ("KEY1", "KEY_other", "secret")
    }
    assert statuses == {"KEY1": 200, "KEY_other": 200, "secret": 401}


def test_only_the_configured_key_is_accepted() -> None:
    with calling(Sandbox(1, api_key="KEYmine")) as call:
        assert call.box.api_key == "KEYmine"
        assert call("GET", "/recordings").status == 200
        wrong = {"Authorization": "Bearer KEYyours"}
        assert call("GET", "/recordings", headers=wrong).status == 401


def test_every_response_has_a_request_id_and_the_rate_limit(reader: Caller) -> None:
    answers = [
        reader("GET", "/recordings"),
        reader("GET", "/recordings/nothing"),
        reader("GET", "/recordings", headers={}),
    ]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 3
    for answer in answers:
        limit, remaining, reset = (
            int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining", "reset")
        )
        assert 0 < remaining < limit
        assert reset == 1


def test_a_configured_rate_limit_is_enforced() -> None:
    with calling(Sandbox(1, rate_limit=1)) as call:
        assert call("GET", "/recordings").status == 200
        burst = (call("GET", "/recordings") for _ in range(50))
        refused = next(answer for answer in burst if answer.status != 200)
    assert (refused.status, refused.error["code"]) == (429, "10011")
    told = [refused.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")]
    assert told == ["1", "0", "1"]
