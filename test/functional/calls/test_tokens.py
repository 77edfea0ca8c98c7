"""Tokens that a client fetches itself, by client credentials of OAuth 2, over real connections."""

import asyncio
import base64
import logging
import pickle
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest

from behaviours import Reply
from callers import PLAYS, Held, Play, each_way, retrieve, wired
from fakes import AT_ONCE, Line, Received, Server
from telnyx_recordings.api import AsyncResources, Resources
from telnyx_recordings.core.call.tokens import Tokens, tokens_of
from telnyx_recordings.core.credentials import Credentials, Grant, Scheme
from telnyx_recordings.errors import (
    APIError,
    APIResponseError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigError,
)
from telnyx_recordings.transport import ENVIRONMENT
from telnyx_recordings.transport.aio import AioCaller
from telnyx_recordings.transport.sync import SyncCaller

SECRET = "hush:hush/ÄÖ secret"
ARGUMENTS = ("client_id", "client_secret", "scopes", "token_url")
VARIABLES = ("X_CLIENT_ID", "X_CLIENT_SECRET", "X_SCOPES", "X_TOKEN_URL")


@dataclass
class Service:
    """An API that takes the newest token, and the server that issues it."""

    keeps_old_tokens: bool = False
    """Whether the tokens before it are taken too."""

    expires_in: object = 3600
    pause: float = 0.0
    issued: int = 0
    valid: set[str] = field(default_factory=set[str])
    answer: Reply | None = None
    """What the token endpoint replies instead of a token."""

    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event | None = None
    """What the token endpoint waits for before it replies."""

    def __call__(self, line: Line, request: Received) -> bool:
        """Issue a token, or check one."""
        if request.target.startswith("/token"):
            self.asked.set()
            line.pause(self.pause)
            if self.may_answer is not None:
                assert self.may_answer.wait(AT_ONCE)
            if self.answer is not None:
                return self.answer(line, request)
            self.issued += 1
            token = f"token-{self.issued}-{'s' * 20}"
            old = self.valid if self.keeps_old_tokens else set[str]()
            self.valid = old | {f"Bearer {token}"}
            body = {"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
            return Reply(200, body)(line, request)
        if request.headers.get("authorization") not in self.valid:
            return Reply(401, {"errors": [{"title": "Invalid token"}]})(line, request)
        return Reply(200, {"data": {"id": "r1"}})(line, request)


def credentials(port: int, scopes: tuple[str, ...] = ("read", "write")) -> Credentials:
    """The secrets of a client that fetches its tokens at this port."""
    url = f"http://127.0.0.1:{port}"
    grant = Grant(url="/token?tenant=t", scopes=scopes, arguments=ARGUMENTS, variables=VARIABLES)
    scheme = Scheme(kind="bearer", arguments=("api_key",), variables=("X",), grant=grant)
    tokens = tokens_of("oauth", grant, ["me:too", SECRET, None, None], url, url)
    assert tokens is not None
    return Credentials(
        {"oauth": scheme}, (("oauth",),), {tokens.name: tokens.client}, tokens={"oauth": tokens}
    )


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def server(service: Service) -> Iterator[Server]:
    with Server(service) as found:
        yield found


def url_of(server: Server) -> str:
    return f"http://127.0.0.1:{server.port}"


def fetches(server: Server) -> list[Received]:
    return [each for each in server.requests if each.target.startswith("/token")]


@each_way
def test_a_token_is_fetched_once_and_sent(server: Server, play: Play) -> None:
    """By RFC 6749: the client as basic authentication, each part as in a form, and the scopes."""
    keys = credentials(server.port)
    for _ in range(2):
        assert play(url_of(server), retrieve, credentials=keys).error is None
    (fetch,) = fetches(server)
    sent = base64.b64decode(fetch.headers["authorization"].removeprefix("Basic "))
    assert sent == b"me%3Atoo:hush%3Ahush%2F%C3%84%C3%96+secret"
    assert (fetch.method, fetch.target) == ("POST", "/token?tenant=t")
    assert fetch.headers["content-type"] == "application/x-www-form-urlencoded"
    form = {"grant_type": ["client_credentials"], "scope": ["read write"]}
    assert parse_qs(fetch.body.decode()) == form
    assert len(server.requests) == 3


@each_way
def test_a_token_is_renewed_before_it_expires(server: Server, service: Service, play: Play) -> None:
    """With a margin: a minute, or a tenth of its time."""
    service.expires_in = "1000"
    keys, held = credentials(server.port, ()), Held()
    for at, count in ((0, 1), (939, 1), (940, 2), (1000, 2)):
        held.now = 1000.0 + at
        assert play(url_of(server), retrieve, held, credentials=keys).error is None
        assert service.issued == count
    assert parse_qs(fetches(server)[0].body.decode()) == {"grant_type": ["client_credentials"]}


@each_way
@pytest.mark.parametrize("stated", [None, True, "soon", -5, 0, float("inf")])
def test_a_token_of_unknown_time_is_used(
    server: Server, service: Service, play: Play, stated: object
) -> None:
    """Until it is refused, or for one call if it is stated to have no time."""
    service.expires_in = None if stated == float("inf") else stated
    keys = credentials(server.port)
    for _ in range(2):
        assert play(url_of(server), retrieve, credentials=keys).error is None
    assert service.issued == (2 if stated in (-5, 0) and stated is not None else 1)


@each_way
def test_a_refused_token_is_renewed_once(server: Server, service: Service, play: Play) -> None:
    """Also without retries; a second refusal is the error."""
    keys = credentials(server.port)
    assert play(url_of(server), retrieve, credentials=keys).error is None
    service.valid = set()
    assert play(url_of(server), retrieve, credentials=keys, max_retries=0).error is None
    assert service.issued == 2
    with Server(Reply(401, {})) as other:
        outcome = play(url_of(other), retrieve, credentials=keys)
        assert isinstance(outcome.error, AuthenticationError)
        assert (len(other.requests), service.issued) == (2, 3)


def sync_caller(server: Server, keys: Credentials) -> SyncCaller:
    return SyncCaller(wired(url_of(server), ENVIRONMENT, credentials=keys))


def test_threads_share_one_fetch(server: Server, service: Service) -> None:
    """Those that come while a token is fetched wait for it."""
    service.pause = 0.2
    caller = sync_caller(server, credentials(server.port))
    start = threading.Barrier(8, timeout=AT_ONCE)

    def call(_: int) -> object:
        start.wait()
        return retrieve(Resources(caller))

    with ThreadPoolExecutor(8) as threads:
        assert len([*threads.map(call, range(8), timeout=AT_ONCE)]) == 8
    caller.close()
    assert service.issued == 1


def test_tasks_share_one_fetch_also_when_the_first_is_cancelled(
    server: Server, service: Service
) -> None:
    """Then another one of them fetches the token."""
    service.may_answer = may_answer = threading.Event()
    service.keeps_old_tokens = True  # the two may be issued in either order

    async def run() -> list[Any]:
        keys = credentials(server.port)
        caller = AioCaller(wired(url_of(server), ENVIRONMENT, credentials=keys))
        tasks = [asyncio.ensure_future(retrieve(AsyncResources(caller))) for _ in range(8)]
        assert await asyncio.to_thread(service.asked.wait, AT_ONCE)
        tasks[0].cancel()
        may_answer.set()
        async with asyncio.timeout(AT_ONCE):
            found = await asyncio.gather(*tasks, return_exceptions=True)
        await caller.close()
        return found

    first, *rest = asyncio.run(run())
    assert isinstance(first, asyncio.CancelledError)
    assert [each for each in rest if isinstance(each, BaseException)] == []
    assert service.issued <= 2


class Waits:
    """Sleeps, and reports when the first sleep begins."""

    def __init__(self) -> None:
        self.began = threading.Event()

    def __call__(self, seconds: float) -> None:
        """Sleep."""
        self.began.set()
        time.sleep(seconds)


@pytest.mark.parametrize("answer", [None, Reply(400, {"error": "invalid_client"})])
def test_a_waiting_call_has_its_own_deadline(
    server: Server, service: Service, answer: Reply | None
) -> None:
    """The one that fetches goes on; if it fails, so do those that wait."""
    service.may_answer, service.answer = threading.Event(), answer
    caller = sync_caller(server, credentials(server.port))
    client = Resources(caller)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(retrieve, client)
        assert service.asked.wait(AT_ONCE)
        waits = Waits()
        second = threads.submit(retrieve, Resources(caller.with_config(caller.config, waits)))
        assert waits.began.wait(AT_ONCE)
        with pytest.raises(APITimeoutError, match="did not arrive in time"):
            client.recordings.retrieve("r1", deadline=0.05)
        service.may_answer.set()
        for each in (first, second):
            error = each.exception(timeout=AT_ONCE)
            assert type(error) is (type(None) if answer is None else AuthenticationError)
    caller.close()
    assert len(fetches(server)) == 1


def test_a_call_with_more_time_fetches_the_token_that_another_had_no_time_for(
    server: Server, service: Service
) -> None:
    """A deadline that has passed is nobody else's error."""
    service.may_answer = threading.Event()
    caller = sync_caller(server, credentials(server.port))
    client = Resources(caller)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(client.recordings.retrieve, "r1", deadline=0.3)
        assert service.asked.wait(AT_ONCE)
        second = threads.submit(client.recordings.retrieve, "r1")
        with pytest.raises(APITimeoutError, match="could not be fetched"):
            first.result(timeout=AT_ONCE)
        service.may_answer.set()
        second.result(timeout=AT_ONCE)
    caller.close()


@each_way
@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (
            (401, {"error": "invalid_client", "error_description": "Who\nare you?"}),
            AuthenticationError,
            "was refused: 401: invalid_client: Who are you?; check client_id and client_secret",
        ),
        (
            (400, {"error": "unauthorized_client"}),
            AuthenticationError,
            "400: unauthorized_client; check client_id and client_secret",
        ),
        (
            (400, {"error": "invalid_scope"}),
            BadRequestError,
            "400: invalid_scope; pass only scopes that this client is allowed",
        ),
        ((404, "<html>"), APIError, "was refused: 404; check the token URL"),
        ((302, "", {"location": "/x"}), APIError, "was refused: 302; check the token URL"),
        ((200, "<html>"), APIResponseError, "cannot be used: the response has no access_token"),
        ((200, [1]), APIResponseError, "the response has no access_token"),
        ((200, {"access_token": 1}), APIResponseError, "the response has no access_token"),
        (
            (200, {"access_token": SECRET, "token_type": "mac"}),
            APIResponseError,
            "the token is not a bearer token",
        ),
        (
            (200, {"access_token": "hush\nhush"}),
            APIResponseError,
            "the access_token has characters that cannot be sent",
        ),
    ],
)
def test_a_response_without_a_token_is_one_clear_line(
    play: Play, answer: tuple[Any, ...], kind: type, why: str
) -> None:
    """It names the URL; nothing is sent to the API, and no secret is in the error."""
    with Server(Service(answer=Reply(*answer))) as server:
        error = play(url_of(server), retrieve, credentials=credentials(server.port)).error
    assert isinstance(error, kind)
    assert f"an access token of {url_of(server)}/token" in str(error)
    assert why in str(error)
    assert "\n" not in str(error)
    assert [each for each in server.requests if not each.target.startswith("/token")] == []
    shown = f"{traceback.format_exception(error)}{pickle.loads(pickle.dumps(error)).__dict__}"
    assert "hush" not in shown


@each_way
def test_an_outage_of_the_token_endpoint_is_retried_and_named(play: Play) -> None:
    """As calls are; the error says that it was about a token."""
    with Server(Reply(503, {}), Reply(503, {}), Service()) as server:
        assert play(url_of(server), retrieve, credentials=credentials(server.port)).error is None
    outcome = play(url_of(server), retrieve, credentials=credentials(server.port))
    assert "could not be fetched: POST /token?tenant=t: could not connect" in str(outcome.error)


@each_way
def test_no_secret_is_logged_or_seen_by_hooks(
    server: Server, play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the client's nor a token; a hook sees that there was a request."""
    seen: list[object] = []
    keys = credentials(server.port)
    after: Callable[..., None] = lambda *found: seen.extend(found)  # noqa: E731 - typed
    with caplog.at_level(1):
        outcome = play(url_of(server), retrieve, credentials=keys, after_response=after)
    assert outcome.trace == ["POST /token?tenant=t", "GET /recordings/r1"]
    text = repr([caplog.messages, seen, keys, keys.tokens, *(vars_of(each) for each in seen)])
    assert logging.getLogger("telnyx_recordings").name in {each.name for each in caplog.records}
    assert "POST /token?tenant=t 200" in "\n".join(caplog.messages)
    for secret in ("hush", "token-1", base64.b64encode(b"me%3Atoo").decode()[:8]):
        assert secret not in text


def vars_of(value: object) -> list[object]:
    """The fields of a request or response."""
    return [getattr(value, name) for name in getattr(value, "__struct_fields__", ())]


@each_way
def test_secrets_that_a_server_echoes_are_removed(play: Play) -> None:
    """The token, and the client's secret in each form that it has on the wire."""
    echo = "{} hush%3Ahush%2F%C3%84%C3%96+secret " + SECRET

    @dataclass
    class Echoing(Service):
        def __call__(self, line: Line, request: Received) -> bool:
            if request.target.startswith("/token"):
                return super().__call__(line, request)
            return Reply(400, echo.format(request.headers["authorization"]))(line, request)

    with Server(Echoing()) as server:
        error = play(url_of(server), retrieve, credentials=credentials(server.port)).error
    assert isinstance(error, BadRequestError)
    assert error.body == "Bearer *** *** ***"


def test_a_forked_process_fetches_tokens_itself(server: Server, service: Service) -> None:
    """The thread that fetches one is in the other process, where it does no harm."""
    service.pause = 0.3
    service.keeps_old_tokens = True  # the two are fetched at the same time, in either order
    keys = credentials(server.port)
    caller = sync_caller(server, keys)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(retrieve, Resources(caller))
        assert service.asked.wait(AT_ONCE)
        tokens: Tokens = keys.tokens["oauth"]
        tokens.renew()
        retrieve(Resources(caller))
        first.result(timeout=AT_ONCE)
    caller.close()
    assert service.issued == 2


def test_an_old_token_that_is_refused_does_not_end_a_newer_one(server: Server) -> None:
    """Of concurrent calls with one refused token, the first renews it for all."""
    keys = credentials(server.port)
    assert PLAYS[0](url_of(server), retrieve, credentials=keys).error is None
    keys.tokens["oauth"].refuse(None)
    assert PLAYS[0](url_of(server), retrieve, credentials=keys).error is None
    assert len(fetches(server)) == 1


@pytest.mark.parametrize(
    ("given", "variable"),
    [(["a", None], "X_CLIENT_SECRET"), ([None, "b"], "X_CLIENT_ID"), (["", "b"], "X_CLIENT_ID")],
)
def test_half_of_the_credentials_is_refused(given: list[str | None], variable: str) -> None:
    """With the argument and the variable for the other half."""
    grant = Grant(url="/token", scopes=(), arguments=ARGUMENTS, variables=VARIABLES)
    url = "https://api.example.com"
    with pytest.raises(ConfigError, match=f"pass {variable[2:].lower()}=… or set {variable}"):
        tokens_of("oauth", grant, [*given, None, None], url, url)
    assert tokens_of("oauth", grant, ["", "", None, None], url, url) is None


@pytest.mark.parametrize(
    ("contract", "base_url", "given", "used"),
    [
        (
            "https://auth.example.com/t",
            "https://api.example.com",
            None,
            "https://auth.example.com/t",
        ),
        (
            "https://auth.example.com/t",
            "https://eu.example.com",
            None,
            "https://auth.example.com/t",
        ),
        ("https://api.example.com/t", "https://eu.example.com", None, "https://eu.example.com/t"),
        ("https://auth.example.com/t", "http://127.0.0.1:9/v1", None, "http://127.0.0.1:9/t"),
        ("http://127.0.0.1:8/t", "http://127.0.0.1:9/v1", None, "http://127.0.0.1:8/t"),
        ("/t", "https://eu.example.com/v1", None, "https://eu.example.com/t"),
        ("t", "https://eu.example.com/v1", None, "https://eu.example.com/v1/t"),
        ("/t", "https://eu.example.com", "https://x.example.com/t", "https://x.example.com/t"),
    ],
)
def test_tokens_come_from_where_the_contract_says(
    contract: str, base_url: str, given: str | None, used: str
) -> None:
    """Of a sandbox on this machine, and of another host of the API, they come from there."""
    grant = Grant(url=contract, scopes=("a",), arguments=ARGUMENTS, variables=VARIABLES)
    settings = ["a", "b", ["x", "y"], given]
    tokens = tokens_of("oauth", grant, settings, base_url, "https://api.example.com")
    assert tokens is not None
    assert (tokens.url, tokens.scopes) == (used, "x y")


@pytest.mark.parametrize(
    "token_url", ["http://auth.example.com/token", "ftp://auth.example.com", "auth.example.com"]
)
def test_secrets_are_not_sent_without_tls(token_url: str) -> None:
    """A setting cannot change that."""
    grant = Grant(url="/token", scopes=(), arguments=ARGUMENTS, variables=VARIABLES)
    url = "https://api.example.com"
    with pytest.raises(ConfigError, match="token_url"):
        tokens_of("oauth", grant, ["a", "b", "x", token_url], url, url)
