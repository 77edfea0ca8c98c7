"""Shows changes: to people as lists, to programs as JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from spec_diff.change import Change, next_version, step_of

_TITLES = {
    "added": "Added",
    "changed": "Changed",
    "removed": "Removed",
    "documentation": "Documentation only",
}
_WIDEST = 60  # characters of a name that others are aligned with
_MOST = 3  # other names that are shown
_RULES = {
    "major": "existing programs may break",
    "minor": "programs can do more or are warned, but none has to change",
    "patch": "no program has to change, and none can do more",
    "none": "users see no difference",
}


def as_text(changes: list[Change], names: tuple[str, str], version: str) -> Iterator[str]:
    """Yield the lines of a report for people."""
    yield f"{names[0]} → {names[1]}"
    groups = {"Breaking": [each for each in changes if each.step == "major"]}
    for kind, title in _TITLES.items():
        groups[title] = [each for each in changes if each.kind == kind and each.step != "major"]
    for title, group in groups.items():
        if group:
            yield f"\n{title} ({len(group)})"
            width = max((len(each.name) for each in group if len(each.name) <= _WIDEST), default=0)
            for each in group:
                yield f"  {each.name:{width}}  {each.text}"
                if each.also:
                    more = f" and {len(each.also) - _MOST} more" if len(each.also) > _MOST else ""
                    yield f"  {'':{width}}  also: {', '.join(each.also[:_MOST])}{more}"
    step = step_of(changes)
    yield f"\nStep: {step}, because {_RULES[step]}."
    if step == "none":
        yield f"Version: {version} stays."
        return
    why = ": below 1.0, a breaking change increments the second number, all else the third"
    yield (
        f"Version: {version} → {next_version(version, step)}{why if version[:2] == '0.' else ''}"
    )


def as_json(changes: list[Change], names: tuple[str, str], version: str) -> Iterator[str]:
    """Yield one line of JSON per change, and a summary at the end."""
    for each in changes:
        fields = asdict(each)
        breaks = each.step == "major"
        yield json.dumps({"record": "change", "breaking": breaks, **fields}, ensure_ascii=False)
    step = step_of(changes)
    counts = {kind: sum(each.kind == kind for each in changes) for kind in _TITLES}
    summary = {
        "record": "summary",
        "old": names[0],
        "new": names[1],
        "step": step,
        "breaking": sum(each.step == "major" for each in changes),
        **counts,
        "version": version,
        "next_version": next_version(version, step),
    }
    yield json.dumps(summary, ensure_ascii=False)
