"""A typed client for Telnyx call recordings: list, retrieve, download, archive and delete them.

Public names are imported on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from telnyx_recordings import archive as archive
    from telnyx_recordings import errors as errors
    from telnyx_recordings import media as media
    from telnyx_recordings import models as models
    from telnyx_recordings import webhooks as webhooks
    from telnyx_recordings.client import AsyncClient as AsyncClient
    from telnyx_recordings.client import Client as Client
    from telnyx_recordings.core.model.base import Model as Model
    from telnyx_recordings.core.model.base import OpenEnum as OpenEnum
    from telnyx_recordings.core.model.choices import UnknownVariant as UnknownVariant
    from telnyx_recordings.core.pages import AsyncPage as AsyncPage
    from telnyx_recordings.core.pages import Page as Page
    from telnyx_recordings.core.resource import RawResponse as RawResponse
    from telnyx_recordings.errors import *  # noqa: F403 - every exception is public
    from telnyx_recordings.media import Downloaded as Downloaded
    from telnyx_recordings.media import Legs as Legs
    from telnyx_recordings.media import split_channels as split_channels
    from telnyx_recordings.models import *  # noqa: F403 - every model is public

_HOMES = {
    "AsyncClient": "client",
    "Client": "client",
    "Model": "core.model",
    "OpenEnum": "core.model",
    "AsyncPage": "core.pages",
    "Page": "core.pages",
    "RawResponse": "core.resource",
    "UnknownVariant": "core.model.choices",
    "Downloaded": "media.job",
    "Legs": "media.split",
    "split_channels": "media.split",
}
_MODULES = ("archive", "errors", "media", "models", "webhooks")


def __getattr__(name: str) -> object:
    """Import a public name: a client, an exception, a model or a module."""
    if name == "__all__":  # what ``import *`` asks for
        return _public()
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _HOMES:
        value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    else:
        for home in ("errors", "models"):
            module = import_module(f"{__name__}.{home}")
            if name in module.__all__:
                value = getattr(module, name)
                break
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return all public names."""
    return sorted({*globals(), *_public()})


def _public() -> list[str]:
    names = {*_HOMES, *_MODULES}
    for home in ("errors", "models"):
        names.update(import_module(f"{__name__}.{home}").__all__)
    return sorted(names)
