"""One call to a service. It owns everything that must be released, and is never used again once it is closed.

How it reaches the service is its path's business (`ways`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from voice_widget.audio.microphone import Pace
from voice_widget.call.deliveries import CallLost, Deliveries, Delivery
from voice_widget.call.inquiries import ANSWER_S, TOO_LARGE, Inquiries, start_refused
from voice_widget.call.media import Media
from voice_widget.call.relay import LOST, Relay
from voice_widget.call.silence import Silence
from voice_widget.call.ways import Direction, JoinedPath, Path
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.context import Recent, identity
from voice_widget.realtime.events import Event, new_id
from voice_widget.realtime.problems import time_is_over
from voice_widget.realtime.response_queue import (
    BUSY,
    ResponseQueue,
    about_settings,
    is_busy,
    may_refuse,
    said,
)
from voice_widget.realtime.settings import SessionConfig
from voice_widget.services import Connection

LOG = logging.getLogger("voice_widget")
ACKNOWLEDGE_S = 15.0
"""From the connection's opening on: until then the services' own time limits hold."""
GREETING_S = 2.0
"""A service that greets does so at once; one that does not may be waiting for our settings."""
MUTE_S = 5.0
"""A sideband that was spoken to and says nothing: there may be a better way to follow the call."""
RELEASE_S = 4.0
HANG_UP_S = 1.5  # a service that does not take it for so long is told again
HANG_UPS = 3
AGAIN_S = 0.2
REMEMBERED = 8192  # more than a page keeps, by which it is known where a sideband broke off
MOST_BEHIND = 2000
BREATHS = 100
WAY_S = 5.0  # for the answer that a service begins by itself once the user has spoken
SILENT_S = 30.0  # without a word of a response: it has ended, and nobody has said so
LEFT = 64
BREATH = 50  # so many events, and everything else on the loop has its turn
_SESSION = ("session.created", "session.updated")
_WHAT_IS_IN_FORCE: Event = {"type": "session.update", "session": {"type": "realtime"}}
Observe = Callable[[Event, Direction], None]


class Call:
    """One call, from its offer or its connect to its end.

    Args:
        path: How the service is reached; it is started already.
        config: The session's settings.
        number: The call's number within the widget, for the page.
        observe: Gets every event, in order, with its direction.
        new_id: Makes ids; a double has its own, so that a whole talk is the same every time.
        behind: How much of what was observed has not been published yet.
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
    ) -> None:
        self.number = number
        self.call_id: str | None = None
        self.observe = observe
        self._new_id, self._behind = new_id, behind
        self.responses = ResponseQueue(self._new_id)
        self.connected = asyncio.Event()  # session acknowledged and media up
        self.config = config  # as far as the service has it
        self.path = path
        self.seen = Recent(REMEMBERED)
        self.heard = False
        self.owes = False  # what was asked in it last is sent again in the next one
        self._connection: Connection | None = None
        self._attached = asyncio.Event()
        self._alive = asyncio.Event()  # the session has said something, by whatever way
        self._spoke = asyncio.Event()  # the connection of the moment has
        self._mute: ServiceError | None = None
        self._begun_by = ""  # the event that brought our settings
        self._media = Media(self.spawn, self.end)
        self.silence = Silence(lambda: self.responses.busy, self._ask_what_is_in_force)
        self.releasing: asyncio.Task[None] | None = None  # what is held is let go of
        self._over = asyncio.Event()
        self._error: VoiceWidgetError | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._deliveries = Deliveries(self._new_id)
        self._catching_up: asyncio.Task[None] | None = None
        self._giving_way: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self._inquiries = Inquiries()
        self._inquiries.shared = self.is_anothers
        self._may_reattach = True
        self._taken = self._response_events = 0
        self._left: deque[str] = deque(maxlen=LEFT)  # ids of what was sent last

    # --- life ---

    async def run(self) -> None:
        """Hold the call until it is hung up.

        Raises:
            VoiceWidgetError: The call could not be made, or was lost.
        """
        try:
            async with asyncio.TaskGroup() as self._group:
                self.spawn(self._converse())
                self.spawn(self._watch_the_queue())
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
            self._attached.set()  # who waits for the line must see that there will be none
            self._inquiries.lost()
            self.owes = self._deliveries.owes
            self._deliveries.lost()

    @property
    def is_anothers(self) -> bool:
        """It was made by another client, which may have tools of its own."""
        return isinstance(self.path, JoinedPath)

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
        self._attached.set()
        if self.path.sound_apart:
            self.spawn(self._media.expected())
        else:
            self._media.needs_no_page()
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
            self._attached.clear()
            lost = lost or self._mute
            if not await self._reattach(lost):
                # Said at once: what is sent from now on belongs to the next call.
                self.end(
                    self._error
                    or lost
                    or ServiceUnavailable(
                        "The service ended the call.", code="call_ended", next_step="Press Call again."
                    )
                )
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
        self._attached.set()
        self._spoke.clear()
        if not self._alive.is_set():
            await self._greet()  # what was said by the old way may have reached nobody
        if isinstance(self._connection, Relay):  # it says itself when it has caught up
            self._media.doubt()
        else:
            self._begin_catching_up(blind=True)
        return True

    def _begin_catching_up(self, *, blind: bool) -> None:
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._catching_up = self.spawn(self._catch_up(blind))

    async def _catch_up(self, blind: bool) -> None:
        if blind and self._alive.is_set():
            # What was answered meanwhile was not seen: ask again, or at least what is in force.
            await self.send_now(self._inquiries.back() or [_WHAT_IS_IN_FORCE])
        first = await self._deliveries.back(self.send_now)
        if blind:
            # What ended meanwhile was not seen; waiting for it would be waiting for ever.
            await self.send_now(self.responses.lost_sight(first))
        elif first:
            await self.send_now(self.responses.again(first))

    async def _await_acknowledgement(self) -> None:
        try:
            async with asyncio.timeout(ACKNOWLEDGE_S):
                await self._alive.wait()
        except TimeoutError:
            raise _silent("The service did not open the session", ACKNOWLEDGE_S) from None

    async def _greet(self) -> None:
        """Send what a session begins with."""
        self._begun_by = self._new_id("event")
        session = self.path.greeting(self.config)
        await self.send_now([{"type": "session.update", "event_id": self._begun_by, "session": session}])

    async def _greet_unasked(self) -> None:
        """Some servers wait for the client's settings before they say anything."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GREETING_S):
                await self._alive.wait()
                return
        if not self._begun_by:
            await self._greet()

    async def _watch_the_sideband(self, connection: Connection) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MUTE_S):
                await self._spoke.wait()
                return
        self._give_up(_silent("The service did not answer on the call's sideband", MUTE_S))
        await connection.close()

    async def _watch_the_silence(self) -> None:
        while True:
            await self._alive.wait()
            await self._attached.wait()
            error = await self.silence.over()
            if self._connection is not None and self._attached.is_set():
                self._give_up(error)
                await self._connection.close()

    def _give_up(self, error: ServiceError) -> None:
        LOG.info("%s", error)
        self._mute = error

    async def _ask_what_is_in_force(self) -> None:
        await self.send_now([_WHAT_IS_IN_FORCE])

    async def _watch_the_queue(self) -> None:
        """What waits for a response whose end never comes would wait for ever."""
        while True:
            before, asked = self._response_events, self.responses.asked
            await asyncio.sleep(SILENT_S)
            if self._response_events != before:
                continue
            if asked is not None and asked == self.responses.asked:
                self._unanswered(asked)
            elif not self.responses.holds:
                continue
            LOG.info("A response has not ended for %g s; what waits for it is sent now.", SILENT_S)
            await self.send_now(self.responses.lost_sight())

    def _unanswered(self, asked: str) -> None:
        error = ServiceUnavailable(
            f"The service has not begun to answer for {SILENT_S:g} s.",
            code="answer_timeout",
            next_step="Ask again; what was asked may still be answered.",
        )
        self._deliveries.failed(asked, error)
        said = {"type": "server_error", "code": error.code, "message": error.message, "event_id": asked}
        self.observe({"type": "error", "error": said}, "local")

    async def _give_way(self) -> None:
        await asyncio.sleep(WAY_S)
        if self.responses.gives_way:
            await self.send_now(self.responses.go_on())

    async def _release(self) -> None:
        connection, self._connection = self._connection, None
        steps = [_let_go(self._let_go_of_the_service, RELEASE_S)]
        if connection is not None:
            steps.append(_let_go(connection.close, RELEASE_S))
        await asyncio.gather(*steps)

    async def _let_go_of_the_service(self) -> None:
        for _ in range(HANG_UPS - 1):
            try:
                async with asyncio.timeout(HANG_UP_S):
                    await self.path.release()
                    return
            except ServiceRefused:
                raise
            except (VoiceWidgetError, TimeoutError, OSError) as error:
                LOG.debug("The service did not take the hang-up: %s", error)
            await asyncio.sleep(AGAIN_S)
        await self.path.release()

    # --- what comes ---

    def media(self, state: str) -> None:
        """The page reports its peer's state."""
        self.observe({"type": "voice_widget.call.media", "state": state}, "local")
        self._media.is_now(state)
        self._check_connected()

    def heard_by_page(self) -> None:
        """The first event has come to the page, which has a channel of its own to the service."""
        self.observe({"type": "voice_widget.call.heard"}, "local")
        self._lives()

    def page_event(self, event: Event) -> None:
        """A copy of a client event that the page has sent by itself."""
        self.responses.sent_elsewhere(event)
        self.observe(event, "page")

    async def _take(self, event: Event) -> None:
        self._taken += 1
        if self._taken % BREATH == 0:
            await self._breathe()
        kind = event["type"]
        if kind == LOST:
            if event["count"]:
                self.observe({"type": "voice_widget.call.events_lost", "count": event["count"]}, "local")
            self._begin_catching_up(blind=bool(event["count"]))
            return
        self._spoke.set()
        self.silence.heard(kind)
        if kind != "session.created":  # each socket and the channel have their own
            known_by = identity(event)
            if known_by and not self.seen.add(known_by):
                return  # it came before, perhaps by another way
            self.heard = self.heard or kind != "session.updated"
        try:
            await self._received(event)
        except VoiceWidgetError:
            raise
        except Exception:
            # Whatever a strange peer has found: it costs this event only.
            LOG.exception("An event %r was passed over by a mistake of this package.", kind[:60])

    async def _breathe(self) -> None:
        """A flood of events is read no faster than the pages are told: what waits must not grow for ever."""
        await asyncio.sleep(0)
        for _ in range(BREATHS):  # and not for ever: who publishes may be stuck
            if self._behind() <= MOST_BEHIND:
                return
            await asyncio.sleep(0.02)

    async def _received(self, event: Event) -> None:
        kind = event["type"]
        ear = self.path.ear
        if ear is not None:
            ear.advance()
            if kind == "voice_widget.clock":
                return
        if kind in _SESSION and self.call_id is None:
            # Where the service gives the call no id, its session's id names it as well.
            self.joined(str((event.get("session") or {}).get("id") or self._new_id("call")))
        if kind == "error" and self._deliveries.inquired(event):
            # We asked because it may be so; it is nothing to show to people.
            self.observe({"type": "voice_widget.call.inquired", "answer": event}, "local")
            return
        self.observe(event, "received")
        if kind == "conversation.item.retrieved":
            # We missed its echo; it is in the conversation all the same.
            self.observe({"type": "conversation.item.done", "item": event.get("item") or {}}, "local")
        if kind not in _SESSION:
            self._may_reattach = True
        if not kind.startswith(("voice_widget.", "error")) or self.answers_greeting(event):
            self._lives()
            if not self._begun_by:
                await self._greet()
        event = self.named(event)
        if kind == "error":
            self._on_error(event)
        self._inquiries.hear(event)
        self._response_events += kind.startswith("response.")
        self._deliveries.hear(event, self.responses.asked)
        if ear is not None:
            turns = self.config.turn_taking()
            await ear.hear(event, interrupts=turns is not None and turns.get("interrupt_response", True))
        await self.send_now(self.responses.received(event))
        if self._giving_way is None and self.responses.gives_way:
            self._giving_way = self.spawn(self._give_way())
        elif self._giving_way is not None and not self.responses.gives_way:
            self._giving_way.cancel()
            self._giving_way = None
        if kind == "response.created" and ear is not None and self.responses.unwanted is not None:
            self.responses.unwanted = None
            await ear.cut()  # of its sound too, for that may have been made before the service hears of it

    def _lives(self) -> None:
        self._alive.set()
        self._check_connected()

    def answers_greeting(self, event: Event) -> bool:
        """An ``error`` is about the settings with which the call begins."""
        error = event.get("error") or {}
        return bool(self._begun_by) and error.get("event_id") == self._begun_by

    def _check_connected(self) -> None:
        if self._alive.is_set() and self._media.came_up:
            self.connected.set()

    def named(self, event: Event) -> Event:
        """An ``error`` with the ``event_id`` of what it answers; other events as they are.

        Services leave the id out. Then it answers what has waited longest: they take one after the other.
        """
        if event["type"] != "error":
            return event
        error = said(event)
        waits = self._inquiries.asked
        if not error.get("event_id") and waits is not None and self._asks_first(waits, error):
            meant: str | None = waits
        else:
            meant = self.responses.meant(error)
        named = {**error, "event_id": meant} if meant else error
        return {**event, "error": {**named, "code": BUSY} if is_busy(error) else named}

    def _asks_first(self, waits: str, error: Event) -> bool:
        if about_settings(error):
            return True
        request, left = self.responses.asked, list(self._left)
        if is_busy(error) or not may_refuse(error):
            return False
        return request is None or (request in left and waits in left[: left.index(request)])

    def refusal(self, event: Event) -> VoiceWidgetError | None:
        """What is said of an ``error`` that answers something of ours, here and by whoever sent that."""
        error = event.get("error") or {}
        if self.answers_greeting(event):
            return start_refused(error)
        return self._inquiries.refusal(error) or self._deliveries.refusal(error)

    def _on_error(self, event: Event) -> None:
        error = event.get("error") or {}
        if self.answers_greeting(event) and error.get("code") == TOO_LARGE:
            self.end(start_refused(error))
        if time_is_over(error):
            self.end(
                ServiceUnavailable(
                    "The service's time for one session is over.",
                    code="session_expired",
                    next_step="Call again.",
                )
            )

    # --- what goes ---

    async def send(self, *events: Event) -> None:
        """Send client events; those with ``response.create`` wait while a response is being made."""
        if any(event["type"] == "response.create" for event in events):
            await self.send_now(self.responses.submit(events))
        else:
            await self.send_now(events)

    def deliver(self, events: Iterable[Event]) -> Delivery:
        """Send a turn, or let it wait for the response being made; says what became of it.

        Its futures fail with `CallLost` if the call is over first: then the next call has to have it.
        """
        delivery = self._deliveries.add(events)
        if self.over:
            delivery.fail(CallLost())
        elif not delivery.received.done():
            self.spawn(self.send_now(self.responses.submit(delivery.events)))
        return delivery

    async def ask(self, event: Event, seconds: float = ANSWER_S) -> Event:
        """Send ``session.update`` and give its ``session.updated`` or ``error``."""
        if self.over:
            raise CallLost()
        event = {**event, "event_id": self._new_id("event")}
        return await self._inquiries.ask(event, self.send_now, seconds)

    async def send_now(self, events: Iterable[Event]) -> None:
        """Send client events without waiting for a response's end."""
        for event in events:
            await self._attached.wait()
            if self._over.is_set() or self._connection is None:
                return
            event = event if event.get("event_id") else {**event, "event_id": self._new_id("event")}
            self._inquiries.leaves(event)
            self._left.append(event["event_id"])
            self._response_events += event["type"] == "response.create"
            self.observe(event, "sent")
            self._deliveries.leaves(event)
            try:
                await self._connection.send(event)
            except ServiceError as error:
                # The reading side sees the same loss and decides what becomes of the call.
                LOG.debug("%s was not sent: %s", event["type"], error)
                self._deliveries.stayed(event)

    async def interrupt(self) -> None:
        """Stop the assistant, whatever it does."""
        await self.send_now(self.responses.interrupt())
        if self.path.ear is None:
            await self.send_now([{"type": "output_audio_buffer.clear"}])
        else:
            await self.path.ear.cut()

    # --- audio in the session's socket ---

    async def speak(self, speech: Any, pace: Pace) -> None:
        """Say PCM16 at 24 kHz as the caller; returns when all of it has been sent.

        Without turn detection it is one push to talk: who answers is interrupted, and the end is told.
        """
        if self.path.ear is None:
            return
        pushed = self.config.turn_taking() is None
        if pushed:
            await self.interrupt()
            await self.send_now([{"type": "input_audio_buffer.clear"}])  # the silence before it
        await self.path.ear.speak(speech, pace)
        if pushed:
            await self.send_now([{"type": "input_audio_buffer.commit"}])
            await self.send({"type": "response.create"})

    def open_microphone(self) -> None:
        """Start to send silence, and from then on what is to be said."""
        if self.path.ear is not None and (listening := self.path.ear.open()) is not None:
            self.spawn(listening)


def _first(group: BaseExceptionGroup[VoiceWidgetError]) -> VoiceWidgetError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, VoiceWidgetError)
    return error


async def _let_go(step: Callable[[], Awaitable[None]], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await step()
    except (VoiceWidgetError, TimeoutError, OSError) as error:
        # It is over for us in any case; a service that is gone cannot be told.
        LOG.debug("The call was not released in order: %s", error)
    except Exception:
        LOG.exception("The call was not released by a mistake of this package.")


def _silent(what: str, seconds: float) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"{what} within {seconds:g} s.",
        code="session_timeout",
        next_step="Press Call again; check the service if it happens again.",
    )
