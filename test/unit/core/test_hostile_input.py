"""Every public parser under attack: on any input, no error but our own (`make fuzz` tries 10^5)."""

import math
import pickle
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import strategies as st

from callers import KEY, WALL, Drive, json_body
from hostile_input import (
    HEADER_NAMES,
    HEADER_VALUES,
    HEADERS,
    JSON,
    MODELS,
    NUMBERS,
    OBJECTS,
    TEXTS,
    TIMES,
    bodies,
    documents,
    hostile,
    is_json,
    nested,
    written,
)
from telnyx_recordings import config, webhooks
from telnyx_recordings.api.recording_transcriptions import OPERATIONS as RECORDING_TRANSCRIPTIONS
from telnyx_recordings.api.recordings import OPERATIONS as RECORDINGS
from telnyx_recordings.core.call import flow, retry
from telnyx_recordings.core.call.build import prepare
from telnyx_recordings.core.call.problems import status_error
from telnyx_recordings.core.call.rate_limit import Pacer
from telnyx_recordings.core.call.result import parse
from telnyx_recordings.core.messages import Response
from telnyx_recordings.core.model import Model, decode, shape
from telnyx_recordings.core.pages import Page, following, known_ahead
from telnyx_recordings.core.request import encode
from telnyx_recordings.core.request.operation import Operation
from telnyx_recordings.errors import APIError, APIResponseError, ConfigError, ModelError
from telnyx_recordings.media import links
from telnyx_recordings.models import RecordingListFilter, RecordingListResponse
from telnyx_recordings.refusals import explain

pytestmark = pytest.mark.filterwarnings("ignore:.*has no time zone")

KINDS = st.sampled_from(MODELS)
KINDS_AND_DOCUMENTS = KINDS.flatmap(lambda kind: st.tuples(st.just(kind), documents(kind)))
KINDS_AND_BODIES = KINDS.flatmap(lambda kind: st.tuples(st.just(kind), bodies(kind)))
LONGEST_PAUSE = retry.HINT_OBEYED_UP_TO + 1e-6  # what rounding adds to it
HOSTS = st.sampled_from(["media.example.com", "*.example.com", "127.0.0.1", "localhost", "[::1]"])
URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTPS://", "//", "ftp://", ""]),
    HOSTS | TEXTS,
    st.sampled_from(["", ":1", ":99999999", ":x", ":-1"]),
    st.sampled_from(["", "/v2", "/v2/", "?x", "#", "/\n"]) | TEXTS,
)
LISTS: list[Operation[Any]] = [
    *(RECORDINGS.list(), RECORDINGS.list(page_number=3, page_size=2)),
    *(RECORDING_TRANSCRIPTIONS.list(), RECORDING_TRANSCRIPTIONS.list(page_size=2)),
]
STATUSES = st.sampled_from([200, 204, 301, 404, 408, 422, 429, 500, 503, 520]) | st.integers(100)
FACTS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("code", "title", "detail", "source", "meta"), JSON)
)
ERROR_BODIES = st.one_of(
    st.binary(),
    st.fixed_dictionaries({"errors": st.lists(FACTS | JSON, max_size=3) | JSON}).map(written),
    JSON.map(written),
)


def _is_usable(read: Model) -> None:
    """What was read can be shown, compared, written, and read back as what it is."""
    assert type(read).__name__ in repr(read)
    with suppress(ModelError):  # half a surrogate pair, or nested too deeply
        plain = read.to_dict()
        assert repr(decode.from_builtins(type(read), plain, lenient=True).to_dict()) == repr(plain)
        assert is_json(read.to_json().encode())


@hostile(KINDS_AND_DOCUMENTS)
def test_plain_data_is_read_or_refused(drawn: tuple[type[Model], Any]) -> None:
    kind, document = drawn
    before = repr(document)
    try:
        read = kind.from_dict(document)
    except ModelError:
        return
    finally:
        assert repr(document) == before
    _is_usable(read)


@hostile(KINDS_AND_DOCUMENTS)
def test_plain_data_is_read_leniently(drawn: tuple[type[Model], Any]) -> None:
    kind, document = drawn
    try:
        read = decode.from_builtins(kind, document, lenient=True)
    except ModelError:
        assert not isinstance(document, dict)
        return
    assert read.to_dict().keys() >= document.keys()
    assert type(read).__name__ in repr(read)


@hostile(KINDS, OBJECTS | st.dictionaries(TEXTS, OBJECTS, max_size=3))
def test_objects_of_a_program_are_read_or_refused(kind: type[Model], thing: Any) -> None:
    for lenient in (False, True):
        try:
            read = decode.from_builtins(kind, thing, lenient=lenient)
        except ModelError:
            continue
        assert isinstance(read, kind)


@hostile(KINDS_AND_BODIES)
def test_json_is_read_or_refused(drawn: tuple[type[Model], bytes]) -> None:
    kind, body = drawn
    for data in (body, body.decode("utf-8", "surrogateescape")):
        with suppress(ModelError):
            _is_usable(kind.from_json(data))
        with suppress(ModelError):
            _is_usable(decode.from_json(kind, data, lenient=True))


@hostile(KINDS, st.sampled_from(["data", "x"]), st.integers(1, 3000), st.booleans())
def test_nested_data_is_read_or_refused(
    kind: type[Model], name: str, depth: int, in_lists: Any
) -> None:
    document = {name: nested(depth, in_lists=in_lists)}
    begin, end = ("[", "]") if in_lists else ('{"data":', "}")
    body = f'{{"{name}": {begin * depth}1{end * depth}}}'.encode()
    for lenient in (False, True):
        with suppress(ModelError):
            decode.from_builtins(kind, document, lenient=lenient).to_dict()
        with suppress(ModelError):
            read = decode.from_json(kind, body, lenient=lenient)
            assert is_json(read.to_json().encode())
    webhooks.unsafe_unwrap(body)
    with suppress(ModelError):
        json_body(document)
    with suppress(ModelError, TypeError):
        encode.query(document)
    with suppress(ModelError, TypeError):
        encode.model(RecordingListFilter, document)
    operation = RECORDINGS.list()
    request = prepare(operation, Drive().shared.config, 0.0)
    response = Response(status=400, headers={}, body=body)
    status_error(operation, request, response, None, explain=explain)


@hostile(st.sampled_from(LISTS), bodies(RecordingListResponse), HEADERS)
def test_a_list_response_has_a_next_page_or_ends(
    operation: Operation[Any], body: bytes, headers: dict[str, str]
) -> None:
    drive = Drive()
    answer = drive(operation, Response(status=200, headers=headers, body=body))
    try:
        page: Page[Any, Any] = Page(parse(operation, answer), operation, drive)
    except APIResponseError:
        return
    assert page.__class__.__name__ in repr(page)
    assert isinstance(page.data, list)
    ahead = known_ahead(operation, page.response)
    assert ahead.start >= 0
    try:
        onward = following(operation, page.response)
    except APIResponseError:
        assert page.has_next_page()
        return
    assert page.has_next_page() is (onward is not None)
    if onward is not None:
        assert prepare(onward, drive.shared.config, 0.0).url.isascii()


@hostile(STATUSES, ERROR_BODIES, HEADERS, st.none() | st.floats())
def test_every_error_has_a_message_of_one_line(
    status: int, body: bytes, headers: dict[str, str], hint: float | None
) -> None:
    operation = RECORDINGS.list()
    request = prepare(operation, Drive().shared.config, 0.0)
    response = Response(status=status, headers=headers, body=body)
    error = status_error(operation, request, response, hint, explain=explain)
    assert str(error).isprintable()
    assert len(str(error)) < 5000 + len(headers.get("x-request-id", ""))
    assert error.status_code == status
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.body) == (type(error), str(error), error.body)


@hostile(
    st.sampled_from([*LISTS, RECORDINGS.delete("r1")]),
    st.lists(st.tuples(STATUSES, HEADERS, ERROR_BODIES), min_size=4, max_size=4),
)
def test_a_flow_of_calls_always_ends(
    operation: Operation[Any], answers: list[tuple[int, dict[str, str], bytes]]
) -> None:
    drive = Drive()
    script = [Response(status=status, headers=head, body=body) for status, head, body in answers]
    end = ""
    try:
        drive.run(flow.call(operation, drive.shared), lambda _: script.pop(0))
    except APIError as error:
        end = str(error)
    assert "\n" not in end
    assert all(0 <= each < 120 for each in drive.held.waits)
    assert drive.held.now < 1000 + 120


@hostile(HEADERS, st.floats(0, 1e11))
def test_headers_give_a_duration_or_nothing(headers: dict[str, str], wall_time: float) -> None:
    for found in (
        retry.hint_of(headers, wall_time, throttled=True),
        retry.hint_of(headers, wall_time, throttled=False),
        retry.reset_in(headers, wall_time),
    ):
        assert found is None or (found >= 0 and math.isfinite(found))


@hostile(st.lists(st.tuples(HEADERS, st.floats(0, 90), st.none() | st.floats(0, 1e9)), max_size=5))
def test_no_headers_delay_a_call_for_long(
    answers: list[tuple[dict[str, str], float, float | None]],
) -> None:
    pacer, now = Pacer(), 1000.0
    for headers, passed, refused_for in answers:
        waits = pacer.reserve(now)
        assert 0 <= waits < LONGEST_PAUSE
        now += max(passed, waits)
        pacer.observe(headers, now, WALL + now, sent=now - passed, refused_for=refused_for)
        if not waits:
            pacer.release()
    assert 0 <= pacer.reserve(now) < LONGEST_PAUSE


@hostile(OBJECTS)
def test_no_id_leads_to_another_path(value: Any) -> None:
    try:
        path = encode.path("/recordings/{id}", {"id": value})
    except ValueError:
        return
    assert path == f"/recordings/{value}"
    assert urlsplit(f"https://x{path}").path == path
    assert path.count("/") == 2


@hostile(st.dictionaries(TEXTS, OBJECTS, max_size=4))
def test_a_query_is_text_or_refused(given: dict[str, Any]) -> None:
    try:
        query = encode.query(given)
    except (ModelError, TypeError):
        return
    assert query.isascii()
    assert query.isprintable()
    assert not set(query) & set(' #/?"<>')
    assert {name.partition("[")[0] for name, _ in parse_qsl(query)} <= {
        name.partition("[")[0] for name in given
    }


@hostile(OBJECTS | documents(RecordingListFilter))
def test_a_filter_is_read_or_refused(given: Any) -> None:
    try:
        read = encode.model(RecordingListFilter, given)
        query = encode.query({"filter": read})
    except (ModelError, TypeError):
        return
    assert query.isascii()


@hostile(st.dictionaries(HEADER_NAMES | NUMBERS, HEADER_VALUES | OBJECTS, max_size=4))
def test_a_header_stays_one_header(given: dict[Any, Any]) -> None:
    try:
        headers = encode.headers(given)
    except (ValueError, TypeError):
        return
    for name, value in headers.items():
        assert name.isascii()
        assert name.isprintable()
        assert value.isascii()
        assert value.replace("\t", "").isprintable()


@hostile(
    OBJECTS | st.dictionaries(TEXTS, OBJECTS, max_size=3),
    st.dictionaries(TEXTS, OBJECTS, max_size=2),
)
def test_a_body_is_json_or_refused(given: Any, extra: dict[str, Any]) -> None:
    try:
        body = json_body(given, extra)
    except (ModelError, TypeError):
        return
    assert not body or is_json(body)


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "timeout": NUMBERS | OBJECTS,
        "deadline": NUMBERS | OBJECTS,
        "max_retries": NUMBERS | OBJECTS,
        "default_headers": st.dictionaries(HEADER_NAMES, HEADER_VALUES, max_size=2) | OBJECTS,
    },
)


@hostile(st.just(KEY) | TEXTS | OBJECTS, URLS | OBJECTS, SETTINGS)
def test_settings_are_taken_or_refused(key: Any, base_url: Any, settings: dict[str, Any]) -> None:
    try:
        made = config.load(key, base_url, **settings)
    except (ConfigError, TypeError):
        return
    assert made.base_url.isascii()
    assert 0 < made.timeout < math.inf
    assert 0 < made.deadline < math.inf
    assert made.max_retries >= 0
    assert urlsplit(made.base_url).scheme == "https" or "http://127." in made.base_url
    assert made.credentials.headers(None, {})["authorization"].isprintable()
    assert "***" not in repr(made)


@hostile(st.lists(TEXTS | HOSTS, max_size=2) | OBJECTS)
def test_hosts_for_audio_are_taken_or_refused(hosts: Any) -> None:
    with suppress(ConfigError, TypeError):
        assert all(each.isascii() for each in links.checked_hosts(hosts))


@hostile(OBJECTS | TIMES | TEXTS)
def test_a_time_is_read_or_left_as_it_is(value: Any) -> None:
    found = shape.parse_time(value)
    if isinstance(found, datetime):
        assert found.tzinfo is not None
    else:
        assert found is (None if value == "" else value)
