from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import HEARD, Talk
from voice_widget.realtime.session.session import Session
from voice_widget.realtime.state.changes import Problem, ReplyCancelled
from voice_widget.realtime.state.context import identity
from voice_widget.realtime.wire.problems import passed_over


@pytest.mark.parametrize("first", ["session", "media"])
def test_connected_is_session_and_media_in_either_order(first: str) -> None:
    talk = Talk(transport="webrtc")
    facts = [("session.created", {"session": {}}), ("voice_widget.call.media", {"state": "connected"})]
    for kind, fields in facts if first == "session" else reversed(facts):
        assert talk.session.connection_state == "connecting"
        talk(kind, **fields)
    assert talk.session.connection_state == "connected"


@pytest.mark.parametrize("kind", ["session.created", "session.updated"])
def test_a_socket_is_its_own_media(kind: str) -> None:
    talk = Talk(transport="memory")
    talk(kind)
    assert talk.session.connection_state == "connected"


@pytest.mark.parametrize(
    "kind",
    [
        "conversation.created",
        "rate_limits.updated",
        "input_audio_buffer.cleared",
        "something.new",
        "session.new",
    ],
)
def test_whatever_a_session_says_shows_that_it_lives(kind: str) -> None:
    talk = Talk(transport="memory")
    talk(kind)
    assert talk.session.connection_state == "connected"


def test_what_a_page_hears_shows_that_the_session_lives() -> None:
    talk = Talk(transport="memory")
    talk("voice_widget.call.heard")
    assert talk.session.connection_state == "connected"


def test_what_a_service_complained_of_is_kept_as_long_as_it_is_its_last_word() -> None:
    talk = Talk(transport="webrtc")
    talk("error", error={"message": "No such model.", "code": "model_not_found"})
    talk("error", error={"message": ""})
    talk("voice_widget.call.heard")
    assert (talk.session.lives, talk.session.complaint) == (True, ("No such model.", "model_not_found"))
    talk("session.updated")
    assert talk.session.complaint == ("", "")
    talk("error", error={"message": "No such voice.", "type": "invalid_request_error"})
    talk("session.update", sent=True, session={})
    assert talk.session.complaint == ("No such voice.", "invalid_request_error")
    talk("voice_widget.call.connecting", transport="webrtc")
    assert (talk.session.lives, talk.session.complaint) == (False, ("", ""))
    talk("error", error={"code": "invalid_api_key"})
    assert talk.session.complaint == ("invalid_api_key", "invalid_api_key")


@pytest.mark.parametrize(
    "error",
    [
        {"code": "session_expired"},
        {"message": "Your session hit the maximum duration of 60 minutes."},
        {"message": "Session exceeded the 60-minute limit."},
        {"message": "The maximum session duration of 30 minutes was reached."},
        {"code": "server_error", "message": "Session timed out."},
    ],
)
def test_the_end_of_a_sessions_time_is_that_of_its_call(error: dict[str, Any]) -> None:
    talk = Talk(transport="memory")
    talk("session.created")
    talk("error", error={"message": "Something else."})
    assert not talk.session.time_is_over
    talk("error", error=error)
    assert talk.session.time_is_over
    talk("voice_widget.call.connecting", transport="memory", reconnect=True)
    assert not talk.session.time_is_over


@pytest.mark.parametrize(
    "said",
    [
        "This session will be closed in 2 minutes.",
        "Too many requests in this session, try again in 3 minutes.",
        "Your session is about to hit the maximum duration of 60 minutes.",
        "A session has a maximum duration of 60 minutes.",
        "You exceeded the limit of 3 requests a minute in this session.",
    ],
)
def test_a_warning_ends_no_call_and_is_told_as_it_came(said: str) -> None:
    talk = Talk(transport="memory")
    talk("session.created")
    talk("error", error={"type": "server_error", "code": None, "message": said})
    assert not talk.session.time_is_over
    assert talk.session.error is not None
    assert talk.session.error["message"] == said


def test_an_error_shows_no_life_by_itself() -> None:
    """It may be why there is no session; whether the service hangs up behind it, others see."""
    talk = Talk(transport="memory")
    talk("session.update", sent=True, event_id="event_1", session={})
    talk("error", error={"message": "No such voice.", "event_id": "event_1"})
    assert talk.session.connection_state == "connecting"
    talk("voice_widget.call.heard")
    assert talk.session.connection_state == "connected"
    assert talk.session.error is not None  # the settings are not in force for that


def test_the_page_of_a_socket_says_when_it_is_there() -> None:
    talk = Talk(transport="comm")
    talk("session.created")
    assert talk.session.connection_state == "connecting"
    talk("voice_widget.call.media", state="connected")
    assert talk.session.connection_state == "connected"


def test_lost_media_shows_and_comes_back() -> None:
    talk = Talk(transport="webrtc")
    talk("session.created")
    talk("voice_widget.call.media", state="connected")
    talk("voice_widget.call.media", state="disconnected")
    assert talk.session.connection_state == "reconnecting"
    talk("voice_widget.call.media", state="connected")
    assert talk.session.connection_state == "connected"


def test_attempts_are_counted_until_connected() -> None:
    talk = Talk(transport="memory")
    for attempt in (1, 2):
        talk("voice_widget.call.retrying", attempt=attempt, wait_s=0.5)
        assert talk.states("reconnect_attempts")[-1] == attempt
        talk("voice_widget.call.connecting", transport="memory", reconnect=True)
        assert talk.states("reconnect_attempts")[-1] == attempt
        assert talk.session.connection_state == "reconnecting"
    talk("session.created")
    assert talk.states("reconnect_attempts") == [1, 2, 0]


def test_a_failed_call_keeps_its_error_until_the_next() -> None:
    talk = Talk(transport="memory")
    error = {"code": "refused", "message": "It said no.", "next_step": "Ask nicely."}
    talk("voice_widget.call.failed", error=error)
    assert talk.all(Problem) == [Problem(error)]  # type: ignore[arg-type]
    talk("voice_widget.call.closed")
    assert (talk.session.connection_state, talk.session.error) == ("error", error)
    talk("voice_widget.call.connecting", transport="memory")
    assert (talk.session.connection_state, talk.session.error) == ("connecting", None)


def test_the_views_show_what_the_service_showed() -> None:
    talk = Talk(transport="webrtc", model="m1", voice="one")
    assert (talk.session.voice, talk.session.settings, talk.session.call_id) == ("one", None, None)
    session: dict[str, Any] = {
        "model": "m2",
        "audio": {"output": {"voice": {"id": "voice_2"}}, "input": {"turn_detection": None}},
    }
    talk("session.created", session=session)
    talk("voice_widget.call.joined", call_id="rtc_1")
    assert (talk.session.voice, talk.session.settings, talk.session.call_id) == ("voice_2", session, "rtc_1")
    talk(
        "session.updated",
        session={"model": "", "audio": {"input": {"turn_detection": {"type": "server_vad"}}}},
    )
    assert talk.states("turn_detection") == [{"type": "server_vad"}]
    talk.says()
    assert talk.row("u")["model"] == "m2"
    assert talk.row("u")["call_id"] == "rtc_1"


def test_hanging_up_in_the_middle_leaves_complete_rows() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "hello")
    talk("voice_widget.reply.requested", response_id="r", item_id="u1")
    talk.response()
    talk.message()
    for number, word in enumerate(["One", " two", " three"]):
        talk.word(word, at=number * 100)
    talk.sound("started", audio_ms=5000)
    talk("input_audio_buffer.speech_started", item_id="u2")
    talk(HEARD + "delta", item_id="u2", delta="and th")
    talk("input_audio_buffer.speech_started", item_id="u3")
    talk(
        "conversation.item.create",
        sent=True,
        item={"id": "t", "role": "user", "content": [{"type": "input_text", "text": "x"}]},
    )
    talk.at -= 0.34  # 160 ms after the start
    talk("voice_widget.call.closed")
    status = {row["item_id"]: (row["status"], row["text"], row["interrupted"]) for row in talk.session.rows}
    assert status == {
        "u1": ("completed", "hello", False),
        "a": ("incomplete", "One two three", True),
        "u2": ("incomplete", "and th", False),
        "u3": ("no_transcript", "", False),
        "t": ("incomplete", "x", False),
    }
    assert talk.row("a")["text_heard"] == "One two"  # half of the second word
    assert talk.row("a")["stop_reason"] == "call_ended"
    assert sorted(talk.finished) == sorted(status)
    assert talk.all(ReplyCancelled) == [ReplyCancelled("r")]
    assert talk.session.activity == "idle"


def test_an_answer_that_waited_to_sound_was_not_heard() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r1", "a1")
    talk.sound("started", "r1")
    talk.answer("r2", "a2")
    talk("voice_widget.call.closed")
    assert talk.row("a2")["text_heard"] == ""


def test_after_a_call_only_a_late_transcript_counts() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", None)
    talk("voice_widget.call.closed")
    assert talk("input_audio_buffer.speech_started", item_id="u9") == []
    assert talk.word("late") == []
    talk(HEARD + "completed", item_id="u", transcript="hello")
    assert [(row["item_id"], row["text"], row["status"]) for row in talk.session.rows] == [
        ("u", "hello", "completed")
    ]
    assert talk.finished == ["u"]


@pytest.mark.parametrize(
    "code",
    [
        "response_cancel_not_active",
        "conversation_already_has_active_response",
        "input_audio_buffer_commit_empty",
        "item_truncate_invalid_item_id",
    ],
)
def test_races_are_nobodys_problem(code: str) -> None:
    talk = Talk(transport="webrtc")
    assert talk("error", error={"code": code, "message": "no"}) == []


def test_what_to_do_about_a_part_of_the_engine_is_what_is_said_of_it_and_nothing_else() -> None:
    talk = Talk(transport="webrtc")
    talk("error", error={"code": "missing_parts", "message": "There is no stt 'x'. Choose another."})
    assert talk.session.error is not None
    assert talk.session.error["message"] == "There is no stt 'x'. Choose another."
    assert "pip" not in talk.session.error["next_step"]


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        ({"code": "session_expired", "message": "raw"}, "session_expired", "The service ended the session"),
        (
            {"code": "missing_parts", "message": "pocketsphinx is missing."},
            "missing_parts",
            "pocketsphinx is missing.",
        ),
        ({"code": "missing_parts"}, "missing_parts", "The speech parts are not installed."),
        ({"code": "odd", "message": "Odd thing."}, "odd", "Odd thing."),
        ({"type": "server_error"}, "server_error", "The service had an internal error."),
        ({}, "service_error", "The service reported an error"),
    ],
)
def test_errors_have_a_name_a_sentence_and_a_next_step(
    error: dict[str, str], code: str, message: str
) -> None:
    talk = Talk(transport="webrtc")
    talk("error", error=error)
    assert talk.session.error is not None
    assert talk.session.error["code"] == code
    assert talk.session.error["message"].startswith(message)
    assert talk.session.error["next_step"]


def test_an_error_is_over_when_an_answer_succeeds() -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.done(status="failed")
    assert talk.session.error is not None
    assert talk.session.error["code"] == "response_failed"
    talk.response("r2")
    talk.done("r2", status="incomplete")
    assert talk.session.error is not None
    talk.answer("r3", "a3")
    assert talk.session.error is None


def test_unknown_events_and_sides_are_passed_over() -> None:
    talk = Talk(transport="webrtc")
    assert talk("some.new.event", item_id=4) == []
    assert talk.voiced("crowd", True, 1) == []
    assert talk("session.created", sent=True) == []
    assert talk("conversation.item.deleted", item_id="nobody") == []
    assert talk("conversation.item.added", item={"role": "user"}) == []


def test_an_event_that_makes_no_sense_has_a_next_step() -> None:
    talk = Talk(transport="webrtc")
    (problem,) = talk("conversation.item.added", item=5)
    assert isinstance(problem, Problem)
    assert "passed over" in problem.error["next_step"]
    kept = passed_over({"code": "x", "message": "No.", "next_step": "Wait."})
    assert kept["next_step"] == "Wait."


def test_a_repeated_event_counts_once_and_few_are_remembered() -> None:
    session = Session()
    started = {
        "type": "response.output_item.added",
        "response_id": "r",
        "item": {"id": "a", "type": "message"},
    }
    session.apply(started, 0.0)
    delta = {"type": "response.output_text.delta", "response_id": "r", "item_id": "a", "delta": "x"}
    for number in range(5000):
        session.apply({**delta, "event_id": f"e{number}"}, 0.0)
        session.apply({**delta, "event_id": f"e{number}"}, 0.0)
    assert session.rows[0]["text"] == "x" * 5000
    session.apply({**delta, "event_id": "e0"}, 0.0)
    assert session.rows[0]["text"] == "x" * 5001


@pytest.mark.parametrize("event_id", ["", "same"])
def test_an_id_that_all_events_have_silences_nobody(event_id: str) -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    for word in ("one ", "two"):
        kind = "response.output_audio_transcript.delta"
        talk(kind, event_id=event_id, response_id="r", item_id="a", delta=word)
    assert talk.row("a")["text"] == "one two"


def test_an_event_that_json_cannot_say_is_known_by_its_type() -> None:
    loop: dict[str, object] = {"type": "custom", "event_id": "e"}
    loop["self"] = loop
    assert identity(loop) == identity({**loop, "more": 1}) != identity({**loop, "type": "other"})


def test_a_sent_event_and_a_received_one_may_have_the_same_id() -> None:
    talk = Talk(transport="webrtc")
    talk("response.create", sent=True, event_id="event_1")
    talk("response.created", event_id="event_1", response={"id": "r"})
    talk.done()
    assert talk.session.activity == "idle"


def test_history() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "hello", start=100, end=1000)
    talk.response()
    talk.message()
    talk.word("One", at=0)
    talk.word(" two", at=100)
    talk.sound("started", audio_ms=1400)
    talk.done()
    talk.sound("cleared", audio_ms=1450)
    talk.says("u2", "")
    talk.says("u3", "again")
    talk.response("r3")
    talk.message("r3", "a3")
    talk.word("broken", "r3", "a3")
    talk.done("r3", status="failed")
    talk("conversation.item.deleted", item_id="u3")
    talk.says("u4", "last")
    said = [
        {"role": "user", "text": "hello", "item_id": "u1"},
        {"role": "assistant", "text": "One", "item_id": "a"},
        {"role": "user", "text": "last", "item_id": "u4"},
    ]
    assert talk.session.history() == said
    assert talk.session.history(before="u4") == said[:2]
    assert talk.session.row("nobody") is None
