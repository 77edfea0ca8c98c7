"""Api: what a contract becomes in Python, as frozen values.

`build` makes them; templates, spec_diff, the README and `make measure` read them. All names are
final. Nothing here is Python source: render.py writes that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

Location: TypeAlias = Literal["path", "query", "header", "cookie", "either", "field", "body"]
Notes: TypeAlias = Mapping[str, Any]
"""What a contract states about a value besides its type, as the schema's own keywords."""


@dataclass(frozen=True, slots=True)
class Type:
    """One type.

    Attributes:
        name: as an annotation of a model has it: ``str``, ``Timestamp``, ``Pet``, ``list``,
            ``dict``; ``|`` for a union.
        items: what a list or a dict holds, or the types of a union.
        nullable: whether the value may also be null.
        role: whether it names a class of the package, and an enum; empty for a type of Python.
    """

    name: str
    items: tuple[Type, ...] = ()
    nullable: bool = False
    role: Literal["", "class", "enum"] = ""

    @property
    def python(self) -> str:
        """Return the annotation, without its null."""
        if self.name == "|":
            return " | ".join(each.python for each in self.items)
        if not self.items:
            return self.name
        return f"{self.name}[{'str, ' if self.name == 'dict' else ''}{self.items[0].annotation}]"

    @property
    def annotation(self) -> str:
        """Return the annotation."""
        return f"{self.python} | None" if self.nullable and self.name != "None" else self.python

    @property
    def uses(self) -> tuple[str, ...]:
        """Return the names of the classes in it."""
        if self.role:
            return (self.name,)
        return tuple(dict.fromkeys(name for each in self.items for name in each.uses))

    @property
    def enum(self) -> str:
        """Return the name of the enum; of a list or dict, that of its items."""
        if self.name in ("list", "dict") and self.items:
            return self.items[0].enum
        return self.name if self.role == "enum" else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a model.

    Attributes:
        wire: its name on the wire.
        name: its name in Python.
        type: its type.
        required: whether it has to be there.
        owner: the class that declares it, which is a base class of those that inherit it.
        notes: what else the contract states about it.
    """

    wire: str
    name: str
    type: Type
    required: bool
    owner: str
    notes: Notes

    @property
    def description(self) -> str:
        """Return its description."""
        return text_of(self.notes, "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member of an enum: its name in Python, its value and its description."""

    name: str
    value: str | int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class of the package: a model, an enum or a choice between other types.

    Attributes:
        name: its name in Python; its module is called the same in snake case.
        kind: which of the three.
        description: what it is, in the contract's words; may be empty.
        notes: what else the contract states about it.
        example: plain data that fits it.
        fields: of a model, those of its base classes first.
        bases: of a model, the classes that it derives from, the nearest first.
        extra: of a model, the type of its additional properties if the contract has one.
        members: of an enum.
        variants: of a choice.
        tag: of a choice, the field that tells its variants apart; may be empty.
        mapping: of a choice, the class for each value of that field.
        other: of a choice, the class for data that no variant fits.
    """

    name: str
    kind: Literal["model", "enum", "choice"]
    description: str
    notes: Notes
    example: Any
    fields: tuple[Field, ...] = ()
    bases: tuple[str, ...] = ()
    extra: Type | None = None
    members: tuple[Member, ...] = ()
    variants: tuple[Type, ...] = ()
    tag: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict[str, str])
    other: str = ""

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """Return the fields that no base class has."""
        return tuple(each for each in self.fields if each.owner == self.name)

    @property
    def uses(self) -> tuple[str, ...]:
        """Return the classes that its annotations name."""
        own = [name for each in self.own_fields for name in each.type.uses]
        variants = [name for each in self.variants for name in each.uses]
        extra = self.extra.uses if self.extra else ()
        return tuple(dict.fromkeys([*own, *variants, *extra, *self.mapping.values()]))

    @property
    def event(self) -> str:
        """Return the `event_type` of the webhook whose body it is; may be empty."""
        return text_of(self.notes, "x-event-type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a value is written in a path, query, header or cookie.

    Attributes:
        name: OpenAPI's style, or ``json``.
        explode: whether each part of the value is written by itself.
        reserved: whether reserved characters stay unescaped.
        is_default: whether the client writes the value this way when it is told nothing.
    """

    name: str
    explode: bool = False
    reserved: bool = False
    is_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An argument of a method: a parameter, a field of the body, or the body.

    Attributes:
        wire: its name on the wire.
        name: its name in Python.
        location: where it is sent.
        positional: whether it can be passed by its position.
        type: its type.
        required: whether each call needs it.
        needed: whether each call that sends a body needs it.
        is_file: whether it is sent as a file.
        style: how a parameter is written; None for the body and its fields.
        is_scalar: whether its values are always plain ones: no lists, no objects.
        notes: what else the contract states about it.
        example: a value for it.
        usual: the value that is sent if none is given; None for a parameter that is then left out.
    """

    wire: str
    name: str
    location: Location
    positional: bool
    type: Type
    required: bool
    needed: bool
    is_file: bool
    style: Style | None
    is_scalar: bool
    notes: Notes
    example: Any
    usual: str | int | None = None

    @property
    def description(self) -> str:
        """Return its description."""
        return text_of(self.notes, "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one field of a form is written: in a style, or with a media type of its own."""

    style: Style | None = None
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What an operation sends.

    Attributes:
        media_type: in which form.
        required: whether each call sends it.
        encoding: how some fields of a form are written.
        model: the class whose fields are the arguments; empty if it has no name.
    """

    media_type: str
    required: bool
    encoding: Mapping[str, Part]
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a method returns for a status.

    Attributes:
        status: the HTTP status; 2 for all of 2XX, 0 for any.
        media_type: the only media type for which this is; empty for all that are no streams.
        type: None if the response has no body; of a stream the class of the stream.
        items: of a stream, the types of its items by the name of the event; "" for all others.
    """

    status: int
    media_type: str
    type: Type | None
    items: Mapping[str, Type] = field(default_factory=dict[str, Type])


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """What a method raises for an error response.

    Attributes:
        code: the status, such as ``404`` or ``4XX``; ``default`` for all others.
        exception: the name of the exception.
        description: when it is raised.
    """

    code: str
    exception: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A list that can be iterated.

    Attributes:
        item: the class of a row.
        meta: the class of its meta; empty for any.
        either: the argument that any one of several filters must match; None if there is none.
        settings: how the pages are found, as a `Paging` has it; what is missing is its default.
        title: what this style is called; empty if the contract states `styles`.
        how: the same in words; empty if it is stated.
    """

    item: str
    meta: str
    either: Either | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    how: str = ""

    @property
    def position(self) -> frozenset[str]:
        """Return the query parameters with the position of a page: `page` for ``page[size]``."""
        if self.settings.get("in_body"):
            return frozenset()
        names = ("number", "cursor", "before", "size")
        return frozenset(str(self.settings.get(each, "")).partition("[")[0] for each in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """An argument whose value any one of several filters must match.

    Attributes:
        name: its name.
        parameter: the parameter that has the filters.
        fields: the filters.
        by: the field of a row with the time by which the lists are merged.
    """

    name: str
    parameter: str
    fields: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """An operation on many ids.

    Attributes:
        field: the field of the body that has the ids.
        size: how many ids one request may have.
        check: a path that gives 404 for an id that is gone; the id is its only parameter.
    """

    field: str
    size: int
    check: str


Group: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""One way to authenticate: the security schemes that it needs, each with its scopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation, as a method of a resource.

    Attributes:
        name: the name of the method.
        id: the name of the function that describes the call.
        method: the HTTP method, in capital letters.
        path: the path, as the contract has it.
        summary: what it does, in one line; may be empty.
        description: may be empty.
        arguments: in the order of the signature.
        body: None if nothing is sent.
        results: what it returns; the first one is the main one, the rest for their status alone.
        accept: the media types of a success.
        errors: in the order of the contract.
        error_bodies: the types of their bodies, if these are JSON.
        safe_to_retry: whether sending it twice has the same effect as sending it once.
        page: of a list that can be iterated.
        batch: of an operation on many ids.
        idempotency_field: the field of the body that makes it safe to send twice; may be empty.
        servers: the base URLs by the names of servers, if they are not those of the contract;
            variables that a client takes are in braces.
        security: None for that of the contract.
        sample: a program that shows it; may be empty.
        deprecated: whether users are told not to use it.
        notes: what only readers see.
    """

    name: str
    id: str
    method: str
    path: str
    summary: str
    description: str
    arguments: tuple[Argument, ...]
    body: Body | None
    results: tuple[Result, ...]
    accept: tuple[str, ...]
    errors: tuple[Error, ...]
    error_bodies: tuple[Result, ...]
    safe_to_retry: bool
    page: Page | None
    batch: Batch | None
    idempotency_field: str
    servers: Mapping[str, str]
    security: tuple[Group, ...] | None
    sample: str
    deprecated: bool
    notes: Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource of a client.

    Attributes:
        name: the name of its class; its module is called the same in snake case.
        attribute: what a client calls it.
        parent: the class of the resource that has it; may be empty.
        on_client: whether the client has it.
        nested: what that resource calls it.
        description: what it is.
        operations: its methods.
    """

    name: str
    attribute: str
    parent: str
    on_client: bool
    nested: str
    description: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable in the URL of a server.

    Attributes:
        argument: the argument of a client that takes it; empty for a server of an operation.
        default: its value if it is not given; may be empty.
        values: the possible values; empty for any.
        description: may be empty.
    """

    argument: str
    default: str
    values: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server.

    Attributes:
        url: as the contract has it.
        names: what a user may call it; the first is its own name, which no other server has.
        variables: by their names in the URL.
    """

    url: str
    names: tuple[str, ...]
    variables: Mapping[str, Variable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """How a client fetches tokens itself: by client credentials of OAuth 2.

    Attributes:
        url: where.
        arguments: of a client: its id, its secret, other scopes and another URL.
    """

    url: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A security scheme.

    Attributes:
        kind: how its key is sent: bearer, basic, header, query or cookie; empty for one that the
            client cannot send.
        wire: the name of the header, query parameter or cookie.
        arguments: the arguments of a client that take the key.
        type: the contract's word for it.
        grant: how a client can fetch the key itself; None if it cannot.
    """

    kind: str
    wire: str
    arguments: tuple[str, ...]
    type: str
    grant: Grant | None

    @property
    def all_arguments(self) -> tuple[str, ...]:
        """Return the arguments of a client for its key, and those to fetch it."""
        return self.arguments + (self.grant.arguments if self.grant else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A request that the service makes: its name in the contract, and the type of its body."""

    name: str
    description: str
    type: Type


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Api:
    """Everything that a contract becomes in Python.

    Attributes:
        title: of the contract.
        version: of the contract.
        description: of the contract.
        resources: in the order of the contract.
        classes: by name: models, enums and choices.
        webhooks: what the service sends by itself.
        servers: where the service is; the first one is the default.
        schemes: the security schemes, by name.
        security: ways to authenticate.
        notes: what only readers see.
        warnings: what is slightly wrong with the contract, each with its place.
    """

    title: str
    version: str
    description: str
    resources: tuple[Resource, ...]
    classes: Mapping[str, Class]
    webhooks: tuple[Webhook, ...]
    servers: tuple[Server, ...]
    schemes: Mapping[str, Scheme]
    security: tuple[Group, ...]
    notes: Notes
    warnings: tuple[str, ...]

    @property
    def base_url(self) -> str:
        """Return the URL of the first server; empty if there is none, or it is not absolute."""
        if not self.servers:
            return ""
        url = self.servers[0].url
        for name, variable in self.servers[0].variables.items():
            url = url.replace(f"{{{name}}}", variable.default)
        return url.rstrip("/") if urlsplit(url).scheme in ("http", "https") else ""

    @property
    def operations(self) -> list[Operation]:
        """Return the operations of all resources."""
        return [each for resource in self.resources for each in resource.operations]

    def scopes_of(self, scheme: str) -> tuple[str, ...]:
        """Return the scopes of a security scheme that operations need."""
        own = [each.security for each in self.operations]
        groups = [group for each in (self.security, *own) for group in each or ()]
        needed = [scopes for group in groups for name, scopes in group if name == scheme]
        return tuple(dict.fromkeys(scope for scopes in needed for scope in scopes))

    @property
    def variables(self) -> dict[str, list[Variable]]:
        """Return the variables of all servers, by the arguments that a client takes for them."""
        found: dict[str, list[Variable]] = {}
        for server in self.servers:
            for each in server.variables.values():
                found.setdefault(each.argument, []).append(each)
        return found

    def sent(self) -> frozenset[str]:
        """Return the classes that requests have."""
        names = [
            name for each in self.operations for one in each.arguments for name in one.type.uses
        ]
        return self.below([*names, *(each.body.model for each in self.operations if each.body)])

    def received(self) -> frozenset[str]:
        """Return the classes that responses and webhooks have."""
        responses = [one for each in self.operations for one in (*each.results, *each.error_bodies)]
        types = [each.type for each in responses] + [each.type for each in self.webhooks]
        names = [name for each in types if each for name in each.uses]
        pages = [each.page for each in self.operations if each.page]
        return self.below([*names, *(name for page in pages for name in (page.item, page.meta))])

    def below(self, names: Iterable[str]) -> frozenset[str]:
        """Return classes and all classes that they use, at any depth."""
        found: set[str] = set()
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if name in self.classes and name not in found:
                found.add(name)
                made = self.classes[name]
                waiting += [*made.uses, *made.bases]
        return frozenset(found)

    def model_in_query(self, argument: Argument) -> Class | None:
        """Return the model of a query parameter whose fields are sent as ``page[size]=…``."""
        made = self.classes.get(argument.type.name)
        is_deep = argument.location == "query" and argument.style and argument.style.is_default
        return made if is_deep and made is not None and made.kind == "model" else None

    def path_of(self, resource: Resource) -> str:
        """Return how a client reaches a resource: ``recordings.actions``."""
        above = next((each for each in self.resources if each.name == resource.parent), None)
        return f"{self.path_of(above)}.{resource.nested}" if above else resource.attribute


def text_of(notes: Notes, key: str) -> str:
    """Return a text of the notes without white space around it; empty if there is none."""
    found = notes.get(key)
    return found.strip() if isinstance(found, str) else ""
