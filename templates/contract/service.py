"""Service: where a contract's service is, and how it knows its users."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from contract.api import Group, Scheme
from contract.names import first_free, repeated, snake
from contract.references import Schema, as_list, as_object

# What a client takes besides keys.
_NOT_KEYS = frozenset(
    """
    base_url timeout max_retries deadline default_headers proxy ssl_context ca_file
    before_request after_response self
    """.split()
)


def base_url(contract: Schema) -> str:
    """Return where the contract's first server is; empty if it is not an absolute URL."""
    url = server_url(contract)
    return url.rstrip("/") if urlsplit(url).scheme in ("http", "https") else ""


def server_url(holder: Schema) -> str:
    """Return the first of the `servers` of a contract, path or operation, variables filled in."""
    servers = as_list(holder.get("servers"))
    if not servers:
        return ""
    url = str(servers[0].get("url", ""))
    for name, variable in as_object(servers[0].get("variables")).items():
        url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
    return url


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
        arguments = _arguments(name, kind, taken) if kind else ()
        taken |= set(arguments)
        wire, type_ = str(scheme.get("name", "")), str(scheme.get("type", ""))
        found[name] = Scheme(kind=kind, wire=wire, arguments=arguments, type=type_)
    return found


def _arguments(name: str, kind: str, taken: set[str]) -> tuple[str, ...]:
    plain = ("username", "password") if kind == "basic" else ("api_key",)
    if not taken & set(plain):
        return plain
    own = snake(name)
    own = own if own.isidentifier() else f"key_{own}".rstrip("_")
    endings = ("_username", "_password") if kind == "basic" else ("",)
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
