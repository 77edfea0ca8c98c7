"""What programs written for the official SDK use of responses, types and pages."""

import inspect
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from operator import attrgetter
from typing import Any, get_origin

import pytest

from behaviours import Reply
from callers import KEY
from clients import Use, both, entered, listed, then, use_sync
from fakes import Line, Received, Server
from telnyx_recordings import AsyncPage, Client, Page
from telnyx_recordings.errors import APIResponseError
from telnyx_recordings.models import RecordingResponse
from telnyx_recordings.pagination import AsyncDefaultFlatPagination, SyncDefaultFlatPagination

TEXT = '{"data": {"id": "r1",\r\n "from": "+1é"}}\n'
FOUND = Reply(200, TEXT, {"content-type": "application/json"})
LIST = Reply(200, {"data": [{"id": "r1"}], "meta": {"page_number": 1, "total_pages": 1}})


def look(use: Use, server: Server, method: str, *names: str, stream: bool) -> list[Any]:
    """Call a method of recordings; return its response, and the results of methods of that."""
    arguments = () if method == "list" else ("r1",)
    way = "with_streaming_response" if stream else "with_raw_response"
    kept: list[Any] = []

    def call(client: Any) -> Any:
        return getattr(getattr(client.recordings, way), method)(*arguments)

    def keep(response: Any) -> None:
        assert response.is_closed is not stream
        kept.append(response)

    def value(_: Any, name: str) -> Any:
        found = getattr(kept[0], name)()
        return listed(found) if isinstance(found, Iterator | AsyncIterator) else found

    values = [partial(value, name=name) for name in names]
    if stream:
        [found] = use(server, lambda client: entered(call(client), keep, *values))
    else:
        found = use(server, lambda client: then(call(client), keep), *values)
    return [*kept, *found[1:]]


each_way = pytest.mark.parametrize("stream", [False, True], ids=["raw", "streamed"])


@both
@each_way
def test_a_response_has_what_the_official_one_has(use: Use, *, stream: bool) -> None:
    with Server(FOUND) as server:
        names = ("read", "text", "json", "parse", "close")
        response, read, text, plain, parsed, _ = look(
            use, server, "retrieve", *names, stream=stream
        )
    assert (read, text, plain) == (TEXT.encode(), TEXT, json.loads(TEXT))
    assert parsed == RecordingResponse.from_json(TEXT)
    assert (response.is_closed, response.status_code, response.method) == (True, 200, "GET")
    assert str(response.url) == f"{server.base_url}/recordings/r1"
    assert response.http_version == "HTTP/1.1"
    assert timedelta(0) < response.elapsed < timedelta(seconds=30)
    assert response.headers["Content-Type"] == response.headers["content-type"]
    request = response.http_request
    assert (request.method, request.url, request.content) == ("GET", response.url, b"")
    assert request.headers.get("X-Stainless-Lang") == "python"
    assert "authorization" not in request.headers
    assert len(request.headers) == len([*request.headers])
    shown = repr([response, response.headers, request, request.headers])
    assert KEY not in shown
    assert "r1" not in shown.replace("/recordings/r1", "")


@both
@each_way
@pytest.mark.parametrize(
    ("name", "wanted"),
    [("iter_text", [TEXT]), ("iter_lines", TEXT.splitlines()), ("iter_bytes", [TEXT.encode()])],
)
def test_a_body_is_read_as_bytes_text_or_lines(
    use: Use, name: str, wanted: list[Any], *, stream: bool
) -> None:
    with Server(FOUND) as server:
        _, found = look(use, server, "retrieve", name, stream=stream)
    empty: Any = b"" if name == "iter_bytes" else ""
    assert (found if name == "iter_lines" else empty.join(found)) == (
        wanted if name == "iter_lines" else empty.join(wanted)
    )


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_chunks_have_the_requested_size(size: int) -> None:
    with Server(FOUND) as server, Client(KEY, server.base_url) as client:
        raw = client.recordings.with_raw_response.retrieve("r1")
        chunks = [*raw.iter_bytes(size)]
        assert {len(each) for each in chunks[:-1]} <= {size}
        assert b"".join(chunks) == TEXT.encode()
        assert "".join(raw.iter_text(size)) == TEXT
        with client.recordings.with_streaming_response.retrieve("r1") as streamed:
            assert "".join(streamed.iter_text(size)) == TEXT


@pytest.mark.parametrize("cut", range(1, 12))
def test_lines_may_be_split_anywhere(cut: int) -> None:
    text = "a\r\nb\n\r\né\rc"
    pieces = InPieces(text.encode(), cut)
    with (
        Server(pieces) as server,
        Client(KEY, server.base_url) as client,
        client.recordings.with_streaming_response.retrieve("r1") as streamed,
    ):
        assert [*streamed.iter_lines()] == text.splitlines()


@both
def test_a_body_that_ends_within_a_character_ends_with_a_replacement_character(use: Use) -> None:
    with Server(InPieces(b"a" + "é".encode()[:1], 1)) as server:
        _, found = look(use, server, "retrieve", "iter_text", stream=True)
    assert "".join(found) == "a\ufffd"


def test_an_empty_body_has_no_parts() -> None:
    with Server(InPieces(b"", 1)) as server, Client(KEY, server.base_url) as client:
        raw = client.recordings.with_raw_response.retrieve("r1")
        assert [*raw.iter_bytes(), *raw.iter_text(), *raw.iter_lines()] == []


class InPieces:
    """Sends a body in pieces of one size."""

    def __init__(self, body: bytes, size: int) -> None:
        self.body = body
        self.size = size

    def __call__(self, line: Line, request: Received) -> bool:
        del request
        line.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        for at in range(0, len(self.body), self.size):
            piece = self.body[at : at + self.size]
            line.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        line.send(b"0\r\n\r\n")
        return True


@both
@each_way
def test_a_list_is_parsed_to_a_page(use: Use, *, stream: bool) -> None:
    with Server(LIST) as server:
        page: Any = look(use, server, "list", "parse", stream=stream)[1]
    assert [row.id for row in page.data] == ["r1"]
    is_sync = use is use_sync
    alias: Any = SyncDefaultFlatPagination if is_sync else AsyncDefaultFlatPagination
    assert isinstance(page, Page if is_sync else AsyncPage)
    assert isinstance(page, get_origin(alias[int]))


def test_a_body_that_is_not_json_is_an_error() -> None:
    with Server(Reply(200, "<html>")) as server, Client(KEY, server.base_url) as client:
        raw = client.recordings.with_raw_response.retrieve("r1")
        with pytest.raises(APIResponseError, match="the response is not JSON"):
            raw.json()
        assert raw.text == raw.text() == "<html>"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("recordings", "ActionDeleteParams ActionDeleteResponse"),
        ("recordings.action_delete_params", "ActionDeleteParams"),
        ("recording_list_params", "Filter FilterCreatedAt FilterEndTime FilterStartTime"),
        ("recording_transcription_list_params", "Filter FilterCreatedAt"),
        ("recording_response_data", "DownloadURLs RecordingResponseData"),
        ("custom_storage_configuration", "Configuration CustomStorageConfiguration"),
        ("custom_storage_credential_create_params", "Configuration"),
        ("custom_storage_credential_update_params", "Configuration"),
        ("call_recording_error", "CallRecordingError Payload"),
        ("call_recording_saved", "Payload PayloadPublicRecordingURLs PayloadRecordingURLs"),
        ("call_recording_transcription_saved", "CallRecordingTranscriptionSaved Payload"),
        ("conference_recording_saved", "ConferenceRecordingSaved Payload"),
    ],
)
def test_nested_types_have_their_official_names(module: str, names: str) -> None:
    found = import_module(f"telnyx_recordings.types.{module}")
    assert [each for each in names.split() if not hasattr(found, each)] == []


@pytest.mark.parametrize(
    "name",
    [
        *("ActionDeleteParams", "RecordingListParams", "RecordingTranscriptionListParams"),
        *("CustomStorageCredentialCreateParams", "CustomStorageCredentialUpdateParams"),
        *("CredentialsResponse", "RecordingResponse", "RecordingTranscription"),
    ],
)
def test_types_have_their_official_names(name: str) -> None:
    found = import_module("telnyx_recordings.types")
    assert getattr(found, name).__name__ == name
    assert name in dir(found)


@pytest.mark.parametrize(
    ("params", "method"),
    [
        ("RecordingListParams", "recordings.list"),
        ("RecordingTranscriptionListParams", "recording_transcriptions.list"),
        ("ActionDeleteParams", "recordings.actions.delete"),
        ("CustomStorageCredentialCreateParams", "custom_storage_credentials.create"),
        ("CustomStorageCredentialUpdateParams", "custom_storage_credentials.update"),
    ],
)
def test_dicts_of_arguments_have_the_keys_of_their_methods(params: str, method: str) -> None:
    with Client(KEY) as client:
        parameters = inspect.signature(attrgetter(method)(client)).parameters.values()
    keys = getattr(import_module("telnyx_recordings.types"), params).__annotations__
    not_official = {"number"}
    assert (
        keys.keys()
        == {each.name for each in parameters if each.kind is each.KEYWORD_ONLY} - not_official
    )


@pytest.mark.parametrize("kind", ["Azure", "Gcs", "S3", "S3Generic"])
def test_dicts_for_storage_have_their_official_names(kind: str) -> None:
    found = import_module("telnyx_recordings.types")
    assert getattr(found, f"{kind}ConfigurationDataParam")(bucket="b") == {"bucket": "b"}
    assert f"{kind}ConfigurationDataParam" in dir(found)
