"""Servers: which of a contract's servers a client uses, and with which variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from telnyx_recordings.core.errors import ConfigError

_IN_HOST = re.compile(r"[\w.~:-]+", re.ASCII)
_IN_PATH = re.compile(r"[\w.~:/-]+", re.ASCII)


class Variable(Struct, frozen=True, kw_only=True):
    """A variable in the URL of a server.

    Attributes:
        argument: the client's argument for it.
        default: its value if the client is given none; empty if it has to be given.
        values: the possible values; empty for any.
    """

    argument: str
    default: str = ""
    values: tuple[str, ...] = ()


class Server(Struct, frozen=True, kw_only=True):
    """A server of the contract.

    Attributes:
        url: its base URL, with variables in braces.
        names: what a user may call it; the first is its own name.
        variables: by their names in the URL.
    """

    url: str
    names: tuple[str, ...] = ()
    variables: Mapping[str, Variable] = {}


class Destination(Struct, frozen=True, kw_only=True):
    """Where a client sends its requests.

    Attributes:
        url: the base URL; None if no server was chosen.
        name: the name of the server.
        values: the values of variables, by their names in URLs.
    """

    url: str | None
    name: str
    values: Mapping[str, str]


def place(
    base_url: str | None,
    servers: Sequence[Server],
    server: str | int | None,
    given: Mapping[str, str | None],
) -> Destination:
    """Return where a client sends its requests.

    Args:
        base_url: as the client was given it, in place of a server.
        servers: of the contract.
        server: the name or the index of a server; None for the first.
        given: the values of variables by their arguments; None for the default.

    Raises:
        ConfigError: there is no such server, or a value is not one of its variable.
    """
    chosen = servers[0] if server is None else _named(servers, server)
    wanted = {name: value for name, value in given.items() if value is not None}
    is_chosen = server is not None or bool(wanted)
    if base_url is not None and is_chosen:
        raise ConfigError("pass either base_url=… or a server and its variables, not both")
    values = {
        name: each.default for one in reversed(servers) for name, each in one.variables.items()
    }
    for name, variable in chosen.variables.items():
        value = wanted.pop(variable.argument, variable.default)
        values[name] = _checked(chosen.url, name, variable, value) if is_chosen else value
    if wanted:
        unknown = ", ".join(f"{name}=" for name in wanted)
        raise ConfigError(f"the server {chosen.names[0]!r} has no {unknown}: choose another server")
    url = filled(chosen.url, values).rstrip("/") if is_chosen else None
    if url is not None and not urlsplit(url).netloc:
        raise ConfigError(f"the server {chosen.names[0]!r} has no host: pass base_url=…")
    return Destination(url=url, name=chosen.names[0], values=values)


def filled(url: str, values: Mapping[str, str]) -> str:
    """Return a URL with the values of its variables."""
    return re.sub(r"\{([^{}]*)\}", lambda found: values.get(found[1], found[0]), url)


def _named(servers: Sequence[Server], server: object) -> Server:
    if isinstance(server, int) and not isinstance(server, bool) and 0 <= server < len(servers):
        return servers[server]
    if isinstance(server, str):
        for each in servers:
            if server.casefold() in map(str.casefold, each.names):
                return each
    names = ", ".join(repr(each.names[0]) for each in servers)
    raise ConfigError(f"there is no server {server!r}: choose one of {names}")


def _checked(url: str, name: str, variable: Variable, value: object) -> str:
    """Return the value of a variable; it may not lead to another host than the URL shows."""
    argument = variable.argument
    if value == "":
        raise ConfigError(f"there is no {argument}: pass {argument}=…")
    if variable.values and value not in variable.values:
        choice = ", ".join(map(repr, variable.values))
        raise ConfigError(f"{argument} must be one of {choice}, not {value!r}")
    before = url.partition(f"{{{name}}}")[0]
    allowed = _IN_PATH if "/" in before.partition("://")[2] or not before else _IN_HOST
    if not isinstance(value, str) or not allowed.fullmatch(value):
        raise ConfigError(f"{argument}={value!r} cannot be a part of the URL {url}")
    return value
