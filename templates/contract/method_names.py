"""Method names: what an operation is called in its resource, from its id.

The words of the resource are left out, since the name stands behind them: `list_special_events` of
`events` is `events.list_special`. An id that only repeats HTTP method and path is taken for none.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence

from contract.names import snake

_READS = frozenset({"get", "fetch", "retrieve", "read", "find", "show"})
_LINKS = frozenset("a an the to in of for from on at into with by and or as is no not".split())
"""Words that no name begins or ends with when a resource's words are taken out beside them."""

_VERSION = re.compile(r"v\d+$|api$|rest$")
_SHORTEST = 3


def segments_of(path: str) -> list[str]:
    """Return the segments of a path, without versions and the like at its start."""
    found = [each for each in re.sub(r"[?#].*", "", path).split("/") if each]
    while found and _VERSION.match(found[0]) and len(found) > 1:
        del found[0]
    return found


def is_parameter(segment: str) -> bool:
    """Return whether a path segment is only a parameter."""
    return segment.startswith("{")


def is_item(path: str) -> bool:
    """Return whether a path ends with a parameter, and so is about a single item."""
    return is_parameter(path.rstrip("/").rpartition("/")[2])


def is_plural(word: str) -> bool:
    """Return whether a word may be a plural."""
    last = snake(word).rpartition("_")[2]
    ends_so = re.search(r"(?<![sui])s$|^(people|children|data|media|series)$", last)
    return len(last) < _SHORTEST or ends_so is not None


def repeats_path(said: str, verb: str, path: str) -> bool | None:
    """Return whether an id only repeats the method and path; None if it may have a meaning too."""
    name, rest = snake(said).replace("_", ""), ""
    if name.startswith(verb):
        rest = name.removeprefix(verb)
    elif name.endswith(verb):
        rest = name.removesuffix(verb)
    else:
        return False
    certain = verb not in ("get", "delete")
    for segment in [each for each in path.split("/") if each]:
        word = snake(segment)
        plain = word.replace("_", "")
        if not is_parameter(segment):
            if rest.startswith(plain):
                rest = rest.removeprefix(plain)
            elif not _VERSION.match(plain):
                return False
            continue
        forms = (plain, word.rpartition("_")[2])
        form = next(
            (f"{by}{each}" for by in ("", "by") for each in forms if rest.startswith(by + each)), ""
        )
        certain = certain or (bool(form) and not form.startswith("by"))
        rest = rest.removeprefix(form)
    if rest and not re.fullmatch(r"v\d+", rest):
        return False
    return certain or None


def own_id(said: str, verb: str, path: str) -> str:
    """Return an id without the path and method that FastAPI appends to a function's name."""
    found, behind = snake(said), f"_{snake(path)}_{verb}"
    return found.removesuffix(behind) if len(found) > len(behind) else found


def without_resource(name: str, resource: str, path: str, others: Iterable[str]) -> str:
    """Return a name without the words of its resource, unless what is left misleads.

    Args:
        name: in snake case.
        resource: what its resource is called.
        path: of the operation.
        others: what all resources are called: `delete_project_alert` deletes no project.
    """
    words, own = name.split("_"), snake(resource).split("_")
    if len(words) > 1 and re.fullmatch(r"v\d+", words[0]) and f"/{words[0]}/" in f"{path}/":
        words = words[1:]
    for size in range(len(own), 0, -1) if not same(words, own) else ():
        for start in range(len(words) - size, -1, -1):
            if same(words[start : start + size], own[-size:]):
                before, behind = words[:start], words[start + size :]
                misleads = any(same(before[1:], snake(each).split("_")) for each in others)
                left = _joined(before, behind)
                is_whole = size == len(own)
                if _is_name(left) and not misleads and (is_whole or len(left) == 1):
                    return "_".join(left)
    return "_".join(words)


def _joined(before: list[str], behind: list[str]) -> list[str]:
    """Return the words around a resource's, without those that linked them to it."""
    before = list(before)
    while before and before[-1] in _LINKS - {"by"} and len(before) > 1:
        del before[-1]
    return [*before, *behind]


def _is_name(words: list[str]) -> bool:
    name = "_".join(words)
    links = bool(words) and (words[0] in _LINKS or words[-1] in _LINKS)
    return name.isidentifier() and not links and not keyword.iskeyword(name)


def same(words: Sequence[str], others: Sequence[str]) -> bool:
    """Return whether words are the same, in the singular or the plural."""
    return len(words) == len(others) and all(
        one == other
        or (min(len(one), len(other)) >= _SHORTEST and bool(_forms(one) & _forms(other)))
        for one, other in zip(words, others, strict=True)
    )


def _forms(word: str) -> set[str]:
    return {word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word)}


def reads_collection(name: str, verb: str, path: str) -> bool:
    """Return whether a name only states that it reads the collection at a path."""
    return name in _READS and verb == "get" and not is_item(path)
