"""The lock on a bucket: an object that one archive keeps renewing, and others respect."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import obstore
from msgspec import json
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from telnyx_recordings.errors import ArchiveLockedError, DestinationError

if TYPE_CHECKING:
    from datetime import datetime

    from obstore.store import ObjectStore

RENEWED = 60.0
"""Seconds between two renewals."""
STALE = 300.0
"""Seconds without one, by the bucket's own clock, after which a lease is up for taking."""


class _Seen(NamedTuple):
    """The lock object as it is."""

    fields: dict[str, Any]
    version: Any
    at: datetime


class Lease:
    """One archive's right to a bucket."""

    def __init__(self, bucket: ObjectStore, key: str, url: str) -> None:
        """Use an object of the bucket; nothing is asked yet."""
        self._bucket = bucket
        self._key = key
        self._url = url
        self._lost = False

    @contextmanager
    def held(self) -> Generator[None]:
        """Take the lease, renew it, and give it back at the end.

        Raises:
            ArchiveLockedError: somebody else has it.
            DestinationError: the bucket cannot be reached.
        """
        body = json.encode({"owner": secrets.token_hex(16), **_who()})
        try:
            version = self._take(body)
        except (BaseError, OSError) as error:
            message = f"{self._url} cannot be locked: {words(error)}"
            raise DestinationError(message, key=self._key) from error
        self._lost = False
        done = threading.Event()
        renewer = threading.Thread(
            target=self._renew, args=(body, version, done), name="telnyx-lease", daemon=True
        )
        renewer.start()
        try:
            yield
        finally:
            done.set()
            renewer.join()
            self._give_back(body)

    def assert_held(self) -> None:
        """Look whether the lease was lost meanwhile.

        Raises:
            ArchiveLockedError: it was; another archive may be at work.
        """
        if self._lost:
            message = f"another archive took {self._url} over while this one could not reach it"
            raise ArchiveLockedError(message)

    def _take(self, body: bytes) -> Any:
        try:
            return self._put(body, "create")
        except AlreadyExistsError:
            seen = self._see()
        if seen is None:  # it was given back just now
            return self._take(body)
        if not _is_dead(seen.fields):
            age = (self._time() - seen.at).total_seconds()
            if age < STALE:
                message = (
                    f"another archive is at work on {self._url} (host "
                    f"{seen.fields.get('host', '?')}, process {seen.fields.get('pid', '?')}, "
                    f"renewed {age:.0f} s ago); if it is gone, try again after {STALE:.0f} s"
                )
                raise ArchiveLockedError(message)
        try:
            return self._put(body, seen.version)
        except PreconditionError as error:
            message = f"another archive took {self._url} just now"
            raise ArchiveLockedError(message) from error

    def _put(self, body: bytes, mode: Any) -> Any:
        result = obstore.put(self._bucket, self._key, body, mode=mode, use_multipart=False)
        return _version(result)

    def _see(self) -> _Seen | None:
        try:
            got = obstore.get(self._bucket, self._key)
        except FileNotFoundError:
            return None
        fields: dict[str, Any] = {}
        with suppress(ValueError, TypeError):
            fields = dict(json.decode(bytes(got.bytes())))
        meta = got.meta
        return _Seen(fields, _version(meta), meta["last_modified"])

    def _time(self) -> datetime:
        """Return the bucket's own time, by which leases are dated."""
        probe = f"{self._key}.{secrets.token_hex(4)}"
        obstore.put(self._bucket, probe, b"", use_multipart=False)
        try:
            return obstore.head(self._bucket, probe)["last_modified"]
        finally:
            obstore.delete(self._bucket, probe)

    def _renew(self, body: bytes, version: Any, done: threading.Event) -> None:
        while not done.wait(RENEWED):
            try:
                version = self._put(body, version)
            except PreconditionError:
                seen = self._see()
                if seen is None or json.encode(seen.fields) != body:
                    self._lost = True
                    return
                version = seen.version  # it was ours: the answer to a renewal was lost
            except BaseError:
                continue  # the bucket is out of reach: it is not lost yet

    def _give_back(self, body: bytes) -> None:
        with suppress(BaseError, FileNotFoundError):
            seen = self._see()
            if seen is not None and json.encode(seen.fields) == body:
                obstore.delete(self._bucket, self._key)


def words(error: Exception) -> str:
    """Return the first line of an error of obstore's, without the query of any link in it."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"\?\S*", "", first)[:300]


def _version(meta: Any) -> dict[str, str]:
    """Return what a later put must find unchanged."""
    named = {name: meta[name] for name in ("e_tag", "version")}
    return {name: value for name, value in named.items() if value is not None}


def _who() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid(), "machine": _machine()}


def _machine() -> str:
    """Return what tells one running system, with its own process numbers, from all others."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_dead(fields: dict[str, Any]) -> bool:
    """Tell whether the process that holds a lease ran here and is gone."""
    pid, machine = fields.get("pid"), fields.get("machine")
    if not machine or machine != _machine() or not isinstance(pid, int) or pid < 1:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
