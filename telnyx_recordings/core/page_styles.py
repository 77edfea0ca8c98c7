"""How the next page of a list is requested, in the styles that are found in contracts.

No style takes a page with fewer rows than requested for the last one: services cap the size of
pages. The last page is the one that says so, or else an empty one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from telnyx_recordings.core.model import Model
from telnyx_recordings.core.request.encode import plain
from telnyx_recordings.core.request.operation import Paging

_LINK = re.compile(r"<([^<>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"(?:[^\"]*\s)?next(?:\s[^\"]*)?\"|next\b)", re.IGNORECASE)
_NO_WAY = "the response announces another page, but not the way to it"

Step = Mapping[str, Any] | str | None
"""What leads to the next page: query parameters or a link; None after the last page."""


def step(
    paging: Paging, query: Mapping[str, Any], response: Any, rows: Sequence[Any], count: int
) -> Step:
    """Return what leads to the next page.

    Args:
        paging: how the pages of the list are found.
        query: the parameters of this page: those of the query, or the fields of the body.
        response: to the request for this page.
        rows: those of this page that could be read.
        count: the number of all rows of this page.

    Raises:
        ValueError: another page is announced, but not a usable way to it.
    """
    more = _more(paging, response)
    if more is False:
        return None
    style = paging.styles[0]
    if style in ("page", "offset"):
        return _counted(paging, query, response, count, has_more=more is True)
    if style == "last_id":
        return _after_row(paging, query, rows, count, has_more=more is True)
    value = paging.link if style == "link_header" else at(response, paging.link)
    if value is None or value == "":
        if more:
            raise ValueError(_NO_WAY)
        return None
    return {paging.cursor: _cursor(value, paging.cursor)} if style == "token" else str(value)


def in_body(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a body, and in addition those of objects in it as ``page[cursor]``."""
    found = dict(body)
    for name, value in body.items():
        if isinstance(value, Mapping | Model):
            found |= {f"{name}[{key}]": each for key, each in plain(value).items()}
    return found


def with_step(body: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with the fields that lead to the next page."""
    found = dict(body)
    for name, value in step.items():
        outer, _, inner = name.removesuffix("]").partition("[")
        found[outer] = {**(plain(found.get(outer)) or {}), inner: value} if inner else value
    return found


def at(response: Any, path: str) -> Any:
    """Return the value at a path of attributes, such as ``meta.next``; None if there is none."""
    for name in path.split("."):
        response = getattr(response, name, None)
    return response


def next_link(header: str | None) -> str:
    """Return the link to the next page in a ``Link`` header (RFC 8288); empty if there is none."""
    for found in _LINK.finditer(header or ""):
        if _NEXT.search(found[2]):
            return found[1]
    return ""


def _more(paging: Paging, response: Any) -> bool | None:
    """Return whether the response announces another page; None if it does not state that."""
    if not paging.more:
        return None
    is_end = paging.more.startswith("!")
    value = at(response, paging.more.removeprefix("!"))
    return value is not is_end if isinstance(value, bool) else None


def _counted(
    paging: Paging, query: Mapping[str, Any], response: Any, count: int, *, has_more: bool
) -> Step:
    is_offset = paging.styles[0] == "offset"
    given, stated = query.get(paging.number), at(response, paging.here) if paging.here else None
    first = 1 if paging.first is None else paging.first
    if given is None and isinstance(stated, int) and not is_offset:
        given = first = stated
    here = first if given is None else int(given)
    seen = here - first + (count if is_offset else 1)
    total = at(response, paging.total) if paging.total else None
    # A total that is less than what was seen is no total.
    is_known = isinstance(total, int) and total >= seen and (total > 0 or count == 0)
    if not has_more and (total == seen if is_known else count == 0):
        return None
    if not is_offset:
        # Of an unknown first page, page 1 is the same or the second one; see `pages.is_again`.
        return {paging.number: 1 if given is None and paging.first is None else here + 1}
    if count == 0:  # rows that were filtered out count as well
        size = query.get(paging.size)
        if size is None:
            raise ValueError("the page is empty, but the response announces another one")
        return {paging.number: here + int(size)}
    return {paging.number: here + count}


def _after_row(
    paging: Paging, query: Mapping[str, Any], rows: Sequence[Any], count: int, *, has_more: bool
) -> Step:
    if not has_more and count == 0:
        return None
    row_id = at(rows[-1], paging.link) if rows else None
    if row_id is None:
        raise ValueError(_NO_WAY)
    if paging.before and query.get(paging.before) is not None:
        raise ValueError(f"pages before a row ({paging.before}) can only be requested one by one")
    return {paging.cursor: row_id}


def _cursor(value: object, name: str) -> object:
    """Return a cursor, which may be in a link."""
    if not (isinstance(value, str) and re.match(r"(https?:/)?/.*\?", value)):
        return value
    found = parse_qs(urlsplit(value).query).get(name)
    if not found:
        raise ValueError(f"the link to the next page has no {name}")
    return found[0]
