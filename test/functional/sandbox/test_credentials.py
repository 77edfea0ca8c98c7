"""Tests that the sandbox keeps custom storage credentials, and checks and guards them."""

import json
from collections.abc import Iterator

import pytest

from sandbox_caller import Answer, Caller, calling
from telnyx_recordings.sandbox import Sandbox

PATH = "/custom_storage_credentials/1700000000000000001"
AWS = {
    "bucket": "calls",
    "region": "eu-west-1",
    "aws_access_key_id": "AKIASANDBOX",
    "aws_secret_access_key": "canary-aws",
}
CONFIGURATIONS: dict[str, dict[str, str]] = {
    "gcs": {"bucket": "calls", "credentials": "canary-gcs"},
    "s3": AWS,
    "s3-generic": AWS | {"endpoint": "https://objects.example.com"},
    "azure": {"bucket": "calls", "account_name": "acme", "account_key": "canary-azure"},
}


@pytest.fixture(scope="module")
def call() -> Iterator[Caller]:
    """A sandbox whose credentials each test leaves deleted."""
    with calling(Sandbox(0)) as caller:
        yield caller


def send(call: Caller, method: str, body: object) -> Answer:
    """Send a JSON body to the credentials of one connection."""
    return call(method, PATH, body=json.dumps(body).encode())


def request(backend: str) -> dict[str, object]:
    """Write a body that is good for a backend."""
    return {"backend": backend, "configuration": {"backend": backend, **CONFIGURATIONS[backend]}}


@pytest.mark.parametrize("backend", CONFIGURATIONS)
def test_credentials_are_created_read_replaced_and_deleted(call: Caller, backend: str) -> None:
    created = send(call, "POST", request(backend))
    assert created.status == 200
    assert created.body == {
        "connection_id": "1700000000000000001",
        "data": request(backend),
        "record_type": "custom_storage_credentials",
    }
    assert call("GET", PATH).body == created.body

    changed = request(backend)
    changed["configuration"] = {**CONFIGURATIONS[backend], "backend": backend, "bucket": "other"}
    assert send(call, "PUT", changed).body["data"] == changed
    assert call("GET", PATH).body["data"] == changed

    deleted = call("DELETE", PATH)
    assert (deleted.status, deleted.body) == (204, None)
    assert call("GET", PATH).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_connection_is_error_10005(call: Caller, method: str) -> None:
    body = json.dumps(request("gcs")).encode() if method == "PUT" else None
    answer = call(method, PATH, body=body)
    assert answer.status == 404
    assert answer.error["code"] == "10005"
    assert answer.error["source"] == {"pointer": "/connection_id"}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/backend"),
        ({"backend": "ftp", "configuration": {}}, "/backend"),
        ({"backend": ["s3"], "configuration": {}}, "/backend"),
        ({"backend": "gcs"}, "/configuration"),
        ({"backend": "gcs", "configuration": "canary"}, "/configuration"),
        ({"backend": "gcs", "configuration": {"bucket": "b"}}, "/configuration/backend"),
        ({"backend": "gcs", "configuration": {"backend": "s3"}}, "/configuration/backend"),
        (
            {"backend": "gcs", "configuration": {"backend": "gcs", "account_key": "canary"}},
            "/configuration/account_key",
        ),
        (
            {"backend": "s3", "configuration": {"backend": "s3", "endpoint": "canary"}},
            "/configuration/endpoint",
        ),
        (
            {"backend": "azure", "configuration": {"backend": "azure", "bucket": 5}},
            "/configuration/bucket",
        ),
        (
            {"backend": "gcs", "configuration": {"backend": "gcs", "credentials": ""}},
            "/configuration/credentials",
        ),
    ],
    ids=str,
)
def test_the_error_for_an_invalid_configuration_shows_no_value(
    call: Caller, body: object, pointer: str
) -> None:
    answer = send(call, "POST", body)
    assert answer.status == 422
    assert answer.error["code"] == "10015"
    assert answer.error["source"] == {"pointer": pointer}
    assert "canary" not in json.dumps(answer.body)
    assert call("GET", PATH).status == 404


def test_a_body_that_is_not_an_object_is_refused_with_400(call: Caller) -> None:
    answer = send(call, "POST", ["gcs"])
    assert (answer.status, answer.error["source"]) == (400, {"pointer": "/"})


def test_secrets_are_not_in_the_log(call: Caller) -> None:
    send(call, "POST", request("s3"))
    call("DELETE", PATH)
    log = repr(call.box.requests)
    assert PATH in log
    assert "[redacted]" in log
    assert "canary" not in log
    assert call.box.api_key not in log
