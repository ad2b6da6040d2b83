"""One call to a service. It owns everything that must be released, and is never used again once it is closed.

How it reaches the service is its path's business (`ways`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from voice_widget.audio.microphone import Pace
from voice_widget.call.flood import Flood
from voice_widget.call.last_words import LastWords
from voice_widget.call.media import Media
from voice_widget.call.outbox import Outbox, Refusal
from voice_widget.call.playback import clear
from voice_widget.call.relay import LOST, Relay
from voice_widget.call.release import release
from voice_widget.call.silence import Silence, silent, within
from voice_widget.call.unheard import Unheard
from voice_widget.call.ways import Direction, Path
from voice_widget.errors import ServiceError, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.settings.settings import SessionConfig
from voice_widget.realtime.state.context import Seen
from voice_widget.realtime.wire.events import GREETING, OPENING, Event, new_id
from voice_widget.realtime.wire.reading import session_id
from voice_widget.services import Connection

LOG = logging.getLogger("voice_widget")
ACKNOWLEDGE_S = 15.0
"""From the connection's opening on: until then the services' own time limits hold."""
GREETING_S = 2.0
"""A service that greets does so at once; one that does not may be waiting for our settings."""
LAST_WORD_S = 0.5
"""A service that says why there is no session hangs up behind it."""
MUTE_S = 5.0
"""A sideband that was spoken to and says nothing: there may be a better way to follow the call."""
REMEMBERED = 8192  # more than a page keeps, by which it is known where a sideband broke off


class Observe(Protocol):
    """Takes what happens in a call; of a service's error also whom of ours it answers."""

    def __call__(self, event: Event, direction: Direction, refusal: Refusal | None = None, /) -> None:
        """It has happened."""
        ...


class Call:
    """One call, from its offer or its connect to its end.

    Args:
        path: How the service is reached; it is started already.
        config: The session's settings.
        number: The call's number within the widget, for the page.
        observe: Gets every event, in order, with its direction; it tells the call what they mean
            (`understood`) before it returns.
        new_id: Makes ids; a double has its own, so that a whole talk is the same every time.
        behind: How much of what was observed has not been published yet.
        user_speaks: Whether the user speaks, as far as there are signs of it.
    """

    def __init__(
        self,
        path: Path,
        config: SessionConfig,
        *,
        number: int,
        observe: Observe,
        new_id: Callable[[str], str] = new_id,
        behind: Callable[[], int] = lambda: 0,
        user_speaks: Callable[[], bool] = lambda: False,
    ) -> None:
        self.number = number
        self.call_id: str | None = None
        self.observe = observe
        self._new_id, self._flood = new_id, Flood(behind)
        self.connected = asyncio.Event()  # session acknowledged and media up
        self.config = config  # as far as the service has it
        self.path = path
        self.seen = Seen(REMEMBERED)
        self.heard = False
        self._connection: Connection | None = None
        self._alive = asyncio.Event()  # the session has said something, by whatever way
        self._spoke = asyncio.Event()  # the connection of the moment has
        self._mute: ServiceError | None = None
        self._last_words = LastWords()
        self._media = Media(self.spawn, self.end)
        self.outbox = outbox = Outbox(
            new_id, observe, self.spawn, shared=path.shared, user_speaks=user_speaks
        )
        self.silence = Silence(lambda: outbox.awaits, outbox.ask_what_is_in_force)
        self.releasing: asyncio.Task[None] | None = None  # what is held is let go of
        self._over = asyncio.Event()
        self._error: VoiceWidgetError | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._may_reattach = True
        self._unheard = Unheard(lambda: observe({"type": "voice_widget.call.unheard"}, "local"))

    # --- life ---

    async def run(self) -> None:
        """Hold the call until it is hung up.

        Raises:
            VoiceWidgetError: The call could not be made, or was lost.
        """
        try:
            async with asyncio.TaskGroup() as self._group:
                self.spawn(self._converse())
                self.spawn(self._watch_the_answers())
                self.spawn(self._watch_the_silence())
                await self._over.wait()
                for task in list(self._tasks):
                    task.cancel()
        except* VoiceWidgetError as group:
            self._error = self._error or _first(group)
        finally:
            self._group = None
            self.end(self._error)
            # Whatever else is cancelled: a call that is not released lives on at the service.
            self.releasing = asyncio.create_task(self._release(), name="voice_widget release")
            await asyncio.shield(self.releasing)
        if self._error is not None:
            raise self._error

    def end(self, error: VoiceWidgetError | None = None) -> None:
        """Hang up, or give the call up as lost."""
        if not self._over.is_set():
            self._error = error
            self._over.set()
            self._unheard.expect(None)
            self.outbox.end(error)

    @property
    def over(self) -> bool:
        """It has ended or is about to."""
        return self._over.is_set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any] | None:
        """Run something that belongs to this call and ends with it."""
        if self._group is None or self._over.is_set():
            work.close()
            return None
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def joined(self, call_id: str) -> None:
        """The call has its id."""
        self.call_id = call_id
        self.observe({"type": "voice_widget.call.joined", "call_id": call_id}, "local")

    async def _converse(self) -> None:
        self._connection = await self.path.open(self)
        self.outbox.attach(self._connection)
        if self.path.sound_apart:
            missing = "ice_failed" if self.path.audio is None else "microphone_silent"
            self.spawn(self._media.expected(missing))
        self.spawn(self._await_acknowledgement())
        if self.path.speaks_first:
            await self._greet()
            self.spawn(self._watch_the_sideband(self._connection))
        else:
            self.spawn(self._greet_unasked())
        await self._read()

    async def _read(self) -> None:
        while True:
            lost: ServiceError | None = None
            assert self._connection is not None
            try:
                async for event in self._connection:
                    await self._take(event)
            except ServiceError as error:
                lost = error
            if self._over.is_set():
                return
            self.outbox.detach()
            lost = lost or self._mute
            LOG.info("The connection to the call is gone: %s", lost or "it was closed")
            if not await self._reattach(lost):
                # Said at once: what is sent from now on belongs to the next call.
                self.end(self._error or self._why(lost))
                return

    async def _reattach(self, error: ServiceError | None) -> bool:
        """The call may be well although its connection broke: try once to follow it on."""
        if not self._may_reattach or self._error is not None:
            return False
        self._may_reattach = False
        self._mute = None
        old, self._connection = self._connection, None
        if old is not None:
            with contextlib.suppress(Exception):
                await old.close()
        self._connection = await self.path.lost(error)
        if self._connection is None:
            return False
        self.outbox.attach(self._connection)
        self._spoke.clear()
        if not self._alive.is_set():
            await self._greet()  # what was said by the old way may have reached nobody
        if isinstance(self._connection, Relay):  # it says itself when it has caught up
            self._media.doubt()
        else:
            self.outbox.catch_up(blind=True)
        return True

    async def _await_acknowledgement(self) -> None:
        if not await within(ACKNOWLEDGE_S, self._alive):
            raise self._why(silent("The service did not open the session", ACKNOWLEDGE_S))

    async def _lives_on(self) -> None:
        """A session that answers us with an error lives all the same, unless that was its last word."""
        connection = self._connection
        if not await within(LAST_WORD_S, self._alive) and self._connection is connection:
            self.observe({"type": "voice_widget.call.heard"}, "local")

    async def _greet(self) -> None:
        """Send what a session begins with."""
        await self.outbox.begin(self.path.greeting(self.config))

    async def _greet_unasked(self) -> None:
        """Some servers wait for the client's settings before they say anything."""
        if not (await within(GREETING_S, self._alive) or self.outbox.begun):
            await self._greet()

    async def _watch_the_sideband(self, connection: Connection) -> None:
        if not await within(MUTE_S, self._spoke):
            self._mute = silent("The service did not answer on the call's sideband", MUTE_S)
            await connection.close()

    async def _watch_the_answers(self) -> None:
        while True:
            ended = await self.outbox.overdue()
            self.observe(ended, "local")
            await self._act_on(ended)

    async def _watch_the_silence(self) -> None:
        while True:
            await self._alive.wait()
            await self.outbox.attached()
            error = await self.silence.over()
            if self._connection is not None:
                self._mute = error
                await self._connection.close()

    def _why(self, lost: ServiceError | None) -> ServiceError:
        return self._last_words.why(lost, asyncio.get_running_loop().time())

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        await release(self.path.release, None if connection is None else connection.close)

    # --- what comes ---

    def understood(self, session: Session) -> None:
        """The session has taken in an event of this call: how it stands is not derived here again."""
        self._last_words.heard(session.complaint, asyncio.get_running_loop().time())
        if session.lives:
            self._alive.set()
        if session.connection_state == "connected":
            self.connected.set()
        self._unheard.expect(None if self.over else session.unheard_in)
        if session.time_is_over:
            self.end(
                ServiceUnavailable(
                    "The service's time for one session is over.",
                    code="session_expired",
                    next_step="Call again.",
                )
            )

    def media(self, state: str) -> None:
        """The page reports its peer's state."""
        self.observe({"type": "voice_widget.call.media", "state": state}, "local")
        self._media.is_now(state)

    def heard_by_page(self) -> None:
        """The first event has come to the page, which has a channel of its own to the service."""
        self.observe({"type": "voice_widget.call.heard"}, "local")

    def page_event(self, event: Event) -> None:
        """A copy of a client event that the page has sent by itself."""
        self.outbox.sent_elsewhere(event)
        self.observe(event, "page")

    async def _take(self, event: Event) -> None:
        await self._flood.breathe()
        kind = event["type"]
        if kind == LOST:
            if event["count"]:
                self.observe({"type": "voice_widget.call.events_lost", "count": event["count"]}, "local")
            self.outbox.catch_up(blind=bool(event["count"]))
            return
        self._spoke.set()
        self.silence.heard(kind)
        if kind != GREETING:
            if not self.seen.add(event):
                return  # it came before, perhaps by another way
            self.heard = self.heard or kind not in OPENING
        try:
            await self._received(event)
        except VoiceWidgetError:
            raise
        except Exception:
            # Whatever a strange peer has found: it costs this event only.
            LOG.exception("An event %r was passed over by a mistake of this package.", kind[:60])

    async def _received(self, event: Event) -> None:
        audio = self.path.audio
        if audio is not None:
            audio.advance()
            if event["type"] == "voice_widget.clock":
                return
        if self.call_id is None and (named := session_id(event)) is not None:
            # Where the service gives the call no id, its session's id names it as well.
            self.joined(named or self._new_id("call"))
        if (beside := self.outbox.beside(event)) is not None:
            self.observe(beside, "local")  # no error of the call
            return
        refusal = self.outbox.refusal(event)
        self.observe(event, "received", refusal)
        self._may_reattach = self._may_reattach or event["type"] not in OPENING
        if self._alive.is_set() and not self.outbox.begun:
            await self._greet()
        if refusal is not None:
            event = refusal.event
            if refusal.final:
                self.end(refusal.told)
            elif self.outbox.begun and not self._alive.is_set():
                self.spawn(self._lives_on())
        await self._act_on(event)

    async def _act_on(self, event: Event) -> None:
        audio = self.path.audio
        if audio is not None:
            turns = self.config.turn_taking()
            await audio.hear(event, interrupts=turns is not None and turns.get("interrupt_response", True))
        await self.outbox.hear(event)
        if audio is not None and self.outbox.unwanted():
            await audio.cut()  # of its sound too, for that may have been made before the service hears of it

    # --- what goes ---

    async def send(self, *events: Event) -> None:
        """Send client events; those with ``response.create`` wait while a response is being made."""
        await self.outbox.send(*events)

    async def send_now(self, events: Iterable[Event]) -> None:
        """Send client events without waiting for a response's end."""
        await self.outbox.send_now(events)

    async def interrupt(self) -> None:
        """Stop the assistant, whatever it does."""
        self.observe({"type": "voice_widget.call.interrupted"}, "local")
        await self.outbox.interrupt()
        await clear(self)

    # --- audio in the session's socket ---

    async def speak(self, speech: Any, pace: Pace) -> None:
        """Say PCM16 at 24 kHz as the caller; returns when all of it has been sent.

        Without turn detection it is one push to talk: who answers is interrupted, and the end is told.
        """
        if self.path.audio is None:
            return
        pushed = self.config.turn_taking() is None
        if pushed:
            await self.interrupt()
            await self.send_now([{"type": "input_audio_buffer.clear"}])  # the silence before it
        await self.path.audio.speak(speech, pace)
        if pushed:
            await self.send_now([{"type": "input_audio_buffer.commit"}])
            await self.send({"type": "response.create"})

    def open_microphone(self) -> None:
        """Start to send silence, and from then on what is to be said."""
        if self.path.audio is not None and (listening := self.path.audio.open()) is not None:
            self.spawn(listening)


def _first(group: BaseExceptionGroup[VoiceWidgetError]) -> VoiceWidgetError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, VoiceWidgetError)
    return error
