"""All tabs of a widget, and the links that lead to them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from voice_widget.errors import SettingError, shown
from voice_widget.own_tab.link import TabLink
from voice_widget.own_tab.tab import Receive, Tab
from voice_widget.page.tunnels import is_local
from voice_widget.services import Service
from voice_widget.services.engine_child import EngineChild, release, shared
from voice_widget.services.local import Local
from voice_widget.talk.run import closed
from voice_widget.threads import loop as loops

Buffers = Sequence[bytes | memoryview]

_METHODS = ("update", "custom")


class Tabs:
    """The tabs of a widget. Its methods may be called from any thread.

    Args:
        service: Who is called. If it is the embedded engine, that serves the tabs; else a process like it,
            without what hears and speaks, which all widgets of the kernel share.
        receive: Takes what a tab says, on the loop thread.
        facts: The names of what a tab is told of the widget's state.
        read: Gives the values of these.
    """

    def __init__(
        self,
        service: Service,
        receive: Receive,
        facts: Sequence[str],
        read: Callable[[Sequence[str]], Mapping[str, Any]],
    ) -> None:
        self._service, self._receive, self._facts = service, receive, frozenset(facts)
        self._state = lambda: read(facts)
        self._tabs: dict[Tab, asyncio.Task[None]] = {}
        self._door: EngineChild | None = None
        self._closed = False

    def link(self, at: str | None = None) -> Future[TabLink]:
        """A link that opens a tab once.

        Args:
            at: Where a tunnel of the user's begins that leads to the engine; by default the engine's own
                address, which only this computer reaches.

        Raises:
            SettingError: ``at`` is no address, or one whose pages get no microphone.
        """
        return loops.submit(self._link(None if at is None else _origin(at)))

    def send(self, data: Mapping[str, Any], buffers: Buffers | None) -> None:
        """Send to all tabs what a comm sends."""
        if self._tabs and data.get("method") in _METHODS:
            loops.loop().call_soon_threadsafe(self._send, data, [bytes(buffer) for buffer in buffers or ()])

    def close(self) -> Future[None]:
        """End all tabs, and let the process go that served them."""
        return loops.submit(self._close())

    # --- on the loop ---

    async def _link(self, at: str | None) -> TabLink:
        if self._closed:
            raise closed()
        engine = await self._engine()
        tab = Tab(self._receive, self._state)
        code, seconds = await tab.open(engine.port, engine.token)
        if self._closed:
            tab.close()
            raise closed()
        task = self._tabs[tab] = asyncio.create_task(tab.run(), name="voice_widget tab")
        task.add_done_callback(lambda _: self._tabs.pop(tab, None))
        return TabLink(at or f"http://127.0.0.1:{engine.port}", code, engine.port, seconds)

    async def _engine(self) -> EngineChild:
        if isinstance(self._service, Local):
            return await self._service.engine()
        if self._door is None:
            self._door = shared(None)
        await self._door.listen()
        return self._door

    def _send(self, data: Mapping[str, Any], buffers: Sequence[bytes]) -> None:
        if data["method"] == "update":
            # What makes a notebook's view, as the page's script, a tab has of its own.
            state = {name: value for name, value in data["state"].items() if name in self._facts}
            data = {"method": "update", "state": state, "buffer_paths": []}
            if not state:
                return
        for tab in list(self._tabs):
            tab.send(data, buffers)

    async def _close(self) -> None:
        self._closed = True
        tabs = dict(self._tabs)
        for tab in tabs:
            tab.close()
        if tabs:
            await asyncio.wait(tabs.values(), timeout=1)
        door, self._door = self._door, None
        if door is not None:
            await release(door)


def _origin(at: str) -> str:
    parts = urlsplit(at.strip()) if isinstance(at, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise SettingError(
            f"{shown(at)} is no address at which a tab can be opened.",
            next_step='Give where your tunnel begins, as `w.own_tab("https://example.org")`.',
        )
    if parts.scheme == "http" and not is_local(parts.hostname or ""):
        raise SettingError(
            f"A page from {shown(at)} gets no microphone: it has to come by https, or from localhost.",
            next_step='Use a tunnel that has https, as `w.own_tab("https://example.org")`.',
        )
    return f"{parts.scheme}://{parts.netloc}"
