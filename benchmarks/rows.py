"""Synthetic recordings that look like those of Telnyx, nulls included; the same in each run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode

_FIRST = datetime(2026, 5, 4, 6, 30, tzinfo=UTC)
_STARTED_BY = ("StartCallRecordingAPI", "DialVerb", "RecordVerb", "OutboundAPI", "Trunking")
_MEAN_GAP = 200_000  # milliseconds
_UNTIL_JULY = 20_000


def rows(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield recordings, oldest first."""
    random = Random(seed)  # noqa: S311 - synthetic data, the same in each run
    created = _FIRST
    if count > _UNTIL_JULY:  # so that the last one is not in the future
        created -= timedelta(milliseconds=count * _MEAN_GAP)
    for _ in range(count):
        created += timedelta(milliseconds=random.randrange(1_000, 2 * _MEAN_GAP))
        yield _row(random, created)


def _row(random: Random, created: datetime) -> dict[str, Any]:
    is_conference = random.random() < 0.15
    millis = random.randrange(2_000, 1_800_000)
    ended = created - timedelta(milliseconds=random.randrange(900, 9_000))
    recording_id = _uuid(random)
    return {
        "id": recording_id,
        "call_control_id": _call_control_id(random) if random.random() < 0.9 else None,
        "call_leg_id": _uuid(random),
        "call_session_id": _uuid(random),
        "conference_id": _uuid(random) if is_conference else None,
        "connection_id": str(random.randrange(10**18, 9 * 10**18)),
        "from": f"+1312555{random.randrange(100, 200):04}",
        "to": None if is_conference else f"+4420794601{random.randrange(100):02}",
        "channels": random.choice(("single", "dual")),
        "source": "conference" if is_conference else "call",
        "status": "completed",
        "record_type": "recording",
        "initiated_by": "Conference" if is_conference else random.choice(_STARTED_BY),
        "duration_millis": millis,
        "download_urls": _links(random, recording_id, created),
        "recording_started_at": _text(ended - timedelta(milliseconds=millis)),
        "recording_ended_at": _text(ended),
        "created_at": _text(created),
        "updated_at": _text(created + timedelta(milliseconds=random.randrange(5_000))),
    }


def _links(random: Random, recording_id: str, created: datetime) -> dict[str, str | None] | None:
    chance = random.random()
    if chance < 0.03:
        return None
    mp3 = _link(random, recording_id, created, "mp3")
    return {
        "mp3": mp3,
        "wav": None if chance < 0.2 else _link(random, recording_id, created, "wav"),
    }


def _link(random: Random, recording_id: str, created: datetime, suffix: str) -> str:
    """Return a link signed as by S3; links are most of a page's bytes."""
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"EXAMPLE/{created:%Y%m%d}/eu-central-1/s3/aws4_request",
        "X-Amz-Date": f"{created:%Y%m%dT%H%M%SZ}",
        "X-Amz-Expires": "600",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": f"{random.getrandbits(256):064x}",
    }
    path = f"{created:%Y-%m-%d}/{recording_id}-{int(created.timestamp())}.{suffix}"
    return f"https://s3.eu-central-1.amazonaws.com/example-audio/{path}?{urlencode(query)}"


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _call_control_id(random: Random) -> str:
    return f"v3:{random.getrandbits(208):052x}"


def _text(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def meta(total: int, *, number: int = 1, size: int = 250) -> dict[str, int]:
    """Return the meta of a page."""
    return {
        "total_pages": -(-total // size),
        "total_results": total,
        "page_number": number,
        "page_size": size,
    }


def compact(document: dict[str, Any]) -> bytes:
    """Return JSON without white space, as Telnyx sends it."""
    return json.dumps(document, separators=(",", ":")).encode()


def audible(row: dict[str, Any], folder: str, millis: int) -> dict[str, Any]:
    """Return a recording with audio of a length, and a link that is valid for a week."""
    query = {"X-Amz-Date": f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}", "X-Amz-Expires": "604800"}
    url = f"{folder}/{row['id']}.wav?{urlencode({**query, 'X-Amz-Signature': '0' * 64})}"
    return {**row, "duration_millis": millis, "download_urls": {"mp3": None, "wav": url}}
