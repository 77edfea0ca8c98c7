"""Canaries: a key and a signed link must not appear in any output."""

import asyncio
import copy
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import processes
from behaviours import HANG_UP, RESET, TWO_LENGTHS, Drip, Echo, Flood, Reply, Silence
from callers import PLAYS, Held, Play, each_way, with_variables
from clients import listed
from fakes import Behaviour, Server, closed_port
from telnyx_recordings import AsyncClient, Client
from telnyx_recordings.config import load
from telnyx_recordings.core.messages import Failure, Request, Response
from telnyx_recordings.errors import MediaAccessError
from telnyx_recordings.sandbox import Sandbox

KEY = "KEY0123456789_SECRET"  # the one that callers.py gives its clients
SIGNATURE = "CANARY_SIGNATURE"
LINK = f"https://s3.amazonaws.com/b/r1.mp3?X-Amz-Signature={SIGNATURE}&X-Amz-Expires=600"
PHONE = "+13125550142"
HIDDEN = "CANARY_HEADER"
CANARIES = (KEY, SIGNATURE, HIDDEN)

FOUND = Reply(
    200, {"data": {"id": "r1", "download_urls": {"mp3": LINK}, "new": {"link": LINK}, "also": LINK}}
)
PAGE = Reply(200, {"data": [{"id": "r1", "from": PHONE, "download_urls": {"mp3": LINK}}]})


def listing(client: Any) -> Any:
    return listed(client.recordings.list(filter={"from": PHONE}))


def retrieve(client: Any) -> Any:
    return client.recordings.retrieve("r1", extra_headers={"x-own": HIDDEN})


def create(client: Any) -> Any:
    """Store credentials of an account elsewhere."""
    return client.custom_storage_credentials.create(
        "5", backend="s3", configuration={"backend": "s3", "aws_secret_access_key": SIGNATURE}
    )


OUTCOMES: dict[str, tuple[list[Behaviour], Callable[[Any], Any]]] = {
    "success": ([FOUND], retrieve),
    "a list": ([PAGE], listing),
    "a create": ([Reply(422, {"errors": [{"code": "1"}]})], create),
    "a lost create": ([HANG_UP], create),
    "an echoed key": ([Echo()], retrieve),
    "an echoed key in a retried answer": ([Reply(503, f"Bearer {KEY}")], listing),
    "a redirect": ([Reply(302, "", {"location": LINK})], retrieve),
    "an answer that cannot be read": ([Reply(200, f"<a href='{LINK}'>")], retrieve),
    "an answer that breaks HTTP": ([TWO_LENGTHS], listing),
    "no gzip": ([Reply(200, f"{LINK}", {"content-encoding": "gzip"})], listing),
    "a huge answer": ([Flood(17 * 2**20)], listing),
    "a reset": ([RESET], listing),
    "silence": ([Silence()], listing),
    "a stall": ([Drip(0.002)], listing),
}


def told_of(error: BaseException) -> Iterator[str]:
    """Everything that shows an exception, and those behind it."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args), repr(vars(seen)))
        seen = seen.__cause__ or seen.__context__
    yield "".join(traceback.format_exception(error))


@each_way
@pytest.mark.parametrize("name", OUTCOMES)
def test_no_secret_is_shown_anywhere(
    name: str, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    script, do = OUTCOMES[name]
    held = Held(speed=200) if name == "a stall" else Held()
    with Server(*script) as server:
        outcome = play(server.base_url, do, held, timeout=0.2, max_retries=1)
        assert KEY in server.requests[0].headers["authorization"]
    shown = [f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records]
    assert any("telnyx_recordings" in text for text in shown)
    assert all(PHONE[1:] not in text for text in shown)
    if outcome.error is not None:
        shown += told_of(outcome.error)
        shown += told_of(copy.copy(outcome.error))
        pickled = pickle.dumps(outcome.error)
        shown.append(pickled.decode("latin-1"))
        shown += told_of(pickle.loads(pickled))
        assert all(PHONE[1:] not in text for text in shown)
    else:
        shown.append(repr(outcome.value))
    for canary in CANARIES:
        assert [text for text in shown if canary in text] == []


@each_way
def test_a_failed_connection_shows_no_secret(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = play(f"http://127.0.0.1:{closed_port()}/v2", listing, max_retries=1)
    assert outcome.error is not None
    shown = [record.getMessage() for record in caplog.records]
    shown += told_of(outcome.error)
    for canary in (*CANARIES, PHONE[1:]):
        assert [text for text in shown if canary in text] == []


def test_the_headers_of_a_request_show_no_key() -> None:
    headers = load(KEY, None).credentials.headers(None, {"accept": "*/*"})
    assert headers["authorization"] == f"Bearer {KEY}"
    assert repr(headers) == "{'accept': '*/*', 'authorization': '***'}"


@each_way
@pytest.mark.parametrize("name", OUTCOMES)
def test_no_key_is_among_the_variables_of_a_traceback(name: str, play: Play) -> None:
    script, do = OUTCOMES[name]
    with Server(*script) as server:
        outcome = play(server.base_url, do, Held(speed=200), timeout=0.2, max_retries=0)
        lost = play(f"http://127.0.0.1:{closed_port()}/v2", do, max_retries=0)
    for error in (outcome.error, lost.error):
        assert error is None or KEY not in with_variables(error)
    assert lost.error is not None


@each_way
def test_an_unreadable_response_shows_no_link(play: Play) -> None:
    with Server(Reply(200, f'{{"data": {{"id": "r1", "also": "{LINK}"')) as server:
        outcome = play(server.base_url, retrieve)
    assert outcome.error is not None
    assert SIGNATURE not in with_variables(outcome.error)


@pytest.mark.parametrize(
    ("status", "place"), [(403, ""), (302, "http://example.com?"), (302, "https://[?")]
)
def test_refused_links_and_redirects_are_not_shown(tmp_path: Path, status: int, place: str) -> None:
    with Sandbox(1) as box, Client(box.api_key, box.base_url) as client:
        where = {"location": f"{place}X-Amz-Signature={SIGNATURE}"} if place else {}
        box.fail_next(status, times=2, on="media", headers=where)
        del where
        with pytest.raises(MediaAccessError) as caught:
            client.download(box.recordings[0].id, tmp_path)
    shown = with_variables(caught.value)
    assert SIGNATURE not in shown
    assert "X-Amz-Signature" not in shown


def test_other_users_of_urllib3_keep_their_logs(caplog: pytest.LogCaptureFixture) -> None:
    import urllib3  # noqa: PLC0415 - as another library of the program would

    caplog.set_level(logging.DEBUG, "urllib3")
    with Server(FOUND) as server, Client("KEY", server.base_url) as client:
        client.recordings.retrieve("r1", extra_query={"a": "ours"})
        with urllib3.PoolManager() as other:
            other.request("GET", f"{server.base_url}/x?a=theirs")
    told = [record.getMessage() for record in caplog.records]
    assert [text for text in told if "ours" in text] == []
    assert len([text for text in told if "a=theirs" in text]) == 1


def test_the_arguments_of_hooks_show_no_secret() -> None:
    shown: list[str] = []

    def before(request: Request) -> None:
        shown.append(f"{request!r} {request} {request.headers}")

    def after(request: Request, told: Response | Failure, seconds: float) -> None:
        shown.append(f"{request!r} {told!r} {seconds}")

    with (
        Server(RESET, FOUND) as server,
        Client(KEY, server.base_url, before_request=before, after_response=after) as client,
    ):
        recording = client.recordings.retrieve("r1")
        raw = client.recordings.with_raw_response.retrieve("r1")
        page = client.recordings.list(filter={"from": PHONE})
        with client.recordings.with_streaming_response.retrieve("r1") as streamed:
            shown.append(repr(streamed))
    shown += [repr(each) for each in (client, recording, raw, page, page.operation, vars(client))]
    for canary in (KEY, SIGNATURE, PHONE):
        assert [text for text in shown if canary in text] == []
    assert raw.parse().data == recording.data


def test_only_the_repr_of_a_model_hides_its_link() -> None:
    with Server(FOUND) as server, Client(KEY, server.base_url) as client:
        recording = client.recordings.retrieve("r1").data
    assert recording is not None
    assert recording.download_urls is not None
    assert recording.download_urls.mp3 == LINK
    assert pickle.loads(pickle.dumps(recording)).download_urls.mp3 == LINK
    assert SIGNATURE not in repr(recording)
    assert SIGNATURE not in str(recording)


def test_resources_of_a_client_cannot_be_pickled() -> None:
    """They have its key."""
    for thing in (Client(KEY).recordings, [AsyncClient(KEY).recordings]):
        with pytest.raises(TypeError):
            pickle.dumps(thing)


def test_redirects_do_not_get_the_key() -> None:
    with Server(FOUND) as other:
        elsewhere = Reply(307, "", {"location": f"{other.base_url}/recordings/r1"})
        with Server(elsewhere) as server:
            for play in PLAYS:
                assert play(server.base_url, retrieve).error is not None
        assert other.requests == []


def test_a_task_that_is_not_awaited_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        async with AsyncClient(KEY, server.base_url) as client:
            task = asyncio.ensure_future(retrieve(client))
            await asyncio.wait([task], timeout=processes.PATIENCE)
            del task

    with Server(Echo()) as server:
        asyncio.run(scenario())
    [record] = [each for each in caplog.records if each.name == "asyncio"]
    assert record.exc_info is not None
    shown = record.getMessage() + logging.Formatter().format(record)
    assert "401" in shown
    for canary in CANARIES:
        assert canary not in shown
