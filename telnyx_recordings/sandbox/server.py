"""Uvicorn in a separate thread on loopback, which starts on demand and leaves nothing behind."""

import asyncio
import socket
import threading
from contextlib import suppress

import uvicorn
from starlette.types import ASGIApp

_HOST = "127.0.0.1"
_TICK = 1.0
"""Seconds between two renewals of the Date header."""
_ACCEPTING = 5
"""Iterations of the event loop until a connection that is being accepted can be closed."""


class ServerThread:
    """Serves an ASGI application on loopback from its creation until `stop()`.

    On `port`, or any free one for 0; OSError when it is taken. The application must end quietly
    when it is cancelled, which only `stop()` does.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        listener = socket.create_server((_HOST, port))
        # A response takes two writes; without this the second waits 40 ms for an acknowledgement.
        # (Connections inherit it; asyncio would set it only on sockets that name their protocol.)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.origin: str = f"http://{_HOST}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app, lifespan="off", ws="none", log_config=None, access_log=False, server_header=False
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._run, args=(listener,), name="telnyx-sandbox", daemon=True
        )
        self._thread.start()
        self._server.settled.wait()
        if not self._server.started:
            self._thread.join()
            raise RuntimeError("the sandbox's server could not start; its log has the reason")

    def stop(self) -> None:
        """Close every connection and end the thread, within some milliseconds."""
        self._server.stop()
        self._thread.join()

    def _run(self, listener: socket.socket) -> None:
        try:
            with listener:
                self._server.run(sockets=[listener])
        finally:
            self._server.settled.set()


class _Server(uvicorn.Server):
    """A server that signals when it is ready and stops at once; uvicorn polls every 0.1 s."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()
        self._woken = asyncio.Event()

    def stop(self) -> None:
        """Stop; called from another thread."""
        self.should_exit = True
        self._loop.call_soon_threadsafe(self._woken.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.settled.set()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), _TICK)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for _ in range(_ACCEPTING):
            await asyncio.sleep(0)
        # A slow client or a delayed response would hold up a graceful stop.
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # now the connections know that they are closed
        for task in (tasks := list(self.server_state.tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for server in self.servers:
            await server.wait_closed()
