"""What can be called, and the contract of a service: anything that speaks the Realtime protocol.

The embedded engine as its client sees it, the scripted double, OpenAI and what is like it. What a call does
with a service does not belong here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import Event


@dataclass(frozen=True)
class Capabilities:
    """What a service can do; the kernel asks this instead of the service's type.

    Attributes:
        webrtc: It answers offers (``answer``).
        sideband: A WebSocket can follow and steer a call made by ``answer``.
        secrets: It mints short-lived tokens (``secret``).
        verbatim: It speaks ``response.text`` of ``response.create`` to the letter.
        kernel_agent: It asks the kernel for its replies (our engine).
        images: It sees the images of a user's item (``input_image``).
        pauses: It has an answer paused that the kernel plays, until it knows whether a sound over it was an
            interruption. For that it wants to be told when one sounds.
        voice_activity: It tells how likely there is speech, for so long as it is asked to.
        answers_ahead: An offer may be answered before anybody calls: it costs nothing, and is soon forgotten.
        ice_servers: ``answer`` takes those of the widget (``ice_servers=``), for its own end.
        voices: The voices it is known to have; empty: any string may be tried.
        any_voice: Others than the known ones may be tried as well.
        dialect: ``"beta"``: its calls speak the protocol from before general availability. Who sends it
            events by another way than ``connect`` words them with `realtime.wire.beta.old_client_event`; and
            an offer went without settings, which have to be sent once the call is there.
    """

    webrtc: bool = False
    sideband: bool = False
    secrets: bool = False
    verbatim: bool = False
    kernel_agent: bool = False
    images: bool = False
    pauses: bool = False
    voice_activity: bool = False
    answers_ahead: bool = False
    ice_servers: bool = False
    voices: tuple[str, ...] = ()
    any_voice: bool = False
    dialect: str = "current"


class Answer(NamedTuple):
    """The answer to an offer."""

    sdp: str
    call_id: str | None = None


@dataclass(frozen=True)
class Secret:
    """A short-lived token. Its value never appears in a repr.

    Attributes:
        value: The token.
        url: Where a page posts its offer with it.
    """

    value: str = field(repr=False)
    url: str = ""


class Connection(Protocol):
    """One open session socket: iterate it for the server's events, send the client's."""

    def __aiter__(self) -> AsyncIterator[Event]:
        """The server's events, parsed, until the socket closes."""
        ...

    async def send(self, event: Event) -> None:
        """Send one client event."""
        ...

    async def close(self) -> None:
        """Close the socket; the iteration ends. Safe to call twice."""
        ...


class Service(Protocol):
    """Anything that speaks the Realtime protocol. All methods run on the loop thread."""

    @property
    def name(self) -> str:
        """How the panel calls it, for instance ``embedded engine``."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name, written into the rows."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What it can do. Read it after ``start``: what is missing shows only then."""
        ...

    async def start(self) -> None:
        """Make it ready (idempotent). Raises a ServiceError with a next step."""
        ...

    async def answer(self, offer: str, session: SessionConfig) -> Answer:
        """Answer a page's offer; the call exists from then on."""
        ...

    async def secret(self, session: SessionConfig) -> Secret:
        """Mint a short-lived token for a page that posts its offer itself."""
        ...

    async def connect(
        self, *, call_id: str | None = None, session: SessionConfig | None = None
    ) -> Connection:
        """Open a session socket, or with ``call_id`` a sideband to a running call."""
        ...

    async def hangup(self, call_id: str) -> None:
        """End a call made by ``answer``. Unknown and ended calls are no error."""
        ...

    async def close(self) -> None:
        """Release what this service holds. Safe to call twice."""
        ...
