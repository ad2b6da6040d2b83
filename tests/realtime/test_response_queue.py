"""One response at a time, by values."""

from __future__ import annotations

from typing import Any

from voice_widget.realtime.response_queue import BUSY, ResponseQueue

CREATE = {"type": "response.create"}
ITEM = {"type": "conversation.item.create"}


def created(response_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": "response.created", "response": {"id": response_id, **fields}}


def done(response_id: str) -> dict[str, Any]:
    return {"type": "response.done", "response": {"id": response_id}}


def kinds(events: Any) -> list[str]:
    return [event["type"] for event in events]


def test_a_turn_waits_whole_until_the_response_is_done() -> None:
    queue = ResponseQueue()
    queue.received(created("r1"))
    assert queue.submit([ITEM, CREATE]) == []
    assert kinds(queue.received(done("r1"))) == ["conversation.item.create", "response.create"]


def test_waiting_turns_go_one_by_one() -> None:
    queue = ResponseQueue()
    assert kinds(queue.submit([CREATE])) == ["response.create"]
    assert queue.submit([ITEM, CREATE]) == []
    assert queue.submit([CREATE]) == []
    queue.received(created("r1"))
    assert len(queue.received(done("r1"))) == 2
    assert queue.received(created("r2")) == []
    assert kinds(queue.received(done("r2"))) == ["response.create"]


def test_a_race_with_the_services_own_response_is_asked_again() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.received(created("theirs"))
    assert queue.received({"type": "error", "error": {"code": BUSY, "event_id": mine["event_id"]}}) == []
    # The service's `created` was taken for ours, so the error must find it all the same.
    assert kinds(queue.received(done("theirs"))) == ["response.create"]


def test_a_refusal_before_the_services_response_is_known_is_asked_again() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.received({"type": "error", "error": {"code": BUSY, "event_id": mine["event_id"]}})
    assert queue.busy
    queue.received(created("theirs"))
    assert kinds(queue.received(done("theirs"))) == ["response.create"]


def test_another_refusal_lets_the_next_turn_go() -> None:
    queue = ResponseQueue()
    (mine,) = queue.submit([CREATE])
    queue.submit([ITEM, CREATE])
    refused = {"type": "error", "error": {"code": "invalid_value", "event_id": mine["event_id"]}}
    assert kinds(queue.received(refused)) == ["conversation.item.create", "response.create"]


def test_an_error_of_something_else_changes_nothing() -> None:
    queue = ResponseQueue()
    queue.submit([CREATE])
    assert queue.received({"type": "error", "error": {"code": BUSY, "event_id": "other"}}) == []
    assert queue.busy


def test_asides_hold_nothing_up() -> None:
    queue = ResponseQueue()
    queue.received(created("aside", conversation_id=None))
    assert kinds(queue.submit([CREATE])) == ["response.create"]
    queue.received(created("r1", conversation_id="conv"))
    queue.received(done("aside"))
    assert queue.submit([CREATE]) == []


def test_what_the_page_asked_for_counts() -> None:
    queue = ResponseQueue()
    queue.sent_elsewhere(CREATE)
    assert queue.submit([CREATE]) == []


def test_a_response_without_an_id_holds_nothing_up() -> None:
    queue = ResponseQueue()
    queue.received({"type": "response.created"})
    queue.received({"type": "response.created", "response": {}})
    assert [event["type"] for event in queue.submit([{"type": "response.create"}])] == ["response.create"]


def test_what_was_not_sent_after_all_is_sent_again() -> None:
    queue = ResponseQueue()
    sent = queue.submit([{"type": "response.create", "event_id": "x"}])
    assert queue.busy
    assert [event["event_id"] for event in queue.again(sent)] == ["x"]
