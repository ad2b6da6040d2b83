"""What a service says only in one of the places where it could, by other names, or of what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from tests.realtime.test_strange_fields import forgiven
from voice_widget.realtime.changes import Problem, ResponseDone, ToolCallReady
from voice_widget.realtime.events import parse
from voice_widget.realtime.response_queue import ResponseQueue

SAID = {"type": "output_audio", "transcript": "Only here."}
MESSAGE = {"type": "message", "role": "assistant", "status": "completed", "content": [SAID]}
CALL = {"type": "function_call", "status": "completed", "id": "f", "arguments": "{}"}


@pytest.fixture
def talk() -> Talk:
    made = Talk(transport="webrtc")
    made("session.created", session={})
    made("voice_widget.call.media", state="connected")
    made.response()
    return made


# --- text ---


@pytest.mark.parametrize(
    "only",
    [
        {"type": "response.output_item.done", "response_id": "r", "item": {"id": "a", **MESSAGE}},
        {"type": "response.content_part.done", "response_id": "r", "item_id": "a", "part": SAID},
        {"type": "conversation.item.done", "item": {"id": "a", **MESSAGE}},
        {"type": "response.done", "response": {"id": "r", "status": "completed", "output": [MESSAGE]}},
    ],
    ids=lambda event: event["type"],
)
def test_a_text_that_stands_in_one_place_only_is_a_row(talk: Talk, only: dict[str, Any]) -> None:
    forgiven(talk, **only)
    talk.done()
    assert [row["text"] for row in talk.session.rows] == ["Only here."]


@pytest.mark.parametrize("came", [["Only"], [" here."], ["On", "re."]])
@pytest.mark.parametrize("kind", ["response.output_item.done", "response.done"])
def test_a_whole_item_has_the_words_that_did_not_come(talk: Talk, kind: str, came: list[str]) -> None:
    talk.message()
    for word in came:
        talk.word(word)
    item = {"id": "a", **MESSAGE}
    if kind == "response.done":
        talk.done(output=[item])
    else:
        forgiven(talk, type=kind, response_id="r", item=item)
    assert talk.row("a")["text"] == "Only here."


def test_a_whole_item_that_says_something_else_changes_nothing(talk: Talk) -> None:
    talk.message()
    talk.word("Nothing of that.")
    talk.done(output=[{"id": "a", **MESSAGE}])
    assert talk.row("a")["text"] == "Nothing of that."


def test_an_item_that_says_again_what_was_streamed_is_no_second_row(talk: Talk) -> None:
    talk.message()
    talk.word("Only")
    forgiven(
        talk, type="response.content_part.done", response_id="r", item_id="a", content_index=0, part=SAID
    )
    forgiven(talk, type="response.output_item.done", response_id="r", item={"id": "a", **MESSAGE})
    talk.done(output=[MESSAGE])
    talk.word(" here.")
    assert [row["text"] for row in talk.session.rows] == ["Only here."]


def test_the_history_of_an_earlier_call_stays_no_row(talk: Talk) -> None:
    talk.answer()
    forgiven(talk, type="conversation.item.done", item={"id": "old", **MESSAGE})
    assert [row["item_id"] for row in talk.session.rows] == ["a"]


# --- ends ---


def test_an_end_by_an_id_that_nothing_had_ends_what_is_made(talk: Talk) -> None:
    talk.message()
    talk.word("One")
    talk.done("another")
    assert len(talk.all(ResponseDone)) == 1
    talk.sound("started")
    talk.sound("stopped")
    assert (talk.finished, talk.session.activity) == (["a"], "idle")


def test_the_late_end_of_an_old_response_ends_nothing_else(talk: Talk) -> None:
    talk.response("s")
    talk.done("r")
    assert talk.session.activity == "thinking"
    talk.done("s")
    assert talk.session.activity == "idle"


def test_an_end_by_an_unknown_id_lets_the_next_question_go() -> None:
    queue = ResponseQueue()
    queue.submit([{"type": "response.create"}])
    queue.received({"type": "response.created", "response": {"id": "r"}})
    assert queue.submit([{"type": "response.create"}]) == []
    assert len(queue.received({"type": "response.done", "response": {"id": "another"}})) == 1
    queue.received({"type": "response.created", "response": {"id": "s"}})
    assert queue.submit([{"type": "response.create"}]) == []
    assert queue.received({"type": "response.done", "response": {"id": "r"}}) == []


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled"])
def test_a_tool_of_an_answer_that_is_not_whole_is_not_waited_for(talk: Talk, status: str) -> None:
    forgiven(
        talk, type="response.output_item.done", response_id="r", item={**CALL, "call_id": "c", "name": "look"}
    )
    talk.done(status=status)
    assert talk.session.activity == "idle"


# --- tools ---


def test_a_call_without_a_name_is_answered(talk: Talk) -> None:
    talk.done(output=[{**CALL, "call_id": "c"}])
    assert [(ready.call_id, ready.name) for ready in talk.all(ToolCallReady)] == [("c", "unknown")]
    assert talk.session.activity == "tool"


def test_a_call_that_gets_its_name_late_is_called_by_it(talk: Talk) -> None:
    forgiven(talk, type="response.output_item.done", response_id="r", item={**CALL, "call_id": "c"})
    forgiven(
        talk,
        type="response.function_call_arguments.done",
        response_id="r",
        item_id="f",
        call_id="c",
        name="look",
        arguments="{}",
    )
    talk.done()
    assert [ready.name for ready in talk.all(ToolCallReady)] == ["look"]


def test_a_call_without_an_id_is_told(talk: Talk) -> None:
    forgiven(talk, type="response.output_item.done", response_id="r", item={**CALL, "name": "look"})
    talk.done(output=[{**CALL, "name": "look"}])
    assert [problem.error["code"] for problem in talk.all(Problem)] == ["tool_call_without_id"]
    assert talk.session.error is not None
    assert talk.session.activity == "idle"


def test_each_response_may_count_its_calls_from_the_same_id(talk: Talk) -> None:
    for response in ("r", "s"):
        talk.response(response)
        talk.done(response, output=[{**CALL, "call_id": "call_0", "name": "look"}])
        item = {"type": "function_call_output", "call_id": "call_0", "output": "seen"}
        talk("conversation.item.create", item=item, sent=True)
    assert [ready.response_id for ready in talk.all(ToolCallReady)] == ["r", "s"]


# --- errors ---


@pytest.mark.parametrize(
    "error",
    [
        {"error": {"detail": "No tokens left"}},
        {"error": {"error": {"message": "No tokens left"}}},
        {"error": {"message": None, "reason": "No tokens left"}},
        {"error": {"error": "No tokens left", "code": None}},
        {"detail": "No tokens left"},
        {"error": None, "reason": "No tokens left"},
    ],
)
def test_an_error_may_say_what_it_says_by_another_name(error: dict[str, Any]) -> None:
    assert parse({"type": "error", **error}, forgiving=True)["error"]["message"] == "No tokens left"


# --- ids ---


def test_words_that_are_said_twice_under_a_servers_one_id_stand_there_twice(talk: Talk) -> None:
    talk.message()
    place = {"event_id": "event_TODO", "response_id": "r", "item_id": "a"}
    for word in ("It is", " very", " very", " good."):
        talk("response.output_audio_transcript.delta", **place, delta=word)
    assert talk.row("a")["text"] == "It is very very good."
