"""Receive Telnyx events: verify each, store it once on disk, respond at once, process it later.

TELNYX_PUBLIC_KEY=… TELNYX_API_KEY=… uvicorn webhook_receiver:app
"""

import logging
import os
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from telnyx_recordings import Client, webhooks
from telnyx_recordings.errors import WebhookVerificationError
from telnyx_recordings.models import (
    CallRecordingErrorWebhookEvent,
    CallRecordingSavedWebhookEvent,
    ConferenceRecordingSavedWebhookEvent,
)

log = logging.getLogger("receiver")


class Inbox:
    """Events on disk, each stored once, and processed until that succeeds."""

    def __init__(self, path: str) -> None:
        """Open the file, or create it."""
        self._path = path
        self._wake = Event()
        self._closed = False
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, body BLOB, done)")

    def put(self, event_id: str, body: bytes) -> None:
        """Store an event that is not stored yet; it is on disk when this method returns."""
        with closing(sqlite3.connect(self._path)) as db, db:
            db.execute("INSERT OR IGNORE INTO events VALUES (?, ?, FALSE)", (event_id, body))
        self._wake.set()

    def work(self, handle: Callable[[webhooks.Event], None]) -> None:
        """Process events, including earlier ones, until closed; retry failed ones each minute."""
        while True:
            closed = self._closed
            self._work_off(handle)
            if closed:
                return
            self._wake.wait(60)
            self._wake.clear()

    def close(self) -> None:
        """Make `work` return, once it has tried all stored events."""
        self._closed = True
        self._wake.set()

    def _work_off(self, handle: Callable[[webhooks.Event], None]) -> None:
        undone = "SELECT id, body FROM events WHERE NOT done"
        with closing(sqlite3.connect(self._path)) as db:
            for event_id, body in db.execute(undone).fetchall():
                try:
                    handle(webhooks.unsafe_unwrap(body))  # it was verified before it was stored
                except Exception:
                    log.exception("event %s is not done", event_id)
                else:
                    with db:
                        db.execute("UPDATE events SET done = TRUE WHERE id = ?", (event_id,))


def handle(event: webhooks.Event) -> None:
    """Process an event. Events arrive in any order; after a crash, one can arrive again."""
    match event:
        case CallRecordingSavedWebhookEvent() | ConferenceRecordingSavedWebhookEvent():
            if event.data and event.data.payload and event.data.payload.recording_id:
                keep_audio(event.data.payload.recording_id)
        case CallRecordingErrorWebhookEvent():
            if event.data and event.data.payload:
                log.error("not recorded: %s", event.data.payload.reason)
        case _:
            log.info("not for us: %s", event)


def keep_audio(recording_id: str) -> None:
    """Download a recording to the folder named by AUDIO; an existing file is left unchanged."""
    folder = Path(os.environ.get("AUDIO", "audio"))
    folder.mkdir(parents=True, exist_ok=True)
    with Client() as client:  # gets fresh links: those in the event expire after ten minutes
        saved = client.download(recording_id, folder)
    log.info("recorded: %s, %d bytes", saved.path, saved.size)


async def receive(request: Request) -> Response:
    """Respond to a delivery: 200 once it is stored, 403 if it is not from Telnyx."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > webhooks.MAX_BODY:
            raise HTTPException(413)
    raw = bytes(body)
    try:
        event = webhooks.unwrap(raw, request.headers)
    except WebhookVerificationError as error:
        log.warning("refused: %s", error)
        return Response(status_code=403)
    key = webhooks.event_id(event) or sha256(raw).hexdigest()  # forms and old events have no id
    await run_in_threadpool(request.app.state.inbox.put, key, raw)
    return Response()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncGenerator[None]:
    """Process the events in the file named by EVENTS, in a thread beside the server."""
    inbox = app.state.inbox = Inbox(os.environ.get("EVENTS", "events.db"))
    worker = Thread(target=inbox.work, args=(handle,))
    worker.start()
    yield
    inbox.close()
    await run_in_threadpool(worker.join)


app = Starlette(routes=[Route("/telnyx", receive, methods=["POST"])], lifespan=lifespan)
