"""Names: of classes and their modules, of fields, arguments, methods and enum members.

A name is legal in Python, unique where it stands, and always the same for the same contract. Where
two things would get one name, the one that is spelled so keeps it. The next class, method or
argument gets a number behind it, the next field or member an underscore.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from enum import IntEnum, StrEnum
from hashlib import sha256
from itertools import count

# What each module of a resource imports.
IMPORTED = frozenset(
    """
    Any AsyncEventStream AsyncJsonStream AsyncPaginator AsyncResource AsyncResources
    Base64 Batch Binary CallOptions DateTime Decimal DecimalText EventStream
    Either Final JsonStream ListOptions Literal Mapping None Operation Page MailDate Paging Seconds
    Resource Resources Secret Sequence TimeOfDay Timestamp True False
    TypesByStatus Protocol UUID Unpack Uuid
    """.split()
)

# What a file of models imports besides, and what the package itself exports.
_TAKEN_CLASSES = IMPORTED | frozenset(
    """
    Additional AdditionalProperty Annotated AnyDate AnyDateTime AnyTimestamp Archive AsyncClient
    AsyncPage Callable ClassVar Client Config Dict Downloaded Enum Generator Generic Legs List MetaT
    Model NoneType OpenEnum OpenIntEnum Optional RawResponse Required RowT Self Set Struct Tuple
    Type TypeAlias TypedDict Union UnknownVariant
    APIConnectionError APIError APIResponseError APIStatusError APITimeoutError
    AuthenticationError BadRequestError ConfigError ConflictError InternalServerError
    MissingExtraError ModelError NotFoundError PermissionDeniedError RateLimitError
    UnprocessableEntityError WebhookReplayError WebhookVerificationError
    """.split()
)

# What the generator would call a class otherwise: its own words, and types that it knows.
_GENERATORS_WORDS = frozenset(
    """
    all_params auth_settings base64 body_params exec form_params header_params json local_var_files
    path_params print property query_params resource_path schema self
    any anytype array bool bytearray bytes date datetime decimal dict field file float int integer
    list map number object set str string uri uuid
    """.split()
) | {word.lower() for word in keyword.kwlist}

# The names of Model's own members, and of the types that annotations in a class body use.
_TAKEN_FIELDS = frozenset(
    """
    additional_properties from_dict from_json to_dict to_json
    bool bytes date dict float int list str time
    self
    """.split()
)
_TAKEN_MEMBERS = frozenset({"MRO", "NAME", "VALUE"})
_ENUMS_OWN = frozenset({"is_known", "name", "value"})
_SIGNS = {"+": "plus ", "-": "minus ", "<": "lt ", ">": "gt "}


# Between words: before a capital that begins a word or follows a small letter. The plural of an
# abbreviation is one word: `getIDs` is `get_ids`, `getURLAt` is `get_url_at`.
_NEW_WORD = re.compile(r"(?<=[A-Z])(?=[A-Z](?!s(?![a-z]))[a-z])|(?<=[a-z0-9])(?=[A-Z])")

_ONE_WORD = re.compile(r"OAuth|\boAuth|IPv(?=[46])|GraphQL|(?<![a-z])iOS")


def snake(text: str) -> str:
    """Return text in snake case; empty if none of its characters are allowed in a name."""
    text = re.sub(r"\W+", "_", _ONE_WORD.sub(lambda found: found[0].capitalize(), in_ascii(text)))
    words = _NEW_WORD.sub("_", text)
    return re.sub(r"_+", "_", words).strip("_").lower()


def module(class_name: str) -> str:
    """Return the name of the module of a class, as the generator makes it."""
    text = re.sub(r"([A-Z]+)([A-Z][a-z][a-z]+)", r"\1_\2", class_name)
    return re.sub(r"([a-z\d])([A-Z])", r"\1_\2", text).lower()


def pascal(text: str) -> str:
    """Return text as a class name: its words, each capitalized."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[\W_]+", in_ascii(text)))


def first_free(candidates: Iterable[str], taken: Container[str]) -> str:
    """Return the first of endless candidates that is free."""
    return next(each for each in candidates if each not in taken)


def numbered(name: str, between: str = "_") -> Iterator[str]:
    """Yield a name, then the name followed by 2, by 3, and so on."""
    yield name
    for number in count(2):
        yield f"{name}{between}{number}"


def repeated(name: str, ending: str = "_") -> Iterator[str]:
    """Yield a name, then the name followed by an ending, by two of them, and so on."""
    while True:
        yield name
        name += ending


_PYTHONIC = re.compile(r"[a-z][a-z0-9]*(_+[a-z0-9]+)*")


def field_name(wire: str) -> str:
    """Return the Python name of a field, legal but perhaps not the only one of its class."""
    name = wire if _PYTHONIC.fullmatch(wire) else snake(_spoken(wire))
    if not name:
        return "field"
    if re.search(r"\w_$", wire):
        name += "_"
    if name[0].isdigit():
        name = f"field_{name}"
    taken = keyword.iskeyword(name) or name in _TAKEN_FIELDS or name in _LOWER_KEYWORDS
    return f"{name}_" if taken else name


_LOWER_KEYWORDS = frozenset(word.lower() for word in keyword.kwlist)


def field_names(wires: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return the Python name of each field of a class, none of them twice and none of `taken`."""
    wires = list(wires)
    names: dict[str, str] = {}
    used = set(taken)
    for exact in (True, False):
        for wire in wires:
            name = field_name(wire)
            if wire not in names and exact == (name.rstrip("_") == wire or name == wire):
                names[wire] = first_free(repeated(name), used)
                used.add(names[wire])
    return {wire: names[wire] for wire in wires}


def member_names(values: Iterable[str | int], given: list[str]) -> list[str]:
    """Return a name for each value of an enum; those that the contract gives come first.

    Where two values differ in signs alone, such as `GMT+1` and `GMT-1`, their names have the signs.
    """
    values = list(values)
    names = [_given_name(each) for each in given[: len(values)]]
    plain = [_member_name(each) for each in values]
    alike = Counter(plain)
    for value, name in zip(values[len(names) :], plain[len(names) :], strict=True):
        signs = alike[name] > 1 and isinstance(value, str)
        names.append(_member_name(_with_signs(str(value))) if signs else name)
    found: dict[str, None] = {}
    for name in names:
        found[first_free(repeated(name), found)] = None
    return list(found)


def _given_name(text: str) -> str:
    name = re.sub(r"\W+", "_", in_ascii(text)).strip("_") or "VALUE"
    taken = any(hasattr(kind, name) for kind in (StrEnum, IntEnum))
    return _legal(name + ("_" if taken or name in _ENUMS_OWN or keyword.iskeyword(name) else ""))


def _member_name(value: str | int) -> str:
    if isinstance(value, int):
        return _legal(f"VALUE_{value}".replace("-", "MINUS_"))
    text = value if re.search(r"\w", in_ascii(value)) and value[:1] not in "+-" else _spoken(value)
    name = re.sub(r"\W+", "_", in_ascii(text)).strip("_").upper() or "EMPTY"
    return _legal("VALUE" if not re.search(r"\w", in_ascii(text)) and value else name)


def _legal(name: str) -> str:
    return f"VALUE_{name}" if name[0].isdigit() or name in _TAKEN_MEMBERS else name


def _with_signs(text: str) -> str:
    return "".join(f" {_SIGNS[each].strip()} " if each in _SIGNS else each for each in text)


_LONGEST = 90
"""Of the name of a module: some systems allow 260 characters for a path with all its folders."""

_SUFFIX = 8


def shortened(name: str) -> str:
    """Return the name of a class whose file has a name of no more characters than all can have."""
    if len(module(name)) <= _LONGEST - _SUFFIX:
        return name
    return f"{name[: _LONGEST // 2]}{sha256(name.encode()).hexdigest()[:_SUFFIX].upper()}"


class ClassNames:
    """The names of classes that are taken, and of their files: no two that differ in case alone."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """Start with the names that no schema may have."""
        self._taken = frozenset(taken)
        self._files: set[str] = {"__init__"}

    def reserve(self, name: str) -> bool:
        """Take a name if it is free and valid for a class."""
        if not re.match("[A-Z]", name) or len(module(name)) > _LONGEST:
            return False
        files = {module(name), name.lower()}  # the generator would number the second such itself
        free = not self._is_taken(name) and not files & self._files
        if free:
            self._files |= files
        return free

    def unique(self, wanted: str) -> str:
        """Return a free name as close as possible to the wanted one, and take it."""
        name = pascal(wanted) or "Schema"
        if name[0].isdigit():
            name = f"Schema{name}"
        if self._is_taken(name):
            name += "Schema"
        name = shortened(name)
        return next(each for each in numbered(name, "") if self.reserve(each))

    def _is_taken(self, name: str) -> bool:
        standard = name in _TAKEN_CLASSES or hasattr(builtins, name) or keyword.iskeyword(name)
        words = {name.lower(), module(name)}
        return standard or bool(words & _GENERATORS_WORDS) or name in self._taken


def in_ascii(text: str) -> str:
    """Return the ASCII form of a text: letters without accents, and no other scripts."""
    folded = unicodedata.normalize("NFKD", text)
    return "".join(each for each in folded if each.isascii() and not unicodedata.combining(each))


def _spoken(text: str) -> str:
    """Return text with the sign at its start as a word: `+1` and `-1` must not be one name."""
    return _SIGNS[text[0]] + text[1:] if text[:1] in _SIGNS else text
