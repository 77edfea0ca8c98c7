"""How the sandbox's tests call it: over loopback, by a client that none of our code is part of."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

import urllib3

from telnyx_recordings.sandbox import Sandbox


@dataclass(frozen=True)
class Answer:
    """An answer's status, headers and decoded body (None when it is empty)."""

    status: int
    headers: urllib3.HTTPHeaderDict
    body: Any

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.body["data"]]

    @property
    def error(self) -> dict[str, Any]:
        """The one error of an answer that has to be in Telnyx's envelope."""
        assert list(self.body) == ["errors"]
        assert self.headers["content-type"] == "application/json"
        [found] = cast("list[dict[str, Any]]", self.body["errors"])
        assert {"code", "title", "detail"} <= set(found) <= {"code", "title", "detail", "source"}
        return found


@dataclass(frozen=True)
class Caller:
    """Calls a running sandbox, with an accepted key unless headers are given."""

    box: Sandbox
    http: urllib3.PoolManager

    def __call__(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request to a path below the base URL."""
        url = self.box.base_url + path
        if query:
            url += "?" + urlencode(query)
        if headers is None:
            headers = {"Authorization": f"Bearer {self.box.api_key}"}
        response = self.http.urlopen(method, url, body=body, headers=headers)
        decoded = json.loads(response.data) if response.data else None
        return Answer(response.status, response.headers, decoded)


@contextmanager
def calling(box: Sandbox) -> Generator[Caller]:
    """Run a sandbox, and close every connection to it at the end."""
    with box, urllib3.PoolManager(retries=False) as http:
        yield Caller(box, http)
