from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import HEARD, Talk
from voice_widget.realtime.state.changes import ToolsTalkedOver
from voice_widget.realtime.state.records import ToolRow


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


def tells(talk: Talk, what: str, number: int = 1, call_id: str = "c1", **fields: Any) -> None:
    """The kernel tells of a tool that it runs."""
    talk(f"voice_widget.tool.{what}", tool_call_id=call_id, number=number, **fields)


def use(talk: Talk) -> ToolRow:
    (one,) = talk.session.uses.rows()
    return one


def begun(*, background: bool = False, **settings: Any) -> Talk:
    """A question whose tool runs."""
    talk = Talk(transport="memory")
    if settings:
        talk("session.updated", session={"audio": {"input": settings}})
    talk.says("u1", "How many?")
    talk.response("r1")
    call(talk, "c1", "r1", "f1")
    talk.done("r1")
    tells(talk, "taken")
    if background:
        tells(talk, "deferred", output="It was started.")
        gives(talk, "c1", "It was started.")
    tells(talk, "started")
    return talk


def comes(talk: Talk, output: str = "seven") -> None:
    """What ran beside the talk goes to the service."""
    call = {
        "id": "late",
        "type": "function_call",
        "call_id": "late_1",
        "name": "add",
        "arguments": '{"a": 1}',
    }
    talk("conversation.item.create", sent=True, item=call)
    gives(talk, "late_1", output)


def test_what_runs_beside_the_talk_was_started_for_the_model_and_runs_for_the_table() -> None:
    talk = begun(background=True)
    assert (use(talk)["status"], use(talk)["output"]) == ("running", None)
    assert told(talk) == ["u1", "c1", "It was started."]
    talk.answer("r2", "a1", "I look.")
    tells(talk, "ended", status="completed", output="seven", late_call_id="late_1")
    assert (use(talk)["status"], use(talk)["output"]) == ("completed", "seven")
    assert told(talk) == ["u1", "c1", "It was started.", "a1"]  # nobody has told the model
    for _ in range(2):  # the second time it is told again
        comes(talk)
    assert told(talk) == ["u1", "c1", "It was started.", "a1", "late_1", "seven"]
    assert talk.session.uses.is_late("late_1")
    assert [answer["output"] for answer in talk.session.uses.answers()] == ["seven"]


def test_an_agent_gets_one_output_of_it_the_late_one() -> None:
    talk = begun(background=True)
    assert [message.text for message in talk.session.question("u1").history] == ["It was started."]
    talk.answer("r2", "a1", "I look.")
    talk.says("u2", "Thanks.")
    tells(talk, "ended", status="completed", output="seven", late_call_id="late_1")
    comes(talk)
    asked = talk.session.question("u2")
    assert asked.text == "Thanks."
    (*before, last) = asked.history
    assert (last.role, last.text, last.name, last.call_id) == ("tool", "seven", "add", "c1")
    assert all(message.role != "tool" for message in before)


def test_what_the_user_says_while_a_tool_is_waited_for_is_told_once() -> None:
    talk = begun()
    talk("input_audio_buffer.speech_started", item_id="u2", audio_start_ms=None)
    assert talk.all(ToolsTalkedOver) == []  # it may be a cough
    for text in ("leave", "leave that"):
        talk("voice_widget.transcription.partial", item_id="u2", text=text)
    assert talk.all(ToolsTalkedOver) == [ToolsTalkedOver((1,))]


@pytest.mark.parametrize(
    ("settings", "said", "over"),
    [
        ({"turn_detection": {"type": "server_vad"}}, "leave that", True),
        ({"turn_detection": {"type": "server_vad", "interrupt_response": False}}, "leave that", False),
        ({"turn_detection": None}, "leave that", True),
        ({"transcription": {"model": "m"}}, "", False),
        ({"transcription": None}, None, True),
    ],
)
def test_what_counts_as_said(settings: dict[str, Any], said: str | None, over: bool) -> None:
    talk = begun(**settings)
    talk.says("u2", said)
    content = [{"type": "input_audio", "transcript": said}]
    talk("conversation.item.added", item={"id": "u2", "type": "message", "role": "user", "content": content})
    assert bool(talk.all(ToolsTalkedOver)) is over


def test_the_text_of_the_question_itself_may_come_late() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", None)
    talk.response("r1")
    call(talk, "c1", "r1")
    talk.done("r1")
    tells(talk, "taken")
    talk(HEARD + "completed", item_id="u1", transcript="How many?")
    assert talk.all(ToolsTalkedOver) == []


def test_what_is_typed_or_runs_beside_the_talk_is_not_talked_over() -> None:
    talk = begun()
    typed = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "And?"}]}
    talk("conversation.item.create", sent=True, event_id="e", item={"id": "t", **typed})
    assert talk.all(ToolsTalkedOver) == []
    other = begun(background=True)
    other.says("u2", "and now?")
    assert other.all(ToolsTalkedOver) == []


def test_while_an_answer_sounds_a_listeners_word_is_waited_out() -> None:
    talk = begun()
    talk("output_audio_buffer.started", response_id="r1")
    talk("input_audio_buffer.speech_started", item_id="u2", audio_start_ms=None)
    talk("voice_widget.transcription.partial", item_id="u2", text="mhm")
    assert talk.all(ToolsTalkedOver) == []
    talk("voice_widget.overlap.decided", item_id="u2", decision="backchannel", over_item_id="a1")
    talk.says("u2", "mhm")
    assert talk.all(ToolsTalkedOver) == []
    talk("input_audio_buffer.speech_started", item_id="u3", audio_start_ms=None)
    talk("voice_widget.overlap.decided", item_id="u3", decision="interruption", over_item_id="a1")
    talk("voice_widget.transcription.partial", item_id="u3", text="stop")
    assert talk.all(ToolsTalkedOver) == [ToolsTalkedOver((1,))]


def test_a_tool_that_was_cancelled_is_waited_for_no_more() -> None:
    talk = begun()
    assert talk.session.activity == "tool"
    tells(talk, "ended", status="cancelled", output='{"error": "x"}', error="x")
    assert talk.session.activity == "idle"


def test_only_what_waits_to_be_allowed_is_told_as_such() -> None:
    talk = Talk(transport="memory")
    talk.response("r1")
    for number in (1, 2):
        call(talk, f"c{number}", "r1")
    talk.done("r1")
    assert talk.session.uses.waiting() == []
    tells(talk, "approval_requested", 2, "c2")
    assert [row["number"] for row in talk.session.uses.waiting()] == [2]
    tells(talk, "approval_answered", 2, "c2", approved=False, by="python")
    tells(talk, "ended", 2, "c2", status="rejected", output="no")
    assert talk.session.uses.waiting() == []


@pytest.mark.parametrize("which", ["u1", "a1"])
def test_with_a_turn_the_words_of_its_tools_are_redacted(which: str) -> None:
    talk = Talk(transport="memory")
    talk.says("u1", "Book for Smith.")
    talk.response("r1")
    talk.message("r1", "a1")
    talk.word("For Smith.", "r1", "a1")
    call(talk, "c1", "r1", "f1")
    talk.done("r1")
    gives(talk, "c1", "Smith, two seats")
    talk.answer("r2", "a2", "Done.")
    talk.says("u2", "And for Jones.")
    talk.response("r3")
    call(talk, "c2", "r3", "f2")
    talk.done("r3")
    gives(talk, "c2", "Jones, two seats")
    talk("voice_widget.call.redacted", item_id=which, row={})
    first, second = talk.session.uses.rows()
    assert (first["name"], first["status"]) == ("add", "completed")
    assert (first["arguments"], first["output"], first["error"]) == ("", "", None)
    assert (second["arguments"], second["output"]) == ('{"a": 1}', "Jones, two seats")
    assert "Smith, two seats" not in told(talk)
    assert [answer["output"] for answer in talk.session.uses.answers()] == ["Jones, two seats"]


@pytest.mark.parametrize("first", ["the question", "the output"])
def test_what_was_cancelled_for_a_question_is_no_answer_to_it(first: str) -> None:
    talk = begun()
    if first == "the question":
        talk.says("u2", "And two more?")
    tells(talk, "ended", status="cancelled", output="given up", error="given up")
    gives(talk, "c1", "given up")
    if first == "the output":
        talk.says("u2", "And two more?")
    assert use(talk)["status"] == "cancelled"
    assert [message.text for message in talk.session.question("u2").history] == ["How many?"]
    talk.response("r2")
    call(talk, "c2", "r2")
    talk.done("r2")
    gives(talk, "c2", "nine")
    assert [message.text for message in talk.session.question("u2").history] == ["How many?", "nine"]
