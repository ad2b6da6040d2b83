"""The way by a page's peer: the sound goes between page and service, the kernel follows beside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from voice_widget.call.deliveries import future
from voice_widget.call.ice import Ice, answered
from voice_widget.call.relay import SECRETS_BY_PAGE, Relay, holds_secrets
from voice_widget.call.ways import (
    Leg,
    Offer,
    Owner,
    Path,
    SendOne,
    SocketAudio,
    Way,
    all_settings,
    attached,
)
from voice_widget.errors import ServiceError, ServiceRefused
from voice_widget.page.failures import page_error
from voice_widget.page.sealing import sealed
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.records import Flow
from voice_widget.realtime.wire.beta import old_client_event
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.masking import masked_event
from voice_widget.services import Answer, Connection, Service

LOG = logging.getLogger("voice_widget")
POST_S = 20.0
ANSWER_S = 4.0  # for an offer that was on its way when the call was hung up


class ByPeer:
    """A page's peer.

    Args:
        flow: Who hands the page's offer to the service.
        fallback: How a run goes on whose page finds no path; None: it fails.
        ice: By which servers a way is looked for; None: by none.
    """

    transport = "webrtc"
    by_page = ours = hushed_by_page = True
    call_id = ""

    def __init__(self, flow: Flow, fallback: Way | None = None, ice: Ice | None = None) -> None:
        self.flow, self.fallback, self.ice = flow, fallback, ice
        self.hands_over = flow == "unified"

    def check(self, service: Service) -> None:
        """Raises a `ServiceRefused` where the service answers no offers."""
        if not service.capabilities.webrtc:
            raise ServiceRefused(
                f"The {service.name} takes no offer of a page.",
                code="no_webrtc_service",
                next_step='Leave transport out, or choose "memory" or "comm".',
            )

    def path(self, leg: Leg) -> Path:
        """The path of one call."""
        assert leg.offer is not None
        return PeerPath(
            leg.service,
            leg.config,
            offer=leg.offer,
            flow=self.flow,
            page=leg.page,
            reply=leg.reply,
            ahead=leg.answer,
            ice=self.ice,
        )


class PeerPath:
    """The sound goes between page and service; the kernel follows by a sideband, or by what the page relays.

    Args:
        service: Who is called.
        config: The session's settings; they go with the offer, or with the token for it.
        offer: The page's offer.
        flow: ``"unified"``: we post the offer. ``"ephemeral"``: the page does, with a token sealed to it.
        page: Sends a message to the pages.
        reply: Answers the page's offer.
        ahead: The service's answer, where it was asked before.
        ice: By which servers a way is looked for.
    """

    audio: SocketAudio | None = None
    sound_apart = True
    shared = False

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        offer: Offer,
        page: Callable[[dict[str, Any], list[Any] | None], None],
        reply: Callable[[dict[str, Any]], None],
        flow: Flow = "unified",
        ahead: Answer | None = None,
        ice: Ice | None = None,
    ) -> None:
        self._service, self._config, self._offer, self._flow = service, config, offer, flow
        self._ahead, self._ice = ahead, ice
        self._page, self._reply = page, reply
        self._old = service.capabilities.dialect == "beta"
        self._call_id = ""
        self._posted: asyncio.Future[str] = future()
        self._answer: asyncio.Task[Answer] | None = None
        self._owner: Owner | None = None
        self.relay: Relay | None = None
        self.speaks_first = False

    async def open(self, owner: Owner) -> Connection:
        """Get the offer answered, and follow the call."""
        self._owner = owner
        capabilities = self._service.capabilities
        if not capabilities.sideband:
            self._keep_secrets()  # while nothing has happened
        if self._flow == "ephemeral":
            self._call_id = await self._let_the_page_post(owner)
        else:
            answer = self._ahead or await self._ask()
            self._call_id = answer.call_id or ""
            self._reply({"type": "answer", "call": owner.number, "sdp": answer.sdp})
        connection: Connection | None = None
        if self._call_id and capabilities.sideband:
            try:
                connection = await attached(self._service, self._call_id)
            except ServiceError as error:
                if capabilities.kernel_agent:
                    raise
                LOG.info("No sideband (%s); the page relays the events.", error.code)
        elif capabilities.kernel_agent:
            raise ServiceError(
                "The service offers no way to follow the call, and its answers are made here.",
                code="no_sideband",
                next_step='Use flow="unified".'
                if self._flow == "ephemeral"
                else "Its answer to an offer must name the call (Location).",
            )
        if self._call_id:
            owner.joined(self._call_id)
        self.speaks_first = connection is not None
        if connection is None:
            self._keep_secrets()
            self.relay = connection = self._relay(owner)
            self.relay.ask(after=0)
        return connection

    async def _ask(self) -> Answer:
        # Not cancelled by a hang-up: the call may exist already, and only its answer says which it is.
        asked = answered(self._service, self._offer.sdp, self._config, self._ice)
        self._answer = asyncio.create_task(asked)
        try:
            return await asyncio.shield(self._answer)
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(ANSWER_S, self._answer.cancel)
            raise

    def greeting(self, config: SessionConfig) -> Event:
        """All settings, though they went with the offer: not every service reads them there."""
        return all_settings(config)

    def _keep_secrets(self) -> None:
        """By the page go the settings too, and not to that page only."""
        if holds_secrets(self._config.session()):
            raise ServiceError(**SECRETS_BY_PAGE)

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take that the page has posted its offer and got an answer, or the events that it relays."""
        match message["type"]:
            case "call.posted" if not self._posted.done():
                self._posted.set_result(message["call_id"])
            case "relay.events" if self.relay is not None:
                self.relay.feed(message["first"], message["lost"], message["events"])

    def send_for_page(self, event: Event, send: SendOne) -> Coroutine[Any, Any, None]:
        """Send a client event that the page cannot send by itself: run what this gives."""
        return send(event)

    async def _let_the_page_post(self, owner: Owner) -> str:
        if not self._offer.key:
            raise page_error("cannot_unseal")
        secret = await self._service.secret(self._config)
        if not secret.url:
            raise ServiceError(
                "The service does not say where a page posts its offer.",
                code="no_post_address",
                next_step='Use flow="unified".',
            )
        message = await sealed(
            secret.value, key=self._offer.key, request_id=self._offer.request_id, url=secret.url
        )
        self._reply({"type": "secret", "call": owner.number, **message})
        try:
            async with asyncio.timeout(POST_S):
                return await self._posted
        except TimeoutError:
            raise page_error("post_timeout") from None

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The sound may be well although the sideband broke: follow on by another one, or by the page."""
        assert self._owner is not None
        alive = getattr(self._service, "alive", True)  # an engine that died has no calls to go back to
        if self.relay is not None or not alive:
            return None
        if self._service.capabilities.kernel_agent:
            # It asks for its answers over a sideband, and only there.
            with contextlib.suppress(ServiceError):
                return await self._service.connect(call_id=self._call_id)
            return None
        self.relay, self.speaks_first = self._relay(self._owner), False
        if await self.relay.take_over(self._owner.seen, anything=self._owner.heard):
            return self.relay
        await self.relay.close()
        return None

    def _relay(self, owner: Owner) -> Relay:
        return Relay(
            owner.number,
            self._page,
            translate=old_client_event if self._old else dict,
            clean=getattr(self._service, "clean", masked_event),
        )

    async def release(self) -> None:
        """End the call at the service."""
        if not self._call_id and self._answer is not None:
            await asyncio.wait({self._answer})
            if not self._answer.cancelled() and self._answer.exception() is None:
                self._call_id = self._answer.result().call_id or ""
        if self._call_id:
            await self._service.hangup(self._call_id)
