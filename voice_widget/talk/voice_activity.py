"""How likely the service's detector finds speech, for the pages that look at the events.

It is asked for only while a page looks: a page that does asks for events again and again, and so do we of the
service, each time for some seconds. So there is nothing to be ended: not with a page that goes, nor with a
call, nor with a connection that breaks. What comes is kept for as long as a lane shows it and nowhere else:
tables and recordings must not depend on whether somebody looked.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from voice_widget.errors import ProtocolError
from voice_widget.page.from_kernel import VoiceActivity, VoiceActivityPiece
from voice_widget.realtime.state.clock import Clock
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.fields import read
from voice_widget.services import Service

if TYPE_CHECKING:
    from voice_widget.call.call import Call

TOLD = "voice_widget.voice_activity"
WANTED = "voice_widget.voice_activity.wanted"
WANTED_MS = 3000
"""More than a page lets pass between two of its questions."""
_AGAIN_S = 1.0
_SHOWN_S = 60.0
_MOST = 1000  # pieces; more than come in that time


class WatchedActivity:
    """Asks for it on the loop, and hears it there; any thread may read it.

    Args:
        service: Who is asked, if it tells.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pieces: deque[VoiceActivityPiece] = deque(maxlen=_MOST)
        self._next = 0
        self._guard = threading.Lock()  # of both, so that they are read as of one moment
        # Its own: the clock by which rows have their times must not know whether somebody watches.
        self._clock = Clock()
        self._heard_in: Call | None = None
        self._asked: Call | None = None
        self._asked_at = 0.0
        self._asking: asyncio.Task[Any] | None = None

    def want(self, call: Call | None) -> None:
        """A page looks right now."""
        if call is None or not (self._tells and call.connected.is_set()):
            return
        now = asyncio.get_running_loop().time()
        if call is self._asked and now - self._asked_at < _AGAIN_S:
            return
        if self._asking is not None and not self._asking.done():
            return  # it waits for a connection
        self._asked, self._asked_at = call, now
        self._asking = call.spawn(call.send_now([{"type": WANTED, "ms": WANTED_MS}]))

    def hear(self, call: Call | None, event: Event, at: float) -> None:
        """The service has told a piece of it, which arrived at ``at``."""
        if call is not self._heard_in:
            self._heard_in, self._clock = call, Clock()
        try:
            told = read(event)
        except ProtocolError:
            return  # costs itself
        likely, start_ms, step_ms = told["probabilities"], told["audio_start_ms"], told["step_ms"]
        # The sound had come at least so far, and further where the detector is late.
        self._clock.seen(max(start_ms + len(likely) * step_ms, told.get("audio_ms") or 0.0), at)
        assert self._clock.origin is not None
        piece: VoiceActivityPiece = {
            "at": round(self._clock.origin + start_ms / 1000, 3),
            "audio_start_ms": start_ms,
            "step_ms": step_ms,
            "probabilities": likely,
        }
        with self._guard:
            self._pieces.append(piece)
            self._next += 1
            while self._pieces[0]["at"] < piece["at"] - _SHOWN_S:
                self._pieces.popleft()

    def since(self, number: int) -> VoiceActivity | None:
        """The pieces from ``number`` on, as far as they are kept; None: this service tells of none."""
        if not self._tells:
            return None
        with self._guard:
            oldest = self._next - len(self._pieces)
            return {"next": self._next, "pieces": list(self._pieces)[max(0, number - oldest) :]}

    @property
    def _tells(self) -> bool:
        return self._service.capabilities.voice_activity
