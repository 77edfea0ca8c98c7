"""References: plain data, and the targets of `$ref`s in it."""

from __future__ import annotations

from typing import Any, TypeGuard
from urllib.parse import unquote

Schema = dict[str, Any]

COMPONENT = "#/components/schemas/"


def is_object(value: Any) -> TypeGuard[Schema]:
    """Return whether this is an object; its keys are texts, as JSON's are."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Return whether this is a list."""
    return isinstance(value, list)


def as_object(value: Any) -> Schema:
    """Return an object; an empty one for anything else."""
    return value if is_object(value) else {}


def as_list(value: Any) -> list[Any]:
    """Return a list; an empty one for anything else."""
    return value if is_list(value) else []


class ContractError(Exception):
    """The contract contradicts itself; the message says where."""


class Pointers:
    """Follows the pointers of one contract."""

    def __init__(self, contract: Schema) -> None:
        """Find the `$defs` too, which OpenAPI 3.1 allows in any schema."""
        self._contract = contract
        self._defs: dict[str, Any] = {}
        waiting: list[Any] = [contract]
        while waiting:
            each = waiting.pop()
            if is_object(each):
                if is_object(each.get("$defs")):
                    self._defs = {**each["$defs"], **self._defs}
                waiting += each.values()
            elif is_list(each):
                waiting += each

    def follow(self, ref: str) -> Any:
        """Return the target of a pointer.

        Raises:
            ContractError: nothing is there, or it is in another file.
        """
        return at(self._contract, ref, self._defs)


def at(contract: Schema, ref: str, defs: Schema | None = None) -> Any:
    """Return what a pointer points at in a contract, or among the `$defs` of its schemas.

    Raises:
        ContractError: nothing is there, or it is in another file.
    """
    if not ref.startswith("#"):
        raise ContractError(f"$ref {ref}: put the contract into one file first")
    found: Any = contract
    parts = [_unescaped(part) for part in ref[1:].split("/")[1:]]
    for part in parts:
        try:
            found = found[int(part)] if is_list(found) else found[part]
        except (KeyError, ValueError, IndexError, TypeError):
            if defs and len(parts) > 1 and parts[-2] == "$defs" and parts[-1] in defs:
                return defs[parts[-1]]
            raise ContractError(f"$ref {ref}: nothing is there") from None
    return found


def followed(contract: Schema, node: Any) -> Schema:
    """Return the object that a parameter, body, response or schema is, behind all references.

    Anything that is no object, such as a schema of `true`, is an empty one.

    Raises:
        ContractError: it leads nowhere, in a circle, or into another file.
    """
    seen: set[str] = set()
    found = as_object(node)
    while isinstance(found.get("$ref"), str):
        target: str = found["$ref"]
        if target in seen:
            raise ContractError(f"$ref {target} leads to itself")
        seen.add(target)
        found = at(contract, target)
        if not is_object(found):
            raise ContractError(f"$ref {target}: what is there is no object")
    return found


def component(ref: str) -> str | None:
    """Return the name of the schema that a pointer names, None for one inside of another."""
    name = ref.removeprefix(COMPONENT)
    return _unescaped(name) if ref.startswith(COMPONENT) and "/" not in name else None


def last_part(ref: str) -> str:
    """Return the last step of a pointer."""
    return _unescaped(ref.rpartition("/")[2])


def _unescaped(part: str) -> str:
    return unquote(part).replace("~1", "/").replace("~0", "~")
