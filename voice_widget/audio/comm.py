"""The caller's microphone and playout at a page whose sound goes through the kernel (transport ``comm``).

The page captures and plays; the session's socket is here. What was heard is what the page says it has
played, on the clock of the samples that the service was given.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from voice_widget.audio.coming import Coming
from voice_widget.audio.microphone import Pace, Speech
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.playout import Playout
from voice_widget.realtime.sound.sound import RATE, Sound
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Connection

LOG = logging.getLogger("voice_widget")
BYTES_PER_MS = RATE * 2 / 1000
MESSAGE_BYTES = 1 << 20
WAITING_MS = 10_000.0  # of sound that a slow service may owe us
WAITING_EVENTS = 256
PIECE_S = 0.04  # what comes within this goes to the page as one piece
AHEAD_MS = 4_000.0  # of sound that a page gets before it plays it: behind a flood of it waits what matters
CLEAR_S = 0.5  # for the page to say where it fell silent
ROUNDING_MS = 1.0
TAKEN_S = 0.2  # between two reports to the page of what has come
QUIET_MS = 250.0  # so long after its last sound a page is taken to have no microphone open
Work = Callable[[], Awaitable[None]]


class CommAudio:
    """Passes sound between a page's messages and a session's socket.

    Args:
        connection: The session's socket; a double may have a clock of its own, ``audio_ms()``.
        send: Sends client events.
        observe: Gets the ``output_audio_buffer`` events that say what was played.
        config: The settings that the session begins with.
        call: The call's number, for the page.
        page: Sends a message to the pages, with its buffers.
        is_aside: Whether a response that begins is made beside the conversation.
        pauses: The service pauses what is played (`Capabilities.pauses`).
    """

    def __init__(
        self,
        connection: Connection,
        send: Callable[[Iterable[Event]], Awaitable[None]],
        observe: Callable[[Event], None],
        *,
        config: SessionConfig,
        call: int,
        page: Callable[[dict[str, Any], list[Any] | None], None],
        is_aside: Callable[[Event], bool] = lambda response: False,
        pauses: bool = False,
    ) -> None:
        self._clock: Callable[[], float] | None = getattr(connection, "audio_ms", None)
        self._send, self._observe, self._call, self._page = send, observe, call, page
        self._is_aside = is_aside
        self._sound = Sound(config)
        self._ledger = Playout()
        self._running = False
        # What the page gave and the service has not got yet: samples, and what is to be done after them.
        self._waiting: deque[bytes | Work] = deque()
        self._waiting_ms = 0.0
        self._news = asyncio.Event()
        self._clock_ms = 0.0
        self._heard = False  # there was sound of the caller since the page's last report
        self._quiet_ms = self._filled_ms = QUIET_MS
        self._taken = 0  # samples of the page's, since the call's start
        self._report: asyncio.TimerHandle | None = None
        self._for_page = bytearray()
        self._coming = Coming()
        self._following = True  # answers that follow are dropped with the one that is cut
        self._given_ms = 0.0  # to the page, as it counts
        self._pause: asyncio.TimerHandle | None = None
        # The page counts what it has played of the whole call; the ledger only what is not cut.
        self._page_ms = self._ahead_ms = self._reported_at = 0.0
        # For each `audio.clear` without an answer where the ledger was cut; None: not yet.
        self._clears: deque[float | None] = deque()
        self._cut_at: tuple[float, float] = (0.0, 0.0)  # the last that can have been heard, and when
        self._timer: asyncio.TimerHandle | None = None
        self._paused_ms: float | None = None  # when the page was told to stand still, on the clock
        self._pauses, self._plays = pauses, False
        self._complained: set[str] = set()

    # --- the caller ---

    def open(self) -> Coroutine[Any, Any, None] | None:
        """Open the microphone; run what this gives: it sends what the page gives."""
        if self._running:
            return None
        self._running = True
        return self._pass_on()

    async def speak(self, speech: Speech, pace: Pace) -> None:
        """Say PCM16 at 24 kHz, as fast as the service takes it; a page mixes a recording in itself."""
        if isinstance(speech, bytes):
            self._put(speech)
        else:
            async for piece in speech:
                self._put(piece)

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """Take the page's sound, or what it has played."""
        if message["type"] == "audio":
            self.take(buffers)
        elif message["type"] == "audio.played":
            self.played(message["played_ms"], cleared=message["cleared"])

    def send_for_page(self, event: Event, send: Callable[[Event], Coroutine[Any, Any, None]]) -> None:
        """Send a client event for the page, after the sound before it."""
        # Here the sound is ours to silence; the event is of peers only.
        self.after(self.cut if event["type"] == "output_audio_buffer.clear" else partial(send, event))

    def take(self, buffers: Sequence[Any]) -> None:
        """Take the page's next samples, PCM16 at 24 kHz. What is none is dropped."""
        try:
            view = memoryview(buffers[0])
            fits = 0 < view.nbytes <= MESSAGE_BYTES and view.nbytes % 2 == 0
            pcm = bytes(view) if fits else b""
        except (IndexError, TypeError, ValueError):
            pcm = b""
        if not pcm:
            self._complain("The page sent sound that is none; it was dropped.")
            return
        self._heard = True
        self._taken += len(pcm) // 2
        if self._report is None:
            self._report = asyncio.get_running_loop().call_later(TAKEN_S, self._say_taken)
        self._put(pcm)

    def _say_taken(self) -> None:
        self._report = None
        self._page({"type": "audio.taken", "call": self._call, "samples": self._taken}, None)

    def after(self, work: Work) -> None:
        """Do this once the service has what the page said before."""
        if sum(not isinstance(item, bytes) for item in self._waiting) >= WAITING_EVENTS:
            self._complain("The page sends more events than the service takes; the newest were dropped.")
            return
        self._waiting.append(work)
        self._news.set()

    def _put(self, pcm: bytes) -> None:
        self._waiting.append(pcm)
        self._count(len(pcm) / BYTES_PER_MS)
        while self._waiting_ms > WAITING_MS:
            place = next(n for n, item in enumerate(self._waiting) if isinstance(item, bytes))
            oldest = self._waiting[place]
            assert isinstance(oldest, bytes)
            del self._waiting[place]
            # What the service never gets is not on its clock either.
            self._count(-len(oldest) / BYTES_PER_MS)
            self._complain("The service takes the caller's sound too slowly; the oldest was dropped.")
        self._news.set()

    def _count(self, ms: float) -> None:
        self._waiting_ms += ms
        self._clock_ms += ms

    async def _pass_on(self) -> None:
        try:
            while True:
                while self._waiting:
                    item = self._waiting.popleft()
                    if isinstance(item, bytes):
                        self._waiting_ms -= len(item) / BYTES_PER_MS
                        await self._send([self._sound.append(item)])
                    else:
                        await item()
                self._news.clear()
                await self._news.wait()
        finally:
            for timer in (self._timer, self._pause, self._report):
                if timer is not None:
                    timer.cancel()

    # --- the assistant ---

    async def hear(self, event: Event, *, interrupts: bool) -> None:
        """Pass the audio of a server's event on; talking over it silences it, if that ``interrupts``."""
        kind = event["type"]
        if kind == "response.output_audio.delta":
            self._sounds(event, self._sound.samples)
        elif kind == "response.output_audio.done":
            self._sounds(event, self._sound.rest)
        elif kind == "response.created":
            response = event.get("response") or {}
            self._ledger.begin(response, aside=self._is_aside(response))
            self._sound.begins(event)
        elif kind == "response.done":
            response_id = str((event.get("response") or {}).get("id") or "")
            self._tell(self._ledger.complete(response_id, self._now_ms()))
        elif kind in ("session.created", "session.updated"):
            self._sound.settled(event)
        elif kind == "voice_widget.playout" and event.get("do") != "stop":
            on = event.get("do") == "pause"
            if not on:
                self._reported_at = self._now_ms()  # until now it stood still
            self._paused_ms = self._now_ms() if on else None
            self._page({"type": "audio.pause", "call": self._call, "on": on}, None)
        elif kind == "voice_widget.playout":
            await self.cut()
        elif kind == "input_audio_buffer.speech_started" and interrupts and self._paused_ms is None:
            if self._ledger.holds:
                await self.cut()
            else:
                self._ledger.refuse()

    def _sounds(self, event: Event, samples: Callable[[Event], bytes]) -> None:
        place = (str(event.get("response_id") or ""), str(event.get("item_id") or ""))
        if self._ledger.refuses(place[0]):
            return
        pcm = samples(event)
        if not pcm:
            return
        if self._timer is not None:
            # What is new comes after the cut, and what the page will say of the cut must not concern it.
            self._cut(*self._cut_at)
        if self._ledger.pending_ms <= 0:
            self._reported_at = self._now_ms()  # the page was silent until now
        self._ledger.append(*place, len(pcm) / BYTES_PER_MS, int(event.get("content_index") or 0))
        self._say_whether_it_plays()
        self._coming.add(pcm)
        self._for_page += pcm
        if self._pause is None:
            self._give()

    def _give(self) -> None:
        """Give the page what has come, as far as it needs it soon."""
        self._pause = None
        room = int((AHEAD_MS - (self._given_ms - self._page_ms)) * RATE / 1000) * 2
        if not self._for_page or room <= 0:
            return
        piece = bytes(self._for_page[:room])
        del self._for_page[:room]
        self._given_ms += len(piece) / BYTES_PER_MS
        self._page({"type": "audio", "call": self._call}, [piece])
        self._pause = asyncio.get_running_loop().call_later(PIECE_S, self._give)

    def advance(self) -> None:
        """Only the page knows what was played."""

    def played(self, ms: float, *, cleared: bool = False) -> None:
        """The page has played so much since the call's start; ``cleared``: it answers ``audio.clear``."""
        if not math.isfinite(ms):
            return
        self._fill(ms - self._page_ms)
        now = self._reported_at = self._now_ms()
        if self._paused_ms is not None:
            now = self._paused_ms
        ms = self._page_ms = max(ms, self._page_ms)
        if self._pause is None:
            self._give()
        if cleared and self._clears:
            place = self._clears.popleft()
            self._ahead_ms = ms - (self._cut(ms - self._ahead_ms, now) if place is None else place)
            return
        end = self._ledger.played_ms + self._ledger.pending_ms
        if ms - self._ahead_ms > end - ROUNDING_MS:
            # Both sides add up fractions. And more than was sent cannot be: the page counts from elsewhere.
            self._ahead_ms = ms - end
        self._tell(self._ledger.advance(ms - self._ahead_ms, now))
        self._coming.keep(self._ledger.pending_ms)

    async def cut(self, *, refuse: bool = True) -> None:
        """Fall silent, and tell the service where: the page says it, or else what it can have played.

        ``refuse``: also for what is still being made, and for answers that follow; else these sound next.
        """
        if refuse:
            self._ledger.refuse()
        if self._timer is not None:
            self._following = self._following or refuse
            return
        self._following = refuse
        self._for_page.clear()
        self._given_ms = self._page_ms
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None
        # Where nothing sounds too: a page on which Interrupt was pressed drops all sound until it hears this.
        self._page({"type": "audio.clear", "call": self._call}, None)
        self._clears.append(None if self._ledger.holds else self._ledger.played_ms)
        if not self._ledger.holds:
            self._paused_ms = None
            return
        now = self._now_ms() if self._paused_ms is None else self._paused_ms
        # Since its last report it has played on.
        self._cut_at = (self._page_ms - self._ahead_ms + max(0.0, now - self._reported_at), now)
        self._timer = asyncio.get_running_loop().call_later(CLEAR_S, lambda: self._cut(*self._cut_at))

    def _cut(self, played: float, now: float) -> float:
        """Cut the ledger there; gives the place."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._paused_ms = None
        cut = self._ledger.clear(played, now, following=self._following)
        self._tell(cut.events)
        if cut.requests:
            self._waiting.appendleft(partial(self._send, cut.requests))
            self._news.set()
        place = self._ledger.played_ms
        if left := self._coming.keep(self._ledger.pending_ms):
            self._for_page[:] = left  # the page has dropped what it had
            self._reported_at = self._now_ms()
            self._give()
        self._clears = deque(place if at is None else at for at in self._clears)
        return place

    # --- the clock ---

    @property
    def clock_ms(self) -> float:
        """How far the call's audio clock is."""
        return self._now_ms()

    def _now_ms(self) -> float:
        return float(self._clock()) if self._clock is not None else self._clock_ms

    def _fill(self, played_ms: float) -> None:
        """The page plays and has no microphone open: it is silence that the service does not hear.

        The service's clock has to go on while something sounds.
        """
        if self._heard:
            self._heard, self._quiet_ms, self._filled_ms = False, 0.0, 0.0
            return
        self._quiet_ms += max(0.0, played_ms)
        if self._quiet_ms > QUIET_MS:
            silence = bytes(int(min(self._quiet_ms - self._filled_ms, WAITING_MS) * RATE / 1000) * 2)
            self._filled_ms = self._quiet_ms
            if silence:
                self._put(silence)

    def _tell(self, events: Iterable[Event]) -> None:
        for event in events:
            self._observe(event)
        self._say_whether_it_plays()

    def _say_whether_it_plays(self) -> None:
        if self._pauses and self._plays != self._ledger.holds:
            self._plays = self._ledger.holds
            self._waiting.append(partial(self._send, [{"type": "voice_widget.playing", "on": self._plays}]))
            self._news.set()

    def _complain(self, sentence: str) -> None:
        # Once per call: it may be so twenty-five times a second.
        if sentence not in self._complained:
            self._complained.add(sentence)
            LOG.warning("%s This is logged once.", sentence)
