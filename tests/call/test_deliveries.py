"""What was sent and has to arrive: by what it counts as taken, and what a broken sideband does to it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.call.test_call import FakeService, Held
from voice_widget.call import deliveries as deliveries_module
from voice_widget.call.deliveries import MOST_CHARS, CallLost, Delivery
from voice_widget.errors import ServiceError, ServiceRefused, ServiceUnavailable
from voice_widget.realtime.answering.response_queue import BUSY
from voice_widget.realtime.wire.asides import MARK
from voice_widget.realtime.wire.events import Event

ITEM: Event = {"type": "conversation.item.create", "item": {"id": "item_1", "type": "message"}}
CREATE: Event = {"type": "response.create"}
SAY: Event = {"type": "response.create", "response": {"text": "Hello."}}
ADDED: Event = {"type": "conversation.item.added", "item": {"id": "item_1"}}


def created(response_id: str = "resp_1", **fields: Any) -> Event:
    return {"type": "response.created", "response": {"id": response_id, **fields}}


def done(response_id: str) -> Event:
    return {"type": "response.done", "response": {"id": response_id}}


def refused(event: Event, code: str) -> Event:
    return {"type": "error", "error": {"code": code, "message": "No.", "event_id": event["event_id"]}}


def output(response_id: str) -> Event:
    item = {"id": f"answer_{response_id}", "type": "message", "role": "assistant", "content": []}
    return {"type": "response.output_item.added", "response_id": response_id, "item": item}


def sent(held: Held, connection: int = -1) -> list[str]:
    return held.service.connections[connection].asked


async def following() -> Held:
    """A call whose sideband stands."""
    held = Held(FakeService(), transport="webrtc")
    await held.until("session.updated")
    return held


async def broken(*events: Event, heard: tuple[Event, ...] = ()) -> tuple[Held, Delivery]:
    """A turn was sent, this was heard of it, and then the sideband broke and came back."""
    held = await following()
    delivery = held.call.outbox.deliver(events)
    await held.until("response.create")
    held.line.say(*heard, ServiceUnavailable("broken"))
    await held.until("session.updated", 2)
    return held, delivery


async def soon(future: asyncio.Future[Any]) -> None:
    await asyncio.wait_for(asyncio.shield(future), 20)


async def barrier(held: Held) -> None:
    """Wait until all that the service has said so far has been taken in."""
    count = held.types("received").count("session.updated") + 1
    held.line.say({"type": "session.updated", "session": {}})
    await held.until("session.updated", count)


# --- whose response ---


async def test_what_is_made_beside_the_conversation_is_not_what_was_asked_for() -> None:
    held = await following()
    aside = {"type": "response.create", "event_id": "theirs", "response": {"conversation": "none"}}
    held.call.page_event(aside)
    delivery = held.call.outbox.deliver([ITEM, CREATE])
    await held.until("response.create")
    held.line.say(created("aside", conversation_id=None))
    await barrier(held)
    assert not delivery.received.done()
    assert not delivery.asked.done()
    held.line.say(created("mine", conversation_id="conv"))
    await soon(delivery.received)
    held.line.say(output("mine"))
    await soon(delivery.asked)
    await held.end()


async def test_the_answer_of_a_service_that_names_no_conversation_is_what_was_asked_for() -> None:
    held = await following()
    delivery = held.call.outbox.deliver([ITEM, CREATE])
    await held.until("response.create")
    held.line.say(created("mine", conversation_id=None), output("mine"))
    await soon(delivery.asked)
    await held.end()


async def test_a_response_that_the_service_begins_by_itself_is_not_what_was_asked_for() -> None:
    held = await following()
    delivery = held.call.outbox.deliver([ITEM, CREATE])
    first = await held.until("response.create")
    held.line.say(ADDED, created("theirs", metadata=None), refused(first, BUSY), done("theirs"))
    again = await held.until("response.create", 2)
    assert not delivery.asked.done()
    assert again["event_id"] == first["event_id"]
    held.line.say(created("mine", metadata=again["response"]["metadata"]), output("mine"))
    await soon(delivery.asked)
    await held.end()


async def test_the_mark_tells_a_response_whatever_came_between() -> None:
    held = await following()
    delivery = held.call.outbox.deliver([SAY])
    asked = await held.until("response.create")
    assert asked["response"] == {"text": "Hello.", "metadata": {MARK: asked["event_id"]}}
    held.line.say(created("theirs", metadata={"who": "knows"}), output("theirs"))
    await barrier(held)
    assert not delivery.received.done()
    held.line.say(created("mine", metadata=asked["response"]["metadata"]))
    await soon(delivery.received)
    assert not delivery.asked.done()
    held.line.say(output("mine"))
    await soon(delivery.asked)
    await held.end()


async def test_a_service_that_drops_the_mark_tells_at_the_end() -> None:
    held = await following()
    delivery = held.call.outbox.deliver([SAY])
    await held.until("response.create")
    held.line.say(created("resp_1", metadata=None), done("another"))
    await barrier(held)
    assert not delivery.asked.done()
    held.line.say(done("resp_1"))
    await soon(delivery.asked)
    await held.end()


# --- a sideband that broke and came back ---


async def test_what_had_arrived_is_not_sent_twice() -> None:
    held, delivery = await broken(ITEM, CREATE)
    question = await held.until("conversation.item.retrieve")
    assert question["item_id"] == "item_1"
    held.line.say({"type": "conversation.item.retrieved", "item": {"id": "item_1"}})
    await soon(delivery.received)
    await soon(delivery.asked)
    later = held.call.outbox.deliver([CREATE])
    await held.until("response.create", 2)
    assert sent(held) == ["conversation.item.retrieve", "response.create"]
    assert not later.received.done()
    await held.end()


async def test_what_was_echoed_is_not_sent_twice() -> None:
    held, delivery = await broken(ITEM, CREATE, heard=(ADDED,))
    await soon(delivery.asked)
    await barrier(held)
    assert sent(held) == []
    await held.end()


async def test_what_came_back_under_another_id_is_not_sent_twice() -> None:
    def typed(item_id: str, text: str) -> Event:
        content = [{"type": "input_text", "text": text}]
        return {"id": item_id, "type": "message", "role": "user", "content": content}

    echoes = [{"type": "conversation.item.added", "item": typed("theirs", text)} for text in ("No.", "Yes.")]
    create = {"type": "conversation.item.create", "item": typed("ours", "Yes.")}
    held, delivery = await broken(create, CREATE, heard=(echoes[0],))
    assert not delivery.received.done()
    held.line.say(echoes[1])
    await soon(delivery.received)
    await held.end()
    held, delivery = await broken(create, CREATE, heard=(echoes[1],))
    await soon(delivery.asked)
    await barrier(held)
    assert sent(held) == []
    await held.end()


async def test_what_had_not_arrived_is_sent_again_in_silence() -> None:
    held, delivery = await broken(ITEM, CREATE)
    waiting = held.call.outbox.deliver([SAY])
    question = await held.until("conversation.item.retrieve")
    held.line.say(refused(question, "item_retrieve_invalid_item_id"))
    create = await held.until("response.create", 2)
    assert sent(held) == ["conversation.item.retrieve", "conversation.item.create", "response.create"]
    held.line.say(ADDED, created(metadata=create["response"]["metadata"]), done("resp_1"))
    await soon(delivery.asked)
    await held.until("response.create", 3)
    assert not waiting.received.done()
    assert "error" not in held.types("received")
    assert "voice_widget.call.inquired" in held.types("local")
    await held.end()


async def test_an_item_that_arrived_without_its_question_gets_it() -> None:
    held = await following()
    line = held.line
    send = line.send

    async def breaks(event: Event) -> None:
        if event["type"] == "response.create":
            raise ServiceUnavailable("broken")
        await send(event)

    line.send = breaks  # type: ignore[method-assign]
    delivery = held.call.outbox.deliver([ITEM, CREATE])
    await held.until("response.create")
    line.say(ServiceUnavailable("broken"))
    await held.until("conversation.item.retrieve")
    held.line.say({"type": "conversation.item.retrieved", "item": {"id": "item_1"}})
    await held.until("response.create", 2)
    assert delivery.received.done()
    assert not delivery.asked.done()
    assert sent(held) == ["conversation.item.retrieve", "response.create"]
    await held.end()


@pytest.mark.parametrize("silent", [True, False])
async def test_where_nobody_can_say_it_is_left_to_the_user(
    monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    if silent:
        monkeypatch.setattr(deliveries_module, "INQUIRY_S", 0.01)
    held, delivery = await broken(ITEM, CREATE)
    question = await held.until("conversation.item.retrieve")
    if not silent:
        held.line.say(refused(question, "unknown_event"))
    with pytest.raises(ServiceError, match="may have had it") as raised:
        await soon(delivery.received)
    assert raised.value.code == "call_lost"
    assert not isinstance(raised.value, CallLost)  # it would be sent again
    await held.call.send(CREATE)
    await held.until("response.create", 2)
    assert sent(held) == ["conversation.item.retrieve", "response.create"]
    await held.end()


async def test_what_is_said_is_never_said_twice() -> None:
    held, delivery = await broken(SAY)
    with pytest.raises(ServiceError, match="may have had it"):
        await soon(delivery.received)
    await barrier(held)
    assert sent(held) == []
    await held.end()


async def test_a_call_that_is_lost_during_the_question_leaves_it_to_the_next_call() -> None:
    held, delivery = await broken(ITEM, CREATE)
    await held.until("conversation.item.retrieve")
    held.line.say(ServiceUnavailable("broken again"))
    with pytest.raises(CallLost):
        await soon(delivery.received)
    with pytest.raises(ServiceUnavailable, match="broken again"):
        await asyncio.wait_for(held.task, 20)


async def test_a_sideband_that_breaks_again_during_the_question_is_asked_again() -> None:
    held, delivery = await broken(ITEM, CREATE)
    await held.until("conversation.item.retrieve")
    held.line.say({"type": "rate_limits.updated", "rate_limits": []}, ServiceUnavailable("broken again"))
    await held.until("conversation.item.retrieve", 2)
    held.line.say({"type": "conversation.item.retrieved", "item": {"id": "item_1"}})
    await soon(delivery.asked)
    assert len(held.service.connections) == 3
    assert sent(held) == ["conversation.item.retrieve"]
    await held.end()


# --- what no service takes ---


async def test_a_text_that_no_service_takes_is_refused_before_it_is_sent() -> None:
    held = await following()
    item = {**ITEM, "item": {**ITEM["item"], "content": [{"type": "input_text", "text": "x" * MOST_CHARS}]}}
    delivery = held.call.outbox.deliver([item, CREATE])
    with pytest.raises(ServiceRefused) as raised:
        await soon(delivery.received)
    assert raised.value.code == "text_too_long"
    held.call.outbox.deliver([CREATE])
    await held.until("response.create")
    assert sent(held) == ["response.create"]
    await held.end()
