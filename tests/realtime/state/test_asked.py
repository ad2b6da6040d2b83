"""Which question a response answers, where a tool's result comes between the next one and its answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.state.asked import What, due
from voice_widget.realtime.state.changes import ReplyRequested


@pytest.mark.parametrize(
    ("since", "whose"),
    [
        ([], "b"),
        ([("called", "b"), ("gave", "b")], "b"),
        ([("gave", "a")], "b"),
        ([("gave", "a"), ("said", "b")], "a"),
        ([("said", "b"), ("gave", "a")], "a"),
        ([("said", "b"), ("gave", "a"), ("said", "a")], "b"),
        ([("called", "b"), ("gave", "a")], "a"),
        ([("called", "b"), ("gave", "a"), ("gave", "b")], "b"),
        ([("called", "b"), ("gave", "b"), ("gave", "a")], "b"),
        ([("called", "b"), ("gave", "b"), ("gave", "a"), ("said", "b")], "a"),
        ([("gave", "0"), ("gave", "a"), ("said", "b")], "0"),
        ([("gave", "0"), ("gave", "a"), ("said", "b"), ("said", "0")], "a"),
    ],
)
def test_the_users_last_question_comes_first_and_then_what_tools_gave_to_others(
    since: list[tuple[What, str]], whose: str
) -> None:
    assert due("b", since) == whose


def call(talk: Talk, call_id: str, response_id: str) -> None:
    item = {"type": "function_call", "call_id": call_id, "name": "add", "arguments": "{}"}
    talk("response.output_item.done", response_id=response_id, item=item)


def gives(talk: Talk, call_id: str, output: str) -> None:
    item = {"type": "function_call_output", "call_id": call_id, "output": output}
    talk("conversation.item.create", sent=True, item=item)


def requested(talk: Talk, response_id: str, item_id: str) -> str:
    """The engine asks, by the user's last item; gives the question that our agent is asked."""
    talk.response(response_id)
    talk("voice_widget.reply.requested", response_id=response_id, item_id=item_id, instructions="")
    return talk.all(ReplyRequested)[-1].item_id


def results(talk: Talk, item_id: str) -> tuple[str, list[str], list[str]]:
    question = talk.session.question(item_id)
    said = [message.text for message in question.history if message.role != "tool"]
    return question.text, said, [message.text for message in question.history if message.role == "tool"]


@pytest.fixture
def talk() -> Talk:
    """A tool runs for the first question, and the user asks another one."""
    talk = Talk(transport="webrtc")
    talk.says("u1", "How many?")
    assert requested(talk, "r1", "u1") == "u1"
    call(talk, "c1", "r1")
    talk.done("r1")
    talk.says("u2", "And the weather?")
    return talk


@pytest.mark.parametrize("output", ["before", "after"])
def test_what_a_tool_gives_is_no_answer_to_the_next_question_and_is_answered_behind_it(
    talk: Talk, output: str
) -> None:
    if output == "before":
        gives(talk, "c1", "seven")
    assert requested(talk, "r2", "u2") == "u2"
    assert results(talk, "u2") == ("And the weather?", ["How many?"], [])
    talk.message("r2", "a2")
    talk.word("Sunny.", "r2", "a2")
    talk.done("r2")
    if output == "after":
        gives(talk, "c1", "seven")
    assert requested(talk, "r3", "u2") == "u1"
    assert results(talk, "u1") == ("How many?", ["And the weather?", "Sunny."], ["seven"])
    call(talk, "c2", "r3")
    talk.done("r3")
    gives(talk, "c2", "eight")
    assert requested(talk, "r4", "u2") == "u1"  # what it calls then is for the same question
    assert results(talk, "u1")[2] == ["seven", "eight"]
    talk.message("r4", "a4")
    talk.word("Seven or eight.", "r4", "a4")
    talk.done("r4")
    assert requested(talk, "r5", "u2") == "u2"


def test_with_a_tool_for_each_both_are_answered(talk: Talk) -> None:
    requested(talk, "r2", "u2")
    call(talk, "c2", "r2")
    talk.done("r2")
    gives(talk, "c2", "sun")
    gives(talk, "c1", "seven")
    assert requested(talk, "r3", "u2") == "u2"
    assert results(talk, "u2")[2] == ["sun"]
    talk.message("r3", "a3")
    talk.word("Sunny.", "r3", "a3")
    talk.done("r3")
    assert requested(talk, "r4", "u2") == "u1"
    assert results(talk, "u1")[2] == ["seven"]


def test_where_nothing_was_understood_what_a_tool_gave_is_answered() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "How many?")
    requested(talk, "r1", "u1")
    call(talk, "c1", "r1")
    talk.done("r1")
    talk.says("u2", "")
    gives(talk, "c1", "seven")
    assert requested(talk, "r2", "u2") == "u1"
    assert results(talk, "u1")[2] == ["seven"]


def test_a_tool_is_of_the_question_of_its_response_whatever_is_asked_before_it_is_called() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "How many?")
    talk.response("r1")
    talk.says("u2", "And the weather?")
    call(talk, "c1", "r1")
    asked: Any = talk.session.uses.question(1)
    assert asked.item_id == "u1"


def test_an_input_of_its_own_is_no_question_of_the_talk(talk: Talk) -> None:
    gives(talk, "c1", "seven")
    talk.answer("r2", "a2", "Sunny.")
    talk.response("r3")
    talk("voice_widget.reply.requested", response_id="r3", item_id="u2", instructions="", input=[])
    assert talk.all(ReplyRequested)[-1].item_id == "u2"


def adds(talk: Talk, item_id: str, text: str) -> None:
    talk("voice_widget.item.adding", item_id=item_id)
    part = {"type": "input_text", "text": text}
    item = {"id": item_id, "type": "message", "role": "user", "content": [part]}
    talk("conversation.item.create", sent=True, item=item)
    talk("conversation.item.added", item=item)


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_added_item_asks_nothing_while_a_tool_runs(when: str) -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "How many?")
    requested(talk, "r1", "u1")
    call(talk, "c1", "r1")
    talk.done("r1")
    if when == "before":
        adds(talk, "u2", "The user looks at page 3.")
    gives(talk, "c1", "seven")
    if when == "after":
        adds(talk, "u2", "The user looks at page 3.")
    assert requested(talk, "r2", "u2") == "u1"
    assert results(talk, "u1")[::2] == ("How many?", ["seven"])
    call(talk, "c2", "r2")  # what is called then is for the same question
    talk.done("r2")
    adds(talk, "u3", "And at page 4.")
    gives(talk, "c2", "eight")
    assert requested(talk, "r3", "u3") == "u1"
    assert results(talk, "u1")[2] == ["seven", "eight"]


def test_an_added_item_is_answered_where_an_answer_is_asked_for_and_nothing_else_waits() -> None:
    talk = Talk(transport="webrtc")
    adds(talk, "u1", "When does it leave?")
    assert requested(talk, "r1", "u1") == "u1"
    talk.message("r1", "a1")
    talk.word("At nine.", "r1", "a1")
    talk.done("r1")
    talk.says("u2", "How many?")
    requested(talk, "r2", "u2")
    call(talk, "c1", "r2")
    talk.done("r2")
    gives(talk, "c1", "seven")
    requested(talk, "r3", "u2")
    talk.message("r3", "a3")
    talk.word("Seven.", "r3", "a3")
    talk.done("r3")
    adds(talk, "u3", "And the last one?")
    assert requested(talk, "r4", "u3") == "u3"
