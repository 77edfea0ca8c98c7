"""The ten-line receivers of the guide, each with its framework."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

import processes
from fences import PROGRAM, of_page
from telnyx_recordings import Client
from telnyx_recordings.sandbox import Sandbox
from telnyx_recordings.sandbox.server import ServerThread

RECEIVERS = {each.title: each.code for each in of_page("docs/webhooks.md", PROGRAM) if each.title}


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base
        """Log nothing."""


@contextmanager
def asgi(app: Any) -> Generator[str]:
    """Serve an ASGI application."""
    server = ServerThread(app, 0)
    yield server.origin
    server.stop()


@contextmanager
def wsgi(app: Any) -> Generator[str]:
    """Serve a WSGI application."""
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        processes.end(thread)


def fastapi(names: dict[str, Any]) -> Any:
    """Return the application of the receiver."""
    return names["app"]


def django(names: dict[str, Any]) -> Any:
    """Return an application whose only view is the receiver."""
    settings: Any = import_module("django.conf").settings
    path: Any = import_module("django.urls").path
    urls = type("Urls", (), {"urlpatterns": [path("telnyx", names["receive"])]})
    settings.configure(ROOT_URLCONF=urls, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="test")
    return import_module("django.core.wsgi").get_wsgi_application()


SERVED: dict[str, tuple[Callable[[Any], AbstractContextManager[str]], Callable[..., Any]]] = {
    "FastAPI": (asgi, fastapi),
    "Flask": (wsgi, fastapi),
    "Django": (wsgi, django),
}


def test_there_is_a_receiver_for_each_framework() -> None:
    assert RECEIVERS.keys() == SERVED.keys()
    for program in RECEIVERS.values():
        body = program.partition("Client()")[2]
        assert len([line for line in body.splitlines() if line.strip()]) <= 10


@pytest.mark.parametrize("framework", SERVED)
def test_a_receiver_downloads_a_saved_recording_once(
    framework: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve, application = SERVED[framework]
    monkeypatch.chdir(tmp_path)
    with Sandbox(3) as box:
        monkeypatch.setenv("TELNYX_PUBLIC_KEY", box.public_key)
        monkeypatch.setenv("TELNYX_API_KEY", box.api_key)
        monkeypatch.setenv("TELNYX_BASE_URL", box.base_url)
        names: dict[str, Any] = {"__name__": "receiver"}
        exec(compile(RECEIVERS[framework], framework, "exec"), names)  # noqa: S102 - our own text
        client = names["client"]
        open_client = client if isinstance(client, Client) else nullcontext()
        with serve(application(names)) as origin, open_client:
            url = f"{origin}/telnyx"
            sent = box.send_webhook(url, "call.hangup")
            with ThreadPoolExecutor(4) as pool:  # duplicates that arrive at the same time
                for more in pool.map(box.send_webhook, [url] * 4, timeout=30):
                    sent += more
            sent += box.send_webhook(url, "call.recording.saved", duplicates=2)
            assert {each.status for each in sent} <= {200, 204}
            forged = Sandbox(3, seed=9).public_key
            monkeypatch.setenv("TELNYX_PUBLIC_KEY", forged)
            [refused] = box.send_webhook(url)
            assert refused.status == 403
        assert [each.stem for each in tmp_path.iterdir()] == [box.recordings[0].id]
