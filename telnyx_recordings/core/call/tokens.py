"""Access tokens that a client fetches itself: client credentials of OAuth 2 (RFC 6749, 4.4).

A token is fetched when the first call needs it, and again before it expires or after it was
refused. Of calls at the same time, in threads or tasks, one fetches it and the others wait.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final, cast
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from msgspec.structs import replace

from telnyx_recordings.core.call import flow
from telnyx_recordings.core.call.problems import object_in, one_line
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.result import CallResult
from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.config import Config, checked_base_url
from telnyx_recordings.core.credentials import ApiKey, Grant, Scheme, hidden
from telnyx_recordings.core.errors import (
    APIError,
    APIResponseError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    ConfigError,
)
from telnyx_recordings.core.hosts import is_loopback
from telnyx_recordings.core.request.operation import Operation

MARGIN: Final = 60.0
"""Seconds before its end at which a token is renewed; less for a token of less than 10 minutes."""
_MARGIN_SHARE: Final = 0.1
_POLL: Final = 0.02
_NOW: Final = 0.001
_OWN_HEADERS: Final = ("accept-encoding", "user-agent")
_FORM: Final = "application/x-www-form-urlencoded"
_BASIC: Final = Scheme(kind="basic", arguments=("client_id", "client_secret"), variables=())
_BEARER: Final = Scheme(kind="bearer", arguments=("token",), variables=())
_UNAUTHORIZED: Final = 401
_REFUSALS: Final = frozenset({"invalid_client", "unauthorized_client"})


class _Fetch:
    """One fetch of a token, which several calls may wait for, and its outcome."""

    def __init__(self) -> None:
        self.key: ApiKey | None = None
        self.error: APIError | None = None


class Tokens:
    """The access tokens of one scheme.

    Attributes:
        key: the newest token, or None before the first.
        client: the id and the secret of the client.
        name: of those, among the keys of the client.
        url: where tokens are fetched.
        scopes: the requested ones, separated by spaces.
    """

    def __init__(self, name: str, url: str, scopes: Sequence[str], client: ApiKey) -> None:
        """Take what identifies the client's requests for tokens as such, and what they need."""
        self.key: ApiKey | None = None
        self.client = client
        self.name = name
        self.url = url
        self.scopes: str = " ".join(scopes)
        self._expires = -math.inf
        self.renew()

    def renew(self) -> None:
        """Free the lock, and forget a fetch, which in a forked process another one carries out."""
        self._lock = Lock()
        self._fetch: _Fetch | None = None

    def refuse(self, key: ApiKey | None) -> None:
        """Let the next call fetch a token, unless there is a newer one than this."""
        with self._lock:
            if self.key is key:
                self._expires = -math.inf

    def ready(self, shared: flow.Shared, end: float) -> flow.Steps[ApiKey | None]:
        """Return a valid token, which is fetched if there is none, until the deadline of the call.

        Raises:
            APIError: no token was issued; the message has the reason.
        """
        clock = shared.environment.clock
        while True:
            with self._lock:
                if clock() < self._expires:
                    return self.key
                fetch, is_mine = self._fetch, self._fetch is None
                if fetch is None:
                    fetch = self._fetch = _Fetch()
            if is_mine:
                yield from self._run(fetch, shared, end)
                return self.key
            while self._fetch is fetch:
                if clock() >= end:
                    raise APITimeoutError(f"{self._what()} did not arrive in time", method="POST")
                yield Wait(_POLL)
            if fetch.error is not None:
                raise copy.copy(fetch.error)
            if fetch.key is not None:
                return fetch.key

    def _run(self, fetch: _Fetch, shared: flow.Shared, end: float) -> flow.Steps[None]:
        """Fetch a token for all calls that wait for it."""
        started = shared.environment.clock()
        try:
            result = yield from self._request(shared, max(_NOW, end - started))
            fetch.key, seconds = self._token(result.response.body)
            with self._lock:
                self.key = fetch.key
                self._expires = started + seconds - min(MARGIN, seconds * _MARGIN_SHARE)
        except APITimeoutError:
            raise  # the deadline of this call, while others may have more time
        except APIError as error:
            fetch.error = error
            raise
        finally:
            with self._lock:
                if self._fetch is fetch:
                    self._fetch = None

    def _request(self, shared: flow.Shared, seconds: float) -> flow.Steps[CallResult]:
        parts = urlsplit(self.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        form = {"grant_type": "client_credentials"}
        if self.scopes:
            form["scope"] = self.scopes
        operation: Operation[Any] = Operation(
            name="token",
            method="POST",
            path=quote(self.url.removeprefix(origin), safe="/?&=%:@!$'()*+,;~"),
            result=Any,
            safe_to_retry=True,  # at worst, an unused token is issued
            server=origin,
            body=form,
            media_type=_FORM,
            security=((self.name,),),
            options={"deadline": seconds},
            is_for_token=True,
        )
        config: Config = replace(
            shared.config,
            base_url=origin,
            has_own_url=False,
            headers={
                **{name: shared.config.headers[name] for name in _OWN_HEADERS},
                "accept": "application/json",
            },
        )
        try:
            own = replace(shared, config=config, pacer=Pacer())
            return (yield from flow.call(operation, own))
        except APIStatusError as error:
            raise self._refused(error) from None
        except APIError as error:
            again = copy.copy(error)
            again.args = (f"{self._what()} could not be fetched: {error}",)
            raise again from error.__cause__

    def _what(self) -> str:
        return f"an access token of {self.url.partition('?')[0]}"

    def _refused(self, error: APIStatusError) -> APIStatusError:
        """Return the error for a refusal (RFC 6749, 5.2)."""
        answer = object_in(error.body.encode())
        code = answer.get("error")
        code = one_line(code) if isinstance(code, str) else error.code
        text = answer.get("error_description")
        text = one_line(text) if isinstance(text, str) else ""
        reason = ": ".join(filter(None, [str(error.status_code), code, text]))
        kind, advice = type(error), "check the token URL"
        if error.status_code == _UNAUTHORIZED or code in _REFUSALS:
            kind, advice = AuthenticationError, "check client_id and client_secret"
        elif code == "invalid_scope":
            advice = "pass only scopes that this client is allowed"
        refused = kind(
            f"{self._what()} was refused: {reason}; {advice}",
            method=error.method,
            path=error.path,
            status_code=error.status_code,
            code=code,
            detail=text or None,
            request_id=error.request_id,
            body=error.body,
        )
        refused.retry_after = error.retry_after
        return refused

    def _token(self, body: bytes) -> tuple[ApiKey, float]:
        """Return the token of a response, and the seconds for which it is valid.

        Raises:
            APIResponseError: there is no usable token in it.
        """
        answer = hidden(object_in(body))
        del body
        token, kind = answer.get("access_token"), answer.get("token_type")
        why = ""
        key = None
        if not isinstance(token, str):
            why = "the response has no access_token"
        elif isinstance(kind, str) and not str.lower(kind).startswith("bearer"):
            why = "the token is not a bearer token"
        else:
            try:
                key = ApiKey(_BEARER, token)
            except ConfigError:
                why = "the access_token has characters that cannot be sent"
        seconds = _seconds(answer.get("expires_in"))
        del answer, token
        if key is None:
            raise APIResponseError(f"{self._what()} cannot be used: {why}", method="POST")
        return key, seconds


def _seconds(value: object) -> float:
    """Return for how long a token is valid; if that is not stated, until it is refused."""
    try:
        seconds = math.nan if isinstance(value, bool) else float(cast("str", value))
    except (TypeError, ValueError, OverflowError):
        return math.inf
    return max(0.0, seconds) if math.isfinite(seconds) else math.inf


def tokens_of(
    name: str, grant: Grant, given: Sequence[Any], base_url: str, own_url: str
) -> Tokens | None:
    """Return the tokens of a scheme; None if the client has no id for them.

    The client's settings are given in the order of the grant's arguments; `own_url` is the base URL
    of the contract.

    Raises:
        ConfigError: a setting is missing or invalid.
    """
    id_, secret, scopes, url = (each or None for each in given)
    if id_ is None and secret is None:
        return None
    for value, argument, variable in zip(
        (id_, secret), grant.arguments, grant.variables, strict=False
    ):
        if not isinstance(value, str):
            raise ConfigError(f"there is no {argument}: pass {argument}=… or set {variable}")
    scopes = grant.scopes if scopes is None else scopes
    scopes = str.split(scopes) if isinstance(scopes, str) else tuple(scopes)
    # Of RFC 6749, 2.3.1: both are written as in a form, and then as in basic authentication.
    client = ApiKey(_BASIC, *(quote_plus(str(each)) for each in (id_, secret)))
    if url is None:
        url = _moved(grant.url, base_url, own_url)
    try:
        checked_base_url(url.partition("?")[0], grant.url)
    except ConfigError as error:
        raise ConfigError(f"{grant.arguments[3]}={url!r}: {error}") from None
    return Tokens(f"{name} (client)", url, scopes, client)


def _moved(url: str, base_url: str, own_url: str) -> str:
    """Return the URL for tokens of a client that has another base URL than the contract.

    It is on the same host as the API if it is in the contract, and for a sandbox on this machine.
    """
    url, base, own = urljoin(f"{base_url}/", url), urlsplit(base_url), urlsplit(own_url)
    parts = urlsplit(url)
    is_same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
    is_sandbox = is_loopback(base.hostname or "") and not is_loopback(parts.hostname or "")
    if base_url != own_url and (is_same or is_sandbox):
        url = parts._replace(scheme=base.scheme, netloc=base.netloc).geturl()
    return url
