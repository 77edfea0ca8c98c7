"""Calls: the types of what an operation takes and answers, as the code of a method has them.

x-type     an argument's type as a signature has it
x-value    what is made of an argument in the call, if it is not passed on as it is
x-kind     an answer's type, at run time and for checkers
x-uses     the classes of models that stand in an operation's types
"""

from __future__ import annotations

import re

from contract.examples import Examples
from contract.names import snake
from contract.operations import operations_of
from contract.references import Schema, as_object
from contract.schemas import Schemas
from contract.types import Kind

_ARGUMENTS = {
    "DateTime": "datetime | date | str",
    "Timestamp": "datetime | date | str",
    "date": "date | str",
    "TimeOfDay": "time | str",
    "Uuid": "UUID | str",
    "DecimalText": "Decimal | str",
    "Base64": "bytes",
    "Binary": "bytes",
    "Secret": "str",
    "list": "Sequence",
    "dict": "Mapping",
}
_RESULTS = {"list": "builtins.list", "dict": "builtins.dict"}


class Calls:
    """Describes the arguments and answers of one contract."""

    def __init__(self, schemas: Schemas, examples: Examples) -> None:
        """Take the classes and examples of the contract."""
        self._schemas = schemas
        self._examples = examples

    def describe(self, contract: Schema) -> None:
        """Say of each argument and answer of each operation what its type is, in place."""
        for _, _, _, operation in operations_of(contract):
            used: dict[str, None] = {}
            name = str(operation["operationId"])
            for each in operation["parameters"]:
                kind = self._schemas.kind(each["schema"], f"{name}_{each['x-name']}")
                self._schemas.make_all()
                self._argument(each, kind)
                used |= dict.fromkeys(kind.uses)
            for status, answer in operation["responses"].items():
                media = as_object(as_object(answer.get("content")).get("application/json"))
                if "schema" in media:
                    word = "" if "x-result" in answer else f"_{status}"
                    kind = self._schemas.kind(media["schema"], f"{name}{word}_response")
                    self._answer(answer, kind)
                    used |= dict.fromkeys(kind.uses)
            operation["x-uses"] = [{"name": each, "module": snake(each)} for each in used]

    def _argument(self, argument: Schema, kind: Kind) -> None:
        given = argument.pop("example") if "example" in argument else None
        shown = self._examples.of(argument["schema"]) if given is None else given
        argument["x-example"] = repr(b"..." if argument.get("x-file") else shown)
        argument["x-doc"] = kind.linked
        if self._is_class(kind.python):
            argument["x-doc"] += " or a dict"
        own = re.sub(r"\w+", self._replace, kind.python.replace("int | float", "float"))
        if argument.get("x-file"):
            own = "Sequence[encode.File]" if kind.python.startswith("list") else "encode.File"
        argument["x-type"] = own
        argument["x-is-whole"] = own == "Any" or own.startswith("Mapping") or "| Mapping" in own
        argument["x-type"] += " | None" if kind.nullable and argument["required"] else ""
        name: str = argument["x-name"]
        words = set(re.findall(r"\w+", kind.python))
        if argument.get("x-is-query") and "x-style" not in argument and self._is_model(kind.python):
            argument["x-value"] = f"encode.model({kind.python}, {name})"
            argument["x-fields"] = True
        elif "date" in words:
            argument["x-value"] = f"encode.day({name})"
        elif words & {"DateTime", "Timestamp"} and argument["x-in"] in ("field", "body"):
            argument["x-value"] = f"encode.moment({name})"
        if argument.get("x-is-field") and argument["required"] and kind.nullable:
            argument["x-value"] = f"encode.or_null({argument.get('x-value', name)})"

    def _replace(self, found: re.Match[str]) -> str:
        word = found[0]
        made = self._schemas.made.get(word)
        if made is not None and made.values:
            return f"{word} | {'str' if isinstance(made.values[0], str) else 'int'}"
        if word in _ARGUMENTS:
            return _ARGUMENTS[word]
        if made is None:
            return word
        return " | ".join((word, "Mapping[str, Any]", *self._plain(made.choices)))

    def _plain(self, choices: list[Kind]) -> list[str]:
        """Return the plain types that enums, dates and the like in a choice may be given as."""
        found: dict[str, None] = {}
        for each in choices:
            enum = self._schemas.made.get(each.enum)
            if enum is not None and each.python == each.enum:
                found["str" if isinstance(enum.values[0], str) else "int"] = None
            elif _ARGUMENTS.get(each.python, "").endswith("| str"):
                found["str"] = None
        return list(found)

    def _is_class(self, name: str) -> bool:
        """Tell whether this is a model, or a choice with one."""
        made = self._schemas.made.get(name)
        return made is not None and not made.values

    def _is_model(self, name: str) -> bool:
        return self._is_class(name) and not self._schemas.made[name].choices

    def _answer(self, answer: Schema, kind: Kind) -> None:
        own = re.sub(r"\b(list|dict)\[", lambda found: f"{_RESULTS[found[1]]}[", kind.annotation)
        if answer.get("x-is-bytes"):
            own = "bytes"
        answer["x-kind"] = own
        answer["x-doc"] = kind.linked
