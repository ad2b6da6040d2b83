from __future__ import annotations

import base64

import pytest

from tests.realtime.talk import Talk
from voice_widget.realtime.state.changes import RowChanged


def talk_with(transport: str = "webrtc", *words: str) -> Talk:
    """A talk in which an answer of 100 ms per word is being made."""
    talk = Talk(transport=transport)
    talk.response()
    talk.message()
    for number, word in enumerate(words):
        talk.word(word, at=number * 100)
    return talk


# --- who speaks, and until when ---


def test_speaking_is_playout_not_making() -> None:
    talk = talk_with("webrtc", "One", " two")
    assert not talk.session.assistant_speaking
    talk.sound("started", audio_ms=1000)
    assert talk.session.activity == "speaking"
    talk.done()
    assert talk.session.assistant_speaking
    assert talk.finished == []
    talk.sound("stopped", audio_ms=1200)
    row = talk.row("a")
    assert (row["start_ms"], row["end_ms"], row["text_heard"], row["interrupted"]) == (
        1000,
        1200,
        "One two",
        False,
    )
    assert talk.finished == ["a"]
    assert talk.session.activity == "idle"


def test_an_answer_made_in_a_moment_waits_for_its_sound() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    assert talk.finished == []
    talk.sound("started")
    talk.sound("stopped")
    assert talk.finished == ["a"]
    assert talk.states("activity") == ["thinking", "speaking", "idle"]


def test_a_buffer_that_runs_dry_is_not_the_end() -> None:
    talk = talk_with("webrtc", "One", " two", " three")
    talk.sound("started", audio_ms=1000)
    talk.sound("stopped", audio_ms=1100)
    assert talk.session.activity == "thinking"
    talk.sound("started", audio_ms=2000)
    talk.done()
    talk.sound("cleared", audio_ms=2050)
    row = talk.row("a")
    assert (row["text_heard"], row["start_ms"], row["end_ms"]) == ("One two", 1000, 2050)


def test_whole_after_its_sound_has_ended() -> None:
    talk = talk_with("webrtc", "One")
    talk.sound("started", audio_ms=1000)
    talk.sound("stopped", audio_ms=1100)
    talk.done()
    assert (talk.row("a")["text_heard"], talk.finished) == ("One", ["a"])


def test_events_without_a_response_id_mean_the_latest() -> None:
    talk = talk_with("webrtc", "One")
    talk.done()
    talk.sound("started", None)
    talk.sound("stopped", None)
    assert talk.finished == ["a"]


def test_playout_of_nothing_known() -> None:
    talk = Talk(transport="webrtc")
    for what in ("started", "stopped", "cleared"):
        assert talk.sound(what, None) == []
    talk.sound("started", "unknown")
    assert talk.session.assistant_speaking
    talk.sound("stopped", "unknown")
    talk.sound("cleared", "unknown")
    assert not talk.session.assistant_speaking


def test_a_row_that_comes_after_its_sound_has_begun() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=0, end=500)
    talk.sound("started", audio_ms=900)
    talk.message()
    talk.message("r", "a2")
    assert (talk.row("a")["start_ms"], talk.row("a")["response_gap_ms"]) == (900, 400)
    assert talk.row("a2")["start_ms"] is None


# --- interruption ---


def test_cut_while_it_is_made() -> None:
    talk = talk_with("webrtc", "One", " two")
    talk.sound("started", audio_ms=1000)
    talk.sound("cleared", audio_ms=1050)
    talk.word(" three", at=200)
    talk.cancelled()
    row = talk.row("a")
    assert (row["text"], row["text_heard"], row["interrupted"], row["status"]) == (
        "One two three",
        "One",
        True,
        "incomplete",
    )
    # The exact cut has not come yet.
    assert talk.finished == []
    talk("conversation.item.truncated", item_id="a", audio_end_ms=150)
    assert (talk.row("a")["text_heard"], talk.finished) == ("One two", ["a"])


@pytest.mark.parametrize("then", ["speech_stopped", "committed"])
def test_a_cut_without_its_truncation_ends_with_the_users_turn(then: str) -> None:
    talk = talk_with("webrtc", "One", " two")
    talk.sound("started", audio_ms=1000)
    talk.done()
    talk.sound("cleared", audio_ms=1050)
    talk(f"input_audio_buffer.{then}", item_id="u")
    assert "a" in talk.finished


def test_truncated_before_cleared() -> None:
    talk = talk_with("webrtc", "One", " two", " three")
    talk.sound("started", audio_ms=1000)
    talk.done()
    talk("conversation.item.truncated", item_id="a", audio_end_ms=150)
    talk.sound("cleared", audio_ms=1900)
    assert (talk.row("a")["text_heard"], talk.finished) == ("One two", ["a"])
    assert talk("conversation.item.truncated", item_id="a", audio_end_ms=50) == []


def test_truncation_alone_cuts_an_answer_that_nobody_says_is_played() -> None:
    talk = talk_with("memory", "One", " two", " three")
    talk.done()
    talk("conversation.item.truncate", sent=True, item_id="a", audio_end_ms=150)
    assert (talk.row("a")["text_heard"], talk.row("a")["interrupted"], talk.finished) == (
        "One two",
        True,
        ["a"],
    )


def test_truncated_while_it_plays_on() -> None:
    talk = talk_with("webrtc", "One", " two", " three")
    talk.sound("started", audio_ms=1000)
    talk("conversation.item.truncated", item_id="a", audio_end_ms=150)
    talk.sound("stopped", audio_ms=1300)
    talk.done()
    assert (talk.row("a")["text_heard"], talk.row("a")["interrupted"]) == ("One two", True)


@pytest.mark.parametrize(
    "fields",
    [{"item_id": "nobody", "audio_end_ms": 5}, {"item_id": "a"}, {"item_id": "u", "audio_end_ms": 5}],
)
def test_truncations_of_nothing(fields: dict[str, object]) -> None:
    talk = talk_with("webrtc", "One")
    talk.says("u", None)
    assert talk("conversation.item.truncated", **fields) == []


def test_cancelled_before_it_sounded_was_not_heard() -> None:
    talk = talk_with("webrtc", "One")
    talk.cancelled()
    row = talk.row("a")
    assert (row["text_heard"], row["interrupted"], row["status"], talk.finished) == (
        "",
        True,
        "incomplete",
        ["a"],
    )


def test_cleared_before_it_sounded_was_not_heard() -> None:
    talk = talk_with("webrtc", "One")
    talk.done()
    talk.sound("cleared")
    row = talk.row("a")
    assert (row["text_heard"], row["interrupted"], row["end_ms"], talk.finished) == ("", True, None, ["a"])
    assert talk.session.activity == "idle"
    talk.sound("started")
    assert not talk.session.assistant_speaking


@pytest.mark.parametrize(
    ("reason", "interrupted"),
    [("turn_detected", True), ("client_cancelled", True), (None, True), ("odd", False)],
)
def test_cancelled_is_interrupted_for_these_reasons(reason: str | None, interrupted: bool) -> None:
    talk = talk_with("webrtc", "One")
    talk.cancelled(reason=reason)
    assert talk.row("a")["interrupted"] is interrupted


def test_cancelled_but_played_out_was_heard_as_far_as_it_was_spoken() -> None:
    """`response.cancel` alone does not stop what is buffered."""
    talk = talk_with("webrtc", "One", " two", " three")
    talk.sound("started", audio_ms=1000)
    talk.cancelled(reason="client_cancelled")
    talk.sound("stopped", audio_ms=1150)
    assert (talk.row("a")["text_heard"], talk.row("a")["interrupted"]) == ("One two", True)


def test_nothing_was_cut_if_all_had_sounded() -> None:
    talk = talk_with("webrtc", "One", " two")
    talk.sound("started", audio_ms=1000)
    talk.done()
    talk.sound("cleared", audio_ms=1195)
    assert (talk.row("a")["text_heard"], talk.row("a")["interrupted"]) == ("One two", False)


def test_cleared_after_it_has_stopped_changes_nothing() -> None:
    talk = talk_with("webrtc", "One")
    talk.done()
    talk.sound("started")
    talk.sound("stopped")
    before = talk.row("a")
    assert talk.sound("cleared") == []
    assert talk.row("a") == before


def test_an_answer_not_interrupted_by_speech_over_it() -> None:
    talk = talk_with("webrtc", "One", " two")
    talk.sound("started", audio_ms=1000)
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=1050)
    assert talk.session.activity == "speaking"
    assert talk.session.user_speaking
    talk.done()
    talk.sound("stopped", audio_ms=1200)
    assert talk.session.activity == "listening"
    assert talk.row("a")["interrupted"] is False


def test_a_failed_answer_that_sounded_was_heard() -> None:
    talk = talk_with("webrtc", "One")
    talk.sound("started", audio_ms=1000)
    talk.done(status="failed")
    talk.sound("stopped", audio_ms=1100)
    assert (talk.row("a")["text_heard"], talk.row("a")["status"]) == ("One", "failed")


def test_two_messages_in_one_response_are_cut_where_the_sound_was() -> None:
    talk = talk_with("webrtc", "One", " two")
    talk.message("r", "b")
    talk.word("Three", item_id="b", at=0)
    talk.word(" four", item_id="b", at=100)
    talk.sound("started", audio_ms=1000)
    talk.done()
    talk.sound("cleared", audio_ms=1250)
    assert [row["text_heard"] for row in talk.session.rows] == ["One two", "Three"]
    assert [row["interrupted"] for row in talk.session.rows] == [False, True]
    talk("conversation.item.truncated", item_id="a", audio_end_ms=200)
    talk.response("r2")
    assert talk.finished == ["a", "b"]


def test_the_length_of_the_sound_on_a_socket_tells_what_was_heard() -> None:
    talk = Talk(transport="memory")
    talk.response()
    talk.message()
    talk.word("12345 1234")
    second = base64.b64encode(b"\0" * 48_000).decode()
    talk("response.output_audio.delta", response_id="r", item_id="a", delta=second)
    talk("response.output_audio.done", response_id="r", item_id="a")
    talk.sound("started", audio_ms=0)
    talk.done()
    talk.sound("cleared", audio_ms=600)
    assert talk.row("a")["text_heard"] == "12345"


def test_telephone_audio_is_smaller() -> None:
    talk = Talk(transport="memory")
    talk("session.created", session={"audio": {"output": {"format": {"type": "audio/pcmu"}}}})
    talk.response()
    talk.message()
    talk.word("12345 1234")
    talk(
        "response.output_audio.delta",
        response_id="r",
        item_id="a",
        delta=base64.b64encode(b"\0" * 8000).decode(),
    )
    talk.sound("started", audio_ms=0)
    talk.done()
    talk.sound("cleared", audio_ms=600)
    assert talk.row("a")["text_heard"] == "12345"


def test_text_only_answers_are_finished_when_made() -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    talk("response.content_part.added", response_id="r", item_id="a", part={"type": "text"})
    talk("response.output_text.delta", response_id="r", item_id="a", delta="Hi")
    talk("response.output_text.done", response_id="r", item_id="a", text="Hi.")
    talk.done()
    assert (talk.row("a")["text"], talk.row("a")["text_heard"], talk.finished) == ("Hi.", None, ["a"])


def test_an_audio_part_without_a_word_yet_will_sound() -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    talk("response.content_part.added", response_id="r", item_id="a", part={"type": "audio"})
    talk.done()
    assert talk.finished == []


# --- the response gap ---


def answered(talk: Talk, *, end: int | None, audio_ms: int | None, **start: int) -> Talk:
    talk.says("u", "hello", start=start.get("start", 0), end=end)
    talk.response()
    talk.message()
    talk.word("Hi")
    talk.sound("started", audio_ms=audio_ms)
    return talk


def test_gap_by_the_engines_clock() -> None:
    row = answered(Talk(transport="webrtc"), end=1000, audio_ms=1450).row("a")
    assert (row["response_gap_ms"], row["time_source"]) == (450, "engine")


def test_gap_by_samples() -> None:
    row = answered(Talk(transport="memory"), end=1000, audio_ms=1450).row("a")
    assert (row["response_gap_ms"], row["time_source"]) == (450, "samples")


@pytest.mark.parametrize(("end", "audio_ms"), [(1000, None), (None, 1450)])
def test_gap_by_arrival_where_nothing_else_is_known(end: int | None, audio_ms: int | None) -> None:
    row = answered(Talk(transport="webrtc"), end=end, audio_ms=audio_ms).row("a")
    # speech_stopped, committed, completed, created, item, word, started: 600 ms apart
    assert (row["response_gap_ms"], row["time_source"]) == (600, "arrival")


@pytest.mark.parametrize("order", ["mark first", "event first"])
def test_gap_by_the_pages_marks(order: str) -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("user", True, 200)
    talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)
    talk.voiced("user", False, 1100)
    talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1000)
    talk("input_audio_buffer.committed", item_id="u")
    talk.response()
    talk.message()
    talk.word("Hi")
    if order == "mark first":
        talk.voiced("assistant", True, 1620)
        talk.sound("started", audio_ms=1450)
    else:
        talk.sound("started", audio_ms=1450)
        talk.voiced("assistant", True, 1620)
    talk.voiced("assistant", False, 1700)
    talk.voiced("assistant", True, 1750)
    row = talk.row("a")
    assert (row["response_gap_ms"], row["time_source"]) == (520, "page")
    assert (row["start_ms"], row["service_start_ms"]) == (1620, 1450)  # as heard
    talk.voiced("assistant", False, 1900)
    talk.sound("stopped", audio_ms=1950)
    assert (talk.row("a")["end_ms"], talk.row("a")["service_end_ms"]) == (1900, 1950)


def test_noise_of_the_user_before_the_answer_is_not_the_end_of_the_turn() -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("user", True, 200)
    talk.voiced("user", False, 1100)
    talk.says("u", "hello", start=0, end=1000)
    talk.voiced("user", True, 1300)
    talk.voiced("user", False, 1350)
    talk.answer()
    talk.sound("started", audio_ms=1500)
    talk.voiced("assistant", True, 1600)
    assert talk.row("a")["response_gap_ms"] == 500


def test_the_page_hears_the_user_longer_than_the_service() -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("user", True, 200)
    talk.says("u", "hello", start=0, end=1000)
    talk.voiced("user", False, 1200)
    talk.answer()
    talk.sound("started", audio_ms=1500)
    talk.voiced("assistant", True, 1600)
    assert talk.row("a")["response_gap_ms"] == 400


def test_the_service_answers_before_the_page_has_told_that_the_user_ended() -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("user", True, 200)
    talk.says("u", "hello", start=0, end=1000)
    talk.answer()
    talk.sound("started", audio_ms=1200)
    talk.voiced("user", False, 1100)
    talk.voiced("assistant", True, 1350)
    row = talk.row("a")
    assert (row["response_gap_ms"], row["time_source"]) == (250, "page")


def test_noise_of_the_user_over_an_unmarked_answer_is_not_the_end_of_the_turn() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=0, end=1000)
    talk.answer()
    talk.sound("started", audio_ms=1200)
    talk.voiced("user", True, 1250)
    talk.voiced("user", False, 1300)
    talk.voiced("assistant", True, 1350)
    row = talk.row("a")
    assert (row["response_gap_ms"], row["time_source"]) == (200, "engine")


def test_a_push_in_which_nobody_was_heard_has_no_gap() -> None:
    talk = Talk(transport="webrtc")
    talk("session.created", session={"audio": {"input": {"turn_detection": None}}})
    talk.voiced("user", True, 200)
    talk.voiced("user", False, 1100)
    talk("input_audio_buffer.committed", item_id="u1")
    talk.answer("r1", "a1")
    talk.sound("started", "r1", audio_ms=1400)
    talk.voiced("assistant", True, 1500)
    talk.voiced("assistant", False, 2000)
    talk.sound("stopped", "r1")
    talk.done("r1")
    assert talk.row("a1")["response_gap_ms"] == 400
    talk("input_audio_buffer.committed", item_id="u2")
    talk("conversation.item.input_audio_transcription.completed", item_id="u2", transcript="")
    talk.answer("r2", "a2")
    talk.sound("started", "r2", audio_ms=8000)
    talk.voiced("assistant", True, 8100)
    assert talk.row("a2")["response_gap_ms"] is None


def test_a_greeting_and_typed_questions_have_no_gap() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r1", "greeting")
    talk.sound("started", "r1", 500)
    talk.voiced("assistant", True, 640)
    talk.sound("stopped", "r1", 900)
    talk.says("u", "hello", start=1000, end=1500)
    item = {"id": "t", "role": "user", "content": [{"type": "input_text", "text": "typed"}]}
    talk("conversation.item.create", sent=True, item=item)
    talk.answer("r2", "a2")
    talk.sound("started", "r2", 2000)
    assert [talk.row(i)["response_gap_ms"] for i in ("greeting", "a2")] == [None, None]
    assert talk.row("greeting")["start_ms"] == 640


def test_a_typed_turn_of_another_client_is_answered_without_a_gap() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=1000, end=1500)
    item = {"id": "t", "role": "user", "content": [{"type": "input_text", "text": "typed"}]}
    talk("conversation.item.added", item=item)
    talk.answer()
    talk.sound("started", audio_ms=2000)
    assert talk.row("a")["response_gap_ms"] is None


def test_what_we_say_in_between_does_not_answer() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=0, end=1000)
    talk("response.create", sent=True, response={"text": "One moment."})
    talk.answer("r1", "filler")
    talk.sound("started", "r1", 1200)
    talk.sound("stopped", "r1", 1900)
    talk.answer("r2", "a2")
    talk.sound("started", "r2", 2500)
    assert talk.row("filler")["response_gap_ms"] is None
    assert talk.row("a2")["response_gap_ms"] == 1500


def test_the_gap_spans_a_tool() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=0, end=1000)
    talk.response("r1")
    talk.done("r1")
    talk.answer("r2", "a2")
    talk.sound("started", "r2", 4000)
    assert talk.row("a2")["response_gap_ms"] == 3000


def test_times_of_a_service_without_a_clock_of_playout_lie_on_its_clock_of_speech() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u", "hello", start=100, end=1000)
    talk.answer()
    talk.sound("started")
    talk.sound("stopped", audio_ms=None)
    row = talk.row("a")
    assert row["start_ms"] is not None
    assert row["end_ms"] == row["start_ms"] + 100


def test_a_mark_that_comes_when_the_row_is_finished_mends_it() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    talk.sound("started")
    talk.sound("stopped")
    assert talk.finished == ["a"]
    talk.voiced("assistant", True, 500)
    talk.voiced("assistant", False, 590)
    row = talk.row("a")
    assert (row["start_ms"], row["end_ms"], row["time_source"]) == (500, 590, "page")
    assert talk.finished == ["a"]


# --- services that do not say what is played ---


def test_the_pages_ear_replaces_playout_events() -> None:
    talk = Talk(transport="webrtc")
    talk.voiced("assistant", True, 10)  # nobody speaks yet
    talk.voiced("assistant", False, 20)
    talk.says("u", "hello", start=0, end=1000)
    talk.response()
    talk.message()
    talk.word("Hi")
    talk.voiced("assistant", True, 2000)
    assert talk.session.assistant_speaking
    talk.voiced("assistant", False, 2100)
    assert talk.session.assistant_speaking  # a pause: it is not whole yet
    talk.voiced("assistant", True, 2200)
    talk.done()
    talk.voiced("assistant", False, 2500)
    assert not talk.session.assistant_speaking
    assert (talk.row("a")["text_heard"], talk.finished[-1]) == ("Hi", "a")


def test_a_service_that_tells_takes_over_from_the_ear() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    talk.voiced("assistant", True, 2000)
    talk.sound("started", audio_ms=1900)
    assert (talk.row("a")["start_ms"], talk.row("a")["service_start_ms"]) == (2000, 1900)
    talk.voiced("assistant", False, 2100)
    assert talk.session.assistant_speaking
    talk.sound("stopped", audio_ms=2000)
    assert talk.finished == ["a"]


def test_the_ear_is_not_asked_on_a_socket() -> None:
    talk = Talk(transport="comm")
    talk.answer()
    talk.voiced("assistant", True, 2000)
    assert not talk.session.assistant_speaking


def test_without_any_word_on_playout_the_next_answer_ends_the_one_before() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r1", "a1")
    assert talk.finished == []
    talk.answer("r2", "a2")
    assert talk.finished == ["a1"]
    assert talk.row("a1")["text_heard"] is None


def test_an_answer_queued_behind_another_is_not_ended_by_a_third() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r1", "a1")
    talk.sound("started", "r1")
    talk.answer("r2", "a2")
    talk.answer("r3", "a3")
    assert talk.finished == []


def test_changes_carry_copies() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    first = talk.all(RowChanged)[0].row
    talk.session.rows[0]["text"] = "spoilt"
    assert first["text"] == ""
    assert talk.row("a")["text"] == "Fine."


def test_a_session_knows_whether_an_answer_was_made_as_sound() -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    talk("response.output_text.delta", response_id="r", item_id="a", delta="Written.")
    assert not talk.session.has_sounded
    talk.sound("started")
    assert talk.session.has_sounded
    talk("voice_widget.call.connecting", transport="webrtc", reconnect=True)
    assert not talk.session.has_sounded


@pytest.mark.parametrize("transport", ["memory", "comm"])
def test_an_answer_by_socket_that_has_no_sound_is_over_when_it_is_whole(transport: str) -> None:
    talk = talk_with(transport)
    talk("response.output_audio_transcript.delta", response_id="r", item_id="a", delta="One two")
    assert talk.finished == []
    talk.done()
    assert talk.finished == ["a"]
    row = talk.row("a")
    # Whether it was read nobody knows, and nobody has cut it.
    assert (row["text"], row["text_heard"], row["status"], row["interrupted"]) == (
        "One two",
        None,
        "completed",
        False,
    )
    assert talk.session.activity in ("idle", "listening")


@pytest.mark.parametrize("told", [False, True])
def test_the_word_that_an_answer_sounds_is_not_waited_for_for_ever(told: bool) -> None:
    talk = Talk(transport="webrtc")
    if told:
        talk.answer("r0", "a0")
        talk.sound("started", "r0")
        talk.sound("stopped", "r0")
    talk.answer("r", "a", "Once upon a time." * 10)
    assert (talk.session.activity, "a" in talk.finished) == ("thinking", False)
    seconds = talk.session.unheard_in
    assert seconds is not None
    assert 20 < seconds < 60  # it is a long text
    talk("voice_widget.call.unheard", wait=seconds / 2)
    assert talk.session.activity == "thinking"  # too early
    talk("voice_widget.call.unheard", wait=seconds / 2)
    assert (talk.session.activity, talk.session.unheard_in) == ("idle", None)
    assert "a" in talk.finished
    row = talk.row("a")
    assert (row["status"], row["text_heard"], row["interrupted"]) == ("completed", None, False)


def test_a_sound_whose_end_is_not_told_is_over_some_day() -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    talk.word("Fine.")
    talk.sound("started")
    assert talk.session.unheard_in is None  # it is still being made
    talk.done()
    seconds = talk.session.unheard_in
    assert seconds is not None
    talk("voice_widget.call.unheard", wait=seconds)
    assert (talk.session.activity, talk.session.assistant_speaking) == ("idle", False)
    row = talk.row("a")
    assert (row["status"], row["text_heard"], row["end_ms"]) == ("completed", "Fine.", None)
    talk.answer("s", "b")
    talk.sound("started", "s")
    assert talk.session.activity == "speaking"


def test_sound_that_comes_after_all_sounds() -> None:
    talk = Talk(transport="webrtc")
    talk.answer()
    talk("voice_widget.call.unheard", wait=talk.session.unheard_in or 0)
    talk.sound("started")
    assert talk.session.activity == "speaking"
    talk.sound("stopped")
    assert (talk.session.activity, talk.row("a")["text"]) == ("idle", "Fine.")
