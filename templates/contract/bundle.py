"""Bundle: convert a contract in several files to one whose `$ref`s are pointers.

Whatever a `$ref` names in another file becomes a component of the contract, under the last word of
that name, and so does what this refers to in turn. An `$anchor` or `$id` becomes its pointer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import yaml

from contract.names import first_free, numbered
from contract.read import read
from contract.references import (
    ContractError,
    Schema,
    as_object,
    at,
    is_list,
    is_object,
    last_part,
)

_SECTIONS = {
    "schema": "schemas",
    "schemas": "schemas",
    "parameters": "parameters",
    "requestBody": "requestBodies",
    "requestBodies": "requestBodies",
    "responses": "responses",
    "headers": "headers",
    "examples": "examples",
    "links": "links",
    "callbacks": "callbacks",
    "paths": "pathItems",
    "pathItems": "pathItems",
    "webhooks": "pathItems",
    "securitySchemes": "securitySchemes",
}
"""What stands under these words, and so among which of the components it belongs."""

_DATA_IN = {
    "schemas": ("const", "default", "discriminator", "enum", "example", "examples"),
    "examples": ("value",),
}
NAMED = frozenset(
    """
    properties patternProperties $defs definitions dependentSchemas content encoding
    schemas parameters requestBodies responses headers examples links callbacks paths pathItems
    webhooks securitySchemes
    """.split()
)
"""What stands under these words has names for keys, where it is no list."""

_FILE = re.compile(r"\.(ya?ml|json)(#|$)")
_EXTENSION = re.compile(r"^/(?!components/|paths/|webhooks/|\$defs/)|^/components/(x-|[^/]+/.*/x-)")
"""What OpenAPI does not know, and so where nothing can be referred to."""
_COMPONENT = re.compile(r"/components/[^/]+/[^/]+")


def read_file(path: Path) -> Schema:
    """Return the contract in a file, with everything it refers to in others, as plain data.

    Raises:
        OSError: the file cannot be read.
        UnicodeError, yaml.YAMLError: it is neither YAML nor JSON.
        ContractError: it is no object, or refers to a file that is not there, or to nothing in it.
    """
    try:
        contract = read(path.read_text(encoding="utf-8-sig"))
        Files(path, contract).gather()
    except RecursionError:
        raise ContractError("its schemas are nested too deeply") from None
    return contract


class Files:
    """Combines the files of a contract."""

    def __init__(self, path: Path, contract: Schema) -> None:
        self._main = path.resolve()
        self._contract = contract
        self._read: dict[Path, Schema] = {self._main: contract}
        self._names: dict[Path, dict[str, str]] = {}
        self._placed: dict[tuple[Path, str], str] = {}

    def gather(self) -> None:
        """Add to the contract, in place, everything that it refers to in other files.

        Raises:
            ContractError: it refers to a file that is not there, or to nothing in it.
        """
        for target, path, section in [*self._names_of_its_own()]:
            self._walk(target, path, section)
        self._walk(self._contract, self._main, "")

    def _names_of_its_own(self) -> Iterator[tuple[Any, Path, str]]:
        """Bring in what a component is by name alone: under that name. Give it, still to walk."""
        for section, each in as_object(self._contract.get("components")).items():
            for name, part in as_object(each if section[:2] != "x-" else None).items():
                ref = part.get("$ref") if is_object(part) else None
                if isinstance(ref, str) and len(part) == 1:
                    path, pointer = self._target(ref, self._main)
                    if path != self._main and (path, pointer) not in self._placed:
                        self._placed[path, pointer] = f"#/components/{section}/{name}"
                        each[name] = found = self._copy(path, pointer, ref)
                        yield found, path, section

    def _walk(self, node: Any, base: Path, section: str, *, named: bool = False) -> None:
        """Go through a part of a file; named says that its keys are names, and no words."""
        for each in node if is_list(node) else ():
            self._walk(each, base, section)
        if not is_object(node):
            return
        if isinstance(node.get("$ref"), str) and not named:
            node["$ref"] = self._pointer(node["$ref"], base, section)
        mapping = as_object(as_object(node.get("discriminator")).get("mapping"))
        for value, ref in mapping.items():
            elsewhere = isinstance(ref, str) and ref.startswith("#") and base != self._main
            if elsewhere or (isinstance(ref, str) and _FILE.search(ref)):
                mapping[value] = self._pointer(ref, base, "schemas")
        data = _DATA_IN.get(section, ("example",))
        for key, each in [*node.items()]:  # for what is brought in may come among these
            if named:
                self._walk(each, base, section)
            elif key in ("description", "summary") and is_object(each) and "$ref" in each:
                node[key] = self._text(str(each["$ref"]), base)
            elif key not in data and not key.startswith("x-"):
                inner = section if section == "schemas" else _SECTIONS.get(key, section)
                self._walk(each, base, inner, named=key in NAMED)

    def _pointer(self, ref: str, base: Path, section: str) -> str:
        """Return the pointer, in the one contract, to what a file refers to."""
        path, pointer = self._target(ref, base)
        if path == self._main and (not _EXTENSION.search(pointer) or not self._is_there(pointer)):
            return f"#{pointer}"
        if (path, pointer) not in self._placed:
            parts = pointer.split("/")
            section = parts[2] if _COMPONENT.fullmatch(pointer) else section or "schemas"
            known = _filled(_filled(self._contract, "components"), section)
            word = re.sub(r"[^\w.-]+", "_", last_part(pointer)).strip("_")
            word = word or (path.parent if path.stem == "index" else path).stem
            name = first_free(numbered(word, ""), known)
            self._placed[path, pointer] = f"#/components/{section}/{name}"
            known[name] = found = self._copy(path, pointer, ref)
            self._walk(found, path, section)
        return self._placed[path, pointer]

    def _is_there(self, pointer: str) -> bool:
        try:
            at(self._contract, f"#{pointer}")
        except ContractError:
            return False
        return True

    def _target(self, ref: str, base: Path) -> tuple[Path, str]:
        """Return the file that a reference names, and a pointer into it."""
        url, fragment = urldefrag(ref)
        path = base
        if url in self._named(base):
            return base, self._named(base)[url] + fragment
        if "://" in url:
            raise ContractError(f"$ref {ref}: put what is there into a file beside the contract")
        if url:
            path = (base.parent / unquote(url)).resolve()
        if fragment and not fragment.startswith("/"):
            self._document(path, ref)
            fragment = self._named(path).get(f"#{fragment}", f"/{fragment}")
        return path, fragment

    def _text(self, ref: str, base: Path) -> str:
        """Return the text that a reference names: a whole file, or a part of one."""
        path, pointer = self._target(ref, base)
        return str(self._copy(path, pointer, ref)) if pointer else self._content(path, ref)

    def _content(self, path: Path, ref: str) -> str:
        if not path.is_relative_to(self._main.parent):
            raise ContractError(
                f"$ref {ref}: {path} is outside of the contract's folder, and is not read"
            )
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ContractError(f"$ref {ref}: {path} cannot be read: {why}") from error

    def _copy(self, path: Path, pointer: str, ref: str) -> Any:
        document = self._document(path, ref)
        try:
            return deepcopy(at(document, f"#{pointer}"))
        except ContractError as error:
            raise ContractError(f"$ref {ref}: nothing is there") from error

    def _document(self, path: Path, ref: str) -> Schema:
        if path not in self._read:
            text = self._content(path, ref)
            try:
                self._read[path] = read(text)
            except (yaml.YAMLError, ContractError) as error:
                why = " ".join(str(error).split())
                raise ContractError(f"$ref {ref}: {path} cannot be read: {why}") from error
        return self._read[path]

    def _named(self, path: Path) -> dict[str, str]:
        """Return the pointers to what a file names by `$id`, and, behind a #, by `$anchor`."""
        if path not in self._names:
            found: dict[str, str] = {}
            waiting: list[tuple[str, Any]] = [("", self._read.get(path))]
            while waiting:
                pointer, node = waiting.pop()
                pairs = node.items() if is_object(node) else ()
                for key, each in pairs:
                    if key == "$id" and isinstance(each, str):
                        found.setdefault(each, pointer)
                    elif key == "$anchor" and isinstance(each, str):
                        found.setdefault(f"#{each}", pointer)
                    step = key.replace("~", "~0").replace("/", "~1").replace("%", "%25")
                    waiting.append((f"{pointer}/{step}", each))
                for number, each in enumerate(node if is_list(node) else ()):
                    waiting.append((f"{pointer}/{number}", each))
            self._names[path] = found
        return self._names[path]


def _filled(holder: Schema, key: str) -> Schema:
    """Return the object under a key; add one if there is none."""
    if not is_object(holder.get(key)):
        holder[key] = {}
    found: Schema = holder[key]
    return found
