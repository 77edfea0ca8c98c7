"""Tests that a program can change the sandbox's rows and behaviour, and see its requests."""

import time
from datetime import UTC, datetime

import pytest

from sandbox_caller import Caller
from telnyx_recordings.sandbox import Sandbox


def test_an_added_recording_is_complete_and_newest(call: Caller) -> None:
    added = call.box.add_recording()
    row = call("GET", "/recordings").body["data"][0]
    assert row["id"] == added.id
    assert set(row) == {*added.fields, "download_urls"}
    assert None not in (row["duration_millis"], row["from"], row["to"], row["created_at"])
    assert call.box.recordings[0] is added


def test_additions_follow_from_the_seed() -> None:
    first, second = (
        [box.add_recording() for _ in range(3)] for box in (Sandbox(2, 1), Sandbox(2, 1))
    )
    assert first == second


def test_a_recording_is_added_with_the_given_fields(call: Caller) -> None:
    added = call.box.add_recording(
        id="mine",
        from_="+15125550100",
        status="paused",
        created_at=datetime(2026, 5, 1, 8, tzinfo=UTC),
        recording_ended_at="",
        to=None,
        extra={"deep": [1]},
        omit=("updated_at",),
    )
    row = call("GET", "/recordings/mine").body["data"]
    assert row == dict(added.fields) | {"download_urls": row["download_urls"]}
    assert row["from"] == "+15125550100"
    assert row["created_at"] == "2026-05-01T08:00:00+00:00"
    assert (row["status"], row["recording_ended_at"], row["to"]) == ("paused", "", None)
    assert row["extra"] == {"deep": [1]}
    assert "updated_at" not in row


def test_a_recording_is_placed_by_its_time(call: Caller) -> None:
    call.box.add_recording(id="old", created_at="2020-01-01")
    call.box.add_recording(id="timeless", created_at=None)
    assert call("GET", "/recordings").ids[-2:] == ["old", "timeless"]
    query = {"filter[created_at][lte]": "2020-01-01T00:00:00Z"}
    assert call("GET", "/recordings", query).ids == ["old"]


def test_hidden_values_can_be_filtered_by(call: Caller) -> None:
    call.box.add_recording(id="mine", conference_region="ap", sip_call_id="sip-1")
    for name, text in (("conference_region", "ap"), ("sip_call_id", "sip-1")):
        answer = call("GET", "/recordings", {f"filter[{name}]": text})
        assert "mine" in answer.ids
        assert all(name not in row for row in answer.body["data"])


def test_a_recording_is_added_with_the_given_links(call: Caller) -> None:
    call.box.add_recording(id="only wav", formats=("wav",))
    call.box.add_recording(id="elsewhere", download_urls={"mp3": "gs://bucket/key"})
    call.box.add_recording(id="none", download_urls=None)
    rows = {row["id"]: row["download_urls"] for row in call("GET", "/recordings").body["data"]}
    assert set(rows["only wav"]) == {"wav"}
    assert rows["elsewhere"] == {"mp3": "gs://bucket/key"}
    assert rows["none"] is None


def test_a_transcript_is_added_with_its_recording(call: Caller) -> None:
    call.box.add_recording(id="mine", transcript="Hello, world.")
    answer = call("GET", "/recording_transcriptions", {"filter[recording_id]": "mine"})
    [row] = answer.body["data"]
    assert (row["status"], row["transcription_text"]) == ("completed", "Hello, world.")


def test_an_id_can_be_added_once(call: Caller) -> None:
    call.box.add_recording(id="mine")
    with pytest.raises(ValueError, match="'mine'"):
        call.box.add_recording(id="mine")


def test_recordings_of_the_sandbox_reflect_deletions(call: Caller) -> None:
    first, second = call.box.recordings[:2]
    view = call.box.recordings
    call("DELETE", f"/recordings/{first.id}")
    assert view[0] == second
    call.box.delete_recording(second.id)
    assert len(view) == 3
    assert call("GET", f"/recordings/{second.id}").status == 404
    with pytest.raises(KeyError):
        call.box.delete_recording(second.id)
    with pytest.raises(KeyError):
        call.box.audio(second.id, "wav")


def test_requests_are_seen_without_the_key(call: Caller) -> None:
    call("GET", "/recordings", {"filter[from]": "+1 5"})
    call("DELETE", "/recordings/a%2Fb", headers={"X-Trace": "7"})
    first, second = call.box.requests
    assert (first.method, first.path) == ("GET", "/v2/recordings")
    assert first.query == "filter%5Bfrom%5D=%2B1+5"
    assert first.headers["authorization"] == "[redacted]"
    assert (second.method, second.path, second.query) == ("DELETE", "/v2/recordings/a%2Fb", "")
    assert second.headers["x-trace"] == "7"
    assert "authorization" not in second.headers


def test_the_next_requests_fail_as_configured(call: Caller) -> None:
    call.box.fail_next(503, times=2, headers={"retry-after": "3"})
    answers = [call("GET", "/recordings") for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["retry-after"] == "3"
    assert answers[0].error["code"] == "503"
    assert answers[0].headers["x-request-id"] != answers[1].headers["x-request-id"]


def test_a_failed_request_changes_nothing(call: Caller) -> None:
    call.box.fail_next(500)
    assert call("DELETE", f"/recordings/{call.box.recordings[0].id}").status == 500
    assert len(call.box.recordings) == 5


def test_configured_failures_are_used_in_order(call: Caller) -> None:
    call.box.fail_next(502, body="<html>bad gateway</html>")
    call.box.fail_next(429)
    url = f"{call.box.base_url}/recordings"
    key = {"Authorization": f"Bearer {call.box.api_key}"}
    first = call.http.request("GET", url, headers=key)
    assert (first.status, first.data) == (502, b"<html>bad gateway</html>")
    assert first.headers["content-type"].startswith("text/html")
    second = call("GET", "/recordings")
    assert (second.status, second.error["code"]) == (429, "10011")


def test_downloads_fail_apart_from_the_api(call: Caller) -> None:
    call.box.fail_next(503, on="media")
    row = call("GET", "/recordings").body["data"][0]
    failed = call.http.request("GET", row["download_urls"]["mp3"])
    assert failed.status == 503
    assert b"<Code>InternalError</Code>" in failed.data
    assert call.http.request("GET", row["download_urls"]["mp3"]).status == 200


def test_responses_are_delayed(call: Caller) -> None:
    call.box.delay(0.2)
    began = time.monotonic()
    assert call("GET", "/recordings").status == 200
    assert time.monotonic() - began >= 0.2
    call.box.delay(0)
    assert call("GET", "/recordings").status == 200


def test_pages_drift_by_insertion(call: Caller) -> None:
    call.box.drift(insert=1)
    pages = [call("GET", "/recordings", {"page[size]": "2", "page[number]": n}) for n in "12"]
    assert pages[0].ids[1] == pages[1].ids[0]
    assert len(call.box.recordings) == 7


def test_pages_drift_by_deletion(call: Caller) -> None:
    every = [row.id for row in call.box.recordings]
    call.box.drift(delete=1)
    pages = [call("GET", "/recordings", {"page[size]": "2", "page[number]": n}) for n in "12"]
    assert [one for page in pages for one in page.ids] == [every[0], every[1], every[3], every[4]]
    call.box.drift()
    assert call("GET", "/recordings").ids == [every[1], every[2], every[4]]
