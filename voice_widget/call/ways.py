"""How a call reaches its service: the contract of a way, and what all of them share.

`by_peer`: a peer at the page. `by_socket`: a socket with the sound in it. `joined`: beside a call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from voice_widget.audio.microphone import Pace
from voice_widget.audio.tape import Sound
from voice_widget.call.ice import Ice
from voice_widget.errors import ServiceError, ServiceRefused
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.context import Seen
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Answer, Connection, Service

ATTACH_WAITS_S = (0.2, 0.5, 1.5)
Direction = Literal["received", "sent", "page", "local"]
Send = Callable[[Iterable[Event]], Awaitable[None]]
Tell = Callable[[Event], None]
Page = Callable[[dict[str, Any], "list[Any] | None"], None]
SendOne = Callable[[Event], Coroutine[Any, Any, None]]


class Offer(NamedTuple):
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

    @property
    def clock_ms(self) -> float:
        """How far the call's audio clock is, in milliseconds."""
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

    async def cut(self, *, refuse: bool = True) -> None:
        """Fall silent, and tell the service where.

        ``refuse``: also for what is still being made, and for answers that follow; else these sound next.
        """
        ...

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take a page's sound, or what it has played."""
        ...

    def send_for_page(self, event: Event, send: SendOne) -> Coroutine[Any, Any, None] | None:
        """Send a client event for a page, after the sound before it; run what this gives, if anything."""
        ...


IsAside = Callable[[Event], bool]
MakeAudio = Callable[[Connection, Send, Tell, IsAside], SocketAudio]


class Sent(Protocol):
    """What the call has sent."""

    def is_aside(self, response: Event) -> bool:
        """The response that begins is made beside the conversation."""
        ...


class Owner(Protocol):
    """The call, as its path sees it."""

    @property
    def number(self) -> int:
        """The call's number within the widget."""
        ...

    @property
    def outbox(self) -> Sent:
        """What goes to the service."""
        ...

    @property
    def seen(self) -> Seen:
        """The events that came last."""
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
        shared: The call is another client's, which may have tools of its own and change the session too.
        speaks_first: Nothing comes by the connection until we have spoken. On the sidebands captured of
            OpenAI and Azure the first event is ``session.updated``, in answer to ``session.update``.
    """

    audio: SocketAudio | None
    sound_apart: bool
    shared: bool
    speaks_first: bool

    async def open(self, owner: Owner) -> Connection:
        """Reach the service. Raises a `VoiceWidgetError`."""
        ...

    def greeting(self, config: SessionConfig) -> Event:
        """The session of the ``session.update`` with which we begin."""
        ...

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take what the page that holds the call says of it, as far as that concerns this way."""
        ...

    def send_for_page(self, event: Event, send: SendOne) -> Coroutine[Any, Any, None] | None:
        """Send a client event that the page cannot send by itself; run what this gives, if anything."""
        ...

    async def lost(self, error: ServiceError | None) -> Connection | None:
        """The connection broke (no error: it was closed): follow the call in another way, if there is one."""
        ...

    async def release(self) -> None:
        """The call is over: let go of what is at the service."""
        ...


class Leg(NamedTuple):
    """What the path of one call is made of.

    Attributes:
        service: Who is called.
        config: The session's settings.
        number: The call's number within the widget.
        page: Sends a message to the pages.
        reply: Answers the page's offer.
        offer: The page's offer, where one is needed.
        sound: Keeps what is said and heard, where the kernel has it; None: nobody does.
        answer: The offer was answered before the call.
    """

    service: Service
    config: SessionConfig
    number: int
    page: Page
    reply: Callable[[dict[str, Any]], None]
    offer: Offer | None = None
    sound: Sound | None = None
    answer: Answer | None = None


class Way(Protocol):
    """How the calls of a run go; asked for all that depends on it.

    Attributes:
        transport: What the session knows of the caller's audio.
        by_page: A page has the microphone: it is asked for its offer, and told of the end.
        ours: The calls are made and ended by us, with settings and a history of our own.
        hushed_by_page: The page that holds the call silences an answer by itself.
        hands_over: We hand the page's offer to the service.
        call_id: Of the call that is followed; empty: they are ours.
        fallback: How a run goes on whose page finds no path so; None: it fails.
        ice: The servers by which a page's peer looks for a way; None: there are none.
    """

    transport: str
    by_page: bool
    ours: bool
    hushed_by_page: bool
    hands_over: bool
    call_id: str
    fallback: Way | None
    ice: Ice | None

    def check(self, service: Service) -> None:
        """Raises a `ServiceError` where the service cannot be called so."""
        ...

    def path(self, leg: Leg) -> Path:
        """The path of one call."""
        ...


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


def all_settings(config: SessionConfig) -> Event:
    """The settings as they are sent once the call is there."""
    settings: Event = config.session()
    settings.pop("model", None)  # chosen by the address, and never changeable afterwards
    return settings
