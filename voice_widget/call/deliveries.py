"""What was sent and has to arrive: a turn that outlives the call it was sent in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from voice_widget.errors import ServiceRefused, ServiceUnavailable, VoiceWidgetError
from voice_widget.realtime.answering.response_queue import BUSY
from voice_widget.realtime.session.chat_checks import MOST_CHARS
from voice_widget.realtime.wire.asides import MARK, apart
from voice_widget.realtime.wire.events import Event, dump
from voice_widget.realtime.wire.problems import failure, next_step
from voice_widget.realtime.wire.reading import part, status_of

INQUIRY_S = 5.0


def future() -> asyncio.Future[Any]:
    """A future whose error may stay unseen."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    # Nobody may be waiting for it (any more), and that is no mistake.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


def because(what: str, why: VoiceWidgetError | None) -> str:
    """What has happened, and why, as far as that is known."""
    return f"{what}." if why is None else f"{what}: {why.message}"


class CallLost(ServiceUnavailable):
    """The call was over before the service had what was sent."""

    code = "call_lost"

    def __init__(self, why: VoiceWidgetError | None = None) -> None:
        super().__init__(
            because("The call broke off before the service had answered", why), next_step="Try again."
        )
        self.why = why


class Doubtful(ServiceUnavailable):
    """Nobody can say whether the service had what was sent; it must not be sent again by itself."""

    code = "call_lost"

    def __init__(self) -> None:
        super().__init__(
            "The connection broke off at that moment; the service may have had it.",
            next_step="Try again if no answer comes.",
        )


class Fatal(ServiceUnavailable):
    """Every call in which it was sent broke off before the answer."""

    code = "call_lost"

    def __init__(self, calls: int, why: VoiceWidgetError | None = None) -> None:
        super().__init__(
            f"{calls} calls broke off before the service had answered this; it is not sent again."
            + (f" The last one: {why.message}" if why is not None else ""),
            next_step=next_step({} if why is None else why.info(), "Say it in another way, or later."),
        )


class Delivery:
    """Events that belong together and end with ``response.create``, until the service has taken them.

    Attributes:
        events: The events; the last one is marked, so that its response can be told from others.
        item_id: Of the item among them; empty: there is none.
        left: It was sent, and does not wait for another response to end.
        received: Done once the service has the item, or makes the response.
        asked: Done once there is something of the response, or it has ended.
    """

    def __init__(self, events: Iterable[Event], new_id: Callable[[str], str]) -> None:
        self.events = [{**event, "event_id": new_id("event")} for event in events]
        self.events[-1] = _marked(self.events[-1])
        self.item_id = next((str(e["item"]["id"]) for e in self.events if "item" in e), "")
        self.left = False
        self.received: asyncio.Future[None] = future()
        self.asked: asyncio.Future[None] = future()
        self._response: str | None = None
        self._perhaps: str | None = None  # a response that may be the one
        self._apart = apart(self.events[-1].get("response"))
        self._inquiry = ""
        self._arrived: asyncio.Future[bool] | None = None

    @property
    def event_ids(self) -> list[str]:
        """The events' ids; the last is that of ``response.create``."""
        return [str(event["event_id"]) for event in self.events]

    @property
    def response_id(self) -> str | None:
        """The response that it has asked for, once that is known."""
        return self._response or self._perhaps

    def hear(self, event: Event, asked: str | None, *, aside: bool) -> None:
        """Does a server event say that this has been taken, or refused?

        Args:
            event: The event.
            asked: The ``event_id`` of the ``response.create`` that no response has followed yet.
            aside: A response begins, beside the conversation.
        """
        kind, response = event["type"], event.get("response") or {}
        if kind == "response.output_item.added":
            # A tool that is to be called is no answer yet, and is not called if the call breaks off.
            tool = (event.get("item") or {}).get("type") == "function_call"
            if not tool and self._response and event.get("response_id") == self._response:
                self.taken(asked=True)
        elif kind.startswith("conversation.item."):
            if self.item_id and self._is_ours(event.get("item") or {}):
                self.taken(asked=False)
        elif kind == "response.created":
            marked = (response.get("metadata") or {}).get(MARK) == self.event_ids[-1]
            beside = aside and self._apart and self._perhaps is None and not response.get("metadata")
            if marked or beside or (asked == self.event_ids[-1] and not aside):
                # Not marked: begun by the service itself, which refuses ours next, or it keeps no metadata.
                self._perhaps = response.get("id")
                if marked or beside or "metadata" not in response:
                    self._response = self._perhaps
                    self.taken(asked=False)
        elif kind == "response.done" and self._perhaps and response.get("id") in (None, self._perhaps):
            self.taken(asked=True)
        elif kind == "error":
            self._refused(event.get("error") or {})

    def _is_ours(self, item: Event) -> bool:
        """By its id; a service that gives items ids of its own repeats the text at least."""
        if item.get("id") == self.item_id:
            return True
        text = _text(next(event["item"] for event in self.events if "item" in event))
        return self.left and text != "" and item.get("role") == "user" and _text(item) == text

    def _refused(self, error: Event) -> None:
        if error.get("event_id") not in self.event_ids:
            return
        if error.get("code") == BUSY:
            self.left, self._response, self._perhaps = False, None, None  # it waits again
            return
        self.fail(_refusal(error))

    def taken(self, *, asked: bool) -> None:
        """The service has the item, or (``asked``) there is something of its response."""
        for future in (self.received, self.asked) if asked else (self.received,):
            if not future.done():
                future.set_result(None)
        self._answered(True)

    def fail(self, error: VoiceWidgetError) -> None:
        """The service has not got it, or refuses it."""
        for future in (self.received, self.asked):
            if not future.done():
                future.set_exception(error)
        self._answered(False)

    def inquired(self, error: Event) -> bool:
        """Is this the answer to our question? Then the service has not got the item, or will not say."""
        if not self._inquiry or error.get("event_id") != self._inquiry:
            return False
        if not str(error.get("code")).endswith("invalid_item_id"):
            self.fail(Doubtful())
        self._answered(False)
        return True

    async def arrived(self, send: Callable[[Sequence[Event]], Awaitable[None]], event_id: str) -> bool:
        """Ask the service whether it has the item; without an answer the delivery fails."""
        self._inquiry, self._arrived = event_id, future()
        question = {"type": "conversation.item.retrieve", "event_id": event_id, "item_id": self.item_id}
        try:
            async with asyncio.timeout(INQUIRY_S):
                await send([question])
                return await self._arrived
        except TimeoutError:
            self.fail(Doubtful())
            return False

    def _answered(self, arrived: bool) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(arrived)


class Deliveries:
    """What was sent in one call and has not been taken yet."""

    def __init__(self, new_id: Callable[[str], str]) -> None:
        self._new_id = new_id
        self._open: list[Delivery] = []
        self._unsent: list[Event] = []  # the connection was broken

    def add(self, events: Iterable[Event]) -> Delivery:
        """Begin one. What is too long for any service fails at once."""
        delivery = Delivery(events, self._new_id)
        size = sum(len(dump(event)) for event in delivery.events)
        if size > MOST_CHARS:
            delivery.fail(  # else it would be sent, and break the call, in the next one too
                ServiceRefused(
                    f"The text is too long: {size:,} characters, at most {MOST_CHARS:,} are sent.",
                    code="text_too_long",
                    next_step="Give the agent its data in the kernel.",
                )
            )
        else:
            self._open.append(delivery)
        return delivery

    @property
    def owes(self) -> bool:
        """What was asked last is one of them: it is sent again in the next call."""
        return any(delivery.left and not delivery.asked.done() for delivery in self._open)

    def leaves(self, event: Event) -> None:
        """An event is sent now."""
        for delivery in self._open:
            if event["event_id"] in delivery.event_ids:
                delivery.left = True

    def stayed(self, event: Event) -> None:
        """It could not be sent."""
        if any(event["event_id"] in delivery.event_ids for delivery in self._open):
            self._unsent.append(event)

    def hear(self, event: Event, asked: str | None, *, aside: bool = False) -> None:
        """A server event, which may say what became of them."""
        for delivery in self._open:
            delivery.hear(event, asked, aside=aside)
        self._forget_done()

    def ended(self, asked: str, done: Event) -> None:
        """The response that this ``event_id`` asked for has ended, and nobody saw it begin."""
        failed = status_of(part(done, "response")) == "failed"
        for delivery in self._open:
            if delivery.event_ids[-1] == asked and not failed:
                delivery.taken(asked=True)
        if failed:
            self.failed(asked, ServiceUnavailable(**failure(done)))
        self._forget_done()

    def failed(self, asked: str, error: VoiceWidgetError) -> None:
        """What asked for a response by this ``event_id`` will not be answered."""
        for delivery in self._open:
            if delivery.event_ids[-1] == asked:
                delivery.fail(error)
        self._forget_done()

    def refusal(self, error: Event) -> ServiceRefused | None:
        """What will be said of this error, if it is about something that was sent."""
        event_id = error.get("event_id")
        ours = any(event_id in delivery.event_ids for delivery in self._open)
        return _refusal(error) if ours and error.get("code") != BUSY else None

    def inquired(self, event: Event) -> bool:
        """Is this error the answer to a question of `back`?"""
        return any(delivery.inquired(event.get("error") or {}) for delivery in self._open)

    async def back(self, send: Callable[[Sequence[Event]], Awaitable[None]]) -> Sequence[Event]:
        """The connection to the same call is back: find out what became of what was sent.

        Nothing is sent twice that may be answered twice.

        Returns:
            What has to be sent (again) first.
        """
        for delivery in [delivery for delivery in self._open if delivery.left]:
            unsent = {event["event_id"] for event in self._unsent}
            first, last = delivery.event_ids[0] in unsent, delivery.event_ids[-1] in unsent
            if not delivery.received.done() and not first:
                if not delivery.item_id:
                    delivery.fail(Doubtful())
                elif not await delivery.arrived(send, self._new_id("event")):
                    self._unsent = [] if delivery.received.done() else delivery.events
                    continue
            if not last:
                # Both were sent in one breath; to wait for what nobody saw begin is to wait for ever.
                delivery.taken(asked=True)
        self._forget_done()
        unsent_now, self._unsent = self._unsent, []
        return unsent_now

    def lost(self, why: VoiceWidgetError | None = None) -> None:
        """The call is over."""
        for delivery in self._open:
            delivery.fail(CallLost(why))

    def _forget_done(self) -> None:
        self._open = [delivery for delivery in self._open if not delivery.asked.done()]


def _refusal(error: Event) -> ServiceRefused:
    words = error.get("message") or error.get("code")
    return ServiceRefused(
        f"The service refused it: {words}" if words else "The service refused it and does not say why.",
        code=str(error.get("code") or "refused"),
        next_step=next_step(error, "Say it in another way."),
    )


def _text(item: Event) -> str:
    return "".join(part.get("text") or "" for part in item.get("content") or [])


def _marked(create: Event) -> Event:
    response = create.get("response") or {}
    metadata = {**(response.get("metadata") or {}), MARK: create["event_id"]}
    return {**create, "response": {**response, "metadata": metadata}}
