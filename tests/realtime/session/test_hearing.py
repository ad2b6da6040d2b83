from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import HEARD, Talk
from voice_widget.realtime.state.changes import Noticed, Problem, RowChanged, RowText


@pytest.fixture
def talk() -> Talk:
    return Talk(transport="webrtc")


def spoken(item_id: str, transcript: str | None = None) -> dict[str, Any]:
    return {"id": item_id, "role": "user", "content": [{"type": "input_audio", "transcript": transcript}]}


def typed(item_id: str | None, text: str = "hi") -> dict[str, Any]:
    return {"id": item_id, "role": "user", "content": [{"type": "input_text", "text": text}]}


def test_a_partial_replaces_and_the_final_text_stands(talk: Talk) -> None:
    talk("input_audio_buffer.speech_started", item_id="u")
    for text in ("wat", "what is"):
        talk("voice_widget.transcription.partial", item_id="u", text=text)
        assert talk.row("u")["text"] == text
    talk(HEARD + "completed", item_id="u", transcript="What is it?")
    talk("voice_widget.transcription.partial", item_id="u", text="late")
    talk(HEARD + "delta", item_id="u", delta="late")
    assert talk.row("u")["text"] == "What is it?"
    assert [c.text for c in talk.all(RowText)] == ["wat", "what is"]


def test_an_empty_delta_says_nothing(talk: Talk) -> None:
    talk.says("u", None)
    assert talk(HEARD + "delta", item_id="u", delta="") == []


@pytest.mark.parametrize("transcript", ["", "  \n", None])
def test_nothing_understood_is_no_transcript_and_no_answer_is_due(talk: Talk, transcript: str | None) -> None:
    talk.says("u", None)
    talk("voice_widget.transcription.partial", item_id="u", text="hm")
    assert talk.session.activity == "thinking"
    talk(HEARD + "completed", item_id="u", transcript=transcript)
    assert (talk.row("u")["status"], talk.row("u")["text"]) == ("no_transcript", "")
    assert talk.session.activity == "idle"
    assert talk.finished == ["u"]


def test_what_was_said_so_far_outlives_an_empty_last_word(talk: Talk) -> None:
    talk.says("u", None)
    talk(HEARD + "completed", item_id="u", transcript="Hello", status="in_progress")
    talk(HEARD + "completed", item_id="u", transcript="", status="completed")
    assert (talk.row("u")["status"], talk.row("u")["text"]) == ("completed", "Hello")


def test_an_empty_text_of_an_older_turn_does_not_end_the_waiting(talk: Talk) -> None:
    talk.says("u1", None)
    talk.says("u2", "hello")
    talk(HEARD + "completed", item_id="u1", transcript="")
    assert talk.session.activity == "thinking"


def test_a_transcript_is_taken_once(talk: Talk) -> None:
    talk.says("u", "hello")
    assert talk(HEARD + "completed", item_id="u", transcript="other") == []
    assert talk.row("u")["text"] == "hello"


def test_a_failed_transcript_is_a_problem(talk: Talk) -> None:
    talk.says("u", None)
    talk(HEARD + "failed", item_id="u", error={"message": "No such model."})
    talk(HEARD + "failed", item_id="u2")
    assert talk.row("u")["status"] == "no_transcript"
    assert talk.all(Problem)[0].error["message"] == "No such model."
    assert len(talk.all(Problem)) == 2


def test_without_transcription_no_one_waits_for_a_text(talk: Talk) -> None:
    talk("session.created", session={"audio": {"input": {"transcription": None}}})
    talk.says("u", None)
    talk("conversation.item.added", item=spoken("u"))
    assert talk.row("u")["status"] == "no_transcript"


def test_a_text_for_which_nobody_waited_any_more_is_kept(talk: Talk) -> None:
    talk("session.created", session={"audio": {"input": {"transcription": None}}})
    talk.says("u", None)
    talk("conversation.item.added", item=spoken("u"))
    for delta in ("Hel", "lo"):
        talk(HEARD + "delta", item_id="u", delta=delta)
    assert (talk.row("u")["text"], talk.row("u")["status"]) == ("Hello", "incomplete")
    talk(HEARD + "completed", item_id="u", transcript="Hello.")
    assert (talk.row("u")["text"], talk.row("u")["status"]) == ("Hello.", "completed")
    assert talk.finished == ["u"]


def test_a_service_that_does_not_answer_by_itself(talk: Talk) -> None:
    talk("session.created", session={"audio": {"input": {"turn_detection": {"create_response": False}}}})
    talk.says()
    assert talk.session.activity == "idle"
    talk("response.create", sent=True)
    assert talk.session.activity == "thinking"


def test_an_item_that_brings_its_own_text(talk: Talk) -> None:
    """A sideband that joined late sees the item only."""
    talk("conversation.item.added", item=spoken("u", "Hello."))
    talk("conversation.item.done", item=spoken("u", "Hello."))
    assert (talk.row("u")["text"], talk.row("u")["source"]) == ("Hello.", "speech")
    assert talk.finished == ["u"]


def test_a_row_for_events_whose_beginning_was_missed(talk: Talk) -> None:
    talk(HEARD + "completed", item_id="u", transcript="hello")
    assert talk.row("u")["text"] == "hello"


def test_speech_that_is_dropped_with_the_buffer(talk: Talk) -> None:
    assert talk("input_audio_buffer.cleared") == []
    talk("input_audio_buffer.speech_started", item_id="u")
    talk("input_audio_buffer.cleared")
    assert not talk.session.user_speaking
    assert talk.row("u")["status"] == "no_transcript"
    assert talk("input_audio_buffer.speech_started", item_id="u") == []


def test_the_user_is_heard_as_long_as_there_are_signs_of_it() -> None:
    talk = Talk(transport="webrtc")

    def heard(after: float) -> bool:
        return talk.session.hears_user(talk.at + after, 5)

    assert not heard(0)
    talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=0)
    assert not heard(0)  # the service does not say so
    talk("voice_widget.page.voiced", side="user", voiced=False, at_ms=100)
    talk("input_audio_buffer.speech_started", item_id="u")
    assert (heard(4.9), heard(5.1)) == (True, False)
    talk(f"{HEARD}delta", item_id="u", delta="so", wait=4)
    assert (heard(4.9), heard(5.1)) == (True, False)
    talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=9000, wait=4)
    assert heard(60)
    talk("voice_widget.page.voiced", side="user", voiced=False, at_ms=90000, wait=81)
    assert (heard(4.9), heard(5.1)) == (True, False)
    talk("input_audio_buffer.speech_stopped", item_id="u")
    assert not heard(0)


def test_a_turn_that_is_finished_early_still_ends(talk: Talk) -> None:
    talk("input_audio_buffer.speech_started", item_id="u")
    talk(HEARD + "completed", item_id="u", transcript="hello")
    talk("input_audio_buffer.speech_stopped", item_id="other-row-of-nobody")
    assert talk.session.user_speaking
    talk("input_audio_buffer.speech_stopped", item_id="u")
    assert not talk.session.user_speaking
    assert talk("input_audio_buffer.speech_stopped", item_id="u") == []
    assert talk("input_audio_buffer.committed", item_id="u") == []


def test_an_idle_timeout_is_no_row_but_is_answered(talk: Talk) -> None:
    talk.says("u", "hello")
    talk.answer()
    talk("input_audio_buffer.timeout_triggered", item_id="empty", audio_start_ms=0, audio_end_ms=6000)
    talk("input_audio_buffer.committed", item_id="empty", previous_item_id="a")
    assert talk.session.activity == "thinking"
    talk("conversation.item.added", item=spoken("empty"), previous_item_id="a")
    talk(HEARD + "completed", item_id="empty", transcript="")
    talk.response("r2")
    talk.message("r2", "a2")
    talk("conversation.item.added", item={"id": "a2", "role": "assistant"}, previous_item_id="empty")
    assert [row["item_id"] for row in talk.session.rows] == ["u", "a", "a2"]


def test_rows_follow_the_chain_not_the_arrival(talk: Talk) -> None:
    """The second utterance begins before the first is answered."""
    talk.says("u1", "one")
    talk("input_audio_buffer.speech_started", item_id="u2")
    talk.response()
    talk.message()
    talk("conversation.item.added", item={"id": "a", "role": "assistant"}, previous_item_id="u1")
    assert [row["item_id"] for row in talk.session.rows] == ["u1", "a", "u2"]
    assert [talk.row(i)["seq"] for i in ("u1", "a", "u2")] == [1, 2, 3]


def test_typed_text_with_our_id_is_a_row_at_once(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item=typed("t"))
    assert talk.row("t")["status"] == "in_progress"
    talk("conversation.item.added", item=typed("t"))
    assert (talk.row("t")["status"], talk.row("t")["source"]) == ("completed", "typed")
    talk("error", error={"code": "invalid_value", "message": "late", "event_id": "e1"})
    assert talk.row("t")["status"] == "completed"


def test_typed_text_whose_echo_was_missed_is_known_by_the_item_that_was_asked_for(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, item=typed("m"))
    assert talk.finished == []
    talk("conversation.item.retrieved", item=typed("m"))
    assert (talk.finished, talk.row("m")["status"]) == (["m"], "completed")


def test_typed_text_that_is_refused_is_kept_and_failed(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item=typed("t"))
    talk("conversation.item.create", sent=True, item=typed("t2"))
    talk("error", error={"code": "invalid_value", "message": "Too long.", "event_id": "e1"})
    assert (talk.row("t")["status"], talk.row("t")["text"]) == ("failed", "hi")
    assert talk.row("t2")["status"] == "in_progress"


def test_typed_text_that_a_call_lost_and_the_next_one_has_is_whole(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item=typed("t"))
    talk("conversation.item.create", sent=True, event_id="e2", item=typed("t2"))
    talk("voice_widget.call.retrying", attempt=1)
    assert [talk.row(name)["status"] for name in ("t", "t2")] == ["incomplete", "incomplete"]
    talk("voice_widget.call.connecting", transport="webrtc", reconnect=True)
    talk("conversation.item.create", sent=True, event_id="e3", item=typed("t"))
    [changed] = [c for c in talk("conversation.item.added", item=typed("t")) if isinstance(c, RowChanged)]
    assert (changed.row["item_id"], changed.row["status"]) == ("t", "completed")
    assert talk("conversation.item.done", item=typed("t")) == []
    assert talk.row("t2")["status"] == "incomplete"
    assert talk.finished == ["t", "t2"]


def test_typed_text_without_an_id_waits_for_the_services(talk: Talk) -> None:
    assert talk("conversation.item.create", sent=True, item=typed(None)) == []
    talk("conversation.item.added", item=typed("item_9"))
    assert talk.row("item_9")["text"] == "hi"


@pytest.mark.parametrize(
    "item",
    [
        {"id": "x", "type": "function_call_output", "call_id": "nobody", "output": "1"},
        {"id": "x", "role": "user"},
        {"id": "x", "role": "user", "content": []},
    ],
)
def test_items_that_are_no_turns(talk: Talk, item: dict[str, Any]) -> None:
    talk("conversation.item.create", sent=True, item=item)
    talk("conversation.item.added", item=item)
    assert talk.session.rows == []


def again(talk: Talk) -> None:
    talk("voice_widget.call.retrying", attempt=1)
    talk("voice_widget.call.connecting", transport="webrtc", reconnect=True)


def test_history_said_again_to_a_new_call_makes_no_new_rows(talk: Talk) -> None:
    talk.says("u", "hello")
    talk.answer()
    talk.sound("started")
    talk.sound("stopped")
    again(talk)
    before = talk.session.rows
    for item in talk.session.conversation():
        talk("conversation.item.create", sent=True, item=item)
        talk("conversation.item.added", item={**item, "status": "completed"})
    assert talk.session.rows == before


def test_a_service_that_gives_items_ids_of_its_own_makes_no_row_twice(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item=typed("ours", "yes"))
    for kind in ("added", "done"):
        talk(f"conversation.item.{kind}", item=typed("theirs_1", "yes"))
    talk.answer()
    before = talk.session.rows
    assert [(row["item_id"], row["status"]) for row in before] == [("ours", "completed"), ("a", "completed")]
    for number in (2, 3):
        again(talk)
        items = talk.session.conversation()
        for item in items:
            talk("conversation.item.create", sent=True, item=item)
        for item in items:
            talk("conversation.item.added", item={**item, "id": f"theirs_{number}_{item['role']}"})
    assert talk.session.rows == before
    # The same again is something new: nothing of the kind was told.
    talk("conversation.item.added", item=typed("theirs_4", "yes"))
    assert [row["text"] for row in talk.session.rows] == ["yes", "Fine.", "yes"]


def test_what_was_refused_waits_for_no_item(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item=typed("first", "yes"))
    talk("error", error={"code": "invalid_value", "message": "No.", "event_id": "e1"})
    talk("conversation.item.create", sent=True, event_id="e2", item=typed("second", "yes"))
    talk("conversation.item.added", item=typed("theirs", "yes"))
    assert [talk.row(name)["status"] for name in ("first", "second")] == ["failed", "completed"]


def test_a_user_item_with_the_id_of_an_answer_is_ignored(talk: Talk) -> None:
    talk.response()
    talk.message()
    assert talk("conversation.item.added", item=typed("a")) == []
    assert talk("input_audio_buffer.speech_started", item_id="a") == []


def push_to_talk() -> Talk:
    talk = Talk(transport="webrtc")
    talk("session.created", session={"audio": {"input": {"turn_detection": None}}})
    return talk


def test_push_to_talk_takes_the_pages_marks() -> None:
    talk = push_to_talk()
    talk.marked("user", True, 1000)
    assert talk.session.user_speaking
    talk.marked("user", False, 1500)
    talk.marked("user", True, 1700)
    talk("input_audio_buffer.committed", item_id="u1")
    assert not talk.session.user_speaking
    talk.marked("user", False, 2100)
    row = talk.row("u1")
    assert (row["start_ms"], row["end_ms"], row["time_source"]) == (1000, 2100, "page")
    talk.marked("user", True, 9000)
    talk.marked("user", False, 9500)
    talk("input_audio_buffer.committed", item_id="u2")
    assert (talk.row("u2")["start_ms"], talk.row("u2")["end_ms"]) == (9000, 9500)


def test_push_to_talk_from_memory_takes_the_marks_as_samples() -> None:
    talk = Talk(transport="memory")
    talk("session.created", session={"audio": {"input": {"turn_detection": None}}})
    talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=1000.0)
    assert talk.session.user_speaking
    talk("voice_widget.page.voiced", side="user", voiced=False, at_ms=1500.5, wait=0.0)
    talk("input_audio_buffer.committed", item_id="u", wait=3.0)  # said faster or slower than time goes
    row = talk.row("u")
    assert (row["start_ms"], row["end_ms"], row["time_source"]) == (1000, 1500, "samples")


def test_a_push_from_memory_that_is_ended_in_the_midst_of_speech_has_no_end() -> None:
    talk = Talk(transport="memory")
    talk("session.created", session={"audio": {"input": {"turn_detection": None}}})
    talk("voice_widget.page.voiced", side="user", voiced=True, at_ms=1000.0)
    talk("input_audio_buffer.committed", item_id="u")
    row = talk.row("u")
    assert (row["start_ms"], row["end_ms"], row["time_source"]) == (1000, None, "samples")


def test_push_to_talk_without_a_page_knows_arrival_only() -> None:
    talk = push_to_talk()
    talk("input_audio_buffer.committed", item_id="u")
    row = talk.row("u")
    assert (row["start_ms"], row["time_source"], row["started_at"]) == (None, "arrival", row["arrived_at"])


def test_a_commit_alone_takes_the_pages_marks_also_between_turns_of_the_service() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "one", start=100, end=900)
    talk.voiced("user", True, 5000)
    talk("input_audio_buffer.committed", item_id="u2")
    row = talk.row("u2")
    assert (row["start_ms"], row["service_start_ms"]) == (5000, None)


def test_a_turn_has_the_times_that_the_page_heard_and_those_of_the_service() -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("user", True, 500)
    talk.says("u", "hello", start=100, end=900)
    row = talk.row("u")
    assert (row["start_ms"], row["end_ms"]) == (
        500,
        700,
    )  # it is still heard: what the service told, on the page's
    talk.voiced("user", False, 1100)
    row = talk.row("u")
    assert (row["start_ms"], row["end_ms"], row["time_source"]) == (500, 1100, "page")
    assert (row["service_start_ms"], row["service_end_ms"]) == (100, 900)


@pytest.mark.parametrize(
    ("transport", "source"), [("webrtc", "engine"), ("memory", "samples"), ("comm", "samples")]
)
def test_whose_clock_it_is(transport: str, source: str) -> None:
    talk = Talk(transport=transport)
    talk.says("u", "hello", start=100, end=900)
    assert talk.row("u")["time_source"] == source


def test_an_utterance_with_an_id_for_each_of_its_events_is_one_row(talk: Talk) -> None:
    """LocalAI, by its code: one id to commit, one for the text, one for the item."""
    talk("session.created", session={})
    for text, ids in (("hello", "abc"), ("and you", "def")):
        talk("input_audio_buffer.speech_started", audio_start_ms=0)
        talk("input_audio_buffer.speech_stopped", audio_end_ms=900)
        talk("input_audio_buffer.committed", item_id=ids[0])
        talk(f"{HEARD}completed", item_id=ids[1], transcript=text)
        part = {"type": "input_audio", "transcript": text}
        item = {"id": ids[2], "type": "message", "role": "user", "content": [part]}
        talk("conversation.item.added", item=item, previous_item_id="TODO")
    assert [(row["role"], row["text"]) for row in talk.session.rows] == [
        ("user", "hello"),
        ("user", "and you"),
    ]


def test_an_item_that_comes_before_that_of_the_last_utterance_is_another_one(talk: Talk) -> None:
    talk.says("u1", None)
    talk("conversation.item.added", item=spoken("u2"))
    talk("conversation.item.done", item=spoken("u1"))
    talk(HEARD + "completed", item_id="u1", transcript="Go on.")
    talk.says("u2", "Stop.")
    assert [talk.row(item_id)["text"] for item_id in ("u1", "u2")] == ["Go on.", "Stop."]


def test_a_text_of_another_item_is_not_taken_for_that_of_the_last_utterance(talk: Talk) -> None:
    talk("session.created", session={})
    talk("input_audio_buffer.speech_started", item_id="a", audio_start_ms=0)
    talk("input_audio_buffer.committed", item_id="a", previous_item_id=None)
    item = {"id": "a", "type": "message", "role": "user", "content": [{"type": "input_audio"}]}
    talk("conversation.item.added", item=item, previous_item_id=None)
    talk(f"{HEARD}completed", item_id="b", transcript="somebody else")
    talk(f"{HEARD}completed", item_id="a", transcript="hello")
    assert {row["item_id"]: row["text"] for row in talk.session.rows} == {"a": "hello", "b": "somebody else"}


# --- typed, and never shown ---


def asks(talk: Talk, number: int) -> None:
    item = {"type": "message", **typed(f"q{number}", f"question {number}")}
    talk("conversation.item.create", sent=True, event_id=f"e{number}", item=item)
    talk("response.create", sent=True, event_id=f"c{number}")


@pytest.mark.parametrize("sign", ["beginning", "end", "failed end", "refused", "busy"])
def test_what_was_typed_is_taken_once_there_is_something_of_its_answer(talk: Talk, sign: str) -> None:
    asks(talk, 1)
    assert talk.finished == []
    if sign == "beginning":
        talk.response()
    elif "end" in sign:
        talk.done(status="failed" if "failed" in sign else "completed")
    else:
        code = "conversation_already_has_active_response" if sign == "busy" else "server_error"
        talk("error", error={"code": code, "message": "No.", "event_id": "c1"})
    assert talk.finished == ["q1"]
    assert talk.row("q1")["status"] == ("incomplete" if "failed" in sign else "completed")


def test_the_answer_to_something_else_takes_nothing_that_was_typed(talk: Talk) -> None:
    talk("conversation.item.create", sent=True, event_id="e1", item={"type": "message", **typed("q1")})
    talk.response()
    talk.done()
    assert talk.finished == []
    talk("response.create", sent=True, event_id="c0", response={"conversation": "none"})
    talk("response.create", sent=True, event_id="c1")
    talk.response("aside", conversation_id=None)
    assert talk.finished == []


def test_what_is_shown_after_its_answer_has_begun_is_no_second_row(talk: Talk) -> None:
    asks(talk, 1)
    talk.response()
    for kind in ("added", "done"):
        talk(f"conversation.item.{kind}", item={"type": "message", **typed("of_the_service", "question 1")})
    assert [row["item_id"] for row in talk.session.rows] == ["q1"]


def test_a_service_that_shows_nothing_typed_costs_no_more_with_each_turn(talk: Talk) -> None:
    for number in range(200):
        asks(talk, number)
        talk.answer(f"r{number}", f"a{number}")
    hearing = talk.session._hearing
    assert len(hearing._typed) == 0
    assert len(hearing._unechoed) <= 33
    assert {row["status"] for row in talk.session.rows} == {"completed"}


def test_how_late_the_engine_understands_is_a_notice_until_it_is_over(talk: Talk) -> None:
    (late,) = [c for c in talk("voice_widget.lag", ms=4210) if isinstance(c, Noticed)]
    assert late.about == "lag"
    assert late.notice is not None
    assert (late.notice["code"], "4 s late" in late.notice["message"]) == ("recognition_lags", True)
    assert talk("voice_widget.lag", ms=0) == [Noticed(None, "lag")]


@pytest.mark.parametrize("code", ["recognition_late", "recognition_failed", "stages_lost", "missing_parts"])
def test_what_the_engine_does_not_recognise_is_no_fault_of_the_setting_however_often(
    talk: Talk, code: str
) -> None:
    steps = []
    for item_id in ("u", "v"):
        talk.says(item_id, None)
        out = talk(HEARD + "failed", item_id=item_id, error={"code": code, "message": "Too slow."})
        assert talk.row(item_id)["status"] == "no_transcript"
        (problem,) = (c.error for c in out if isinstance(c, Problem))
        assert problem["message"] == "Too slow."
        steps.append(problem["next_step"])
        assert [c.notice for c in out if isinstance(c, Noticed)] == [None]
    assert steps[0] == steps[1] != ""
    assert "transcription" not in steps[0]
