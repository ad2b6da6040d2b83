"""The data channels of a call: however the caller makes them, each is an end of the session.

`Channels.listen` reaches into aiortc, for one transport only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiortc import RTCDataChannel, RTCDataChannelParameters, RTCSctpTransport
from aiortc.rtcsctptransport import DATA_CHANNEL_OPEN, DATA_CHANNEL_RELIABLE, WEBRTC_DCEP

from voice_widget.engine.seldom import Seldom

MOST_CHANNELS = 4
MOST_BUFFERED_BYTES = 8 << 20
"""A page that leaves so much unread is gone."""

UNANNOUNCED_SECONDS = 1.0
"""A channel that is not announced by then was agreed upon: the caller believes that we know its number."""

AGREED_ID = 0
"""The number of a channel that was agreed upon, where nothing came on it yet."""

log = logging.getLogger(__name__)
_seldom = Seldom(log)


class Channel:
    """One channel.

    Args:
        channel: aiortc's end of it.
        most_bytes: The largest message that the caller takes.
        on_unread: The caller leaves its messages unread.
    """

    def __init__(self, channel: RTCDataChannel, most_bytes: int, on_unread: Callable[[], None]) -> None:
        self.most_bytes = most_bytes
        self._channel = channel
        self._on_unread = on_unread

    def send(self, text: str) -> None:
        """Send a message, if the page is there to read it."""
        if self._channel.readyState != "open":
            return
        if self._channel.bufferedAmount > MOST_BUFFERED_BYTES:
            self._on_unread()
            return
        try:
            self._channel.send(text)
        except ValueError as error:  # larger than the page takes, though it was told how much that is
            _seldom.warn("A message for the page is lost: %s", error)


class Channels:
    """All channels of one call.

    Args:
        on_open: A channel is open.
        on_message: A message came on it.
        on_shut: It is closed; whether it was the last.
        on_unread: The caller leaves its messages unread.
    """

    def __init__(
        self,
        *,
        on_open: Callable[[Channel], None],
        on_message: Callable[[Channel, str | bytes], None],
        on_shut: Callable[[Channel, bool], None],
        on_unread: Callable[[], None],
    ) -> None:
        self._on_open = on_open
        self._on_message = on_message
        self._on_shut = on_shut
        self._on_unread = on_unread
        self._most_bytes = 0
        self._open: dict[RTCDataChannel, Channel] = {}
        self._agreed: RTCDataChannel | None = None
        self._patience: asyncio.TimerHandle | None = None

    def listen(self, sctp: RTCSctpTransport, most_bytes: int) -> None:
        """Take every channel of this transport, which has not started yet.

        aiortc knows a channel only once it is announced, and what is wrong with one message ends its whole
        transport. A channel that was agreed upon is never announced: messages come on it, or are expected.

        Args:
            sctp: The transport.
            most_bytes: The largest message that the caller takes; 0: of any size.
        """
        self._most_bytes = min(most_bytes or MOST_BUFFERED_BYTES, MOST_BUFFERED_BYTES)
        receive = sctp._data_channel_receive

        async def received(stream_id: int, pp_id: int, data: bytes) -> None:
            try:
                if pp_id != WEBRTC_DCEP:
                    self._expect(sctp, stream_id)
                elif len(data) > 1 and data[0] == DATA_CHANNEL_OPEN:
                    self._forget_agreed(sctp)
                    # Ours are events: none may be lost or overtake another, whatever the caller's may do.
                    data = bytes([DATA_CHANNEL_OPEN, DATA_CHANNEL_RELIABLE]) + data[2:]
                await receive(stream_id, pp_id, data)
            except ConnectionError:
                raise
            except Exception as error:
                _seldom.warn("A message of the page is lost: %r", error)

        sctp._data_channel_receive = received  # type: ignore[method-assign]
        sctp.on("datachannel", self._take)
        self._agreed = _agreed(sctp, AGREED_ID)
        self._agreed.on("open", self._wait)

    def close(self) -> None:
        """Nothing is told after this."""
        if self._patience is not None:
            self._patience.cancel()
        for channel in self._open:
            channel.remove_all_listeners()
        self._open.clear()

    def _wait(self) -> None:
        self._patience = asyncio.get_running_loop().call_later(UNANNOUNCED_SECONDS, self._take_agreed)

    def _take_agreed(self) -> None:
        if self._agreed is not None and self._agreed not in self._open:
            self._take(self._agreed)

    def _expect(self, sctp: RTCSctpTransport, stream_id: int) -> None:
        """A message comes on this stream: if there is no channel yet, it was agreed upon."""
        if self._agreed is not None and stream_id == AGREED_ID:
            self._take_agreed()
            self._agreed = None  # no guess any more
        elif stream_id not in sctp._data_channels:
            self._take(_agreed(sctp, stream_id))

    def _forget_agreed(self, sctp: RTCSctpTransport) -> None:
        """A channel is announced, so that none was agreed upon; the announced one may have its number."""
        agreed, self._agreed = self._agreed, None
        if self._patience is not None:
            self._patience.cancel()
        if agreed is not None:
            agreed.remove_all_listeners()
            sctp._data_channels.pop(AGREED_ID, None)
            self._shut(agreed, last=False)

    def _take(self, channel: RTCDataChannel) -> None:
        if len(self._open) >= MOST_CHANNELS:
            channel.close()
            return
        end = Channel(channel, self._most_bytes, self._on_unread)
        self._open[channel] = end
        channel.on("message", lambda data: self._on_message(end, data))
        channel.on("close", lambda: self._shut(channel))
        self._on_open(end)

    def _shut(self, channel: RTCDataChannel, last: bool | None = None) -> None:
        end = self._open.pop(channel, None)
        if end is not None:
            self._on_shut(end, not self._open if last is None else last)


def _agreed(sctp: RTCSctpTransport, stream_id: int) -> RTCDataChannel:
    return RTCDataChannel(sctp, RTCDataChannelParameters(negotiated=True, id=stream_id))
