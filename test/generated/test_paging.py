"""Which operations of a contract are lists with pages, and how these are found."""

from typing import Any

import pytest

from contract.api import Page
from contract.build import build
from contract.calls import row_pages
from contract.paging import found_pages
from contract.references import ContractError

STRING, INTEGER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
ROW = {"$ref": "#/components/schemas/Row"}
ROWS = {"type": "array", "items": ROW}
LINK = {"type": "string", "format": "uri"}


def body(**fields: Any) -> dict[str, Any]:
    """A response with rows."""
    return {"type": "object", "properties": {"data": ROWS, **fields}}


def inside(name: str, **fields: Any) -> dict[str, Any]:
    """A response whose position is an object beside the rows."""
    return body(**{name: {"type": "object", "properties": fields}})


def deep(**fields: Any) -> dict[str, Any]:
    """A query parameter that is an object, written as `page[size]=…`."""
    schema = {"type": "object", "properties": fields}
    return {"style": "deepObject", "explode": True, "schema": schema}


def contract(
    query: dict[str, Any],
    schema: Any,
    operation: dict[str, Any],
    headers: Any = None,
    method: str = "get",
) -> dict[str, Any]:
    """A contract with one list."""
    content = {"application/json": {"schema": schema}}
    response = {"description": "Rows.", "content": content, "headers": headers or {}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lists", "version": "1"},
        "paths": {
            "/things": {
                method: {
                    "operationId": "list",
                    "tags": ["things"],
                    "parameters": [
                        {"name": name, "in": "query", **each}
                        if "schema" in each
                        else {"name": name, "in": "query", "schema": each}
                        for name, each in query.items()
                    ],
                    "responses": {"200": response},
                    **operation,
                }
            }
        },
        "components": {
            "schemas": {
                "Row": {"type": "object", "properties": {"id": STRING, "name": STRING}},
                "Bare": {"type": "object", "properties": {"name": STRING}},
                "Choice": {"oneOf": [ROW, {"$ref": "#/components/schemas/Bare"}]},
            }
        },
    }


def page_of(query: dict[str, Any], schema: Any, headers: Any = None, **operation: Any) -> Page:
    """How the pages of a list are found; without settings if it is no list."""
    found = build(contract(query, schema, operation, headers)).resources[0].operations[0].page
    return found or Page(item="", meta="")


def searched(fields: dict[str, Any], schema: Any, **more: Any) -> Page:
    """How the pages of a list are found whose parameters are fields of a body."""
    content = {"schema": {"type": "object", "properties": fields}}
    operation = {"requestBody": {"content": {"application/json": content}}}
    found = build(contract(more.pop("query", {}), schema, operation | more, method="post"))
    return found.resources[0].operations[0].page or Page(item="", meta="")


def around(*names: str, **fields: Any) -> dict[str, Any]:
    """A response whose rows are inside of other objects, with the position beside them."""
    schema = body(**fields)
    for name in reversed(names):
        schema = {"type": "object", "properties": {name: schema}}
    return schema


PAGES = {"page": INTEGER, "per_page": INTEGER}
OFFSETS = {"offset": INTEGER, "limit": INTEGER}

FOUND: list[tuple[dict[str, Any], Any, str]] = [
    # cursors
    ({"cursor": STRING}, body(next_cursor=STRING), "cursor: cursor=cursor link=next_cursor"),
    (
        {"pageToken": STRING, "pageSize": INTEGER},
        body(nextPageToken=STRING),
        "cursor: cursor=pageToken link=next_page_token",
    ),
    (
        {"page[cursor]": STRING},
        inside("meta", nextCursor=STRING),
        "cursor: cursor=page[cursor] link=meta.next_cursor",
    ),
    (
        {"after": STRING},
        inside("paging", cursors={"type": "object", "properties": {"after": STRING}}),
        "cursor: cursor=after link=paging.cursors.after",
    ),
    (
        {"cursor": STRING},
        inside("response_metadata", next_cursor=STRING),
        "cursor: cursor=cursor link=response_metadata.next_cursor",
    ),
    (
        {"iterator": STRING},
        body(iterator={"type": ["string", "null"]}, done=FLAG),
        "cursor: cursor=iterator link=iterator more=!done",
    ),
    (
        {"after": STRING},
        body(last_id=STRING, has_more=FLAG),
        "cursor: cursor=after link=last_id more=has_more",
    ),
    ({"page": STRING}, body(next_page=STRING), "cursor: cursor=page link=next_page"),
    ({"cursor": INTEGER}, body(next_cursor=INTEGER), "cursor: cursor=cursor link=next_cursor"),
    ({"marker": STRING}, body(next_marker=STRING), "cursor: cursor=marker link=next_marker"),
    # links in the body
    (PAGES, body(next=LINK), "next link: link=next"),
    (OFFSETS, body(next={"type": "string", "description": "URL of the next page."}), "next link"),
    (PAGES, inside("links", next=STRING), "next link: link=links.next"),
    (
        {"after": STRING, "limit": INTEGER},
        inside("_links", next={"type": "object", "properties": {"href": STRING}}),
        "next link: link=links.next.href",
    ),
    (PAGES, inside("meta", next_page_url=STRING), "next link: link=meta.next_page_url"),
    (
        {"after": STRING},
        body(next={"type": "string", "description": "URL to the next page of items."}),
        "next link: link=next",
    ),
    # the last id
    (
        {"starting_after": STRING, "ending_before": STRING},
        body(has_more=FLAG),
        "last id: cursor=starting_after link=id more=has_more before=ending_before",
    ),
    ({"after": STRING}, body(has_more=FLAG), "last id: cursor=after link=id more=has_more"),
    # offsets
    (OFFSETS, body(), "offset/limit: number=offset size=limit first=0"),
    (OFFSETS, ROWS, "offset/limit: number=offset size=limit first=0 rows="),
    (
        {"startAt": INTEGER, "maxResults": INTEGER},
        body(total=INTEGER, isLast=FLAG),
        "offset/limit: number=startAt size=maxResults more=!is_last total=total",
    ),
    ({"$skip": INTEGER, "$top": INTEGER}, body(), "offset/limit: number=$skip size=$top"),
    ({"skip": INTEGER}, body(total_count=INTEGER), "offset/limit: number=skip total=total_count"),
    (
        {"startIndex": INTEGER, "count": INTEGER},
        body(startIndex=INTEGER, itemsPerPage=INTEGER, totalResults=INTEGER),
        "offset/limit: number=startIndex size=count total=total_results first=1",
    ),
    # page numbers
    (PAGES, body(), "page/per_page: number=page size=per_page first=None"),
    (PAGES, ROWS, "page/per_page: number=page size=per_page first=None rows="),
    (
        {"page": {**INTEGER, "default": 1}},
        body(total_pages=INTEGER),
        "page/per_page: number=page total=total_pages first=1",
    ),
    (
        {"page": {"schema": INTEGER, "description": "Page number, zero-based."}},
        body(has_more=FLAG),
        "page/per_page: number=page more=has_more first=0",
    ),
    (
        {"page": {"schema": INTEGER, "description": "The page, starting at 1."}, **PAGES},
        inside("meta", current_page=INTEGER),
        "page/per_page: number=page",
    ),
    (
        {"page[number]": {**INTEGER, "minimum": 0}, "page[size]": INTEGER},
        body(),
        "page/per_page: number=page[number] size=page[size] first=0",
    ),
    (
        PAGES,
        inside("meta", current_page=INTEGER, last_page=INTEGER),
        "page/per_page: number=page size=per_page total=meta.last_page here=meta.current_page",
    ),
    # an object with the position
    (
        {"page": deep(number={**INTEGER, "default": 1}, size=INTEGER)},
        inside("meta", total_pages=INTEGER),
        "page/per_page: number=page[number] size=page[size] total=meta.total_pages first=1",
    ),
    (
        {"page": deep(after=STRING, limit=INTEGER)},
        inside("meta", next=STRING),
        "cursor: cursor=page[after] link=meta.next",
    ),
    (
        {"pagination": deep(per_page=INTEGER, page=INTEGER)},
        body(total_pages=INTEGER),
        "page/per_page: number=pagination[page] size=pagination[per_page] total=total_pages",
    ),
    # rows inside of other objects
    (
        {"cursor": STRING},
        around("result", "data", next_cursor=STRING),
        "cursor: cursor=cursor link=result.data.next_cursor rows=result.data.data",
    ),
    (
        {"cursor": STRING},
        {"type": "object", "properties": {"response": body(), "next_cursor": STRING}},
        "cursor: cursor=cursor link=next_cursor rows=response.data",
    ),
    (
        {"cursor": STRING},
        {
            "type": "object",
            "properties": {"data": body(next_cursor=STRING), "next_cursor": INTEGER, "user": ROW},
        },
        "cursor: cursor=cursor link=data.next_cursor rows=data.data",
    ),
    (PAGES, around("albums", next=LINK), "next link: link=albums.next rows=albums.data"),
    (
        OFFSETS,
        around("result", total=INTEGER),
        "offset/limit: number=offset size=limit total=result.total rows=result.data",
    ),
    (
        {"starting_after": STRING},
        around("data", has_more=FLAG),
        "last id: cursor=starting_after link=id more=data.has_more rows=data.data",
    ),
    # several arrays
    (PAGES, body(errors=ROWS), "page/per_page"),
    (PAGES, body(others=ROWS), "page/per_page"),
    (PAGES, {"type": "object", "properties": {"things": ROWS}}, "rows=things"),
]


@pytest.mark.parametrize(("query", "schema", "expected"), FOUND)
def test_a_list_is_found(query: dict[str, Any], schema: Any, expected: str) -> None:
    page = page_of(query, schema)
    settings = " ".join(f"{name}={value}" for name, value in page.settings.items())
    title, _, wanted = expected.rpartition(": ")
    assert page.item == "Row"
    assert set(wanted.split()) <= {page.title, *page.title.split(), *settings.split()}
    assert title in {"", page.title}


WEAK: list[tuple[dict[str, Any], Any]] = [
    ({}, ROWS),  # no parameter
    ({"limit": INTEGER}, ROWS),  # a size alone
    ({"page": INTEGER}, ROWS),  # a number alone
    ({"offset": INTEGER}, body()),
    ({"page": STRING, "per_page": INTEGER}, ROWS),  # the name of a page
    ({"offset": STRING, "limit": INTEGER}, ROWS),
    ({"cursor": STRING}, ROWS),  # no cursor in the response
    ({"cursor": STRING}, body()),
    ({"cursor": STRING}, body(next_cursor=FLAG)),
    ({"filter": deep(number=INTEGER, size=INTEGER)}, body(total_pages=INTEGER)),
    ({}, body(next_cursor=STRING)),  # nowhere to send it
    ({"after": STRING}, body(last_id=STRING)),  # an id like any other
    ({"starting_after": STRING}, body()),
    ({"after": {**STRING, "format": "date-time"}}, body(total=INTEGER)),
    ({}, body(next=LINK)),
    (PAGES, {"type": "object", "properties": {"a": ROWS, "b": ROWS}}),  # which are the rows?
    (PAGES, body(items=ROWS)),
    (PAGES, {"type": "array", "items": STRING}),  # no objects
    (PAGES, {"type": "object", "properties": {"data": ROW}}),  # no array
    (PAGES, STRING),
    (PAGES, {"type": "object", "properties": {'da"ta': ROWS}}),  # rows that stay plain data
    # inside of other objects
    ({"cursor": STRING}, around('result"', next_cursor=STRING)),
    (PAGES, around("result")),  # where does it end?
    (OFFSETS, around("result", "data")),
    (PAGES, around("order", id=STRING, total_pages=INTEGER)),  # a thing with rows of its own
    (PAGES, around("meta", total_pages=INTEGER)),
    ({"cursor": STRING}, around("a", "b", "c", "d", next_cursor=STRING)),  # too deep
    (
        {"cursor": STRING},
        {"type": "object", "properties": {"a": body(), "b": body(), "next_cursor": STRING}},
    ),
    ({"page": {"schema": INTEGER, "description": "All come without pagination."}} | PAGES, ROW),
    (
        {
            "page": {"schema": INTEGER, "description": "If absent, all come without pagination."},
            "per_page": INTEGER,
        },
        ROWS,
    ),
    (
        {"starting_after": STRING},
        {
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": {"$ref": "#/components/schemas/Choice"}},
                "has_more": FLAG,
            },
        },
    ),
]


@pytest.mark.parametrize(("query", "schema"), WEAK)
def test_weak_evidence_is_no_list(query: dict[str, Any], schema: Any) -> None:
    assert page_of(query, schema) == Page(item="", meta="")


SEARCHED: list[tuple[dict[str, Any], Any, str]] = [
    ({"cursor": STRING}, body(next_cursor=STRING), "cursor: cursor=cursor link=next_cursor"),
    (
        {"page_token": {"type": ["string", "null"]}, "filter": ROW},
        around("result", nextPageToken=STRING),
        "cursor: cursor=page_token link=result.next_page_token rows=result.data",
    ),
    (
        {"page": {"type": "object", "properties": {"cursor": STRING, "limit": INTEGER}}},
        {
            "type": "object",
            "properties": {
                "data": ROWS,
                "links": {"type": "object", "properties": {"next": STRING}},
                "meta": inside("page", after=STRING),
            },
        },
        "cursor: cursor=page[cursor] link=meta.page.after",
    ),
    (OFFSETS, body(total=INTEGER), "offset/limit: number=offset size=limit total=total"),
    (
        {"paging": {"type": "object", "properties": OFFSETS}},
        around("result", total=INTEGER),
        "offset/limit: number=paging[offset] size=paging[limit] rows=result.data",
    ),
    (PAGES, inside("meta", has_more=FLAG), "page/per_page: number=page more=meta.has_more"),
]


@pytest.mark.parametrize(("fields", "schema", "expected"), SEARCHED)
def test_a_list_with_its_position_in_the_body_is_found(
    fields: dict[str, Any], schema: Any, expected: str
) -> None:
    page = searched(fields, schema)
    settings = " ".join(f"{name}={value}" for name, value in page.settings.items())
    title, _, wanted = expected.partition(": ")
    assert (page.item, page.title) == ("Row", title)
    assert {*wanted.split(), "in_body=True"} <= {*settings.split()}


WEAK_SEARCH: list[tuple[dict[str, Any], Any]] = [
    (OFFSETS, body()),  # where does it end?
    (PAGES, body()),
    ({"start": INTEGER}, body(total=INTEGER)),  # a booking with its price?
    ({"page": INTEGER}, body(total_pages=INTEGER)),
    ({"cursor": STRING}, body()),
    ({"cursor": STRING}, {"type": "object", "properties": {"next_cursor": STRING}}),
    ({"starting_after": STRING}, body(has_more=FLAG)),  # the id of a row, or of a place?
    (PAGES, body(next=LINK)),  # a link cannot lead to another body
    (OFFSETS | PAGES, body(total_pages=INTEGER)),  # which of both?
    ({"page[cursor]": STRING}, body(next_cursor=STRING)),
    ({"filter": {"type": "object", "properties": {"cursor": STRING}}}, body(next_cursor=STRING)),
]


@pytest.mark.parametrize(("fields", "schema"), WEAK_SEARCH)
def test_weak_evidence_in_a_body_is_no_list(fields: dict[str, Any], schema: Any) -> None:
    assert searched(fields, schema) == Page(item="", meta="")


def test_a_required_nullable_offset_in_the_body_is_no_list() -> None:
    schema = {
        "type": "object",
        "properties": {"offset": {"type": ["integer", "null"]}},
        "required": ["offset"],
    }
    content = {"application/json": {"schema": schema}}
    found = contract(
        {"limit": INTEGER},
        body(total=INTEGER),
        {"requestBody": {"required": True, "content": content}},
        method="post",
    )
    assert build(found).resources[0].operations[0].page is None


def test_a_search_with_its_position_in_the_query_is_found() -> None:
    query = {"page": INTEGER, "per_page": INTEGER}
    page = searched({"text": STRING}, inside("links", next=STRING), query=query)
    assert page.settings == {"styles": ("link",), "link": "links.next", "rows": "data"}


def test_requests_that_change_data_are_no_lists() -> None:
    for method in ("put", "patch", "delete"):
        found = contract({"cursor": STRING}, body(next_cursor=STRING), {}, method=method)
        assert build(found).resources[0].operations[0].page is None


def test_a_contract_can_state_how_rows_inside_of_other_objects_are_found() -> None:
    stated = {"style": "token", "rows": "a.data", "parameter": "p[at]", "next": "a.at", "size": "n"}
    place = {"type": "object", "properties": {"at": STRING}}
    schema = {"type": "object", "properties": {"a": body(at=STRING), "b": body()}}
    page = searched({"p": place}, schema, query={"n": INTEGER}, **{"x-pagination": stated})
    assert page.settings == {
        "styles": ("token",),
        "cursor": "p[at]",
        "link": "a.at",
        "rows": "a.data",
        "in_body": True,
    }
    assert page.how == "field=p[at] next=a.at rows=a.data"


def test_a_link_header_is_evidence_where_the_contract_has_it() -> None:
    headers = {"Link": {"schema": STRING}}
    assert page_of(PAGES, ROWS, headers).settings == {"styles": ("link_header",), "rows": ""}
    assert page_of({}, ROWS, headers).item == ""


def test_several_kinds_of_success_are_no_list() -> None:
    content = {"application/json": {"schema": ROWS}}
    responses = {
        "200": {"description": "Rows.", "content": content},
        "202": {"description": "Soon."},
    }
    assert page_of(PAGES, ROWS, responses=responses).item == ""


CORRECTED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"style": "token", "rows": "b", "parameter": "at", "next": "pos.nextAt", "more": "!end"},
        {"styles": ("token",), "cursor": "at", "link": "pos.next_at", "more": "!end", "rows": "b"},
    ),
    (
        {"style": "link", "rows": "b", "next": "pos.nextAt"},
        {"styles": ("link",), "link": "pos.next_at", "rows": "b"},
    ),
    ({"style": "link_header", "rows": "a"}, {"styles": ("link_header",), "rows": "a"}),
    (
        {"style": "last_id", "rows": "a", "parameter": "at", "id": "name"},
        {"styles": ("last_id",), "cursor": "at", "link": "name", "rows": "a"},
    ),
    (
        {"style": "offset", "rows": "a", "parameter": "from", "total": "pos.all", "size": "n"},
        {
            "styles": ("offset",),
            "number": "from",
            "total": "pos.all",
            "size": "n",
            "first": 0,
            "rows": "a",
        },
    ),
    (
        {"style": "page", "rows": "a", "parameter": "from", "first": 1},
        {"styles": ("page",), "number": "from", "first": 1, "rows": "a"},
    ),
]
ODD_QUERY = {"at": STRING, "from": INTEGER, "n": INTEGER}
ODD_POSITION = {"type": "object", "properties": {"nextAt": STRING, "all": INTEGER}}
ODD = {"type": "object", "properties": {"a": ROWS, "b": ROWS, "pos": ODD_POSITION, "end": FLAG}}


@pytest.mark.parametrize(("stated", "settings"), CORRECTED)
def test_a_contract_can_state_how_pages_are_found(
    stated: dict[str, Any], settings: dict[str, Any]
) -> None:
    assert page_of(ODD_QUERY, ODD).item == ""
    page = page_of(ODD_QUERY, ODD, **{"x-pagination": stated})
    assert (page.item, page.settings) == ("Row", settings)


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"style": "page", "parameter": "from"}, "no list of objects: say `rows`"),
        ({"style": "page", "rows": "c", "parameter": "from"}, "the response has no c"),
        ({"style": "page", "rows": "end", "parameter": "from"}, "end is no list of objects"),
        (
            {"style": "page", "rows": "a", "parameter": "x"},
            "there is no query parameter or field of the body x",
        ),
        ({"style": "page", "rows": "a"}, "say which one is the `parameter`"),
        ({"style": "token", "rows": "a", "parameter": "at"}, "which field of the response is"),
    ],
)
def test_a_correction_that_does_not_fit_is_refused(stated: dict[str, Any], why: str) -> None:
    with pytest.raises(ContractError) as caught:
        page_of(ODD_QUERY, ODD, **{"x-pagination": stated})
    assert str(caught.value).startswith("GET /things: x-pagination: ")
    assert why in str(caught.value)


def test_lists_can_be_switched_off() -> None:
    assert page_of(PAGES, ROWS, **{"x-pagination": False}).item == ""
    whole = contract(PAGES, ROWS, {}) | {"x-pagination": False}
    assert build(whole).resources[0].operations[0].page is None


def test_what_was_found_is_reported() -> None:
    found = contract({"cursor": STRING}, body(next_cursor=STRING), {})
    found["paths"]["/more"] = contract(PAGES, ROWS, {"operationId": "more"})["paths"]["/things"]
    found["paths"]["/odd"] = contract({"page": INTEGER}, ROWS, {"operationId": "odd"})["paths"][
        "/things"
    ]
    odd = {"schema": {"type": "object", "properties": {"cursor": STRING}}}
    search = {"operationId": "search", "requestBody": {"content": {"application/json": odd}}}
    found["paths"]["/search"] = contract({}, ROWS, search, method="post")["paths"]["/things"]
    assert list(found_pages(build(found))) == [
        "  cursor: parameter=cursor next=next_cursor rows=data: things.list",
        "  page/per_page: parameter=page size=per_page rows=the response: things.more",
        "  no lists, although they have such parameters: things.odd, things.search",
        "2 lists with pages: cursor (1), page/per_page (1); `x-pagination` corrects them",
    ]


def test_a_page_without_settings_has_no_parameters() -> None:
    assert Page(item="Row", meta="").position == {""}


@pytest.mark.parametrize(
    ("rows", "schema", "expected"),
    [
        ("items", "Row", {"items": "Items"}),
        ("items", "ItemsPage", {}),  # which a schema is called
        ("data", "Row", {}),  # which every page has
        ("items.rows", "Row", {}),
    ],
)
def test_pages_have_a_type_of_their_own_if_the_field_of_their_rows_is_free(
    rows: str, schema: str, expected: dict[str, str]
) -> None:
    inner: dict[str, Any] = ROWS
    for name in reversed(rows.split(".")):
        inner = {"type": "object", "properties": {name: inner}}
    found = contract({"page": INTEGER, "per_page": INTEGER}, inner, {})
    schemas = found["components"]["schemas"]
    schemas[schema] = schemas["Row"]
    assert row_pages(build(found)) == expected
