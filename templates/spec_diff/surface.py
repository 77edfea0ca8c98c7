"""What users of the package see of a contract, as plain values under their Python names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Type:
    """One type of Python: ``str``, ``RecordingUrls``; of a list or dict also what is in it."""

    name: str
    item: Types | None = None

    def __str__(self) -> str:
        """Write it as annotations do."""
        if self.item is None:
            return self.name
        return f"{self.name}[{'str, ' if self.name == 'dict' else ''}{shown(self.item)}]"


Types: TypeAlias = frozenset[Type]
"""A union of types; ``None`` in it is JSON's null."""

Group: TypeAlias = frozenset[tuple[str, str]]
"""One way to authenticate: each key that it takes, with each scope; an empty one is the key."""

ANY: Types = frozenset({Type("Any")})
NONE = Type("None")


def shown(types: Types) -> str:
    """Write a union as annotations do, None at its end."""
    names = sorted(str(each) for each in types if each != NONE)
    return " | ".join([*names, "None"] if NONE in types else names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The least or the most that a number may be.

    Attributes:
        value: that number.
        is_open: whether it must not be that number itself.
    """

    value: float
    is_open: bool

    def tightness(self, word: str) -> tuple[float, bool]:
        """Return what is larger for a bound that lets less pass."""
        return (self.value if word == "minimum" else -self.value), self.is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A field of a model, or an argument of a method.

    Attributes:
        name: in Python.
        wire: on the wire.
        types: what its value may be.
        required: whether it has to be there.
        traits: what else the contract says of the value: limits, default, unit, secrecy.
        texts: what only readers see: description, examples.
        deprecated: whether users are told not to use it.
        owner: the class whose field it is, which may be a base of the one that has it.
        place: of an argument: ``path``, ``query``, ``header``, ``cookie`` or ``body``.
    """

    name: str
    wire: str
    types: Types
    required: bool
    traits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    texts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    deprecated: bool = False
    owner: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A class of the package: a model, an enum, or a choice between others.

    Attributes:
        name: in Python.
        kind: which of the three.
        parts: a model's fields, by wire name.
        members: an enum's names, by their values.
        variants: what a choice is between.
        bases: the classes that a model derives from, the nearest first.
        traits: what else the contract says: discriminator, other fields, event.
        texts: what only readers see.
        deprecated: whether users are told not to use it.
    """

    name: str
    kind: Literal["model", "enum", "choice"]
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    members: Mapping[str | int, str] = field(default_factory=dict[str | int, str])
    variants: Types = frozenset()
    bases: tuple[str, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict[str, Any])
    texts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    deprecated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """An operation, as a method of a client.

    Attributes:
        name: such as ``client.recordings.retrieve``.
        call: such as ``GET /recordings/{recording_id}``.
        id: the name of its builder, from the operation's id.
        arguments: what it takes.
        body: the class whose fields are arguments, or empty.
        needs_body: whether a call without a body is refused.
        result: what it returns; for a list its answer as one model.
        page: of a list, the classes of a row and of the meta.
        security: ways to authenticate, each the keys and scopes that it takes; None for those
            of the contract.
        traits: what else the contract says: retries, batches, kind of body.
        texts: what only readers see, the errors included.
        deprecated: whether users are told not to use it.
    """

    name: str
    call: str
    id: str
    arguments: tuple[Part, ...]
    body: str
    needs_body: bool
    result: Types
    page: tuple[str, str] | None
    security: tuple[Group, ...] | None
    traits: Mapping[str, Any]
    texts: Mapping[str, Any]
    deprecated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """All that users see of a contract.

    Attributes:
        methods: the operations.
        classes: models, enums and choices, by name.
        sent: the names of the classes that users give.
        received: the names of those that they get.
        events: the classes of webhooks' bodies, by the name or type of the event.
        base_url: the address that a client has by itself; empty where it has none.
        servers: all addresses.
        schemes: how each key is sent, by the arguments of a client that take it.
        security: ways to authenticate, each the keys and scopes that it takes.
        texts: what only readers see of the contract as a whole.
    """

    methods: tuple[Method, ...]
    classes: Mapping[str, Class]
    sent: frozenset[str]
    received: frozenset[str]
    events: Mapping[str, str]
    base_url: str
    servers: tuple[str, ...]
    schemes: Mapping[str, str]
    security: tuple[Group, ...]
    texts: Mapping[str, Any]
