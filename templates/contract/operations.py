"""Operations: the resources of a contract and their methods, however little it states of them.

Tags, operation ids and what may be sent twice may be left out in a contract. Each operation gets
one resource, the name of a method in it, and the name of the function that describes its call.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from contract import method_names
from contract.answers import SUCCESS, Answer
from contract.api import Resource
from contract.arguments import BodyDraft
from contract.arguments import Draft as Argument
from contract.names import (
    IMPORTED,
    first_free,
    in_ascii,
    module,
    numbered,
    pascal,
    repeated,
    shortened,
    snake,
)
from contract.references import ContractError, Schema, as_list, as_object, followed

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_VERBS = {"post": "create", "put": "replace", "patch": "update"}
IDEMPOTENT = frozenset(
    {"get", "put", "delete", "options", "head", "trace", "query"}
)  # RFC 9110, 9.2.2
_DEEPEST = 4
"""How many resources are inside of each other where a contract has only paths."""

# What neither a method nor the function that describes its call may be called: what every resource
# has, and what stands in their annotations.
_NOT_METHODS = frozenset(
    """
    with_raw_response with_streaming_response self property builtins encode overload
    str int float bool bytes date datetime time
    """.split()
)
_USUAL = frozenset({"list", "retrieve", "create", "update", "replace", "delete"})
"""Methods that keep their names beside a resource of the same name."""

# What a resource may not be called: what every client has, and what each module of one imports.
_NOT_RESOURCES = frozenset(
    "close with_options contract property base_url timeout max_retries deadline".split()
)


@dataclass(kw_only=True)
class Draft:
    """An operation as the contract has it, with its names.

    Attributes:
        path: as the contract has it.
        verb: the HTTP method, in lower case.
        spec: what the contract states.
        parameters: its own and its path's, none of them a reference.
        body: what it sends; empty for nothing.
        responses: by status, none of them a reference.
        servers: the object that has its `servers`.
        id: what the contract calls it; empty if that is nothing but the method and the path.
        tag: the tag whose resource it belongs to.
        above: the tags of the resources that this one is in, if only the path names them.
        own: the last segments of the path, which no resource is named after; None where a tag
            names the resource.
        several: whether the path ends with a collection.
        method: the name of its method.
        builder: the name of the function that describes its call.
        sent: its body, if it has one.
        arguments: of its method.
        answers: all responses.
    """

    path: str
    verb: str
    spec: Schema
    parameters: list[Schema]
    body: Schema
    responses: Schema
    servers: Schema
    id: str
    tag: str
    above: tuple[str, ...] = ()
    own: tuple[str, ...] | None = None
    several: bool = True
    method: str = ""
    builder: str = ""
    sent: BodyDraft | None = None
    arguments: list[Argument] = field(default_factory=list[Argument])
    answers: list[Answer] = field(default_factory=list[Answer])

    @property
    def where(self) -> str:
        """Return method and path, as in HTTP."""
        return f"{self.verb.upper()} {self.path}"


def resources_of(contract: Schema, drafts: list[Draft]) -> dict[str, Resource]:
    """Return the resources by tag, without their operations, and name those.

    Raises:
        ContractError: two operations of a resource have the same name by their `x-method`.
    """
    found = _resources(contract, drafts)
    for tag, resource in found.items():
        below = [each.nested for each in found.values() if each.parent == resource.name]
        _name_methods([each for each in drafts if each.tag == tag], below, found)
    builders: set[str] = set()
    for draft in sorted(drafts, key=lambda each: "x-method" not in each.spec):
        _name_builder(draft, found[draft.tag], builders)
    return found


def drafts_of(contract: Schema) -> list[Draft]:
    """Return the operations of a contract, without names, in its order."""
    items = as_object(contract.get("paths")).items()
    found = [
        _draft(contract, path, verb, item, spec)
        for path, raw in items
        for item in [followed(contract, raw)]
        for verb, spec in operations_in(item)
    ]
    repeats = {
        id(each): method_names.repeats_path(each.id, each.verb, each.path)
        for each in found
        if each.id
    }
    alike = sum(each is not False for each in repeats.values())
    all_do = any(repeats.values()) and 2 * alike > len(repeats)
    for each in found:
        answer = repeats.get(id(each), False)
        if answer or (answer is None and all_do):
            each.id = ""
        each.id = method_names.own_id(each.id, each.verb, each.path)
    _find_resources(found)
    return found


def _find_resources(drafts: list[Draft]) -> None:
    """Give operations without a tag their resource, by their paths."""
    below: dict[tuple[str, ...], set[tuple[str, str]]] = {}
    routes = {each.path: _route(each.path) for each in drafts}
    for each in drafts:
        route = routes[each.path]
        for size in range(len(route) + 1):
            below.setdefault(route[:size], set()).add((each.path, each.verb))
    for each in drafts:
        route = routes[each.path]
        fixed = [number for number, segment in enumerate(route) if segment != "{}"]
        last = route[fixed[-1]] if fixed else "s"
        each.several = (*route, "{}") in below or method_names.is_plural(last)
        keys = [_key(route[number]) for number in fixed]
        if each.tag:
            continue
        each.tag = next(filter(None, keys[:1]), "Default")
        if each.id:
            if keys and len(route) == 1 and snake(each.id) == snake(route[0]):
                each.tag = "Default"  # a path that is the name of a function
            continue
        depth = 1
        for number, key in zip(fixed[1:_DEEPEST], keys[1:_DEEPEST], strict=True):
            if not key or not keys[0] or len(below[route[: number + 1]]) == 1:
                break
            each.above, each.tag = (*each.above, each.tag), each.tag + key
            depth += 1
        each.own = tuple(route[number] for number in fixed[depth:])


def _route(path: str) -> tuple[str, ...]:
    segments = method_names.segments_of(path)
    return tuple("{}" if method_names.is_parameter(each) else each for each in segments)


def operations_in(item: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the operations of a path by their HTTP methods."""
    for verb in METHODS:
        if verb in item:
            yield verb, as_object(item[verb])
    for verb, spec in as_object(item.get("additionalOperations")).items():
        if re.fullmatch(r"[A-Za-z][A-Za-z-]*", verb):
            yield verb, as_object(spec)


def _draft(contract: Schema, path: str, verb: str, item: Schema, spec: Schema) -> Draft:
    parameters: dict[tuple[Any, Any], Schema] = {}
    for each in (*as_list(item.get("parameters")), *as_list(spec.get("parameters"))):
        parameter = followed(contract, each)
        parameters[parameter.get("name"), parameter.get("in")] = parameter
    either = as_object(as_object(spec.get("x-pagination")).get("either"))
    if either:
        parameters[either["name"], "either"] = either | {
            "in": "either",
            "schema": {"type": "string"},
        }
    responses = as_object(spec.get("responses"))
    responses = {str(code): followed(contract, each) for code, each in responses.items()}
    if not any(SUCCESS.match(code) or code == "default" for code in responses):
        responses["default"] = {"description": "Any response."}
    return Draft(
        path=path,
        verb=verb,
        spec=spec,
        parameters=list(parameters.values()),
        body=followed(contract, spec.get("requestBody")),
        responses=responses,
        servers=spec if "servers" in spec else item,
        id=str(spec.get("operationId") or ""),
        tag=next(filter(None, (_key(str(each)) for each in as_list(spec.get("tags"))[:1])), ""),
    )


def _key(tag: str) -> str:
    """Return the key of a tag: tags that differ in spaces or their first letter are the same."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"\W+", in_ascii(tag)))
    name = name if pascal(name) else ""
    return f"Resource{name}" if name[:1].isdigit() else name


def _resources(contract: Schema, drafts: list[Draft]) -> dict[str, Resource]:
    """Return the resource of each tag, under a name that no schema and no runtime class has."""
    tags: dict[str, Schema] = {}
    for each in as_list(contract.get("tags")):
        tags.setdefault(_key(str(each["name"])), each)
    schemas = as_object(as_object(contract.get("components")).get("schemas"))
    taken = {_file(pascal(name)) for name in (*schemas, *IMPORTED)}
    names: dict[str, tuple[str, str]] = {}
    declared = list(tags)
    for each in drafts:
        for outer, inner in pairwise((*each.above, each.tag)):
            tags.setdefault(inner, {"x-parent": outer})
    used = dict.fromkeys(each.tag for each in drafts)
    above: Iterable[str] = used
    while above := [tag for each in above if (tag := _parent(tags, each)) and tag not in used]:
        used |= dict.fromkeys(above)
    for tag in (each for each in dict.fromkeys((*declared, *used)) if each in used):
        name, attribute = pascal(tag), snake(tag)
        is_taken = bool({name, f"Async{name}"} & IMPORTED)
        if keyword.iskeyword(attribute) or attribute in _NOT_RESOURCES or is_taken:
            name, attribute = f"{name}Resource", f"{attribute}_"
        candidates = repeated(shortened(name), "Resource")
        name = next(each for each in candidates if _file(each) not in taken)
        taken.add(_file(name))
        names[tag] = name, attribute
    return _placed(names, tags)


def _placed(names: dict[str, tuple[str, str]], tags: dict[str, Schema]) -> dict[str, Resource]:
    """Return the resources, each with its name on the client, and under its parent if it has one.

    Args:
        names: the class and the wanted attribute of each tag.
        tags: what the contract states about each tag.
    """
    found: dict[str, Resource] = {}
    taken: dict[str, set[str]] = {}
    for tag, (name, wanted) in names.items():
        attribute, nested = _free(wanted, taken, ""), ""
        above = _parent(tags, tag)
        parent = names[above][0] if above in names and above != tag else ""
        if parent:
            nested = snake(tag.removeprefix(above)) or attribute
            is_taken = keyword.iskeyword(nested) or nested in _NOT_METHODS | _USUAL
            nested = _free(f"{nested}_" if is_taken else nested, taken, parent)
        spec = tags.get(tag, {})
        found[tag] = Resource(
            name=name,
            attribute=attribute,
            parent=parent,
            on_client=not parent or "x-on-client" in spec,
            nested=nested,
            description=str(spec.get("description") or f"The resource {tag}."),
            operations=(),
        )
    return found


def _parent(tags: dict[str, Schema], tag: str) -> str:
    spec = tags.get(tag, {})
    return _key(str(spec.get("x-parent") or spec.get("parent") or ""))


def _free(name: str, taken: dict[str, set[str]], parent: str) -> str:
    found = first_free(numbered(name), taken.setdefault(parent, set()))
    taken[parent].add(found)
    return found


def _file(name: str) -> str:
    """Return what no two classes may share: the generator would write both to one file."""
    return module(name).replace("_", "")


def _name_methods(operations: list[Draft], below: list[str], tags: Iterable[str]) -> None:
    """Name the methods of a resource, beside the resources below it.

    If several ids shorten to the same name, the operation on one item gets that name, the one that
    reads a collection is `list`, and the others keep their whole ids.
    """
    taken = dict.fromkeys(below, "a resource")
    for draft in operations:
        if given := snake(str(draft.spec.get("x-method") or "")):
            given = _legal(given)
            if given in taken:
                raise ContractError(
                    f"{draft.where} and {taken[given]} are both called `{given}` by their x-method"
                )
            draft.method = given
            taken[given] = draft.where
    wanted = [(each, *_wanted(each, tags)) for each in operations if not each.method]
    groups: dict[str, list[Draft]] = {name: [] for name in taken}
    for draft, short, _ in wanted:
        groups.setdefault(short, []).append(draft)
    for draft, short, whole in wanted:
        group, name = groups[short], short
        if short in taken or len(group) > 1:
            reading = [d for d in group if method_names.reads_collection(short, d.verb, d.path)]
            items = [d for d in group if method_names.is_item(d.path)]
            if reading == [draft] and "list" not in groups:
                name = "list"
            elif items != [draft] or short in taken:
                name = whole
        draft.method = first_free(numbered(_legal(name)), taken)
        taken[draft.method] = draft.where


def _wanted(draft: Draft, tags: Iterable[str]) -> tuple[str, str]:
    """Return the name of a method, without and with the words of its resource."""
    # An id may begin with its resource: of `pets/list`, `list` is left.
    before, _, own = draft.id.replace(".", "/").rpartition("/")
    whole = snake(own if snake(before) == snake(draft.tag) else draft.id)
    if re.search("[a-z]", whole):
        return method_names.without_resource(whole, draft.tag, draft.path, tags), whole
    name = snake(_from_path(draft))
    return name, name


def _from_path(draft: Draft) -> str:
    """Return what a method without an id does, and to what."""
    verb, own, is_item = draft.verb, draft.own, method_names.is_item(draft.path)
    word = _VERBS.get(verb, verb)
    if verb == "get":
        word = "list" if draft.several and not is_item else "retrieve"
    elif verb == "post" and is_item:
        word = "update"
    if own is None:
        tag = snake(draft.tag).split("_")
        parts = [(each, snake(each).split("_")) for each in _route(draft.path) if each != "{}"]
        own = tuple(each for each, part in parts if not method_names.same(tag[-len(part) :], part))
    elif own and (verb == "post" or word == "retrieve") and not is_item:
        word = ""  # charges.capture, invoices.upcoming
    return "_".join([word, *own])


def _legal(name: str) -> str:
    name = f"call_{name}" if not name[:1].isalpha() else name
    return f"{name}_" if keyword.iskeyword(name) or name in _NOT_METHODS else name


def _name_builder(draft: Draft, resource: Resource, taken: set[str]) -> None:
    builder = snake(str(draft.spec.get("operationId") or ""))
    if not re.search("[a-z]", builder):
        builder = snake(f"{resource.name}_{draft.method}")
    if not builder.isidentifier() or keyword.iskeyword(builder) or builder in _NOT_METHODS:
        builder = f"call_{builder}"
    draft.builder = first_free(numbered(builder), taken)
    taken.add(draft.builder)
