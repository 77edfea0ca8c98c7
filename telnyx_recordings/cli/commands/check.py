"""`telnyx-recordings check`: check the key, the connection and a destination."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from telnyx_recordings.cli import options, output
from telnyx_recordings.cli.columns import Row, Sheet
from telnyx_recordings.cli.command import described
from telnyx_recordings.cli.runner import DONE, FAILED, one_line

if TYPE_CHECKING:
    from telnyx_recordings import Client

_CLOCK_MAY_DIFFER = 60
"""Seconds; deletion and signatures of links depend on the clock."""


@described("check", "check", "check s3://bucket/calls")
@click.argument("destination", required=False, shell_complete=options.complete_folder)
@options.form
@options.connecting
def command(*, client: Client, destination: str | None, form: str) -> int:
    """Check the API key, the connection and the clock, and that DESTINATION can be written.

    The exit code is 1 if a check fails. Nothing is left behind at DESTINATION.
    """
    rows = [*_api(client), *(() if destination is None else (_destination(destination),))]
    output.write(rows, form, Sheet(("check", "ok", "detail"), _draw))
    return DONE if all(row["ok"] for row in rows) else FAILED


def _draw(rows: Iterable[Row]) -> None:
    for row in rows:  # whole sentences, so no columns
        click.echo(f"{'ok    ' if row['ok'] else 'FAILED'}  {row['check']}: {row['detail']}")


def _api(client: Client) -> Iterator[Row]:
    """Yield the results of a small request."""
    from telnyx_recordings.errors import (
        AuthenticationError,
        PermissionDeniedError,
        TelnyxRecordingsError,
    )

    yield _row("base URL", ok=True, detail=client.base_url)
    yield _row("proxy", ok=True, detail=client.proxy or "none")
    try:
        response = client.recordings.with_raw_response.list(page_size=1)
        response.parse()
    except (AuthenticationError, PermissionDeniedError) as error:
        yield _row("connection", ok=True, detail="the API responds")
        yield _row("API key", ok=False, detail=str(error))
        return
    except TelnyxRecordingsError as error:
        yield _row("connection", ok=False, detail=str(error))
        return
    yield _row("connection", ok=True, detail="the API responds")
    yield _row("API key", ok=True, detail="accepted, from TELNYX_API_KEY")
    yield clock_check(response.headers.get("date"), datetime.now(UTC))


def clock_check(date: str | None, now: datetime) -> Row:
    """Compare the clock of this machine with the `Date` of a response."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return _row("clock", ok=True, detail="not compared: the API does not send the time")
    aware = theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs
    seconds = abs((aware - now).total_seconds())
    ok = seconds <= _CLOCK_MAY_DIFFER
    detail = f"differs from the API's by {seconds:,.0f} s"
    return _row("clock", ok=ok, detail=detail if ok else f"{detail}: set the clock of this machine")


def _destination(destination: str) -> Row:
    from telnyx_recordings.errors import TelnyxRecordingsError

    try:
        write = _write_to_bucket if "://" in destination else _write_to_folder
        return _row("destination", ok=True, detail=write(destination))
    except (OSError, TelnyxRecordingsError) as error:
        why = getattr(error, "strerror", None) or error
        return _row("destination", ok=False, detail=f"{destination} cannot be written: {why}")


def _write_to_folder(destination: str) -> str:
    """Write a file to a folder, or to the one above that exists; return what that shows."""
    from tempfile import TemporaryFile

    folder = Path(destination).absolute()
    exists = folder.exists()
    while not folder.exists():
        folder = folder.parent
    with TemporaryFile(dir=folder) as file:
        file.write(b"check")
    return f"{destination} can be {'written' if exists else 'created'}"


def _write_to_bucket(destination: str) -> str:
    """Write an object to a bucket, read it and remove it; return what that shows."""
    from telnyx_recordings.archive.stores import open_store

    store = open_store(destination)
    key = f"check-{os.getpid()}-{secrets.token_hex(8)}"
    store.create(key, b"check")
    try:
        store.get(key)
    finally:
        store.remove(key)
    return f"{destination} can be written, read and cleaned up"


def _row(check: str, *, ok: bool, detail: str) -> Row:
    return {"check": check, "ok": ok, "detail": one_line(detail)}
