"""Which event of a service's answers a change of an item."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from voice_widget.call.item_changes import ItemChanges
from voice_widget.errors import ServiceRefused, ServiceUnavailable
from voice_widget.realtime.wire.events import Event

ITEM = {"id": "x", "type": "message", "role": "system", "content": [{"type": "input_text", "text": "Hi."}]}
CREATE: Event = {"type": "conversation.item.create", "event_id": "e1", "item": ITEM}
DELETE: Event = {"type": "conversation.item.delete", "event_id": "e2", "item_id": "x"}
CUT: Event = {"type": "conversation.item.truncate", "event_id": "e3", "item_id": "x", "audio_end_ms": 5}
OUTPUT: Event = {
    "type": "conversation.item.create",
    "event_id": "e4",
    "item": {"type": "function_call_output", "call_id": "c1", "output": "7"},
}


async def nothing(events: Iterable[Event]) -> None:
    """It is sent."""


async def asked(changes: ItemChanges, event: Event, seconds: float = 5.0) -> asyncio.Task[Event]:
    task = asyncio.create_task(changes.ask(event, nothing, seconds))
    await asyncio.sleep(0)
    return task


ANSWERS: dict[str, tuple[Event, dict[str, Any]]] = {
    "added": (CREATE, {"type": "conversation.item.added", "item": {**ITEM, "status": "completed"}}),
    "by its text": (CREATE, {"type": "conversation.item.done", "item": {**ITEM, "id": "theirs"}}),
    "deleted": (DELETE, {"type": "conversation.item.deleted", "item_id": "x"}),
    "cut": (CUT, {"type": "conversation.item.truncated", "item_id": "x", "audio_end_ms": 5}),
    "output": (OUTPUT, {"type": "conversation.item.added", "item": {**OUTPUT["item"], "id": "theirs"}}),
}


@pytest.mark.parametrize("which", ANSWERS)
async def test_its_answer(which: str):
    changes = ItemChanges()
    event, answer = ANSWERS[which]
    task = await asked(changes, event)
    for other in (
        {"type": "conversation.item.added", "item": {**ITEM, "id": "y", "role": "user"}},
        {"type": "conversation.item.deleted", "item_id": "y"},
        {"type": "conversation.item.truncated", "item_id": "y", "audio_end_ms": 5},
        {"type": "error", "error": {"message": "No.", "event_id": "another"}},
    ):
        changes.hear(other)
    assert not task.done()
    changes.hear(answer)
    assert await task == answer


async def test_two_that_say_the_same_are_answered_one_after_the_other():
    changes = ItemChanges()
    first = await asked(changes, CREATE)
    second = await asked(changes, {**CREATE, "event_id": "e5", "item": {**ITEM, "id": "z"}})
    for name in ("t1", "t2"):
        changes.hear({"type": "conversation.item.added", "item": {**ITEM, "id": name}})
    assert [(await task)["item"]["id"] for task in (first, second)] == ["t1", "t2"]


async def test_a_refusal_is_raised_with_the_services_words():
    changes = ItemChanges()
    task = await asked(changes, DELETE)
    error = {"message": "It is kept.", "code": "not_supported", "event_id": "e2"}
    told = changes.refusal(error)
    changes.hear({"type": "error", "error": error})
    with pytest.raises(ServiceRefused, match=r"refused conversation\.item\.delete: It is kept\.") as raised:
        await task
    assert told is not None
    assert (told.info(), raised.value.code) == (raised.value.info(), "not_supported")
    assert changes.refusal(error) is None


async def test_an_error_that_names_nothing_answers_what_has_waited_longest_if_it_speaks_of_items():
    changes = ItemChanges()
    error = {"message": "There is no such item.", "code": "item_delete_invalid_item_id"}
    assert changes.waits(error) is None
    tasks = [await asked(changes, DELETE), await asked(changes, CUT)]
    assert changes.waits(error) == "e2"
    assert changes.waits({"message": "Too busy."}) is None
    changes.lost()
    for task in tasks:
        with pytest.raises(ServiceUnavailable) as raised:
            await task
        assert raised.value.code == "call_lost"


async def test_who_gets_no_answer_is_told_that_nobody_knows():
    changes = ItemChanges()
    with pytest.raises(ServiceUnavailable, match=r"may have done it or not") as raised:
        await changes.ask(DELETE, nothing, 0.01)
    assert raised.value.code == "item_timeout"
    changes.hear({"type": "conversation.item.deleted", "item_id": "x"})  # nobody waits any more
