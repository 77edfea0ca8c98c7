"""Hostile input for the public parsers, and the decorator that counts what of it is tried."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import cache, wraps
from typing import Any, get_args, get_origin

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from telnyx_recordings import models
from telnyx_recordings.core.model import Model, OpenEnum
from telnyx_recordings.core.model.shape import CustomType, bare_type, shape_of

tried: list[int] = [0]
"""How many inputs there were so far."""

MODELS: tuple[type[Model], ...] = tuple(
    found
    for name in models.__all__
    if isinstance(found := getattr(models, name), type) and issubclass(found, Model)
)

ODD_TEXTS = [
    *("", " ", "\x00", "\r\nx: y", "\x7f", "\u2028", "\ud800", "é\udfff", "😀", "\ufeff", "\ue000"),
    *(
        "..",
        "/",
        "%2e%2e%2f",
        "?x=1",
        "#",
        "{",
        "null",
        "true",
        "-0",
        "nan",
        "1e999",
        "٣",
        "9" * 5000,
    ),
    *("https://x/?page[after]=é", "http://[", "page[number]", 'a"b\\', "x" * 300),
]
TEXTS = st.sampled_from(ODD_TEXTS) | st.text(st.characters(codec=None), max_size=8)
HUGE = st.sampled_from([2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400, -(10**4200)])
NUMBERS = st.integers() | HUGE | st.floats()
ZONES = st.sampled_from(["", "Z", "z", "+00:00", "-12:34", "+1400", "+24:00", " UTC", "+00:00:01"])
TIMES = st.one_of(
    st.builds(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{}{}".format,
        *map(st.integers, (0, 0, 0, 0, 0), (9999, 13, 32, 24, 60)),
        st.sampled_from(["00", "59.9999999", "60", "01.5", ""]),
        ZONES,
    ),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W10-1"]),
    st.text("0123456789-:.TZW+ ", max_size=30),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS, TIMES)
JSON: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=4,
)
"""All that ``json.loads`` can give: also infinities, huge numbers and half surrogate pairs."""


def nested(depth: int, *, in_lists: bool) -> Any:
    """A value so deep in others; drawn as a number, for Hypothesis prints what it has drawn."""
    inner: Any = 1
    for _ in range(depth):
        inner = [inner] if in_lists else {"data": inner}
    return inner


OBJECTS = st.one_of(
    *(JSON, JSON, st.binary(max_size=20), st.dates(), st.datetimes(), st.complex_numbers()),
    *(
        st.decimals(),
        st.just(10**5000),
        st.uuids(),
        st.frozensets(st.integers(), max_size=2),
        st.just(object()),
    ),
    st.dictionaries(st.integers() | st.none() | st.binary(max_size=2), SCALARS, max_size=2),
)
"""What no JSON can give, but a program can pass."""

HEADER_NAMES = st.one_of(
    st.sampled_from(
        [
            *("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),
            *("x-request-id", "content-type", "content-length", "date"),
        ]
    ),
    TEXTS,
)
HEADER_VALUES = st.one_of(
    st.integers().map(str),
    st.integers(0, 100).map(str),
    st.floats().map(str),
    HUGE.map(str),
    TIMES,
    TEXTS,
    st.text("0123456789 :,+-GMTSunMonJanDec", max_size=40),
    st.builds(
        "Sun, {:02} Nov {} {:02}:49:37 {}".format,
        *map(st.integers, (0, -1, 0), (32, 99999, 25)),
        ZONES,
    ),
)
HEADERS = st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=5)


def _custom(kind: Any) -> st.SearchStrategy[Any]:
    if hasattr(kind, "variants"):
        return st.one_of([fitting(each) for each in kind.variants])
    # A value that keeps its text.
    return TIMES if datetime in kind.known else st.integers(0).map(str)


@cache
def fitting(kind: Any) -> st.SearchStrategy[Any]:
    """JSON values that fit a type, for the most part."""
    kind = bare_type(kind)
    container = get_origin(kind) or kind
    if container is list:
        return st.lists(fitting(get_args(kind)[0]), max_size=3)
    if container is dict:
        return st.dictionaries(TEXTS, fitting(get_args(kind)[1]), max_size=3)
    if issubclass(container, CustomType):
        return _custom(kind)
    if issubclass(container, Struct):
        return st.deferred(lambda: _documents(kind, whole=True))
    if issubclass(container, OpenEnum):
        return st.sampled_from(sorted(kind.__members__.values())) | st.text(max_size=9)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        datetime: TIMES,
        str: st.text(max_size=20),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        bool: st.booleans(),
    }
    return simple.get(kind, JSON)


@cache
def _documents(kind: type[Struct], *, whole: bool) -> st.SearchStrategy[Any]:
    fields = {wire: info.type for wire, info in shape_of(kind).fields.items()}

    @st.composite
    def drawn(draw: st.DrawFn) -> dict[str, Any]:
        names = draw(st.lists(st.sampled_from(sorted(fields)), max_size=5, unique=True))
        document: dict[str, Any] = {}
        for wire in names:
            odd = not whole and draw(st.booleans())
            document[wire] = draw(JSON if odd else fitting(fields[wire]))
        return document | draw(st.dictionaries(TEXTS, JSON, max_size=2))

    return drawn() if fields else st.dictionaries(TEXTS, JSON, max_size=2)


@cache
def documents(kind: type[Struct]) -> st.SearchStrategy[Any]:
    """Objects with a model's own fields, of which some fit, and with strangers; or anything."""
    return st.one_of(_documents(kind, whole=True), _documents(kind, whole=False), JSON)


def written(document: Any) -> bytes:
    """A document as bytes; half a surrogate pair is written as no UTF-8 at all."""
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def bodies(kind: type[Struct]) -> st.SearchStrategy[bytes]:
    """Documents as bytes, whole, escaped, cut short or with one bit changed, and no JSON at all."""

    @st.composite
    def damaged(draw: st.DrawFn) -> bytes:
        raw = bytearray(written(draw(documents(kind))))
        place = draw(st.integers(0, len(raw) - 1))
        if draw(st.booleans()):
            return bytes(raw[:place])
        raw[place] ^= 1 << draw(st.integers(0, 7))
        return bytes(raw)

    escaped = _documents(kind, whole=False).map(written).map(bytes.upper)
    return st.one_of(
        documents(kind).map(written), damaged(), escaped, st.binary(), TEXTS.map(written)
    )


def is_json(data: bytes) -> bool:
    """Whether the decoder takes it."""
    try:
        msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return False
    return True


def hostile(*inputs: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """Try a property with inputs, as many as the profile says, and count them."""

    def decorate(holds: Callable[..., None]) -> Callable[..., None]:
        @wraps(holds)
        def counted(*drawn: Any, **named: Any) -> None:
            tried[0] += 1
            holds(*drawn, **named)

        return given(*inputs)(counted)

    return decorate
