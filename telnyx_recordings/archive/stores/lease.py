"""The lock on a bucket: an object that the archive in use renews and others respect."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import obstore
from msgspec import json
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

from telnyx_recordings.archive.stores.requests import Requests, as_bucket_error
from telnyx_recordings.errors import ArchiveLockedError, DestinationError

if TYPE_CHECKING:
    from datetime import datetime

    from obstore.store import ObjectStore

RENEW_EVERY = 60.0
"""Seconds between renewals."""
RETRY_EVERY = 10.0
"""Seconds to the next attempt after a renewal that failed."""
HELD_FOR = 240.0
"""Seconds after its last renewal was requested for which the lease counts as held."""
STALE_AFTER = 300.0
"""Seconds without a renewal, by the bucket's clock, after which another may take the lease."""
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_ATTEMPTS = 3


def clock() -> float:
    """Return seconds on a clock that continues while the machine sleeps, if there is one."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


class _LockObject(NamedTuple):
    """The lock object, as it is in the bucket."""

    fields: dict[str, Any]
    version: Any
    at: datetime


class Lease:
    """One archive's lease of a bucket."""

    def __init__(self, bucket: ObjectStore, requests: Requests, key: str, url: str) -> None:
        """Use an object of the bucket; this makes no request."""
        self._bucket = bucket
        self._requests = requests
        self._key = key
        self._url = url
        self._is_held = False
        self._is_taken = False
        self._renewed = 0.0

    @contextmanager
    def held(self) -> Generator[None]:
        """Acquire the lease, keep renewing it, and release it at the end.

        Raises:
            ArchiveLockedError: another archive holds it.
            DestinationError: the bucket cannot be reached, or does not support conditional writes.
        """
        body = json.encode(
            {
                "owner": secrets.token_hex(16),
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "machine": _machine(),
            }
        )
        with as_bucket_error(self._key, f"{self._url} cannot be locked"):
            now = self._check_conditions()
            self._renewed = clock()
            version = self._acquire(body, now)
        self._is_held, self._is_taken = True, False
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
            self._is_held = False
            self._release(body)

    def assert_held(self) -> None:
        """Check that the lease was not lost, if it was acquired.

        Raises:
            ArchiveLockedError: another archive took it, or it was not renewed in time, so that
                another may have taken it.
        """
        if not self._is_held:
            return
        if self._is_taken:
            raise ArchiveLockedError(
                f"another archive took over {self._url} while this one could not reach it: wait "
                "until it has ended, then run this again"
            )
        age = clock() - self._renewed
        if age > HELD_FOR:
            raise ArchiveLockedError(
                f"the lock of {self._url} was not renewed for {age:.0f} s, because the bucket "
                "could not be reached or this machine was asleep: run this again"
            )

    def _check_conditions(self) -> datetime:
        """Check that the bucket honors conditional writes; return its time, which dates renewals.

        Raises:
            DestinationError: it ignores them, so that it could not be locked.
        """
        probe = f"{self._key}.{secrets.token_hex(8)}"
        try:
            first = self._requests.run(lambda: self._put(b"1", "overwrite", probe))
            self._requests.run(lambda: self._put(b"2", "overwrite", probe))
            now = self._requests.run(lambda: obstore.head(self._bucket, probe))["last_modified"]
            for mode in ("create", first):
                with suppress(AlreadyExistsError, PreconditionError):
                    self._requests.run(partial(self._put, b"3", mode, probe))
                    raise DestinationError(
                        f"{self._url} ignores conditional writes (If-None-Match, If-Match), "
                        "so it cannot be locked: choose a service that supports conditional writes",
                        key=self._key,
                    )
            return now
        finally:
            with suppress(BaseError, FileNotFoundError):
                self._requests.run(lambda: obstore.delete(self._bucket, probe))

    def _acquire(self, body: bytes, now: datetime) -> Any:
        for _ in range(_ATTEMPTS):
            try:
                return self._requests.run(lambda: self._put(body, "create"))
            except AlreadyExistsError:
                seen = self._requests.run(self._read)
            if seen is not None:  # None: the lease has just been released
                return self._take_over(body, seen, now)
        raise ArchiveLockedError(f"another archive is using {self._url}: try again later")

    def _take_over(self, body: bytes, seen: _LockObject, now: datetime) -> Any:
        if json.encode(seen.fields) == body:
            return seen.version  # the response to our own request was lost
        if not _is_dead(seen.fields):
            age = (now - seen.at).total_seconds()
            if age < STALE_AFTER:
                raise ArchiveLockedError(
                    f"another archive is using {self._url} (host "
                    f"{seen.fields.get('host', '?')}, process {seen.fields.get('pid', '?')}, "
                    f"renewed {age:.0f} s ago); if it is gone, try again after {STALE_AFTER:.0f} s"
                )
        try:
            return self._put(body, seen.version)
        except PreconditionError as error:
            raise ArchiveLockedError(
                f"another archive has just locked {self._url}: try again later"
            ) from error

    def _put(self, body: bytes, mode: Any, key: str | None = None) -> Any:
        key = key or self._key
        return _version(obstore.put(self._bucket, key, body, mode=mode, use_multipart=False))

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

    def _renew(self, body: bytes, version: Any, done: threading.Event) -> None:
        seconds = RENEW_EVERY
        while not done.wait(seconds):
            asked = clock()
            seconds = RETRY_EVERY
            try:
                version = self._put(body, version)
            except PreconditionError:
                with suppress(BaseError, OSError):
                    seen = self._read()
                    if seen is None or json.encode(seen.fields) != body:
                        self._is_taken = True
                        return
                    version = seen.version  # still ours: the response to a renewal was lost
            except (BaseError, OSError):
                continue  # the bucket cannot be reached; `assert_held` watches for how long
            else:
                self._renewed, seconds = asked, RENEW_EVERY

    def _release(self, body: bytes) -> None:
        with suppress(BaseError, FileNotFoundError):
            seen = self._requests.run(self._read)
            if seen is not None and json.encode(seen.fields) == body:
                self._requests.run(lambda: obstore.delete(self._bucket, self._key))


def _version(meta: Any) -> dict[str, str]:
    """Return the version that a conditional put must match."""
    named = {name: meta[name] for name in ("e_tag", "version")}
    return {name: value for name, value in named.items() if value is not None}


def _machine() -> str:
    """Return an id of the running system and its process namespace; empty where unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_dead(fields: dict[str, Any]) -> bool:
    """Return whether a lease's process ran on this system and no longer exists."""
    pid, machine = fields.get("pid"), fields.get("machine")
    if not machine or machine != _machine() or not isinstance(pid, int) or pid < 1:
        return False
    try:
        os.kill(pid, 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)
    return False
