"""A local Telnyx for demos and for tests: all call-recording calls, with audio, on loopback.

Here belongs what answers in Telnyx's place; nothing of the client is used. Start it from a shell
with `python -m telnyx_recordings.sandbox`, from a program with `with Sandbox() as box:`, or from
pytest with `pytest_plugins = ["telnyx_recordings.sandbox.pytest_plugin"]`.
"""

_NEEDED = frozenset({"starlette", "uvicorn"})

try:
    from telnyx_recordings.sandbox.box import Sandbox
    from telnyx_recordings.sandbox.gate import SeenRequest
    from telnyx_recordings.sandbox.records import Recording, Transcription
    from telnyx_recordings.sandbox.webhooks import Delivery
except ModuleNotFoundError as _error:
    if _error.name not in _NEEDED:
        raise
    raise ModuleNotFoundError(
        f"the sandbox needs {_error.name}: pip install 'telnyx-recordings[sandbox]'",
        name=_error.name,
    ) from _error

__all__ = ["Delivery", "Recording", "Sandbox", "SeenRequest", "Transcription"]
