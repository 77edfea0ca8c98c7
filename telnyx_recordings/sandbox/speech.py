"""Transcription of files."""

import hashlib
import io
import wave
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from telnyx_recordings.sandbox.bodies import choice, json_response, read_parts
from telnyx_recordings.sandbox.problems import invalid
from telnyx_recordings.sandbox.routes import Operations
from telnyx_recordings.sandbox.rows import JsonObject
from telnyx_recordings.sandbox.seeding import Author
from telnyx_recordings.sandbox.state import SandboxState

_MODELS = (
    "distil-whisper/distil-large-v2",
    "openai/whisper-large-v3-turbo",
    "deepgram/nova-3",
)
_BYTES_A_SECOND = 2000
"""Bytes per second of an MP3 file with 16 kbit/s, as the sandbox writes."""


operations: Final = Operations()


@operations.on("POST", "/ai/audio/transcriptions")
async def _transcribe(_state: SandboxState, request: Request) -> Response:
    """Return an invented text, which is always the same for the same file."""
    parts = await read_parts(request)
    fields = {
        name: each.decode("utf-8", "replace") for name, each in parts.items() if name != "file"
    }
    choice(fields, "model", _MODELS)
    form = choice(fields, "response_format", ("json", "verbose_json"), "json")
    choice(fields, "timestamp_granularities[]", ("segment",), "segment")
    if ("file" in parts) == ("file_url" in fields):
        raise invalid("Either file or file_url is required.", "/file")
    audio = parts.get("file", b"")
    source = audio or fields.get("file_url", "").encode()
    text = Author(hashlib.sha256(source).hexdigest()).text()
    result: JsonObject = {"text": text}
    if form == "verbose_json":
        duration = _seconds(audio)
        result |= {"duration": duration, "segments": _segments(text, duration)}
    return json_response(result)


def _seconds(audio: bytes) -> float:
    if audio[:4] != b"RIFF":
        return round(len(audio) / _BYTES_A_SECOND, 3)
    try:
        with wave.open(io.BytesIO(audio)) as file:
            return float(round(file.getnframes() / file.getframerate(), 3))
    except (wave.Error, EOFError):
        raise invalid("The file is damaged.", "/file") from None


def _segments(text: str, duration: float) -> list[JsonObject]:
    """Return the sentences, distributed over the duration by their lengths."""
    sentences = [f"{each.strip()}." for each in text.split(".") if each.strip()]
    found: list[JsonObject] = []
    done, whole = 0, sum(map(len, sentences))
    for number, each in enumerate(sentences):
        start = round(duration * done / whole, 2)
        done += len(each)
        end = round(duration * done / whole, 2)
        found.append({"id": number, "start": start, "end": end, "text": each})
    return found
