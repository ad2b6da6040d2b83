"""Responses that a service names by numbers, by several ids, all by the same one, or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk
from tests.realtime.test_strange_fields import forgiven
from voice_widget.realtime.answering.response_queue import ResponseQueue
from voice_widget.realtime.sound.playout import Playout
from voice_widget.realtime.state.changes import Problem, ResponseDone, ToolCallReady, Used
from voice_widget.realtime.wire.reading import status_of

CALL = {"type": "function_call", "status": "completed", "id": "f", "call_id": "c", "name": "look"}
ASK = {"type": "response.create"}


@pytest.fixture
def talk() -> Talk:
    made = Talk(transport="memory")
    made("session.created", session={})
    return made


def asked(talk: Talk) -> None:
    talk("response.create", event_id="e", sent=True)


def texts(talk: Talk) -> list[str]:
    return [row["text"] for row in talk.session.rows]


def kinds(events: Any) -> list[tuple[str, str]]:
    return [(event["type"].rpartition(".")[2], event["response_id"]) for event in events]


# --- ids that belong to nothing ---


@pytest.mark.parametrize("of_sound", ["", "zz"])
@pytest.mark.parametrize("begun", ["", "r", "another"])
@pytest.mark.parametrize("ended", ["", "r"])
def test_sound_under_any_id_ends_with_what_was_begun(of_sound: str, begun: str, ended: str) -> None:
    ledger = Playout()
    ledger.begin({"id": begun})
    assert ledger.append(of_sound, "a", 100.0)
    started = ledger.advance(100.0, 1100.0)
    stopped = ledger.complete(ended, 1200.0)
    assert [what for what, _ in kinds([*started, *stopped])] == ["started", "stopped"]
    assert not ledger.holds


def test_sound_of_a_cut_response_is_refused_under_any_id() -> None:
    ledger = Playout()
    ledger.begin({"id": "r"})
    ledger.append("zz", "a", 100.0)
    ledger.refuse()
    ledger.clear(10.0, 1010.0)
    assert ledger.refuses("")
    assert not ledger.append("zz", "a", 100.0)


@pytest.mark.parametrize("first", ["another", None])
def test_events_under_an_id_that_nothing_began_are_of_what_is_made(talk: Talk, first: str | None) -> None:
    asked(talk)
    talk("response.created", response={} if first is None else {"id": first})
    talk.message()
    talk.word("Hello.")
    talk.done()
    assert (talk.finished, talk.session.activity) == (["a"], "idle")
    talk.word(" Late.")
    assert texts(talk) == ["Hello. Late."]
    assert [done.response_id for done in talk.all(ResponseDone)] == [first or "r"]


def test_an_answer_whose_sound_has_another_id_ends_with_it(talk: Talk) -> None:
    asked(talk)
    talk.response()
    talk.message()
    talk.word("Hello.")
    talk("response.output_audio.delta", response_id="zz", item_id="a", delta="A" * 640)
    talk.done()
    talk.sound("started")
    talk.sound("stopped", "yy")
    assert (talk.finished, talk.session.activity) == (["a"], "idle")


def test_items_that_are_counted_or_have_no_id_are_rows_of_their_own(talk: Talk) -> None:
    asked(talk)
    talk.response()
    for item_id in (1, 2, None, None):
        item = {"id": item_id, "type": "message", "role": "assistant"}
        forgiven(talk, type="response.output_item.added", response_id="r", item=item)
        where = {"response_id": "r", "item_id": item_id}
        forgiven(talk, type="response.output_text.delta", **where, delta=f"Of {item_id}.")
    talk.done()
    assert texts(talk) == ["Of 1.", "Of 2.", "Of None.", "Of None."]
    assert len(talk.finished) == 4


# --- one id for all ---


@pytest.mark.parametrize("item_ids", [("a", "b", "c"), ("a", "a", "a")])
@pytest.mark.parametrize("awaited", [True, False])
def test_each_response_may_have_the_same_id(talk: Talk, item_ids: tuple[str, ...], awaited: bool) -> None:
    for item_id, text in zip(item_ids, ("One.", "Two.", "Three."), strict=True):
        if awaited:
            asked(talk)
        talk.answer("r", item_id, text)
        assert talk.session.activity == "idle"
    assert texts(talk) == ["One.", "Two.", "Three."]
    assert len(set(talk.finished)) == 3
    assert len(talk.all(Used)) == 3


def test_a_beginning_that_is_said_again_begins_nothing(talk: Talk) -> None:
    asked(talk)
    talk.answer()
    talk.response()
    assert talk.session.activity == "idle"
    talk.done()
    assert len(talk.all(ResponseDone)) == 1


def test_a_response_that_begins_under_the_same_id_holds_the_queue_until_its_end() -> None:
    queue = ResponseQueue()
    created = {"type": "response.created", "response": {"id": "r"}}
    done = {"type": "response.done", "response": {"id": "r"}}
    for _ in range(3):
        assert len(queue.submit([ASK])) == 1
        queue.received(created)
        assert queue.busy
        queue.received(done)
        assert not queue.busy
    queue.received(created)  # nobody asked: it is said again
    assert not queue.busy


def test_sound_of_the_former_response_ends_before_that_of_the_next() -> None:
    ledger = Playout()
    told = []
    for _ in range(2):
        ledger.begin({"id": "r"})
        ledger.append("r", "a", 100.0)
        told += ledger.advance(50.0, 1050.0)
        told += ledger.complete("r", 1060.0)
    told += ledger.advance(200.0, 1200.0)
    former = "r, the former"
    assert kinds(told) == [("started", "r"), ("stopped", former), ("started", "r"), ("stopped", "r")]


def test_a_former_answer_that_still_sounds_is_finished_by_its_end(talk: Talk) -> None:
    for item_id in ("a", "b"):
        asked(talk)
        talk.response()
        talk.message(item_id=item_id)
        talk.word("Hello.", item_id=item_id)
        talk("response.output_audio.delta", response_id="r", item_id=item_id, delta="A" * 640)
        talk.done()
        talk.sound("started", "r") if item_id == "a" else talk.sound("stopped", "r, the former")
    assert talk.finished == ["a"]
    talk.sound("started", "r")
    talk.sound("stopped", "r")
    assert talk.finished == ["a", "b"]


def test_what_was_cut_may_be_heard_under_the_same_id_again() -> None:
    ledger = Playout()
    ledger.begin({"id": "r"})
    ledger.append("r", "a", 100.0)
    ledger.clear(10.0, 1010.0)
    ledger.complete("r", 1020.0)
    ledger.begin({"id": "r"})
    assert not ledger.refuses("r")
    assert ledger.append("r", "a", 100.0)


# --- ends in other words ---


@pytest.mark.parametrize(
    ("response", "status"),
    [
        ({"status": "done"}, "completed"),
        ({"status": "COMPLETED"}, "completed"),
        ({"status": "in_progress"}, "completed"),
        ({"status": "requires_action"}, "completed"),
        ({"status": ""}, "completed"),
        ({"status": "canceled"}, "cancelled"),
        ({"status": "ended", "status_details": {"type": "canceled"}}, "cancelled"),
        ({"status": "ended", "status_details": {"reason": "turn_detected"}}, "cancelled"),
        ({"status": "ended", "status_details": {"reason": "max_output_tokens"}}, "incomplete"),
        ({"status": "error"}, "failed"),
        ({"status": "ended", "status_details": {"error": {"message": "GPU lost"}}}, "failed"),
        ({"status": "ended", "error": {"message": "GPU lost"}}, "failed"),
        ({"status": "completed", "status_details": {"reason": "turn_detected"}}, "completed"),
    ],
)
def test_an_end_in_other_words_is_what_the_rest_says(response: dict[str, Any], status: str) -> None:
    assert status_of(response) == status


def test_a_tool_is_called_and_an_error_told_whatever_the_end_is_called(talk: Talk) -> None:
    asked(talk)
    talk.response()
    talk.done(status="requires_action", output=[CALL])
    assert [ready.call_id for ready in talk.all(ToolCallReady)] == ["c"]
    assert [done.status for done in talk.all(ResponseDone)] == ["completed"]
    talk.response("s")
    talk.done("s", "ended", status_details={"error": {"message": "GPU lost"}})
    assert [problem.error["message"] for problem in talk.all(Problem)] == ["GPU lost"]


# --- ends with nothing ---


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ({}, "answer_empty"),
        ({"output": [{"type": "mcp_call", "id": "m"}]}, None),
        ({"status": "incomplete"}, "answer_incomplete"),
        ({"status": "incomplete", "output": [CALL]}, "answer_incomplete"),
        ({"output": [CALL]}, None),
    ],
)
def test_who_waits_for_an_answer_that_has_no_row_is_told(
    talk: Talk, end: dict[str, Any], code: str | None
) -> None:
    asked(talk)
    talk.response()
    talk.done(**end)
    assert [done.error and done.error["code"] for done in talk.all(ResponseDone)] == [code]
    assert talk.all(Problem) == []


def test_a_call_that_is_said_after_the_end_is_made(talk: Talk) -> None:
    asked(talk)
    talk.response()
    talk.done()
    for _ in range(2):
        talk("response.output_item.done", response_id="r", item=CALL)
    assert [call.call_id for call in talk.all(ToolCallReady)] == ["c"]
    assert [end.status for end in talk.all(ResponseDone)] == ["completed", "completed"]
    assert talk.session.activity == "tool"


def test_a_call_that_is_said_after_an_answer_was_stopped_is_not_made(talk: Talk) -> None:
    asked(talk)
    talk.response()
    talk.cancelled()
    talk("response.output_item.done", response_id="r", item=CALL)
    assert talk.all(ToolCallReady) == []


# --- transcripts ---

TOLD = "conversation.item.input_audio_transcription."
SPOKEN = {"id": "u", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}


@pytest.mark.parametrize("pieces", [True, False])
@pytest.mark.parametrize("answered", [True, False])
def test_a_transcript_by_another_id_is_of_the_utterance_that_waits(
    talk: Talk, pieces: bool, answered: bool
) -> None:
    talk.says("u", None)
    talk("conversation.item.added", item=SPOKEN)
    if answered:
        talk.answer()
    if pieces:
        for piece in ("Good", " morning"):
            talk(TOLD + "delta", item_id="zz", delta=piece)
    talk(TOLD + "completed", item_id="zz", transcript="Good morning.")
    users = [(row["item_id"], row["text"]) for row in talk.session.rows if row["role"] == "user"]
    assert users == [("u", "Good morning.")]
    talk.says("v", None)
    talk("conversation.item.added", item={**SPOKEN, "id": "v"})
    talk(TOLD + "failed", item_id="yy", error={})
    assert [row["status"] for row in talk.session.rows if row["role"] == "user"] == [
        "completed",
        "no_transcript",
    ]


def test_a_transcript_by_another_id_is_its_own_where_several_wait_or_one_speaks(talk: Talk) -> None:
    talk.says("u", None)
    talk("conversation.item.added", item=SPOKEN)
    talk("input_audio_buffer.speech_started", item_id="v")
    talk(TOLD + "completed", item_id="zz", transcript="Whose?")
    assert talk.row("zz")["text"] == "Whose?"
    assert talk.row("u")["text"] == ""
    talk("input_audio_buffer.committed", item_id="v")
    talk("conversation.item.added", item={**SPOKEN, "id": "v"})
    talk(TOLD + "completed", item_id="yy", transcript="And whose?")
    assert (talk.row("u")["text"], talk.row("v")["text"], talk.row("yy")["text"]) == ("", "", "And whose?")
