from __future__ import annotations

from typing import Any

from tests.realtime.talk import Talk


def call(talk: Talk, call_id: str, response_id: str, item_id: str = "") -> None:
    item = {"type": "function_call", "call_id": call_id, "name": "add", "arguments": '{"a": 1}'}
    item = {"id": item_id, **item} if item_id else item
    talk("response.output_item.done", response_id=response_id, item=item)


def gives(talk: Talk, call_id: str, output: Any) -> None:
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    talk("conversation.item.create", sent=True, item=item)


def told(talk: Talk) -> list[Any]:
    """The items by what they are, and where they stand."""
    return [item.get("output") or item.get("call_id") or item["id"] for item in talk.session.conversation()]


def test_another_call_is_told_of_tools_where_they_were_called() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "How many?")
    talk.response("r1")
    call(talk, "c1", "r1", "f1")
    call(talk, "c2", "r1")
    talk.done("r1")
    gives(talk, "c1", "seven")
    gives(talk, "c2", "eight")
    talk.answer("r2", "a", "Fifteen.")
    talk.says("u2", "Thanks.")
    assert told(talk) == ["u1", "c1", "c2", "seven", "eight", "a", "u2"]
    first = talk.session.conversation()[1]
    assert first == {
        "id": "f1",
        "type": "function_call",
        "call_id": "c1",
        "name": "add",
        "arguments": '{"a": 1}',
    }
    assert "id" not in talk.session.conversation()[2]


def test_what_was_told_again_stands_there_once() -> None:
    talk = Talk(transport="memory")
    talk.response("r1")
    call(talk, "c1", "r1", "f1")
    talk.done("r1")
    gives(talk, "c1", "seven")
    for _ in range(2):
        talk("voice_widget.call.connecting", transport="memory", reconnect=True)
        for item in talk.session.conversation():
            talk("conversation.item.create", sent=True, item=item)
            talk("conversation.item.added", item={"id": f"theirs_{item['type']}", **item})
    assert told(talk) == ["c1", "seven"]


def test_a_call_without_an_output_or_that_was_deleted_is_not_told() -> None:
    talk = Talk(transport="webrtc")
    talk.response("r1")
    for number in (1, 2, 3):
        call(talk, f"c{number}", "r1", f"f{number}")
    talk.done("r1")
    gives(talk, "c1", "one")
    gives(talk, "c2", "two")
    gives(talk, "c3", {"no": "text"})
    gives(talk, "c4", "Nobody called it.")
    talk("conversation.item.deleted", item_id="f1")
    assert told(talk) == ["c2", "two"]


def test_another_session_may_name_its_calls_alike() -> None:
    talk = Talk(transport="memory")
    for number in (1, 2):
        talk("voice_widget.call.connecting", transport="memory", reconnect=number > 1)
        talk.response("r")
        call(talk, "call_1", "r")
        talk.done("r")
        gives(talk, "call_1", f"output {number}")
    assert told(talk) == ["call_1", "output 1", "call_1", "output 2"]


def test_what_was_not_said_keeps_its_place() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "")
    talk.response("r1")
    call(talk, "c1", "r1")
    talk.done("r1")
    gives(talk, "c1", "one")
    assert told(talk) == ["c1", "one"]
