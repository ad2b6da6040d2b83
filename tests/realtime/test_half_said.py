"""What a service says only in one of the places where it could, by other names, or of what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from tests.realtime.test_strange_fields import forgiven
from voice_widget.realtime.answering.response_queue import ResponseQueue
from voice_widget.realtime.state.changes import Problem, ResponseDone, RowText, ToolCallReady
from voice_widget.realtime.wire.events import parse

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


@pytest.mark.parametrize(
    "pieces",
    [
        [{"type": "response.output_text.delta", "delta": "Only here."}],
        [{"type": "response.output_text.done", "text": "Only here."}],
        [{"type": "response.output_text", "text": "Only here."}],
        [{"type": "response.output_text", "delta": word} for word in ("Only", " here.")],
        [{"type": "response.text", "text": "Only here."}],
        [{"type": "response.audio_transcript", "delta": word} for word in ("Only", " here.")],
    ],
    ids=lambda pieces: f"{pieces[0]['type']} {len(pieces)}",
)
@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_an_answer_of_which_only_its_text_is_said_is_a_row(
    pieces: list[dict[str, Any]], begun: bool, named: bool
) -> None:
    talk = Talk(transport="memory")
    talk("session.created", session={})
    talk("response.create", sent=True, event_id="e")
    if begun:
        talk.response()
    for piece in pieces:
        forgiven(talk, **piece, **({"response_id": "r", "item_id": "a"} if named else {}))
    (done,) = (change for change in talk.done() if isinstance(change, ResponseDone))
    assert done.error is None
    assert [(row["text"], row["status"]) for row in talk.session.rows] == [("Only here.", "completed")]
    assert talk.session.activity == "idle"


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


# --- parts ---


def piece(talk: Talk, text: str, index: int, what: str = "delta") -> None:
    name = "delta" if what == "delta" else "text"
    talk(
        f"response.output_text.{what}",
        **{"response_id": "r", "item_id": "a", "content_index": index, name: text},
    )


def texts(talk: Talk) -> list[str]:
    return [row["text"] for row in talk.session.rows]


ORDERS: dict[str, list[tuple[str, int, str]]] = {
    "one after the other": [
        *(("First.", 0, "delta"), ("First.", 0, "done")),
        *((" Second.", 1, "delta"), (" Second.", 1, "done")),
    ],
    "only whole": [("First.", 0, "done"), (" Second.", 1, "done")],
    "ends behind both": [
        *(("First.", 0, "delta"), (" Second.", 1, "delta")),
        *(("First.", 0, "done"), (" Second.", 1, "done")),
    ],
    "in turns": [(" Fir", 0, "delta"), (" Sec", 1, "delta"), ("st.", 0, "delta"), ("ond.", 1, "delta")],
    "corrected": [
        *(("Frist.", 0, "delta"), (" Second.", 1, "delta")),
        *((" Second.", 1, "done"), ("First.", 0, "done")),
    ],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("status", ["completed", "incomplete"])
@pytest.mark.parametrize("named", [True, False])
def test_the_whole_text_of_a_part_is_that_of_this_part(
    talk: Talk, order: str, status: str, named: bool
) -> None:
    if named:
        talk.message()
    for said in ORDERS[order]:
        piece(talk, *said)
    talk.done(status=status)
    assert [text.strip() for text in texts(talk)] == ["First. Second."]


def test_a_whole_text_under_another_number_is_no_second_one(talk: Talk) -> None:
    piece(talk, "It is go", 0)
    piece(talk, "It is good.", 1, "done")
    piece(talk, "It is good.", 2, "done")
    assert texts(talk) == ["It is good."]


# --- behind the end ---


HEARD = {"id": "a", "type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hello."}]}


@pytest.mark.parametrize("kind", ["conversation.item.done", "response.output_item.done"])
def test_an_item_that_comes_behind_its_responses_end_is_a_row(talk: Talk, kind: str) -> None:
    talk.done()
    talk(kind, response_id="r", item=HEARD)
    (row,) = talk.session.rows
    assert (row["text"], row["status"]) == ("Hello.", "completed")
    assert talk.finished == ["a"]
    assert talk.session.activity == "idle"


@pytest.mark.parametrize("item_id", ["a", None])
@pytest.mark.parametrize("whole", [True, False])
def test_text_that_comes_behind_its_responses_end_is_a_row(
    talk: Talk, item_id: str | None, whole: bool
) -> None:
    talk.done()
    talk.message()
    for word in ("Hel", "lo", "."):
        talk("response.output_text.delta", response_id="r", item_id=item_id, delta=word)
    if whole:
        talk("response.output_text.done", response_id="r", item_id=item_id, text="Hello.")
        talk("conversation.item.done", item=HEARD)
    assert texts(talk) == ["Hello."]
    assert len(talk.finished) == 1
    assert talk.session.activity == "idle"


def test_what_comes_behind_a_cut_or_beside_the_conversation_is_no_row(talk: Talk) -> None:
    talk.cancelled()
    talk.word("Hello.")
    talk("response.create", sent=True, event_id="e", response={"conversation": "none"})
    talk("response.created", response={"id": "s", "conversation_id": None})
    talk.done("s")
    talk.word("Hello.", "s", "b")
    assert texts(talk) == []


def test_a_piece_that_comes_late_costs_no_more_in_a_long_text(talk: Talk) -> None:
    """It is told by itself: the row, with all of the text in it, would be copied for each."""
    talk.message()
    talk("response.output_text.delta", response_id="r", item_id="a", delta="x")
    talk.done()
    assert talk.finished == ["a"]
    for _ in range(3):
        (change,) = talk("response.output_text.delta", response_id="r", item_id="a", delta="more")
        assert change == RowText("a", "more")
    assert texts(talk) == ["xmoremoremore"]


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


@pytest.mark.parametrize("index", [7, 405])
def test_a_part_far_from_the_others_is_the_one_that_is_said(talk: Talk, index: int) -> None:
    talk.message()
    delta = {"type": "response.output_audio_transcript.delta", "response_id": "r", "item_id": "a"}
    for number, word in ((0, "Hi"), (index, "!"), (0, " There"), (0, ".")):
        forgiven(talk, **delta, content_index=number, delta=word)
    assert talk.row("a")["text"] == "Hi! There."
    whole = {**delta, "type": "response.output_audio_transcript.done", "transcript": "Hi! There you are."}
    forgiven(talk, **whole, content_index=index)
    assert talk.row("a")["text"] == "Hi! There you are."


def rounds(talk: Talk, number: int, first: int = 0) -> None:
    for n in range(first, first + number):
        talk.response(f"t{n}")
        talk.done(f"t{n}", output=[{**CALL, "id": f"f{n}", "call_id": f"c{n}", "name": "look"}])
        item = {"type": "function_call_output", "call_id": f"c{n}", "output": "seen"}
        talk("conversation.item.create", item=item, sent=True)


@pytest.mark.parametrize("between", ["an answer", "a question"])
def test_many_rounds_of_tools_are_no_endless_ones(talk: Talk, between: str) -> None:
    talk.done()
    rounds(talk, 49)
    if between == "an answer":
        talk.answer("a1", "said")
    else:
        talk.says()
    rounds(talk, 49, 100)
    assert talk.all(Problem) == []
    rounds(talk, 1, 200)
    assert [problem.error["code"] for problem in talk.all(Problem)] == ["tools_endless"]
    assert talk.all(ResponseDone)[-1].error is not None


def test_who_speaks_beside_many_calls_is_not_said_to_be_silent_and_can_go_on(talk: Talk) -> None:
    talk.done()
    for n in range(50):
        talk.response(f"t{n}")
        talk.message(f"t{n}", f"a{n}")
        talk.word(f"Now number {n}.", f"t{n}", f"a{n}")
        talk.done(f"t{n}", output=[{**CALL, "id": f"f{n}", "call_id": f"c{n}", "name": "look"}])
    (problem,) = talk.all(Problem)
    assert "no answer" not in problem.error["message"]
    assert '"go on"' in problem.error["next_step"]
    talk.says("u2", "go on")
    rounds(talk, 49, 100)
    assert len(talk.all(Problem)) == 1
