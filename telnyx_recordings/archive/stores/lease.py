"""The lock on a bucket: an object that the archive in use renews and others respect."""

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

RENEW_EVERY = 60.0
"""Seconds between renewals."""
STALE_AFTER = 300.0
"""Seconds without a renewal, by the bucket's clock, after which another may take the lease."""


class _LockObject(NamedTuple):
    """The lock object, as it is in the bucket."""

    fields: dict[str, Any]
    version: Any
    at: datetime


class Lease:
    """One archive's lease of a bucket."""

    def __init__(self, bucket: ObjectStore, key: str, url: str) -> None:
        """Use an object of the bucket; this makes no request."""
        self._bucket = bucket
        self._key = key
        self._url = url
        self._lost = False

    @contextmanager
    def held(self) -> Generator[None]:
        """Acquire the lease, keep renewing it, and release it at the end.

        Raises:
            ArchiveLockedError: another archive holds it.
            DestinationError: the bucket cannot be reached.
        """
        body = json.encode({"owner": secrets.token_hex(16), **_owner()})
        try:
            version = self._acquire(body)
        except (BaseError, OSError) as error:
            message = f"{self._url} cannot be locked: {first_line(error)}"
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
            self._release(body)

    def assert_held(self) -> None:
        """Check that the lease was not lost.

        Raises:
            ArchiveLockedError: it was, so another archive may be running.
        """
        if self._lost:
            message = f"another archive took over {self._url} while this one could not reach it"
            raise ArchiveLockedError(message)

    def _acquire(self, body: bytes) -> Any:
        try:
            return self._put(body, "create")
        except AlreadyExistsError:
            seen = self._read()
        if seen is None:  # it was released just now
            return self._acquire(body)
        if not _is_dead(seen.fields):
            age = (self._time() - seen.at).total_seconds()
            if age < STALE_AFTER:
                message = (
                    f"another archive is using {self._url} (host "
                    f"{seen.fields.get('host', '?')}, process {seen.fields.get('pid', '?')}, "
                    f"renewed {age:.0f} s ago); if it is gone, try again after {STALE_AFTER:.0f} s"
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

    def _read(self) -> _LockObject | None:
        try:
            got = obstore.get(self._bucket, self._key)
        except FileNotFoundError:
            return None
        fields: dict[str, Any] = {}
        with suppress(ValueError, TypeError):
            fields = dict(json.decode(bytes(got.bytes())))
        meta = got.meta
        return _LockObject(fields, _version(meta), meta["last_modified"])

    def _time(self) -> datetime:
        """Return the bucket's own time, which dates the renewals."""
        probe = f"{self._key}.{secrets.token_hex(4)}"
        obstore.put(self._bucket, probe, b"", use_multipart=False)
        try:
            return obstore.head(self._bucket, probe)["last_modified"]
        finally:
            obstore.delete(self._bucket, probe)

    def _renew(self, body: bytes, version: Any, done: threading.Event) -> None:
        while not done.wait(RENEW_EVERY):
            try:
                version = self._put(body, version)
            except PreconditionError:
                seen = self._read()
                if seen is None or json.encode(seen.fields) != body:
                    self._lost = True
                    return
                version = seen.version  # still ours: the response to a renewal was lost
            except BaseError:
                continue  # the bucket cannot be reached; the lease may still be ours

    def _release(self, body: bytes) -> None:
        with suppress(BaseError, FileNotFoundError):
            seen = self._read()
            if seen is not None and json.encode(seen.fields) == body:
                obstore.delete(self._bucket, self._key)


def first_line(error: Exception) -> str:
    """Return the first line of an error of obstore, without the queries of links."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"\?\S*", "", first)[:300]


def _version(meta: Any) -> dict[str, str]:
    """Return the version that a conditional put must match."""
    named = {name: meta[name] for name in ("e_tag", "version")}
    return {name: value for name, value in named.items() if value is not None}


def _owner() -> dict[str, Any]:
    return {"host": socket.gethostname(), "pid": os.getpid(), "machine": _machine()}


def _machine() -> str:
    """Return an id of the running system and its process namespace; empty where unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_dead(fields: dict[str, Any]) -> bool:
    """Tell whether a lease's process ran on this system and no longer exists."""
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
