"""The caller's microphone and playout where there is no page: samples in the session's socket.

What was heard is counted by the kernel's ledger, on the clock of the samples sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from voice_widget.audio.coming import Coming
from voice_widget.audio.microphone import Microphone, Pace, Speech
from voice_widget.audio.played import PlayedVoice
from voice_widget.audio.tape import Sound as Keep
from voice_widget.audio.tape import Tape
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.sound.playout import Playout
from voice_widget.realtime.sound.sound import RATE, Sound
from voice_widget.realtime.wire.events import Event
from voice_widget.services import Connection

BYTES_PER_MS = RATE * 2 / 1000


class MemoryAudio:
    """Sends what the caller says, and plays what the assistant says as far as time goes on.

    Args:
        connection: The session's socket; a double may have a clock of its own, ``audio_ms()``.
        send: Sends client events.
        observe: Gets the ``output_audio_buffer`` events that say what was played, and marks of the caller.
        is_aside: Whether a response that begins is made beside the conversation.
        config: The settings that the session begins with.
        pauses: The service pauses what is played (`Capabilities.pauses`).
        sound: Keeps what is said and heard; None: nobody does.
    """

    def __init__(
        self,
        connection: Connection,
        send: Callable[[Iterable[Event]], Awaitable[None]],
        observe: Callable[[Event], None],
        is_aside: Callable[[Event], bool] = lambda response: False,
        config: SessionConfig | None = None,
        *,
        pauses: bool = False,
        sound: Keep | None = None,
    ) -> None:
        self._clock: Callable[[], float] | None = getattr(connection, "audio_ms", None)
        self._send, self._observe, self._is_aside = send, observe, is_aside
        self._sound = Sound(config or SessionConfig())
        self._microphone: Microphone | None = None
        self._ledger = Playout()
        self._voice = PlayedVoice()
        self._played = self._clock_ms = 0.0
        self._paused_ms: float | None = None  # when, on the clock
        self._pauses, self._plays = pauses, False
        self._tape = None if sound is None else Tape(sound)
        self._coming = Coming()

    def open(self) -> Coroutine[Any, Any, None] | None:
        """Open the microphone; run what this gives, if anything: it sends silence and what is said."""
        if self._microphone is not None or self._clock is not None:
            return None
        self._microphone = Microphone(
            self._append, self._moved, lambda: self._ledger.pending_ms > 0, voiced=self._voiced
        )
        return self._microphone.run()

    async def speak(self, speech: Speech, pace: Pace) -> None:
        """Say PCM16 at 24 kHz; returns when all of it has been sent."""
        if self._microphone is not None:
            await self._microphone.play(speech, pace)
        elif isinstance(speech, bytes):
            await self._append(speech)  # a double whose clock is not made of samples
        else:
            async for piece in speech:
                await self._append(piece)

    async def hear(self, event: Event, *, interrupts: bool) -> None:
        """Take the audio of a server's event; talking over it silences it, if that ``interrupts``."""
        kind = event["type"]
        if kind == "response.output_audio.delta":
            self._comes(event, self._sound.samples(event))
        elif kind == "response.output_audio.done":
            self._comes(event, self._sound.rest(event))
        elif kind == "response.created":
            response = event.get("response") or {}
            self._ledger.begin(response, aside=self._is_aside(response))
            self._sound.begins(event)
        elif kind == "response.done":
            response_id = str((event.get("response") or {}).get("id") or "")
            self._tell(self._ledger.complete(response_id, self._clock_ms), self._clock_ms)
        elif kind in ("session.created", "session.updated"):
            self._sound.settled(event)
        elif kind == "voice_widget.playout" and event.get("do") != "stop":
            self.advance()
            self._paused_ms = self._clock_ms if event.get("do") == "pause" else None
        elif kind == "voice_widget.playout" or (
            kind == "input_audio_buffer.speech_started" and interrupts and self._paused_ms is None
        ):
            await self.cut()
        await self._say_whether_it_plays()

    def _comes(self, event: Event, pcm: bytes) -> None:
        place = (str(event.get("response_id") or ""), str(event.get("item_id") or ""))
        at, part = self._ledger.played_ms + self._ledger.pending_ms, int(event.get("content_index") or 0)
        if pcm and self._ledger.append(*place, len(pcm) / BYTES_PER_MS, part):
            self._coming.add(pcm)
            self._will_sound(pcm, at)

    def _will_sound(self, pcm: bytes, at: float) -> None:
        self._voice.append(pcm, at)
        if self._tape is not None:
            self._tape.comes(pcm)

    def advance(self) -> None:
        """Play on with the clock, as long as there is something to play."""
        now = self._now_ms()
        left = min(now - self._clock_ms, self._ledger.pending_ms) if self._paused_ms is None else 0.0
        if left > 0:
            self._played += left
            self._tell(self._ledger.advance(self._played, self._clock_ms + left), self._clock_ms + left)
            self._coming.keep(self._ledger.pending_ms)
        if self._tape is not None:
            self._tape.heard(now, left, dry=self._ledger.pending_ms <= 0)
        self._clock_ms = now

    async def cut(self, *, refuse: bool = True) -> None:
        """Fall silent, and tell the service where.

        ``refuse``: also for what is still being made, and for answers that follow; else these sound next.
        """
        self.advance()
        if refuse:
            self._ledger.refuse()
        if self._tape is not None:
            self._tape.clear()
        at_ms, self._paused_ms = self._paused_ms, None
        at_ms = self._clock_ms if at_ms is None else at_ms
        cut = self._ledger.clear(self._played, at_ms, following=refuse)
        self._tell(cut.events, at_ms, cut=True)
        if left := self._coming.keep(self._ledger.pending_ms):
            self._will_sound(left, self._ledger.played_ms)
        if cut.requests:
            await self._send(cut.requests)
        await self._say_whether_it_plays()

    def page_says(self, message: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        """No page has the sound."""

    def send_for_page(
        self, event: Event, send: Callable[[Event], Coroutine[Any, Any, None]]
    ) -> Coroutine[Any, Any, None]:
        """Send a client event for a page: run what this gives."""
        return send(event)

    async def _append(self, pcm: bytes) -> None:
        if self._tape is not None:
            self._tape.said(self._now_ms(), pcm)
        await self._send([self._sound.append(pcm)])

    async def _moved(self, _position_ms: float) -> None:
        self.advance()
        await self._say_whether_it_plays()

    async def _say_whether_it_plays(self) -> None:
        if self._pauses and self._plays != self._ledger.holds:
            self._plays = self._ledger.holds
            await self._send([{"type": "voice_widget.playing", "on": self._plays}])

    def _voiced(self, voiced: bool, at_ms: float, side: str = "user") -> None:
        mark = {"side": side, "voiced": voiced, "at_ms": at_ms}
        self._observe({"type": "voice_widget.page.voiced", **mark})

    @property
    def clock_ms(self) -> float:
        """How far the call's audio clock is."""
        return self._now_ms()

    def _now_ms(self) -> float:
        if self._clock is not None:
            return float(self._clock())
        return self._microphone.position_ms if self._microphone is not None else 0.0

    def _tell(self, events: Sequence[Event], clock_ms: float, *, cut: bool = False) -> None:
        for event in events:
            self._observe(event)
        ends = any(event["type"] != "output_audio_buffer.started" for event in events)
        ends = ends and (cut or self._ledger.pending_ms <= 0)
        for voiced, at in self._voice.played(self._ledger.played_ms, ends=ends):
            self._voiced(voiced, max(0.0, clock_ms - (self._ledger.played_ms - at)), "assistant")
