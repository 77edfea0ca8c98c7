"""Requests to a bucket survive what networks and services do to them."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from archiving import archive, checksums, deletions, holding
from buckets import Bucket
from proxies import Proxy
from telnyx_recordings.archive import purge, verify
from telnyx_recordings.archive.stores import bucket as buckets
from telnyx_recordings.archive.stores import lease, open_store, requests
from telnyx_recordings.archive.stores.bucket import BucketStore
from telnyx_recordings.errors import ArchiveLockedError, ConfigError, DestinationError
from telnyx_recordings.media.aws_profile import aws_options
from telnyx_recordings.sandbox import Sandbox

_METHODS = ("PUT", "HEAD", "GET", "LIST", "DELETE")


box = holding(*({"id": id_, "transcript": "Hello."} for id_ in ("a", "b")))


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        *((method, "reset") for method in _METHODS),
        *((method, 503) for method in _METHODS),
        ("PUT", "lost"),
        ("DELETE", "lost"),
    ],
)
def test_every_request_to_a_bucket_is_retried(
    box: Sandbox, bucket: Bucket, method: str, kind: int | str
) -> None:
    wanted = checksums(box)
    bucket.faults += [(method, kind)] * 2
    result = archive(box, bucket.url, delete=True, workers=2)
    assert (result.stored.count, result.deleted, result.ok) == (2, 2, True)
    assert deletions(box) == {"a": 1, "b": 1}
    bucket.faults += [(method, kind)] * 2
    assert verify(bucket.url).ok
    assert len(purge(bucket.url, ids=["a"], dry_run=False).erased) == 1
    assert verify(bucket.url).ok
    assert bucket.audio().keys() == {"b"}
    assert wanted.keys() == {"a", "b"}


def test_a_truncated_object_body_is_resumed(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buckets, "_CHUNK_SIZE", 1 << 12)
    store = open_store(bucket.url)
    content = bytes(range(256)) * 4096
    with store.lock():
        store.create("x.wav", content)
    bucket.faults += [("GET", "cut")] * 2
    assert b"".join(store.read("x.wav")) == content
    assert bucket.faults == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("s3://user:secret@bucket/x", "without user"),
        ("s3://bucket/x?versionId=1", "without user"),
        ("s3://bucket/x#part", "without user"),
        ("s3://", "has no bucket"),
    ],
)
def test_a_url_with_more_than_bucket_and_prefix_is_refused(url: str, reason: str) -> None:
    """The rest of the URL may be a secret, so the message does not show it."""
    with pytest.raises(ConfigError, match=reason) as caught:
        BucketStore(url)
    assert "secret" not in str(caught.value)


def test_http_needs_a_setting_only_beyond_this_machine(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    BucketStore(bucket.url).prepare()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://storage.example.com")
    with pytest.raises(ConfigError, match="AWS_ALLOW_HTTP"):
        BucketStore(bucket.url)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    BucketStore(bucket.url)


def test_a_bucket_on_this_machine_is_reached_without_the_proxy(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MAX_RETRIES", 0)
    with Proxy(refusal=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        store = BucketStore(bucket.url)
        store.prepare()
        store.create("a.txt", b"1")
        assert store.get("a.txt") == b"1"
        assert proxy.requests == []
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL", "https://storage.example.com")
        with pytest.raises(DestinationError):
            BucketStore(bucket.url).prepare()
        assert {*proxy.targets} == {"storage.example.com:443"}


def test_profiles_are_used_through_boto3(
    box: Sandbox, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"credentials": "[calls]\naws_access_key_id = a\naws_secret_access_key = b\n"}
    files["config"] = "[profile calls]\nregion = eu-west-1\n"
    for name, variable in (
        ("credentials", "AWS_SHARED_CREDENTIALS_FILE"),
        ("config", "AWS_CONFIG_FILE"),
    ):
        (tmp_path / name).write_text(files[name])
        monkeypatch.setenv(variable, str(tmp_path / name))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_PROFILE", "calls")
    assert archive(box, bucket.url).ok
    assert aws_options()["region"] == "eu-west-1"
    monkeypatch.setenv("AWS_PROFILE", "absent")
    with pytest.raises(ConfigError, match="'absent'"):
        BucketStore(bucket.url)


def test_a_profile_without_boto3_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setenv("AWS_PROFILE", "calls")
    with pytest.raises(ConfigError, match="pip install boto3"):
        BucketStore("s3://bucket/x")
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "anywhere")
    assert aws_options() == {}


def test_an_endpoint_like_that_of_telnyx_cloud_storage_works(
    box: Sandbox, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", box.api_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", box.api_key)
    monkeypatch.setenv("AWS_REGION", "us-central-1")
    assert archive(box, bucket.url, delete=True).deleted == 2
    assert verify(bucket.url).ok
    assert box.api_key.encode() not in b"".join(bucket.objects().values())


@pytest.mark.usefixtures("bucket")
def test_a_missing_bucket_is_one_clear_line(box: Sandbox) -> None:
    commands: list[Callable[[str], object]] = [partial(archive, box), verify]
    for command in commands:
        with pytest.raises(DestinationError, match="the bucket does not exist") as caught:
            command("s3://no-such-bucket/x")
        assert "\n" not in str(caught.value)
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("refusal", "explanation"),
    [
        (401, "the credentials are wrong: check AWS_ACCESS_KEY_ID"),
        (403, "access was denied: the credentials need the rights"),
        ("AccessDenied", "access was denied: the credentials need the rights"),
        ("InvalidAccessKeyId", "the credentials are wrong: check AWS_ACCESS_KEY_ID"),
        ("PermanentRedirect", "the bucket is in another region: set AWS_REGION"),
        ("AuthorizationHeaderMalformed", "the bucket is in another region: set AWS_REGION"),
    ],
)
def test_refusals_of_a_bucket_are_one_clear_line(
    box: Sandbox, bucket: Bucket, refusal: int | str, explanation: str
) -> None:
    bucket.faults += [("LIST", refusal)]
    with pytest.raises(DestinationError, match=explanation) as caught:
        archive(box, bucket.url)
    assert "\n" not in str(caught.value)


def test_a_lease_that_was_not_renewed_in_time_stops_everything(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine may have been asleep, for example."""
    store = BucketStore(bucket.url)
    monkeypatch.setattr(lease, "RENEW_EVERY", 3600.0)
    with store.lock():
        store.assert_locked()
        store.create("x.wav", b"x")
        now = lease.clock()
        monkeypatch.setattr(lease, "clock", lambda: now + lease.HELD_FOR + 1)
        for change in (
            store.assert_locked,
            lambda: store.remove("x.wav"),
            lambda: store.replace("x.wav", (b"y",)),
            lambda: store.move("x.wav", "y.wav"),
        ):
            with pytest.raises(ArchiveLockedError, match="was not renewed for"):
                change()
    assert bucket.objects()["x.wav"] == b"x"


def test_a_renewal_that_fails_is_tried_again(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_EVERY", 0.01)
    monkeypatch.setattr(lease, "RETRY_EVERY", 0.01)
    store = BucketStore(bucket.url)
    with store.lock():
        bucket.faults += [("PUT", 500), ("PUT", "lost"), ("PUT", "reset")]
        before = bucket.puts["lock.json"]
        for _ in range(1000):
            store.assert_locked()
            if not bucket.faults and bucket.puts["lock.json"] >= before + 3:
                return
            time.sleep(0.01)
    pytest.fail("the lease was not renewed")
