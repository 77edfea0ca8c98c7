"""What interactive shells and notebooks show of models, pages and responses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_ROWS = 20
_COLUMNS = 8


class PublicNames:
    """Base of classes whose ``dir()`` has public names only."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        """Return the public names."""
        return [name for name in super().__dir__() if not name.startswith("_")]


def table_of_fields(title: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return a table with one row per field, of its name and value."""
    rows = "".join(f"<tr>{_cell('th', name)}{_cell('td', text)}</tr>" for name, text in fields)
    return f"<table>{_cell('caption', title)}{rows}</table>"


def table_of_rows(title: str, rows: Sequence[Iterable[tuple[str, str]]]) -> str:
    """Return a table with one row per model, and the first fields of the models as columns."""
    shown = [dict(row) for row in rows[:_ROWS]]
    names = list(dict.fromkeys(name for row in shown for name in row))[:_COLUMNS]
    head = "".join(_cell("th", name) for name in names)
    cells = ["".join(_cell("td", row.get(name, "")) for name in names) for row in shown]
    body = "".join(f"<tr>{each}</tr>" for each in cells)
    more = f"<p>and {len(rows) - _ROWS} more on this page</p>" if len(rows) > _ROWS else ""
    return f"<table>{_cell('caption', title)}<tr>{head}</tr>{body}</table>{more}"


def _cell(tag: str, text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<{tag}>{escaped}</{tag}>"
