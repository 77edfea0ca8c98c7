"""Holds how the head of a store's answer is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telnyx_recordings.errors import MediaError, MediaIntegrityError
from telnyx_recordings.media import response
from telnyx_recordings.media.steps import Version

MD5 = "0123456789abcdef0123456789abcdef"
HAD = Version(f'"{MD5}"', 1000, MD5)


def part(**headers: str) -> dict[str, str]:
    """The head of a part from 400 on."""
    said = {"etag": f'"{MD5}"', "content-range": "bytes 400-999/1000", "content-length": "600"}
    return {**said, **{name.replace("_", "-"): value for name, value in headers.items()}}


def test_a_whole() -> None:
    """A 200 has everything, as long as its Content-Length says."""
    found = response.read(200, {"etag": f'"{MD5}"', "content-length": "1000"})
    assert (found.version, found.start, found.length) == (HAD, 0, 1000)


def test_a_part() -> None:
    """A 206 has what its Content-Range says."""
    found = response.read(206, part())
    assert (found.version, found.start, found.length) == (HAD, 400, 600)
    assert found.continues(HAD, 400)
    assert found.continues(Version(HAD.etag), 400)
    assert not found.continues(HAD, 399)


@pytest.mark.parametrize(
    "headers",
    [
        part(content_range="bytes 401-999/1000"),
        part(content_range="bytes 400-999/1001"),
        part(content_range="bytes 400-999/*"),
        part(content_range="bytes 400-1000/1000"),
        part(content_range="bytes 400-399/1000"),
        part(content_range="bytes 400-998/1000"),
        part(content_range="items 400-999/1000"),
        part(content_range=""),
        part(content_range="bytes ٤٠٠-999/1000"),
        part(content_length="601"),
        part(etag='"other"'),
        part(etag=f'W/"{MD5}"'),
        part(etag=""),
    ],
)
def test_parts_that_do_not_follow(headers: dict[str, str]) -> None:
    """A part that is another than was asked for, or contradicts itself, is not used."""
    assert not response.read(206, headers).continues(HAD, 400)


def test_the_smallest_parts() -> None:
    """One byte may be missing, or one be there."""
    last = part(content_range="bytes 999-999/1000", content_length="1")
    assert response.read(206, last).continues(HAD, 999)
    rest = part(content_range="bytes 1-999/1000", content_length="999")
    assert response.read(206, rest).continues(HAD, 1)


@pytest.mark.parametrize("said", ["", "bytes 400-1000/1000", "bytes 400-399/1000"])
def test_a_part_that_does_not_say_which_has_no_length(said: str) -> None:
    """Nor has one that ends after the whole does, or before it begins."""
    assert response.read(206, part(content_range=said, content_length="601")).length is None
    without = part(content_range=said)
    del without["content-length"]
    assert response.read(206, without).length is None


def test_without_a_known_version_nothing_follows() -> None:
    """A part is of no use to who does not know what it is a part of."""
    assert not response.read(206, part(etag="")).continues(Version(None, 1000), 400)
    first = part(content_range="bytes 0-999/1000", content_length="1000")
    assert not response.read(206, first).continues(HAD, 0)


def test_past_the_end() -> None:
    """A 416 may say how long the whole is."""
    assert response.read(416, {"content-range": "bytes */1000"}).version.total == 1000
    assert response.read(416, {"content-length": "5"}).version.total is None


@pytest.mark.parametrize(
    ("headers", "md5"),
    [
        ({"etag": f'"{MD5}"'}, MD5),
        ({"etag": f'"{MD5.upper()}"'}, MD5),
        ({"etag": f'"{MD5}-2"'}, None),
        ({"etag": MD5}, None),
        ({"etag": f'W/"{MD5}"'}, None),
        ({}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "AES256"}, MD5),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption": "aws:kms:dsse"}, None),
        ({"etag": f'"{MD5}"', "x-amz-server-side-encryption-customer-algorithm": "AES256"}, None),
    ],
)
def test_when_an_etag_is_an_md5(headers: dict[str, str], md5: str | None) -> None:
    """It is one when it looks like one, and the object is not encrypted with a key of its own."""
    assert response.read(200, headers).version.md5 == md5


UNKNOWN = "the store does not say how long the audio is"
PACKED = "the store sent the audio in another encoding than asked for"


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, UNKNOWN),
        ({"etag": '"x"'}, UNKNOWN),
        ({"transfer-encoding": "chunked"}, UNKNOWN),
        ({"content-length": "10", "content-encoding": "gzip"}, PACKED),
        ({"content-length": "10", "content-encoding": "br"}, PACKED),
        (
            {"content-length": "10", "content-type": "text/html"},
            "the store sent text/html in place of audio",
        ),
        (
            {"content-length": "10", "content-type": "application/xhtml+xml"},
            "the store sent application/xhtml+xml in place of audio",
        ),
        (
            {"content-length": "10", "content-type": "Application/JSON; charset=x"},
            "the store sent Application/JSON in place of audio",
        ),
        (
            {"content-length": "1001"},
            "the store offers 1,001 bytes, more than this recording can have (1,000)",
        ),
    ],
)
def test_answers_that_are_refused(headers: dict[str, str], why: str) -> None:
    """Of unknown length, packed, a page, or too long."""
    with pytest.raises(MediaIntegrityError) as caught:
        response.refuse(headers, response.read(200, headers), 1000)
    assert str(caught.value) == why


@pytest.mark.parametrize(
    "headers",
    [
        {"content-length": "1000"},
        {"content-length": "10", "content-encoding": "identity"},
        {"content-length": "10", "content-type": "binary/octet-stream"},
        {"content-length": "10, 10"},
        {"transfer-encoding": "chunked", "etag": '"x"'},
    ],
)
def test_answers_that_are_taken(headers: dict[str, str]) -> None:
    """Everything else has its bytes looked at."""
    response.refuse(headers, response.read(200, headers), 1000)


@pytest.mark.parametrize("length", ["-1", "1, 2", "x", "1e3", "٣", "9" * 30])
def test_lengths_that_cannot_be(length: str) -> None:
    """A length that is no length is an error of ours."""
    with pytest.raises(MediaIntegrityError) as caught:
        response.read(200, {"content-length": length})
    assert str(caught.value) == "the store's answer has a Content-Length that cannot be"


def test_the_code_of_a_refusal() -> None:
    """Of a refusal only its code is taken, and only if it looks like one."""
    assert response.code_in(b"<Error><Code>AccessDenied</Code><Key>secret</Key></Error>") == (
        "AccessDenied"
    )
    for body in (b"", b"<Code></Code>", b"<Code>a b</Code>", b"<Code>" + b"a" * 99 + b"</Code>"):
        assert response.code_in(body) is None


@given(
    st.sampled_from([200, 206, 416]),
    st.dictionaries(
        st.sampled_from(
            ["etag", "content-length", "content-range", "content-type", "transfer-encoding"]
        ),
        st.text() | st.from_regex(r"bytes [0-9*]{1,5}-?[0-9]*/[0-9*]{1,5}"),
    ),
)
def test_hostile_heads(status: int, headers: dict[str, str]) -> None:
    """Whatever the headers, they are read or an error of ours."""
    try:
        found = response.read(status, headers)
        found.continues(HAD, 400)
        response.refuse(headers, found, 1000)
    except MediaError:
        return
    assert found.length is None or 0 <= found.length <= 10**18
