"""Prepare a contract for the generator: said in one way, with all that templates cannot find out.

OpenAPI says one thing in many ways, and the generator understands some of them otherwise than the
rest, or not at all. So it is given a contract in which there is one way:

- Every class that the package will have, be it named or inside of another schema, is a named
  schema: an enum, a choice, or an object with all its fields. Its Python, its texts and its example
  stand in `x-*` keys, ready to print (given.py).
- Wherever else a schema stands, it is a plain type, a list, a map, or a reference to one of these.
- What it makes of operations without a tag, an id or an answer is no use. So operations.py settles
  them first.
- Texts are given to templates as Python literals have them, where a table needs them as Markdown
  has them. So what tells the two apart gets its text in Markdown, in `x-cell` and `x-summary`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from contract.calls import Calls
from contract.examples import Examples
from contract.names import ClassNames
from contract.operations import operations_of, settle, settle_calls
from contract.places import replace_schemas
from contract.references import ContractError, Pointers, Schema, as_object, is_list, is_object
from contract.render import given, members
from contract.schemas import Made, Schemas
from contract.texts import cell
from contract.types import Kind

_NOT_SCHEMAS = frozenset({"const", "default", "enum", "example", "examples"})
_MOST_NESTED = 80  # imports inside of imports: twice as many are more than Python takes
_KEPT = frozenset({"default", "deprecated", "description", "example", "examples"})


class Place(NamedTuple):
    """Where a schema without a name was.

    Attributes:
        hint: what a class for it would be called.
        holder: the parameter or media type that it belonged to, with that schema.
        kind: what it became.
    """

    hint: str
    holder: Schema
    kind: Kind


def prepared(contract: Schema) -> str:
    """Return the contract as JSON, as the generator is to have it; it is changed in place.

    Raises:
        ContractError: it contradicts itself, or refers to what is not there.
    """
    try:
        settle(contract)
        settle_calls(contract)
        _write_cells(contract)
    except (AttributeError, KeyError, TypeError):
        return json.dumps(contract)  # a mistake: the generator names it
    flatten(contract)
    return json.dumps(contract)


def flatten(contract: Schema, places: list[Place] | None = None) -> Schemas:
    """Replace all schemas by flat ones, in place; return all classes.

    Args:
        contract: what operations.py has settled.
        places: gets what each schema that has no name was replaced by.

    Raises:
        ContractError: it refers to what is not there, or is nested too deeply.
    """
    try:
        return _flatten(contract, [] if places is None else places)
    except RecursionError:
        raise ContractError("its schemas are nested too deeply") from None


def _flatten(contract: Schema, places: list[Place]) -> Schemas:
    schemas = schemas_of(contract)
    examples = Examples(Pointers(json.loads(json.dumps(contract))))

    def named(holder: Schema, hint: str) -> Any:
        schemas.kind(holder["schema"], hint)
        return holder["schema"]

    def replaced(holder: Schema, hint: str) -> Any:
        schema = holder["schema"]
        kind = schemas.kind(schema, hint)
        places.append(Place(hint, {**holder}, kind))
        kept = schema if is_object(schema) else {}
        notes = {k: v for k, v in kept.items() if k in _KEPT or k.startswith("x-")}
        return notes | kind.schema if "$ref" not in kind.schema or notes else kind.schema

    schemas.make_all()
    replace_schemas(contract, named)  # then what operations share, by the names that it has itself
    schemas.make_all()
    Calls(schemas, examples).describe(contract)
    schemas.make_all()
    replace_schemas(contract, replaced)
    contract["components"] = as_object(contract.get("components"))
    contract["components"]["schemas"] = _given(list(schemas.kept()), examples)
    contract["components"].pop("pathItems", None)  # each stands where it is used by now
    for _, _, _, operation in operations_of(contract):
        pages = as_object(operation.get("x-pagination"))
        for word in ("item", "meta"):
            if word in pages:
                pages[word] = schemas.classes.get(pages[word], pages[word])
    for word in ("contact", "license"):  # no template prints them, and the generator is mistaken
        as_object(contract.get("info")).pop(word, None)  # about what 3.1 wants of a license
    if str(contract.get("openapi", "")).startswith("3."):
        contract["openapi"] = "3.1.0"  # the way that this is said now, whatever it was before
    return schemas


def _given(every: list[Made], examples: Examples) -> Schema:
    """Return all classes as the generator is given them, the values of enums with their users."""
    enums = {made.name: members(made) for made in every if made.values}
    late = len(every) > _MOST_NESTED or _is_circular(every)
    flat = {made.name: given(made, examples, late=late) for made in every}
    for name in [*flat][: int(late)]:
        flat[name]["x-settles"] = True
    for made in every:
        shown = flat[made.name].get("x-kind-model", {"fields": ()})["fields"]
        for each, about in zip(made.fields, shown, strict=True):
            if each.kind.enum:
                about["enum"] = {"name": each.kind.enum, "members": enums[each.kind.enum]}
    return flat


def _is_circular(every: list[Made]) -> bool:
    """Tell whether modules of classes would import each other; a choice imports nothing at once."""
    needs = {made.name: {*made.uses, made.base} - {made.name} for made in every if not made.choices}
    while ready := [name for name, needed in needs.items() if not needed & needs.keys()]:
        for name in ready:
            del needs[name]
    return bool(needs)


_ENDS = ("", "WithRawResponse", "WithStreamingResponse")


def schemas_of(contract: Schema) -> Schemas:
    """Return the schemas of a contract whose operations are settled, under their classes' names."""
    taken = {each["name"] for each in contract["tags"]}
    tags = {f"{start}{name}{end}" for name in taken for start in ("", "Async") for end in _ENDS}
    schemas = Schemas(contract, ClassNames(tags))
    for name in schemas.classes:
        schemas.component(name)  # first, so that none of these loses its name to another
    schemas.make_all()  # what stands in them is named after them, not after who sends it
    return schemas


def _write_cells(node: Any) -> None:
    if is_list(node):
        for part in node:
            _write_cells(part)
    elif is_object(node):
        for key, part in [*node.items()]:
            if key not in _NOT_SCHEMAS:
                _write_cells(part)
        for word, shown in (("description", "x-cell"), ("summary", "x-summary")):
            if isinstance(node.get(word), str) and re.search(r'["\\|\n]', node[word]):
                node[shown] = cell(node[word])
