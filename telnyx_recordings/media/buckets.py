"""Opens buckets with the user's own credentials, and explains their errors.

Endpoint and credentials come from the environment, under the names that the services' own tools use
(`AWS_ACCESS_KEY_ID`, `GOOGLE_APPLICATION_CREDENTIALS`, …).
"""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from telnyx_recordings.core.call.retry import RETRIED_STATUSES, THROTTLED
from telnyx_recordings.core.hosts import is_loopback
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.core.network import network
from telnyx_recordings.errors import ConfigError
from telnyx_recordings.media.aws_profile import aws_options
from telnyx_recordings.transport.connections import DEADLINE, Deadline, new_pool
from telnyx_recordings.transport.tls import context_for

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_NETWORK = re.compile(r"HTTP error|connection|timed? ?out", re.IGNORECASE)
_THROTTLED = {"SlowDown", "ServiceUnavailable", "ThrottlingException", "RequestLimitExceeded"}
_METADATA = "/latest/api/token|computeMetadata|metadata/identity"
"""Where obstore asks a virtual machine's service for credentials, if there are no others."""
_CREDENTIALS = {
    "GCS": "GOOGLE_APPLICATION_CREDENTIALS",
    "Azure": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
}
_AWS_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (boto3 reads it, and ~/.aws)"
)
_CAUSES = (
    (
        re.compile(_METADATA),
        "there are no credentials: set {credentials}",
    ),
    (re.compile("NoSuchBucket"), "the bucket does not exist: check its name, or create it"),
    (
        re.compile("incorrectly configured region|AuthorizationHeaderMalformed|PermanentRedirect"),
        "the bucket is in another region: set AWS_REGION to the region of the bucket",
    ),
    (
        re.compile("InvalidAccessKeyId|SignatureDoesNotMatch|status code: 401"),
        "the credentials are wrong: check {credentials}",
    ),
    (
        re.compile("AccessDenied|status code: 403"),
        "access was denied: the credentials need the rights to list, read, write and delete",
    ),
)


def open_bucket(url: str, timeout: str) -> ObjectStore:
    """Return the store of a URL, configured by the environment.

    Raises:
        ConfigError: the configuration is invalid.
    """
    config: Any = {}
    client: Any = {"timeout": timeout, "connect_timeout": "10s"}
    more: Any = {}
    if url.startswith("s3:"):
        config["checksum_algorithm"] = "sha256"
        endpoint = next((os.environ[name] for name in _ENDPOINTS if os.environ.get(name)), None)
        if endpoint is not None:
            config["endpoint"] = endpoint
            host = urlsplit(endpoint).hostname or ""
            if endpoint.startswith("http://"):
                allowed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true", "yes")
                if not allowed and not is_loopback(host):
                    raise ConfigError(
                        f"the endpoint {endpoint} is not encrypted: use https, or set "
                        "AWS_ALLOW_HTTP=true if the network is private"
                    )
                client["allow_http"] = True
            if is_loopback(host):  # an excluded proxy is the only way to use none
                client |= {"proxy_url": endpoint, "proxy_excludes": host}
        more = aws_options()
    try:
        return from_url(url, config=config, client_options=client, retry_config=_ONCE, **more)
    except (BaseError, ValueError) as error:
        raise ConfigError(f"{url} cannot be used: {explanation(error)}") from error


def is_locked(store: Any, key: str) -> bool:
    """Return whether S3 keeps an object that is deleted: by a retention, or a legal hold.

    A deletion succeeds nevertheless, and only hides the version that is kept.

    Raises:
        BaseError: the credentials cannot be read.
        OSError: the bucket cannot be reached.
    """
    if os.environ.get("AWS_SKIP_SIGNATURE"):  # it is open to everybody
        return False
    # obstore does not show the headers in question, but signs any request.
    url = obstore.sign(store, "HEAD", key, timedelta(minutes=5))
    environment = network(None, None, None, os.environ)
    context = context_for(environment, urlsplit(url).hostname or "")
    with new_pool(context=context, proxy=environment.proxy_for(url)) as pool:
        token = DEADLINE.set(Deadline(time.monotonic, time.monotonic() + _SECONDS))
        try:
            found = pool.request("HEAD", url, timeout=_SECONDS, retries=_RETRIES).headers
        except HTTPError as error:
            reason = f"its lock cannot be looked up: {type(error).__name__}"
            raise OSError(reason) from None  # not from an error that has the signature
        finally:
            DEADLINE.reset(token)
    until = found.get("x-amz-object-lock-retain-until-date")
    return found.get("x-amz-object-lock-legal-hold") == "ON" or (
        until is not None and datetime.fromisoformat(until) > datetime.now(UTC)
    )


_SECONDS = 30.0
_RETRIES = Retry(3, backoff_factor=0.2, status_forcelist=RETRIED_STATUSES)
_ONCE: Any = {"max_retries": 0}
"""Retries are made by `Requests`."""


def classified(error: BaseError) -> tuple[int | None, Failure | None]:
    """Return the HTTP status of an error, or the failure of its connection."""
    text = str(error)
    status = _STATUS.search(text)
    if status is not None:
        code = _CODE.search(text)
        is_throttled = code is not None and code[1] in _THROTTLED
        return (THROTTLED if is_throttled else int(status[1])), None
    if "certificate" in text.lower():
        return None, Failure(kind="tls", message="the certificate is invalid", error=error)
    if _NETWORK.search(text.partition("\n")[0]):  # what follows may name a timeout that was set
        return None, Failure(kind="reset", message="the connection failed", error=error)
    return None, Failure(kind="protocol", message="the response cannot be used", error=error)


def explanation(error: Exception) -> str:
    """Return one line: what went wrong, and what to do if that is known."""
    text = str(error)
    for pattern, cause in _CAUSES:
        if pattern.search(text):
            names = (name for store, name in _CREDENTIALS.items() if store in text)
            return cause.format(credentials=next(names, _AWS_CREDENTIALS))
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    first = (text.splitlines() or [type(error).__name__])[0]
    return re.sub(r"\?\S*", "", first)[:300]
