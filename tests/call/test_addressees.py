from __future__ import annotations

import itertools
from typing import Any

from voice_widget.call.addressees import Addressees
from voice_widget.call.item_changes import ItemChanges
from voice_widget.call.pending_updates import PendingUpdates
from voice_widget.call.telling import Telling
from voice_widget.realtime.answering.response_queue import ResponseQueue


def addressees(*, shared: bool = False) -> tuple[Addressees, Telling]:
    count = itertools.count(1)

    def new_id(kind: str) -> str:
        return f"{kind}_{next(count)}"

    telling = Telling(new_id)
    responses = ResponseQueue(new_id, user_speaks=lambda: False, shared=shared)
    return Addressees(responses, PendingUpdates(), telling, ItemChanges(), shared=shared), telling


def error(**fields: Any) -> dict[str, Any]:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": "No.", **fields}}


async def test_an_id_that_was_never_sent_is_no_addressee_unless_others_are_in_the_call() -> None:
    alone, _ = addressees()
    shared, _ = addressees(shared=True)
    assert alone.named(error(event_id="theirs"))["error"]["event_id"] is None
    assert shared.named(error(event_id="theirs"))["error"]["event_id"] == "theirs"
    alone.sent_elsewhere({"type": "response.cancel", "event_id": "theirs"})
    assert alone.named(error(event_id="theirs"))["error"]["event_id"] == "theirs"


async def test_only_what_names_the_first_settings_is_about_them() -> None:
    ours, _ = addressees()
    assert not ours.is_of_settings({"event_id": ""})
    ours.begins("event_a")
    ours.leaves({"type": "session.update", "event_id": "event_a"})
    named = ours.named(error(event_id="event_a"))["error"]
    assert ours.is_of_settings(named)
    assert not ours.is_of_settings({"event_id": None})
    shared, _ = addressees(shared=True)
    shared.begins("event_a")
    assert not shared.is_of_settings(named)


async def test_an_error_that_names_nothing_is_of_what_is_told_while_that_was_sent_last() -> None:
    ours, telling = addressees()
    (told,) = telling.events([{"type": "message"}])
    ours.leaves(told)
    ours.leaves({"type": "input_audio_buffer.append", "event_id": "sound"})
    assert ours.named(error())["error"]["event_id"] == told["event_id"]
    ours.leaves({"type": "session.update", "event_id": "later"})
    assert ours.named(error())["error"]["event_id"] is None
