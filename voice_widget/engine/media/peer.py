"""The engine's end of one WebRTC call: aiortc with the settings that a page on the same host needs.

`offer_loopback` and `watch_consent` are the two places that reach into aioice, `lose_late_messages` the one
that reaches into aiortc; each changes one connection only.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import aioice
from aioice.ice import StunProtocol
from aioice.stun import TransactionError
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCSctpTransport,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from voice_widget.engine.media import receiver as receiving
from voice_widget.engine.media.channels import Channel, Channels
from voice_widget.engine.media.relays import use_servers
from voice_widget.engine.media.sdp import parse_offer
from voice_widget.engine.media.sender import SpeakerTrack
from voice_widget.errors import ProtocolError
from voice_widget.realtime.settings.ice_servers import IceServer

MOST_MESSAGE_BYTES = 262_144
"""What aiortc announces as the largest message of a data channel."""

CONNECT_SECONDS = 20.0
CLOSE_SECONDS = 5.0

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

log = logging.getLogger(__name__)


class Peer:
    """One peer connection: the caller's audio in, ours out, events on the data channels.

    Args:
        on_open: A data channel is open.
        on_message: A message came on it.
        on_shut: It is closed, and there is another one.
        on_audio: (pcm, at_ms): the caller's audio, PCM16 mono at 16 kHz, and the clock of its first sample.
        on_started: (response_id, audio_ms): the first frame of a response was sent.
        on_drained: (response_id, audio_ms): all of a response was sent.
        on_closed: (why): the other side is gone or never came; called once, not after `close`.
        ice_servers: By which we can be reached where there is no direct way.
    """

    def __init__(
        self,
        *,
        on_open: Callable[[Channel], None],
        on_message: Callable[[Channel, str | bytes], None],
        on_shut: Callable[[Channel], None],
        on_audio: Callable[[bytes, float], None],
        on_started: Callable[[str, int], None],
        on_drained: Callable[[str, int], None],
        on_closed: Callable[[str], None],
        ice_servers: Sequence[IceServer] = (),
    ) -> None:
        self._on_shut, self._ice_servers = on_shut, ice_servers
        self._on_closed = on_closed
        self._receiver = receiving.Receiver(on_audio)
        self.speaker = SpeakerTrack(audio_ms=self.audio_ms, on_started=on_started, on_drained=on_drained)
        # No servers: aiortc's default asks a public STUN server, which costs seconds without a network.
        # A transport for each section, so that only what the offer bundles is bundled.
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_COMPAT)
        )
        self._channels = Channels(
            on_open=on_open,
            on_message=on_message,
            on_shut=self._shut,
            on_unread=lambda: self._end("it does not read its messages"),
        )
        self._reading: list[asyncio.Task[None]] = []
        self._patience: asyncio.TimerHandle | None = None
        self._ended = False
        self._closing: asyncio.Task[None] | None = None

    async def answer(self, offer: str) -> str:
        """The answer to this offer, with all candidates in it.

        Raises:
            ProtocolError: It is no offer that can be answered (``invalid_offer``).
            OSError: There is no socket left to answer it with (see `is_exhausted`).
        """
        understood = parse_offer(offer)
        connection = self._connection
        connection.on("track", self._take_track)
        connection.on("connectionstatechange", self._watch)
        try:
            # Before the answer, so that it announces a stream to the page.
            connection.addTrack(self.speaker)
            await connection.setRemoteDescription(RTCSessionDescription(understood.text, "offer"))
            for ice in _ice_connections(connection):
                offer_loopback(ice)
                use_servers(ice, self._ice_servers)
                watch_consent(ice)
            if connection.sctp is not None:
                lose_late_messages(connection.sctp)
                self._channels.listen(connection.sctp, understood.most_message_bytes)
            await connection.setLocalDescription(await connection.createAnswer())
            answer = understood.answer(connection.localDescription.sdp)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            if is_exhausted(error):
                raise
            # What a hostile offer can raise in there is anything; each of them is the offer's fault.
            raise ProtocolError(
                f"The offer cannot be answered: {error or type(error).__name__}.",
                code="invalid_offer",
                next_step="Make a new RTCPeerConnection and send its offer.",
            ) from error
        self._patience = asyncio.get_running_loop().call_later(
            CONNECT_SECONDS, self._end, "it never connected"
        )
        if not understood.hears:
            self._reading.append(asyncio.create_task(_play_to_nobody(self.speaker)))
        return answer

    def audio_ms(self) -> int:
        """The clock of the caller's audio, now."""
        return self._receiver.audio_ms()

    async def close(self) -> None:
        """Release everything. May be called more than once, and at any moment."""
        if self._closing is None:
            self._ended = True
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
        self._channels.close()
        self.speaker.stop()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except TimeoutError:
            pass
        except Exception as error:  # aiortc cannot close what a broken offer left half made
            log.info("A connection could not be closed in order: %r", error)
            for ice in _ice_connections(self._connection):
                with contextlib.suppress(Exception):
                    await ice.close()
        finally:
            for task in self._reading:
                task.cancel()
            await asyncio.gather(*self._reading, return_exceptions=True)

    def _take_track(self, track: MediaStreamTrack) -> None:
        for each in self._connection.getTransceivers():
            if each.receiver.track is track:
                receiving.release(each.receiver)
                self._reading.append(asyncio.create_task(self._receiver.run(track)))

    def _shut(self, channel: Channel, last: bool) -> None:
        if last:
            self._end("it closed the data channel")
        elif not self._ended:
            self._on_shut(channel)

    def _watch(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and self._patience is not None:
            self._patience.cancel()
        elif state in ("failed", "closed"):
            self._end(f"the connection is {state}")

    def _end(self, why: str) -> None:
        if not self._ended:
            self._ended = True
            log.info("A peer is gone: %s", why)
            self._on_closed(why)


def is_exhausted(error: Exception) -> bool:
    """This process may open no more files and sockets: no fault of who asked."""
    return isinstance(error, OSError) and error.errno in _EXHAUSTED


async def _play_to_nobody(speaker: SpeakerTrack) -> None:
    """Take what a caller who hears nothing would hear, so that answers begin and end all the same."""
    with contextlib.suppress(MediaStreamError):
        while True:
            await speaker.recv()


def offer_loopback(connection: aioice.Connection) -> None:
    """Let this connection offer 127.0.0.1 too, which aioice leaves out.

    Without it a host that has no network but the loopback has no candidate at all.
    """
    gather = connection.get_component_candidates

    async def with_loopback(component: int, addresses: list[str], timeout: int = 5) -> Any:  # noqa: ASYNC109
        return await gather(component, [*addresses, "127.0.0.1"], timeout)

    connection.get_component_candidates = with_loopback  # type: ignore[method-assign]


def watch_consent(connection: aioice.Connection, *, every: float = 0.8, failures: int = 4) -> None:
    """Let this connection notice within about 5 s that nobody answers; aioice takes 30 s and more.

    A page that was killed says nothing when it goes. One that sends so much that its answers to our checks
    are lost or late is there: whatever comes from it counts.
    """
    heard = False

    def listen(protocol: StunProtocol) -> None:
        take = protocol.datagram_received

        def received(data: bytes | str, addr: tuple[Any, ...]) -> None:
            nonlocal heard
            heard = heard or any(addr[:2] == pair.remote_addr for pair in connection._nominated.values())
            take(data, addr)

        protocol.datagram_received = received  # type: ignore[method-assign]

    async def query() -> None:
        nonlocal heard
        failed = 0
        for protocol in connection._protocols:
            if isinstance(protocol, StunProtocol):
                listen(protocol)
        while failed < failures:
            if connection._closing:  # closed just as it connected: close() did not see this task
                return
            heard = False
            await asyncio.sleep(every * (0.8 + 0.4 * random.random()))
            for pair in list(connection._nominated.values()):
                assert connection.remote_password is not None
                with contextlib.suppress(TransactionError):
                    await pair.protocol.request(
                        connection.build_request(pair, nominate=False),
                        pair.remote_addr,
                        integrity_key=connection.remote_password.encode(),
                        retransmissions=0,
                    )
            # An answer to the check has been heard as well.
            failed = 0 if heard else failed + 1
        # The task is this one: close() must not wait for it.
        connection._query_consent_task = None
        await connection.close()

    consent: Callable[[], Awaitable[None]] = query
    connection.query_consent = consent  # type: ignore[method-assign,assignment]


def lose_late_messages(sctp: RTCSctpTransport) -> None:
    """Let this transport lose what is still on its way when the other end goes, as any network does.

    aiortc sends in tasks that nobody awaits: each of them would leave a traceback in the log.
    """
    dtls = sctp.transport
    send = dtls._send_data

    async def send_or_lose(data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            await send(data)

    dtls._send_data = send_or_lose  # type: ignore[method-assign]


def _ice_connections(connection: RTCPeerConnection) -> Iterator[aioice.Connection]:
    carriers = [each.receiver.transport for each in connection.getTransceivers()]
    if connection.sctp is not None:
        carriers.append(connection.sctp.transport)
    # A section that the offer bundles with one it does not have is carried by nothing.
    for transport in {carrier.transport for carrier in carriers if carrier is not None}:
        yield transport._connection
