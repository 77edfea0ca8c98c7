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

ANY: Types = frozenset({Type("Any")})
NONE = Type("None")


def shown(types: Types) -> str:
    """Write a union as annotations do, None at its end."""
    names = sorted(str(each) for each in types if each != NONE)
    return " | ".join([*names, "None"] if NONE in types else names)


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
        traits: what else the contract says: discriminator, other fields, event.
        texts: what only readers see.
        deprecated: whether users are told not to use it.
    """

    name: str
    kind: Literal["model", "enum", "choice"]
    parts: Mapping[str, Part] = field(default_factory=dict[str, Part])
    members: Mapping[str | int, str] = field(default_factory=dict[str | int, str])
    variants: Types = frozenset()
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
        result: what it returns; for a list its answer as one model.
        page: of a list, the classes of a row and of the meta.
        security: ways to be let in, each the names of schemes; None for the contract's own.
        traits: what else the contract says: retries, batches, kind of body.
        texts: what only readers see, the errors included.
        deprecated: whether users are told not to use it.
    """

    name: str
    call: str
    id: str
    arguments: tuple[Part, ...]
    body: str
    result: Types
    page: tuple[str, str] | None
    security: tuple[frozenset[str], ...] | None
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
        servers: addresses, the default first.
        schemes: per security scheme, what a client needs and how it is sent.
        security: ways to be let in, each the names of schemes.
        texts: what only readers see of the contract as a whole.
    """

    methods: tuple[Method, ...]
    classes: Mapping[str, Class]
    sent: frozenset[str]
    received: frozenset[str]
    events: Mapping[str, str]
    servers: tuple[str, ...]
    schemes: Mapping[str, str]
    security: tuple[frozenset[str], ...]
    texts: Mapping[str, Any]
