"""The kernel's end of one tab. On the loop thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from voice_widget.errors import EngineError
from voice_widget.own_tab.frames import packed, unpacked

log = logging.getLogger("voice_widget")

OPEN_S = 5.0
GONE_S = 30.0
"""So long a tab that was lost may come back before its call is hung up."""
MOST_WAITING_BYTES = 64 << 20
"""A tab that leaves so much unread is gone."""

Receive = Callable[[Any, Sequence[bytes]], None]


class Tab:
    """A way to one tab, there from when its link is made until either side ends it.

    Args:
        receive: Takes what the tab says.
        state: What the widget's facts are now.
    """

    def __init__(self, receive: Receive, state: Callable[[], Mapping[str, Any]]) -> None:
        self._receive, self._state = receive, state
        self._waiting: asyncio.Queue[str | bytes] = asyncio.Queue()
        self._bytes = 0
        self._page = ""
        self._gone: asyncio.TimerHandle | None = None
        self._socket: ClientConnection | None = None

    async def open(self, port: int, token: str) -> tuple[str, int]:
        """Connect to the engine; gives the code for the link, and how many seconds that can be used.

        Raises:
            EngineError: It cannot be reached.
        """
        headers = {"Authorization": f"Bearer {token}"}
        try:
            self._socket = await connect(
                f"ws://127.0.0.1:{port}/v1/tabs",
                additional_headers=headers,
                proxy=None,
                compression=None,
                max_size=None,
                open_timeout=OPEN_S,
            )
            data, _ = unpacked(await self._socket.recv())
            return str(data["code"]), int(data["seconds"])
        except (OSError, WebSocketException, TimeoutError, ValueError, TypeError, KeyError) as error:
            raise EngineError(
                f"The engine's process opens no tab: {type(error).__name__}.", next_step="Try once more."
            ) from None

    def send(self, data: Mapping[str, Any], buffers: Sequence[bytes | memoryview] = ()) -> None:
        """Send this after what was given before."""
        frame = packed(data, buffers)
        self._bytes += len(frame)
        if self._bytes > MOST_WAITING_BYTES:
            log.warning("A tab reads nothing; it was let go of.")
            self.close()
        else:
            self._waiting.put_nowait(frame)

    async def run(self) -> None:
        """Carry messages until the tab is over: its link was not used, the engine ended, or `close`."""
        assert self._socket is not None
        writing = asyncio.create_task(self._write(), name="voice_widget tab")
        try:
            async for frame in self._socket:
                with contextlib.suppress(ValueError, RecursionError):
                    self._hear(*unpacked(frame))
        except ConnectionClosed:
            pass
        finally:
            writing.cancel()
            await asyncio.gather(writing, self._socket.close(), return_exceptions=True)
            if self._gone is not None:
                self._gone.cancel()
            self._leave()

    def close(self) -> None:
        """End it."""
        if self._socket is not None:
            self._socket.transport.close()

    async def _write(self) -> None:
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            while True:
                frame = await self._waiting.get()
                self._bytes -= len(frame)
                await self._socket.send(frame)

    def _hear(self, data: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        method = data.get("method")
        if method == "gone":
            self._gone = asyncio.get_running_loop().call_later(GONE_S, self._leave)
            return
        if self._gone is not None:
            self._gone.cancel()
            self._gone = None
        if method == "request_state":
            self.send({"method": "update", "state": self._state(), "buffer_paths": []})
        elif method == "custom":
            content = data.get("content")
            page = content.get("page") if isinstance(content, dict) else None
            if isinstance(page, str) and page != self._page:
                self._leave()  # it is there in the place of the one before
                self._page = page
            self._receive(content, buffers)

    def _leave(self) -> None:
        """The page is not there any more, and could not hang up."""
        page, self._page = self._page, ""
        if page:
            self._receive({"type": "call.hang_up", "page": page, "talk": "", "reason": "page_gone"}, ())
