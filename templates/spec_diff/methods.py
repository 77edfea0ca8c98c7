"""Compares methods, and the client as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from contract.api import Api, Argument, Operation
from spec_diff.change import (
    Change,
    added,
    breaking,
    changed,
    compare_deprecation,
    compare_texts,
)
from spec_diff.classes import compare_part, compare_unpaired, taken_by_name
from spec_diff.traits import traits_of_operation
from spec_diff.types import NONE, Types, shown, types_of
from spec_diff.values import Ways, compare_traits, within

Group: TypeAlias = frozenset[tuple[str, str]]
"""One way to authenticate: each key that it takes, with each scope; an empty one is the key."""

_SENT = Ways(sent=True, received=False)


@dataclass(frozen=True, slots=True)
class Method:
    """An operation, and what users call it: ``client.recordings.retrieve``."""

    name: str
    operation: Operation

    @property
    def call(self) -> str:
        """Return the request, as in ``GET /recordings/{recording_id}``."""
        return f"{self.operation.method} {self.operation.path}"

    @property
    def result(self) -> Types:
        """Return the result types; for a list, its response as one model."""
        found = [types_of(each.type) for each in self.operation.results]
        return frozenset(each for types in found for each in types) or frozenset({NONE})


def methods_of(api: Api) -> list[Method]:
    """Return the methods of all resources."""
    return [
        Method(f"client.{api.path_of(resource)}.{each.name}", each)
        for resource in api.resources
        for each in resource.operations
    ]


def compare_methods(old: Api, new: Api) -> Iterator[Change]:
    """Yield the changes of operations; classes of `old` already have their new names."""
    pairs, gone, come = _paired(methods_of(old), methods_of(new))
    for each in gone:
        yield breaking(each.name, f"removed: {each.call}", "removed")
    for each in come:
        yield added(each.name, each.call)
    for one, other in pairs:
        yield from _compare(one, other, old, new)


def _paired(
    old: list[Method], new: list[Method]
) -> tuple[list[tuple[Method, Method]], list[Method], list[Method]]:
    """Pair methods that are the same operation: by their call, else their name, else their id."""
    pairs: list[tuple[Method, Method]] = []
    gone, come = list(old), list(new)
    keys: tuple[Callable[[Method], str], ...] = (
        lambda each: _plain(each.call),
        lambda each: each.name,
        lambda each: each.operation.id,
    )
    for key in keys:
        there = {key(each): each for each in come}
        for each in tuple(gone):
            other = there.pop(key(each), None)
            if other is not None:
                pairs.append((each, other))
                gone.remove(each)
                come.remove(other)
    return pairs, gone, come


def _plain(call: str) -> str:
    """Return a call without the names in its path."""
    return re.sub(r"\{[^}]*\}", "{}", call)


def _compare(one: Method, other: Method, old: Api, new: Api) -> Iterator[Change]:
    name = other.name
    if one.name != other.name:
        yield breaking(f"{one.name} → {other.name}", "renamed")
    if _plain(one.call) != _plain(other.call):
        yield changed(name, f"{one.call} → {other.call}")
    yield from _compare_arguments(one, other, new)
    yield from _compare_need(one, other)
    yield from _compare_results(one, other, new)
    was, now = one.operation, other.operation
    traits = [traits_of_operation(each) for each in (was, now)]
    if was.body is not None and now.body is not None:  # otherwise arguments tell of it
        traits[0]["body"], traits[1]["body"] = was.body.media_type, now.body.media_type
    yield from compare_traits(name, traits[0], traits[1], Ways(sent=False, received=False))
    yield from compare_deprecation(name, old=was.deprecated, new=now.deprecated)
    if was.security is not None or now.security is not None:
        yield from _compare_security(name, _security(was, old), _security(now, new))
    yield from compare_texts(name, _texts(was), _texts(now))


def _texts(operation: Operation) -> dict[str, Any]:
    return {**operation.notes, **{f"error {each.code}": each for each in operation.errors}}


def _security(operation: Operation | None, api: Api) -> tuple[Group, ...]:
    """Return the ways to authenticate, under the names of the client's arguments."""
    own = operation.security if operation else None
    groups = api.security if own is None else own
    keys = {name: takes for name, (takes, _) in _schemes(api).items()}
    return tuple(
        frozenset(
            (keys.get(name, name), scope) for name, scopes in group for scope in ("", *scopes)
        )
        for group in groups
    )


def _schemes(api: Api) -> dict[str, tuple[str, str]]:
    """Return by which argument a client takes the key of a scheme, and how that is sent."""
    return {
        name: (
            ", ".join(f"{each}=" for each in scheme.arguments) or name,
            f"{scheme.kind} {scheme.wire}".strip() or scheme.type,
        )
        for name, scheme in api.schemes.items()
    }


def _grants(api: Api) -> dict[str, str]:
    """Return by which arguments a client fetches tokens itself, and where it sends them."""
    grants = [each.grant for each in api.schemes.values() if each.grant]
    return {", ".join(f"{each}=" for each in grant.arguments): grant.url for grant in grants}


def _compare_results(one: Method, other: Method, new: Api) -> Iterator[Change]:
    before, after = _result(one), _result(other)
    if before == after:
        return
    text = f"returns {before} → {after}"
    same_page = one.operation.page == other.operation.page
    narrower = same_page and within(other.result, one.result, new.classes)
    yield changed(other.name, text) if narrower else breaking(other.name, text)


def _result(method: Method) -> str:
    page = method.operation.page
    return f"Page[{page.item}, {page.meta or 'Any'}]" if page else shown(method.result)


def _compare_arguments(one: Method, other: Method, new: Api) -> Iterator[Change]:
    # Where the fields of the same model are arguments, they are told of with the model.
    was, now = one.operation, other.operation
    models = {each.body.model if each.body else "" for each in (was, now)}
    told = "body" if len(models) == 1 and "" not in models else ""
    before = {_key(each, was): each for each in was.arguments if _location(each) != told}
    after = {_key(each, now): each for each in now.arguments if _location(each) != told}
    gone = [each for key, each in before.items() if key not in after]
    come = [each for key, each in after.items() if key not in before]
    same = [(before[key], after[key]) for key in before if key in after]
    same += taken_by_name(gone, come)  # at another place of the wire
    around = (f"{other.name}(", "=)")
    yield from compare_unpaired(around, gone, come, _SENT)
    for each, to in same:
        is_moved = each.location != to.location
        if is_moved or (to.location != "path" and each.wire != to.wire):
            name = f"{other.name}({to.name}=)"
            text = f"{_location(each)} {each.wire} → {_location(to)} {to.wire}"
            is_position = each.positional or to.positional
            yield breaking(name, text) if is_position else changed(name, text)
        parts = (replace(each, style=None), replace(to, style=None)) if is_moved else (each, to)
        yield from compare_part(around, *parts, _SENT, new)
    yield from _compare_order(one, other)


def _key(part: Argument, operation: Operation) -> tuple[str, object]:
    """Return what an argument is known by: its place in the path, or its name on the wire."""
    if part.location == "path":
        return "path", [each.wire for each in operation.arguments].index(part.wire)
    return _location(part), part.wire


def _location(part: Argument) -> str:
    return "body" if part.location == "field" else part.location


def _compare_order(one: Method, other: Method) -> Iterator[Change]:
    names = {each.name for each in one.operation.arguments}
    names &= {each.name for each in other.operation.arguments}
    both = (one.operation.arguments, other.operation.arguments)
    before, after = (
        [each.name for each in every if each.positional and each.name in names] for every in both
    )
    if before != after[: len(before)]:
        yield breaking(other.name, f"order: {', '.join(before)} → {', '.join(after)}")


def _compare_need(one: Method, other: Method) -> Iterator[Change]:
    """Yield the fields that became required or optional together with the whole body."""
    was, now = one.operation, other.operation
    if was.body is None or now.body is None or was.body.required == now.body.required:
        return
    needed = {each.wire for each in was.arguments if _location(each) == "body" and each.needed}
    for each in now.arguments:
        if _location(each) == "body" and each.needed and each.wire in needed:
            name = f"{other.name}({each.name}=)"
            if now.body.required:
                yield breaking(name, "is required now")
            else:
                yield changed(name, "is optional now", "minor")


def compare_client(old: Api, new: Api) -> Iterator[Change]:
    """Yield the changes of servers, keys, events and the contract as a whole."""
    yield from _compare_servers(old, new)
    yield from _compare_keys(old, new)
    if old.resources:
        yield from _compare_security("Client", _security(None, old), _security(None, new))
    yield from _compare_events(old, new)
    yield from compare_texts("client", old.notes, new.notes)


def _compare_servers(old: Api, new: Api) -> Iterator[Change]:
    name = "Client(base_url=)"
    was, now = ([each.url for each in api.servers] for api in (old, new))
    gone = [each for each in was if each not in now]
    come = [each for each in now if each not in was]
    if old.base_url != new.base_url:
        text = f"default: {old.base_url or 'none'} → {new.base_url or 'none'}"
        if not new.base_url:
            yield breaking(name, f"{text}: it is required now")
        elif not old.base_url:
            yield changed(name, f"{text}: it is optional now", "minor")
        elif was[0] in gone:
            yield breaking(name, f"{text}; the old one is gone")
        else:
            yield changed(name, text, "minor")
        gone = [each for each in gone if each not in was[:1]]
        come = [each for each in come if each not in now[:1]]
    for each in gone:
        yield breaking(name, f"no longer there: {each}", "removed")
    for each in come:
        yield added(name, each)


def _compare_keys(old: Api, new: Api) -> Iterator[Change]:
    one, other = (dict(_schemes(api).values()) | _grants(api) for api in (old, new))
    for each in one.keys() | other.keys():
        name, before, after = f"Client({each})", one.get(each), other.get(each)
        if before is None:
            yield added(name, f"sent as {after}")
        elif after is None:
            yield breaking(name, f"removed: sent as {before}", "removed")
        elif before != after:
            text = f"sent as {before} → {after}"
            same = _KEY_ALONE.issuperset({before.split()[0], after.split()[0]})
            yield changed(name, text) if same else breaking(name, text)


_KEY_ALONE = frozenset(("header", "query", "cookie"))
"""Where a key is sent as it is, so that the same one may do at another place."""


def _compare_security(
    name: str, old: tuple[Group, ...], new: tuple[Group, ...]
) -> Iterator[Change]:
    before, after = (each or (Group(),) for each in (old, new))
    if set(before) == set(after):
        return
    text = f"authentication: {_groups(before)} → {_groups(after)}"
    kept = all(any(group <= had for group in after) for had in before)
    yield changed(name, text, "minor") if kept else breaking(name, text)


def _groups(groups: tuple[Group, ...]) -> str:
    return " or ".join(_group(group) for group in groups)


def _group(group: Group) -> str:
    scopes: dict[str, list[str]] = {}
    for key, scope in sorted(group):
        scopes.setdefault(key, []).extend([scope] if scope else [])
    told = [
        f"{key} ({'scope' if len(each) == 1 else 'scopes'} {', '.join(each)})" if each else key
        for key, each in scopes.items()
    ]
    return " and ".join(told) or "none"


def _compare_events(old: Api, new: Api) -> Iterator[Change]:
    one, other = _events(old), _events(new)
    for event in one.keys() | other.keys():
        before, after = one.get(event), other.get(event)
        name = f"webhooks.unwrap: {event}"
        if before is None:
            yield added(name, str(after))
        elif after is None:
            yield breaking(name, f"removed: {before}", "removed")
        elif before != after:
            yield breaking(name, f"{before} → {after}")


def _events(api: Api) -> dict[str, str]:
    """Return the types of webhooks' bodies, by the name or type of their event."""
    events = {each.name: shown(types_of(each.type)) for each in api.webhooks}
    typed = {each.event: each.name for each in api.classes.values() if each.event}
    names = set(typed.values())
    return {name: type_ for name, type_ in events.items() if type_ not in names} | typed
