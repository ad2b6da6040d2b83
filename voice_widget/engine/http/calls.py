"""The calls and sessions of one engine: each has one owner, who releases everything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from voice_widget.engine.companion import CompanionFactory
from voice_widget.engine.conversation.voices import check_voice
from voice_widget.engine.media.channels import Channel
from voice_widget.engine.media.peer import MOST_MESSAGE_BYTES, Peer
from voice_widget.engine.media.receiver import SAMPLE_RATE
from voice_widget.engine.media.sinks import Sink
from voice_widget.engine.pipeline import Pipeline
from voice_widget.engine.stages.keeper import StageKeeper
from voice_widget.errors import ProtocolError
from voice_widget.realtime.script import Script
from voice_widget.realtime.settings.ice_servers import IceServer
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.wire.beta import Dialect
from voice_widget.realtime.wire.events import new_id

MOST_SESSIONS = 64
MOST_REMEMBERED = 1000


class Call:
    """A WebRTC call: a peer, a session, and the sidebands that follow it.

    Args:
        config: The session's settings at the start.
        keeper: The stages.
        on_end: Called once with the call's id when it is to be ended.
        dialect: The names in which the data channels hear the events.
        scripted: Answers, where no kernel is asked.
        companion: Makes the agent that answers a session, where no kernel is asked.
        ice_servers: By which the peer can be reached.
    """

    def __init__(
        self,
        config: SessionConfig,
        keeper: StageKeeper,
        *,
        on_end: Callable[[str], None],
        dialect: Dialect = "current",
        scripted: Script | None = None,
        companion: CompanionFactory | None = None,
        ice_servers: Sequence[IceServer] = (),
    ) -> None:
        self.call_id = new_id("rtc")
        self.pipeline = Pipeline(
            config,
            keeper,
            media="webrtc",
            on_close=lambda code: on_end(self.call_id),
            scripted=scripted,
            companion=companion,
        )
        self.peer = Peer(
            on_open=self._opened,
            on_message=self._message,
            on_shut=self._shut,
            on_audio=lambda pcm, at_ms: self.pipeline.audio(pcm, SAMPLE_RATE, at_ms),
            on_started=self.pipeline.started,
            on_drained=self.pipeline.drained,
            on_closed=lambda why: on_end(self.call_id),
            ice_servers=ice_servers,
        )
        self.pipeline.speaker = self.peer.speaker
        self.pipeline.audio_ms = self.peer.audio_ms
        self.sockets: set[Callable[[], None]] = set()
        self._dialect = dialect
        self._channels: dict[Channel, Sink] = {}

    def _opened(self, channel: Channel) -> None:
        sink = Sink(channel.send, dialect=self._dialect, most_bytes=channel.most_bytes)
        self._channels[channel] = sink
        self.pipeline.attach(sink)

    def _shut(self, channel: Channel) -> None:
        self.pipeline.detach(self._channels.pop(channel))

    def _message(self, channel: Channel, raw: str | bytes) -> None:
        size = len(raw) if isinstance(raw, bytes) else len(raw.encode("utf-8", "replace"))
        if size > MOST_MESSAGE_BYTES:
            error = ProtocolError(
                f"The message has {size:,} bytes; a data channel carries {MOST_MESSAGE_BYTES:,} here.",
                code="message_too_large",
                next_step="Send it over a sideband socket.",
            )
            self.pipeline.refuse(error, self._channels[channel])
        else:
            self.pipeline.receive(raw, self._channels[channel])

    async def close(self) -> None:
        """End the call: the session, the peer, and the sockets that follow it."""
        self.pipeline.close()
        for hang_up in list(self.sockets):
            hang_up()
        await self.peer.close()


class Calls:
    """All calls and session sockets of this engine.

    Args:
        keeper: The stages.
        scripted: Answers, where no kernel is asked.
        companion: Makes the agent that answers a session, where no kernel is asked.
        ice_servers: Gives those of a call that comes without any.
    """

    def __init__(
        self,
        keeper: StageKeeper,
        *,
        scripted: Script | None = None,
        companion: CompanionFactory | None = None,
        ice_servers: Callable[[], Sequence[IceServer]] = tuple,
    ) -> None:
        self.keeper, self._ice_servers = keeper, ice_servers
        # A script says what is answered; an agent beside it would be asked instead.
        self._answers: dict[str, Any] = {"scripted": scripted} if scripted else {"companion": companion}
        self._calls: dict[str, Call] = {}
        self._ended: dict[str, None] = {}
        self._sessions: set[Pipeline] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer(
        self,
        offer: str,
        config: SessionConfig,
        *,
        dialect: Dialect = "current",
        ice_servers: Sequence[IceServer] = (),
    ) -> tuple[Call, str]:
        """Answer an offer. The call lives until someone hangs up or goes away.

        Raises:
            ProtocolError: The offer or the settings are refused, or there are too many calls.
        """
        self._check(config)
        call = Call(
            config,
            self.keeper,
            on_end=self._end,
            dialect=dialect,
            ice_servers=ice_servers or self._ice_servers(),
            **self._answers,
        )
        # Known before it is answered: the engine may be closed meanwhile.
        self._calls[call.call_id] = call
        try:
            answer = await call.peer.answer(offer)
        except BaseException:
            self._calls.pop(call.call_id, None)
            await call.close()
            raise
        call.pipeline.start()
        return call, answer

    def get(self, call_id: str) -> Call | None:
        """The running call of this id."""
        return self._calls.get(call_id)

    @property
    def running(self) -> int:
        """How many calls and sessions there are."""
        return len(self._calls) + len(self._sessions)

    async def hang_up(self, call_id: str) -> bool:
        """End a call. False if there never was one; ending it twice is no fault."""
        call = self._calls.pop(call_id, None)
        if call is None:
            return call_id in self._ended
        self._ended[call_id] = None
        if len(self._ended) > MOST_REMEMBERED:
            del self._ended[next(iter(self._ended))]
        await call.close()
        return True

    def session(self, config: SessionConfig, on_close: Callable[[str], None]) -> Pipeline:
        """A session whose audio comes and goes over its socket. Give it back with `release`.

        Raises:
            ProtocolError: The settings are refused, or there are too many sessions.
        """
        self._check(config)
        pipeline = Pipeline(config, self.keeper, media="websocket", on_close=on_close, **self._answers)
        self._sessions.add(pipeline)
        pipeline.start()
        return pipeline

    def release(self, pipeline: Pipeline) -> None:
        """The session's socket is closed."""
        self._sessions.discard(pipeline)
        pipeline.close()

    async def close(self) -> None:
        """End everything."""
        for pipeline in list(self._sessions):
            self.release(pipeline)
        await asyncio.gather(*(self.hang_up(call_id) for call_id in list(self._calls)))
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _check(self, config: SessionConfig) -> None:
        if self.running >= MOST_SESSIONS:
            raise ProtocolError(
                f"This engine already runs {MOST_SESSIONS} sessions.",
                code="too_many_sessions",
                next_step="Hang up one of them.",
            )
        self.check_voice(config)

    def check_voice(self, config: SessionConfig) -> None:
        """Refuse settings with a voice that there is not, as far as that is known yet.

        Raises:
            ProtocolError: ``invalid_value``.
        """
        if self.keeper.report.voices:
            check_voice(config.voice, self.keeper.report.voices, "session.audio.output.voice")

    def _end(self, call_id: str) -> None:
        async def end() -> None:
            await self.hang_up(call_id)

        self._spawn(end())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
