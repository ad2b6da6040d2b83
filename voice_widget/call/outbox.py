"""What goes to the service, and what becomes of it: sent, answered, refused, lost, brought back.

One object for the queue of responses, the turns that must arrive and the questions that are answered: they
all hear the same events, and of one error only one of them may take itself for the addressee.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from voice_widget.call.addressees import Addressees
from voice_widget.call.deliveries import CallLost, Deliveries, Delivery
from voice_widget.call.item_changes import ItemChanges
from voice_widget.call.pending_updates import ANSWER_S, TOO_LARGE, PendingUpdates, start_refused
from voice_widget.call.silence import GRACE_S, within
from voice_widget.call.telling import Telling
from voice_widget.call.ways import Direction
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.answering.response_queue import GivesWay, ResponseQueue
from voice_widget.realtime.wire.events import Event
from voice_widget.realtime.wire.problems import overdue
from voice_widget.realtime.wire.reading import part
from voice_widget.services import Connection

LOG = logging.getLogger("voice_widget")
WAY_S = 5.0  # for the answer that a service begins by itself once the user has spoken
SIGN_S = 5.0  # without a sign of it, speech of the user's is waited for no more
SILENT_S = 30.0  # without a word of a response: it has ended, and nobody has said so
DOUBT_S = 3.0  # the same, where the last word was an error that may have been its end
_OF_RESPONSES = ("response.", "voice_widget.reply.")
_OF_ITEMS = "conversation.item."
_WHAT_IS_IN_FORCE: Event = {"type": "session.update", "session": {"type": "realtime"}}


@dataclass(frozen=True)
class Refusal:
    """A service's ``error``, and what of ours it answers.

    Attributes:
        event: The error, with the ``event_id`` of what it answers, if that is known.
        told: What is said of it, here and by whoever sent what it answers; None: it answers nothing of ours.
        of_settings: It is about the settings with which the call begins.
        final: With these settings there is no call.
    """

    event: Event
    told: ServiceRefused | None
    of_settings: bool
    final: bool


class Outbox:
    """What one call sends.

    Args:
        new_id: Makes ids.
        observe: Gets every event that is sent, and what is said of those that were not answered.
        spawn: Runs something that ends with the call.
        shared: Others are in the call too, and change its session.
        user_speaks: Whether the user speaks, as far as there were signs of it in the last seconds (`SIGN_S`).

    Attributes:
        owes: When the call ended: what was asked in it last is sent again in the next one.
    """

    def __init__(
        self,
        new_id: Callable[[str], str],
        observe: Callable[[Event, Direction], None],
        spawn: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any] | None],
        *,
        shared: bool,
        user_speaks: Callable[[], bool] = lambda: False,
    ) -> None:
        self._new_id, self._observe, self._spawn = new_id, observe, spawn
        self._user_speaks = user_speaks
        self._responses = ResponseQueue(new_id, user_speaks=user_speaks, shared=shared)
        self._deliveries = Deliveries(new_id)
        self._telling = Telling(new_id)
        self._pending_updates = PendingUpdates()
        self._pending_updates.shared = shared
        self._items = ItemChanges()
        self._addressees = Addressees(
            self._responses, self._pending_updates, self._telling, self._items, shared=shared
        )
        self.owes = False
        self._connection: Connection | None = None
        self._attached = asyncio.Event()
        self._over = False
        self._catching_up: asyncio.Task[None] | None = None
        self._way_to: GivesWay = ""
        self._giving_way: asyncio.Task[None] | None = None
        self._response_at = 0.0  # when there was last something of a response
        self._doubted_at = 0.0
        self._doubtful = asyncio.Event()

    # --- the connection ---

    def attach(self, connection: Connection) -> None:
        """This is where it goes from now on."""
        self._connection = connection
        self._attached.set()

    def detach(self) -> None:
        """The connection broke: what is sent now waits for the next one."""
        self._attached.clear()

    async def attached(self) -> None:
        """Wait for a connection."""
        await self._attached.wait()

    def end(self, why: VoiceWidgetError | None = None) -> None:
        """The call is over."""
        self._over = True
        self._attached.set()  # who waits for the connection must see that there will be none
        self._pending_updates.lost(why)
        self._items.lost(why)
        self.owes = self._deliveries.owes
        self._deliveries.lost(why)

    def catch_up(self, *, blind: bool) -> None:
        """The call is followed again; ``blind``: what was said meanwhile was not heard."""
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._catching_up = self._spawn(self._catch_up(blind))

    async def _catch_up(self, blind: bool) -> None:
        if blind:
            # What was answered meanwhile was not seen: ask again, or at least what is in force.
            again = self._pending_updates.back()
            await (self.send_now(again) if again else self.ask_what_is_in_force())
        first = await self._deliveries.back(self.send_now)
        if blind:
            # What ended meanwhile was not seen; waiting for it would be waiting for ever.
            unsent = self._responses.lost_sight(first)
            self._response_at = asyncio.get_running_loop().time()
            await self.send_now(unsent)
        elif first:
            await self.send_now(self._responses.again(first))

    # --- what goes ---

    @property
    def begun(self) -> bool:
        """Our settings were sent."""
        return bool(self._addressees.begun_by)

    async def begin(self, session: Event) -> None:
        """Send what a session begins with."""
        begun_by = self._new_id("event")
        self._addressees.begins(begun_by)
        await self.send_now([{"type": "session.update", "event_id": begun_by, "session": session}])

    async def send(self, *events: Event) -> None:
        """Send client events; those with ``response.create`` wait while a response is being made."""
        if any(event["type"] == "response.create" for event in events):
            await self.send_now(self._responses.submit(events))
        else:
            await self.send_now(events)

    async def ask_to_answer(self) -> None:
        """Ask for a response, if the service begins none by itself."""
        await self.send_now(self._responses.submit_once())

    async def tell(self, items: Iterable[dict[str, Any]]) -> None:
        """Send what was said before this call; what of it is refused costs itself (`beside`)."""
        await self.send_now(self._telling.events(items))

    def deliver(self, events: Iterable[Event]) -> Delivery:
        """Send a turn, or let it wait for the response being made; says what became of it.

        Its futures fail with `CallLost` if the call is over first: then the next call has to have it.
        """
        delivery = self._deliveries.add(events)
        if self._over:
            delivery.fail(CallLost())
        elif not delivery.received.done():
            self._spawn(self.send_now(self._responses.submit(delivery.events)))
        return delivery

    async def ask(self, event: Event, seconds: float = ANSWER_S) -> Event:
        """Send ``session.update`` and give its ``session.updated`` or ``error``."""
        if self._over:
            raise CallLost()
        event = {**event, "event_id": self._new_id("event")}
        return await self._pending_updates.ask(event, self.send_now, seconds)

    async def change_item(self, event: Event) -> Event:
        """Send what creates, cuts or deletes an item, and give its answer; see `ItemChanges.ask`."""
        if self._over:
            raise CallLost()
        event = {**event, "event_id": event.get("event_id") or self._new_id("event")}
        return await self._items.ask(event, self.send_now)

    async def ask_what_is_in_force(self) -> None:
        """Every service answers this, and it changes nothing."""
        await self.send_now([_WHAT_IS_IN_FORCE])

    async def send_now(self, events: Iterable[Event]) -> None:
        """Send client events without waiting for a response's end."""
        for event in events:
            await self._attached.wait()
            if self._over or self._connection is None:
                return
            event = event if event.get("event_id") else {**event, "event_id": self._new_id("event")}
            self._leaves(event)
            self._observe(event, "sent")
            self._deliveries.leaves(event)
            try:
                await self._connection.send(event)
            except ServiceError as error:
                # The reading side sees the same loss and decides what becomes of the call.
                LOG.debug("%s was not sent: %s", event["type"], error)
                self._deliveries.stayed(event)

    def _leaves(self, event: Event) -> None:
        kind = event["type"]
        self._pending_updates.leaves(event)
        self._addressees.leaves(event)
        if kind == "response.create" or kind.startswith(_OF_RESPONSES[1]):
            self._response_at = asyncio.get_running_loop().time()

    def sent_elsewhere(self, event: Event) -> None:
        """The page has sent a client event by itself."""
        self._addressees.sent_elsewhere(event)
        self._responses.sent_elsewhere(event)

    async def interrupt(self) -> None:
        """Cancel the answer that is being made, or is about to be."""
        await self.send_now(self._responses.interrupt())

    # --- what comes ---

    @property
    def awaits(self) -> bool:
        """A response is being made or has been asked for."""
        return self._responses.busy

    @property
    def quiet(self) -> bool:
        """The user does not speak, and no response is being made or is to follow."""
        return not (self._responses.busy or self._responses.due or self._user_speaks())

    def is_aside(self, response: Event) -> bool:
        """The response that begins is made beside the conversation."""
        return self._responses.asides.has(response)

    def beside(self, event: Event) -> Event | None:
        """An ``error`` as what it says of something that the talk can do without; None: it is another event.

        It answers a question of ours about what has arrived, or refuses what was said before (`tell`).
        """
        if event["type"] != "error":
            return None
        if self._deliveries.inquired(event):
            return {"type": "voice_widget.call.inquired", "answer": event}
        notice = self._telling.refused(self._addressees.named(event)["error"])
        return notice and {"type": "voice_widget.call.untold", "answer": event, "notice": notice}

    def refusal(self, event: Event) -> Refusal | None:
        """Whom of ours a service's ``error`` answers; None: it is another event."""
        if event["type"] != "error":
            return None
        event = self._addressees.named(event)
        error = event["error"]
        if not self._addressees.is_of_settings(error):
            told = self._pending_updates.refusal(error) or self._deliveries.refusal(error)
            told = told or self._items.refusal(error)
            return Refusal(event, told, of_settings=False, final=False)
        return Refusal(event, start_refused(error), of_settings=True, final=error.get("code") == TOO_LARGE)

    async def hear(self, event: Event) -> None:
        """Take a server's event (an error as in its `refusal`); what may be sent after it is sent."""
        self._pending_updates.hear(event)
        self._items.hear(event)
        due, unasked = self._responses.due, self._responses.unasked
        if event["type"].startswith(_OF_RESPONSES) or (unasked and event["type"].startswith(_OF_ITEMS)):
            self._response_at = asyncio.get_running_loop().time()
        aside = event["type"] == "response.created" and self.is_aside(part(event, "response"))
        self._deliveries.hear(event, self._responses.asked, aside=aside)
        doubt, asked = self._responses.doubt, self._responses.asked
        freed = self._responses.received(event)
        if asked is not None and event["type"] == "response.done" and self._responses.asked != asked:
            self._deliveries.ended(asked, event)
        await self.send_now(freed)
        if self._responses.due and not due:
            self._response_at = asyncio.get_running_loop().time()
        if doubt is None and self._responses.doubt is not None:
            self._doubted_at = asyncio.get_running_loop().time()
            self._doubtful.set()
        self._watch_the_way()

    def unwanted(self) -> bool:
        """The response that has just begun was interrupted before that; said once."""
        response, self._responses.unwanted = self._responses.unwanted, None
        return response is not None

    # --- what does not come ---

    async def overdue(self) -> Event:
        """Wait for a response of which nothing comes any more; gives the end that nobody tells."""
        now = asyncio.get_running_loop().time
        while True:
            at, asked, doubt = self._response_at, self._responses.asked, self._responses.doubt
            seconds, since = (SILENT_S, at) if doubt is None else (DOUBT_S, max(at, self._doubted_at))
            left = since + seconds - now() if self._responses.due else SILENT_S
            if await within(max(left, GRACE_S), self._doubtful):
                self._doubtful.clear()
            elif left <= GRACE_S and self._responses.due and self._response_at == at:
                return self._ended(asked, seconds, doubt)

    def _ended(self, asked: str | None, seconds: float, doubt: str | None) -> Event:
        if doubt is not None and self._responses.cut:
            # It knows of nothing that could be stopped: what was to be reached is.
            return _end("cancelled", {"reason": "client_cancelled"})
        error = overdue(seconds, begun=self._responses.begun, said=doubt)
        if asked is not None:
            self._deliveries.failed(asked, ServiceUnavailable(**error))
        LOG.info("%s", error["message"])
        return _end("failed", {"error": {"code": error["code"], "message": error["message"]}})

    def _watch_the_way(self) -> None:
        if self._responses.gives_way == self._way_to:
            return
        self._way_to = self._responses.gives_way
        if self._giving_way is not None:
            self._giving_way.cancel()
        self._giving_way = self._spawn(self._give_way(self._way_to)) if self._way_to else None

    async def _give_way(self, to: GivesWay) -> None:
        """Not for ever: a service may tell of speech and never of its end, or not answer."""
        while True:
            await asyncio.sleep(WAY_S)
            if to == "answer" or not self._user_speaks():
                break
        self._way_to, self._giving_way = "", None
        await self.send_now(self._responses.go_on())


def _end(status: str, details: dict[str, Any]) -> Event:
    details = {"type": status, **details}
    return {"type": "response.done", "response": {"status": status, "status_details": details}}
