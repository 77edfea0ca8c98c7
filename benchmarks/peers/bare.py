"""urllib3 and orjson, with plain dicts and without retries: the limit of calls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.peers import KEY, PAGE_SIZE, RECORDING_ID

NAME = "urllib3 + orjson"
PLAIN_NAME = "a bare urllib3 request"
AUDIO_NAME = "urllib3, 1 GiB at once"
NEEDS = ("urllib3", "orjson")
OWN = ""

_HEADERS = {"authorization": f"Bearer {KEY}", "accept": "application/json"}


def first_record(base_url: str) -> object:
    """Import, and fetch the first recording of a list."""
    import orjson
    import urllib3

    url = f"{base_url}/recordings?page%5Bsize%5D={PAGE_SIZE}"
    response = urllib3.PoolManager().request("GET", url, headers=_HEADERS)
    return orjson.loads(response.data)["data"][0]


def listing(base_url: str) -> int:
    """Iterate over all recordings."""
    import orjson
    import urllib3

    count, number, last = 0, 1, 1
    with urllib3.PoolManager() as pool:
        while number <= last:
            url = f"{base_url}/recordings?page%5Bnumber%5D={number}&page%5Bsize%5D={PAGE_SIZE}"
            body = orjson.loads(pool.request("GET", url, headers=_HEADERS).data)
            for _ in body["data"]:
                count += 1
            last = body["meta"]["total_pages"]
            number += 1
    return count


def caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording."""
    import orjson
    import urllib3

    pool = urllib3.PoolManager()
    url = f"{base_url}/recordings/{RECORDING_ID}"
    return lambda: orjson.loads(pool.request("GET", url, headers=_HEADERS).data)["data"]


def plain_caller(base_url: str) -> Callable[[], object]:
    """Return the function that fetches one recording's bytes from a pool, at minimum cost."""
    import urllib3

    pool = urllib3.PoolManager().connection_from_url(base_url)
    path = f"/v2/recordings/{RECORDING_ID}"

    def call() -> object:
        return pool.urlopen("GET", path, headers=_HEADERS, redirect=False, retries=False).data

    return call


def download(base_url: str, folder: str) -> object:
    """Fetch the audio of a recording into memory, and write it to a file."""
    import orjson
    import urllib3

    with urllib3.PoolManager() as pool:
        response = pool.request("GET", f"{base_url}/recordings", headers=_HEADERS)
        url = orjson.loads(response.data)["data"][0]["download_urls"]["wav"]
        return Path(folder, "bare.wav").write_bytes(pool.request("GET", url).data)
