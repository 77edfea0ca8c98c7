"""Paging: which operations are lists with more pages, found by names and shapes.

An operation is such a list if all of this holds. It is a GET, POST or QUERY with one kind of
success, and that has one array of objects: it is one, or one of its fields is the only one, or the
only one with a usual name such as ``data``; or it has no array, but one object such as ``result``
in which one is found the same way. It has a parameter with a usual name and type for pages, in the
query or in the body, and one of:

    token        a cursor parameter, and a cursor of the same kind in the response
    link         a link to the next page in the response
    link_header  a ``Link`` header of the response
    last_id      a parameter such as `starting_after`, a flag such as `has_more`, rows with ids
    offset       an integer such as `offset`, and the size of a page or a total or flag
    page         an integer such as `page`, and the size of a page or a total or flag

The first that fits is taken. If rows are inside of an object, or a request has a body, `offset` and
`page` need a total or flag, and with a body the size of a page as well: sending another request
again could change data. Anything less is no list: its method returns the response as it is. In the
contract, `x-pagination: false` says that an operation, or all of them, are no lists, and
`x-pagination: {style: …}` what its list is like; see docs/generating.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from contract.answers import SUCCESS
from contract.api import Api, Argument, Class, Field, Operation, Page, Type, text_of
from contract.classes import is_beside
from contract.names import snake
from contract.operations import Draft
from contract.references import ContractError, as_object

STYLES = ("token", "link", "link_header", "last_id", "offset", "page")

_PAGES = frozenset(
    "page page_number page_no page_num page_index current_page pagenumber pageno".split()
)
_OFFSETS = frozenset(
    "offset skip start start_at start_index page_offset startat startindex starting_index".split()
)
_SIZES = frozenset(
    """
    per_page page_size limit size count max_results results_per_page page_limit items_per_page take
    perpage pagesize maxresults max_items max_page_size page_length top rows first num_results
    """.split()
)
_CURSORS: Mapping[str, frozenset[str]] = {
    "cursor": frozenset("next_cursor cursor end_cursor next after next_page_cursor".split()),
    "page_cursor": frozenset(
        "next_page_cursor next_cursor page_cursor end_cursor cursor next after".split()
    ),
    "next_cursor": frozenset(["next_cursor"]),
    "start_cursor": frozenset("next_cursor start_cursor end_cursor next_start_cursor".split()),
    "after_cursor": frozenset("after_cursor next_cursor end_cursor".split()),
    "page_token": frozenset("next_page_token page_token next_token next".split()),
    "next_page_token": frozenset(["next_page_token"]),
    "pagination_token": frozenset("pagination_token next_token next_pagination_token".split()),
    "next_token": frozenset("next_token next_page_token".split()),
    "continuation_token": frozenset("continuation_token next_continuation_token".split()),
    "continue": frozenset(["continue"]),
    "after": frozenset("after end_cursor next_cursor next after_cursor last_id".split()),
    "page_after": frozenset("after next_cursor next".split()),
    "starting_after": frozenset("next_cursor starting_after".split()),
    "marker": frozenset("next_marker marker".split()),
    "bookmark": frozenset("bookmark next_bookmark".split()),
    "iterator": frozenset(["iterator"]),
    "page": frozenset("next_page next_page_token next".split()),
    "offset": frozenset("offset next_offset".split()),
    "next": frozenset("next".split()),
}
_KNOWN = _PAGES | _OFFSETS | _SIZES | {*_CURSORS}
_LINKS = frozenset("next next_page next_link next_url next_uri next_page_url next_page_uri".split())
_LAST_IDS = {
    "starting_after": "ending_before",
    "after": "before",
    "after_id": "before_id",
    "since_id": "max_id",
}
_MORE = frozenset("has_more has_next more has_next_page has_more_items is_truncated".split())
_ENDS = frozenset("is_last is_last_page last_page done is_done end_of_list".split())
_TOTALS = frozenset(
    "total total_count total_results total_items total_records total_size total_entries".split()
)
_TOTAL_PAGES = frozenset(
    "total_pages page_count pages last_page num_pages total_page pages_count max_pages".split()
)
_HOLDERS = frozenset(
    """
    meta metadata pagination paging page_info page pages links link cursors cursor response_metadata
    paginator paging_info page_metadata list_metadata next
    """.split()
)
_ROWS = frozenset("data items results values records entries list rows elements content".split())
_AROUND = frozenset("data result results response payload body content".split())
_ASIDE = frozenset("errors warnings links included facets messages error".split())
_TEXTS = frozenset({"str", "Secret", "Uuid", "int", "Timestamp"})
_FROM_ZERO = re.compile(
    r"(zero|\b0)[- ](based|index)|(start|begin|count)\w* (at|from|with) (page )?(zero|0\b)"
    r"|first page (is|has)( the)?( number)? (zero|0\b)",
    re.IGNORECASE,
)
_FROM_ONE = re.compile(
    r"(one|\b1)[- ](based|index)|(start|begin|count)\w* (at|from|with) (page )?(one|1\b)"
    r"|first page (is|has)( the)?( number)? (one|1\b)",
    re.IGNORECASE,
)
_A_LINK = re.compile(r"\b(ur[li]s?|links?|href)\b", re.IGNORECASE)
_DEPTH = 3


def paged(api: Api, drafts: Iterable[Draft], default: Any) -> Api:
    """Return the `Api` with its lists.

    Args:
        api: what Python gets of the contract.
        drafts: its operations, as the contract has them.
        default: the `x-pagination` of the contract as a whole.
    """
    known = {each.builder: each for each in drafts}
    resources = [
        replace(
            resource,
            operations=tuple(
                replace(each, page=each.page or _found(each, api, known[each.id], default))
                for each in resource.operations
            ),
        )
        for resource in api.resources
    ]
    return replace(api, resources=tuple(resources))


def _found(operation: Operation, api: Api, draft: Draft, default: Any) -> Page | None:
    try:
        return _page(operation, api, draft, draft.spec.get("x-pagination", default))
    except ContractError as error:
        raise ContractError(f"{draft.where}: {error}") from None


def found_pages(api: Api) -> Iterator[str]:
    """Yield the lines that report which lists were found, and what only looks like one."""
    names: dict[tuple[str, str], list[str]] = {}
    others: list[str] = []
    for resource in api.resources:
        for each in resource.operations:
            name = f"{api.path_of(resource)}.{each.name}"
            if each.page is not None and each.page.how:
                names.setdefault((each.page.title, each.page.how), []).append(name)
            elif each.page is None and _looks_paged(each):
                others.append(name)
    counts = Counter(title for (title, _), lists in names.items() for _ in lists)
    for title, _ in counts.most_common():
        for (own, how), lists in names.items():
            if own == title:
                shown = "".join(each if each.isprintable() else "?" for each in how)
                yield f"  {title}: {shown}: {', '.join(lists)}"
    if others:
        yield f"  no lists, although they have such parameters: {', '.join(others)}"
    if counts:
        summary = ", ".join(f"{title} ({count})" for title, count in counts.most_common())
        yield f"{counts.total()} lists with pages: {summary}; `x-pagination` corrects them"


def _looks_paged(operation: Operation) -> bool:
    words = {"query": _PAGES | _OFFSETS | {*_CURSORS} - {"next", "continue"}}
    if operation.method != "GET":  # where other names often have another meaning
        words = {"field": frozenset(word for word in _CURSORS if re.search("cursor|page", word))}
    return any(snake(each.wire) in words.get(each.location, ()) for each in operation.arguments)


_Found: TypeAlias = tuple[str, Field]
Query: TypeAlias = Mapping[str, Argument]


class _Shape:
    """The response of an operation: its rows, and what stands beside them."""

    def __init__(self, type_: Type, api: Api, draft: Draft) -> None:
        self.classes = api.classes
        successes = (each for code, each in draft.responses.items() if SUCCESS.match(code))
        headers = {name.lower() for each in successes for name in as_object(each.get("headers"))}
        self.has_link_header = "link" in headers
        self.rows = self.item = ""
        self.wire = ""
        made = api.classes.get(type_.name) if type_.role == "class" else None
        self.meta = made.name if made else ""
        self.fields: dict[str, Field] = {}
        if type_.name == "list":
            self.item = self._item(type_)
        elif made is not None and made.kind == "model":
            self.fields = dict(self._inside(made))
            self._find_rows(made)

    def take_rows(self, wire: str) -> None:
        """Take the field that the contract names for the rows."""
        self.rows, field = self._at(wire)
        self.wire = wire
        self.item = self._item(field.type) if field.type.name == "list" else ""
        if not self.item:
            raise ContractError(f"x-pagination: {wire} is no list of objects in the response")

    def _find_rows(self, made: Class, path: str = "", wire: str = "", depth: int = _DEPTH) -> None:
        arrays = [
            each
            for each in made.fields
            if each.type.name == "list" and self._item(each.type) and snake(each.wire) not in _ASIDE
            if not is_beside(each)
        ]
        if not arrays:
            objects = [each for each in made.fields if self._is_around(each)]
            found = _only(objects, _AROUND)
            if found and depth > 1:
                inner, path = self.classes[found.type.name], f"{path}{found.name}."
                # What is beside the rows has precedence.
                self.fields = {
                    **{path + each: field for each, field in self._inside(inner)},
                    **self.fields,
                }
                self._find_rows(inner, path, f"{wire}{found.wire}.", depth - 1)
        elif found := _only(arrays, _ROWS):
            self.rows, self.wire = path + found.name, wire + found.wire
            self.item = self._item(found.type)

    def _is_around(self, field: Field) -> bool:
        """Return whether rows may be inside of an object: one with an id is a thing of its own."""
        inner = self.classes.get(field.type.name)
        return (
            inner is not None
            and inner.kind == "model"
            and snake(field.wire) not in _HOLDERS | _ASIDE
            and not is_beside(field)
            and not any(each.wire == "id" for each in inner.fields)
        )

    def _item(self, type_: Type) -> str:
        """Return the class of the objects in a list; empty if they are none."""
        item = type_.items[0]
        return item.name if item.role == "class" else ""

    def _inside(self, made: Class, path: str = "", depth: int = _DEPTH) -> Iterator[_Found]:
        """Yield the fields of a model by their paths, and those of objects about the position."""
        for each in made.fields:
            here = f"{path}.{each.name}".lstrip(".")
            yield here, each
            inner = self.classes.get(each.type.name)
            if inner and inner.kind == "model" and depth > 1 and snake(each.wire) in _HOLDERS:
                yield from self._inside(inner, here, depth - 1)

    def path_of(self, wire: str) -> str:
        """Return the path of a field by the names that it has on the wire."""
        return ("!" if wire.startswith("!") else "") + self._at(wire.removeprefix("!"))[0]

    def _at(self, wire: str) -> _Found:
        names: list[str] = []
        made, field = self.classes.get(self.meta), None
        for word in wire.split("."):
            fields = made.fields if made else ()
            field = next((each for each in fields if each.wire == word), None)
            if field is None:
                break
            names.append(field.name)
            made = self.classes.get(field.type.name)
        if field is None:
            raise ContractError(f"x-pagination: the response has no {wire}")
        return ".".join(names), field

    def find(self, words: Iterable[str], types: Iterable[str]) -> str:
        """Return the path of the first field with one of these names and types, but no link."""
        wanted, known = frozenset(words), frozenset(types)
        for path, each in self.fields.items():
            word = snake(each.wire)
            is_link = word == "next" and (_is_link(each) or self._is_in_links(path))
            if word in wanted and each.type.name in known and not is_link:
                return path
        return ""

    @property
    def more(self) -> str:
        """Return the flag for another page, after an exclamation mark if it is for the last."""
        if path := self.find(_MORE, ["bool"]):
            return path
        path = self.find(_ENDS, ["bool"])
        return f"!{path}" if path else ""

    @property
    def link(self) -> str:
        """Return the path of the link to the next page."""
        for path, each in self.fields.items():
            parent, _, own = path.rpartition(".")
            holder = self.fields.get(parent)
            is_next = snake(each.wire) in _LINKS
            if own in ("href", "url") and holder is not None:
                is_next = snake(holder.wire) in _LINKS
            elif is_next and snake(each.wire) in ("next", "next_page"):
                is_next = self._is_in_links(path) or _is_link(each)
            if is_next and each.type.name == "str":
                return path
        return ""

    def _is_in_links(self, path: str) -> bool:
        holder = self.fields.get(path.rpartition(".")[0])
        return holder is not None and snake(holder.wire) in ("links", "link")


def _only(fields: list[Field], usual: frozenset[str]) -> Field | None:
    """Return the only one of these fields, or the only one with a usual name."""
    chosen = fields if len(fields) == 1 else [each for each in fields if snake(each.wire) in usual]
    return chosen[0] if len(chosen) == 1 else None


def _is_link(field: Field) -> bool:
    """Return whether a text is a link, by its format or its description."""
    is_uri = field.notes.get("format") in ("uri", "url", "uri-reference")
    return is_uri or _A_LINK.search(text_of(field.notes, "description")) is not None


def _page(operation: Operation, api: Api, draft: Draft, own: Any) -> Page | None:
    is_corrected = "style" in as_object(own)
    results = operation.results
    may_be_list = is_corrected or operation.method in {"GET", "POST", "QUERY"}
    if own is False or not may_be_list or len(results) != 1 or results[0].type is None:
        return None
    shape = _Shape(results[0].type, api, draft)
    query = dict(_parameters(operation, api))
    if is_corrected:
        return _corrected(own, shape, query)
    if not shape.item:
        return None
    is_sent = operation.method != "GET"
    for find in (_token, _link, _last_id):
        if settings := find(query, shape):
            return _made(settings, shape, query)
    for style in ("offset", "page"):
        if settings := _numbered(query, shape, style):
            states_end = settings["more"] or settings["total"]
            is_weak = (is_sent and not settings["size"]) or (
                (is_sent or "." in shape.rows) and not states_end
            )
            return None if is_weak else _made(settings, shape, query)
    return None


def _parameters(operation: Operation, api: Api) -> Iterator[tuple[str, Argument]]:
    """Yield the fields of the body and the query parameters with their words.

    The parts of an object are among them, such as ``page[size]``. Those of a body are so only here.
    """
    for each in sorted(operation.arguments, key=lambda one: one.location == "query"):
        in_body = each.location == "field" and "[" not in each.wire
        if each.location != "query" and not in_body:
            continue
        if not (in_body and each.required and each.type.nullable):  # None is sent there
            yield snake(each.wire), each
        made = api.classes.get(each.type.name) if in_body else api.model_in_query(each)
        for part in made.fields if made else ():
            wire = f"{each.wire}[{part.wire}]"
            word, inner = snake(wire), snake(part.wire)
            if snake(each.wire) in _HOLDERS:
                word = f"page_{inner}" if f"page_{inner}" in _KNOWN else inner
            required = each.required and part.required
            yield (
                word,
                replace(each, wire=wire, type=part.type, required=required, notes=part.notes),
            )


def _made(settings: Mapping[str, Any], shape: _Shape, query: Query) -> Page:
    """Return a page of these settings of a `Paging`."""
    style = settings["styles"][0]
    parameter = settings.get("number") or settings.get("cursor") or ""
    places = {each.wire: each.location for each in query.values()}
    in_body = places.get(parameter) == "field"
    settings = {**settings, "in_body": in_body}
    if places.get(settings.get("size", "")) != places.get(parameter):
        settings["size"] = ""
    known = {name: value for name, value in settings.items() if value or name == "first"}
    titles = {"link": "next link", "link_header": "Link header", "last_id": "last id"}
    titles |= {"token": "cursor", "offset": "offset/limit", "page": "page/per_page"}
    shown = {
        "field" if in_body else "parameter": parameter,
        "size": settings.get("size"),
        {"link": "link", "last_id": "id of a row"}.get(style, "next"): (
            "" if style == "link_header" else settings.get("link")
        ),
        "more": settings.get("more"),
        "total": settings.get("total"),
        "rows": shape.wire or "the response",
    }
    return Page(
        item=shape.item,
        meta=shape.meta,
        settings={**known, "rows": shape.rows},
        title=titles[style],
        how=" ".join(f"{name}={value}" for name, value in shown.items() if value),
    )


def _first_of(query: Query, words: Iterable[str], types: Iterable[str]) -> str:
    """Return the name of the first parameter with one of these names and types."""
    wanted, known = frozenset(words), frozenset(types)
    found = (each for word, each in query.items() if word in wanted)
    return next((each.wire for each in found if each.type.name in known), "")


def _size(query: Query) -> str:
    return _first_of(query, _SIZES, ["int"])


def _any(query: Query) -> bool:
    query = {word: each for word, each in query.items() if each.location == "query"}
    words = _PAGES | _OFFSETS | {*_CURSORS}
    return bool(_size(query) or _first_of(query, words, _TEXTS))


def _token(query: Query, shape: _Shape) -> Mapping[str, Any] | None:
    for word, answers in _CURSORS.items():
        parameter = query.get(word)
        if parameter is None or parameter.required or parameter.type.name not in _TEXTS:
            continue
        if word in _PAGES | _OFFSETS and parameter.type.name == "int":
            continue
        types = _TEXTS if parameter.type.name == "int" else _TEXTS - {"int"}
        more = shape.more
        if path := shape.find(answers - ({"last_id"} if not more else set()), types):
            return {"styles": ("token",), "cursor": parameter.wire, "link": path, "more": more}
    return None


def _link(query: Query, shape: _Shape) -> Mapping[str, Any] | None:
    if not _any(query):
        return None
    if link := shape.link:
        return {"styles": ("link",), "link": link, "more": shape.more}
    return {"styles": ("link_header",), "more": shape.more} if shape.has_link_header else None


def _last_id(query: Query, shape: _Shape) -> Mapping[str, Any] | None:
    more, item = shape.more, shape.classes[shape.item]
    has_id = any(each.wire == "id" and each.type.name in _TEXTS for each in item.fields)
    if item.kind == "choice":
        variants = [shape.classes.get(each.name) for each in item.variants]
        has_id = bool(variants) and all(
            each is not None and any(field.wire == "id" for field in each.fields)
            for each in variants
        )
    for word, before in _LAST_IDS.items():
        parameter = query.get(word)
        if parameter is None or parameter.location != "query":
            continue
        if has_id and more and parameter.type.name in _TEXTS:
            other = query.get(before)
            return {
                "styles": ("last_id",),
                "cursor": parameter.wire,
                "before": other.wire if other else "",
                "link": "id",
                "more": more,
            }
    return None


def _numbered(query: Query, shape: _Shape, style: str) -> Mapping[str, Any] | None:
    """Return the settings for pages that are found by their number, or that of their first row."""
    is_page = style == "page"
    number = _first_of(query, _PAGES if is_page else _OFFSETS, ["int"])
    size, more = _size(query), shape.more
    total = shape.find(_TOTAL_PAGES if is_page else _TOTALS, ["int"])
    if not number or not (size or more or total) or (is_page and _may_be_whole(query, number)):
        return None
    first = _first(query, number)
    return {
        "styles": (style,),
        "number": number,
        "size": size,
        "more": more,
        "total": total,
        "here": shape.find(_PAGES, ["int"]) if is_page else "",
        "first": first if is_page else first or int(_is_scim(shape)),
    }


def _is_scim(shape: _Shape) -> bool:
    """Return whether rows are counted from 1, as in lists of SCIM (RFC 7644, 3.4.2.4)."""
    return bool(shape.find(["start_index"], ["int"]) and shape.find(["items_per_page"], ["int"]))


def _may_be_whole(query: Query, wire: str) -> bool:
    """Return whether all rows come at once unless a page is asked for."""
    notes = next(each.notes for each in query.values() if each.wire == wire)
    return re.search(r"(without|no) pag", text_of(notes, "description")) is not None


def _first(query: Query, wire: str) -> int | None:
    """Return the number of the first page or row, if the contract states it."""
    notes = next(each.notes for each in query.values() if each.wire == wire)
    for key in ("default", "minimum"):
        if isinstance(notes.get(key), int) and notes[key] in (0, 1):
            return int(notes[key])
    for number, text in enumerate((_FROM_ZERO, _FROM_ONE)):
        if text.search(text_of(notes, "description")):
            return number
    return None


def _corrected(own: Mapping[str, Any], shape: _Shape, query: Query) -> Page:
    """Return the page of an `x-pagination` with a style.

    Raises:
        ContractError: the operation has no such parameter or field.
    """
    style = str(own["style"])
    if own.get("rows"):
        shape.take_rows(str(own["rows"]))
    if not shape.item:
        raise ContractError("x-pagination: the response has no list of objects: say `rows`")
    wires = {each.wire for each in query.values()}
    for key in ("parameter", "size"):
        if own.get(key) and own[key] not in wires:
            raise ContractError(
                f"x-pagination: there is no query parameter or field of the body {own[key]}"
            )
    if style not in ("link", "link_header") and not own.get("parameter"):
        raise ContractError("x-pagination: say which one is the `parameter`")
    if style in ("link", "token") and not own.get("next"):
        raise ContractError("x-pagination: say which field of the response is `next`")
    paths = {key: shape.path_of(str(own[key])) for key in ("next", "more", "total") if own.get(key)}
    parameter = str(own.get("parameter", ""))
    is_counted = style in ("offset", "page")
    first = own.get("first", _first(query, parameter)) if is_counted else 1
    if first is None and style == "offset":
        first = 0
    settings = {
        "styles": (style,),
        "number": parameter if is_counted else "",
        "cursor": "" if is_counted else parameter,
        "link": str(own.get("id", "id")) if style == "last_id" else paths.get("next", ""),
        "more": paths.get("more", ""),
        "total": paths.get("total", ""),
        "size": str(own.get("size", "")),
        **({"first": first} if is_counted else {}),
    }
    return _made(settings, shape, query)
