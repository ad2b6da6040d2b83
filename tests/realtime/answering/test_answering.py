from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.realtime.talk import Talk
from voice_widget.errors import ErrorInfo
from voice_widget.realtime.state.changes import (
    Problem,
    ReplyCancelled,
    ReplyRequested,
    ResponseDone,
    RowChanged,
    RowText,
    ToolCallReady,
)


@pytest.fixture
def talk() -> Talk:
    return Talk(transport="webrtc")


def call(
    status: str = "completed", call_id: str | None = "call_1", name: str | None = "look"
) -> dict[str, Any]:
    item = {
        "id": "f",
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        "name": name,
        "arguments": "{}",
    }
    return {key: value for key, value in item.items() if value is not None}


def message(text: str, kind: str = "output_audio", item_id: str = "a") -> dict[str, Any]:
    field = "transcript" if kind == "output_audio" else "text"
    return {"id": item_id, "type": "message", "role": "assistant", "content": [{"type": kind, field: text}]}


def test_words_carry_their_times(talk: Talk) -> None:
    talk.response()
    talk.message()
    assert talk.word("Hi", at=0) == [RowText("a", "Hi", None, 0, 100)]
    assert talk.word(" you") == [RowText("a", " you")]
    kind = "response.output_audio_transcript.delta"
    guess = {"delta": " there", "audio_start_ms": 200, "estimated": True}
    assert talk(kind, response_id="r", item_id="a", **guess) == [
        RowText("a", " there", None, 200, None, estimated=True)
    ]


def test_a_delta_after_its_response_is_kept_unless_that_was_stopped(talk: Talk) -> None:
    talk.answer()
    assert talk.word(" More") != []
    assert talk.row("a")["text"] == "Fine. More"
    talk.response("s")
    talk.message("s", "b2")
    talk.word("So", "s", "b2")
    talk.cancelled("s")
    assert talk.word(" long", "s", "b2") == []


@pytest.mark.parametrize("pieces", [("Three ", "twenty."), ()])
def test_an_item_that_came_before_its_response_keeps_what_that_says(
    talk: Talk, pieces: tuple[str, ...]
) -> None:
    talk.response("r1")
    talk("conversation.item.added", item={"id": "a", "type": "message", "role": "assistant", "content": []})
    talk.done("r1")
    talk.response("r2")
    talk.message("r2", "a")
    for piece in pieces:
        talk.word(piece, "r2", "a")
    assert talk.row("a")["text"] == "".join(pieces)
    kind = "response.output_audio_transcript.done"
    talk(kind, response_id="r2", item_id="a", content_index=0, transcript="Three twenty.")
    talk.done("r2")
    assert talk.row("a")["text"] == "Three twenty."
    assert talk.finished == ["a"]


def test_an_answer_whose_end_comes_before_its_beginning_keeps_what_it_says(talk: Talk) -> None:
    talk.done("r", "failed")
    talk.response("r")
    talk.message("r", "a")
    talk("conversation.item.added", item={"id": "a", "type": "message", "role": "assistant", "content": []})
    talk.word("I", "r", "a")
    talk.word(" am", "r", "a")
    assert talk.row("a")["text"] == "I am"


def test_nothing_else_comes_after_a_response(talk: Talk) -> None:
    talk.answer()
    assert (
        talk("response.output_audio_transcript.done", response_id="r", item_id="a", transcript="More.") == []
    )
    assert talk("response.output_item.added", response_id="r", item={"id": "b", "type": "message"}) == []
    assert talk.done() == []
    assert talk.row("a")["text"] == "Fine."


def test_the_whole_text_may_come_after_the_end(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk.word("Fine")
    talk.done()
    late = {"response_id": "r", "item_id": "a", "content_index": 0}
    talk("response.output_audio_transcript.done", **late, transcript="Fine, and more.")
    assert talk.row("a")["text"] == "Fine, and more."


def test_a_piece_that_comes_after_the_whole_is_in_it(talk: Talk) -> None:
    talk.response()
    talk.message()
    place = {"response_id": "r", "item_id": "a", "content_index": 0}
    talk("response.output_audio_transcript.done", **place, transcript="All of it.")
    talk("response.output_audio_transcript.delta", **place, delta=" it.")
    assert talk.row("a")["text"] == "All of it."


def test_the_whole_text_corrects_missed_deltas(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk.word("o the")
    kind = "response.output_audio_transcript.done"
    assert talk(kind, response_id="r", item_id="a", transcript="Hello there")[0] == RowChanged(talk.row("a"))
    assert talk(kind, response_id="r", item_id="a", transcript="Hello there") == []
    assert talk(kind, response_id="r", item_id="a", transcript="") == []
    assert talk.row("a")["text"] == "Hello there"


def test_a_response_seen_only_at_its_end(talk: Talk) -> None:
    """The sideband joined late: what it missed is in `response.done`."""
    talk.done(output=[message("Hello."), call(), {"type": "message"}])
    assert talk.row("a")["text"] == "Hello."
    assert talk.row("a")["status"] == "completed"
    assert [c.call_id for c in talk.all(ToolCallReady)] == ["call_1"]
    talk.sound("started")
    talk.sound("stopped")
    assert talk.row("a")["text_heard"] == "Hello."


def test_what_is_known_is_not_overwritten_by_the_end(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk.word("Hello.")
    talk.done(output=[message("")])
    talk("conversation.item.done", item=message("Something else"))
    assert talk.row("a")["text"] == "Hello."


def test_a_relay_that_holds_back_response_events(talk: Talk) -> None:
    """Azure's filter lets through items, deltas and playout only."""
    for number in (1, 2):
        item = {"id": f"a{number}", "role": "assistant", "status": "in_progress", "content": []}
        talk("conversation.item.added", item=item)
        talk.word("Hello.", f"r{number}", f"a{number}")
        talk.sound("started", f"r{number}")
        talk.sound("stopped", f"r{number}")
    first = talk.row("a1")
    assert (first["status"], first["text_heard"]) == ("completed", "Hello.")
    assert talk.finished == ["a1"]
    talk.done("r1")
    assert talk.finished == ["a1"]
    assert talk.row("a1") == first
    for what in ("started", "stopped"):
        talk.sound(what, "r1", 99)
    assert talk.row("a1") == first


def test_a_whole_item_that_brings_its_text(talk: Talk) -> None:
    talk.response()
    talk.message()
    talk("conversation.item.done", item=message("Hello."))
    assert talk.row("a")["text"] == "Hello."


def test_items_of_a_client_are_no_answers(talk: Talk) -> None:
    talk("conversation.item.added", item=message("As I said.", "output_text", "old"))
    talk("conversation.item.added", item={"id": "older", "role": "assistant", "status": "completed"})
    assert talk.session.rows == []


def test_an_assistant_item_with_the_id_of_a_user_turn_is_ignored(talk: Talk) -> None:
    talk.says("u")
    before = talk.row("u")
    talk("conversation.item.added", item=message("no", item_id="u"))
    talk.word("no", item_id="u")
    talk("response.output_audio_transcript.done", response_id="r", item_id="u", transcript="no")
    assert talk.row("u") == before


@pytest.mark.parametrize("asked", [False, True])
def test_a_server_that_never_names_the_conversation(talk: Talk, asked: bool) -> None:
    """What was not asked for beside the conversation is an answer, though it says that it is in none."""
    if asked:
        talk("response.create", sent=True, event_id="e1")
    talk.response(conversation_id=None)
    talk.message()
    assert talk.session.activity == "thinking"
    talk.word("Hello.")
    talk("response.output_item.done", response_id="r", item=call())
    talk.done(conversation_id=None)
    assert (talk.row("a")["text"], talk.row("a")["status"]) == ("Hello.", "completed")
    assert [c.call_id for c in talk.all(ToolCallReady)] == ["call_1"]
    assert [c.out_of_band for c in talk.all(ResponseDone)] == [False]


def apart(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="apart", response={"conversation": "none"})


def test_an_aside_whose_item_enters_the_conversation_is_an_answer(talk: Talk) -> None:
    apart(talk)
    talk.response(conversation_id=None)
    talk.message()
    assert talk.session.rows == []
    talk("conversation.item.added", item={"id": "a", "role": "assistant", "status": "in_progress"})
    assert talk.session.activity == "thinking"
    talk.word("Hello.")
    talk.done(conversation_id=None)
    assert talk.session.activity == "thinking"  # whole, and not heard yet
    assert talk.row("a")["status"] == "completed"


def test_an_aside_makes_no_row_and_calls_nothing(talk: Talk) -> None:
    apart(talk)
    talk.response(conversation_id=None)
    talk.message()
    talk("response.output_item.added", response_id="r", item=call())
    talk("response.output_item.done", response_id="r", item=call())
    talk.done(conversation_id=None)
    talk("conversation.item.added", item={"id": "a", "role": "assistant", "status": "in_progress"})
    assert talk.session.rows == []
    assert talk.all(ToolCallReady) == []
    assert [c.out_of_band for c in talk.all(ResponseDone)] == [True]


def test_usage_and_the_error_of_a_response(talk: Talk) -> None:
    talk.response()
    talk.done(usage={"total_tokens": 3})
    talk.response("r2")
    talk.done("r2", "failed", status_details={"error": {"type": "odd_error", "message": "It broke."}})
    talk.response("r3")
    talk.done("r3", "failed", status_details={"error": {"type": "odd_error"}})
    first, second, third = talk.all(ResponseDone)
    assert first.error is not None
    assert first.error["code"] == "answer_empty"
    assert (first.status, first.usage, first.response_id) == ("completed", {"total_tokens": 3}, "r")
    wanted: ErrorInfo = {
        "code": "odd_error",
        "message": "It broke.",
        "next_step": "Look at `w.events_df` for the details.",
    }
    assert second.error == wanted
    assert third.error is not None
    assert third.error["code"] == "odd_error"
    assert [c.error for c in talk.all(Problem)] == [second.error, third.error]


@pytest.mark.parametrize("voice", ["cedar", {"id": "voice_7"}, {"id": 7}, None])
def test_the_voice_of_the_answer_is_the_responses_or_the_one_in_force(talk: Talk, voice: Any) -> None:
    talk("session.created", session={"audio": {"output": {"voice": "marin"}}})
    talk.response(audio={"output": {"voice": voice}})
    talk.message()
    assert talk.row("a")["voice"] == {"cedar": "cedar"}.get(
        str(voice), "voice_7" if voice == {"id": "voice_7"} else "marin"
    )


# --- arguments ---


def pieces(talk: Talk, *told: str, kind: str = "delta", **fields: Any) -> None:
    for piece in told:
        name = f"response.function_call_arguments.{kind}"
        talk(name, response_id="r", item_id="f", call_id="call_1", **{"delta": piece, **fields})


@pytest.mark.parametrize("empty", [{"arguments": None}, {"arguments": ""}, {}])
@pytest.mark.parametrize("ends", ["arguments", "item", "response"])
def test_arguments_whose_end_is_empty_are_those_that_came_in_pieces(
    talk: Talk, empty: dict[str, Any], ends: str
) -> None:
    whole = {**call(), **empty}
    if not empty:
        del whole["arguments"]
    talk.response()
    talk("response.output_item.added", response_id="r", item={**whole, "status": "in_progress"})
    pieces(talk, '{"city": ', '"Oslo"}')
    if ends == "arguments":
        pieces(talk, "", kind="done", **empty)
    if ends != "response":
        talk("response.output_item.done", response_id="r", item=whole)
    talk.done(output=[whole])
    assert [(c.name, c.arguments) for c in talk.all(ToolCallReady)] == [("look", '{"city": "Oslo"}')]


@pytest.mark.parametrize("told", [('{"city": ', '"Oslo"}'), ('{"city": "Os',), ()])
@pytest.mark.parametrize("output", [[], None])
def test_a_call_of_which_nobody_says_that_it_is_whole_is_made_at_the_end(
    talk: Talk, told: tuple[str, ...], output: Any
) -> None:
    talk.response()
    begun = {**call("in_progress"), "arguments": ""}
    talk("response.output_item.added", response_id="r", item=begun)
    pieces(talk, *told)
    assert talk.all(ToolCallReady) == []
    talk.done(output=output)
    assert [(c.call_id, c.arguments) for c in talk.all(ToolCallReady)] == [("call_1", "".join(told) or "{}")]
    assert talk.session.activity == "tool"


def test_a_call_that_stays_a_piece_is_not_made(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.added", response_id="r", item=call("in_progress"))
    pieces(talk, '{"city')
    talk("response.output_item.done", response_id="r", item=call("incomplete"))
    talk.done(output=[call("incomplete")])
    assert talk.all(ToolCallReady) == []


# --- saying and asking ---


@pytest.mark.parametrize(
    "response", [{"text": "Welcome."}, {"metadata": {"voice_widget": "say"}, "input": []}]
)
def test_what_we_have_said_is_marked(talk: Talk, response: dict[str, Any]) -> None:
    talk("response.create", sent=True, event_id="e1", response=response)
    talk.answer()
    talk.answer("r2", "a2")
    assert [row["source"] for row in talk.session.rows] == ["say", "speech"]


def test_the_echoed_mark_is_enough(talk: Talk) -> None:
    talk.response(metadata={"voice_widget": "say"})
    talk.message()
    assert talk.row("a")["source"] == "say"


def test_a_refused_say_marks_nothing(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e1", response={"text": "Welcome."})
    assert talk.session.activity == "thinking"
    talk("error", error={"code": "conversation_already_has_active_response", "event_id": "e1"})
    assert talk.session.activity == "idle"
    talk.answer()
    assert talk.row("a")["source"] == "speech"


def test_a_refusal_of_something_else_does_not_end_the_waiting(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e1")
    talk("error", error={"code": "invalid_value", "message": "no", "event_id": "e0"})
    assert talk.session.activity == "thinking"


def test_an_answer_beside_the_conversation_is_not_waited_for(talk: Talk) -> None:
    talk("response.create", sent=True, response={"conversation": "none", "text": "x"})
    assert talk.session.activity == "idle"


# --- tools ---


def test_tools_run_once_and_the_last_result_makes_an_answer_due(talk: Talk) -> None:
    talk.response()
    for item in (call(), call(call_id="call_2")):
        talk("response.output_item.added", response_id="r", item=item)
        talk("response.output_item.done", response_id="r", item=item)
    talk.done(output=[call(), call(call_id="call_2")])
    ready = talk.all(ToolCallReady)
    assert ready == [ToolCallReady(f"call_{n}", "look", "{}", "r", "f", n) for n in (1, 2)]
    assert talk.session.activity == "tool"
    for number in (1, 2):
        output = {"type": "function_call_output", "call_id": f"call_{number}", "output": "1"}
        talk("conversation.item.create", sent=True, item=output)
        assert talk.session.activity == ("tool" if number == 1 else "thinking")
        talk("conversation.item.added", item={"id": f"o{number}", **output})
    talk.response("r2")
    assert talk.session.activity == "thinking"


def test_a_tool_quicker_than_its_response(talk: Talk) -> None:
    talk.response()
    talk("response.output_item.done", response_id="r", item=call())
    talk(
        "conversation.item.create",
        sent=True,
        item={"type": "function_call_output", "call_id": "call_1", "output": "1"},
    )
    talk.done()
    assert talk.states("activity") == ["thinking", "tool", "thinking"]


@pytest.mark.parametrize("quick", [True, False])
def test_what_the_tool_of_another_client_gave_need_not_be_answered(quick: bool) -> None:
    talk = Talk(transport="webrtc", shared=True)
    talk.response()
    talk("response.output_item.done", response_id="r", item=call())
    if not quick:
        talk.done()
    output = {"id": "o", "type": "function_call_output", "call_id": "call_1", "output": "1"}
    talk("conversation.item.added", item=output)
    if quick:
        talk.done()
    assert talk.states("activity") == ["thinking", "tool", "idle"]
    talk.response("r2")
    assert talk.session.activity == "thinking"


@pytest.mark.parametrize(
    "item",
    [call("incomplete"), call(call_id=None), call(name=None), {"type": "message"}, {**call(), "call_id": ""}],
)
def test_calls_that_do_not_run(talk: Talk, item: dict[str, Any]) -> None:
    talk.response()
    talk("response.output_item.done", response_id="r", item=item)
    assert talk.all(ToolCallReady) == []


def test_a_call_that_shows_only_in_a_cancelled_response_does_not_run(talk: Talk) -> None:
    talk.response()
    talk.done(status="cancelled", output=[call()])
    assert talk.all(ToolCallReady) == []


# --- the kernel's agent ---


def test_a_reply_is_requested_again_after_its_socket_was_replaced(talk: Talk) -> None:
    for _ in range(2):
        talk(
            "voice_widget.reply.requested",
            response_id="r",
            item_id="u",
            instructions="x",
            tools=[{"name": "f"}],
        )
    assert talk.all(ReplyRequested) == [ReplyRequested("r", "u", "x", ({"name": "f"},))] * 2


@pytest.mark.parametrize(
    ("told", "choice"),
    [({}, "auto"), ({"tool_choice": None}, "auto"), ({"tool_choice": "required"}, "required")],
)
def test_a_reply_says_whether_a_tool_is_required(talk: Talk, told: dict[str, Any], choice: str) -> None:
    talk("voice_widget.reply.requested", response_id="r", **told)
    assert [change.tool_choice for change in talk.all(ReplyRequested)] == [choice]


@pytest.mark.parametrize(
    ("status", "cancels"), [("completed", 0), ("cancelled", 1), ("failed", 1), ("incomplete", 1)]
)
def test_an_agent_is_stopped_when_nobody_waits_any_more(talk: Talk, status: str, cancels: int) -> None:
    talk("voice_widget.reply.requested", response_id="r")
    talk.done(status=status)
    assert talk.all(ReplyCancelled) == [ReplyCancelled("r")] * cancels


def test_a_whole_reply_has_nothing_to_cancel(talk: Talk) -> None:
    talk("voice_widget.reply.requested", response_id="r")
    talk("voice_widget.reply.done", sent=True, response_id="r")
    talk.cancelled()
    talk("voice_widget.call.closed")
    assert talk.all(ReplyCancelled) == []


# --- bounds ---


def test_old_responses_are_forgotten_and_rows_stay(talk: Talk) -> None:
    for number in range(100):
        talk.answer(f"r{number}", f"a{number}")
        talk.sound("started", f"r{number}")
        talk.sound("stopped", f"r{number}")
    before = talk.session.rows
    talk.word("very late", "r0", "a0")
    talk(
        "response.output_audio.delta",
        response_id="r0",
        item_id="a0",
        delta=base64.b64encode(b"\0" * 480).decode(),
    )
    assert talk.session.rows == before


def test_a_response_may_end_while_another_is_made(talk: Talk) -> None:
    talk.response("r1")
    talk.response("r2")
    talk.done("r1")
    assert talk.session.activity == "thinking"
    talk.done("r2")
    assert talk.session.activity == "idle"


def test_what_was_to_be_said_and_never_began_marks_no_later_answer(talk: Talk) -> None:
    talk("response.create", sent=True, event_id="e1", response={"text": "Hello."})
    talk("response.done", response={"status": "failed"})
    talk.response()
    talk.message()
    talk.done()
    assert talk.row("a")["source"] == "speech"


def test_each_answer_that_is_due_and_given_up_is_told(talk: Talk) -> None:
    """Also the second, of which nothing had a name either."""
    for number in (1, 2):
        talk.says(f"u{number}")
        assert talk.session.activity == "thinking"
        details = {"error": {"code": "answer_timeout", "message": "It has not begun."}}
        talk("response.done", response={"status": "failed", "status_details": details})
        assert talk.session.activity == "idle"
        told = [end.error and end.error["code"] for end in talk.all(ResponseDone)]
        assert told == ["answer_timeout"] * number
