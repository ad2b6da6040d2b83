"""The engine's HTTP and WebSocket endpoints: OpenAI's Realtime API on a loopback address.

| endpoint | what |
|---|---|
| ``POST /v1/realtime/calls`` | an offer in, an answer and ``Location`` out |
| ``POST /v1/realtime/calls/{id}/hangup`` | ends a call, as ``DELETE`` on its ``Location`` does |
| ``POST /v1/realtime/client_secrets`` | a short-lived secret for a page |
| ``GET /v1/realtime?model=`` | a session socket |
| ``GET /v1/realtime?call_id=`` | a sideband (``&agent=kernel``: the one that answers) |
| ``GET /healthz`` | whether the stages are warm, and how many sessions run |
| ``POST /v1/realtime/sessions`` | the older way to a secret |
| ``POST /v1/realtime?model=`` | the older way to an answer |
| ``GET /v1/tabs`` | opens a tab for a kernel's widget; ``/tab/`` is that tab's (`TabPages`) |

Who comes by the older ways, or asks for them (`Access.dialect`), hears the events' older names.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import WSMsgType, web

from voice_widget.engine.conversation.plans import check_instructions
from voice_widget.engine.http.access import (
    OLD_SUBPROTOCOL,
    SECRET_SECONDS,
    SUBPROTOCOL_KEY,
    Access,
    Grant,
    Secret,
    asked_dialect,
    credential_of,
)
from voice_widget.engine.http.bodies import allow, code_of, no_call, read_json, refused
from voice_widget.engine.http.calls import Call, Calls
from voice_widget.engine.http.door import Bounds, Door
from voice_widget.engine.http.offers import read_offer
from voice_widget.engine.http.servers import read_servers
from voice_widget.engine.http.sockets import Socket
from voice_widget.engine.http.tab_pages import PREFIX, TabPages
from voice_widget.engine.media.peer import is_exhausted
from voice_widget.engine.media.sinks import Sink
from voice_widget.engine.pipeline import Pipeline
from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.beta import Dialect, old_session
from voice_widget.realtime.wire.events import new_id

MOST_BODY_BYTES = 1 << 20
MOST_FRAME_BYTES = 16 << 20
HEARTBEAT_SECONDS = 30.0

log = logging.getLogger(__name__)
# aiohttp names the subprotocols of which it knows none, and a credential may be one of them.
logging.getLogger("aiohttp.websocket").addFilter(lambda record: SUBPROTOCOL_KEY not in record.getMessage())

OLD_SECRET_SECONDS = 60
"""So long a secret lived in the older way."""

_STATUS = {"too_many_sessions": 429, "forbidden": 403}


class Server:
    """Listens, lets in who may, and hands over to `Calls`.

    Args:
        access: Who may.
        calls: The calls and sessions.
        bounds: What the door puts up with.
        of_kernel: Who has the token started us: what it gives us to connect to is asked, and its widgets may
            be shown in tabs.
    """

    def __init__(
        self, access: Access, calls: Calls, bounds: Bounds | None = None, *, of_kernel: bool = False
    ) -> None:
        self._access, self._of_kernel = access, of_kernel
        self._bounds = bounds or Bounds()
        self._door: Door | None = None
        self._calls = calls
        self._tabs = TabPages() if of_kernel else None
        self._sockets: set[Socket] = set()
        self._runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen. Returns the port, which is a free one if none was asked for."""
        app = web.Application(client_max_size=MOST_BODY_BYTES, middlewares=[self._admit])
        app.router.add_post("/v1/realtime/calls", self._call)
        app.router.add_post("/v1/realtime/calls/{call_id}/hangup", self._hang_up)
        app.router.add_delete("/v1/realtime/calls/{call_id}", self._hang_up)
        app.router.add_post("/v1/realtime/client_secrets", self._secret)
        app.router.add_get("/v1/realtime", self._socket)
        app.router.add_get("/healthz", self._health)
        app.router.add_post("/v1/realtime/sessions", self._old_secret)
        app.router.add_post("/v1/realtime", self._old_call)
        if self._tabs is not None:
            app.router.add_get("/v1/tabs", self._kernels_tab)
            self._tabs.add_to(app.router)
        # aiohttp would log what is no HTTP with the header that is wrong in it, which may hold a credential.
        quiet = logging.getLogger(f"{__name__}.http")
        quiet.setLevel(logging.CRITICAL)
        self._runner = web.AppRunner(
            app, access_log=None, logger=quiet, shutdown_timeout=1.0, lingering_time=1.0
        )
        await self._runner.setup()
        serve = self._runner.server
        assert serve is not None
        self._door = Door(serve, self._bounds)
        return await self._door.open(host, port)

    async def close(self) -> None:
        """End all calls and sessions and stop listening."""
        await self._calls.close()
        for socket in list(self._sockets):
            socket.hang_up(1001)
        if self._tabs is not None:
            await self._tabs.close()
        if self._door is not None:
            await self._door.close()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- who may --------------------------------------------------------------------------------------

    @web.middleware
    async def _admit(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        assert self._door is not None
        with self._door.serving(request.transport):
            return await self._let_in(request, handler)

    async def _let_in(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        if self._of_tab(request):
            # Who may there, a code or a key says, and of another origin nobody reads an answer.
            return await self._handle(request, handler)
        origin = request.headers.get("Origin")
        if not self._access.allows_origin(origin):
            return refused(403, "origin_not_allowed", "Pages of this origin may not use this engine.")
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response: web.StreamResponse = web.Response(status=204)
        else:
            response = await self._handle(request, handler)
        if not response.prepared:
            allow(request, response, origin)
        return response

    async def _handle(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        try:
            if not self._of_tab(request):
                self._grant(request)
            return await handler(request)
        except ProtocolError as error:
            return refused(_STATUS.get(error.code, 400), error.code, str(error), error.param)
        except web.HTTPRequestEntityTooLarge as error:
            return refused(413, "request_too_large", error.text or error.reason)
        except web.HTTPUnauthorized:
            return refused(
                401, "invalid_api_key", "This needs the engine's token, or a secret that has not expired."
            )
        except web.HTTPException as error:
            return refused(
                error.status, code_of(error.reason), f"{error.reason}: {request.method} {request.path}."
            )
        except asyncio.CancelledError:
            raise
        except web.RequestPayloadError:
            return refused(400, "invalid_body", "The body is not what its headers say.")
        except ConnectionError:
            # Nobody reads this; raised, it would be a traceback in the log for each client that leaves.
            return refused(400, "connection_lost", "The connection was lost.")
        except Exception as error:
            if is_exhausted(error):
                message = "This engine can open no more sockets. Hang up other calls, or allow it more files."
                return refused(503, "out_of_sockets", message)
            log.exception("%s %s failed.", request.method, request.path)
            return refused(500, "internal_error", "The engine made a mistake.")

    def _of_tab(self, request: web.Request) -> bool:
        return self._tabs is not None and request.path.startswith(PREFIX)

    def _grant(self, request: web.Request) -> Grant:
        credential = credential_of(request.headers.get("Authorization"), _subprotocols(request))
        grant = self._access.check(credential)
        if grant is None:
            raise web.HTTPUnauthorized
        return grant

    # --- endpoints ------------------------------------------------------------------------------------

    async def _call(self, request: web.Request) -> web.Response:
        return await self._answer(request, self._grant(request).dialect)

    async def _old_call(self, request: web.Request) -> web.Response:
        return await self._answer(request, "beta")

    async def _answer(self, request: web.Request, dialect: Dialect) -> web.Response:
        offer, session = await read_offer(request)
        grant = self._grant(request)
        config = _config(grant.session, request.query.get("model"), session)
        servers = read_servers(request.headers) if self._of_kernel and grant.full else ()
        call, answer = await self._calls.answer(offer, config, dialect=dialect, ice_servers=servers)
        return web.Response(
            status=201,
            text=answer,
            content_type="application/sdp",
            headers={"Location": f"/v1/realtime/calls/{call.call_id}"},
        )

    async def _hang_up(self, request: web.Request) -> web.Response:
        if not await self._calls.hang_up(request.match_info["call_id"]):
            return no_call()
        return web.Response(status=200)

    async def _secret(self, request: web.Request) -> web.Response:
        self._only_the_token(request)
        body = await read_json(request)
        seconds = _seconds(body, 600, "expires_after")
        session = {} if body.get("session") is None else body["session"]
        if not isinstance(session, Mapping):
            raise ProtocolError("`session` must be an object.", code="invalid_value", param="session")
        secret, shown = self._mint(session, seconds, "current")
        return web.json_response(
            {"value": secret.value, "expires_at": secret.expires_at, "session": shown},
        )

    async def _old_secret(self, request: web.Request) -> web.Response:
        self._only_the_token(request)
        body = await read_json(request)
        asked = body.pop("client_secret", None) or {}
        if not isinstance(asked, Mapping):
            raise ProtocolError(
                "`client_secret` must be an object.", code="invalid_value", param="client_secret"
            )
        seconds = _seconds(asked, OLD_SECRET_SECONDS, "client_secret.expires_after")
        secret, shown = self._mint(body, seconds, "beta")
        token = {"value": secret.value, "expires_at": secret.expires_at}
        return web.json_response({**old_session(shown), "client_secret": token})

    def _only_the_token(self, request: web.Request) -> None:
        if not self._grant(request).full:
            raise ProtocolError("A secret cannot make secrets; use the engine's token.", code="forbidden")

    def _mint(
        self, session: Mapping[str, Any], seconds: int, dialect: Dialect
    ) -> tuple[Secret, dict[str, Any]]:
        config = _config({}, None, session)
        self._calls.check_voice(config)
        secret = self._access.mint(config.session(), seconds, dialect=dialect)
        return secret, config.full(new_id("sess"), 0)

    async def _kernels_tab(self, request: web.Request) -> web.StreamResponse:
        self._only_the_token(request)
        assert self._tabs is not None
        return await self._tabs.kernel(request)

    async def _health(self, request: web.Request) -> web.Response:
        keeper, running = self._calls.keeper, self._calls.running
        report = {"voices": keeper.report.voices, "missing": dict(keeper.report.missing)}
        return web.json_response({"warm": keeper.warm, **report, "sessions": running})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        grant = self._grant(request)
        intent = request.query.get("intent", "realtime")
        if intent not in ("realtime", "conversation"):
            message = f"A session of intent {intent!r} is not possible here."
            return refused(400, "invalid_value", message, "intent")
        kernel = request.query.get("agent") == "kernel"
        if kernel and not grant.full:
            return refused(403, "forbidden", "Only the engine's token may answer for the agent.")
        ws = web.WebSocketResponse(
            protocols=("realtime", OLD_SUBPROTOCOL),
            max_msg_size=MOST_FRAME_BYTES,
            heartbeat=HEARTBEAT_SECONDS,
            compress=False,
        )
        if not ws.can_prepare(request):
            return refused(426, "upgrade_required", "Open this address as a WebSocket.")
        beta = grant.dialect == "beta" or asked_dialect(request.headers, _subprotocols(request)) == "beta"
        socket = Socket(ws, "beta" if beta else "current")
        call_id = request.query.get("call_id")
        if call_id is not None:
            call = self._calls.get(call_id)
            if call is None:
                return no_call()
            await self._sideband(request, socket, call, kernel)
        else:
            config = _config(grant.session, request.query.get("model"), {})
            await self._session(request, socket, config, kernel)
        return ws

    async def _sideband(self, request: web.Request, socket: Socket, call: Call, kernel: bool) -> None:
        sink = socket.sink(kernel=kernel, sideband=True)
        call.sockets.add(socket.hang_up)
        try:
            await self._serve(request, socket, call.pipeline, sink)
        finally:
            call.sockets.discard(socket.hang_up)
            call.pipeline.detach(sink)
            await socket.close()

    async def _session(
        self, request: web.Request, socket: Socket, config: SessionConfig, kernel: bool
    ) -> None:
        pipeline = self._calls.session(config, lambda code: socket.hang_up())
        try:
            await self._serve(request, socket, pipeline, socket.sink(kernel=kernel, sideband=False))
        finally:
            self._calls.release(pipeline)
            await socket.close()

    async def _serve(self, request: web.Request, socket: Socket, pipeline: Pipeline, sink: Sink) -> None:
        self._sockets.add(socket)
        try:
            await socket.start(request)
            pipeline.attach(sink)
            async for message in socket.ws:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    pipeline.receive(message.data, sink)
        finally:
            self._sockets.discard(socket)


def _subprotocols(request: web.Request) -> list[str]:
    return [name.strip() for name in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]


def _seconds(body: Mapping[str, Any], default: int, name: str) -> int:
    """How long the secret is to live."""
    asked = body.get("expires_after") or {}
    seconds = asked.get("seconds", default) if isinstance(asked, Mapping) else None
    if type(seconds) is not int or not SECRET_SECONDS[0] <= seconds <= SECRET_SECONDS[1]:
        shortest, longest = SECRET_SECONDS
        raise ProtocolError(
            f"`{name}.seconds` must be a number from {shortest} to {longest}.",
            code="invalid_value",
            param=f"{name}.seconds",
        )
    return seconds


def _config(first: Mapping[str, Any], model: str | None, session: Mapping[str, Any]) -> SessionConfig:
    """The settings that a session begins with: the secret's, then what is asked for with the request."""
    config = SessionConfig.from_session(first)
    if session:
        config = config.merged({"type": "realtime", **session})
    if model and config.model is None:
        config = config.merged({"type": "realtime", "model": model})
    check_instructions(config)
    return config
