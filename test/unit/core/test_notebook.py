"""What people see of models, pages and resources: short lines, tables, and public names."""

from typing import Any

import pytest

from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
from telnyx_recordings.core.pages import AsyncPage, Page
from telnyx_recordings.core.responses import RawResponse
from telnyx_recordings.models import (
    RecordingListResponse,
    RecordingResponseData,
    RecordingResponseDataDownloadUrls,
    S3ConfigurationData,
)

LINK = "https://media.example.com/a.wav?signature=SECRET"
LONG = "x" * 50
FULL = RecordingResponseData(
    id=LONG,
    call_leg_id=LONG,
    call_session_id=LONG,
    conference_id=LONG,
    to=LONG,
    download_urls=RecordingResponseDataDownloadUrls(wav=LINK),
    additional_properties={"new": "<b>"},
)


def page_of(count: int) -> Page[RecordingResponseData, Any]:
    """A page with so many rows."""
    response = RecordingListResponse(data=[FULL] * count)
    return Page(response, RECORDINGS.list(), None)


def html_of(value: Any) -> str:
    """What a notebook shows of a value."""
    shown: str = value._repr_html_()
    return shown


def test_a_repr_is_one_short_line() -> None:
    many = RecordingListResponse(data=[FULL] * 250)
    for model in (FULL, many, RecordingResponseData(id="y" * 5000)):
        shown = repr(model)
        assert "\n" not in shown
        assert len(shown) < 500
    assert repr(FULL).endswith(", …)")
    assert "… 250 in all]" in repr(many)
    short = RecordingResponseData.from_dict({"id": "r1", "to": None})
    assert repr(short) == "RecordingResponseData(id='r1', to=None)"


def test_a_model_is_a_table_of_its_fields_in_a_notebook() -> None:
    shown = html_of(FULL)
    assert shown.startswith("<table><caption>RecordingResponseData</caption><tr><th>")
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "SECRET" not in shown
    secret = S3ConfigurationData(
        bucket="b", region="r", aws_access_key_id="k", aws_secret_access_key="SECRET"
    )
    assert "SECRET" not in html_of(secret)


@pytest.mark.parametrize("count", [0, 3, 30])
def test_a_page_is_a_table_of_its_rows_in_a_notebook(count: int) -> None:
    shown = html_of(page_of(count))
    assert shown.count("<tr>") == 1 + min(count, 20)
    assert ("and 10 more on this page" in shown) == (count == 30)
    assert f"{count} rows" in shown
    assert "SECRET" not in shown


def test_dir_shows_public_names_only() -> None:
    client = Client("KEY")
    pages: list[object] = [page_of(1), AsyncPage(RecordingListResponse(), RECORDINGS.list(), None)]
    pages += [RawResponse.__new__(RawResponse)]
    for each in (FULL, client, client.recordings, AsyncClient("KEY").recordings, *pages):
        names = dir(each)
        assert len(names) > 3
        assert [name for name in names if name.startswith("_")] == []


def test_a_list_of_an_async_client_shows_how_to_get_its_rows() -> None:
    shown = repr(AsyncClient("KEY").recordings.list())
    assert shown == "<AsyncPaginator of recordings.list: await it, or use async for>"


def test_a_resource_shows_its_methods() -> None:
    for client in (Client("KEY"), AsyncClient("KEY")):
        shown = repr(client.recordings)
        assert "list" in shown
        assert "retrieve" in shown
        assert "KEY" not in shown
