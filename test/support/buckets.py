"""moto, a real S3-compatible server on loopback for tests, and one whose responses get lost."""

import logging
import secrets
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import obstore
import pytest
import urllib3
from moto import server as moto_server
from obstore.store import from_url
from werkzeug.serving import make_server

import processes

_REFUSALS = {
    "PermanentRedirect": 301,
    "AuthorizationHeaderMalformed": 400,
    "AccessDenied": 403,
    "InvalidAccessKeyId": 403,
}
"""The statuses of errors that S3 names."""
_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>asked to fail</Message></Error>"


@dataclass
class Bucket:
    """A bucket that is empty at first; `url` is what an archive takes.

    `fail` holds, by a part of the key, what becomes of the next PUTs of such keys: a status that is
    answered without putting anything, or ``"lost"``: the object is put, and the answer is a 500.
    """

    url: str
    endpoint: str
    puts: Counter[str] = field(default_factory=Counter[str])
    gets: Counter[str] = field(default_factory=Counter[str])
    fail: dict[str, list[int | str]] = field(default_factory=dict[str, list[int | str]])
    faults: list[tuple[str, int | str]] = field(default_factory=list[tuple[str, int | str]])
    """What becomes of the next requests of a method: a status or refusal, ``lost``, or ``reset``.

    LIST is a method of its own; ``cut`` breaks off the body of a GET.
    """

    @property
    def store(self) -> Any:
        """The bucket as obstore opens it, with the environment that `s3` sets."""
        return from_url(self.url)

    def objects(self) -> dict[str, bytes]:
        """Return the content of every object, by its key below `url`."""
        store = self.store
        listed: Iterable[Iterable[Any]] = obstore.list(store)  # pyright: ignore[reportUnknownMemberType]  # its overloads
        return {
            meta["path"]: bytes(obstore.get(store, meta["path"]).bytes())
            for some in listed
            for meta in some
        }

    def put(self, key: str, content: bytes) -> None:
        """Put an object from outside, also in place of another."""
        obstore.put(self.store, key, content)

    def lose(self, *keys: str) -> None:
        """Delete objects from outside."""
        for key in keys:
            obstore.delete(self.store, key)

    def audio(self, form: str = "wav") -> dict[str, bytes]:
        """The objects of a format, by recording."""
        return {
            Path(key).stem: content
            for key, content in self.objects().items()
            if key.endswith(f".{form}")
        }

    def failure(self, environ: dict[str, Any]) -> int | str | None:
        """Note a request, and take the failure that is due to it."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        key = path.rpartition("/")[2]
        if method == "GET":
            self.gets[key] += 1
        is_list = "list-type" in environ.get("QUERY_STRING", "")
        is_delete = method == "POST" and "delete" in environ.get("QUERY_STRING", "")
        name = "LIST" if is_list else "DELETE" if is_delete else method
        for n, (wanted, fault) in enumerate(self.faults):
            if wanted == name:
                del self.faults[n]
                return fault
        if method != "PUT":
            return None
        self.puts[key] += 1
        for part, due in self.fail.items():
            if part in key and due:
                return due.pop(0)
        return None


class _LossyApplication:
    """moto, with the failures that a bucket is to have."""

    def __init__(self) -> None:
        self.bucket: Bucket | None = None
        moto: Any = moto_server  # it exports these names, but does not say so
        self._moto: Any = moto.DomainDispatcherApplication(moto.create_backend_app)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_X_AMZ_CHECKSUM_SHA256" in environ:
            # S3 takes it for objects that are locked by default; moto looks for this one only.
            environ["HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM"] = "SHA256"
        due = self.bucket.failure(environ) if self.bucket is not None else None
        if due is None:
            answer: Iterable[bytes] = self._moto(environ, start)
            return answer
        status = 500
        if due in ("reset", "cut"):
            return self._break_off(environ, start, whole=due == "cut")
        if due == "lost":
            for _ in self._moto(environ, _unheard):
                pass
        else:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            status = _REFUSALS.get(str(due)) or int(due)
        code = "SlowDown" if status == 503 else due if due in _REFUSALS else "InternalError"
        start(f"{status} Failed", [("Content-Type", "application/xml")])
        return [_ERROR.format(code=code).encode()]

    def _break_off(
        self, environ: dict[str, Any], start: Callable[..., Any], *, whole: bool
    ) -> Iterable[bytes]:
        """Reset the connection, before the response or in the middle of its body."""
        connection: socket.socket = environ["werkzeug.socket"]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if whole:
            body = b"".join(self._moto(environ, start))
            yield body[: len(body) // 2]
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        raise ConnectionResetError("asked to reset")


def _unheard(*_: object) -> Callable[[bytes], None]:
    """Take the head of an answer that nobody gets."""
    return lambda _data: None


@contextmanager
def s3(state: Path, name: str = "", *, locks: bool = False) -> Generator[Bucket]:
    """Serve a bucket, and set the environment by which it is found; `state` is for manifests.

    One process can serve a name once; without one it gets one of its own. With `locks`, its objects
    can be locked.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = _LossyApplication()
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "canary-of-the-bucket")
        patch.setenv("AWS_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("XDG_STATE_HOME", str(state))
        # Not after the port: that may be given out again, and moto keeps what a bucket had.
        name = name or f"bucket-{secrets.token_hex(8)}"
        try:
            headers = {"x-amz-bucket-object-lock-enabled": "true"} if locks else {}
            urllib3.request("PUT", f"{endpoint}/{name}", headers=headers, retries=False)
            bucket = Bucket(f"s3://{name}/calls", endpoint)
            application.bucket = bucket
            yield bucket
        finally:
            server.shutdown()
            processes.end(thread)
            server.server_close()
