"""A typed client for Telnyx call recordings: list, retrieve, download, archive and delete them.

Public names are imported on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings._lazy import lazy
from telnyx_recordings._version import __version__ as __version__

if TYPE_CHECKING:
    from telnyx_recordings import archive as archive
    from telnyx_recordings import errors as errors
    from telnyx_recordings import media as media
    from telnyx_recordings import models as models
    from telnyx_recordings import webhooks as webhooks
    from telnyx_recordings.client import AsyncClient as AsyncClient
    from telnyx_recordings.client import Client as Client
    from telnyx_recordings.core.model import Model as Model
    from telnyx_recordings.core.model import OpenEnum as OpenEnum
    from telnyx_recordings.core.model.choices import UnknownVariant as UnknownVariant
    from telnyx_recordings.core.pages import AsyncPage as AsyncPage
    from telnyx_recordings.core.pages import Page as Page
    from telnyx_recordings.core.responses import AsyncRawResponse as AsyncRawResponse
    from telnyx_recordings.core.responses import RawResponse as RawResponse
    from telnyx_recordings.errors import *  # noqa: F403 - every exception is public
    from telnyx_recordings.media import Downloaded as Downloaded
    from telnyx_recordings.media import Legs as Legs
    from telnyx_recordings.media import split_channels as split_channels
    from telnyx_recordings.models import *  # noqa: F403 - every model is public

if not TYPE_CHECKING:  # type checkers would accept any name
    __getattr__, __dir__ = lazy(
        globals(),
        {
            "AsyncClient": ".client",
            "AsyncPage": ".core.pages",
            "AsyncRawResponse": ".core.responses",
            "Client": ".client",
            "Downloaded": ".media",
            "Legs": ".media",
            "Model": ".core.model",
            "OpenEnum": ".core.model",
            "Page": ".core.pages",
            "RawResponse": ".core.responses",
            "UnknownVariant": ".core.model.choices",
            "archive": ".archive",
            "errors": ".errors",
            "media": ".media",
            "models": ".models",
            "split_channels": ".media",
            "webhooks": ".webhooks",
        },
        whole=(".errors", ".models"),
    )
