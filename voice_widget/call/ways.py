"""How a call reaches its service: a peer at the page, a socket with the sound in it, or beside a call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from voice_widget.audio.microphone import Pace
from voice_widget.call.deliveries import future
from voice_widget.call.relay import SECRETS_BY_PAGE, Relay, holds_secrets
from voice_widget.errors import ServiceError, ServiceRefused
from voice_widget.page.failures import page_error
from voice_widget.page.sealing import seal
from voice_widget.realtime.beta import old_client_event
from voice_widget.realtime.context import Recent
from voice_widget.realtime.events import Event
from voice_widget.realtime.masking import masked_event
from voice_widget.realtime.records import Flow
from voice_widget.realtime.settings import SessionConfig
from voice_widget.services import Answer, Connection, Service

LOG = logging.getLogger("voice_widget")
POST_S = 20.0
ATTACH_WAITS_S = (0.2, 0.5, 1.5)
ANSWER_S = 4.0  # for an offer that was on its way when the call was hung up
Direction = Literal["received", "sent", "page", "local"]
Send = Callable[[Iterable[Event]], Awaitable[None]]
Tell = Callable[[Event], None]


@dataclass
class Offer:
    """A page's offer: its SDP (empty by comm), and the key to which a token for it can be sealed."""

    page: str
    request_id: str
    sdp: str
    key: str = ""


class SocketAudio(Protocol):
    """The caller's microphone and playout, where the sound is in the session's socket."""

    def open(self) -> Coroutine[Any, Any, None] | None:
        """Open the microphone; run what this gives, if anything."""
        ...

    async def speak(self, speech: Any, pace: Pace) -> None:
        """Say PCM16 at 24 kHz; returns when all of it has been sent."""
        ...

    async def hear(self, event: Event, *, interrupts: bool) -> None:
        """Take the audio of a server's event; talking over it silences it, if that ``interrupts``."""
        ...

    def advance(self) -> None:
        """Take note of what was played by now."""
        ...

    async def cut(self) -> None:
        """Fall silent, and tell the service where."""
        ...


@runtime_checkable
class PageAudio(SocketAudio, Protocol):
    """The sound at a page: its messages bring the caller's sound and say what was played."""

    def take(self, buffers: Sequence[Any]) -> None:
        """The page's next samples."""
        ...

    def played(self, ms: float, *, cleared: bool = False) -> None:
        """So much has been played."""
        ...

    def after(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this once the service has what the page said before."""
        ...


MakeAudio = Callable[[Connection, Send, Tell], SocketAudio]


class Owner(Protocol):
    """The call, as its path sees it."""

    @property
    def number(self) -> int:
        """The call's number within the widget."""
        ...

    @property
    def seen(self) -> Recent:
        """What the events that came last are known by (`identity`)."""
        ...

    @property
    def heard(self) -> bool:
        """There were events other than the session's."""
        ...

    def observe(self, event: Event, direction: Direction) -> None:
        """Tell what happens."""
        ...

    def joined(self, call_id: str) -> None:
        """The call has its id."""
        ...

    async def send_now(self, events: Iterable[Event]) -> None:
        """Send client events without waiting for a response's end."""
        ...


class Path(Protocol):
    """A way to a service; one per call.

    Attributes:
        audio: Where the sound is in the connection.
        sound_apart: The sound goes another way, and the page says whether it is up.
        speaks_first: Nothing comes by the connection until we have spoken. On the sidebands captured of
            OpenAI and Azure the first event is ``session.updated``, in answer to ``session.update``.
    """

    audio: SocketAudio | None
    sound_apart: bool
    speaks_first: bool

    async def open(self, owner: Owner) -> Connection:
        """Reach the service. Raises a `VoiceWidgetError`."""
        ...

    def greeting(self, config: SessionConfig) -> Event:
        """The session of the ``session.update`` with which we begin."""
        ...

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The connection broke (no error: it was closed): follow the call in another way, if there is one."""
        ...

    async def release(self) -> None:
        """The call is over: let go of what is at the service."""
        ...


class PeerPath:
    """The sound goes between page and service; the kernel follows by a sideband, or by what the page relays.

    Args:
        service: Who is called.
        config: The session's settings; they go with the offer, or with the token for it.
        offer: The page's offer.
        flow: ``"unified"``: we post the offer. ``"ephemeral"``: the page does, with a token sealed to it.
        page: Sends a message to the pages.
        reply: Answers the page's offer.
    """

    audio: SocketAudio | None = None
    sound_apart = True

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        offer: Offer,
        page: Callable[[dict[str, Any], list[Any] | None], None],
        reply: Callable[[dict[str, Any]], None],
        flow: Flow = "unified",
    ) -> None:
        self._service, self._config, self._offer, self._flow = service, config, offer, flow
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
            # Not cancelled by a hang-up: the call may exist already, and only its answer says which it is.
            self._answer = asyncio.create_task(self._service.answer(self._offer.sdp, self._config))
            try:
                answer = await asyncio.shield(self._answer)
            except asyncio.CancelledError:
                asyncio.get_running_loop().call_later(ANSWER_S, self._answer.cancel)
                raise
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

    def greeting(self, config: SessionConfig) -> Event:
        """All settings, though they went with the offer: not every service reads them there."""
        return _settings(config)

    def _keep_secrets(self) -> None:
        """By the page go the settings too, and not to that page only."""
        if holds_secrets(self._config.session()):
            raise ServiceError(**SECRETS_BY_PAGE)

    def posted(self, call_id: str) -> None:
        """The page has posted its offer and got an answer."""
        if not self._posted.done():
            self._posted.set_result(call_id)

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
        sealed = seal(secret.value, key=self._offer.key, request_id=self._offer.request_id, url=secret.url)
        self._reply({"type": "secret", "call": owner.number, **sealed})
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


class SocketPath:
    """The session's socket carries the sound; the caller is made of samples, or sits at a page.

    Args:
        service: Who is called.
        config: The session's settings.
        audio: Makes the caller's microphone and playout.
        opened: Told once the session's socket is there, with the call's number.
        sound_apart: Microphone and playout are a page's, which says when they are there.
    """

    audio: SocketAudio | None = None
    speaks_first = False

    def __init__(
        self,
        service: Service,
        config: SessionConfig,
        *,
        audio: MakeAudio,
        opened: Callable[[int], None] = lambda number: None,
        sound_apart: bool = False,
    ) -> None:
        self._service, self._config, self._make_audio, self._opened = service, config, audio, opened
        self.sound_apart = sound_apart

    async def open(self, owner: Owner) -> Connection:
        """Open the session's socket."""
        connection = await self._service.connect(session=self._config)
        self.audio = self._make_audio(connection, owner.send_now, lambda event: owner.observe(event, "local"))
        self._opened(owner.number)
        return connection

    def greeting(self, config: SessionConfig) -> Event:
        """All settings: the socket was opened without them."""
        return _settings(config)

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The session was in the socket and ended with it."""
        return None

    async def release(self) -> None:
        """The socket was all there was."""


class JoinedPath:
    """Beside a call that runs: followed and steered by its sideband, without sound of our own.

    Args:
        service: Whose call it is.
        call_id: Its id there.
    """

    audio: SocketAudio | None = None
    sound_apart = False
    speaks_first = True

    def __init__(self, service: Service, call_id: str) -> None:
        self._service, self._call_id = service, call_id

    async def open(self, owner: Owner) -> Connection:
        """Attach the sideband."""
        connection = await attached(self._service, self._call_id)
        owner.joined(self._call_id)
        return connection

    def greeting(self, config: SessionConfig) -> Event:
        """Nothing but the question what is in force: the settings are those of who made the call."""
        return {"type": "realtime"}

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """A sideband that was closed says that the call has ended; one that broke is attached again."""
        if error is None:
            return None
        with contextlib.suppress(ServiceError):
            return await self._service.connect(call_id=self._call_id)
        return None

    async def release(self) -> None:
        """Leaving does not end the call."""


async def attached(service: Service, call_id: str) -> Connection:
    """A sideband to a call, which may be known a moment after it was made only."""
    for wait_s in ATTACH_WAITS_S:
        try:
            return await service.connect(call_id=call_id)
        except ServiceRefused as error:
            if error.code not in ("not_found", "call_not_found"):
                raise
        await asyncio.sleep(wait_s)
    return await service.connect(call_id=call_id)


def _settings(config: SessionConfig) -> Event:
    settings: Event = config.session()
    settings.pop("model", None)  # chosen by the address, and never changeable afterwards
    return settings
