"""Audio with bytes behind it, as from a store that smuggles a second response."""

import io
from operator import methodcaller

import pytest

from behaviours import Residue, head
from clients import Use, both
from downloads import recording_at
from fakes import Server
from fakes_media import wav
from stores import Store

AUDIO, OTHER = wav(4000), wav(4000, seed=1)


def whole(audio: bytes) -> bytes:
    return head(200, {"content-type": "audio/wav", "content-length": len(audio)}) + audio


def downloads(use: Use, store: Server, times: int) -> list[bytes]:
    """Download audio several times with one client."""
    recording = recording_at(f"http://127.0.0.1:{store.port}/a.wav")
    files = [io.BytesIO() for _ in range(times)]
    use(store, *(methodcaller("download", recording, each) for each in files))
    return [each.getvalue() for each in files]


@both
@pytest.mark.parametrize("behind", [whole(OTHER), whole(OTHER)[:20], b"H"], ids=range(3))
def test_bytes_after_audio_are_never_the_next_response(use: Use, behind: bytes) -> None:
    with Server(Residue(behind, whole(AUDIO)), Store(AUDIO)) as store:
        assert downloads(use, store, 2) == [AUDIO, AUDIO]
        assert store.accepted == 2


@both
def test_a_clean_connection_to_a_store_is_reused(use: Use) -> None:
    with Server(Store(AUDIO)) as store:
        assert downloads(use, store, 3) == [AUDIO] * 3
        assert store.accepted == 1
