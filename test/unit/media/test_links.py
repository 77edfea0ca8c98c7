"""Tests which links to audio are followed, how long they last, and what is shown of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings.core.hosts import is_loopback, may_connect
from telnyx_recordings.errors import (
    ConfigError,
    MediaAccessError,
    MediaError,
    MediaUnavailableError,
)
from telnyx_recordings.media import links

GOOD = [
    "https://s3.amazonaws.com/bucket/a.wav?X-Amz-Signature=x",
    "https://s3.us-east-1.amazonaws.com/bucket/a.wav",
    "https://s3-us-west-2.amazonaws.com/bucket/a.wav",
    "https://bucket.s3.amazonaws.com/a.wav",
    "https://my.dotted.bucket.s3.eu-central-1.amazonaws.com/a.wav",
    "https://bucket.s3-eu-west-1.amazonaws.com/a.wav",
    "https://bucket.s3.dualstack.ap-southeast-2.amazonaws.com/a.wav",
    "https://s3-fips.us-gov-west-1.amazonaws.com/a.wav",
    "https://bucket.s3.cn-north-1.amazonaws.com.cn/a.wav",
    "https://S3.AmazonAWS.com:443/a.wav",
    "https://telnyx.com/a.wav",
    "https://media.eu.telnyx.com/a.wav",
    "http://127.0.0.1:8000/a.wav",
    "http://localhost/a.wav",
    "https://localhost:9/a.wav",
    "http://[::1]:80/a.wav",
]
BAD = [
    "",
    "/relative/a.wav",
    "s3.amazonaws.com/a.wav",
    "http://s3.amazonaws.com/a.wav",
    "ftp://s3.amazonaws.com/a.wav",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://amazonaws.com/a.wav",
    "https://ec2-1-2-3-4.compute-1.amazonaws.com/a.wav",
    "https://bucket.s3-website-us-east-1.amazonaws.com/a.wav",
    "https://evils3.amazonaws.com/a.wav",
    "https://s3.amazonaws.com.evil.example/a.wav",
    "https://s3.amazonaws.com./a.wav",
    "https://s3-evil.amazonaws.com/a.wav",
    "https://eviltelnyx.com/a.wav",
    "https://telnyx.com.evil.example/a.wav",
    "https://evil.example/s3.amazonaws.com/a.wav",
    "https://user@s3.amazonaws.com/a.wav",
    "https://user:word@s3.amazonaws.com/a.wav",
    "https://s3.amazonaws.com@evil.example/a.wav",
    "https://s3.amazonaws.com\\@evil.example/a.wav",
    "https://s3.amazonaws.com:8443/a.wav",
    "https://s3.amazonaws.com:99999/a.wav",
    "https://s3.amazonaws.com:x/a.wav",
    "https://s3.amazonaws.com/a b.wav",
    "https://s3.amazonaws.com/a\r\nX: y",
    "https://s3.amazonaws.com/é",
    "https://\uff533.amazonaws.com/a.wav",
    "https://[::1/a.wav",
    "https://10.0.0.1/a.wav",
    "https://169.254.169.254/a.wav",
    "https://0x7f000001/a.wav",
    "https://2130706433/a.wav",
    "https://[::ffff:127.0.0.1]/a.wav",
    "https://localhost.evil.example/a.wav",
    "https://s3.amazonaws.com/" + "a" * 9000,
]

ADVICE = "not a Telnyx host: if you trust it, add it to the client's media_hosts"


@pytest.mark.parametrize("url", GOOD)
def test_links_to_telnyx_stores_and_to_this_machine_are_allowed(url: str) -> None:
    assert links.checked(url) == url


@pytest.mark.parametrize("url", BAD)
def test_all_other_links_are_refused(url: str) -> None:
    for hosts in ((), ("media.example.com", "*.example.org")):
        with pytest.raises(MediaAccessError):
            links.checked(url, hosts)
        with pytest.raises(MediaAccessError):
            links.checked(url, hosts, after="https://s3.amazonaws.com/b.wav")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://s3.amazonaws.com/é", "the link to the audio is not a valid URL"),
        ("https://s3.amazonaws.com/a\\b", "the link to the audio is not a valid URL"),
        ("https://[::1/a.wav", "the link to the audio is not a valid URL"),
        (
            "http://s3.amazonaws.com/a?sig=1",
            "the link to the audio leads to http://s3.amazonaws.com/a, which is not https",
        ),
        (
            "https://user:word@s3.amazonaws.com/a?sig=1",
            "the link to the audio has a user name in it: https://s3.amazonaws.com/a",
        ),
        (
            "https://s3.amazonaws.com:8443/a?sig=1",
            "the link to the audio names port 8443: https://s3.amazonaws.com:8443/a",
        ),
        (
            "https://evil.example/a?sig=1",
            f"the link to the audio leads to https://evil.example/a, and evil.example is {ADVICE}",
        ),
        ("https:///a?sig=1", f"the link to the audio leads to https:///a, and that is {ADVICE}"),
    ],
)
def test_the_error_of_a_refused_link_has_the_reason_and_no_secret(url: str, why: str) -> None:
    with pytest.raises(MediaAccessError) as caught:
        links.checked(url)
    assert str(caught.value) == why


def test_links_longer_than_any_signed_link_are_refused() -> None:
    start = "https://s3.amazonaws.com/"
    assert links.checked(start.ljust(8192, "a"))
    with pytest.raises(MediaAccessError, match="not a valid URL"):
        links.checked(start.ljust(8193, "a"))


def test_names_of_added_hosts_are_validated() -> None:
    assert links.checked_hosts(["Media.Example.com", "*.Example.ORG"]) == (
        "media.example.com",
        "*.example.org",
    )
    assert links.checked_hosts("media.example.com") == ("media.example.com",)
    assert links.checked_hosts(()) == ()
    with pytest.raises(ConfigError) as caught:
        links.checked_hosts(["a.b", "https://Example.com"])
    assert str(caught.value) == (
        "media_hosts takes names such as media.example.com or *.example.com, "
        "not 'https://example.com'"
    )


def test_hosts_of_audio_can_be_added() -> None:
    hosts = ("media.example.com", "*.example.org", "account.blob.core.windows.net")
    for good in ("media.example.com", "a.example.org", "a.b.example.org", hosts[2]):
        assert links.checked(f"https://{good}/a.wav", hosts)
        with pytest.raises(MediaError):
            links.checked(f"http://{good}/a.wav", hosts)
        with pytest.raises(MediaAccessError):
            links.checked(f"https://{good}:8443/a.wav", hosts)
    for bad in ("example.com", "x.media.example.com", "example.org", "badexample.org"):
        with pytest.raises(MediaAccessError, match="media_hosts"):
            links.checked(f"https://{bad}/a.wav", hosts)


def test_redirects_from_outside_to_this_machine_are_refused() -> None:
    with pytest.raises(MediaAccessError, match="into this machine"):
        links.follow("https://s3.amazonaws.com/a", "http://127.0.0.1/b", ())
    assert (
        links.follow("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", ()) == "http://127.0.0.1:2/b"
    )


def test_redirects_may_be_relative() -> None:
    at = "https://s3.amazonaws.com/bucket/a.wav?x=1"
    assert links.follow(at, "/b.wav?y=2", ()) == "https://s3.amazonaws.com/b.wav?y=2"
    for location, why in (
        (None, "the store sent a redirect without a location"),
        ("", "the store sent a redirect without a location"),
        ("http://[", "the store sent a redirect to an invalid URL"),
    ):
        with pytest.raises(MediaAccessError) as caught:
            links.follow(at, location, ())
        assert str(caught.value) == why
    there = "https://media.example.com/a"
    assert links.follow(at, there, ("media.example.com",)) == there


@pytest.mark.parametrize(
    "place",
    [
        *("gs://b/a", "s3://b/a", "az://b/a", "abfss://b@c/a"),
        "https://account.blob.core.windows.net/b/a",
        "https://storage.googleapis.com/b/a",
    ],
)
def test_links_to_the_accounts_own_storage_are_named_without_secrets(place: str) -> None:
    with pytest.raises(MediaUnavailableError) as found:
        links.checked(f"{place}?sig=secret")
    assert str(found.value) == (
        f"the audio is in your own storage, at {place.replace('b@', '')}: create the client with "
        "own_storage=True (or use --own-storage) to read it with your credentials"
    )
    assert found.value.location == place.replace("b@", "")


def test_user_names_and_queries_of_links_are_not_shown() -> None:
    assert links.shown("https://u:p@h:1/a/b.wav?sig=1#f") == "https://h:1/a/b.wav"
    assert links.shown("http://[") == "an unreadable link"


def test_the_repr_of_a_link_shows_no_signature() -> None:
    link = links.checked("https://s3.amazonaws.com/a.wav?X-Amz-Signature=secret")
    assert repr(link) == "'https://s3.amazonaws.com/a.wav?***'"
    assert link.endswith("secret")


@pytest.mark.parametrize(
    ("url", "hosts", "own"),
    [
        ("s3://bucket/a", (), True),
        ("gs://bucket/a", ("storage.googleapis.com",), True),
        ("https://storage.googleapis.com/bucket/a", (), True),
        ("https://bucket.storage.googleapis.com/a", (), True),
        ("https://a.blob.core.windows.net/b/a?sig=x", (), True),
        ("https://a.blob.core.windows.net/b/a", ("a.blob.core.windows.net",), False),
        ("https://s3.amazonaws.com/a", (), False),
        ("https:///a", (), False),
        ("s3://[", (), False),
    ],
)
def test_own_storage_is_known_by_its_scheme_or_host(
    url: str, hosts: tuple[str, ...], *, own: bool
) -> None:
    assert links.is_own(url, hosts) is own


def test_the_expiry_of_a_link_is_parsed() -> None:
    url = "https://s3.amazonaws.com/a?X-Amz-Date=20260301T120000Z&X-Amz-Expires=600"
    signed = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
    assert links.expiry(url) == signed + 600
    for seconds, lasts in ((0, False), (1, True), (604_800, True), (604_801, False)):
        other = url.replace("Expires=600", f"Expires={seconds}")
        assert (links.expiry(other) is not None) is lasts


@pytest.mark.parametrize(
    "query",
    [
        "",
        "X-Amz-Date=20260301T120000Z",
        "X-Amz-Expires=600",
        "X-Amz-Date=yesterday&X-Amz-Expires=600",
        "X-Amz-Date=99990301T120000Z&X-Amz-Expires=junk",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=0",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=-5",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=99999999999999999999",
        "X-Amz-Date=20260301T120000Z&X-Amz-Expires=" + "9" * 5000,
    ],
)
def test_links_without_an_expiry_are_used(query: str) -> None:
    assert links.expiry(f"https://s3.amazonaws.com/a?{query}") is None


@given(st.one_of(st.text(), st.text("/:@?#[]%.\\ahtps3-mzonw\u00e9\n", max_size=60)))
def test_hostile_links_are_parsed_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://s3.amazonaws.com{text}", f"http://{text}/a"):
        assert links.shown(url) is not None
        links.expiry(url)
        try:
            links.checked(url)
        except MediaError:
            continue
        assert url.lower().startswith(("https://", "http://"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_loopback_names_resolve_to_loopback_only(host: str) -> None:
    assert is_loopback(host)
    assert may_connect(host, "127.0.0.1")
    assert may_connect(host, "::1")
    assert not may_connect(host, "8.8.8.8")


def test_public_names_resolve_to_public_addresses_only() -> None:
    assert not is_loopback("example.com")
    for good in ("8.8.8.8", "2600::1", "64:ff9b::808:808", "::ffff:8.8.8.8"):
        assert may_connect("example.com", good), good
    private = ("10.1.1.1", "127.0.0.1", "::1", "fe80::1%eth0", "64:ff9b::a00:1")
    odd = ("192.0.2.1", "ff02::1", "2001:0::1", "::ffff:127.0.0.1", "255.255.255.255", "junk", "")
    for bad in private + odd:
        assert not may_connect("example.com", bad), bad
