"""One session: feeds the conversation with what happens and does what it says. It decides nothing itself."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from voice_widget.engine.companion import CompanionFactory, Seat
from voice_widget.engine.conversation.actions import (
    Action,
    AppendAudio,
    CancelSpeech,
    ClearPlayout,
    Close,
    Configure,
    EndOfSpeech,
    HoldPlayout,
    Listen,
    Send,
    Speak,
    Watch,
)
from voice_widget.engine.conversation.conversation import Conversation
from voice_widget.engine.conversation.wire import Media
from voice_widget.engine.media.sinks import Audience, Sink, Speaker
from voice_widget.engine.media.socket_audio import SocketAudio
from voice_widget.engine.session_stages import SessionStages, now_ms
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.errors import ProtocolError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.events import OWN, Event, new_id, parse

SESSION_SECONDS = 3600
MOST_WAITING = 1000
"""Messages kept while the stages get warm."""

log = logging.getLogger(__name__)


class Pipeline:
    """One session from its first event to its last.

    Args:
        config: The session's settings at the start.
        keeper: The stages.
        media: ``"webrtc"``, or ``"websocket"`` (audio comes and goes as events).
        on_close: Called with a code when the conversation ends the session.
        scripted: Answers, where no kernel is asked.
        companion: Makes the agent that answers, where no kernel is asked.
    """

    def __init__(
        self,
        config: SessionConfig,
        keeper: StageKeeper,
        *,
        media: Media,
        on_close: Callable[[str], None],
        scripted: Script | None = None,
        companion: CompanionFactory | None = None,
    ) -> None:
        self.session_id = new_id("sess")
        self.expires_at = time.time() + SESSION_SECONDS
        self.speaker: Speaker | None = None
        self.audio_ms: Callable[[], float] = lambda: self._socket_audio.ms
        self._config = config
        self._keeper = keeper
        self._media = media
        self._on_close = on_close
        self._scripted = scripted
        self._companion = companion
        self._seat: Seat | None = None
        self._conversation: Conversation | None = None
        self._audience = Audience()
        self._answering: frozenset[str] = frozenset()
        self._waiting: deque[Callable[[], None]] = deque()
        self._todo: deque[Action] = deque()
        self._doing = False
        self._stages = SessionStages(
            self.session_id,
            keeper,
            tell=self._tell,
            spoken=self._spoken,
            moment=lambda: (self._played_ms(), self.audio_ms()),
        )
        self._socket_audio = SocketAudio()
        self._refused: ProtocolError | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin as soon as the stages are warm; what comes until then waits."""
        self._starting = asyncio.create_task(self._start(), name="session start")
        if self._companion is not None:
            # Each needs the other; nothing is heard before the sink is attached.
            sink = Sink(lambda text: seat.hear(text), kernel=True, standby=True)
            seat = self._seat = Seat(self._companion, lambda text: self.receive(text, sink))
            self.attach(sink)

    async def _start(self) -> None:
        await self._keeper.settled.wait()
        try:
            self._conversation = self._converse(self._config)
        except ProtocolError as error:
            # Which voices there are was not known when the settings came; whoever attaches is told.
            self._refused = error
            self._conversation = self._converse(replace(self._config, voice=None))
        self._keeper.enter(self)
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(SESSION_SECONDS, lambda: self._tell(lambda c: c.expire()))
        if self._keeper.warm:
            self._stages.open()
            self._stages.configure(self._conversation.configuration)
        else:
            self._stages.forget()
            self.stages_lost()
        while self._waiting:
            self._waiting.popleft()()

    def _converse(self, config: SessionConfig) -> Conversation:
        report = self._keeper.report
        return Conversation(
            config,
            session_id=self.session_id,
            media=self._media,
            expires_at=self.expires_at,
            voices=report.voices,
            missing=report.missing,
            scripted=self._scripted,
        )

    def close(self) -> None:
        """Let go of everything; nothing is sent or called after this."""
        if self._closed:
            return
        self._closed = True
        for timer in (self._timer, self._expiry, self._starting):
            if timer is not None:
                timer.cancel()
        self._keeper.leave(self)
        self._stages.close()
        self._audience.clear()
        if self._seat is not None:
            self._seat.close()
        self._waiting.clear()
        self._todo.clear()

    # --- who listens ----------------------------------------------------------------------------------

    def attach(self, sink: Sink) -> None:
        """From now on this end hears what is meant for it; ``session.created`` is first, if it is greeted."""
        self._when_started(lambda: self._attach(sink))

    def _attach(self, sink: Sink) -> None:
        assert self._conversation is not None
        self._audience.add(sink)
        if sink.greeted:
            sink.hear(self._conversation.open())
            if self._refused is not None:
                self.refuse(self._refused, sink)
        if sink.kernel:
            self._count_agents()

    def detach(self, sink: Sink) -> None:
        """This end is gone."""
        self._when_started(lambda: self._detach(sink))

    def _detach(self, sink: Sink) -> None:
        if self._audience.remove(sink) and sink.kernel:
            self._count_agents()

    def _count_agents(self) -> None:
        before, self._answering = self._answering, self._audience.answering()
        count = len(self._answering)
        if self._answering - before:
            # Who answers from now on has not heard what was asked before.
            self._tell(lambda c: c.agents(0, now_ms=now_ms()))
        self._tell(lambda c: c.agents(count, now_ms=now_ms()))

    def receive(self, raw: str | bytes, sink: Sink) -> None:
        """A message of this end. Whatever is wrong with it costs this message and one error event."""
        self._when_started(lambda: self._receive(raw, sink))

    def _receive(self, raw: str | bytes, sink: Sink) -> None:
        if sink not in self._audience:
            return
        try:
            event = sink.said(parse(raw))
            if event["type"].startswith(OWN) and not sink.kernel:
                raise ProtocolError(f"{event['type']} is taken from the kernel's own socket only.")
            if sink.standby and sink.origin not in self._audience.answering():
                return  # a kernel answers now
        except ProtocolError as error:
            self.refuse(error, sink, event_id=_event_id(raw))
            return
        except Exception:
            # Raised, it would close the socket, or leave a data channel that nobody reads any more.
            log.exception("A message could not be read.")
            sink.hear(_fault())
            return
        self._tell(
            lambda c: c.client_event(
                event,
                now_ms=now_ms(),
                played_ms=self._played_ms(),
                audio_ms=self.audio_ms(),
                origin=sink.origin,
            )
        )

    def refuse(self, error: ProtocolError, sink: Sink, *, event_id: str | None = None) -> None:
        """Answer this end's message with an error event."""
        self._tell(lambda c: c.refuse(error, event_id=event_id, origin=sink.origin))

    # --- the caller's audio ---------------------------------------------------------------------------

    def audio(self, pcm: bytes, sample_rate: int, at_ms: float) -> None:
        """The caller's audio, PCM16 mono, and the clock of its first sample."""
        self._stages.audio(pcm, sample_rate, at_ms, early=self._conversation is None)

    def _append(self, action: AppendAudio, config: SessionConfig) -> None:
        try:
            pcm, rate, at_ms = self._socket_audio.take(action, config)
        except ProtocolError as error:
            refused = error
            self._tell(lambda c: c.refuse(refused, event_id=action.event_id, origin=action.origin))
        else:
            if pcm:
                self.audio(pcm, rate, at_ms)

    # --- what the stages and the speaker report --------------------------------------------------------

    def stages_lost(self) -> None:
        """The stage process died."""
        self._tell(lambda c: c.stages_lost(now_ms=now_ms()))

    def stages_back(self) -> None:
        """There is a new stage process."""
        if self._conversation is not None and not self._closed:
            self._stages.open()
            report = self._keeper.report
            self._tell(lambda c: c.stages_back(now_ms=now_ms(), voices=report.voices, missing=report.missing))

    def _spoken(self, speak: Speak, pcm: bytes) -> None:
        if self.speaker is not None:
            self.speaker.push(speak.response_id, speak.item_id, pcm)
            return
        for delta in self._socket_audio.deltas(speak, pcm):
            self._audience.hear(delta)

    def started(self, response_id: str, audio_ms: float) -> None:
        """The speaker has sent the first frame of this response."""
        self._tell(lambda c: c.playout_started(response_id, audio_ms))

    def drained(self, response_id: str, audio_ms: float) -> None:
        """The speaker has sent all of this response."""
        self._tell(lambda c: c.playout_drained(response_id, audio_ms, now_ms=now_ms()))

    def _played_ms(self) -> float | None:
        if self.speaker is None:
            return None
        response_id, played_ms = self.speaker.played()
        return None if response_id is None else played_ms

    # --- what the conversation wants ------------------------------------------------------------------

    def _when_started(self, what: Callable[[], None]) -> None:
        if self._closed:
            return
        if self._conversation is not None:
            what()
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(what)

    def _tell(self, what: Callable[[Conversation], list[Action]]) -> None:
        if self._conversation is None or self._closed:
            return
        try:
            self._do(what(self._conversation))
        except Exception:
            # Ours is the fault, but the session goes on: who speaks to it learns that something went wrong.
            log.exception("Session %s failed.", self.session_id)
            self._send(Send(_fault()))

    def _do(self, actions: list[Action]) -> None:
        # What an action makes happen is done after those that were asked before it.
        self._todo.extend(actions)
        if self._doing:
            return
        self._doing = True
        try:
            while self._todo and not self._closed:
                self._act(self._todo.popleft())
        finally:
            self._doing = False
        if not self._closed:
            self._set_timer()

    def _act(self, action: Action) -> None:
        conversation, stages = self._conversation, self._stages
        assert conversation is not None
        match action:
            case Send():
                self._send(action)
            case Speak():
                stages.speak(action)
            case CancelSpeech():
                stages.cancel(action.speech_id)
            case EndOfSpeech():
                if self.speaker is not None:
                    self.speaker.end(action.response_id)
            case ClearPlayout():
                if self.speaker is not None:
                    self.speaker.clear()
                self._have_played("stop")
            case HoldPlayout(on):
                if self.speaker is not None:
                    self.speaker.hold(on)
                self._have_played("pause" if on else "resume")
            case Listen("commit"):
                stages.commit()
            case Listen():
                stages.clear()
            case Configure():
                stages.configure(action)
            case Watch(ms):
                stages.watch(ms)
            case AppendAudio():
                self._append(action, conversation.config)
            case Close():
                self._on_close(action.code)

    def _send(self, action: Send) -> None:
        self._audience.tell(action.event, action.to)

    def _have_played(self, do: str) -> None:
        self._stages.playout(do)
        if self._media == "websocket":
            self._send(Send({"type": f"{OWN}playout", "event_id": new_id("event"), "do": do}, "kernel"))

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self._conversation.deadline() if self._conversation is not None else None
        if deadline is not None:
            wait = max(0.0, deadline - now_ms()) / 1000
            self._timer = asyncio.get_running_loop().call_later(wait, self._tick)

    def _tick(self) -> None:
        self._tell(lambda c: c.tick(now_ms()))


def _event_id(raw: str | bytes) -> str | None:
    """The client's id of a message that is refused, as far as it can be read."""
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    found = value.get("event_id") if isinstance(value, dict) else None
    return found if isinstance(found, str) else None


def _fault() -> Event:
    error = {
        "type": "server_error",
        "code": "internal_error",
        "message": "The engine made a mistake; the session goes on.",
        "param": None,
        "event_id": None,
    }
    return {"type": "error", "event_id": new_id("event"), "error": error}
