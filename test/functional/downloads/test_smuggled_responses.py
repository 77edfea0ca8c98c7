"""Audio with bytes behind it, as from a store that smuggles a second response."""

import asyncio
from collections.abc import Callable

import pytest

from behaviours import Residue, head
from fakes import Server
from fakes_media import wav
from stores import Store
from telnyx_recordings.transport.media_aio import MediaReply as AsyncMediaReply
from telnyx_recordings.transport.media_aio import MediaSessions
from telnyx_recordings.transport.media_sync import MediaPool, MediaReply

AUDIO, OTHER = wav(4000), wav(4000, seed=1)


def whole(audio: bytes) -> bytes:
    return head(200, {"content-type": "audio/wav", "content-length": len(audio)}) + audio


def fetch_sync(url: str, times: int) -> list[bytes]:
    """Fetch audio several times with one pool."""
    pool = MediaPool()
    found: list[bytes] = []
    for _ in range(times):
        reply = pool.open(url, {}, 5.0)
        assert isinstance(reply, MediaReply)
        pieces: list[bytes] = []
        while isinstance(piece := reply.read(), bytes) and piece:
            pieces.append(piece)
        reply.close()
        found.append(b"".join(pieces))
    pool.close()
    return found


def fetch_async(url: str, times: int) -> list[bytes]:
    """Fetch audio several times with one session."""

    async def main() -> list[bytes]:
        sessions = MediaSessions()
        found: list[bytes] = []
        for _ in range(times):
            reply = await sessions.open(url, {}, 5.0)
            assert isinstance(reply, AsyncMediaReply)
            pieces: list[bytes] = []
            while isinstance(piece := await reply.read(), bytes) and piece:
                pieces.append(piece)
            reply.close()
            found.append(b"".join(pieces))
        await sessions.close()
        return found

    return asyncio.run(main())


@pytest.mark.parametrize("fetch", [fetch_sync, fetch_async])
@pytest.mark.parametrize("behind", [whole(OTHER), whole(OTHER)[:20], b"H"], ids=range(3))
def test_bytes_after_audio_are_never_the_next_response(
    fetch: Callable[[str, int], list[bytes]], behind: bytes
) -> None:
    with Server(Residue(behind, whole(AUDIO)), Store(AUDIO)) as store:
        assert fetch(f"http://127.0.0.1:{store.port}/a.wav", 2) == [AUDIO, AUDIO]
        assert store.accepted == 2


@pytest.mark.parametrize("fetch", [fetch_sync, fetch_async])
def test_a_clean_connection_to_a_store_is_reused(fetch: Callable[[str, int], list[bytes]]) -> None:
    with Server(Store(AUDIO)) as store:
        assert fetch(f"http://127.0.0.1:{store.port}/a.wav", 3) == [AUDIO] * 3
        assert store.accepted == 1
