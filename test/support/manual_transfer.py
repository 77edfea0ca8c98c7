"""Drives a transfer of audio without network: answers are given to it one by one."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from msgspec import Struct, field

from callers import Held
from fakes_media import wav
from telnyx_recordings.core.call.retry import Wait
from telnyx_recordings.core.messages import Failure
from telnyx_recordings.errors import MediaError, NotFoundError
from telnyx_recordings.media.job import DownloadJob
from telnyx_recordings.media.object_store import Limits
from telnyx_recordings.media.sinks import Sink
from telnyx_recordings.media.steps import Fetch, Fetched, Local, Open, Step
from telnyx_recordings.media.transfer import DownloadContext, Downloaded, DownloadedToFile, Transfer
from telnyx_recordings.models import RecordingResponseData

LINK = "https://media.telnyx.com/rec-1.wav"
RESET = Failure(kind="reset", message="the connection broke")

AUDIO = wav(40_000)
SIZE = len(AUDIO)
ETAG = '"version-1"'


class Head(Struct):
    """A store's answer: its head, and what comes of its body; the body's end follows by itself."""

    status: int
    headers: Mapping[str, str] = {}
    body: tuple[bytes | Failure, ...] = ()
    lasts: float = 0.0
    """Seconds that pass before each piece of the body."""


def whole(*body: bytes | Failure, etag: str = ETAG, size: int = SIZE) -> Head:
    """An answer with all of the audio, in these pieces."""
    return Head(200, {"etag": etag, "content-length": str(size)}, body)


def rest(start: int, *body: bytes | Failure, etag: str = ETAG, **changed: Any) -> Head:
    """An answer with what follows the first bytes."""
    said = {"etag": etag, "content-range": f"bytes {start}-{SIZE - 1}/{SIZE}"}
    return Head(206, said | changed, body or (AUDIO[start:],))


def hidden(*body: bytes | Failure, etag: str = ETAG) -> Head:
    """An answer that does not say how long the audio is."""
    return Head(200, {"etag": etag, "transfer-encoding": "chunked"}, body)


def ranged(start: int, etag: str = ETAG) -> dict[str, str]:
    """The headers that ask for what follows."""
    return {"range": f"bytes={start}-", "if-range": etag}


def message_of(error: MediaError) -> str:
    """Return an error's message after the recording's id, which it must begin with."""
    prefix = "recording rec-1: "
    assert error.message.startswith(prefix)
    return error.message.removeprefix(prefix)


class ManualTransfer(Struct):
    """What a transfer asks for, and what it is told."""

    answers: list[Head | Failure]
    held: Held = field(default_factory=lambda: Held(chance=0.5))
    recordings: list[Any] = []
    """What the API has, one for each time that it is asked; the last link for ever after."""
    life: float = 600.0
    """Seconds for which links are good when the API gives them."""
    asked: list[tuple[str, dict[str, str]]] = []
    """Links without what signs them, and the headers apart from those that never change."""
    progress: list[tuple[int, int]] = []
    fetches: int = 0
    body: list[bytes | Failure] = []
    lasts: float = 0.0

    def recording(self, **fields: Any) -> RecordingResponseData:
        """A recording with a link of this moment."""
        signed = datetime.fromtimestamp(self.held.wall(), UTC)
        link = f"{LINK}?X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&X-Amz-Expires={self.life:.0f}"
        known = {"id": "rec-1", "download_urls": {"wav": link}, **fields}
        return RecordingResponseData.from_dict(known)

    def job(self, **fields: Any) -> DownloadJob:
        """The job to get this recording."""
        return DownloadJob(self.recording(**fields), None)

    def get(self, job: DownloadJob, sink: Sink, **limits: Any) -> Downloaded | DownloadedToFile:
        def sink_for(chosen: DownloadJob) -> Sink:
            assert chosen is job
            return sink

        transfer = self.transfer(job, sink_for, **limits)
        while self.advance(transfer):
            pass
        assert transfer.sink is sink
        assert transfer.result is not None
        return transfer.result

    def transfer(
        self, job: DownloadJob, sink_for: Callable[[DownloadJob], Sink], **limits: Any
    ) -> Transfer[None, None]:
        """Create a transfer; its steps are taken by `advance`."""
        context = DownloadContext[None, None](
            pool=None,
            fetch=lambda _recording_id: None,
            sleep=self.held.sleep,
            timeout=7.5,
            environment=self.held.environment(),
            limits=Limits(**limits),
        )
        return Transfer(
            context, job, sink_for, lambda done, total: self.progress.append((done, total))
        )

    def advance(self, transfer: Transfer[None, None]) -> bool:
        """Take one step of a transfer; return False if there is none left."""
        with transfer.step() as step:
            if step is not None:
                transfer.step_result = self.take(step)
        return step is not None

    def take(self, step: Step) -> Any:
        """Do a step; return what came of it."""
        match step:
            case Fetch(recording_id):
                assert recording_id == "rec-1"
                self.fetches += 1
                found = self.recordings.pop(0) if self.recordings else self.recording()
                date = formatdate(self.held.wall(), usegmt=True)
                return found if isinstance(found, NotFoundError) else Fetched(found, date)
            case Open(url, headers):
                constant = {"accept": "*/*", "accept-encoding": "identity"}
                constant["user-agent"] = "telnyx-recordings"
                assert constant.items() <= headers.items()
                others = {name: headers[name] for name in headers.keys() - constant.keys()}
                self.asked.append((url.partition("?")[0], others))
                answer = self.answers.pop(0)
                if isinstance(answer, Head):
                    self.body, self.lasts = list(answer.body), answer.lasts
                return answer
            case Wait(seconds):
                self.held.sleep(seconds)
                return None
            case Local(work):
                return work()
            case _:
                self.held.now += self.lasts
                return self.body.pop(0) if self.body else b""
