"""Authentication: a contract's security schemes, and a client's secrets for them."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, SupportsIndex, cast
from urllib.parse import quote, unquote, unquote_plus

from msgspec import Struct

from telnyx_recordings.core.errors import ConfigError

Security = tuple[tuple[str, ...], ...]
"""The security of an operation: alternative groups of scheme names, as in OpenAPI."""

_KEY = re.compile(r"[\x20-\x7e]+")
_COOKIE = re.compile(r"[\x21-\x7e]+")
_PART = 8
"""Characters of a secret that do not occur in another text by chance."""
_URL_SAFE = str.maketrans("+/", "-_")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class Grant(Struct, frozen=True, kw_only=True):
    """How a client fetches the tokens of a scheme: by client credentials of OAuth 2.

    Attributes:
        url: where; it may be relative to the base URL.
        scopes: those that the contract's operations need.
        arguments: the client's arguments for its id, its secret, other scopes and another URL.
        variables: the environment variables for the same.
    """

    url: str
    scopes: tuple[str, ...]
    arguments: tuple[str, ...]
    variables: tuple[str, ...]


class Scheme(Struct, frozen=True, kw_only=True):
    """A security scheme.

    Attributes:
        kind: a bearer token, basic authentication, or a key in a header, the query or a cookie.
        name: the name of that header, query parameter or cookie.
        arguments: the client's arguments for the secret; two for basic authentication.
        variables: the environment variables for the same.
        grant: how a client can fetch the secret itself; None if it cannot.
    """

    kind: Literal["bearer", "basic", "header", "query", "cookie"]
    name: str = ""
    arguments: tuple[str, ...]
    variables: tuple[str, ...]
    grant: Grant | None = None


class Hidden(str):
    """A secret text: not shown where variables are, as error trackers do, and not pickled."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide the text."""
        return "'***'"

    def __getitem__(self, key: SupportsIndex | slice) -> Hidden:
        """Return a part, which is as secret; some tools show the beginning of a long text."""
        return Hidden(super().__getitem__(key))

    def __copy__(self) -> Hidden:
        """Return the text itself."""
        return self

    def __deepcopy__(self, memo: object) -> Hidden:
        """Return the text itself."""
        return self

    def __reduce__(self) -> tuple[type[Hidden], tuple[str]]:
        """Pickle without the text."""
        return Hidden, ("***",)


def hidden(value: Any) -> Any:
    """Return a text, or the texts in a mapping, as `Hidden`; anything else unchanged."""
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        return {name: hidden(each) for name, each in given.items()}
    return Hidden(value) if isinstance(value, str) else value


class ApiKey:
    """Holds a secret, and cannot be shown or pickled by accident."""

    __slots__ = ("_scheme", "_secret", "_traces")

    def __init__(self, scheme: Scheme, *parts: str) -> None:
        """Check that the secret is valid for its scheme.

        White space around a key is removed: it is easily copied with the key.

        Raises:
            ConfigError: it is not.
        """
        if scheme.kind == "basic":
            if ":" in parts[0] or any(_UNPRINTABLE.search(each) for each in parts):
                raise ConfigError(
                    "the user name has a colon, or it or the password a control character"
                )
        else:
            parts = (Hidden(str.strip(parts[0])),)
            if not (_COOKIE if scheme.kind == "cookie" else _KEY).fullmatch(parts[0]):
                raise ConfigError(
                    "the API key is empty, or has control or non-ASCII characters: "
                    "copy it again from where it was issued"
                )
        self._scheme = scheme
        self._secret = tuple(map(Hidden, parts))
        self._traces = _traces(self._secret[-1])

    def headers(self) -> dict[str, str]:
        """Return the headers that authenticate a request, if the scheme uses headers."""
        match self._scheme.kind:
            case "bearer":
                return {"authorization": f"Bearer {self._secret[0]}"}
            case "basic":
                return {"authorization": f"Basic {self._encoded()}"}
            case "cookie":
                return {"cookie": f"{self._scheme.name}={self._secret[0]}"}
            case "header":
                return {self._scheme.name.lower(): self._secret[0]}
            case _:  # the query
                return {}

    def query(self) -> str:
        """Return the query parameter that authenticates a request, if the scheme uses one."""
        if self._scheme.kind != "query":
            return ""
        return f"{quote(self._scheme.name, safe='')}={quote(self._secret[0], safe='')}"

    def scrub(self, body: bytes) -> bytes:
        """Return the body of an error without the secret, in case the server echoed it."""
        secret: str = self._secret[-1]
        if self._scheme.kind == "header" and self._scheme.name.lower() == "authorization":
            secret = secret.partition(" ")[2] or secret  # all of the header, such as `Bearer KEY`
        forms = [secret]
        if len(self._secret) > 1:
            forms += [self._encoded(), unquote_plus(secret)]  # as OAuth writes it
        for each in filter(None, forms):
            body = body.replace(each.encode(), b"***")
        return body

    def is_in(self, text: str) -> bool:
        """Return whether a text repeats the secret, as a whole or in part, as it is or encoded."""
        width = min(_PART, len(self._secret[-1]))
        folded = unquote(text).lower()
        parts = {folded[at : at + width] for at in range(len(folded) - width + 1)}
        return not self._traces.isdisjoint(parts)

    def _encoded(self) -> str:
        return b64encode(":".join(self._secret).encode()).decode()

    def __repr__(self) -> str:
        """Hide the secret."""
        return "ApiKey(***)"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError(
            "an API key cannot be pickled: pass the name of an environment variable instead"
        )


def _traces(secret: str) -> frozenset[str]:
    """Return all parts of a secret, of its hexadecimal form and of its base64 forms."""
    if len(secret) < _PART:
        return frozenset({secret.lower()} - {""})
    raw = secret.encode()
    forms = [secret, raw.hex()]
    for before in range(3):  # the number of bytes before it, modulo 3, decides its base64 form
        form = b64encode(bytes(before) + raw).decode().rstrip("=")[(8 * before + 5) // 6 : -1]
        forms += [form, form.translate(_URL_SAFE)]
    return frozenset(
        form[at : at + _PART].lower() for form in forms for at in range(len(form) - _PART + 1)
    )


def _how(schemes: list[Scheme]) -> str:
    """Return how to give the secrets of schemes."""
    ways: list[Scheme | Grant] = [each.grant or each for each in schemes]
    given = [pair for way in ways for pair in zip(way.arguments[:2], way.variables, strict=False)]
    arguments = ", ".join(f"{argument}=…" for argument, _ in given)
    return f"pass {arguments} or set {' and '.join(variable for _, variable in given)}"


_Sent = tuple[list[tuple[str, Hidden]], list[str]]


class Credentials:
    """The secrets of a client, by the names of their schemes."""

    __slots__ = ("_default", "_keys", "_schemes", "_sent", "tokens")

    def __init__(
        self,
        schemes: Mapping[str, Scheme],
        default: Security,
        keys: Mapping[str, ApiKey],
        *,
        tokens: Mapping[str, Any] | None = None,
        is_key_needed: bool = True,
    ) -> None:
        """Take a contract's schemes, its default security, the keys, and what fetches others.

        Raises:
            ConfigError: a key of the default security is missing, without which nothing can be
                called.
        """
        self._schemes = schemes
        self._default = default
        self._keys = keys
        self._sent: dict[Security | None, _Sent] = {}
        self.tokens: Mapping[str, Any] = tokens or {}
        if is_key_needed:
            self._chosen(None)

    def needed(self, security: Security | None) -> list[Any]:
        """Return what fetches the keys that an operation needs.

        Raises:
            ConfigError: a key that this operation needs is missing.
        """
        return [self.tokens[each] for each in self._group(security) if each in self.tokens]

    def headers(self, security: Security | None, given: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a request with those that authenticate it.

        Raises:
            ConfigError: a key that this operation needs is missing.
        """
        headers = dict(given)
        for name, value in self._sent_with(security)[0]:
            before = headers.get(name) if name == "cookie" else None
            headers[name] = Hidden(f"{before}; {value}") if before else value
        return headers

    def target(self, security: Security | None, target: str) -> str:
        """Return a URL with the query parameters that authenticate the request."""
        for query in self._sent_with(security)[1]:
            target += f"{'&' if '?' in target else '?'}{query}"
        return target

    def _sent_with(self, security: Security | None) -> _Sent:
        """Return the headers and query parameters of keys; once, unless a key is fetched."""
        sent = self._sent.get(security)
        if sent is None:
            keys = self._chosen(security)
            headers = [each for key in keys for each in key.headers().items()]
            queries = [query for key in keys if (query := key.query())]
            sent = [(name, Hidden(value)) for name, value in headers], queries
            if not self.tokens:
                self._sent[security] = sent
        return sent

    def scrub(self, body: bytes) -> bytes:
        """Return the body of an error without any secret, in case the server echoed it."""
        for key in self._all():
            body = key.scrub(body)
        return body

    def redacted(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        """Return the headers of a response, with ``***`` for a request id that repeats a secret."""
        found = headers.get("x-request-id")
        if found is None or not any(key.is_in(found) for key in self._all()):
            return headers
        return {**{name.lower(): value for name, value in headers.items()}, "x-request-id": "***"}

    def _all(self) -> list[ApiKey]:
        fetched = [each.key for each in self.tokens.values() if each.key is not None]
        return [*self._keys.values(), *fetched]

    def _chosen(self, security: Security | None) -> list[ApiKey]:
        keys = self._keys
        return [keys.get(name) or self.tokens[name].key for name in self._group(security)]

    def _group(self, security: Security | None) -> tuple[str, ...]:
        wanted = self._default if security is None else security
        known = {**self._keys, **self.tokens} if self.tokens else self._keys
        for group in wanted:
            if all(name in known for name in group):
                return group
        if not wanted:
            return ()
        missing = [[self._schemes[name] for name in group if name not in known] for group in wanted]
        first = missing[0]
        what = "API key" if len(first) == 1 and first[0].kind != "basic" else "credential"
        raise ConfigError(f"there is no {what}: {'; otherwise '.join(map(_how, missing))}")
