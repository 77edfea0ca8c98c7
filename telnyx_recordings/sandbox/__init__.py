"""A local Telnyx for demos and tests: all call-recording operations, with audio, on loopback.

It shares no code with the client, except webhook signatures. Start it from a shell
with `python -m telnyx_recordings.sandbox`, from a program with `with Sandbox() as box:`, or from
pytest with `pytest_plugins = ["telnyx_recordings.sandbox.pytest_plugin"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telnyx_recordings._lazy import lazy
from telnyx_recordings.errors import MissingExtraError

if TYPE_CHECKING:
    from telnyx_recordings.sandbox.calls import Live as Live
    from telnyx_recordings.sandbox.gateway import SeenRequest as SeenRequest
    from telnyx_recordings.sandbox.rows import Recording as Recording
    from telnyx_recordings.sandbox.rows import Transcription as Transcription
    from telnyx_recordings.sandbox.sandbox import Sandbox as Sandbox
    from telnyx_recordings.sandbox.webhooks import Delivery as Delivery

_NEEDED = frozenset({"starlette", "uvicorn"})
_HOMES = {
    "Delivery": ".webhooks",
    "Live": ".calls",
    "Recording": ".rows",
    "Sandbox": ".sandbox",
    "SeenRequest": ".gateway",
    "Transcription": ".rows",
}

if not TYPE_CHECKING:
    _get, __dir__ = lazy(globals(), _HOMES)

    def __getattr__(name: str) -> object:
        """Import a public name; MissingExtraError if the extra is not installed."""
        try:
            return _get(name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in _NEEDED:
                raise
            raise MissingExtraError("the sandbox", "sandbox") from error
