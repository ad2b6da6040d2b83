"""A widget in a browser tab of its own: the page, its scripts, and the way from it to the kernel.

| endpoint | what |
|---|---|
| ``GET /tab/``, ``GET /tab/{room}/`` | the page; there is no secret in it |
| ``GET /tab/tab.js``, ``GET /tab/widget.js`` | its scripts |
| ``POST /tab/open`` | a link's code in, a cookie out |
| ``GET /tab/{room}/open`` | whether the cookie opens the room still |
| ``GET /tab/{room}/socket`` | the tab's end |
| ``GET /v1/tabs`` | the kernel's end, under the token: opens a room, says its code and for how long |

What one end sends comes out at the other as it is. The kernel's end also hears ``{"method": "gone"}`` when
the tab's end is lost. Whoever asks from another origin reads nothing: no answer here allows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path

from aiohttp import WSMsgType, web

from voice_widget.engine.http.bodies import read_json, refused
from voice_widget.engine.http.tabs import LINK_SECONDS, Room, Rooms

PREFIX = "/tab/"
COOKIE = "voice_widget_tab"
HEARTBEAT_SECONDS = 15.0
CLOSE_SECONDS = 2.0
MOST_FRAME_BYTES = 16 << 20
TAKEN_OVER = 4000
"""Another tab has come in with the same key."""
OVER = 4001
"""The kernel has closed the room, or is gone."""
UNUSED = 4002
"""Nobody has used the link in time."""

STATIC = Path(__file__).parents[2] / "static"
SCRIPTS = ("tab.js", "widget.js")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="application-name" content="own tab">
<link rel="icon" href="data:,">
<title>voice_widget</title>
<script type="module" src="/tab/tab.js"></script>
<body></body>
</html>
"""

# Frames of results have a policy of their own, without scripts. A page may post an offer to a service.
POLICY = (
    "default-src 'none'; script-src 'self' blob:; worker-src 'self' blob:; style-src 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src data: blob:; font-src data:; connect-src 'self' http: https: ws: "
    "wss: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Socket = web.WebSocketResponse


class TabPages:
    """The endpoints of tabs.

    Args:
        rooms: Who may come in where.
    """

    def __init__(self, rooms: Rooms[Socket] | None = None) -> None:
        self._rooms = rooms or Rooms()
        self._sockets: set[Socket] = set()

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Let the server have them."""
        router.add_get(PREFIX, self._page)
        for name in SCRIPTS:
            router.add_get(f"{PREFIX}{name}", self._script)
        router.add_post(f"{PREFIX}open", self._enter)
        router.add_get(f"{PREFIX}{{room}}/", self._page)
        router.add_get(f"{PREFIX}{{room}}/open", self._is_open)
        router.add_get(f"{PREFIX}{{room}}/socket", self._tab)

    async def close(self) -> None:
        """Say to all that it is over."""
        for socket in list(self._sockets):
            await _close(socket, OVER)

    # --- for anybody -------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html", headers=HEADERS)

    async def _script(self, request: web.Request) -> web.Response:
        path = STATIC / request.path.rpartition("/")[2]
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        return web.Response(text=text, content_type="text/javascript", headers=HEADERS)

    # --- for who has a code, or its key ------------------------------------------------------------

    async def _enter(self, request: web.Request) -> web.Response:
        code = (await read_json(request)).get("code")
        origin = request.headers.get("Origin", "")
        entered = self._rooms.enter(code, origin) if isinstance(code, str) else None
        if entered is None:
            return refused(
                410, "link_used", "This link was used already, or is older than a minute. Make a new one."
            )
        name, key = entered
        path = f"{PREFIX}{name}/"
        response = web.json_response({"path": path}, headers=HEADERS)
        secure = origin.startswith("https://")
        response.set_cookie(COOKIE, key, path=path, httponly=True, samesite="Strict", secure=secure)
        return response

    async def _is_open(self, request: web.Request) -> web.Response:
        name, key = request.match_info["room"], request.cookies.get(COOKIE, "")
        # A page's own GET has no origin to look at, and learns nothing but this.
        if self._rooms.opens(name, key) is None:
            return _stranger()
        return web.Response(status=204, headers=HEADERS)

    async def _tab(self, request: web.Request) -> web.StreamResponse:
        name, key = request.match_info["room"], request.cookies.get(COOKIE, "")
        room = self._rooms.find(name, key, request.headers.get("Origin", ""))
        if room is None:
            return _stranger()
        socket = _socket()
        if not socket.can_prepare(request):
            return refused(426, "upgrade_required", "Open this address as a WebSocket.")
        await socket.prepare(request)
        self._sockets.add(socket)
        before, room.tab = room.tab, socket
        try:
            if before is not None:
                await _close(before, TAKEN_OVER)
            async for message in socket:
                await _pass_on(message.type, message.data, room.kernel)
        finally:
            self._sockets.discard(socket)
            if room.tab is socket:
                room.tab = None
                await _pass_on(WSMsgType.TEXT, json.dumps({"method": "gone"}), room.kernel)
            await _close(socket, OVER)
        return socket

    # --- for the kernel ----------------------------------------------------------------------------

    async def kernel(self, request: web.Request) -> web.StreamResponse:
        """The kernel's end, who has shown the token."""
        socket = _socket()
        if not socket.can_prepare(request):
            return refused(426, "upgrade_required", "Open this address as a WebSocket.")
        await socket.prepare(request)
        self._sockets.add(socket)
        room, code = self._rooms.open(socket)
        waiting = asyncio.create_task(_unless_used(room), name="link to a tab")
        try:
            await socket.send_str(json.dumps({"code": code, "seconds": LINK_SECONDS}))
            async for message in socket:
                if room.tab is not None:
                    await _pass_on(message.type, message.data, room.tab)
        finally:
            waiting.cancel()
            self._rooms.close(room)
            self._sockets.discard(socket)
            if room.tab is not None:
                await _close(room.tab, OVER)
            await _close(socket, OVER)
        return socket


def _socket() -> Socket:
    return Socket(
        max_msg_size=MOST_FRAME_BYTES, heartbeat=HEARTBEAT_SECONDS, timeout=CLOSE_SECONDS, compress=False
    )


async def _unless_used(room: Room[Socket]) -> None:
    await asyncio.sleep(LINK_SECONDS)
    if room.origin is None:
        await _close(room.kernel, UNUSED)


async def _pass_on(kind: WSMsgType, data: str | bytes, to: Socket) -> None:
    # It may just be closing: then nobody misses it.
    with contextlib.suppress(ConnectionError, RuntimeError):
        if kind is WSMsgType.TEXT and isinstance(data, str):
            await to.send_str(data)
        elif kind is WSMsgType.BINARY and isinstance(data, bytes):
            await to.send_bytes(data)


async def _close(socket: Socket, code: int) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.close(code=code)


def _stranger() -> web.Response:
    return refused(403, "not_your_room", "This talk is open in the tab that has used its link.")
