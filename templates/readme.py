"""What the README of a package shows of its contract: a first call, and the resources."""

from __future__ import annotations

import re
from ast import literal_eval

from contract.operations import operations_of
from contract.plain import Schema
from contract.service import schemes_of, security_of
from contract.texts import cell


def first_call(contract: Schema) -> str:
    """Return the program with which a user begins: it reads what asks for the least."""
    found = [each for _, _, _, each in operations_of(contract)]
    reading = [each for _, word, _, each in operations_of(contract) if word == "get"]
    call = min(reading or found, key=lambda each: len(_needed(each)), default=None)
    schemes = schemes_of(contract)
    asked = security_of(contract, contract.get("security")) or ()
    asked = literal_eval(call["x-security"]) if call and "x-security" in call else asked
    keys = [each for group in asked[:1] for name in group for each in schemes[name][2]]
    settings = ", ".join(f'{each}="…"' for each in keys)
    lines = [f"with Client({settings}) as client:"]
    if call is None:
        return "\n".join([*lines, "    print(client)"])
    arguments = ", ".join(
        each["x-example"] if each["x-in"] == "path" else f"{each['x-name']}={each['x-example']}"
        for each in _needed(call)
    )
    shown = f"client.{call['x-attribute']}.{call['x-method']}({arguments})"
    return "\n".join([*lines, f"    answer = {shown}", "    print(answer)"])


def _needed(operation: Schema) -> list[Schema]:
    return [each for each in operation["parameters"] if each["required"]]


def resources(contract: Schema) -> str:
    """Return the rows of a table of resources: how a client calls each, and what it is for."""
    paragraph = re.compile(r"\n\s*\n")
    attributes = {each["tags"][0]: each["x-attribute"] for _, _, _, each in operations_of(contract)}
    return "".join(
        f"| [`client.{attributes[tag['name']]}`](docs/reference/{tag['name']}.md) "
        f"| {cell(paragraph.split(tag['description'])[0])} |\n"
        for tag in contract["tags"]
        if tag["name"] in attributes
    )
