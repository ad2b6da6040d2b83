"""Answers of several items, answers that were cut, and answers whose call was lost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.realtime.talk import Talk

SECOND = "A" * (48 * 1000 * 4 // 3)  # base64 of a second of PCM16


def two_items(talk: Talk) -> None:
    """An answer of two items, each of two seconds."""
    talk("input_audio_buffer.append", sent=True, audio="")
    talk.response()
    for item_id, words in (("a1", "Let me see."), ("a2", "It is four.")):
        talk.message("r", item_id)
        talk.word(words, "r", item_id)
        for _ in range(2):
            talk("response.output_audio.delta", response_id="r", item_id=item_id, delta=SECOND)


def times(talk: Talk) -> list[tuple[Any, ...]]:
    return [(row["start_ms"], row["end_ms"]) for row in talk.session.rows]


def test_each_item_has_its_own_times() -> None:
    talk = Talk(transport="memory")
    two_items(talk)
    talk.sound("started", audio_ms=40)
    talk.done()
    talk.sound("stopped", audio_ms=4040)
    assert times(talk) == [(40, 2040), (2040, 4040)]
    assert [row["status"] for row in talk.session.rows] == ["completed", "completed"]
    assert [row["interrupted"] for row in talk.session.rows] == [False, False]


def test_a_cut_in_the_second_item() -> None:
    talk = Talk(transport="memory")
    two_items(talk)
    talk.sound("started", audio_ms=40)
    talk.sound("cleared", audio_ms=3040)
    talk.cancelled()
    first, second = talk.session.rows
    assert times(talk) == [(40, 2040), (2040, 3040)]
    assert [first[name] for name in ("text_heard", "status", "interrupted")] == [
        "Let me see.",
        "completed",
        False,
    ]
    assert [second[name] for name in ("text_heard", "status", "interrupted")] == ["It is", "incomplete", True]


def test_a_cut_in_the_first_item_leaves_the_second_unheard() -> None:
    talk = Talk(transport="memory")
    two_items(talk)
    talk.done()
    talk.sound("started", audio_ms=40)
    talk.sound("cleared", audio_ms=1040)
    talk("conversation.item.truncate", sent=True, event_id="e1", item_id="a1", audio_end_ms=1000)
    talk("conversation.item.delete", sent=True, event_id="e2", item_id="a2")
    talk("error", error={"code": "item_delete_invalid_item_id", "message": "No such item.", "event_id": "e2"})
    assert talk.session.error is None
    assert times(talk) == [(40, 1040), (None, None)]
    assert [row["text_heard"] for row in talk.session.rows] == ["Let me", ""]
    assert [message["item_id"] for message in talk.session.history()] == ["a1"]


def test_what_was_taken_back_because_nobody_heard_it_keeps_its_place() -> None:
    talk = Talk(transport="webrtc")
    for number, heard in enumerate((True, False, False, True)):
        user, answer = f"u{number}", f"a{number}"
        before = {0: None, 1: "a0", 2: "u1", 3: "u2"}[number]  # the service knows no more of the others
        item = {"id": user, "role": "user", "content": [{"type": "input_text", "text": "and?"}]}
        talk("conversation.item.create", sent=True, item=item)
        talk("conversation.item.added", item=item, previous_item_id=before)
        talk.answer(f"r{number}", answer)
        talk("conversation.item.added", item={"id": answer, "role": "assistant"}, previous_item_id=user)
        if heard:
            talk.sound("started", f"r{number}")
            talk.sound("stopped", f"r{number}")
        else:
            talk.sound("cleared", f"r{number}")
            talk("conversation.item.delete", sent=True, item_id=answer)
            talk("conversation.item.deleted", item_id=answer)
    order = [row["item_id"] for row in talk.session.rows]
    assert order == ["u0", "a0", "u1", "a1", "u2", "a2", "u3", "a3"]
    assert [row["status"] for row in talk.session.rows][1::2] == [
        "completed",
        *["incomplete"] * 2,
        "completed",
    ]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "being made"])
def test_what_was_cut_is_incomplete_however_far_it_was_made(whole: bool) -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    for number, word in enumerate(["One", " two", " three"]):
        talk.word(word, at=number * 100)
    talk.sound("started", audio_ms=1000)
    if whole:
        talk.done()
        talk.sound("cleared", audio_ms=1150)
    else:
        talk.cancelled()
        talk.sound("cleared", audio_ms=1150)
    talk("conversation.item.truncated", item_id="a", audio_end_ms=150)
    row = talk.row("a")
    assert (row["status"], row["interrupted"], row["text_heard"]) == ("incomplete", True, "One two")
    assert row["stop_reason"] == (None if whole else "turn_detected")
    assert talk.finished == ["a"]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "being made"])
@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("spoken over", "turn_detected"),
        ("spoken over for a moment", "turn_detected"),
        ("stopped by us", "client_cancelled"),
        ("stopped by a page", "client_cancelled"),
        ("stopped by a page, told late", "client_cancelled"),
        ("stopped by a page, told last", "client_cancelled"),
        ("stopped before it sounded", "client_cancelled"),
        ("spoken over, and stopped before it sounded", "turn_detected"),
        ("stopped before it was made", None),
    ],
)
def test_what_was_cut_says_why_also_where_the_service_had_sent_all_of_it(
    how: str, why: str | None, whole: bool
) -> None:
    talk = Talk(transport="webrtc")
    talk.says("u0")
    if how == "stopped before it was made":
        talk("voice_widget.call.interrupted")
    talk.response()
    talk.message()
    for number, word in enumerate(["One", " two", " three"]):
        talk.word(word, at=number * 100)
    if how.endswith("stopped before it sounded"):
        talk("voice_widget.call.interrupted")
    talk.sound("started", audio_ms=1000)
    if whole:
        talk.done()
    if how.startswith("spoken"):
        talk("input_audio_buffer.speech_started", item_id="u", audio_start_ms=1100)
        if how.endswith("moment"):
            talk("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1140)
    elif how == "stopped by us":
        talk("voice_widget.call.interrupted")
    elif how == "stopped by a page":
        talk("output_audio_buffer.clear", sent=True)
    talk.sound("cleared", audio_ms=1150)
    if how.endswith("late"):
        talk("output_audio_buffer.clear", sent=True)
    talk("conversation.item.truncated", item_id="a", audio_end_ms=150)
    if not whole:
        talk.done()
    if how.endswith("last"):
        # The service's own way may be quicker than the page's.
        assert talk.row("a")["stopped_by"] == "unknown"
        talk("output_audio_buffer.clear", sent=True)
    row = talk.row("a")
    assert (row["status"], row["interrupted"], row["text_heard"]) == ("incomplete", True, "One two")
    assert row["stop_reason"] == why
    means = {"turn_detected": "speech", "client_cancelled": "interrupt", None: "unknown"}
    assert row["stopped_by"] == means[why]
    assert talk.finished[-1:] == ["a"] or how.startswith("spoken")


@pytest.mark.parametrize("then", ["another answer", "time"])
def test_what_was_cut_for_no_known_reason_is_not_what_is_stopped_later(then: str) -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk.message()
    talk.word("One", at=0)
    talk.sound("started", audio_ms=1000)
    talk.done()
    talk.sound("cleared", audio_ms=1050)
    talk("conversation.item.truncated", item_id="a", audio_end_ms=50)
    if then == "another answer":
        talk.response("r2")
    talk("voice_widget.call.interrupted", wait=6 if then == "time" else 0.01)
    assert talk.row("a")["stopped_by"] == "unknown"


# --- lost calls ---


def spoken(talk: Talk, *, done: bool) -> None:
    talk.response()
    talk.message()
    for number in range(20):
        talk.word(f"word{number} ", at=number * 100)
    if done:
        talk.done()


@pytest.mark.parametrize("done", [True, False])
@pytest.mark.parametrize("end", ["retrying", "failed", "closed"])
def test_an_answer_that_a_lost_call_cut_says_so(done: bool, end: str) -> None:
    talk = Talk(transport="webrtc")
    spoken(talk, done=done)
    talk.sound("started", audio_ms=1000)
    talk(f"voice_widget.call.{end}", wait=0.55, **({"error": {"code": "x"}} if end == "failed" else {}))
    row = talk.row("a")
    assert (row["status"], row["interrupted"]) == ("incomplete", True)
    assert row["stop_reason"] == row["stopped_by"] == ("call_ended" if end == "closed" else "call_lost")
    assert row["text_heard"] == "word0 word1 word2 word3 word4 word5 "
    assert row["end_ms"] == 1550


@pytest.mark.parametrize("kind", ["output_text", "output_audio_transcript"])
def test_an_answer_that_a_lost_call_cut_before_anybody_heard_of_its_sound_says_so_too(kind: str) -> None:
    talk = Talk(transport="webrtc")
    talk.response()
    talk(f"response.{kind}.delta", response_id="r", item_id="a", delta="One two")
    talk("voice_widget.call.retrying")
    row = talk.row("a")
    assert (row["text"], row["text_heard"]) == ("One two", None)  # written, it is read; spoken, nobody knows
    assert (row["status"], row["interrupted"], row["stop_reason"]) == ("incomplete", True, "call_lost")


def test_the_page_knows_when_it_fell_silent() -> None:
    """That the call is lost is seen long after."""
    talk = Talk(transport="webrtc")
    spoken(talk, done=True)
    talk.marked("assistant", True, 5000)
    talk.sound("started", audio_ms=1000)
    talk.marked("assistant", False, 5350)
    talk("voice_widget.call.retrying", wait=20)
    assert talk.row("a")["text_heard"] in ("word0 word1 ", "word0 word1 word2 ")
    assert talk.row("a")["interrupted"]


def test_the_page_heard_what_no_event_told() -> None:
    talk = Talk(transport="webrtc")
    talk.answer("r0", "a0")
    talk.sound("started", "r0", audio_ms=10)  # this service says what it plays
    talk.marked("assistant", True, 3000)
    talk.sound("stopped", "r0", audio_ms=500)
    talk.marked("assistant", False, 3500)
    spoken(talk, done=True)
    talk.marked("assistant", True, 9000)
    talk("voice_widget.call.retrying", wait=0.7)
    row = talk.row("a")
    assert row["text_heard"] == "word0 word1 word2 word3 word4 word5 word6 "
    assert (row["status"], row["interrupted"]) == ("incomplete", True)


def test_an_answer_that_was_heard_to_its_end_is_whole_when_the_call_is_lost() -> None:
    talk = Talk(transport="webrtc")
    spoken(talk, done=True)
    talk.sound("started", audio_ms=1000)
    talk("voice_widget.call.retrying", wait=2.5)
    row = talk.row("a")
    assert (row["status"], row["interrupted"], row["stop_reason"]) == ("completed", False, None)
    assert row["stopped_by"] is None
    assert row["text_heard"] == row["text"]


def test_the_rows_keep_their_order_when_the_next_call_was_not_told_all() -> None:
    talk = Talk(transport="webrtc")
    talk.says("u1", "first")
    talk.response()
    talk.message()
    talk.word("Nobody heard this.")
    talk.sound("started")
    talk("voice_widget.call.retrying", wait=0)
    talk("voice_widget.call.connecting", transport="webrtc", reconnect=True)
    content = [{"type": "input_text", "text": "first"}]
    again = {"id": "u1", "type": "message", "role": "user", "content": content}
    talk("conversation.item.create", sent=True, item=again)
    talk("conversation.item.added", item=again, previous_item_id=None)
    talk("input_audio_buffer.speech_started", item_id="u2")
    talk("input_audio_buffer.committed", item_id="u2", previous_item_id="u1")
    talk("conversation.item.added", item={"id": "a2", "role": "assistant"}, previous_item_id="u2")
    assert [row["item_id"] for row in talk.session.rows] == ["u1", "a", "u2", "a2"]
