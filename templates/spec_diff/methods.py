"""Compares methods, and what holds for the client as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from spec_diff.change import Change, added, breaking, changed, described
from spec_diff.classes import compare_part, renamed_parts
from spec_diff.surface import Group, Method, Part, Surface, shown
from spec_diff.values import Ways, compare_traits, within

_SENT = Ways(sent=True, received=False)


def compare_methods(old: Surface, new: Surface) -> Iterator[Change]:
    """Give what happened to the operations; classes of `old` have their new names already."""
    pairs, gone, come = _paired(old.methods, new.methods)
    for each in gone:
        yield breaking(each.name, f"removed: {each.call}", "removed")
    for each in come:
        yield added(each.name, each.call)
    for one, other in pairs:
        yield from _compare(one, other, old, new)


def _paired(
    old: tuple[Method, ...], new: tuple[Method, ...]
) -> tuple[list[tuple[Method, Method]], list[Method], list[Method]]:
    """Pair methods that are the same operation: by their call, else their name, else their id."""
    pairs: list[tuple[Method, Method]] = []
    gone, come = list(old), list(new)
    for key in (_call, _name, _id):
        there = {key(each): each for each in come}
        for each in tuple(gone):
            other = there.pop(key(each), None)
            if other is not None:
                pairs.append((each, other))
                gone.remove(each)
                come.remove(other)
    return pairs, gone, come


def _call(method: Method) -> str:
    return re.sub(r"\{[^}]*\}", "{}", method.call)


def _name(method: Method) -> str:
    return method.name


def _id(method: Method) -> str:
    return method.id


def _compare(one: Method, other: Method, old: Surface, new: Surface) -> Iterator[Change]:
    name = other.name
    if one.name != other.name:
        yield breaking(f"{one.name} → {other.name}", "renamed")
    if _call(one) != _call(other):
        yield changed(name, f"{one.call} → {other.call}")
    yield from _compare_arguments(one, other, new)
    yield from _compare_need(one, other)
    yield from _compare_results(one, other, new)
    traits = [dict(each.traits) for each in (one, other)]
    if "body" not in traits[0] or "body" not in traits[1]:  # then arguments tell of it
        traits = [{key: each[key] for key in each if key != "body"} for each in traits]
    yield from compare_traits(name, traits[0], traits[1], Ways(sent=False, received=False))
    if one.deprecated != other.deprecated:
        text = "is deprecated now" if other.deprecated else "is no longer deprecated"
        yield changed(name, text, "minor" if other.deprecated else "patch")
    if one.security is not None or other.security is not None:
        before = old.security if one.security is None else one.security
        yield from _compare_security(
            name, before, new.security if other.security is None else other.security
        )
    keys = [key for key in {*one.texts, *other.texts} if one.texts.get(key) != other.texts.get(key)]
    if keys:
        yield described(name, ", ".join(sorted(keys)))


def _compare_results(one: Method, other: Method, new: Surface) -> Iterator[Change]:
    before, after = _result(one), _result(other)
    if before == after:
        return
    text = f"returns {before} → {after}"
    narrower = one.page == other.page and within(other.result, one.result, new.classes)
    yield changed(other.name, text) if narrower else breaking(other.name, text)


def _result(method: Method) -> str:
    if method.page is None:
        return shown(method.result)
    row, meta = method.page
    return f"Page[{row}, {meta or 'Any'}]"


def _compare_arguments(one: Method, other: Method, new: Surface) -> Iterator[Change]:
    # Where the fields of the same model are arguments, they are told of with the model.
    told = "body" if one.body and one.body == other.body else ""
    before = {_key(each, one): each for each in one.arguments if each.place != told}
    after = {_key(each, other): each for each in other.arguments if each.place != told}
    gone = {key: each for key, each in before.items() if key not in after}
    come = {key: each for key, each in after.items() if key not in before}
    same = [(before[key], after[key]) for key in before if key in after]
    for key, each in tuple(gone.items()):  # on another place of the wire, under its old name
        moved = next((there for there, to in come.items() if to.name == each.name), None)
        if moved is not None:
            same.append((each, come.pop(moved)))
            del gone[key]
    prefix = f"{other.name}("
    for each, to in renamed_parts(gone.values(), come.values()):
        del gone[_key(each, one)], come[_key(to, other)]
        yield breaking(f"{prefix}{each.name}= → {to.name}=)", "renamed")
    for each in gone.values():
        yield breaking(f"{prefix}{each.name}=)", "removed", "removed")
    for each in come.values():
        name, types = f"{prefix}{each.name}=)", shown(each.types)
        if each.required:
            yield breaking(name, f"has to be given: {types}", "added")
        else:
            yield added(name, types)
    for each, to in same:
        name = f"{prefix}{to.name}=)"
        if each.place != to.place or _wire(each) != _wire(to):
            text = f"{_place(each)} → {_place(to)}"
            is_position = "path" in (each.place, to.place)
            yield breaking(name, text) if is_position else changed(name, text)
        parts = (each, to)
        if each.place != to.place:
            parts = (_without_style(each), _without_style(to))
        yield from compare_part((prefix, "=)"), *parts, _SENT, new)
    yield from _compare_order(one, other)


def _without_style(part: Part) -> Part:
    return replace(part, traits={key: part.traits[key] for key in part.traits if key != "style"})


def _key(part: Part, method: Method) -> tuple[str, object]:
    """Return what an argument is known by: its place in the path, or its name on the wire."""
    if part.place == "path":
        return "path", [each.wire for each in method.arguments].index(part.wire)
    return part.place, part.wire


def _wire(part: Part) -> str:
    return "" if part.place == "path" else part.wire  # its name is only in the contract


def _place(part: Part) -> str:
    return f"{part.place} {part.wire}"


def _compare_order(one: Method, other: Method) -> Iterator[Change]:
    before = [each.name for each in one.arguments if each.place == "path"]
    after = [each.name for each in other.arguments if each.place == "path"]
    if before != after and sorted(before) == sorted(after):
        yield breaking(other.name, f"order: {', '.join(before)} → {', '.join(after)}")


def _compare_need(one: Method, other: Method) -> Iterator[Change]:
    """Tell which fields may no longer be left out with the whole body, or now may."""
    if one.needs_body == other.needs_body:
        return
    needed = {each.wire for each in one.arguments if each.place == "body" and each.required}
    for each in other.arguments:
        if each.place == "body" and each.required and each.wire in needed:
            name = f"{other.name}({each.name}=)"
            if other.needs_body:
                yield breaking(name, "has to be given now")
            else:
                yield changed(name, "may be left out now", "minor")


def compare_client(old: Surface, new: Surface) -> Iterator[Change]:
    """Give what happened to servers, keys, events, and to what is said of all."""
    yield from _compare_servers(old, new)
    yield from _compare_keys(old, new)
    if old.methods:
        yield from _compare_security("Client", old.security, new.security)
    yield from _compare_events(old, new)
    keys = [key for key in new.texts if old.texts.get(key) != new.texts.get(key)]
    if keys:
        yield described("client", ", ".join(keys))


def _compare_servers(old: Surface, new: Surface) -> Iterator[Change]:
    name = "Client(base_url=)"
    gone = [each for each in old.servers if each not in new.servers]
    come = [each for each in new.servers if each not in old.servers]
    if old.base_url != new.base_url:
        text = f"default: {old.base_url or 'none'} → {new.base_url or 'none'}"
        if not new.base_url:
            yield breaking(name, f"{text}: it has to be given now")
        elif not old.base_url:
            yield changed(name, f"{text}: it may be left out now", "minor")
        elif old.servers[0] in gone:
            yield breaking(name, f"{text}; the old one is gone")
        else:
            yield changed(name, text, "minor")
        gone = [each for each in gone if each not in old.servers[:1]]
        come = [each for each in come if each not in new.servers[:1]]
    for each in gone:
        yield breaking(name, f"no longer there: {each}", "removed")
    for each in come:
        yield added(name, each)


def _compare_keys(old: Surface, new: Surface) -> Iterator[Change]:
    for each in old.schemes.keys() | new.schemes.keys():
        name, before, after = f"Client({each})", old.schemes.get(each), new.schemes.get(each)
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


def _compare_events(old: Surface, new: Surface) -> Iterator[Change]:
    for event in old.events.keys() | new.events.keys():
        before, after = old.events.get(event), new.events.get(event)
        name = f"webhooks.unwrap: {event}"
        if before is None:
            yield added(name, str(after))
        elif after is None:
            yield breaking(name, f"removed: {before}", "removed")
        elif before != after:
            yield breaking(name, f"{before} → {after}")
