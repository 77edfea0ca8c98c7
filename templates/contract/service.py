"""Service: the servers of a contract, and how they authenticate users."""

from __future__ import annotations

import keyword
from collections.abc import Container, Mapping
from urllib.parse import urlsplit

from contract.api import Grant, Group, Scheme, Server, Variable
from contract.names import first_free, numbered, repeated, snake
from contract.references import Schema, as_list, as_object

_NAMES_OF_SERVERS = ("name", "x-name", "description")
_WORDS_OF_A_NAME = 3
_NO_NAMES = frozenset("a an and api at base endpoint environment for of our server the url".split())

_OF_GRANTS = ("client_id", "client_secret", "scopes", "token_url")

# What a client takes besides keys.
_NOT_KEYS = frozenset(
    """
    base_url timeout max_retries deadline default_headers proxy ssl_context ca_file
    before_request after_response self server
    """.split()
)


def servers_of(holder: Schema, taken: Container[str] = ()) -> tuple[Server, ...]:
    """Return the `servers` of a contract, path or operation.

    Args:
        holder: the object that has them.
        taken: names that no argument for a variable may have.
    """
    found: list[Server] = []
    arguments: dict[str, str] = {}
    names: set[str] = set()
    for each in as_list(holder.get("servers")):
        url, variables = str(each.get("url", "")), as_object(each.get("variables"))
        for name in variables:
            own = snake(name) or "variable"
            own = f"{own}_" if own[0].isdigit() or keyword.iskeyword(own) else own
            own = own if own.isidentifier() else f"variable_{own}"
            others = [argument for wire, argument in arguments.items() if wire != name]
            free = first_free(repeated(own), {*_NOT_KEYS, *others})
            arguments.setdefault(name, first_free(repeated(free), taken))
        own = first_free(numbered(_server_name(each), "-"), names)
        names.add(own)
        also = [" ".join(str(each.get(key) or "").split()) for key in _NAMES_OF_SERVERS]
        found.append(
            Server(
                url=url,
                names=tuple(dict.fromkeys([own, *filter(None, also)])),
                variables={
                    name: Variable(
                        argument=arguments[name],
                        default=str(variable.get("default", "")),
                        values=tuple(map(str, as_list(variable.get("enum")))),
                        description=str(variable.get("description") or ""),
                    )
                    for name, variable in variables.items()
                },
            )
        )
    return tuple(found)


def _server_name(server: Schema) -> str:
    """Return the name of a server: its own, or what its description says, or else its host."""
    for key in _NAMES_OF_SERVERS[:2]:
        if text := " ".join(str(server.get(key) or "").split()):
            return text
    words = snake(str(server.get("description") or "")).split("_")
    kept = [each for each in words if each not in _NO_NAMES]
    if any(kept) and len(kept) <= _WORDS_OF_A_NAME:
        return "_".join(kept)
    url = str(server.get("url", ""))
    return urlsplit(url).netloc or url or "default"


def schemes_of(contract: Schema) -> dict[str, Scheme]:
    """Return the security schemes of a contract, by name.

    A single key is `api_key`. Of several, the one whose scheme is called so is, or else the one
    that the contract asks for first; the others are called as their schemes are.
    """
    declared = as_object(as_object(contract.get("components")).get("securitySchemes"))
    asked = [name for group in as_list(contract.get("security")) for name in group]
    order = sorted(declared, key=lambda name: asked.index(name) if name in asked else len(asked))
    order.sort(key=lambda name: snake(name) != "api_key")
    found: dict[str, Scheme] = {}
    taken: set[str] = set(_NOT_KEYS)
    for name in order:
        scheme, kind = declared[name], _kind(declared[name])
        plain = ("username", "password") if kind == "basic" else ("api_key",)
        arguments = _arguments(name, plain, taken) if kind else ()
        taken |= set(arguments)
        flows = as_object(scheme.get("flows")) if scheme.get("type") == "oauth2" else {}
        url = as_object(flows.get("clientCredentials")).get("tokenUrl")
        grant = None
        if isinstance(url, str) and url:
            grant = Grant(url=url, arguments=_arguments(name, _OF_GRANTS, taken))
            taken |= set(grant.arguments)
        wire, type_ = str(scheme.get("name", "")), str(scheme.get("type", ""))
        found[name] = Scheme(kind=kind, wire=wire, arguments=arguments, type=type_, grant=grant)
    return found


def _arguments(name: str, plain: tuple[str, ...], taken: set[str]) -> tuple[str, ...]:
    """Return the arguments for the parts of a key; if one is taken, all begin with its scheme."""
    if not taken & set(plain):
        return plain
    own = snake(name)
    is_name = own.isidentifier() and not keyword.iskeyword(own)
    own = own if is_name else f"key_{own}".rstrip("_")
    endings = [f"_{each}" for each in plain] if len(plain) > 1 else [""]
    return tuple(first_free(repeated(f"{own}{each}"), taken) for each in endings)


def _kind(scheme: Schema) -> str:
    match scheme.get("type"):
        case "apiKey":
            return str(scheme.get("in", ""))
        case "http":
            word = str(scheme.get("scheme", "")).lower()
            return word if word in ("basic", "bearer") else ""
        case "oauth2" | "openIdConnect":
            return "bearer"
        case _:
            return ""


def groups_of(asked: list[Schema] | None) -> tuple[Group, ...] | None:
    """Return the ways to authenticate that a contract or an operation states."""
    if asked is None:
        return None
    return tuple(
        tuple((name, tuple(map(str, as_list(scopes)))) for name, scopes in group.items())
        for group in asked
    )


def keys_of(
    groups: tuple[Group, ...], schemes: Mapping[str, Scheme]
) -> tuple[tuple[str, ...], ...]:
    """Return the schemes of each way that a client can send; ways without a key come last."""
    known = {name for name, scheme in schemes.items() if scheme.kind}
    found = [tuple(name for name, _ in group if name in known) for group in groups]
    return tuple(sorted(found, key=lambda group: not group))
