"""A change as users see it, and the version step that it requires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from packaging.version import Version

Kind = Literal["added", "changed", "removed", "documentation"]
Step = Literal["major", "minor", "patch", "none"]

KINDS: tuple[Kind, ...] = get_args(Kind)
STEPS: tuple[Step, ...] = get_args(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference.

    Attributes:
        kind: what happened.
        step: ``major`` where existing programs may break, ``minor`` where one
            can do more or is warned, ``patch`` for the rest.
        name: what it is about, as Python names it.
        text: what is different.
        also: other names that it shows under.
    """

    kind: Kind
    step: Step
    name: str
    text: str
    also: tuple[str, ...] = ()


def breaking(name: str, text: str, kind: Kind = "changed") -> Change:
    """Return a change that can break existing programs."""
    return Change(kind=kind, step="major", name=name, text=text)


def added(name: str, text: str) -> Change:
    """Return a change that gives users something."""
    return Change(kind="added", step="minor", name=name, text=text)


def changed(name: str, text: str, step: Step = "patch") -> Change:
    """Return a change that no program has to follow."""
    return Change(kind="changed", step=step, name=name, text=text)


def compare_texts(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Yield the change of what only readers see, if there is one: the names of the texts."""
    keys = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    if keys:
        yield Change(kind="documentation", step="patch", name=name, text=", ".join(sorted(keys)))


def compare_deprecation(name: str, *, old: bool, new: bool) -> Iterator[Change]:
    """Yield the change of whether something is deprecated, if there is one."""
    if new and not old:
        yield changed(name, "is deprecated now", "minor")
    elif old and not new:
        yield changed(name, "is no longer deprecated")


def step_of(changes: list[Change]) -> Step:
    """Return the largest step that changes require."""
    steps: list[Step] = [*(each.step for each in changes), "none"]
    return min(steps, key=STEPS.index)


def next_version(version: str, step: Step) -> str:
    """Return the version after a step.

    Below 1.0, by the common reading of Semantic Versioning's "anything may change", a breaking
    change raises the minor number, and everything else the patch number.
    """
    major, minor, patch = Version(version).release[:3]
    if step == "none":
        return version
    if major == 0:
        return f"0.{minor + 1}.0" if step == "major" else f"0.{minor}.{patch + 1}"
    if step == "major":
        return f"{major + 1}.0.0"
    return f"{major}.{minor + 1}.0" if step == "minor" else f"{major}.{minor}.{patch + 1}"
